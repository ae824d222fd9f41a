import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createClock } from './clock.ts';
import { BareRepository } from './git.ts';
import { createServer } from './server.ts';
import { drawRepository } from './shapes/basic.ts';
import { fullName, type Repository } from './state.ts';
import type { Forge, NewRepository, RepositoryView, Right } from './types.ts';
import { readOnly, World } from './world.ts';

/**
 * Starts a local stand-in for GitHub on 127.0.0.1, its bare repositories under `root`. Its clock starts at `startAt` and runs.
 * `port` 0 (the default) takes a free one.
 */
export async function createForge(options: { root: string; startAt: Date; port?: number }): Promise<Forge> {
  const world = new World(path.resolve(options.root), createClock(options.startAt));
  const server = createServer(world);
  await mkdir(world.root, { recursive: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  world.port = (server.address() as AddressInfo).port;
  return {
    ...addresses(world),
    ...people(world),
    clock: world.clock,
    runs: world.runs,
    createRepository: (repository) => addRepository(world, repository),
    fork: (name, owner) => addFork(world, name, owner),
    repository: (name) => view(world, world.repository(name)),
    repositories: () => [...world.repositories.values()].map((repository) => view(world, repository)),
    configure: (name, settings) => apply(world.repository(name), settings),
    on: (listener) => {
      world.listeners.push(listener);
    },
    requests: world.ledger.requests,
    writes: (since) => world.ledger.writes(since),
    inject: (fault) => world.ledger.inject(fault),
    violations: world.violations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function addresses(world: World): Pick<Forge, 'serverUrl' | 'apiUrl' | 'resultsUrl' | 'port'> {
  return {
    serverUrl: world.serverUrl,
    apiUrl: world.apiUrl,
    resultsUrl: `${world.origin}/`,
    port: world.port,
  };
}

function people(
  world: World,
): Pick<Forge, 'createUser' | 'token' | 'appToken' | 'jobToken' | 'runtimeToken' | 'revoke'> {
  return {
    createUser: (login, options = {}) => {
      world.addUser(login, options.type ?? 'User', options.name ?? login, world.id());
    },
    token: (login) => world.mint({ kind: 'person', user: world.user(login) }),
    appToken: (app, name, permissions) => {
      const login = `${app}[bot]`;
      const user = world.users.get(login) ?? world.addUser(login, 'Bot', login, world.id());
      return world.mint({ kind: 'app', user, repository: fullName(world.repository(name)), permissions });
    },
    jobToken: (name, permissions, options = {}) =>
      world.mint({
        kind: 'job',
        user: world.bot,
        repository: fullName(world.repository(name)),
        permissions: options.fork === true ? readOnly(permissions) : permissions,
      }),
    runtimeToken: (runId, jobId) => world.artifacts.token(runId, jobId),
    revoke: (token) => {
      world.tokens.delete(token);
      world.artifacts.revoke(token);
    },
  };
}

async function addRepository(world: World, options: NewRepository): Promise<RepositoryView> {
  const dir = gitDir(world, options.name);
  const defaultBranch = options.defaultBranch ?? 'main';
  const git = await BareRepository.init(dir, defaultBranch);
  const repository = register(world, options.name, git, null, defaultBranch);
  apply(repository, options);
  return view(world, repository);
}

async function addFork(world: World, name: string, owner: string): Promise<RepositoryView> {
  const parent = world.repository(name);
  const forkName = `${world.user(owner).login}/${parent.name}`;
  const git = await parent.git.clone(gitDir(world, forkName));
  const fork = register(world, forkName, git, parent, parent.defaultBranch);
  fork.private = parent.private;
  return view(world, fork);
}

function gitDir(world: World, name: string): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(name)) throw new Error(`${name} is not owner/name`);
  return path.join(world.root, `${name}.git`);
}

function register(
  world: World,
  name: string,
  git: BareRepository,
  forkOf: Repository | null,
  defaultBranch: string,
): Repository {
  const [owner = '', own = ''] = name.split('/');
  if (world.repositories.has(name.toLowerCase())) throw new Error(`there is a repository ${name} already`);
  const now = world.clock.now();
  const repository: Repository = {
    id: world.id(),
    owner: world.user(owner),
    name: own,
    git,
    forkOf,
    rights: new Map(),
    private: false,
    description: null,
    defaultBranch,
    actionsMayCreatePullRequests: false,
    deleteBranchOnMerge: false,
    mergeMethods: ['merge', 'squash', 'rebase'],
    immutableReleases: false,
    defaultWorkflowPermissions: 'read',
    secrets: {},
    variables: {},
    createdAt: now,
    pushedAt: now,
    nextNumber: 1,
    issues: new Map(),
    labels: new Map(),
    statuses: [],
    deployments: [],
    releases: [],
    immutableTags: new Set(),
    rulesets: [],
    verified: new Map(),
  };
  world.repositories.set(name.toLowerCase(), repository);
  return repository;
}

function apply(repository: Repository, settings: Partial<Omit<NewRepository, 'name'>>): void {
  const { rights, ...rest } = settings;
  for (const [login, right] of Object.entries(rights ?? {}) as [string, Right][])
    repository.rights.set(login.toLowerCase(), right);
  const { description, ...plain } = rest;
  if (description !== undefined) repository.description = description;
  const known = Object.entries(plain).filter(
    ([name, value]) => name in repository && value !== undefined && name !== 'name',
  );
  Object.assign(repository, Object.fromEntries(known));
}

function view(world: World, repository: Repository): RepositoryView {
  return {
    id: repository.id,
    name: fullName(repository),
    ownerId: repository.owner.id,
    private: repository.private,
    defaultBranch: repository.defaultBranch,
    forkOf: repository.forkOf === null ? null : fullName(repository.forkOf),
    actionsMayCreatePullRequests: repository.actionsMayCreatePullRequests,
    defaultWorkflowPermissions: repository.defaultWorkflowPermissions,
    secrets: repository.secrets,
    variables: repository.variables,
    gitDir: repository.git.dir,
    payload: drawRepository(world, repository),
  };
}
