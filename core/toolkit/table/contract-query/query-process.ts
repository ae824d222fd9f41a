// The process that runs the SQL of contracts: contract-queries.ts starts it, watches it and kills it. It ends with its parent.
import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';
import { messageOf, userErrors } from '../../../kernel/errors.ts';
import { loadDuckDb } from '../../natives.ts';
import { escapedGlob, identifier, literal } from '../sql.ts';
import { gateQuery } from './gate.ts';
import {
  type Answer,
  type ContractTable,
  type QueryOutcome,
  type Request,
  tooMuchMemory,
} from './protocol.ts';

type Opening = Extract<Request, { ask: 'open' }>;

const MAX_QUERY_BYTES = 1 << 16;
/** What the process holds beside DuckDB's own memory: Node.js, code, and what DuckDB does not count. */
const BESIDE_DUCKDB_MIB = 192;
const LEAST_DUCKDB_MIB = 64;
const SPILL_FACTOR = 8;

type Ask = (query: string) => Promise<Answer>;

let ask: Ask | undefined;

process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', async (request: Request) => {
  const answer = request.ask === 'open' ? await open(request) : await ask?.(request.query);
  if (answer !== undefined) process.send?.(answer);
});

async function open(opening: Opening): Promise<Answer> {
  if (opening.watchItself) watchMemory(opening.mebibytes);
  try {
    const instance = await startDuckDb(opening);
    ask = (query) => answer(instance, query, opening);
    return { say: 'ready' };
  } catch (thrown) {
    const [known] = userErrors(thrown);
    return failed(known?.message ?? 'DuckDB could not be started, or the data could not be opened', true);
  }
}

/** DuckDB in memory that can read the tables' files, spill to its folder and reach nothing else, for good. */
async function startDuckDb({ tables, folder, mebibytes }: Opening): Promise<DuckDBInstance> {
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(Math.min(4, availableParallelism())),
    memory_limit: `${Math.max(LEAST_DUCKDB_MIB, mebibytes - BESIDE_DUCKDB_MIB)}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const files = [...new Set(tables.flatMap((table) => table.files.flatMap(spellings)))].map(literal);
  const connection = await instance.connect();
  for (const statement of [
    "SET GLOBAL TimeZone = 'UTC'",
    `SET temp_directory = ${literal(path.join(folder, 'spill'))}`,
    `SET max_temp_directory_size = '${SPILL_FACTOR * mebibytes}MiB'`,
    `SET allowed_paths = [${files.join(', ')}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
    ...tables.map(viewOf),
  ]) {
    await connection.run(statement);
  }
  connection.closeSync();
  return instance;
}

/** A path as it is, and as SQL writes it where DuckDB would take it for a pattern. */
function spellings(file: string): readonly string[] {
  return [file, escapedGlob(file)];
}

// Of names that differ in capitals alone one is enough: where they name different things, the gate refuses queries that use them.
function viewOf({ name, columns, from }: ContractTable): string {
  const named = new Map(columns.map((column) => [column.name.toLowerCase(), column]));
  const cells = [...named.values()].map((column) => `${column.sql} AS ${identifier(column.name)}`);
  return `CREATE OR REPLACE VIEW ${identifier(name)} AS SELECT ${cells.join(', ')} FROM ${from}`;
}

async function answer(instance: DuckDBInstance, query: string, opening: Opening): Promise<Answer> {
  if (Buffer.byteLength(query) > MAX_QUERY_BYTES)
    return refused(`it is longer than ${MAX_QUERY_BYTES} bytes`);
  // Where one parser ends its text another may go on.
  if (query.includes('\0')) return refused('it holds a NUL character');
  // A connection for each query: nothing of one is left to the next.
  const connection = await instance.connect();
  let strangers: readonly string[] = [];
  try {
    const gated = gateQuery(query, await serialize(connection, query), opening.tables);
    if (gated.kind === 'refused') return { say: 'outcome', outcome: gated };
    strangers = gated.strangers;
    return { say: 'outcome', outcome: await resultOf(connection, query, gated.counts) };
  } catch (thrown) {
    const message = messageOf(thrown);
    return failed(reasonOf(message, strangers, opening.mebibytes), /^(INTERNAL|FATAL) Error/.test(message));
  } finally {
    connection.closeSync();
  }
}

