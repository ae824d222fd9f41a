import { existsSync } from 'node:fs';
import { glob, open, stat } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../../kernel/errors.ts';
import type { Place } from '../../kernel/place.ts';
import { posix } from '../files.ts';

export const DATA_FORMATS = ['csv', 'parquet', 'ndjson', 'json'] as const;
export type DataFormat = (typeof DATA_FORMATS)[number];

export type Compression = 'gzip' | 'zstd';

/** A file of a source. */
export interface DataFile {
  /** Absolute. */
  readonly path: string;
  /** As messages and places name it. */
  readonly name: string;
  readonly size: number;
  readonly compression: Compression | undefined;
  /** The `key=value` folders of its path below a folder or a glob; null is Hive's value for none. */
  readonly partitions: ReadonlyMap<string, string | null>;
}

/** What a source is made of. */
export interface ResolvedSource {
  readonly format: DataFormat;
  /** At least one, in the order of their names. */
  readonly files: readonly DataFile[];
  readonly warnings: readonly SourceWarning[];
}

/** What a reader should know about a source that is read all the same. */
export interface SourceWarning {
  readonly code: string;
  readonly message: string;
  readonly place: Place;
}

const ENDINGS: Readonly<Record<string, DataFormat>> = {
  '.csv': 'csv',
  '.tsv': 'csv',
  '.parquet': 'parquet',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.json': 'json',
};
const COMPRESSIONS: Readonly<Record<string, Compression>> = { '.gz': 'gzip', '.zst': 'zstd' };
/** What files begin with that are no texts. */
const SIGNATURES: readonly (readonly [bytes: string, format: string])[] = [
  ['\x1f\x8b', 'gzip'],
  ['\x28\xb5\x2f\xfd', 'zstd'],
  ['PAR1\x15', 'Parquet'],
  ['PK\x03\x04', 'zip'],
  ['\xfd7zXZ\0', 'xz'],
];
const FILES_LIMIT = 10_000;
/** The marks of a Parquet file and the length of its footer, in bytes. */
const PARQUET_FRAME = 12;

/**
 * The files of a path, a folder (all data files in it and below; names that begin with `.` or `_` are not data) or a glob, and their
 * common format by the names' endings. `name` is the source as messages name it. Throws `data/not-found`, `data/no-files`,
 * `data/too-many-files`, `data/mixed-formats`, `data/unknown-format`, `data/empty-file`, `data/lfs-pointer`, `data/damaged` (a Parquet
 * file without its marks), `data/partitions-differ`.
 */
export async function resolveSource(
  source: string,
  name: string = source,
  wanted?: DataFormat,
): Promise<ResolvedSource> {
  const info = await stat(source).catch(() => undefined);
  if (info?.isFile() === true) return only(await fileOf(source, posix(name), false), wanted);
  const isGlob = info === undefined && /[*?[\]{}]/.test(source);
  if (info === undefined && !isGlob) throw notFound(source, name);

  const warnings: SourceWarning[] = [];
  const pattern = isGlob ? source : path.join(source, '**', '*');
  const found = await listed(pattern, !isGlob);
  for (const pointer of await listed(`${pattern}.dvc`, !isGlob)) {
    const target = pointer.slice(0, -'.dvc'.length);
    if (!existsSync(target)) throw notFound(target, nameOf(target, source, name));
  }
  const files: DataFile[] = [];
  for (const file of found) {
    const shown = nameOf(file, source, name);
    if (!isGlob && file.endsWith('.dvc')) continue;
    if (!isGlob && wanted === undefined && recognise(file) === undefined) {
      const message = `${shown} is no data file by its ending and is not read`;
      warnings.push({ code: 'data/skipped-file', message, place: { file: shown } });
    } else files.push(await fileOf(file, shown, true));
  }
  if (files.length === 0) throw noFiles(source, name, isGlob);
  const format = wanted ?? commonFormat(files, name);
  for (const file of files) await check(file, format);
  samePartitions(files);
  return { format, files, warnings };
}

