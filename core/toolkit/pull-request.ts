import { GreenlightError } from '../kernel/errors.ts';
import { type Github, statusOf } from './github.ts';

/** The one pull request of a branch and what it should contain. */
export interface WantedPullRequest {
  /** Its head branch in this repository: the key. One pull request a branch, found by it and never by title or label. */
  readonly branch: string;
  readonly base: string;
  readonly title: string;
  readonly body: string;
  /** Files by path, over the base branch's own. */
  readonly files: Readonly<Record<string, string>>;
  /** The commit's message. */
  readonly message: string;
}

/** What became of a {@link WantedPullRequest}. */
export type PullRequestResult =
  | {
      readonly operation: 'created' | 'updated' | 'body-updated' | 'unchanged';
      readonly number: number;
      readonly url: string;
      readonly head: string;
    }
  /** The base branch already has these files; an open pull request was closed. */
  | { readonly operation: 'not-needed' }
  /** A person committed to the branch: nothing was pushed over them. */
  | {
      readonly operation: 'blocked-by-commit';
      readonly number: number;
      readonly url: string;
      readonly author: string;
    }
  /** A person closed the pull request of this very content: it is not opened again. */
  | { readonly operation: 'rejected-by-person'; readonly number: number; readonly url: string };

interface Branch {
  readonly head: string;
  readonly tree: string;
  readonly author: string | undefined;
}

/**
 * Brings the one pull request of a branch to the wanted content: created, updated in place, or left alone where nothing differs.
 * The commit is made through the API, without author, so that GitHub signs it; the ref moves by compare-and-swap.
 */
export async function upsertPullRequest(
  github: Github,
  wanted: WantedPullRequest,
): Promise<PullRequestResult> {
  const { owner, repo } = github;
  const base = await readBranch(github, wanted.base);
  if (base === undefined)
    throw new GreenlightError({ code: 'github/no-branch', message: `there is no branch ${wanted.base}` });
  const [latest] = await listPullRequests(github, wanted);
  const open = latest?.state === 'open' ? latest : undefined;

  if (await holdsFiles(github, base.head, wanted.files)) {
    if (open !== undefined)
      await closePullRequest(
        github,
        open.number,
        'The base branch has this content already: nothing is left to do.',
      );
    return { operation: 'not-needed' };
  }
  if (
    open === undefined &&
    latest !== undefined &&
    latest.merged_at === null &&
    (await holdsFiles(github, latest.head.sha, wanted.files))
  ) {
    return { operation: 'rejected-by-person', number: latest.number, url: latest.html_url };
  }
  const branch = await readBranch(github, wanted.branch);
  if (open !== undefined && branch !== undefined && branch.author !== open.user?.login) {
    return {
      operation: 'blocked-by-commit',
      number: open.number,
      url: open.html_url,
      author: branch.author ?? 'unknown',
    };
  }
  const present =
    open !== undefined && branch !== undefined && (await holdsFiles(github, branch.head, wanted.files));
  const head = present ? branch.head : await pushCommit(github, wanted, base, branch);
  if (open === undefined) {
    const { data } = await github.attempt('open a pull request', (octokit) =>
      octokit.rest.pulls.create({
        owner,
        repo,
        head: wanted.branch,
        base: wanted.base,
        title: wanted.title,
        body: wanted.body,
      }),
    );
    return { operation: 'created', number: data.number, url: data.html_url, head };
  }
  const pushed = head !== branch?.head;
  const sameWords = open.title === wanted.title && open.body === wanted.body;
  if (!sameWords) {
    await github.attempt(`update pull request #${open.number}`, (octokit) =>
      octokit.rest.pulls.update({
        owner,
        repo,
        pull_number: open.number,
        title: wanted.title,
        body: wanted.body,
      }),
    );
  }
  const operation = pushed ? 'updated' : sameWords ? 'unchanged' : 'body-updated';
  return { operation, number: open.number, url: open.html_url, head };
}

/** The pull requests from a branch of this repository, newest first, whatever their state. */
export async function listPullRequests(
  github: Github,
  { branch, base }: Pick<WantedPullRequest, 'branch' | 'base'>,
) {
  const { owner, repo } = github;
  const { data } = await github.attempt(`read the pull requests of ${branch}`, (octokit) =>
    octokit.rest.pulls.list({
      owner,
      repo,
      head: `${owner}:${branch}`,
      base,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 100,
    }),
  );
  return data;
}

