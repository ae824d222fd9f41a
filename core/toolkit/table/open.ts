import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, stat } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBResult } from '@duckdb/node-api';
import { GreenlightError, messageOf } from '../../kernel/errors.ts';
import { loadDuckDb } from '../natives.ts';
import { type CsvHeader, linesOfRecords, type RecordForm, readCsvHeader, recordAt } from './csv.ts';
import { identifier, literal } from './sql.ts';

/** A column of a data file. */
export interface DataColumn {
  readonly name: string;
  /** DuckDB's type in Parquet; undefined in text formats, where every cell is judged by its form. */
  readonly type: string | undefined;
  /** The SQL of the cell within {@link DataTable.from}. */
  readonly sql: string;
}

export type DataFormat = 'csv' | 'parquet' | 'ndjson';

/** A data file opened for reading through DuckDB, within bounded memory. */
export interface DataTable extends AsyncDisposable {
  /** The file as messages and places name it. */
  readonly name: string;
  readonly format: DataFormat;
  readonly columns: readonly DataColumn[];
  /** What follows FROM; with `record`, there is a column "record": the number of the data record, from 1. */
  from(record?: 'record'): string;
  /** Runs statements of ours that end in one SELECT; its rows as JSON values, 64-bit integers as text. */
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** Runs a SELECT whose result is read chunk by chunk. */
  stream(sql: string): Promise<DuckDBResult>;
  /** The physical lines of records; empty for Parquet. */
  lines(records: readonly number[]): Promise<ReadonlyMap<number, number>>;
}

/** How a data file is opened. */
export interface OpenOptions {
  /** How messages name the file; its path where nothing is said. */
  readonly name?: string;
  /** DuckDB's threads: the machine's, at most 4, where nothing is said. */
  readonly threads?: number;
  /** DuckDB's memory limit in MiB; what is beyond goes to a private temporary folder. */
  readonly memory?: number;
}

const DEFAULT_MEMORY_MIB = 1024;
const LINE_LIMIT = 16 << 20;

/**
 * Opens a CSV, Parquet or NDJSON file; the name's ending tells which. Throws `data/…` errors: not-found, lfs-pointer, empty-file,
 * unknown-format, damaged, encoding, duplicate-column. While reading: ragged-rows, undecodable, bad-json, out-of-memory. No message
 * holds a row's value: DuckDB's own texts quote rows and are never passed on.
 */
export async function openTable(file: string, options: OpenOptions = {}): Promise<DataTable> {
  const name = options.name ?? file;
  const format = await recognise(file, name);
  const { DuckDBInstance } = await loadDuckDb();
  const spill = await mkdtemp(path.join(tmpdir(), 'greenlight-'));
  const instance = await DuckDBInstance.create(':memory:', {
    threads: String(options.threads ?? Math.min(4, availableParallelism())),
    memory_limit: `${options.memory ?? DEFAULT_MEMORY_MIB}MiB`,
    temp_directory: spill,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const dispose = async (): Promise<void> => {
    connection.closeSync();
    instance.closeSync();
    await rm(spill, { recursive: true, force: true });
  };
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const source = await describe(connection, file, name, format);
    const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (thrown) {
        throw await source.explain(messageOf(thrown));
      }
    };
    return {
      name,
      format,
      columns: source.columns,
      from: source.from,
      query: (sql) => guarded(async () => (await connection.runAndReadAll(sql)).getRowsJson()),
      stream: (sql) => guarded(() => connection.stream(sql)),
      lines: (records) => source.lines(records),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (thrown) {
    await dispose();
    throw thrown;
  }
}

interface Source {
  readonly columns: readonly DataColumn[];
  from(record?: 'record'): string;
  lines(records: readonly number[]): Promise<ReadonlyMap<number, number>>;
  /** The error to throw for DuckDB's message; the message itself may quote rows. */
  explain(message: string): Promise<Error>;
}

async function recognise(file: string, name: string): Promise<DataFormat> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined || !info.isFile()) {
    const pointer = existsSync(`${file}.dvc`);
    throw new GreenlightError({
      code: 'data/not-found',
      message: `the data file ${name} does not exist`,
      mend: pointer
        ? `bring it with \`dvc pull ${name}\``
        : 'check the path, or bring it with `data.fetch` of greenlight.yaml',
    });
  }
  if (info.size === 0) throw new GreenlightError({ code: 'data/empty-file', message: `${name} is empty` });
  const [head, tail] = await ends(file, info.size);
  if (head.toString('latin1').startsWith('version https://git-lfs')) {
    throw new GreenlightError({
      code: 'data/lfs-pointer',
      message: `${name} is a Git LFS pointer, not the data`,
      mend: 'run `git lfs pull`, or check out with `with: { lfs: true }`',
    });
  }
  const ending = path.extname(file).toLowerCase();
  if (ending === '.parquet') {
    if (info.size < 12 || head.toString('latin1', 0, 4) !== 'PAR1' || tail.toString('latin1') !== 'PAR1') {
      throw damaged(name, 'Parquet');
    }
    return 'parquet';
  }
  if (ending === '.csv' || ending === '.tsv') return 'csv';
  if (ending === '.ndjson' || ending === '.jsonl') return 'ndjson';
  throw new GreenlightError({
    code: 'data/unknown-format',
    message: `the format of ${name} is not known by its ending`,
    mend: 'read are: .csv, .tsv, .parquet, .ndjson, .jsonl',
  });
}

