import { GreenlightError } from '../kernel/errors.ts';
import { upsertComment } from './comments.ts';
import { fileAt } from './contents.ts';
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
  /** Of its head. */
  readonly parents: readonly string[];
  readonly tree: string;
  readonly author: string | undefined;
  /** Whether the author is an account of an App, as a workflow's token is. */
  readonly byBot: boolean;
}

/** How often the pull request is looked at anew after another writer was faster. */
const ATTEMPTS = 4;

/**
 * Brings the one pull request of a branch to the wanted content: created, updated in place, or left alone where nothing differs.
 * The commit is made through the API, without author, so that GitHub signs it; the ref moves by compare-and-swap. Where another run
 * was faster, or an answer was lost, it looks again. Throws `github/branch-taken` where the branch is a person's and has no pull request.
 */
export async function upsertPullRequest(
  github: Github,
  wanted: WantedPullRequest,
): Promise<PullRequestResult> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await upsertOnce(github, wanted);
    } catch (error) {
      // 422: the branch or the pull request is there already, or the branch is no longer where it was read.
      const status = statusOf(error);
      if ((status !== 422 && status !== 409) || attempt === ATTEMPTS) throw error;
    }
  }
}

async function upsertOnce(github: Github, wanted: WantedPullRequest): Promise<PullRequestResult> {
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
    (await holdsFiles(github, latest.head.sha, wanted.files)) &&
    (await closedByPerson(github, latest))
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
  const head = await bringBranch(github, wanted, base, branch, open ?? latest);
  if (open === undefined) {
    // Another run may have merged the same since the base was read.
    if (await holdsFiles(github, wanted.base, wanted.files)) return { operation: 'not-needed' };
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

/** Whether a person closed a pull request: neither a workflow nor the account that opened it. */
export async function closedByPerson(
  github: Github,
  { number, user }: { readonly number: number; readonly user: { readonly login: string } | null },
): Promise<boolean> {
  const { owner, repo } = github;
  const { data } = await github.attempt(`read who closed #${number}`, (octokit) =>
    octokit.rest.issues.get({ owner, repo, issue_number: number }),
  );
  return data.closed_by?.type !== 'Bot' && data.closed_by?.login !== user?.login;
}

/** Closes a pull request with a reason that its readers see; told once, even where the closing is done again. */
export async function closePullRequest(github: Github, number: number, reason: string): Promise<void> {
  const { owner, repo } = github;
  await upsertComment(github, number, '<!-- greenlight:closed -->', reason);
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
  const { author } = commit;
  return {
    head: commit.sha,
    parents: commit.parents.map(({ sha }) => sha),
    tree: commit.commit.tree.sha,
    author: author?.login,
    byBot: author?.type === 'Bot',
  };
}

/** Whether a revision has just these texts at these paths. Reads only, so that a run with nothing to do writes nothing. */
async function holdsFiles(github: Github, ref: string, files: WantedPullRequest['files']): Promise<boolean> {
  for (const [path, content] of Object.entries(files))
    if ((await fileAt(github, ref, path)) !== content) return false;
  return true;
}

/** Whether GitHub knows that a pull request conflicts with its base; it works that out after a push to either, and the next run sees it. */
async function conflicts(github: Github, number: number): Promise<boolean> {
  const { owner, repo } = github;
  const { data } = await github.attempt(`read pull request #${number}`, (octokit) =>
    octokit.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  return data.mergeable === false;
}

/** The branch with the wanted files on the base's head: left alone where it has them and merges, else made or moved. Gives its head. */
async function bringBranch(
  github: Github,
  wanted: WantedPullRequest,
  base: Branch,
  branch: Branch | undefined,
  pull:
    | { readonly number: number; readonly state: string; readonly head: { readonly sha: string } }
    | undefined,
): Promise<string> {
  const { owner, repo } = github;
  const ref = `heads/${wanted.branch}`;
  if (branch === undefined) {
    const sha = await writeCommit(github, wanted, base, [base.head]);
    await github.attempt(`create the branch ${wanted.branch}`, (octokit) =>
      octokit.rest.git.createRef({ owner, repo, ref: `refs/${ref}`, sha }),
    );
    return sha;
  }
  const isOpen = pull?.state === 'open';
  const holds = await holdsFiles(github, branch.head, wanted.files);
  // What an ended pull request left on the branch stands on an old base, and the next one starts anew.
  const isLeft = !isOpen && branch.head === pull?.head.sha;
  if (isOpen) {
    if (holds && (branch.parents.includes(base.head) || !(await conflicts(github, pull.number))))
      return branch.head;
    // A commit on both heads moves the branch without force, which fails where a person was faster.
    const sha = await writeCommit(github, wanted, base, [branch.head, base.head]);
    await github.attempt(`move the branch ${wanted.branch}`, (octokit) =>
      octokit.rest.git.updateRef({ owner, repo, ref, sha, force: false }),
    );
    return sha;
  }
  if (!isLeft && holds) return branch.head;
  if (!isLeft && !branch.byBot) {
    throw new GreenlightError({
      code: 'github/branch-taken',
      message: `the branch ${wanted.branch} holds a commit by ${branch.author ?? 'unknown'} and no pull request: nothing is pushed over it`,
      mend: `open a pull request from it, or delete it: git push origin :${wanted.branch}`,
    });
  }
  const sha = await writeCommit(github, wanted, base, [base.head]);
  // A forced move names no expected head: read again right before.
  if ((await readBranch(github, wanted.branch))?.head !== branch.head) {
    throw new GreenlightError({
      code: 'github/concurrent-change',
      message: `the branch ${wanted.branch} moved while it was being updated`,
      mend: 'run the step again',
    });
  }
  await github.attempt(`move the branch ${wanted.branch}`, (octokit) =>
    octokit.rest.git.updateRef({ owner, repo, ref, sha, force: true }),
  );
  return sha;
}

/** A commit with the wanted files over the base's own; no branch names it yet. */
async function writeCommit(
  github: Github,
  { files, message }: WantedPullRequest,
  base: Branch,
  parents: string[],
): Promise<string> {
  const { owner, repo } = github;
  const tree = Object.entries(files).map(([path, content]) => ({
    path,
    content,
    mode: '100644' as const,
    type: 'blob' as const,
  }));
  const { data: written } = await github.attempt('write the files', (octokit) =>
    octokit.rest.git.createTree({ owner, repo, base_tree: base.tree, tree }),
  );
  const { data } = await github.attempt('write the commit', (octokit) =>
    octokit.rest.git.createCommit({ owner, repo, message, tree: written.sha, parents }),
  );
  return data.sha;
}

/** What became of an attempt on a pull request whose head was read before. */
export type Attempt =
  | { readonly kind: 'done' }
  /** The head is another one now, or another run was faster. */
  | { readonly kind: 'moved' }
  /** GitHub would not, for this reason in its own words. */
  | { readonly kind: 'refused'; readonly reason: string };

/** Merges a pull request if its head still is `head`, by the first of squash, merge and rebase that the repository's settings allow. */
export async function mergePullRequest(
  github: Github,
  number: number,
  head: string,
  title: string,
): Promise<Attempt> {
  const { owner, repo } = github;
  const { data: settings } = await github.attempt('read how the repository merges', (octokit) =>
    octokit.rest.repos.get({ owner, repo }),
  );
  const allowed = {
    squash: settings.allow_squash_merge,
    merge: settings.allow_merge_commit,
    rebase: settings.allow_rebase_merge,
  };
  // A token that may not see the settings reads none of them.
  const method = (['squash', 'merge', 'rebase'] as const).find((each) => allowed[each] !== false) ?? 'squash';
  try {
    await github.attempt(`merge pull request #${number}`, (octokit) =>
      octokit.rest.pulls.merge({
        owner,
        repo,
        pull_number: number,
        sha: head,
        merge_method: method,
        commit_title: title,
      }),
    );
    return { kind: 'done' };
  } catch (error) {
    if (statusOf(error) === 409) return { kind: 'moved' };
    if (statusOf(error) === 405) return { kind: 'refused', reason: wordsOf(error) };
    throw error;
  }
}

/** Merges the base into a pull request's branch if its head still is `head`. GitHub does it soon after it has answered. */
export async function updatePullRequestBranch(
  github: Github,
  number: number,
  head: string,
): Promise<Attempt> {
  const { owner, repo } = github;
  try {
    await github.attempt(`update the branch of #${number}`, (octokit) =>
      octokit.rest.pulls.updateBranch({ owner, repo, pull_number: number, expected_head_sha: head }),
    );
    return { kind: 'done' };
  } catch (error) {
    // 422 is a head that moved, a conflict, or nothing to merge; 403 also a change of workflow files, which a job's token may not bring.
    const status = statusOf(error);
    if (status === 403 || status === 422) return { kind: 'refused', reason: wordsOf(error) };
    throw error;
  }
}

/** What GitHub says in a refusal, on one line. */
function wordsOf(error: unknown): string {
  const cause = error instanceof GreenlightError ? error.cause : error;
  const { response, message } = cause as {
    readonly response?: { readonly data?: { readonly message?: string } };
    readonly message?: string;
  };
  return (response?.data?.message ?? message ?? '').trim().replace(/\s+/g, ' ');
}
