import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import { GreenlightError, messageOf } from '../../kernel/errors.ts';
import { loadDuckDb } from '../natives.ts';
import { openScratch } from './scratch.ts';

/** How much of the machine an engine may take. */
export interface EngineOptions {
  /** DuckDB's threads: the machine's, at most 4, where nothing is said. */
  readonly threads?: number;
  /** DuckDB's memory limit in MiB, 1024 where nothing is said; what is beyond goes to a private temporary folder. */
  readonly memory?: number;
}

/** Rows as JSON values, 64-bit integers as text. */
export type Rows = readonly (readonly unknown[])[];

/** Finds the error of a file behind DuckDB's message, which may quote rows and is never passed on. */
export type Explain = (message: string) => Promise<Error | undefined>;

/** One DuckDB instance and one connection of it: the tables that are opened in it can be joined. */
export interface Engine extends AsyncDisposable {
  /** A private folder, removed with the engine. */
  readonly folder: string;
  /** Runs statements of ours; the rows of the last one. */
  query(sql: string): Promise<Rows>;
  /**
   * Runs a SELECT whose result is read chunk by chunk. `rows` is how many there must be: a stream that fails midway ends as if it were
   * done. Throws `data/unreadable` where there are others.
   */
  stream(sql: string, rows: number): AsyncIterable<DuckDBDataChunk>;
  /** As {@link query}, but throws DuckDB's own message: for what opens files, never for what shows errors. */
  attempt(sql: string): Promise<Rows>;
  /** Has a table explain errors from now on, until the function that comes back is called. */
  explained(by: Explain): () => void;
}

const DEFAULT_MEMORY_MIB = 1024;

/** Starts DuckDB in memory, without extensions from outside, in UTC. */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { DuckDBInstance } = await loadDuckDb();
  const scratch = await openScratch();
  const created = DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? Math.min(4, availableParallelism())),
    memory_limit: `${options.memory ?? DEFAULT_MEMORY_MIB}MiB`,
    temp_directory: path.join(scratch.folder, 'spill'),
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const instance = await created.catch(async (thrown) => {
    await scratch[Symbol.asyncDispose]();
    throw thrown;
  });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  const explains = new Set<Explain>();
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw await errorOf(messageOf(thrown), explains);
    }
  };
  const turns = takingTurns();
  const attempt = (sql: string): Promise<Rows> =>
    turns.take(async () => (await connection.runAndReadAll(sql)).getRowsJson());
  return {
    folder: scratch.folder,
    query: (sql) => guarded(() => attempt(sql)),
    async *stream(sql, rows) {
      const result = await guarded(() => turns.take(() => connection.stream(sql)));
      let read = 0;
      for (;;) {
        const chunk = await guarded(() => turns.take(() => result.fetchChunk()));
        if (chunk === null || chunk.rowCount === 0) break;
        read += chunk.rowCount;
        yield chunk;
      }
      if (read !== rows) throw await errorOf(`${read} of ${rows} rows`, explains);
    },
    attempt,
    explained(by) {
      explains.add(by);
      return () => explains.delete(by);
    },
    async [Symbol.asyncDispose]() {
      connection.interrupt();
      await turns.end();
      connection.closeSync();
      instance.closeSync();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

interface Turns {
  /** Does work after all that was given before it; refuses it after the end. */
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Comes back when the work in hand is done; what waits behind it is refused. */
  end(): Promise<void>;
}

/** Work on one connection: DuckDB hangs or crashes where a connection is closed under a statement. */
function takingTurns(): Turns {
  let ended = false;
  let last: Promise<unknown> = Promise.resolve();
  return {
    take(work) {
      const turn = last.then(() => {
        if (ended) throw new Error('the data engine is closed');
        return work();
      });
      last = turn.catch(() => undefined);
      return turn;
    },
    async end() {
      ended = true;
      await last;
    },
  };
}

async function errorOf(message: string, explains: Iterable<Explain>): Promise<Error> {
  // A fault in our SQL is a bug of ours; its message quotes nothing but that SQL.
  if (/^(Parser|Binder|Catalog|Syntax) Error/.test(message)) return new Error(`DuckDB: ${message}`);
  if (/^Out of Memory/i.test(message)) {
    return new GreenlightError({
      code: 'data/out-of-memory',
      message: 'the data need more memory than is allowed',
      mend: 'run this on a larger machine',
    });
  }
  for (const explain of explains) {
    const error = await explain(message);
    if (error !== undefined) return error;
  }
  return new GreenlightError({
    code: 'data/unreadable',
    message: `the data can't be read: ${/^[A-Za-z ]+ Error/.exec(message)?.[0] ?? 'an error'} of the data engine`,
  });
}
