import path from 'node:path';
import { exec } from '../../core/toolkit/exec.ts';
import { expectThat, type Narrator } from './narrator.ts';
import type { Person } from './person.ts';
import { REPOSITORY, ROOT, type Stage } from './stage.ts';

/** One act of the story, played after those before it. */
export type Act = (stage: Stage, narrator: Narrator) => Promise<void>;

/** Applies a patch of examples/flight-delay-story in a person's clone. */
export async function applyPatch(person: Person, name: string): Promise<void> {
  const patch = path.join(ROOT, 'examples', 'flight-delay-story', `${name}.patch`);
  const result = await exec('git', ['-C', person.folder, 'apply', patch]);
  expectThat(result.code === 0, `${name}.patch does not apply: ${result.stderr}`);
}

/** A data scientist's change: patches, the lock written from a clean clone, a pull request. Returns its number. */
export async function proposeChange(
  { people: { scientist }, settle }: Stage,
  branch: string,
  title: string,
  body: string,
  patches: readonly string[],
): Promise<number> {
  await scientist.startBranch(branch);
  for (const patch of patches) await applyPatch(scientist, patch);
  if (patches.length > 0) await scientist.commit(title);
  const { code, output } = await scientist.greenlight('reproduce-training', '--write-lock');
  expectThat(code === 0, `reproduce-training --write-lock ended with ${code}:\n${output}`);
  await scientist.commit('Lock the model');
  await scientist.push(branch);
  const number = await scientist.openPullRequest(branch, title, body);
  await settle();
  return number;
}

/** The comment in which post-report tells a pull request what was found. */
export async function reportOn({ people: { owner } }: Stage, number: number): Promise<string> {
  const { data } = await owner.octokit.rest.issues.listComments({ ...REPOSITORY, issue_number: number });
  const comment = data.find(({ body }) => body?.startsWith('<!-- greenlight:report -->') === true);
  expectThat(comment?.body !== undefined, `no report stands in #${number}`);
  return comment.body;
}

/** The state of the commit status `greenlight` on a pull request's head. */
export async function statusOn({ people: { owner } }: Stage, number: number): Promise<string | undefined> {
  const { data: pull } = await owner.octokit.rest.pulls.get({ ...REPOSITORY, pull_number: number });
  const { data } = await owner.octokit.rest.repos.getCombinedStatusForRef({ ...REPOSITORY, ref: pull.head.sha });
  return data.statuses.find(({ context }) => context === 'greenlight')?.state;
}