/** Closes a pull request with a reason that its readers see. */
export async function closePullRequest(github: Github, number: number, reason: string): Promise<void> {
  const { owner, repo } = github;
  await github.attempt(`comment on #${number}`, (octokit) =>
    octokit.rest.issues.createComment({ owner, repo, issue_number: number, body: reason }),
  );
  await github.attempt(`close pull request #${number}`, (octokit) =>
    octokit.rest.pulls.update({ owner, repo, pull_number: number, state: 'closed' }),
  );
}

async function readBranch(github: Github, name: string): Promise<Branch | undefined> {
  const { owner, repo } = github;
  const found = await github.find(`read the branch ${name}`, (octokit) =>
    octokit.rest.repos.getBranch({ owner, repo, branch: name }),
  );
  if (found === undefined) return undefined;
  const { commit } = found.data;
  return { head: commit.sha, tree: commit.commit.tree.sha, author: commit.author?.login };
}

/** Whether a revision has just these bytes at these paths. Reads only, so that a run with nothing to do writes nothing. */
async function holdsFiles(github: Github, ref: string, files: WantedPullRequest['files']): Promise<boolean> {
  const { owner, repo } = github;
  for (const [path, content] of Object.entries(files)) {
    const found = await github.find(`read ${path}`, (octokit) =>
      octokit.rest.repos.getContent({ owner, repo, path, ref }),
    );
    const data = found?.data;
    if (data === undefined || Array.isArray(data) || data.type !== 'file') return false;
    if (Buffer.from(data.content, 'base64').toString('utf8') !== content) return false;
  }
  return true;
}

/** One commit on the base's head; the branch is made, or moved if it still is where it was read. */
async function pushCommit(
  github: Github,
  wanted: WantedPullRequest,
  base: Branch,
  branch: Branch | undefined,
): Promise<string> {
  const { owner, repo } = github;
  const tree = Object.entries(wanted.files).map(([path, content]) => ({
    path,
    content,
    mode: '100644' as const,
    type: 'blob' as const,
  }));
  const { data: written } = await github.attempt('write the files', (octokit) =>
    octokit.rest.git.createTree({ owner, repo, base_tree: base.tree, tree }),
  );
  const { data } = await github.attempt('write the commit', (octokit) =>
    octokit.rest.git.createCommit({
      owner,
      repo,
      message: wanted.message,
      tree: written.sha,
      parents: [base.head],
    }),
  );
  if (branch === undefined) {
    await github.attempt(`create the branch ${wanted.branch}`, (octokit) =>
      octokit.rest.git.createRef({ owner, repo, ref: `refs/heads/${wanted.branch}`, sha: data.sha }),
    );
    return data.sha;
  }
  // The REST API has no expected-old-sha for a forced move: read again right before, and say so when it moved.
  const again = await readBranch(github, wanted.branch);
  if (again?.head !== branch.head) {
    throw new GreenlightError({
      code: 'github/concurrent-change',
      message: `the branch ${wanted.branch} moved while it was being updated`,
      mend: 'run the step again',
    });
  }
  await github.attempt(`move the branch ${wanted.branch}`, (octokit) =>
    octokit.rest.git.updateRef({ owner, repo, ref: `heads/${wanted.branch}`, sha: data.sha, force: true }),
  );
  return data.sha;
}

/** Merges a pull request if its head still is `head`; false where GitHub says that it may not be merged (yet). */
export async function mergePullRequest(
  github: Github,
  number: number,
  head: string,
  title: string,
): Promise<boolean> {
  const { owner, repo } = github;
  try {
    await github.attempt(`merge pull request #${number}`, (octokit) =>
      octokit.rest.pulls.merge({
        owner,
        repo,
        pull_number: number,
        sha: head,
        merge_method: 'squash',
        commit_title: title,
      }),
    );
    return true;
  } catch (error) {
    if (statusOf(error) === 405 || statusOf(error) === 409) return false;
    throw error;
  }
}