async function only(file: DataFile, wanted: DataFormat | undefined): Promise<ResolvedSource> {
  const format = wanted ?? formatOf(file);
  await check(file, format);
  return { format, files: [file], warnings: [] };
}

/** Regular files of a pattern, sorted by their paths' code units. */
async function listed(pattern: string, folder: boolean): Promise<readonly string[]> {
  const found: string[] = [];
  const base = path.dirname(path.dirname(pattern));
  for await (const entry of glob(pattern)) {
    const absolute = path.resolve(entry);
    if (
      folder &&
      path
        .relative(base, absolute)
        .split(path.sep)
        .some((part) => /^[._]/.test(part))
    )
      continue;
    if ((await stat(absolute).catch(() => undefined))?.isFile() === true) found.push(absolute);
    if (found.length > FILES_LIMIT) {
      throw new GreenlightError({
        code: 'data/too-many-files',
        message: `${posix(pattern)} has more than ${FILES_LIMIT} files`,
        mend: 'join small files, or judge a folder at a time',
      });
    }
  }
  return found.sort((a, b) => (posix(a) < posix(b) ? -1 : 1));
}

/** Names a file as its source is named: `data/*.csv` for `/repository/data/*.csv` gives `data/a.csv`. */
function nameOf(file: string, source: string, name: string): string {
  const absolute = posix(path.resolve(source));
  const root = absolute.endsWith(`/${posix(name)}`) ? absolute.slice(0, -posix(name).length) : undefined;
  const shown = posix(file);
  return root !== undefined && shown.startsWith(root)
    ? shown.slice(root.length)
    : posix(path.relative('', file));
}

async function fileOf(file: string, name: string, withPartitions: boolean): Promise<DataFile> {
  const { size } = await stat(file);
  return {
    path: path.resolve(file),
    name,
    size,
    compression: COMPRESSIONS[path.extname(file).toLowerCase()],
    partitions: new Map(withPartitions ? partitionsOf(name) : []),
  };
}

function partitionsOf(name: string): [string, string | null][] {
  return path.posix
    .dirname(name)
    .split('/')
    .flatMap((part) => {
      const at = part.indexOf('=');
      if (at < 1) return [];
      const value = part.slice(at + 1);
      return [[part.slice(0, at), value === '__HIVE_DEFAULT_PARTITION__' ? null : unescaped(value)]];
    });
}