async function ends(file: string, size: number): Promise<readonly [Buffer, Buffer]> {
  const handle = await open(file);
  try {
    const head = await handle.read(Buffer.alloc(64), 0, 64, 0);
    const tail = await handle.read(Buffer.alloc(4), 0, 4, Math.max(0, size - 4));
    return [head.buffer.subarray(0, head.bytesRead), tail.buffer.subarray(0, tail.bytesRead)];
  } finally {
    await handle.close();
  }
}

function describe(
  connection: DuckDBConnection,
  file: string,
  name: string,
  format: DataFormat,
): Promise<Source> {
  if (format === 'csv') return describeCsv(connection, file, name);
  return format === 'parquet'
    ? describeParquet(connection, file, name)
    : describeNdjson(connection, file, name);
}

async function describeCsv(connection: DuckDBConnection, file: string, name: string): Promise<Source> {
  const header = await readCsvHeader(file, name);
  // Our names are positions: DuckDB would bind the file's names by position all the same, and rename duplicates.
  const columns = header.names.map((column, index) => ({ name: column, type: undefined, sql: `c${index}` }));
  const form = { delimiter: header.delimiter, columns: columns.length };
  const numbered = `(SELECT row_number() OVER () AS record, * FROM ${readCsv(file, header)})`;
  return {
    columns,
    from: (record) => (record === undefined ? readCsv(file, header) : numbered),
    lines: (records) => linesOfRecords(file, records, form),
    async explain(message) {
      if (!/CSV Error|unicode|utf-?8/i.test(message)) return engineError(message, name);
      const all = columns.map(({ sql }) => `count(${sql})`).join(', ');
      await connection.run(`SELECT ${all} FROM ${readCsv(file, header, 'rejects')}`).catch(() => undefined);
      return csvError(connection, file, name, form);
    },
  };
}

function readCsv(file: string, header: CsvHeader, rejects?: 'rejects'): string {
  const columns = header.names.map((_, index) => `'c${index}': 'VARCHAR'`).join(', ');
  const options = [
    `columns = {${columns}}`,
    'auto_detect = false, header = true',
    `delim = ${literal(header.delimiter)}, quote = '"', escape = '"'`,
    // An empty cell is NULL; a quoted empty one is the empty text.
    "nullstr = '', allow_quoted_nulls = false",
    `max_line_size = ${LINE_LIMIT}`,
    ...(rejects === undefined ? [] : ['store_rejects = true']),
  ];
  return `read_csv(${literal(file)}, ${options.join(', ')})`;
}

async function csvError(
  connection: DuckDBConnection,
  file: string,
  name: string,
  form: RecordForm,
): Promise<Error> {
  const rejects = (
    await connection.runAndReadAll(
      'SELECT error_type, count(DISTINCT line_byte_position), min(line_byte_position) FROM reject_errors GROUP BY 1 ORDER BY 3, 1',
    )
  ).getRowsJson();
  const [first] = rejects;
  if (first === undefined) return damaged(name, 'CSV');
  const [type, count, offset] = first;
  const faults: Record<string, readonly [code: string, what: string, mend: string]> = {
    'MISSING COLUMNS': [
      'ragged-rows',
      'fewer cells than the header',
      'give every record as many cells as the header',
    ],
    'TOO MANY COLUMNS': [
      'ragged-rows',
      'more cells than the header',
      'put cells that hold the delimiter in quotes',
    ],
    'UNQUOTED VALUE': [
      'bad-quotes',
      'a quote that is not closed or not doubled',
      'double the quotes within a quoted cell',
    ],
    'INVALID ENCODING': ['undecodable', 'bytes that are not UTF-8', 'write the file as UTF-8'],
    'LINE SIZE OVER MAXIMUM': ['line-too-long', 'more than 16 MiB', 'check for a quote that is not closed'],
  };
  const [code, what, mend] = faults[String(type)] ?? [
    'damaged',
    'a form that can’t be read',
    'write the file again',
  ];
  const records = Number(count) === 1 ? 'one record' : `${count} records`;
  // DuckDB's own numbers of lines and records count blank lines and take quoted line ends for none.
  const at = await recordAt(file, Number(offset), form);
  return new GreenlightError({
    code: `data/${code}`,
    message: `${name} has ${records} with ${what}; the first is here`,
    place: at === undefined ? { file: name } : { file: name, line: at.line, record: at.record },
    mend,
  });
}

