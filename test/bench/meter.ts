import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

/** A command that a measurement runs as a process of its own. */
export interface Side {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** The exit code of a run that did its work: another is a failed measurement. */
  readonly exit: number;
  /** What is wrong with what a run printed; undefined where nothing is. */
  readonly fault?: (printed: string) => string | undefined;
}

/** What one run of a whole process, with the processes that it started and waited for, cost. */
export interface Usage {
  /** Seconds from start to end; noisy where other work shares the cores. */
  readonly wall: number;
  /** User and system seconds of all threads. */
  readonly cpu: number;
  /** The largest resident set of one process, MiB. */
  readonly peak: number;
  /** The most bytes seen in the temporary folder of the run, MiB; looked at ten times a second. */
  readonly spill: number;
}

export interface Run extends Usage {
  readonly exit: number;
  readonly printed: string;
}

const TIME_LIMIT = 900_000;
const LOOK_EVERY = 100;
const PRINTED_LIMIT = 4 << 20;

/** The command that runs another and writes what it used to a file; undefined where the machine has neither GNU time nor Python. */
export function findMeter(): ((file: string) => readonly string[]) | undefined {
  // GNU time is small, and so is Python: a child's peak counts what its parent held before it was started.
  if (/GNU/.test(spawnSync('/usr/bin/time', ['--version'], { encoding: 'utf8' }).stdout ?? '')) {
    return (file) => ['/usr/bin/time', '-q', '-f', '%e %U %S %M', '-o', file];
  }
  const python = spawnSync('python3', ['-c', 'import os; os.wait4'], { encoding: 'utf8' });
  if (python.status === 0) return (file) => ['python3', path.join(import.meta.dirname, 'meter.py'), file];
  return undefined;
}

/** Runs a side once, with a temporary folder of its own under `work`. */
export async function runOnce(
  side: Side,
  meter: (file: string) => readonly string[],
  work: string,
): Promise<Run> {
  const folder = mkdtempSync(path.join(work, 'run-'));
  const usage = path.join(work, `${path.basename(folder)}.usage`);
  const [program = '', ...args] = [...meter(usage), ...side.command];
  const child = spawn(program, args, {
    cwd: side.cwd,
    env: { ...quietEnvironment(), TMPDIR: folder, ...side.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (printed.length < PRINTED_LIMIT) printed += text;
    });
  }
  let spill = 0;
  const look = setInterval(() => {
    spill = Math.max(spill, bytesIn(folder));
  }, LOOK_EVERY);
  const limit = setTimeout(() => child.pid !== undefined && process.kill(-child.pid, 'SIGKILL'), TIME_LIMIT);
  try {
    const exit = await new Promise<number>((resolve, reject) => {
      child.on('error', reject).on('close', (code) => resolve(code ?? -1));
    });
    const [wall = 0, user = 0, system = 0, peak = 0] = readFileSync(usage, 'utf8')
      .trim()
      .split(' ')
      .map(Number);
    return { exit, printed, wall, cpu: user + system, peak: peak / 1024, spill: spill / 2 ** 20 };
  } finally {
    clearInterval(look);
    clearTimeout(limit);
    rmSync(folder, { recursive: true, force: true });
    rmSync(usage, { force: true });
  }
}

/** No variable of a runner or of another tool's configuration reaches a run, and no tool calls home. */
function quietEnvironment(): Record<string, string> {
  const kept = Object.fromEntries(
    ['PATH', 'HOME', 'LANG'].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { ...kept, TZ: 'UTC', SODA_CORE_TELEMETRY_ENABLED: 'false', GX_ANALYTICS_ENABLED: 'false' };
}

/** A file may go between the listing and the look: it counts as nothing. */
function bytesIn(folder: string): number {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce(
        (sum, { parentPath, name }) =>
          sum + (statSync(path.join(parentPath, name), { throwIfNoEntry: false })?.size ?? 0),
        0,
      );
  } catch {
    return 0;
  }
}
