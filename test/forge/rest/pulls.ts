import {
  type CallContext,
  caller,
  contributes,
  invalid,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import {
  close,
  detailsOf,
  emitPull,
  emitReview,
  merge,
  mergeBaseOf,
  refresh,
  reopen,
  updateBranch,
} from '../pulls.ts';
import { drawUser } from '../shapes/basic.ts';
import { drawCommit, drawFile } from '../shapes/commits.ts';
import { drawPull, drawPullSimple, drawReview } from '../shapes/issues.ts';
import {
  fullName,
  isPull,
  type PullIssue,
  type Repository,
  type Review,
  type ReviewState,
  type User,
} from '../state.ts';

function pullOf(call: CallContext): PullIssue {
  const issue = call.repository.issues.get(Number(call.params.pull_number));
  if (issue === undefined || !isPull(issue)) throw notFound();
  return issue;
}

/** GITHUB_TOKEN may not open or approve pull requests unless the repository's settings say so. */
function requireSetting(call: CallContext): void {
  if (caller(call).kind === 'job' && !call.repository.actionsMayCreatePullRequests)
    throw new Refusal(403, 'GitHub Actions is not permitted to create or approve pull requests.');
}

/** The repository and branch that `head` names: `branch`, or `owner:branch` of a fork. */
function headOf(call: CallContext, head: string): { repository: Repository; ref: string } {
  const colon = head.indexOf(':');
  if (colon < 0) return { repository: call.repository, ref: head };
  const owner = head.slice(0, colon).toLowerCase();
  const ref = head.slice(colon + 1);
  if (owner === call.repository.owner.login.toLowerCase()) return { repository: call.repository, ref };
  const fork = [...call.world.repositories.values()].find(
    (each) => each.forkOf === call.repository && each.owner.login.toLowerCase() === owner,
  );
  if (fork === undefined) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  return { repository: fork, ref };
}

const createPull = operation('pulls/create', contributes('pull-requests'), async (call) => {
  const { world, repository, body } = call;
  requireSetting(call);
  if (body.title === undefined)
    throw invalid({ resource: 'PullRequest', field: 'title', code: 'missing_field' });
  const head = headOf(call, body.head);
  const headSha = await head.repository.git.resolve(`refs/heads/${head.ref}`);
  const baseSha = await repository.git.resolve(`refs/heads/${body.base}`);
  if (headSha === null) throw invalid({ resource: 'PullRequest', field: 'head', code: 'invalid' });
  if (baseSha === null) throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
  const label = `${head.repository.owner.login}:${head.ref}`;
  const twin = [...repository.issues.values()]
    .filter(isPull)
    .find(
      (issue) =>
        issue.state === 'open' &&
        issue.pull.headRepository === head.repository &&
        issue.pull.headRef === head.ref &&
        issue.pull.baseRef === body.base,
    );
  if (twin !== undefined)
    throw invalid({
      resource: 'PullRequest',
      code: 'custom',
      message: `A pull request already exists for ${label}.`,
    });
  if (head.repository === repository && (await repository.git.isAncestor(headSha, baseSha)))
    throw invalid({
      resource: 'PullRequest',
      code: 'custom',
      message: `No commits between ${body.base} and ${head.ref}`,
    });
  tooLong(body.body);
  const { user } = caller(call);
  const now = world.clock.now();
  const number = repository.nextNumber++;
  const issue: PullIssue = {
    id: world.id(),
    number,
    title: body.title,
    body: body.body ?? null,
    state: 'open',
    stateReason: null,
    user,
    labels: [],
    assignees: [],
    comments: [],
    createdAt: now,
    updatedAt: now,
    closedAt: null,
    closedBy: null,
    pull: {
      headRepository: head.repository,
      headRef: head.ref,
      headSha,
      baseRef: body.base,
      baseSha,
      draft: body.draft ?? false,
      maintainerCanModify: head.repository !== repository && (body.maintainer_can_modify ?? true),
      mergedAt: null,
      mergedBy: null,
      mergeCommit: null,
      lastPusher: user,
      requestedReviewers: [],
      reviews: [],
    },
  };
  repository.issues.set(number, issue);
  await refresh(world, repository, issue);
  await emitPull(world, repository, issue, caller(call), 'opened');
  return { status: 201, body: drawPull(world, repository, issue, await detailsOf(world, repository, issue)) };
});

/** GitHub's limit for bodies of issues, pull requests and comments. */
export function tooLong(body: string | null | undefined): void {
  if ((body ?? '').length > 65536)
    throw invalid({
      resource: 'Issue',
      field: 'body',
      code: 'custom',
      message: 'body is too long (maximum is 65536 characters)',
    });
}

const pullOperations: readonly Operation[] = [
  createPull,

  operation('pulls/list', reads('pull-requests'), (call) => {
    const { world, repository, query } = call;
    const pulls = [...repository.issues.values()].filter(isPull).filter((issue) => {
      const label = `${issue.pull.headRepository.owner.login}:${issue.pull.headRef}`;
      return (
        (query.state === 'all' || issue.state === (query.state ?? 'open')) &&
        (query.base === undefined || query.base === issue.pull.baseRef) &&
        // GitHub ignores a head without its owner.
        (query.head === undefined || !query.head.includes(':') || query.head === label)
      );
    });
    const key = query.sort === 'updated' ? 'updatedAt' : 'createdAt';
    pulls.sort((a, b) => b[key].getTime() - a[key].getTime() || b.number - a.number);
    if (query.direction === 'asc') pulls.reverse();
    const { items, headers } = page(call, pulls, (issue) => drawPullSimple(world, repository, issue));
    return { status: 200, body: items, headers };
  }),

  operation('pulls/get', reads('pull-requests'), async (call) => {
    const issue = pullOf(call);
    return {
      status: 200,
      body: drawPull(call.world, call.repository, issue, await detailsOf(call.world, call.repository, issue)),
    };
  }),

  operation('pulls/update', contributes('pull-requests'), async (call) => {
    const { world, repository, body } = call;
    const issue = pullOf(call);
    const token = caller(call);
    if (token.kind === 'person' && issue.user !== token.user && !world.mayWrite(repository, token.user))
      throw new Refusal(403, 'Must have push access to repository.');
    tooLong(body.body);
    const edited =
      (body.title !== undefined && body.title !== issue.title) ||
      (body.body !== undefined && body.body !== issue.body) ||
      (body.base !== undefined && body.base !== issue.pull.baseRef);
    if (body.title !== undefined) issue.title = body.title;
    if (body.body !== undefined) issue.body = body.body;
    if (body.base !== undefined) {
      if ((await repository.git.resolve(`refs/heads/${body.base}`)) === null)
        throw invalid({ resource: 'PullRequest', field: 'base', code: 'invalid' });
      issue.pull.baseRef = body.base;
      await refresh(world, repository, issue);
    }
    issue.updatedAt = world.clock.now();
    if (edited) await emitPull(world, repository, issue, token, 'edited');
    if (body.state === 'closed' && issue.state === 'open') await close(world, repository, issue, token);
    if (body.state === 'open' && issue.state === 'closed') {
      if (issue.pull.mergedAt !== null)
        throw invalid({ resource: 'PullRequest', field: 'state', code: 'invalid' });
      await reopen(world, repository, issue, token);
    }
    return {
      status: 200,
      body: drawPull(world, repository, issue, await detailsOf(world, repository, issue)),
    };
  }),

  operation('pulls/list-files', reads('pull-requests'), async (call) => {
    const { world, repository } = call;
    const issue = pullOf(call);
    const files = await repository.git.diff(await mergeBaseOf(repository, issue), issue.pull.headSha);
    const { items, headers } = page(call, files, (file) =>
      drawFile(world, repository, issue.pull.headSha, file),
    );
    return { status: 200, body: items, headers };
  }),

  operation('pulls/list-commits', reads('pull-requests'), async (call) => {
    const { world, repository } = call;
    const issue = pullOf(call);
    const commits = (
      await repository.git.log([issue.pull.headSha, `^${await mergeBaseOf(repository, issue)}`])
    ).reverse();
    const { items, headers } = page(call, commits, (commit) => drawCommit(world, repository, commit));
    return { status: 200, body: items, headers };
  }),

  operation('pulls/check-if-merged', reads('contents'), (call) => {
    if (pullOf(call).pull.mergedAt === null) throw notFound();
    return { status: 204 };
  }),

  operation('pulls/update-branch', writes('pull-requests'), async (call) => {
    const issue = pullOf(call);
    await updateBranch(call.world, call.repository, issue, caller(call), call.body?.expected_head_sha);
    const url = `${call.world.serverUrl}/${fullName(call.repository)}/pull/${issue.number}`;
    return { status: 202, body: { message: 'Updating pull request branch.', url } };
  }),

  operation('pulls/merge', writes('contents'), async (call) => {
    const { body } = call;
    const wish = {
      method: body.merge_method ?? 'merge',
      sha: body.sha,
      title: body.commit_title,
      message: body.commit_message,
    } as const;
    const sha = await merge(call.world, call.repository, pullOf(call), caller(call), wish);
    return { status: 200, body: { sha, merged: true, message: 'Pull Request successfully merged' } };
  }),
];

const EVENTS: Readonly<Record<string, ReviewState>> = {
  APPROVE: 'APPROVED',
  REQUEST_CHANGES: 'CHANGES_REQUESTED',
  COMMENT: 'COMMENTED',
};

function reviewOf(call: CallContext): Review {
  const review = pullOf(call).pull.reviews.find((each) => each.id === Number(call.params.review_id));
  if (review === undefined) throw notFound();
  return review;
}

/** Users that a request for review names; throws where one may not be asked. */
function reviewers(call: CallContext, logins: readonly string[]): User[] {
  return logins.map((login) => {
    const user = call.world.users.get(login.toLowerCase());
    const right = user === undefined ? null : call.world.right(call.repository, user);
    if (user === undefined || right === null)
      throw new Refusal(
        422,
        `Reviews may only be requested from collaborators. One or more of the users or teams you specified is not a collaborator of the ${call.repository.owner.login}/${call.repository.name} repository.`,
      );
    if (user === pullOf(call).user)
      throw new Refusal(422, 'Review cannot be requested from pull request author.');
    return user;
  });
}

const reviewOperations: readonly Operation[] = [
  operation('pulls/create-review', contributes('pull-requests'), async (call) => {
    const { world, repository, body } = call;
    const issue = pullOf(call);
    const token = caller(call);
    const state = EVENTS[body.event ?? ''] ?? 'PENDING';
    if (state === 'APPROVED') requireSetting(call);
    if ((body.comments ?? []).length > 0)
      throw new Refusal(422, 'The forge keeps no review comments on lines.');
    if (issue.user === token.user && (state === 'APPROVED' || state === 'CHANGES_REQUESTED'))
      throw new Refusal(422, 'Unprocessable Entity', [
        `Can not ${state === 'APPROVED' ? 'approve' : 'request changes on'} your own pull request`,
      ]);
    if (state !== 'APPROVED' && (body.body ?? '') === '')
      throw invalid({ resource: 'PullRequestReview', field: 'body', code: 'missing_field' });
    const commit = body.commit_id ?? issue.pull.headSha;
    if (!(await repository.git.isObject(commit, 'commit')))
      throw invalid({ resource: 'PullRequestReview', field: 'commit_id', code: 'invalid' });
    const review: Review = {
      id: world.id(),
      user: token.user,
      body: body.body ?? '',
      state,
      commit,
      submittedAt: world.clock.now(),
    };
    issue.pull.reviews.push(review);
    issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter((user) => user !== token.user);
    await emitReview(world, repository, issue, review, token, 'submitted');
    return { status: 200, body: drawReview(world, repository, issue, review) };
  }),

  operation('pulls/list-reviews', reads('pull-requests'), (call) => {
    const issue = pullOf(call);
    const { items, headers } = page(call, issue.pull.reviews, (review) =>
      drawReview(call.world, call.repository, issue, review),
    );
    return { status: 200, body: items, headers };
  }),

  operation('pulls/get-review', reads('pull-requests'), (call) => ({
    status: 200,
    body: drawReview(call.world, call.repository, pullOf(call), reviewOf(call)),
  })),

  operation('pulls/dismiss-review', writes('pull-requests'), async (call) => {
    const issue = pullOf(call);
    const review = reviewOf(call);
    if (review.state !== 'APPROVED' && review.state !== 'CHANGES_REQUESTED')
      throw new Refusal(422, 'Can not dismiss a commented pull request review');
    review.state = 'DISMISSED';
    await emitReview(call.world, call.repository, issue, review, caller(call), 'dismissed');
    return { status: 200, body: drawReview(call.world, call.repository, issue, review) };
  }),

  operation('pulls/list-requested-reviewers', reads('pull-requests'), (call) => ({
    status: 200,
    body: {
      users: pullOf(call).pull.requestedReviewers.map((user) => drawUser(call.world, user)),
      teams: [],
    },
  })),

  operation('pulls/request-reviewers', writes('pull-requests'), async (call) => {
    const { world, repository } = call;
    const body: { reviewers?: string[]; team_reviewers?: string[] } = call.body;
    const issue = pullOf(call);
    if ((body.team_reviewers ?? []).length > 0)
      throw new Refusal(422, 'Could not resolve to a node: the forge has no teams.');
    const asked = reviewers(call, body.reviewers ?? []);
    issue.pull.requestedReviewers = [...new Set([...issue.pull.requestedReviewers, ...asked])];
    await emitPull(world, repository, issue, caller(call), 'review_requested');
    return { status: 201, body: drawPullSimple(world, repository, issue) };
  }),

  operation('pulls/remove-requested-reviewers', writes('pull-requests'), (call) => {
    const issue = pullOf(call);
    issue.pull.requestedReviewers = issue.pull.requestedReviewers.filter(
      (user) => !call.body.reviewers.includes(user.login),
    );
    return { status: 200, body: drawPullSimple(call.world, call.repository, issue) };
  }),
];

export const pullRequestOperations: readonly Operation[] = [...pullOperations, ...reviewOperations];
