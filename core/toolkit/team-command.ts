import { shell } from './exec.ts';
import type { Log } from './log.ts';

/**
 * What is set for every command of the team's, since it decides the outcome: locale, time zone, thread counts of OpenMP and BLAS (other
 * counts sum in another order), Python's hash seed. The timestamp is constant (1980-01-01, the first that a zip archive can hold;
 * reproducible-builds.org/specs/source-date-epoch): a commit's own would make the commit that carries the lock differ from the
 * one that the lock was made from.
 */
export const FIXED_ENVIRONMENT = {
  LANG: 'C.UTF-8',
  LC_ALL: 'C.UTF-8',
  TZ: 'UTC',
  OMP_NUM_THREADS: '1',
  OPENBLAS_NUM_THREADS: '1',
  MKL_NUM_THREADS: '1',
  PYTHONHASHSEED: '0',
  SOURCE_DATE_EPOCH: '315532800',
} as const;

/**
 * The environment of commands that fetch: the caller's, which may hold the way to the data, without what belongs to the runner (its
 * token, its services, the files by which a step steers later ones).
 */
export function fetchEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !/^(GITHUB|GH|ACTIONS|INPUT|RUNNER)_/i.test(name));
  return { ...Object.fromEntries(kept), ...FIXED_ENVIRONMENT };
}

/** How a command of the team's is run. */
export interface TeamCommandOptions {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/**
 * Runs a command that the team wrote (setup, data.fetch, a stage), with its output in the log line by line under its name, so that no
 * line of it can be taken for a workflow command. Throws `command/failed`.
 */
export async function runTeamCommand(
  what: string,
  command: string,
  { folder, env, log }: TeamCommandOptions,
): Promise<void> {
  log.info(`${what} …`);
  const start = performance.now();
  await shell(command, what, { cwd: folder, env, onOutput: lines(log, what) });
  log.info(`${what}: done in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

function lines(log: Log, name: string): (text: string) => void {
  let rest = '';
  return (text) => {
    const parts = (rest + text).split(/\r?\n/);
    rest = parts.pop() ?? '';
    for (const line of parts) if (line.trim() !== '') log.info(`  ${name} | ${line}`);
  };
}
