import { spawn } from 'node:child_process';
import { GreenlightError } from '../kernel/errors.ts';

/** How a process is run. */
export interface ExecOptions {
  readonly cwd?: string;
  /** The whole environment; the process's own where left out. */
  readonly env?: NodeJS.ProcessEnv;
  readonly input?: string | Uint8Array;
  /** Called with each piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** What a process left behind. */
export interface ExecResult {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Runs a program without a shell and waits for it. Throws only when it can't be started. */
export function exec(
  program: string,
  args: readonly string[],
  options: ExecOptions = {},
): Promise<ExecResult> {
  return start(program, args, options, false);
}

/**
 * Runs a command line of the user's own (data.fetch, a stage's cmd) in the platform's shell. Throws `command/failed` with its
 * exit code and the end of what it printed.
 */
export async function shell(command: string, what: string, options: ExecOptions = {}): Promise<void> {
  const result = await start(command, [], options, true);
  if (result.code === 0) return;
  const printed = `${result.stdout.toString('utf8')}${result.stderr}`
    .trimEnd()
    .split('\n')
    .slice(-15)
    .join('\n');
  throw new GreenlightError({
    code: 'command/failed',
    message: `${what} \`${command}\` ended with exit code ${result.code}:\n${printed}`,
    mend: 'run the command in a clean clone of the repository and mend what it says',
  });
}

function start(
  program: string,
  args: readonly string[],
  options: ExecOptions,
  inShell: boolean,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd: options.cwd, env: options.env, shell: inShell, stdio: 'pipe' });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => {
      stdout.push(chunk);
      options.onOutput?.(chunk.toString('utf8'));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr.push(chunk);
      options.onOutput?.(chunk.toString('utf8'));
    });
    child.on('error', (cause) =>
      reject(
        new GreenlightError({
          code: 'command/not-started',
          message: `${program} could not be started: ${cause.message}`,
          cause,
        }),
      ),
    );
    child.on('close', (code) =>
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(stdout),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }),
    );
    // A process that ends before it has read its input is told by its exit code, not by the broken pipe.
    child.stdin.on('error', () => {});
    child.stdin.end(options.input);
  });
}
