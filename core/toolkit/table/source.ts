import { GreenlightError } from '../../kernel/errors.ts';
import type { DataFile, SourceWarning } from './data-files.ts';
import type { Explain } from './engine.ts';
import type { RecordForm } from './records.ts';
import { escapedGlob, literal } from './sql.ts';

/** A column of a table. */
export interface DataColumn {
  readonly name: string;
  /** DuckDB's type in Parquet; undefined in text formats and for partitions, where every cell is judged by its form. */
  readonly type: string | undefined;
  /** The SQL of the cell within the table's relation. */
  readonly sql: string;
  /** True where the value is the text in a `key=value` folder of the file's path. */
  readonly partition?: true;
}

/** A file whose bytes DuckDB can read: unpacked and in UTF-8. */
export interface PlainFile extends DataFile {
  /** Absolute; the file itself, or a copy in the engine's private folder. */
  readonly plain: string;
  /** What was seen when it was read whole, before DuckDB reads it; undefined of Parquet. */
  readonly seen: SeenText | undefined;
}

/** What one pass over a text tells. */
export interface SeenText {
  /** Of the plain text. */
  readonly sha256: string;
  /** Whether a line ends after an odd number of quotes: in every CSV that has a line end within a quoted cell, and in some others. */
  readonly folded: boolean;
}

/** Files described as one relation. */
export interface Source {
  readonly columns: readonly DataColumn[];
  /** The most columns that one statement should ask for. */
  readonly columnsAtOnce: number;
  readonly warnings: readonly SourceWarning[];
  /** What follows FROM; with `record`, there is a column "record". */
  from(record?: 'record'): string;
  readonly explain: Explain;
  /** How the records of a file are told apart; undefined in Parquet. */
  form(file: PlainFile): RecordForm | undefined;
}

/** Records are numbered `file * FILE_STRIDE + row`: the first file is 0, its first row is 1. */
export const FILE_STRIDE = 2 ** 32;

/** The number that is added to a file's rows to tell its records. */
export function recordBase(file: number): string {
  return `${BigInt(file) * BigInt(FILE_STRIDE)}`;
}

/** A longer record than this is no data, but a quote or brace that is not closed. */
export const RECORD_LIMIT = 16 << 20;

/** Paths as DuckDB's list of texts. */
export function pathList(files: readonly PlainFile[]): string {
  const paths = files.map(({ plain }) => literal(escapedGlob(plain)));
  return paths.length === 1 ? (paths[0] ?? '') : `[${paths.join(', ')}]`;
}

/** The columns that a source's paths hold, of all files the same keys. Throws `data/partition-column` where the files hold one too. */
export function partitionColumns(
  files: readonly PlainFile[],
  others: readonly string[],
): readonly DataColumn[] {
  const keys = partitionKeys(files);
  const twice = keys.find((key) => others.includes(key));
  if (twice !== undefined) {
    throw new GreenlightError({
      code: 'data/partition-column',
      message: `the column \`${twice}\` is both in the files and in their paths, as \`${twice}=\``,
      place: { file: files[0]?.name ?? '' },
      mend: 'leave it out of the files or out of the paths',
    });
  }
  return keys.map((name, index) => ({ name, type: undefined, sql: `p${index}`, partition: true }));
}

/** The values of a file's partitions, as parts of a SELECT list, in the order of {@link partitionColumns}. */
export function partitionValues(file: PlainFile, files: readonly PlainFile[]): readonly string[] {
  return partitionKeys(files).map((key, index) => {
    const value = file.partitions.get(key) ?? null;
    return `CAST(${value === null ? 'NULL' : literal(value)} AS VARCHAR) AS p${index}`;
  });
}

/** The keys in the order of the first file's folders; other files may nest them otherwise. */
function partitionKeys(files: readonly PlainFile[]): readonly string[] {
  return [...(files[0]?.partitions.keys() ?? [])];
}

/** One warning a file, for the columns that other files of its table have. */
export function missingColumns(
  files: readonly PlainFile[],
  columnsOf: (file: number) => readonly string[],
  all: readonly string[],
): readonly SourceWarning[] {
  return files.flatMap((file, index) => {
    const own = new Set(columnsOf(index));
    const missing = all.filter((name) => !own.has(name));
    if (missing.length === 0) return [];
    const message = `${file.name} lacks ${missing.map((name) => `\`${name}\``).join(', ')}, which other files have: NULL in its rows`;
    return [{ code: 'data/missing-column', message, place: { file: file.name } }];
  });
}
