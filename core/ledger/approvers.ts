import type { Github } from '../toolkit/github.ts';

/** The commits of a release that its approver must not have written. */
export interface ReleaseSpan {
  /** The commit that the live release was built from; undefined where none is live. */
  readonly liveCommit: string | undefined;
  /** The commit that the release was built from. */
  readonly releaseCommit: string;
}

/**
 * Who may not approve a release as they wrote it: the authors of the commits between the live release and this one; of all commits where
 * nothing is live. A squashed pull request is one commit by one author: who else wrote in it stands in its `Co-authored-by:` trailers.
 * Each once and sorted, as a login, or as an email address where no account of it is known.
 */
export async function authorsOf(
  github: Github,
  { liveCommit, releaseCommit }: ReleaseSpan,
): Promise<string[]> {
  const commits =
    liveCommit === undefined
      ? await allCommits(github, releaseCommit)
      : await commitsBetween(github, liveCommit, releaseCommit);
  const authors = commits.flatMap(({ author, commit }) => [
    author?.login ?? named(commit.author?.email ?? 'unknown'),
    ...coAuthors(commit.message).map(named),
  ]);
  return [...new Set(authors)].sort();
}

/** The addresses of a message's `Co-authored-by: Name <address>`, wherever the line stands. */
function coAuthors(message: string): string[] {
  return [...message.matchAll(/^[ \t]*co-authored-by:[^<\n]*<([^<>\s]+)>/gim)].map(([, email = '']) => email);
}

/** The login of an address that GitHub gave the account (docs, email addresses reference), any other address as it is. */
function named(email: string): string {
  return /^(?:\d+\+)?([^@+]+)@users\.noreply\.github\.com$/i.exec(email)?.[1] ?? email;
}

/** Whether a user may write to the repository; an unknown user may not. */
export async function mayWrite(github: Github, username: string): Promise<boolean> {
  const { owner, repo } = github;
  const found = await github.find(`read what @${username} may do`, (octokit) =>
    octokit.rest.repos.getCollaboratorPermissionLevel({ owner, repo, username }),
  );
  return found?.data.permission === 'write' || found?.data.permission === 'admin';
}

/** Whether two names are of one user: with or without a leading @, in any case. */
export function sameUser(a: string, b: string): boolean {
  return a.replace(/^@/, '').toLowerCase() === b.replace(/^@/, '').toLowerCase();
}

interface Authored {
  readonly author: { readonly login?: string } | null;
  readonly commit: { readonly message: string; readonly author: { readonly email?: string } | null };
}

function allCommits(github: Github, head: string): Promise<readonly Authored[]> {
  const { owner, repo } = github;
  return github.attempt('read who wrote what is released', (octokit) =>
    octokit.paginate(octokit.rest.repos.listCommits, { owner, repo, sha: head, per_page: 100 }),
  );
}

/** A comparison is paged by its commits, which octokit's paginate does not know. */
async function commitsBetween(github: Github, base: string, head: string): Promise<readonly Authored[]> {
  const { owner, repo } = github;
  const commits: Authored[] = [];
  for (let page = 1; ; page++) {
    const { data } = await github.attempt('read who wrote what is released', (octokit) =>
      octokit.rest.repos.compareCommitsWithBasehead({
        owner,
        repo,
        basehead: `${base}...${head}`,
        per_page: 100,
        page,
      }),
    );
    commits.push(...data.commits);
    if (data.commits.length === 0 || commits.length >= data.total_commits) return commits;
  }
}
