import { spawn, spawnSync } from 'node:child_process';

/** How long a process may go on after SIGTERM before it is killed, in milliseconds. */
const GRACE = 2_500;
/** How long a child that a step left behind may keep its output open after the step has ended, in milliseconds. */
const DRAIN = 500;

export interface ProcessOptions {
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends the process and its children: SIGTERM first, then SIGKILL. */
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
  /** Told the id of the process, which leads a group of its own. */
  readonly onStart: (pid: number) => void;
}

/** Runs a program and hands on what it prints, line by line. Resolves to its exit code; a process that was killed has 137. */
export function runProcess(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: options.env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
    });
    child.on('error', reject);
    if (child.pid !== undefined) options.onStart(child.pid);
    const flushes = [lines(child.stdout, options.onLine), lines(child.stderr, options.onLine)];
    let killer: NodeJS.Timeout | undefined;
    const stop = (): void => {
      killGroup(child.pid, 'SIGTERM');
      killer = setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE);
    };
    if (options.signal.aborted) stop();
    else options.signal.addEventListener('abort', stop, { once: true });
    child.on('exit', () => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, DRAIN).unref();
    });
    child.on('close', (code) => {
      clearTimeout(killer);
      options.signal.removeEventListener('abort', stop);
      if (options.signal.aborted) killGroup(child.pid, 'SIGKILL');
      for (const flush of flushes) flush();
      resolve(code ?? 137);
    });
  });
}

/** Sends a signal to a process and all its children; nothing happens where they are gone. */
export function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(pid), '/t', '/f']);
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself.
  }
}

function lines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): () => void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const pieces = (rest + chunk).split('\n');
    rest = pieces.pop() ?? '';
    for (const piece of pieces) onLine(piece.replace(/\r$/, ''));
  });
  return () => {
    if (rest !== '') onLine(rest);
    rest = '';
  };
}
