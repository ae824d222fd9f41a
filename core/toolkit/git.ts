import { GreenlightError } from '../kernel/errors.ts';
import { type ExecResult, exec } from './exec.ts';

/** The Git repository at `root`, through the git command. */
export class Git {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** Standard output, trimmed. Throws `git/failed` with git's own words. */
  async run(...args: string[]): Promise<string> {
    const result = await this.try(...args);
    if (result.code !== 0) {
      throw new GreenlightError({
        code: 'git/failed',
        message: `git ${args[0]} failed: ${result.stderr.trim() || result.stdout.toString('utf8').trim()}`,
      });
    }
    return result.stdout.toString('utf8').trim();
  }

  /** The result, whatever the exit code. */
  try(...args: string[]): Promise<ExecResult> {
    return exec('git', ['-C', this.root, ...args], {
      env: { ...process.env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
    });
  }

  /** The full sha of a commit. Throws `git/failed` where there is none. */
  commit(revision: string): Promise<string> {
    return this.run('rev-parse', '--verify', '--quiet', `${revision}^{commit}`);
  }

  /** A file's text at a commit; undefined where that commit has no such file. Throws when the commit itself is not there. */
  async show(revision: string, file: string): Promise<string | undefined> {
    const commit = await this.commit(revision);
    const result = await this.try('cat-file', 'blob', `${commit}:${file}`);
    if (result.code === 0) return result.stdout.toString('utf8');
    const listed = await this.run('ls-tree', '--name-only', commit, '--', file);
    if (listed === '') return undefined;
    throw new GreenlightError({
      code: 'git/failed',
      message: `git could not read ${file} at ${revision}: ${result.stderr.trim()}`,
    });
  }
}
