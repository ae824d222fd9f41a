import { type Github, statusOf } from './github.ts';
import { firstOwn } from './own.ts';

/** How often a comment is tried to be made. */
const ATTEMPTS = 3;

/**
 * The one comment with `marker` on an issue or pull request: made, changed where its text differs, or left alone.
 * The marker is a hidden line of its own, `<!-- greenlight:… -->`. Ours is a comment that opens with it, by {@link firstOwn}.
 * Where an answer was lost it looks again before it makes another.
 */
export async function upsertComment(
  github: Github,
  issue: number,
  marker: string,
  body: string,
): Promise<'created' | 'updated' | 'unchanged'> {
  const { owner, repo } = github;
  const text = `${marker}\n${body}`;
  for (let attempt = 1; ; attempt++) {
    const present = await findComment(github, issue, marker);
    if (present?.body === text) return attempt === 1 ? 'unchanged' : 'created';
    if (present !== undefined) {
      await github.attempt(`update the comment on #${issue}`, (octokit) =>
        octokit.rest.issues.updateComment({ owner, repo, comment_id: present.id, body: text }),
      );
      return 'updated';
    }
    try {
      const request = { retries: 0 };
      await github.attempt(`comment on #${issue}`, (octokit) =>
        octokit.rest.issues.createComment({ owner, repo, issue_number: issue, body: text, request }),
      );
      return 'created';
    } catch (error) {
      if ((statusOf(error) ?? 500) < 500 || attempt === ATTEMPTS) throw error;
    }
  }
}

async function findComment(github: Github, issue: number, marker: string) {
  const { owner, repo } = github;
  const comments = await github.attempt(`read the comments of #${issue}`, (octokit) =>
    octokit.paginate(octokit.rest.issues.listComments, { owner, repo, issue_number: issue, per_page: 100 }),
  );
  return firstOwn(
    github,
    comments.filter(({ body }) => body?.startsWith(marker)),
  );
}
