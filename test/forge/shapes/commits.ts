import { timestamp } from '../clock.ts';
import type { CommitObject, DiffFile, Signature } from '../git.ts';
import { fullName, type Repository, type User } from '../state.ts';
import type { World } from '../world.ts';
import { drawUser, nodeId, pageUrl, repositoryUrl, type Shape } from './basic.ts';

/** The address that GitHub gives a user who hides theirs, and by which it finds the user of a commit. */
export function emailOf(user: User): string {
  return user.login === 'web-flow'
    ? 'noreply@github.com'
    : `${user.id}+${user.login}@users.noreply.github.com`;
}

export function signatureOf(user: User, date: Date): Signature {
  return { name: user.name, email: emailOf(user), date };
}

export function userOf(world: World, signature: Signature): User | null {
  return [...world.users.values()].find((user) => emailOf(user) === signature.email) ?? null;
}

function drawVerification(repository: Repository, sha: string): Shape {
  const at = repository.verified.get(sha);
  return at === undefined
    ? { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null }
    : {
        verified: true,
        reason: 'valid',
        signature: 'signed by the forge',
        payload: sha,
        verified_at: timestamp(at),
      };
}

function drawSignature(signature: Signature): Shape {
  return { name: signature.name, email: signature.email, date: timestamp(signature.date) };
}

function drawParents(world: World, repository: Repository, commit: CommitObject): Shape[] {
  return commit.parents.map((sha) => ({
    sha,
    url: `${repositoryUrl(world, repository)}/commits/${sha}`,
    html_url: `${pageUrl(world, repository)}/commit/${sha}`,
  }));
}

/** `git-commit`: the Git data API's view. */
export function drawGitCommit(world: World, repository: Repository, commit: CommitObject): Shape {
  const url = repositoryUrl(world, repository);
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url: `${url}/git/commits/${commit.sha}`,
    html_url: `${pageUrl(world, repository)}/commit/${commit.sha}`,
    author: drawSignature(commit.author),
    committer: drawSignature(commit.committer),
    message: commit.message,
    tree: { sha: commit.tree, url: `${url}/git/trees/${commit.tree}` },
    parents: drawParents(world, repository, commit),
    verification: drawVerification(repository, commit.sha),
  };
}

/** `commit`: the repository's view. */
export function drawCommit(
  world: World,
  repository: Repository,
  commit: CommitObject,
  files?: readonly DiffFile[],
): Shape {
  const url = `${repositoryUrl(world, repository)}/commits/${commit.sha}`;
  const author = userOf(world, commit.author);
  const committer = userOf(world, commit.committer);
  return {
    sha: commit.sha,
    node_id: nodeId('Commit', commit.sha),
    url,
    html_url: `${pageUrl(world, repository)}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${repositoryUrl(world, repository)}/git/commits/${commit.sha}`,
      author: drawSignature(commit.author),
      committer: drawSignature(commit.committer),
      message: commit.message,
      comment_count: 0,
      tree: { sha: commit.tree, url: `${repositoryUrl(world, repository)}/git/trees/${commit.tree}` },
      verification: drawVerification(repository, commit.sha),
    },
    author: author === null ? null : drawUser(world, author),
    committer: committer === null ? null : drawUser(world, committer),
    parents: drawParents(world, repository, commit),
    ...(files === undefined
      ? {}
      : { stats: stats(files), files: files.map((file) => drawFile(world, repository, commit.sha, file)) }),
  };
}

function stats(files: readonly DiffFile[]): Shape {
  const additions = files.reduce((sum, file) => sum + file.additions, 0);
  const deletions = files.reduce((sum, file) => sum + file.deletions, 0);
  return { additions, deletions, total: additions + deletions };
}

export function drawFile(world: World, repository: Repository, head: string, file: DiffFile): Shape {
  const name = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: file.additions + file.deletions,
    blob_url: `${pageUrl(world, repository)}/blob/${head}/${name}`,
    raw_url: `${pageUrl(world, repository)}/raw/${head}/${name}`,
    contents_url: `${repositoryUrl(world, repository)}/contents/${name}?ref=${head}`,
    ...(file.patch === undefined ? {} : { patch: file.patch }),
    ...(file.previous === undefined ? {} : { previous_filename: file.previous }),
  };
}

/** `simple-commit`, as runs and push events carry it. */
export function drawSimpleCommit(commit: CommitObject): Shape {
  return {
    id: commit.sha,
    tree_id: commit.tree,
    message: commit.message,
    timestamp: timestamp(commit.committer.date),
    author: { name: commit.author.name, email: commit.author.email },
    committer: { name: commit.committer.name, email: commit.committer.email },
  };
}

export function drawRef(
  world: World,
  repository: Repository,
  ref: { ref: string; sha: string; type: string },
): Shape {
  const url = repositoryUrl(world, repository);
  return {
    ref: ref.ref,
    node_id: nodeId('Ref', `${fullName(repository)}:${ref.ref}`),
    url: `${url}/git/${ref.ref}`,
    object: { type: ref.type, sha: ref.sha, url: `${url}/git/${ref.type}s/${ref.sha}` },
  };
}
