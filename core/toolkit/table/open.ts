import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBDataChunk } from '@duckdb/node-api';
import type { Place } from '../../kernel/place.ts';
import type { CsvOptions } from './csv.ts';
import { describeCsv } from './csv-source.ts';
import { type DataFile, type DataFormat, resolveSource, type SourceWarning } from './data-files.ts';
import { type Engine, type EngineOptions, openEngine, type Rows } from './engine.ts';
import { describeJson } from './json-source.ts';
import { describeParquet } from './parquet-source.ts';
import { plainText } from './plain.ts';
import { linesOfRecords } from './records.ts';
import { type DataColumn, FILE_STRIDE, type PlainFile, type Source } from './source.ts';

export type { CsvOptions } from './csv.ts';
export type { DataFormat, SourceWarning } from './data-files.ts';
export { type Engine, openEngine } from './engine.ts';
export type { DataColumn } from './source.ts';

/** Data opened for reading through DuckDB, within bounded memory. */
export interface DataTable extends AsyncDisposable {
  /** The source as messages name it. */
  readonly name: string;
  readonly format: DataFormat;
  readonly columns: readonly DataColumn[];
  /** The most columns that one statement should ask for: more of JSON take more memory than a second scan takes time. */
  readonly columnsAtOnce: number;
  /** The absolute paths of its files, in the order of their numbers in "record". */
  readonly files: readonly string[];
  /** The sha256 of those files that were read whole to be opened, by their paths. */
  readonly digests: ReadonlyMap<string, string>;
  /** What {@link from} reads: the files, or plain copies of them in the engine's private folder. */
  readonly reads: readonly string[];
  readonly warnings: readonly SourceWarning[];
  /**
   * What follows FROM; with `record`, there is a column "record": the file's number, from 0, times 2^32, and the number of the data
   * record in it, from 1. What {@link places} takes.
   */
  from(record?: 'record'): string;
  /** Runs statements of ours that end in one SELECT; its rows as JSON values, 64-bit integers as text. */
  query(sql: string): Promise<Rows>;
  /** Runs a SELECT of so many rows, whose result is read chunk by chunk. */
  stream(sql: string, rows: number): AsyncIterable<DuckDBDataChunk>;
  /** File, number in the file and, in text formats, physical line (of the unpacked text) of records. */
  places(records: readonly number[]): Promise<ReadonlyMap<number, Place>>;
}

/** How data are opened. */
export interface OpenOptions extends EngineOptions {
  /** How messages name the source; the source itself where nothing is said. */
  readonly name?: string;
  /** By the names' endings where nothing is said. */
  readonly format?: DataFormat;
  readonly csv?: CsvOptions;
  /** Where the table is to live, to be joined with others of it; one of its own where nothing is said, which ends with the table. */
  readonly engine?: Engine;
}

/**
 * Opens a CSV, Parquet, NDJSON or JSON file, all those of a folder and below, or those that a glob matches. Throws what
 * {@link resolveSource} throws, and for its format `data/damaged`, `data/undecodable`, `data/encoding`, `data/no-header`,
 * `data/duplicate-column`, `data/wrong-delimiter`, `data/bad-json`, `data/types-differ`, `data/partition-column`. While reading:
 * `data/ragged-rows`, `data/bad-quotes`, `data/line-too-long`, `data/undecodable`, `data/out-of-memory`, `data/damaged`. No message
 * holds a row's value: DuckDB's own texts quote rows and are never passed on.
 */
export async function openTable(source: string, options: OpenOptions = {}): Promise<DataTable> {
  const name = options.name ?? source;
  const { format, files: found, warnings } = await resolveSource(source, name, options.format);
  const engine = options.engine ?? (await openEngine(options));
  const folder = await mkdtemp(path.join(engine.folder, 'plain-'));
  const close = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true });
    if (options.engine === undefined) await engine[Symbol.asyncDispose]();
  };
  try {
    const csv = options.csv ?? {};
    const files = await plainFiles(found, format, csv, folder);
    const described = await describe(engine, format, files, csv);
    await fitTo(described.columns.length, engine);
    const forget = engine.explained(described.explain);
    return {
      name,
      format,
      columns: described.columns,
      columnsAtOnce: described.columnsAtOnce,
      files: files.map((file) => file.path),
      digests: digestsOf(files),
      reads: files.map((file) => file.plain),
      warnings: [...warnings, ...described.warnings],
      from: described.from,
      query: engine.query,
      stream: engine.stream,
      places: (records) => placesOf(records, files, described),
      async [Symbol.asyncDispose]() {
        forget();
        await close();
      },
    };
  } catch (thrown) {
    await close();
    throw thrown;
  }
}

/** Wider tables are read by fewer threads. */
const WIDE = 500;

/**
 * Fits an engine to a wide table. Each thread holds vectors of every column, several times, and the search for expressions that occur
 * twice takes a time that grows with the square of their number: half a minute for 2,000 columns of JSON.
 */
async function fitTo(columns: number, engine: Engine): Promise<void> {
  if (columns <= WIDE) return;
  const most = Math.max(1, Math.floor((4 * WIDE) / columns));
  const [[threads] = []] = await engine.query("SELECT current_setting('threads')");
  await engine.query(`SET threads = ${Math.min(Number(threads), most)}`);
  await engine.query("SET disabled_optimizers = 'common_subexpressions'");
}

async function plainFiles(
  files: readonly DataFile[],
  format: DataFormat,
  csv: CsvOptions,
  folder: string,
): Promise<readonly PlainFile[]> {
  if (format === 'parquet') return files.map((file) => ({ ...file, plain: file.path, seen: undefined }));
  const plain: PlainFile[] = [];
  for (const [index, file] of files.entries()) {
    plain.push(await plainText(file, index, { format, csv, folder }));
  }
  return plain;
}

/** Of files that are no copies. */
function digestsOf(files: readonly PlainFile[]): ReadonlyMap<string, string> {
  return new Map(
    files.flatMap(({ path: file, plain, seen }) =>
      seen !== undefined && plain === file ? [[file, seen.sha256] as const] : [],
    ),
  );
}

function describe(
  engine: Engine,
  format: DataFormat,
  files: readonly PlainFile[],
  csv: CsvOptions,
): Promise<Source> {
  if (format === 'csv') return describeCsv(files, csv);
  return format === 'parquet' ? describeParquet(engine, files) : describeJson(engine, files, format);
}

async function placesOf(
  records: readonly number[],
  files: readonly PlainFile[],
  source: Source,
): Promise<ReadonlyMap<number, Place>> {
  const places = new Map<number, Place>();
  const byFile = Map.groupBy(records, (record) => Math.floor(record / FILE_STRIDE));
  for (const [index, some] of byFile) {
    const file = files[index];
    if (file === undefined) throw new Error('a record of a file that is not there');
    const rows = some.map((record) => record % FILE_STRIDE);
    const form = source.form(file);
    const lines =
      form === undefined ? new Map<number, number>() : await linesOfRecords(file.plain, rows, form);
    for (const [at, record] of some.entries()) {
      const row = rows[at] ?? 0;
      const line = lines.get(row);
      places.set(record, { file: file.name, record: row, ...(line === undefined ? {} : { line }) });
    }
  }
  return places;
}
