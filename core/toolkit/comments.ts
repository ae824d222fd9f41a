import { type Github, statusOf } from './github.ts';

/** How often a comment is tried to be made. */
const ATTEMPTS = 3;

/**
 * The one comment with `marker` on an issue or pull request: made, changed where its text differs, or left alone.
 * The marker is a hidden line of its own, `<!-- greenlight:… -->`. Ours is a comment that opens with it and is by a bot, as a workflow's
 * token is, or by the token's own account; anyone else may have pasted it.
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
  const marked = comments.filter(({ body }) => body?.startsWith(marker));
  const byBot = marked.find(({ user }) => user?.type === 'Bot');
  if (byBot !== undefined || marked.length === 0) return byBot;
  const own = await ownAccount(github);
  return own === undefined ? undefined : marked.find(({ user }) => user?.id === own);
}

/** The id of the account whose token this is; undefined for a workflow's or an App's, which GitHub tells no account (403). */
async function ownAccount(github: Github): Promise<number | undefined> {
  try {
    const { data } = await github.attempt('read whose token this is', (octokit) =>
      octokit.rest.users.getAuthenticated(),
    );
    return data.id;
  } catch (error) {
    if (statusOf(error) === 403) return undefined;
    throw error;
  }
}
