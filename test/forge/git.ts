import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type ExecResult, exec } from '../../core/toolkit/exec.ts';

export interface Signature {
  readonly name: string;
  readonly email: string;
  readonly date: Date;
}

export interface CommitObject {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}

export interface TreeEntry {
  readonly mode: string;
  readonly type: 'blob' | 'tree' | 'commit';
  readonly sha: string;
  readonly size?: number;
  readonly path: string;
}

export interface DiffFile {
  readonly path: string;
  readonly previous?: string;
  readonly status: 'added' | 'removed' | 'modified' | 'renamed' | 'changed';
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** The hunks; absent for binary files. */
  readonly patch?: string;
}

export const NO_SHA = '0'.repeat(40);
export const EMPTY_TREE = '4b825dc642cb6eb9a060e54bf8d69288fbee4904';

/** Git said no: `message` is what it printed. */
export class GitError extends Error {}

/** A process environment in which neither the user's nor the system's Git settings count. */
export const GIT_ENVIRONMENT: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: process.platform === 'win32' ? 'NUL' : '/dev/null',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** One bare repository, through the git command. Commits are read once: they never change. */
export class BareRepository {
  readonly dir: string;
  readonly #commits = new Map<string, CommitObject>();

  constructor(dir: string) {
    this.dir = dir;
  }

  static async init(dir: string, defaultBranch: string): Promise<BareRepository> {
    const repository = new BareRepository(dir);
    await check(
      await exec('git', ['init', '--quiet', '--bare', `--initial-branch=${defaultBranch}`, dir], {
        env: GIT_ENVIRONMENT,
      }),
    );
    await repository.allow();
    return repository;
  }

  /** A copy with all refs but those of pull requests. */
  async clone(dir: string): Promise<BareRepository> {
    await check(await exec('git', ['clone', '--quiet', '--bare', this.dir, dir], { env: GIT_ENVIRONMENT }));
    const copy = new BareRepository(dir);
    await copy.allow();
    return copy;
  }

  async allow(): Promise<void> {
    await this.run(['config', 'uploadpack.allowAnySHA1InWant', 'true']);
    await this.run(['config', 'http.receivepack', 'true']);
    await this.run(['config', 'gc.auto', '0']);
  }

  try(
    args: readonly string[],
    options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
  ): Promise<ExecResult> {
    const env = { ...GIT_ENVIRONMENT, ...options.env };
    return exec(
      'git',
      ['-C', this.dir, ...args],
      options.input === undefined ? { env } : { env, input: options.input },
    );
  }

  async bytes(
    args: readonly string[],
    options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
  ): Promise<Buffer> {
    return check(await this.try(args, options));
  }

  async run(
    args: readonly string[],
    options: { input?: string | Uint8Array; env?: NodeJS.ProcessEnv } = {},
  ): Promise<string> {
    return (await this.bytes(args, options)).toString('utf8').trimEnd();
  }

  /** The commit that a branch, tag, ref or sha names. */
  async resolve(revision: string): Promise<string | null> {
    if (revision.startsWith('-')) return null;
    const names =
      /^[0-9a-f]{40}$/.test(revision) || revision.startsWith('refs/')
        ? [revision]
        : [`refs/heads/${revision}`, `refs/tags/${revision}`, `refs/${revision}`, revision];
    for (const name of names) {
      const result = await this.try(['rev-parse', '--verify', '--quiet', `${name}^{commit}`]);
      if (result.code === 0) return result.stdout.toString('utf8').trim();
    }
    return null;
  }

  async refs(prefix: string): Promise<{ ref: string; sha: string; type: string }[]> {
    const text = await this.run(['for-each-ref', '--format=%(refname) %(objectname) %(objecttype)']);
    return text
      .split('\n')
      .filter((line) => line.startsWith(prefix) && line !== '')
      .map((line) => {
        const [ref = '', sha = '', type = ''] = line.split(' ');
        return { ref, sha, type };
      });
  }

  async ref(name: string): Promise<{ ref: string; sha: string; type: string } | null> {
    return (await this.refs(name)).find((each) => each.ref === name) ?? null;
  }

  /** Moves a ref from `before` (zeros: it must not exist) to `after` (zeros: deletes it). False where it is no longer at `before`. */
  async moveRef(ref: string, before: string, after: string): Promise<boolean> {
    const args = after === NO_SHA ? ['update-ref', '-d', ref, before] : ['update-ref', ref, after, before];
    return (await this.try(args)).code === 0;
  }

  async commit(sha: string): Promise<CommitObject> {
    const known = this.#commits.get(sha);
    if (known !== undefined) return known;
    const commit = parseCommit(sha, await this.run(['cat-file', 'commit', sha]));
    this.#commits.set(sha, commit);
    return commit;
  }

