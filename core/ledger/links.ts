import { userErrors } from '../kernel/errors.ts';
import type { Git } from '../toolkit/git.ts';

/** What is walked: a model's file by its sha256. */
export interface Walked {
  readonly model: string;
  readonly digest: string;
}

/** The links between traffic and data, in the order in which they are walked. */
export type LinkName = 'traffic' | 'approval' | 'release' | 'evaluation' | 'contract' | 'training' | 'data';

/** One link of the chain and what it rests on. */
export interface Link {
  readonly name: LinkName;
  /** Of `traffic` and `approval`. */
  readonly environment?: string;
  /** `unreached`: a link before it is broken and what this one would be held against is not there. */
  readonly state: 'holds' | 'broken' | 'unreached';
  /** What was held against what and fitted, each as a sentence. */
  readonly restsOn: readonly string[];
  /** What is missing or does not fit, each as a sentence. */
  readonly problems: readonly string[];
}

/** The first link that is missing or does not match; undefined where the whole chain holds. */
export function firstBroken(links: readonly Link[]): Link | undefined {
  return links.find(({ state }) => state !== 'holds');
}

/** What a check found, one sentence at a time. */
export interface Says {
  holds(sentence: string): void;
  broken(sentence: string): void;
}

/** One link by its check; a user error in it breaks the link, GitHub being away is thrown. */
export async function link(
  name: LinkName,
  environment: string | undefined,
  check: (says: Says) => Promise<void>,
): Promise<Link> {
  const restsOn: string[] = [];
  const problems: string[] = [];
  try {
    await check({
      holds: (sentence) => restsOn.push(sentence),
      broken: (sentence) => problems.push(sentence),
    });
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length === 0 || errors.some(({ code }) => code.startsWith('github/'))) throw thrown;
    problems.push(...errors.map(({ code, message }) => `${message} [${code}]`));
  }
  // A link that nothing holds is a missing one, whatever the reason.
  if (restsOn.length === 0 && problems.length === 0) problems.push('nothing was found that it rests on');
  const state = problems.length === 0 ? 'holds' : 'broken';
  return { name, ...(environment === undefined ? {} : { environment }), state, restsOn, problems };
}

/** Whether a commit is here, and a broken link where it is not, or where it is and nobody merged it. */
export async function requireCommit(git: Git, commit: string, what: string, says: Says): Promise<boolean> {
  if (!(await hasCommit(git, commit))) {
    says.broken(`${what}, ${commit}, is not in this clone (git fetch origin; --unshallow in a shallow one)`);
    return false;
  }
  const branch = await defaultBranch(git);
  const { code } = await git.try('merge-base', '--is-ancestor', commit, branch);
  if (code !== 0) says.broken(`${what}, ${commit}, is not on the default branch (${branch})`);
  return true;
}

/**
 * The default branch as this clone knows it: `git clone` notes the server's own as origin/HEAD, actions/checkout brings the branches alone.
 * HEAD where there is neither.
 */
async function defaultBranch(git: Git): Promise<string> {
  for (const branch of ['origin/HEAD', 'origin/main']) {
    const ref = `refs/remotes/${branch}^{commit}`;
    if ((await git.try('rev-parse', '--verify', '--quiet', ref)).code === 0) return branch;
  }
  return 'HEAD';
}

/** Whether this clone has a commit. */
export async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return /^[0-9a-f]{40}$/.test(commit) && (await git.try('cat-file', '-e', `${commit}^{commit}`)).code === 0;
}

/** A digest or commit as people read it. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}
