import { Refusal } from './call.ts';
import { NO_SHA } from './git.ts';
import { moveRef } from './refs.ts';
import { BEHIND, bindingRules, checkStates, mergeBlockers, type RefChange } from './rules.ts';
import { drawRepository, drawUser } from './shapes/basic.ts';
import { signatureOf } from './shapes/commits.ts';
import { drawPull, drawReview, type PullDetails } from './shapes/issues.ts';
import {
  fullName,
  isPull,
  type MergeMethod,
  type PullIssue,
  type Repository,
  type Review,
  type Token,
} from './state.ts';
import { actorOf, type World } from './world.ts';

/** What happens to pull requests: following their branches, being merged, telling of it. */

export function openPulls(world: World): { repository: Repository; issue: PullIssue }[] {
  return [...world.repositories.values()].flatMap((repository) =>
    [...repository.issues.values()]
      .filter(isPull)
      .filter((issue) => issue.state === 'open')
      .map((issue) => ({ repository, issue })),
  );
}

/** Where a pull request's change begins: its branch's point on the base branch. */
export async function mergeBaseOf(repository: Repository, issue: PullIssue): Promise<string> {
  return (await repository.git.mergeBase(issue.pull.baseSha, issue.pull.headSha)) ?? issue.pull.baseSha;
}

/** Brings the head into the base repository, and tries the merge: refs/pull/N/head and refs/pull/N/merge. */
export async function refresh(world: World, repository: Repository, issue: PullIssue): Promise<void> {
  const { git } = repository;
  const { pull } = issue;
  await git.fetch(pull.headRepository.git, pull.headSha, `refs/pull/${issue.number}/head`);
  const base = await git.resolve(`refs/heads/${pull.baseRef}`);
  if (base === null) return;
  pull.baseSha = base;
  if (pull.mergeCommit !== null) {
    const parents = (await git.commit(pull.mergeCommit)).parents;
    if (parents[0] === base && parents[1] === pull.headSha) return;
  }
  const tree = await git.mergeTree(base, pull.headSha);
  const ref = `refs/pull/${issue.number}/merge`;
  if (tree === null) {
    pull.mergeCommit = null;
    await git.run(['update-ref', '-d', ref]);
    return;
  }
  const signature = signatureOf(world.user('web-flow'), world.clock.now());
  const message = `Merge ${pull.headSha} into ${base}`;
  pull.mergeCommit = await git.createCommit({
    tree,
    parents: [base, pull.headSha],
    message,
    author: signature,
    committer: signature,
  });
  await git.run(['update-ref', ref, pull.mergeCommit]);
}

/** What follows for pull requests when a branch has moved. */
export async function followRef(
  world: World,
  repository: Repository,
  token: Token,
  change: RefChange,
): Promise<void> {
  if (!change.ref.startsWith('refs/heads/')) return;
  const branch = change.ref.slice('refs/heads/'.length);
  for (const open of openPulls(world)) {
    const { pull } = open.issue;
    if (pull.headRepository === repository && pull.headRef === branch)
      await followHead(world, open.repository, open.issue, token, change.after);
    else if (open.repository === repository && pull.baseRef === branch)
      await followBase(world, repository, open.issue, token, change.after);
  }
}

async function followHead(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  after: string,
): Promise<void> {
  const { pull } = issue;
  if (after === NO_SHA) return close(world, repository, issue, token);
  const before = pull.headSha;
  pull.headSha = after;
  pull.lastPusher = token.user;
  issue.updatedAt = world.clock.now();
  await refresh(world, repository, issue);
  // Nothing left to merge: GitHub closes it.
  if (await repository.git.isAncestor(after, pull.baseSha)) return close(world, repository, issue, token);
  const rules = bindingRules(world, repository, `refs/heads/${pull.baseRef}`, null);
  if (rules.some((rule) => rule.type === 'pull_request' && rule.parameters.dismiss_stale_reviews_on_push))
    for (const review of pull.reviews) if (review.state === 'APPROVED') review.state = 'DISMISSED';
  await emitPull(world, repository, issue, token, 'synchronize', { before, after });
}

async function followBase(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  after: string,
): Promise<void> {
  if (after === NO_SHA) return close(world, repository, issue, token);
  if (await repository.git.isAncestor(issue.pull.headSha, after))
    return close(world, repository, issue, token, after);
  await refresh(world, repository, issue);
}

/** Closes a pull request; merged, where `mergeCommit` is given. */
export async function close(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  mergeCommit?: string,
): Promise<void> {
  const now = world.clock.now();
  Object.assign(issue, { state: 'closed', closedAt: now, closedBy: token.user, updatedAt: now });
  if (mergeCommit !== undefined)
    Object.assign(issue.pull, { mergedAt: now, mergedBy: token.user, mergeCommit });
  await emitPull(world, repository, issue, token, 'closed');
}

