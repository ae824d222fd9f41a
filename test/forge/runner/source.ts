import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../../../core/kernel/errors.ts';
import { exec } from '../../../core/toolkit/exec.ts';
import type { Forge } from '../types.ts';
import type { Origin, WorkflowSource } from './workflow.ts';

/** Reads the forge's bare repositories, as GitHub's own services read theirs. */
export class ForgeSource implements WorkflowSource {
  readonly #forge: Forge;
  readonly #folder: string;
  readonly #exports = new Map<string, Promise<string>>();

  /** @param folder where whole trees are unpacked, one folder a commit */
  constructor(forge: Forge, folder: string) {
    this.#forge = forge;
    this.#folder = folder;
  }

  /** Paths of the workflow files of a commit. */
  async workflowFiles(repository: string, sha: string): Promise<readonly string[]> {
    const listed = await this.#git(repository, 'ls-tree', '--name-only', sha, '.github/workflows/');
    return listed
      .toString('utf8')
      .split('\n')
      .filter((file) => /\.ya?ml$/.test(file));
  }

  async text({ repository, sha, path: file }: Origin): Promise<string> {
    return (await this.#git(repository, 'cat-file', 'blob', `${sha}:${file}`)).toString('utf8');
  }

  async resolve(uses: string, from: Origin): Promise<Origin> {
    if (uses.startsWith('./')) return { ...from, path: uses.slice(2) };
    const { repository, path: file, ref } = splitUses(uses);
    return { repository, path: file, ...(await this.commit(repository, ref, from.repository)) };
  }

  /** The commit that a full ref names; undefined where there is none (an empty repository). */
  async head(repository: string, ref: string): Promise<string | undefined> {
    const { gitDir } = this.#forge.repository(repository);
    const found = await exec('git', [
      `--git-dir=${gitDir}`,
      'rev-parse',
      '-q',
      '--verify',
      `${ref}^{commit}`,
    ]);
    return found.code === 0 ? found.stdout.toString('utf8').trim() : undefined;
  }

  /** The commit that a ref of another repository names: a tag, a branch or a full sha. */
  async commit(repository: string, ref: string, user: string): Promise<{ sha: string; ref: string }> {
    const view = this.#forge.repositories().find((it) => it.name === repository);
    if (view === undefined) throw notFound(`${repository} is not on the forge`);
    if (view.private && repository !== user) throw notFound(`${repository} is private: ${user} can't use it`);
    for (const full of [`refs/tags/${ref}`, `refs/heads/${ref}`, ref]) {
      if (full === ref && !/^[0-9a-f]{40}$/.test(ref) && !ref.startsWith('refs/')) continue;
      const found = await exec('git', [
        `--git-dir=${view.gitDir}`,
        'rev-parse',
        '-q',
        '--verify',
        `${full}^{commit}`,
      ]);
      if (found.code === 0) return { sha: found.stdout.toString('utf8').trim(), ref: full };
    }
    throw notFound(`${repository} has no ref ${ref}`);
  }

  /** The folder that holds the whole tree of a commit, unpacked once. */
  tree(repository: string, sha: string): Promise<string> {
    const target = path.join(this.#folder, repository.replace('/', '-'), sha);
    const running = this.#exports.get(target) ?? this.#unpack(repository, sha, target);
    this.#exports.set(target, running);
    return running;
  }

  async #unpack(repository: string, sha: string, target: string): Promise<string> {
    const archive = await this.#git(repository, 'archive', '--format=tar', sha);
    await rm(target, { recursive: true, force: true });
    await mkdir(`${target}.part`, { recursive: true });
    const unpacked = await exec('tar', ['-xf', '-', '-C', `${target}.part`], { input: archive });
    if (unpacked.code !== 0)
      throw notFound(`${repository}@${sha} could not be unpacked: ${unpacked.stderr.trim()}`);
    await rename(`${target}.part`, target);
    return target;
  }

  async #git(repository: string, ...args: string[]): Promise<Buffer> {
    const result = await exec('git', [`--git-dir=${this.#forge.repository(repository).gitDir}`, ...args]);
    if (result.code !== 0) throw notFound(`${repository}: git ${args[0]} failed: ${result.stderr.trim()}`);
    return result.stdout;
  }
}

/** `owner/name/path@ref`, apart. The path is empty where the action is at the root. */
export function splitUses(uses: string): { repository: string; path: string; ref: string } {
  const match = /^([\w.-]+\/[\w.-]+)(?:\/([^@]+))?@(.+)$/.exec(uses);
  if (match === null) {
    throw new GreenlightError({
      code: 'runner/unknown',
      message: `the runner does not know 'uses: ${uses}'`,
    });
  }
  const [, repository = '', file = '', ref = ''] = match;
  return { repository, path: file, ref };
}

function notFound(message: string): GreenlightError {
  return new GreenlightError({ code: 'runner/not-found', message });
}
