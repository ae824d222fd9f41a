import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { openScratch } from '../scratch.ts';
import {
  type Answer,
  type ContractTable,
  type QueryOutcome,
  type Request,
  tooMuchMemory,
} from './protocol.ts';

export type { ContractTable, QueryOutcome } from './protocol.ts';

/** What a query may take. */
export interface QueryLimits {
  /** From the question to the answer. */
  readonly seconds: number;
  /** Resident memory of the whole process that runs it, at least 256: Node.js and DuckDB alone take some 120. */
  readonly mebibytes: number;
}

/** A contract's tables, to be asked in SQL. */
export interface ContractQueries extends AsyncDisposable {
  /**
   * The one number or boolean that a query gives. Queries that are asked at once run in turn. The query is text of the contract, which is
   * not trusted: it must pass {@link gateQuery}, and runs within the limits.
   */
  run(query: string): Promise<QueryOutcome>;
}

const START_SECONDS = 60;
/** Queries that take memory as fast as they can went 10 MiB beyond their limit in this time, at 400 and at 1024 MiB. */
const WATCH_MS = 10;

/** What the process needs of the environment, to find DuckDB; it has no use for a token. */
const ENVIRONMENT = /^(PATH|HOME|USERPROFILE|SYSTEMROOT|RUNNER_TOOL_CACHE|TMPDIR|TEMP|TMP|LD_LIBRARY_PATH)$/i;

/**
 * Opens the tables of a contract to queries of its own. They run in a process apart, started by the first query, that can open the
 * tables' files and nothing else. It is killed when a query goes beyond its time, on every system, or its memory: on Linux that is
 * read from outside every 10 ms, on macOS and Windows the process reports it itself. The next query gets a new one.
 */
export function openContractQueries(tables: readonly ContractTable[], limits: QueryLimits): ContractQueries {
  let current: QueryProcess | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const runNext = async (query: string): Promise<QueryOutcome> => {
    const fresh = current === undefined;
    if (current === undefined) {
      const started = await startProcess(tables, limits);
      if ('kind' in started) return started;
      current = started;
    }
    const answer = await current.ask({ ask: 'query', query }, limits);
    const outcome = outcomeOf(answer);
    if (!isLast(answer)) return outcome;
    await current.end();
    current = undefined;
    // Memory that earlier queries left with the process is not this one's.
    const unfair = outcome.kind === 'failed' && outcome.reason === tooMuchMemory(limits.mebibytes) && !fresh;
    return unfair ? runNext(query) : outcome;
  };
  return {
    run(query) {
      const outcome = last.then(() => runNext(query));
      last = outcome.catch(() => undefined);
      return outcome;
    },
    async [Symbol.asyncDispose]() {
      await last;
      await current?.end();
    },
  };
}

interface QueryProcess {
  /** Waits for the answer; what goes beyond the limits is killed. */
  ask(request: Request, limits: QueryLimits): Promise<Answer>;
  /** Kills the process and removes what it left. */
  end(): Promise<void>;
}

async function startProcess(
  tables: readonly ContractTable[],
  limits: QueryLimits,
): Promise<QueryProcess | QueryOutcome> {
  const scratch = await openScratch();
  // As a source beside this file, or as a stub beside the bundle: scripts/build.mjs.
  const script = path.join(import.meta.dirname, `query-process${path.extname(import.meta.filename)}`);
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => ENVIRONMENT.test(name))),
    windowsHide: true,
  });
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => resolve()).once('error', () => resolve()),
  );
  const started: QueryProcess = {
    ask: (request, within) => ask(child, ended, request, within),
    async end() {
      child.kill('SIGKILL');
      await ended;
      await scratch[Symbol.asyncDispose]();
    },
  };
  const opening: Request = {
    ask: 'open',
    tables,
    folder: scratch.folder,
    mebibytes: limits.mebibytes,
    watchItself: !watchesFromOutside(),
  };
  const answer = await started.ask(opening, { ...limits, seconds: START_SECONDS });
  if (answer.say === 'ready') return started;
  await started.end();
  return outcomeOf(answer);
}

function ask(
  child: ChildProcess,
  ended: Promise<void>,
  request: Request,
  { seconds, mebibytes }: QueryLimits,
): Promise<Answer> {
  return new Promise((resolve) => {
    const settle = (answer: Answer): void => {
      clearTimeout(timer);
      clearInterval(watch);
      child.off('message', onMessage);
      resolve(answer);
    };
    const stop = (reason: string): void => {
      child.kill('SIGKILL');
      settle(ending(reason));
    };
    const onMessage = (answer: Answer): void => {
      if (answer.say === 'swollen') stop(tooMuchMemory(mebibytes));
      else settle(answer);
    };
    const timer = setTimeout(() => stop(`it ran longer than ${seconds} s`), seconds * 1000);
    const watch = setInterval(() => {
      if (watchesFromOutside() && residentMebibytes(child.pid) > mebibytes) stop(tooMuchMemory(mebibytes));
    }, WATCH_MS);
    child.on('message', onMessage);
    ended.then(() => settle(ending('the process that ran it ended unexpectedly')));
    // A process that is gone is told by its end.
    child.send(request, () => {});
  });
}

function watchesFromOutside(): boolean {
  return process.platform === 'linux';
}

/** What a process holds in memory and swap; 0 where it has ended. */
function residentMebibytes(pid: number | undefined): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    const sizes = [...status.matchAll(/^Vm(?:RSS|Swap):\s*(\d+) kB$/gm)].map(([, size]) => Number(size));
    return sizes.reduce((sum, size) => sum + size, 0) / 1024;
  } catch {
    return 0;
  }
}

function ending(reason: string): Answer {
  return { say: 'outcome', outcome: { kind: 'failed', reason }, spent: true };
}

/** Whether the process can't be asked again. */
function isLast(answer: Answer): boolean {
  return answer.say !== 'outcome' || answer.spent === true;
}

function outcomeOf(answer: Answer): QueryOutcome {
  return answer.say === 'outcome' ? answer.outcome : { kind: 'failed', reason: 'its process gave no answer' };
}