export async function reopen(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
): Promise<void> {
  const head = await issue.pull.headRepository.git.resolve(`refs/heads/${issue.pull.headRef}`);
  if (head === null)
    throw new Refusal(422, 'Validation Failed', [
      { resource: 'PullRequest', field: 'state', code: 'invalid' },
    ]);
  issue.pull.headSha = head;
  Object.assign(issue, {
    state: 'open',
    stateReason: 'reopened',
    closedAt: null,
    closedBy: null,
    updatedAt: world.clock.now(),
  });
  await refresh(world, repository, issue);
  await emitPull(world, repository, issue, token, 'reopened');
}

export async function detailsOf(
  world: World,
  repository: Repository,
  issue: PullIssue,
): Promise<PullDetails> {
  const { pull } = issue;
  const from = await mergeBaseOf(repository, issue);
  const files = await repository.git.diff(from, pull.headSha);
  const commits = await repository.git.log([pull.headSha, `^${from}`]);
  const mergeable = pull.mergedAt === null ? pull.mergeCommit !== null : null;
  return {
    mergeable,
    mergeableState: issue.state === 'closed' ? 'unknown' : await stateOf(world, repository, issue),
    commits: commits.length,
    additions: files.reduce((sum, file) => sum + file.additions, 0),
    deletions: files.reduce((sum, file) => sum + file.deletions, 0),
    changedFiles: files.length,
  };
}

async function stateOf(world: World, repository: Repository, issue: PullIssue): Promise<string> {
  if (issue.pull.mergeCommit === null) return 'dirty';
  if (issue.pull.draft) return 'draft';
  const blockers = await mergeBlockers(world, repository, issue, null);
  if (blockers.length > 0) return blockers.every((reason) => reason === BEHIND) ? 'behind' : 'blocked';
  const states = [...checkStates(world, repository, issue.pull.headSha).values()];
  return states.every((state) => state === 'success') ? 'clean' : 'unstable';
}

/** Merges the base branch into a pull request's branch. Throws 422 where the head has moved from `expected`, or nothing can be merged. */
export async function updateBranch(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  expected: string | undefined,
): Promise<void> {
  const { headRepository, headRef, headSha, baseRef } = issue.pull;
  if (expected !== undefined && expected !== headSha)
    throw new Refusal(422, 'expected head sha didn’t match current head ref.');
  await refresh(world, repository, issue);
  const base = issue.pull.baseSha;
  if (await repository.git.isAncestor(base, headSha))
    throw new Refusal(422, 'There are no new commits on the base branch.');
  if (issue.pull.mergeCommit === null) throw new Refusal(422, 'merge conflict between base and head');
  const { git } = headRepository;
  const now = world.clock.now();
  const after = await git.createCommit({
    tree: (await repository.git.commit(issue.pull.mergeCommit)).tree,
    parents: [headSha, base],
    message: `Merge branch '${baseRef}' into ${headRef}`,
    author: signatureOf(token.user, now),
    committer: signatureOf(world.user('web-flow'), now),
  });
  headRepository.verified.set(after, now);
  await moveRef(world, headRepository, token, { ref: `refs/heads/${headRef}`, before: headSha, after });
}

export interface MergeWish {
  readonly method: MergeMethod;
  readonly sha?: string | undefined;
  readonly title?: string | undefined;
  readonly message?: string | undefined;
}

const METHODS = { merge: 'Merge commits', squash: 'Squash merges', rebase: 'Rebase merges' } as const;

