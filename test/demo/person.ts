import { cp } from 'node:fs/promises';
import path from 'node:path';
import { getOctokit } from '@actions/github';
import { exec } from '../../core/toolkit/exec.ts';
import type { Forge } from '../forge/types.ts';
import { expectThat } from './narrator.ts';

/** `owner` and `repo`, as the API's calls take them. */
export interface Repository {
  readonly owner: string;
  readonly repo: string;
}

/** Somebody with a laptop: a clone, a token, an editor. */
export class Person {
  readonly login: string;
  readonly folder: string;
  readonly octokit: ReturnType<typeof getOctokit>;
  readonly #forge: Forge;
  readonly #repository: Repository;

  private constructor(forge: Forge, folder: string, repository: Repository, login: string) {
    this.#forge = forge;
    this.#repository = repository;
    this.login = login;
    this.folder = folder;
    this.octokit = getOctokit(forge.token(login), { baseUrl: forge.apiUrl });
  }

  static async make(forge: Forge, folder: string, repository: Repository, login: string): Promise<Person> {
    const person = new Person(forge, path.join(folder, `laptop-${login}`), repository, login);
    const { owner, repo } = repository;
    const url = `http://x-access-token:${forge.token(login)}@127.0.0.1:${forge.port}/${owner}/${repo}.git`;
    await exec('git', ['clone', '--quiet', url, person.folder]);
    const { data } = await person.octokit.rest.users.getByUsername({ username: login });
    await person.git('config', 'user.name', login);
    await person.git('config', 'user.email', `${data.id}+${login}@users.noreply.github.com`);
    await person.git('checkout', '--quiet', '-B', 'main');
    return person;
  }

  /** The same person at a copy of the clone. */
  async copy(folder: string): Promise<Person> {
    await cp(this.folder, folder, { recursive: true });
    return new Person(this.#forge, folder, this.#repository, this.login);
  }

  async git(...args: string[]): Promise<string> {
    const date = this.#forge.clock.now().toISOString();
    const env = { ...process.env, GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date };
    const result = await exec('git', ['-C', this.folder, ...args], { env });
    expectThat(result.code === 0, `git ${args.join(' ')}: ${result.stderr}`);
    return result.stdout.toString('utf8').trim();
  }

  /** A new branch from main as the forge has it. */
  async startBranch(name: string): Promise<void> {
    await this.git('fetch', '--quiet', 'origin');
    await this.git('checkout', '--quiet', '--force', '-B', name, 'origin/main');
  }

  async commit(message: string): Promise<void> {
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--message', message);
  }

  async push(branch: string): Promise<void> {
    await this.git('push', '--quiet', 'origin', `HEAD:refs/heads/${branch}`);
  }

  /** `greenlight …` in the clone, from the bundle. Returns its exit code and what it printed. */
  async greenlight(...args: string[]): Promise<{ code: number; output: string }> {
    const cli = path.resolve(import.meta.dirname, '../../dist/cli.js');
    const env = {
      ...process.env,
      GITHUB_API_URL: this.#forge.apiUrl,
      GITHUB_REPOSITORY: `${this.#repository.owner}/${this.#repository.repo}`,
      GITHUB_TOKEN: this.#forge.token(this.login),
    };
    const result = await exec(process.execPath, [cli, ...args], { cwd: this.folder, env });
    return { code: result.code, output: `${result.stdout.toString('utf8')}${result.stderr}` };
  }

  /** Opens a pull request for a branch that was pushed. Returns its number. */
  async openPullRequest(branch: string, title: string, body: string): Promise<number> {
    const { data } = await this.octokit.rest.pulls.create({
      ...this.#repository,
      head: branch,
      base: 'main',
      title,
      body,
    });
    return data.number;
  }

  async approve(number: number): Promise<void> {
    await this.octokit.rest.pulls.createReview({
      ...this.#repository,
      pull_number: number,
      event: 'APPROVE',
    });
  }

  async merge(number: number): Promise<void> {
    const { data } = await this.octokit.rest.pulls.get({ ...this.#repository, pull_number: number });
    await this.octokit.rest.pulls.merge({
      ...this.#repository,
      pull_number: number,
      sha: data.head.sha,
      merge_method: 'squash',
    });
  }
}
