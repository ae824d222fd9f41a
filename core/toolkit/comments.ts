import type { Github } from './github.ts';

/**
 * The one comment with `marker` on an issue or pull request: made, changed where its text differs, or left alone.
 * The marker is a hidden line of its own, `<!-- greenlight:… -->`; only comments by the same account are ours.
 */
export async function upsertComment(
  github: Github,
  issue: number,
  marker: string,
  body: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { owner, repo } = github;
  const text = `${marker}\n${body}`;
  const comments = await github.attempt(`read the comments of #${issue}`, (octokit) =>
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: issue, per_page: 100 }),
  );
  const present = comments.find(
    (comment) => comment.body?.startsWith(marker) === true && comment.user?.type === 'Bot',
  );
  if (present === undefined) {
    await github.attempt(`comment on #${issue}`, (octokit) =>
      octokit.rest.issues.createComment({ owner, repo, issue_number: issue, body: text }),
    );
    return 'created';
  }
  if (present.body === text) return 'unchanged';
  await github.attempt(`update the comment on #${issue}`, (octokit) =>
    octokit.rest.issues.updateComment({ owner, repo, comment_id: present.id, body: text }),
  );
  return 'updated';
}
