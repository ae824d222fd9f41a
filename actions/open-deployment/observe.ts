import { deploymentPath, readDeployment } from '../../core/formats/deployment.ts';
import { LOCK_FILE, lockedDigest } from '../../core/formats/lock.ts';
import type { ManifestEnvironment, NamedModel } from '../../core/formats/manifest.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { findRelease } from '../../core/ledger/releases.ts';
import { fileAt } from '../../core/toolkit/contents.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { closedByPerson, listPullRequests } from '../../core/toolkit/pull-request.ts';
import { candidateOf, type Offer, type Rung } from './decide.ts';

/** The branch of the one deployment pull request of an (environment, model). */
export function deploymentBranch(environment: string, model: string): string {
  return `greenlight/deploy/${environment}/${model}`;
}

/** What main's lock names now, where it is published. The checkout may be of an older commit: a run that was late offers nothing old. */
export async function releasedDigest(
  github: Github,
  base: string,
  model: string,
): Promise<string | undefined> {
  const digest = lockedDigest(await fileAt(github, base, LOCK_FILE), model);
  if (digest === undefined) return undefined;
  return (await findRelease(github, model, digest)) === undefined ? undefined : digest;
}

/** One rung as it is: the ledger, main's deployment file, the pull requests of its branch. */
export async function observe(
  github: Github,
  base: string,
  { name }: NamedModel,
  environment: string,
  settings: ManifestEnvironment,
  ledger: Ledger,
  released: string | undefined,
): Promise<Rung> {
  const before = settings.after === undefined ? [] : ledger.records(settings.after, name);
  const pulls = await listPullRequests(github, { branch: deploymentBranch(environment, name), base });
  const path = deploymentPath(environment, name);
  const offerOf = async ({ number, head }: (typeof pulls)[number]): Promise<Offer | undefined> => {
    const digest = await offeredAt(github, head.sha, path);
    return digest === undefined ? undefined : { number, digest };
  };
  const open = pulls.find(({ state }) => state === 'open');
  const candidate = candidateOf({ settings, before, released });
  const refused: Offer[] = [];
  for (const pull of pulls.filter(({ state, merged_at }) => state === 'closed' && merged_at === null)) {
    const offer = await offerOf(pull);
    // Only a refusal of the candidate decides anything, and who closed a pull request takes a call to know.
    if (offer?.digest === candidate && offer !== undefined && (await closedByPerson(github, pull)))
      refused.push(offer);
  }
  const declared = await fileAt(github, base, path);
  return {
    environment,
    settings,
    records: ledger.records(environment, name),
    before,
    released,
    declared: declared === undefined ? undefined : digestOf(declared, path),
    open: open === undefined ? undefined : await offerOf(open),
    refused,
  };
}

function digestOf(text: string, path: string): string {
  return readDeployment(text, path).digest.slice('sha256:'.length);
}

/** The digest that a pull request's deployment file names; undefined where a person made it unreadable. */
async function offeredAt(github: Github, ref: string, path: string): Promise<string | undefined> {
  const text = await fileAt(github, ref, path);
  try {
    return text === undefined ? undefined : digestOf(text, path);
  } catch (error) {
    if (userErrors(error).length > 0) return undefined;
    throw error;
  }
}