async function describeParquet(connection: DuckDBConnection, file: string, name: string): Promise<Source> {
  const rows = await connection
    .runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${literal(file)})`)
    .catch(() => Promise.reject(damaged(name, 'Parquet')));
  const columns = rows.getRowsJson().map(([column, type]) => ({
    name: String(column),
    type: String(type),
    sql: identifier(String(column)),
  }));
  const numbered = `(SELECT file_row_number + 1 AS record, * EXCLUDE (file_row_number) FROM read_parquet(${literal(file)}, file_row_number = true))`;
  return {
    columns,
    from: (record) => (record === undefined ? `read_parquet(${literal(file)})` : numbered),
    lines: async () => new Map(),
    explain: async (message) =>
      isOurs(message) ? engineError(message, name) : (memoryError(message, name) ?? damaged(name, 'Parquet')),
  };
}

async function describeNdjson(connection: DuckDBConnection, file: string, name: string): Promise<Source> {
  const from = `read_ndjson_objects(${literal(file)}, ignore_errors = true, maximum_object_size = ${LINE_LIMIT})`;
  const numbered = `(SELECT row_number() OVER () AS record, * FROM ${from})`;
  const bad = await connection
    .runAndReadAll(
      `SELECT count(*), min(record) FROM ${numbered} WHERE json IS NULL OR json_type(json) IS DISTINCT FROM 'OBJECT'`,
    )
    .catch(() => Promise.reject(damaged(name, 'NDJSON')));
  const [count, record] = bad.getRowsJson()[0] ?? [];
  if (Number(count) > 0) {
    const lines = await linesOfRecords(file, [Number(record)], undefined);
    const line = lines.get(Number(record));
    throw new GreenlightError({
      code: 'data/bad-json',
      message: `${name} has ${count} lines that are no JSON objects; the first is here`,
      place: { file: name, record: Number(record), ...(line === undefined ? {} : { line }) },
    });
  }
  const keys = await connection.runAndReadAll(
    `SELECT DISTINCT unnest(json_keys(json)) AS key FROM ${from} ORDER BY key`,
  );
  const columns = keys.getRowsJson().map(([key]) => {
    const pointer = `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
    return { name: String(key), type: undefined, sql: `json_extract(json, ${literal(pointer)})` };
  });
  return {
    columns,
    from: (record) => (record === undefined ? from : numbered),
    lines: (records) => linesOfRecords(file, records, undefined),
    explain: async (message) => engineError(message, name),
  };
}

function damaged(name: string, format: string): GreenlightError {
  return new GreenlightError({
    code: 'data/damaged',
    message: `${name} can't be read as ${format}: it is cut short or damaged`,
    mend: 'bring the file again and compare its size and sha256 with the source',
  });
}

/** Whether DuckDB's message is about our SQL (a bug of ours) and quotes nothing but that. */
function isOurs(message: string): boolean {
  return /^(Parser|Binder|Catalog|Syntax|INTERNAL) Error/.test(message);
}

function memoryError(message: string, name: string): GreenlightError | undefined {
  if (!/^Out of Memory/i.test(message)) return undefined;
  return new GreenlightError({
    code: 'data/out-of-memory',
    message: `${name} needs more memory than is allowed`,
    mend: 'run this on a larger machine',
  });
}

function engineError(message: string, name: string): Error {
  if (isOurs(message)) return new Error(`DuckDB: ${message}`);
  return (
    memoryError(message, name) ??
    new GreenlightError({
      code: 'data/unreadable',
      message: `${name} can't be read: ${/^[A-Za-z ]+ Error/.exec(message)?.[0] ?? 'an error'} of the data engine`,
    })
  );
}