/** Merges a pull request. Throws 405 where it can't or may not be, 409 where the head has moved from `sha`. Returns what landed. */
export async function merge(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  wish: MergeWish,
): Promise<string> {
  const { pull } = issue;
  if (issue.state === 'closed') throw new Refusal(405, 'Pull Request is not mergeable');
  if (wish.sha !== undefined && wish.sha !== pull.headSha)
    throw new Refusal(409, 'Head branch was modified. Review and try the merge again.');
  await refresh(world, repository, issue);
  if (pull.draft) throw new Refusal(405, 'Pull Request is still a draft');
  if (pull.mergeCommit === null) throw new Refusal(405, 'Pull Request is not mergeable');
  if (!repository.mergeMethods.includes(wish.method))
    throw new Refusal(405, `${METHODS[wish.method]} are not allowed on this repository.`);
  const blockers = await mergeBlockers(world, repository, issue, token);
  const rules = bindingRules(world, repository, `refs/heads/${pull.baseRef}`, token);
  for (const rule of rules) {
    const methods = rule.type === 'pull_request' ? rule.parameters.allowed_merge_methods : undefined;
    if (methods !== undefined && !methods.includes(wish.method))
      blockers.push(`Merge method ${wish.method} is not allowed.`);
  }
  if (blockers.length > 0)
    throw new Refusal(405, `Repository rule violations found\n\n${blockers.join('\n\n')}\n\n`);
  const base = pull.baseSha;
  const landed = await land(world, repository, issue, token, wish);
  const ref = `refs/heads/${pull.baseRef}`;
  // Not open any more when the branch moves, else it would follow its own merge.
  issue.state = 'closed';
  try {
    await moveRef(world, repository, token, { ref, before: base, after: landed }, true);
  } catch (error) {
    issue.state = 'open';
    throw error;
  }
  await close(world, repository, issue, token, landed);
  if (
    repository.deleteBranchOnMerge &&
    pull.headRepository === repository &&
    pull.headRef !== repository.defaultBranch
  )
    await moveRef(world, repository, token, {
      ref: `refs/heads/${pull.headRef}`,
      before: pull.headSha,
      after: NO_SHA,
    });
  return landed;
}

/** The commit to land, made but not yet on the branch. */
async function land(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  wish: MergeWish,
): Promise<string> {
  const { git } = repository;
  const { pull } = issue;
  const base = pull.baseSha;
  const now = world.clock.now();
  const github = signatureOf(world.user('web-flow'), now);
  const text = (title: string, body: string): string =>
    `${wish.title ?? title}${(wish.message ?? body) === '' ? '' : `\n\n${wish.message ?? body}`}`;
  const tree = (await git.commit(pull.mergeCommit ?? '')).tree;
  let landed: string;
  if (wish.method === 'merge') {
    const message = text(
      `Merge pull request #${issue.number} from ${pull.headRepository.owner.login}/${pull.headRef}`,
      issue.title,
    );
    landed = await git.createCommit({
      tree,
      parents: [base, pull.headSha],
      message,
      author: signatureOf(token.user, now),
      committer: github,
    });
  } else if (wish.method === 'squash') {
    const author = signatureOf(issue.user, now);
    landed = await git.createCommit({
      tree,
      parents: [base],
      message: text(`${issue.title} (#${issue.number})`, ''),
      author,
      committer: github,
    });
  } else {
    if (!(await git.isAncestor(base, pull.headSha))) throw new Refusal(405, "This branch can't be rebased");
    landed = base;
    for (const commit of (await git.log([pull.headSha, `^${base}`])).reverse())
      landed = await git.createCommit({
        tree: commit.tree,
        parents: [landed],
        message: commit.message,
        author: commit.author,
        committer: github,
      });
  }
  repository.verified.set(landed, now);
  return landed;
}

export async function emitPull(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  action: string,
  more: Record<string, unknown> = {},
): Promise<void> {
  world.emit({
    ...(await pullEvent(repository, issue, token)),
    name: 'pull_request',
    action,
    payload: await pullPayload(world, repository, issue, token, action, more),
  });
}

export async function emitReview(
  world: World,
  repository: Repository,
  issue: PullIssue,
  review: Review,
  token: Token,
  action: string,
): Promise<void> {
  const more = {
    review: { ...drawReview(world, repository, issue, review), state: review.state.toLowerCase() },
  };
  world.emit({
    ...(await pullEvent(repository, issue, token)),
    name: 'pull_request_review',
    action,
    payload: await pullPayload(world, repository, issue, token, action, more),
  });
}

async function pullPayload(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token,
  action: string,
  more: Record<string, unknown>,
): Promise<Record<string, unknown>> {
  return {
    action,
    number: issue.number,
    pull_request: drawPull(world, repository, issue, await detailsOf(world, repository, issue)),
    repository: drawRepository(world, repository),
    sender: drawUser(world, token.user),
    ...more,
  };
}

async function pullEvent(repository: Repository, issue: PullIssue, token: Token) {
  const { pull } = issue;
  const merged = pull.mergedAt !== null;
  return {
    repository: fullName(repository),
    actor: actorOf(token),
    ref: merged ? `refs/heads/${pull.baseRef}` : `refs/pull/${issue.number}/merge`,
    sha: pull.mergeCommit ?? pull.headSha,
    pullRequest: {
      number: issue.number,
      head: { repository: fullName(pull.headRepository), ref: pull.headRef, sha: pull.headSha },
      base: { ref: pull.baseRef, sha: pull.baseSha },
    },
    paths: await repository.git.changedPaths(await mergeBaseOf(repository, issue), pull.headSha),
  };
}
