import type { Github } from './github.ts';

/** A file's text at a branch, tag or commit, read through the API; undefined where that has no such file. */
export async function fileAt(github: Github, ref: string, path: string): Promise<string | undefined> {
  const { owner, repo } = github;
  const found = await github.find(`read ${path}`, (octokit) =>
    octokit.rest.repos.getContent({ owner, repo, path, ref }),
  );
  const data = found?.data;
  if (data === undefined || Array.isArray(data) || data.type !== 'file') return undefined;
  if (data.encoding === 'base64') return Buffer.from(data.content, 'base64').toString('utf8');
  // Above one megabyte the content stays away (docs.github.com, "Get repository content"); a lock of many stages is that long.
  const { sha } = data;
  const blob = await github.attempt(`read ${path}`, (octokit) =>
    octokit.rest.git.getBlob({ owner, repo, file_sha: sha }),
  );
  return Buffer.from(blob.data.content, 'base64').toString('utf8');
}
