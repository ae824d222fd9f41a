import path from 'node:path';
import { readLock } from '../../core/formats/lock.ts';
import { exec } from '../../core/toolkit/exec.ts';
import { expectThat, type Narrator } from './narrator.ts';
import type { Person } from './person.ts';
import { REPOSITORY, ROOT, type Stage } from './stage.ts';

const MODEL = 'flight-delay';
export const PRODUCTION_BRANCH = `greenlight/deploy/production/${MODEL}`;

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
  const { data } = await owner.octokit.rest.repos.getCombinedStatusForRef({
    ...REPOSITORY,
    ref: pull.head.sha,
  });
  return data.statuses.find(({ context }) => context === 'greenlight')?.state;
}

/** Fails the story with the log of the jobs that went wrong, unless a workflow's newest run ended as told. */
export function expectRun({ latest, forge }: Stage, workflow: string, conclusion: string): void {
  const run = latest(workflow);
  if (run?.conclusion === conclusion) return;
  const failed =
    run === undefined ? [] : forge.runs.jobs(run.id).filter((job) => job.conclusion === 'failure');
  const logs = failed.map(
    (job) =>
      `── ${job.name}\n${job.steps
        .map(({ log }) => log)
        .join('\n')
        .split('\n')
        .slice(-60)
        .join('\n')}`,
  );
  expectThat(
    false,
    `${workflow} ended as ${run?.conclusion ?? 'not started'}, not as ${conclusion}\n${logs.join('\n')}`,
  );
}

/** The model's sha256 in the lock on main. */
export async function lockedDigest({ people: { owner } }: Stage): Promise<string> {
  await owner.git('fetch', '--quiet', 'origin');
  const lock = readLock(await owner.git('show', 'origin/main:greenlight.lock'));
  const digest = lock.models[MODEL]?.model.sha256;
  expectThat(digest !== undefined, `greenlight.lock has no ${MODEL}`);
  return digest;
}

/** The percentages of traffic by digest12 at an environment's router. */
export async function weights(
  { serving }: Stage,
  environment: 'staging' | 'production',
): Promise<Record<string, number>> {
  const response = await fetch(`${serving[environment].url}/router/${MODEL}`);
  if (response.status === 404) return {};
  const body = (await response.json()) as { weights: Record<string, number> };
  return Object.fromEntries(
    Object.entries(body.weights).map(([served, weight]) => [served.slice(-12), weight]),
  );
}

/** Fails the story unless one digest has all the traffic of an environment. */
export async function expectLive(
  stage: Stage,
  environment: 'staging' | 'production',
  digest: string,
): Promise<void> {
  const given = await weights(stage, environment);
  expectThat(
    given[digest.slice(0, 12)] === 100,
    `${environment} gives traffic as ${JSON.stringify(given)}, not all to ${digest.slice(0, 12)}`,
  );
}

/** The open pull request of a branch. */
export async function openPullRequestOf({ people: { owner } }: Stage, branch: string) {
  const head = `${REPOSITORY.owner}:${branch}`;
  const { data } = await owner.octokit.rest.pulls.list({ ...REPOSITORY, head, state: 'open' });
  const [pull] = data;
  expectThat(pull !== undefined, `no pull request of ${branch} is open`);
  return pull;
}

/** A person presses "Approve workflows to run": GitHub asks for it where a workflow's token opened the pull request. */
export async function startChecks({ people: { owner }, forge, settle }: Stage): Promise<number> {
  const waiting = forge.runs
    .list(`${REPOSITORY.owner}/${REPOSITORY.repo}`)
    .filter((run) => run.status === 'action_required');
  for (const run of waiting)
    await owner.octokit.rest.actions.approveWorkflowRun({ ...REPOSITORY, run_id: run.id });
  await settle();
  return waiting.length;
}

/** The code owner approves a change of the model's files and merges it. */
export async function acceptChange({ people: { owner }, settle }: Stage, number: number): Promise<void> {
  await owner.approve(number);
  await owner.merge(number);
  await settle();
}

/** Lets the soak pass: the hourly run of model-roll-out then offers the next environment. */
export async function passHours({ forge, runner, settle }: Stage, hours: number): Promise<void> {
  forge.clock.advance(hours * 3_600_000);
  await runner.tick();
  await settle();
}

/** Production's pull request: its checks started, approved by a reviewer who wrote none of it, merged. */
export async function promote(stage: Stage): Promise<number> {
  const pull = await openPullRequestOf(stage, PRODUCTION_BRANCH);
  await startChecks(stage);
  await stage.people.risk.approve(pull.number);
  await stage.people.risk.merge(pull.number);
  await stage.settle();
  return pull.number;
}
