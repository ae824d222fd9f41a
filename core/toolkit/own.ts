import { type Github, statusOf } from './github.ts';

/** The first of what carries a marker of ours that is by a bot, as a workflow's token is, or by the token's own account: anyone else may have pasted the marker. */
export async function firstOwn<
  Item extends { readonly user?: { readonly id: number; readonly type?: string } | null },
>(github: Github, marked: readonly Item[]): Promise<Item | undefined> {
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