  async isObject(sha: string, type: 'commit' | 'tree' | 'blob'): Promise<boolean> {
    const result = await this.try(['cat-file', '-t', sha]);
    return result.code === 0 && result.stdout.toString('utf8').trim() === type;
  }

  createCommit(commit: {
    tree: string;
    parents: readonly string[];
    message: string;
    author: Signature;
    committer: Signature;
  }): Promise<string> {
    const args = [
      'commit-tree',
      commit.tree,
      ...commit.parents.flatMap((parent) => ['-p', parent]),
      '-F',
      '-',
    ];
    const env = { ...identity('AUTHOR', commit.author), ...identity('COMMITTER', commit.committer) };
    return this.run(args, {
      input: commit.message.endsWith('\n') ? commit.message : `${commit.message}\n`,
      env,
    });
  }

  async tree(treeish: string, options: { recursive: boolean; path?: string }): Promise<TreeEntry[]> {
    const args = ['ls-tree', '-l', '-z', ...(options.recursive ? ['-r', '-t'] : []), treeish];
    if (options.path !== undefined) args.push('--', options.path);
    return (await this.bytes(args))
      .toString('utf8')
      .split('\0')
      .filter((line) => line !== '')
      .map(parseTreeLine);
  }

  /** The tree's sha of a folder at a commit; null where it has none. */
  async subtree(commit: string, folder: string): Promise<string | null> {
    const result = await this.try(['rev-parse', '--verify', '--quiet', `${commit}:${folder}`]);
    return result.code === 0 ? result.stdout.toString('utf8').trim() : null;
  }

  blob(sha: string): Promise<Buffer> {
    return this.bytes(['cat-file', 'blob', sha]);
  }

  async file(commit: string, file: string): Promise<Buffer | null> {
    const result = await this.try(['cat-file', 'blob', `${commit}:${file}`]);
    return result.code === 0 ? result.stdout : null;
  }

  writeBlob(content: Uint8Array): Promise<string> {
    return this.run(['hash-object', '-w', '--stdin'], { input: content });
  }

  /** `base` (a tree; none: empty) with entries put in, or taken out where sha is null. Throws GitError on an absent path to remove. */
  async createTree(
    base: string | null,
    entries: readonly { path: string; mode: string; sha: string | null }[],
  ): Promise<string> {
    const index = path.join(this.dir, `index-${randomBytes(6).toString('hex')}`);
    const env = { GIT_INDEX_FILE: index };
    try {
      await this.run(['read-tree', ...(base === null ? ['--empty'] : [base])], { env });
      const lines: string[] = [];
      for (const entry of entries) {
        const below = await this.run(['ls-files', '-z', '--', `:(literal)${entry.path}`], { env });
        if (entry.sha === null && below === '')
          throw new GitError(`GitRPC::BadObjectState: ${entry.path} is not in the tree`);
        if (below !== '')
          for (const file of below.split('\0')) if (file !== '') lines.push(`0 ${NO_SHA}\t${file}`);
        if (entry.sha === null) continue;
        if (entry.mode === '040000') {
          for (const child of await this.tree(entry.sha, { recursive: true }))
            if (child.type !== 'tree') lines.push(`${child.mode} ${child.sha}\t${entry.path}/${child.path}`);
        } else lines.push(`${entry.mode} ${entry.sha}\t${entry.path}`);
      }
      await this.run(['update-index', '-z', '--index-info'], {
        env,
        input: lines.map((line) => `${line}\0`).join(''),
      });
      return await this.run(['write-tree'], { env });
    } finally {
      await rm(index, { force: true });
    }
  }

  /** Commits of `range`, newest first. */
  async log(
    range: readonly string[],
    options: { limit?: number; path?: string } = {},
  ): Promise<CommitObject[]> {
    const args = [
      'rev-list',
      ...(options.limit === undefined ? [] : [`--max-count=${options.limit}`]),
      ...range,
      '--',
    ];
    if (options.path !== undefined) args.push(options.path);
    const shas = (await this.run(args)).split('\n').filter((sha) => sha !== '');
    return Promise.all(shas.map((sha) => this.commit(sha)));
  }

  async mergeBase(a: string, b: string): Promise<string | null> {
    const result = await this.try(['merge-base', a, b]);
    return result.code === 0 ? result.stdout.toString('utf8').trim() : null;
  }

  async isAncestor(older: string, newer: string): Promise<boolean> {
    return (await this.try(['merge-base', '--is-ancestor', older, newer])).code === 0;
  }

