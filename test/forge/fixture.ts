import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { getOctokit } from '@actions/github';
import { type ExecResult, exec } from '../../core/toolkit/exec.ts';
import { connectGithub, type Github } from '../../core/toolkit/github.ts';
import { type Host, makeHost } from '../../core/toolkit/host.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import { createForge } from './forge.ts';
import { GIT_ENVIRONMENT } from './git.ts';
import type { Forge, NewRepository, Permissions } from './types.ts';

/** A forge in a folder of its own, with people: `model-owner` owns the repository, others have rights in it. */
export interface World {
  readonly forge: Forge;
  readonly folder: string;
  close(): Promise<void>;
}

export async function startForge(startAt = new Date('2001-03-01T09:00:00Z')): Promise<World> {
  const folder = await mkdtemp(path.join(tmpdir(), 'forge-'));
  const forge = await createForge({ root: path.join(folder, 'git'), startAt });
  for (const login of ['model-owner', 'data-scientist', 'risk-reviewer', 'ops-reviewer', 'outsider'])
    forge.createUser(login);
  return {
    forge,
    folder,
    close: async () => {
      await forge.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export const REPOSITORY = 'model-owner/flights';

/** The repository with a first commit of `files` on main. */
export async function startRepository(
  world: World,
  files: Record<string, string>,
  options: Partial<NewRepository> = {},
): Promise<Clone> {
  await world.forge.createRepository({
    name: REPOSITORY,
    rights: { 'data-scientist': 'write', 'risk-reviewer': 'write', 'ops-reviewer': 'write' },
    ...options,
  });
  const clone = await Clone.make(world, REPOSITORY, world.forge.token('model-owner'), 'owner');
  await clone.commit(files, 'first');
  await clone.push('main');
  return clone;
}

/** What an action finds in a job of the repository: a clone of main, and a token with the job's own permissions. */
export interface Job {
  readonly world: World;
  readonly clone: Clone;
  readonly token: string;
  readonly host: Host;
  /** GitHub by the job's own token. */
  readonly github: Github;
  /** GitHub as a job with other permissions reaches it. */
  as(permissions: Permissions): Github;
}

/** Starts a forge with a repository of `files`, and a job in a clone of it. No call of the job's GitHub leaves this machine. */
export async function startJob(
  files: Record<string, string>,
  permissions: Permissions,
  { startAt, ...repository }: Partial<NewRepository> & { readonly startAt?: Date } = {},
): Promise<Job> {
  const world = await startForge(startAt);
  const clone = await startRepository(world, files, repository);
  // As a model's repository ignores it: commits of a test take every other file.
  await writeFile(path.join(clone.dir, '.git/info/exclude'), '.greenlight/\n');
  const env = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: world.forge.apiUrl,
    GITHUB_SERVER_URL: world.forge.serverUrl,
  };
  const log = { info: () => {}, warn: () => {} };
  const connect = (token: string | undefined): Github => local(connectGithub(env, token, log));
  const token = world.forge.jobToken(REPOSITORY, permissions);
  const host = makeHost(env, clone.dir, '.greenlight/out', log, (report, limit) =>
    renderMarkdown(report, { limit }),
  );
  return {
    world,
    clone,
    token,
    host: { ...host, github: async (given) => connect(given) },
    github: connect(token),
    as: (others) => connect(world.forge.jobToken(REPOSITORY, others)),
  };
}

function local(github: Github): Github {
  github.octokit.hook.before('request', ({ baseUrl, url }) => {
    const { hostname } = new URL(/^https?:/.test(url) ? url : baseUrl);
    if (hostname !== '127.0.0.1') throw new Error(`a call to ${hostname}`);
  });
  return github;
}

export function octokit(forge: Forge, token: string) {
  return getOctokit(token, { baseUrl: forge.apiUrl });
}

/** A working clone that speaks to the forge over HTTP with one token. */
export class Clone {
  readonly dir: string;
  readonly #url: string;

  constructor(dir: string, url: string) {
    this.dir = dir;
    this.#url = url;
  }

  static async make(world: World, repository: string, token: string, name: string): Promise<Clone> {
    const url = `http://x-access-token:${token}@127.0.0.1:${world.forge.port}/${repository}.git`;
    const clone = new Clone(path.join(world.folder, name), url);
    await exec('git', ['clone', '--quiet', url, clone.dir], { env: GIT_ENVIRONMENT });
    await clone.git('config', 'user.name', name);
    await clone.git('config', 'user.email', `${name}@example.test`);
    await clone.git('checkout', '-q', '-B', 'main');
    return clone;
  }

  async git(...args: string[]): Promise<string> {
    const result = await this.try(...args);
    if (result.code !== 0) throw new Error(`git ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.toString('utf8').trim();
  }

  try(...args: string[]): Promise<ExecResult> {
    return exec('git', ['-C', this.dir, ...args], { env: GIT_ENVIRONMENT });
  }

  /** Writes files, commits them, returns the commit. */
  async commit(files: Record<string, string>, message: string): Promise<string> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(this.dir, name)), { recursive: true });
      await writeFile(path.join(this.dir, name), text);
    }
    await this.git('add', '-A');
    await this.git('commit', '-q', '-m', message);
    return this.git('rev-parse', 'HEAD');
  }

  async branch(name: string, files: Record<string, string>, message = name): Promise<string> {
    await this.git('checkout', '-q', '-B', name);
    const sha = await this.commit(files, message);
    await this.push(name);
    return sha;
  }

  push(ref: string, ...options: string[]): Promise<string> {
    return this.git('push', '-q', ...options, this.#url, `HEAD:refs/heads/${ref}`);
  }

  tryPush(...refspecs: string[]): Promise<ExecResult> {
    return this.try('push', '-q', this.#url, ...refspecs);
  }
}

/** The status of a call that is expected to fail. */
export async function statusOf(call: Promise<unknown>): Promise<number> {
  try {
    await call;
    return 0;
  } catch (error) {
    return (error as { status?: number }).status ?? -1;
  }
}

/** The message of a call that is expected to fail. */
export async function refusalOf(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}
