import { Refusal } from './call.ts';
import { EMPTY_TREE, NO_SHA } from './git.ts';
import { followRef } from './pulls.ts';
import { type RefChange, refusalOf } from './rules.ts';
import { drawRepository, drawUser } from './shapes/basic.ts';
import { drawSimpleCommit } from './shapes/commits.ts';
import { fullName, type Repository, type Token } from './state.ts';
import { actorOf, type World } from './world.ts';

/** Moves a ref for the API: rules first, then compare-and-swap, then everything that follows. Throws GitHub's refusals. */
export async function moveRef(
  world: World,
  repository: Repository,
  token: Token,
  change: RefChange,
  merging = false,
): Promise<void> {
  const reason = await refusalOf(world, repository, token, change, merging);
  if (reason !== null)
    throw new Refusal(
      token.kind !== 'person' && reason.startsWith('refusing') ? 403 : 422,
      `Repository rule violations found\n\n${reason}\n\n`,
    );
  if (!(await repository.git.moveRef(change.ref, change.before, change.after))) {
    if (change.before === NO_SHA) throw new Refusal(422, 'Reference already exists');
    throw new Refusal(422, 'Reference cannot be updated');
  }
  await refMoved(world, repository, token, change);
}

/** Tells of a ref that has moved, and lets pull requests follow it. */
export async function refMoved(
  world: World,
  repository: Repository,
  token: Token,
  change: RefChange,
): Promise<void> {
  if (change.before === change.after) return;
  repository.pushedAt = world.clock.now();
  await emitPush(world, repository, token, change);
  await followRef(world, repository, token, change);
}

async function emitPush(
  world: World,
  repository: Repository,
  token: Token,
  change: RefChange,
): Promise<void> {
  if (!change.ref.startsWith('refs/heads/') && !change.ref.startsWith('refs/tags/')) return;
  const { git } = repository;
  const created = change.before === NO_SHA;
  const deleted = change.after === NO_SHA;
  const head = deleted ? null : await git.resolve(change.after);
  const forced = !created && !deleted && !(await git.isAncestor(change.before, change.after));
  const range = head === null ? [] : created ? [head, '--max-count=1'] : [head, `^${change.before}`];
  const commits = head === null ? [] : await git.log(range, { limit: 2048 });
  const commit = head === null ? null : await git.commit(head);
  const from = created ? (commit?.parents[0] ?? EMPTY_TREE) : change.before;
  const paths = head === null ? [] : await git.changedPaths(from, head);
  const short = change.ref.replace(/^refs\/(heads|tags)\//, '');
  const kind = change.ref.startsWith('refs/heads/') ? 'branch' : 'tag';
  const common = {
    repository: drawRepository(world, repository),
    sender: drawUser(world, token.user),
  };
  const event = {
    repository: fullName(repository),
    actor: actorOf(token),
    ref: change.ref,
    sha: head ?? NO_SHA,
    paths,
  };
  if (created || deleted) {
    const payload = {
      ref: short,
      ref_type: kind,
      ...(created ? { master_branch: repository.defaultBranch, description: repository.description } : {}),
      pusher_type: 'user',
      ...common,
    };
    world.emit({ ...event, name: created ? 'create' : 'delete', payload });
  }
  world.emit({
    ...event,
    name: 'push',
    payload: {
      ref: change.ref,
      before: change.before,
      after: change.after,
      created,
      deleted,
      forced,
      base_ref: null,
      compare: `${world.serverUrl}/${fullName(repository)}/compare/${change.before.slice(0, 12)}...${change.after.slice(0, 12)}`,
      commits: commits.map(drawSimpleCommit).reverse(),
      head_commit: commit === null ? null : drawSimpleCommit(commit),
      pusher: { name: token.user.login, email: null },
      ...common,
    },
  });
}