  /** The tree of merging `head` into `base`; null where they conflict. */
  async mergeTree(base: string, head: string): Promise<string | null> {
    const result = await this.try(['merge-tree', '--write-tree', '--allow-unrelated-histories', base, head]);
    if (result.code === 0) return result.stdout.toString('utf8').split('\n')[0] ?? null;
    if (result.code === 1) return null;
    throw new GitError(result.stderr);
  }

  /** Changed paths between two commits or trees. */
  async changedPaths(from: string, to: string): Promise<string[]> {
    const text = (
      await this.bytes(['diff-tree', '-r', '-z', '--name-only', '--no-renames', from, to])
    ).toString('utf8');
    return text.split('\0').filter((name) => name !== '');
  }

  async diff(from: string, to: string): Promise<DiffFile[]> {
    const [raw, numbers, patch] = await Promise.all([
      this.bytes(['diff', '-M', '--raw', '--abbrev=40', '-z', from, to]),
      this.bytes(['diff', '-M', '--numstat', '-z', from, to]),
      this.bytes(['diff', '-M', '-p', from, to]),
    ]);
    return joinDiff(raw.toString('utf8'), numbers.toString('utf8'), patch.toString('utf8'));
  }

  /** Brings commits of another repository here, under a ref of this one. */
  async fetch(from: BareRepository, sha: string, ref: string): Promise<void> {
    await this.run(['fetch', '--quiet', '--no-tags', from.dir, `+${sha}:${ref}`]);
  }
}

async function check(result: ExecResult): Promise<Buffer> {
  if (result.code !== 0) throw new GitError(result.stderr.trim() || `git ended with ${result.code}`);
  return result.stdout;
}

function identity(role: 'AUTHOR' | 'COMMITTER', signature: Signature): NodeJS.ProcessEnv {
  return {
    [`GIT_${role}_NAME`]: signature.name,
    [`GIT_${role}_EMAIL`]: signature.email,
    [`GIT_${role}_DATE`]: `${Math.floor(signature.date.getTime() / 1000)} +0000`,
  };
}

function parseCommit(sha: string, text: string): CommitObject {
  const end = text.indexOf('\n\n');
  const header = (end < 0 ? text : text.slice(0, end)).split('\n');
  const field = (name: string): string[] =>
    header.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  return {
    sha,
    tree: field('tree')[0] ?? '',
    parents: field('parent'),
    author: parseSignature(field('author')[0] ?? ''),
    committer: parseSignature(field('committer')[0] ?? ''),
    message: end < 0 ? '' : text.slice(end + 2),
  };
}

function parseSignature(text: string): Signature {
  const found = /^(.*?) ?<(.*)> (\d+) [+-]\d{4}$/.exec(text);
  return { name: found?.[1] ?? '', email: found?.[2] ?? '', date: new Date(Number(found?.[3] ?? 0) * 1000) };
}

function parseTreeLine(line: string): TreeEntry {
  const tab = line.indexOf('\t');
  const [mode = '', type = '', sha = '', size = ''] = line.slice(0, tab).split(/ +/);
  if (type !== 'blob' && type !== 'tree' && type !== 'commit') throw new GitError(`odd tree line ${line}`);
  return { mode, type, sha, path: line.slice(tab + 1), ...(size === '-' ? {} : { size: Number(size) }) };
}

const STATUS: Record<string, DiffFile['status']> = {
  A: 'added',
  D: 'removed',
  M: 'modified',
  R: 'renamed',
  T: 'changed',
};

/** Joins the three views of one diff; git lists the files in the same order in each. */
function joinDiff(raw: string, numbers: string, patch: string): DiffFile[] {
  const patches = `\n${patch}`.split('\ndiff --git ').slice(1);
  const counts = numbers.split('\0');
  const parts = raw.split('\0');
  const files: DiffFile[] = [];
  let part = 0;
  let count = 0;
  while (part < parts.length - 1) {
    const [, , oldSha = '', newSha = '', letter = ''] = (parts[part] ?? '').split(' ');
    const renamed = letter.startsWith('R');
    const previous = renamed ? parts[part + 1] : undefined;
    const name = parts[part + (renamed ? 2 : 1)] ?? '';
    part += renamed ? 3 : 2;
    const [additions = '', deletions = ''] = (counts[count] ?? '').split('\t');
    count += renamed ? 3 : 1;
    const text = patches[files.length] ?? '';
    const hunk = text.indexOf('\n@@');
    files.push({
      path: name,
      status: STATUS[letter.charAt(0)] ?? 'changed',
      sha: letter === 'D' ? oldSha : newSha,
      additions: additions === '-' ? 0 : Number(additions),
      deletions: deletions === '-' ? 0 : Number(deletions),
      ...(previous === undefined ? {} : { previous }),
      ...(hunk < 0 ? {} : { patch: text.slice(hunk + 1).replace(/\n$/, '') }),
    });
  }
  return files;
}
