import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { GreenlightError } from '../../../core/kernel/errors.ts';

/** GitHub's command for a shell; the script's file is added. */
export function shellCommand(shell: string | undefined): readonly [string, ...string[]] {
  if (shell === undefined) return [bash(), '-e'];
  if (shell === 'bash') return [bash(), '--noprofile', '--norc', '-eo', 'pipefail'];
  if (shell === 'sh') return ['sh', '-e'];
  throw new GreenlightError({
    code: 'runner/unknown',
    message: `the runner does not know the shell '${shell}'`,
  });
}

/** On Windows the one that comes with git: the first on PATH is often that of another system. */
function bash(): string {
  if (process.platform !== 'win32') return 'bash';
  const core = execFileSync('git', ['--exec-path'], { encoding: 'utf8' }).trim();
  return path.resolve(core, '../../../bin/bash.exe');
}