function unescaped(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

function samePartitions(files: readonly DataFile[]): void {
  const keys = (file: DataFile): string => [...file.partitions.keys()].sort().join('/');
  const [first] = files;
  const other = files.find((file) => first !== undefined && keys(file) !== keys(first));
  if (first === undefined || other === undefined) return;
  throw new GreenlightError({
    code: 'data/partitions-differ',
    message: `${first.name} and ${other.name} lie in other partitions: not the same \`key=\` folders`,
    place: { file: other.name },
    mend: 'every file needs the same partition keys in its path',
  });
}

function recognise(file: string): DataFormat | undefined {
  const lower = file.toLowerCase();
  const ending = path.extname(lower);
  if (COMPRESSIONS[ending] === undefined) return ENDINGS[ending];
  const format = ENDINGS[path.extname(lower.slice(0, -ending.length))];
  return format === 'parquet' ? undefined : format;
}

function formatOf(file: DataFile): DataFormat {
  const format = recognise(file.path);
  if (format !== undefined) return format;
  throw new GreenlightError({
    code: 'data/unknown-format',
    message: `the format of ${file.name} is not known by its ending`,
    mend: 'read are: .csv, .tsv, .ndjson, .jsonl, .json (each also with .gz or .zst) and .parquet',
  });
}

function commonFormat(files: readonly DataFile[], name: string): DataFormat {
  const formats = new Map(files.map((file) => [formatOf(file), file.name]));
  const [first, second] = [...formats];
  if (first === undefined) throw new Error('a source without files');
  if (second === undefined) return first[0];
  throw new GreenlightError({
    code: 'data/mixed-formats',
    message: `${name} holds files of several formats: ${first[1]} and ${second[1]}`,
    mend: 'name the files of one format by a glob, such as `data/*.parquet`',
  });
}

async function check(file: DataFile, format: DataFormat): Promise<void> {
  if (file.size === 0) throw emptyFile(file.name);
  const [head, tail] = await ends(file.path, file.size);
  if (head.toString('latin1').startsWith('version https://git-lfs')) {
    throw new GreenlightError({
      code: 'data/lfs-pointer',
      message: `${file.name} is a Git LFS pointer, not the data`,
      place: { file: file.name },
      mend: 'run `git lfs pull`, or check out with `with: { lfs: true }`',
    });
  }
  const other = SIGNATURES.find(([bytes]) => head.toString('latin1').startsWith(bytes))?.[1];
  if (other !== undefined && other !== file.compression && format !== 'parquet')
    throw otherFormat(file, other);
  if (format === 'parquet' && !isParquet(head, tail, file.size)) throw damaged(file.name, 'Parquet');
}

/** Marks at both ends and a footer that fits between them (Parquet's file format). */
function isParquet(head: Buffer, tail: Buffer, size: number): boolean {
  if (size < PARQUET_FRAME || head.toString('latin1', 0, 4) !== 'PAR1') return false;
  return tail.toString('latin1', 4) === 'PAR1' && tail.readUInt32LE(0) <= size - PARQUET_FRAME;
}

function otherFormat(file: DataFile, format: string): GreenlightError {
  return new GreenlightError({
    code: 'data/other-format',
    message: `${file.name} is ${format} by its first bytes, not what its name says`,
    place: { file: file.name },
    mend: 'let the name end with what the file is, and unpack what is not read',
  });
}

async function ends(file: string, size: number): Promise<readonly [Buffer, Buffer]> {
  const handle = await open(file);
  try {
    const head = await handle.read(Buffer.alloc(64), 0, 64, 0);
    const tail = await handle.read(Buffer.alloc(8), 0, 8, Math.max(0, size - 8));
    return [head.buffer.subarray(0, head.bytesRead), tail.buffer.subarray(0, tail.bytesRead)];
  } finally {
    await handle.close();
  }
}

function notFound(source: string, name: string): GreenlightError {
  return new GreenlightError({
    code: 'data/not-found',
    message: `the data file ${name} does not exist`,
    mend: howToBring(source),
  });
}

function noFiles(source: string, name: string, isGlob: boolean): GreenlightError {
  return new GreenlightError({
    code: 'data/no-files',
    message: isGlob ? `no file matches ${name}` : `the folder ${name} has no data files`,
    mend: howToBring(source),
  });
}

/** A DVC pointer stands beside the file, or beside a folder above it, that it is for. */
function howToBring(source: string): string {
  for (let part = path.resolve(source); part !== path.dirname(part); part = path.dirname(part)) {
    if (existsSync(`${part}.dvc`))
      return `run \`dvc pull ${path.basename(part)}.dvc\` in its folder: DVC keeps the data`;
  }
  return 'check the path, or bring it with `data.fetch` of greenlight.yaml';
}

export function emptyFile(name: string): GreenlightError {
  return new GreenlightError({
    code: 'data/empty-file',
    message: `${name} is empty`,
    place: { file: name },
  });
}

/** The error of a file that is not whole. */
export function damaged(name: string, format: string): GreenlightError {
  return new GreenlightError({
    code: 'data/damaged',
    message: `${name} can't be read as ${format}: it is cut short or damaged`,
    place: { file: name },
    mend: 'bring the file again and compare its size and sha256 with the source',
  });
}

/** The error of a record that is longer than data are. */
export function recordTooLong(place: Place): GreenlightError {
  return new GreenlightError({
    code: 'data/line-too-long',
    message: `${place.file} has a record of more than 16 MiB`,
    place,
    mend: 'check for a quote or a brace that is not closed',
  });
}
