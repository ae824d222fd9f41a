import { deploymentPath, readDeployment } from '../../core/formats/deployment.ts';
import type { LedgerApproval, LedgerReview } from '../../core/formats/record.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { authorsOf, mayWrite, sameUser } from '../../core/ledger/approvers.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { type Check, declaredDigest } from './view.ts';

/** What an approval must be of. */
export interface Decided {
  readonly environment: string;
  readonly model: string;
  readonly digest: string;
  /** The last commit on main that changed the deployment file. */
  readonly commit: string;
  /** The commit that the release was built from. */
  readonly releaseCommit: string;
  /** The commit that the live release was built from; undefined where none is live. */
  readonly liveCommit: string | undefined;
  /** The users whose approval counts, with a leading @; undefined where the workflow merges by itself. */
  readonly reviewers: readonly string[] | undefined;
}

interface Reviewed extends LedgerReview {
  readonly state: string;
}

/**
 * Whether somebody who may decide decided for this digest here. An approval counts if it is that user's latest review, APPROVED and not
 * dismissed; the deployment file at the reviewed commit names the digest; the user may write and is among the reviewers; and the user
 * neither wrote a commit between the live release and this one nor pushed to the deployment's branch.
 */
export async function checkApproval(
  github: Github,
  decided: Decided,
): Promise<Check<LedgerApproval | undefined>> {
  const pull = await mergedPullRequest(github, decided.commit);
  if (decided.reviewers === undefined) {
    return { holds: true, of: pull === undefined ? undefined : { ...pull, reviews: [], authors: [] } };
  }
  const file = deploymentPath(decided.environment, decided.model);
  if (pull === undefined) {
    return refused(
      `${file} was changed by ${decided.commit.slice(0, 12)}, which no merged pull request brought`,
    );
  }
  const authors = await authorsOf(github, decided);
  const pushers = await pushersOf(github, pull.pull_request);
  const reasons: string[] = [];
  const reviews: LedgerReview[] = [];
  for (const { state, ...review } of await latestReviews(github, pull.pull_request)) {
    const why = await whyNot(github, decided, file, { ...review, state }, authors, pushers);
    if (why === undefined) reviews.push(review);
    else reasons.push(`the review of @${review.user} on #${pull.pull_request} does not count: ${why}`);
  }
  if (reviews.length > 0) return { holds: true, of: { ...pull, authors, reviews } };
  const named = decided.reviewers.join(', ');
  return refused(
    `#${pull.pull_request} was merged without an approval that counts; it takes one of ${named}`,
    ...reasons,
  );
}

async function whyNot(
  github: Github,
  { digest, reviewers = [] }: Decided,
  file: string,
  review: Reviewed,
  authors: readonly string[],
  pushers: readonly string[],
): Promise<string | undefined> {
  if (review.state !== 'APPROVED') return `it is ${review.state.toLowerCase().replaceAll('_', ' ')}`;
  if (!reviewers.some((reviewer) => sameUser(reviewer, review.user)))
    return 'not a reviewer of this environment';
  if (authors.some((author) => sameUser(author, review.user))) return 'an author of what is released';
  if (pushers.some((pusher) => sameUser(pusher, review.user))) return 'pushed to the deployment branch';
  if ((await digestAt(github, file, review.commit)) !== digest) return 'of another digest';
  if (!(await mayWrite(github, review.user))) return 'may not write to this repository';
  return undefined;
}

type MergedPull = Pick<LedgerApproval, 'pull_request' | 'merge_commit' | 'merged_by'>;

async function mergedPullRequest(github: Github, commit: string): Promise<MergedPull | undefined> {
  const { owner, repo } = github;
  const found = await github.attempt('find the deployment pull request', (octokit) =>
    octokit.rest.repos.listPullRequestsAssociatedWithCommit({ owner, repo, commit_sha: commit }),
  );
  const merged = found.data.find((pull) => pull.merged_at !== null);
  if (merged === undefined) return undefined;
  const { data } = await github.attempt(`read pull request #${merged.number}`, (octokit) =>
    octokit.rest.pulls.get({ owner, repo, pull_number: merged.number }),
  );
  return { pull_request: merged.number, merge_commit: commit, merged_by: data.merged_by?.login ?? 'unknown' };
}

/** Each user's latest review; a comment alone takes nothing back. */
async function latestReviews(github: Github, pull: number): Promise<readonly Reviewed[]> {
  const { owner, repo } = github;
  const all = await github.attempt(`read the reviews of #${pull}`, (octokit) =>
    octokit.paginate(octokit.rest.pulls.listReviews, { owner, repo, pull_number: pull, per_page: 100 }),
  );
  const latest = new Map<number, Reviewed>();
  for (const { id, user, commit_id, submitted_at, state } of all) {
    if (user === null || state === 'COMMENTED' || state === 'PENDING') continue;
    latest.set(user.id, {
      id,
      user: user.login,
      user_id: user.id,
      commit: commit_id ?? '',
      at: submitted_at ?? '',
      state,
    });
  }
  return [...latest.values()];
}

async function pushersOf(github: Github, pull: number): Promise<string[]> {
  const { owner, repo } = github;
  const commits = await github.attempt(`read the commits of #${pull}`, (octokit) =>
    octokit.paginate(octokit.rest.pulls.listCommits, { owner, repo, pull_number: pull, per_page: 100 }),
  );
  return unique(
    commits
      .flatMap(({ author, committer }) => [author?.login, committer?.login])
      .filter((login) => login !== undefined),
  );
}

async function digestAt(github: Github, file: string, ref: string): Promise<string | undefined> {
  const { owner, repo } = github;
  const found = await github.find(`read ${file} at ${ref.slice(0, 12)}`, (octokit) =>
    octokit.rest.repos.getContent({ owner, repo, path: file, ref }),
  );
  const data = found?.data;
  if (data === undefined || Array.isArray(data) || data.type !== 'file') return undefined;
  try {
    return declaredDigest(readDeployment(Buffer.from(data.content, 'base64').toString('utf8'), file));
  } catch (error) {
    if (error instanceof GreenlightError) return undefined;
    throw error;
  }
}

function refused(...reasons: string[]): Check<never> {
  return { holds: false, verdict: 'fail', reasons };
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
