import {
  ADMIN,
  type CallContext,
  caller,
  METADATA,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
} from '../call.ts';
import { drawFullUser, drawRepository, drawUser } from '../shapes/basic.ts';
import { drawCommit } from '../shapes/commits.ts';
import type { Repository, User } from '../state.ts';
import type { World } from '../world.ts';

function permissionsOf(world: World, repository: Repository, user: User): Record<string, boolean> {
  const right = world.right(repository, user) ?? (repository.private ? null : 'read');
  const writes = right === 'admin' || right === 'write';
  return {
    admin: right === 'admin',
    maintain: right === 'admin',
    push: writes,
    triage: writes,
    pull: right !== null,
  };
}

function collaborator(call: CallContext): User {
  const user = call.world.users.get((call.params.username ?? '').toLowerCase());
  if (user === undefined) throw notFound();
  return user;
}

function drawFull(call: CallContext): Record<string, unknown> {
  const { world, repository, token } = call;
  return {
    ...drawRepository(world, repository),
    subscribers_count: 0,
    network_count: 0,
    ...(token === null ? {} : { permissions: permissionsOf(world, repository, token.user) }),
    ...(repository.forkOf === null
      ? {}
      : {
          parent: drawRepository(world, repository.forkOf),
          source: drawRepository(world, repository.forkOf),
        }),
  };
}

export const repositoryOperations: readonly Operation[] = [
  operation('repos/get', METADATA, (call) => ({ status: 200, body: drawFull(call) })),

  operation('repos/update', ADMIN, (call) => {
    const { repository, body } = call;
    if (body.description !== undefined) repository.description = body.description;
    if (body.delete_branch_on_merge !== undefined)
      repository.deleteBranchOnMerge = body.delete_branch_on_merge;
    const allowed = {
      merge: body.allow_merge_commit,
      squash: body.allow_squash_merge,
      rebase: body.allow_rebase_merge,
    };
    repository.mergeMethods = (['merge', 'squash', 'rebase'] as const).filter(
      (method) => allowed[method] ?? repository.mergeMethods.includes(method),
    );
    if (body.default_branch !== undefined) repository.defaultBranch = body.default_branch;
    if (body.private !== undefined) repository.private = body.private;
    return { status: 200, body: drawFull(call) };
  }),

  operation('repos/get-collaborator-permission-level', METADATA, (call) => {
    const user = collaborator(call);
    const right = call.world.right(call.repository, user) ?? (call.repository.private ? 'none' : 'read');
    const drawn = {
      ...drawUser(call.world, user),
      role_name: right,
      permissions: permissionsOf(call.world, call.repository, user),
    };
    return { status: 200, body: { permission: right, role_name: right, user: drawn } };
  }),

  operation('repos/check-collaborator', METADATA, (call) => {
    if (call.world.right(call.repository, collaborator(call)) === null) throw notFound();
    return { status: 204 };
  }),

  operation('repos/list-branches', reads('contents'), async (call) => {
    const branches = await call.repository.git.refs('refs/heads/');
    const { items, headers } = page(call, branches, (branch) => ({
      name: branch.ref.slice('refs/heads/'.length),
      commit: {
        sha: branch.sha,
        url: `${call.world.apiUrl}/repos/${call.params.owner}/${call.params.repo}/commits/${branch.sha}`,
      },
      protected: false,
    }));
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-branch', reads('contents'), async (call) => {
    const { world, repository } = call;
    const name = call.params.branch ?? '';
    const branch = await repository.git.ref(`refs/heads/${name}`);
    if (branch === null) throw notFound();
    const url = `${world.apiUrl}/repos/${repository.owner.login}/${repository.name}/branches/${name}`;
    const guarded = repository.rulesets.length > 0 && name === repository.defaultBranch;
    return {
      status: 200,
      body: {
        name,
        commit: drawCommit(world, repository, await repository.git.commit(branch.sha)),
        _links: {
          self: url,
          html: `${world.serverUrl}/${repository.owner.login}/${repository.name}/tree/${name}`,
        },
        protected: guarded,
        protection: { enabled: guarded },
        protection_url: `${url}/protection`,
      },
    };
  }),

  operation('repos/check-immutable-releases', { ...ADMIN, level: 'read' }, (call) => {
    if (!call.repository.immutableReleases) throw notFound();
    return { status: 200, body: { enabled: true, enforced_by_owner: false } };
  }),
  operation('repos/enable-immutable-releases', ADMIN, (call) => {
    call.repository.immutableReleases = true;
    return { status: 204 };
  }),
  operation('repos/disable-immutable-releases', ADMIN, (call) => {
    call.repository.immutableReleases = false;
    return { status: 204 };
  }),
  operation(
    'actions/get-github-actions-default-workflow-permissions-repository',
    { ...ADMIN, level: 'read' },
    (call) => ({
      status: 200,
      body: {
        default_workflow_permissions: call.repository.defaultWorkflowPermissions,
        can_approve_pull_request_reviews: call.repository.actionsMayCreatePullRequests,
      },
    }),
  ),
  operation('actions/set-github-actions-default-workflow-permissions-repository', ADMIN, (call) => {
    const { default_workflow_permissions: level, can_approve_pull_request_reviews: may } = call.body;
    if (level !== undefined) call.repository.defaultWorkflowPermissions = level;
    if (may !== undefined) call.repository.actionsMayCreatePullRequests = may;
    return { status: 204 };
  }),
];

/** Operations that name no repository; the server hands them a call without one. */
export const userOperations: readonly Operation[] = [
  operation('users/get-by-username', METADATA, (call) => {
    const user = call.world.users.get((call.params.username ?? '').toLowerCase());
    if (user === undefined) throw notFound();
    return { status: 200, body: drawFullUser(call.world, user) };
  }),
  operation('users/get-authenticated', METADATA, (call) => {
    const { kind, user } = caller(call);
    if (kind !== 'person') throw new Refusal(403, 'Resource not accessible by integration');
    return { status: 200, body: drawFullUser(call.world, user) };
  }),
];