async function serialize(connection: DuckDBConnection, query: string): Promise<string> {
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [query]);
  return String(result.getRowsJson()[0]?.[0]);
}

/** The one value of the result. It is not streamed: an error in the middle of a stream ends it without a word. */
async function resultOf(connection: DuckDBConnection, query: string, counts: boolean): Promise<QueryOutcome> {
  const result = await connection.run(query);
  const refuse = (reason: string): QueryOutcome => ({ kind: 'refused', reason });
  if (result.columnCount !== 1)
    return refuse(`it gives ${result.columnCount} columns; a rule’s query gives one`);
  const chunk = await result.fetchChunk();
  if (chunk === null || chunk.rowCount === 0) return refuse('it gives no row; a rule’s query gives one');
  const more = chunk.rowCount > 1 || ((await result.fetchChunk())?.rowCount ?? 0) > 0;
  if (more) return refuse('it gives several rows; a rule’s query gives one');
  const value = chunk.getColumnVector(0).getItem(0);
  if (value === null) return refuse('it gives NULL; a rule’s query gives a number or a boolean');
  const plain = plainValue(value);
  if (plain === undefined) {
    const { DuckDBTypeId } = await loadDuckDb();
    const type = DuckDBTypeId[result.columnTypeId(0)];
    return refuse(`it gives a value of the type ${type}; a rule’s query gives a number or a boolean`);
  }
  if (plain === 'too-large')
    return refuse('it gives a number beyond 2^53, which can’t be compared exactly: cast it to DOUBLE');
  if (typeof plain === 'number' && !Number.isFinite(plain)) {
    return refuse('it gives an infinity or NaN, as a division by zero does: put the divisor in nullif(…, 0)');
  }
  return { kind: 'value', value: plain, counts };
}

function plainValue(value: DuckDBValue): number | boolean | 'too-large' | undefined {
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value === 'bigint') return isExact(value) ? Number(value) : 'too-large';
  if (typeof value === 'object' && value !== null && 'scale' in value) {
    return isExact(value.value) ? value.toDouble() : 'too-large';
  }
  return undefined;
}

function isExact(value: bigint): boolean {
  return Number.isSafeInteger(Number(value));
}

/** What DuckDB's message says, without its words: they quote rows. */
function reasonOf(message: string, strangers: readonly string[], mebibytes: number): string {
  const kind = /^[A-Za-z ]+(?= Error)/.exec(message)?.[0];
  switch (kind) {
    case 'Out of Memory':
      return tooMuchMemory(mebibytes);
    case 'Binder':
    case 'Catalog': {
      const [stranger] = strangers;
      return stranger === undefined
        ? 'its names or types do not fit together'
        : `it names \`${stranger}\`, which is no column of its tables`;
    }
    case 'Conversion':
      return 'a value has another form than the type that the query casts it to; try_cast gives NULL there';
    case 'Out of Range':
      return 'a number goes beyond what its type holds';
    case 'Invalid Input':
      return 'a value is none that a function of the query can take';
    default:
      return 'the data engine ended it with an error';
  }
}

/** Where the parent can't read it: on all systems but Linux. What is swapped out is not counted there. */
function watchMemory(mebibytes: number): void {
  setInterval(() => {
    if (process.memoryUsage.rss() > mebibytes * 2 ** 20) process.send?.({ say: 'swollen' } satisfies Answer);
  }, 10);
}

function refused(reason: string): Answer {
  return { say: 'outcome', outcome: { kind: 'refused', reason } };
}

function failed(reason: string, spent: boolean): Answer {
  return { say: 'outcome', outcome: { kind: 'failed', reason }, spent };
}
