import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GreenlightError } from '../../kernel/errors.ts';
import { piecesOf } from '../pieces.ts';
import { type GrowthLimit, noSpace, unpack } from './compressed.ts';
import { type CsvOptions, quoteOf, readCsvHeader } from './csv.ts';
import { type DataFile, type DataFormat, emptyFile, recordTooLong } from './data-files.ts';
import { type Encoding, encodingOf, FoldCheck, TextCheck, type TextFault, toUtf8 } from './encodings.ts';
import { type RecordForm, recordAt } from './records.ts';
import { type PlainFile, RECORD_LIMIT, type SeenText } from './source.ts';

const CHUNK = 1 << 20;

/** What a file is made plain for. */
export interface PlainOptions {
  readonly format: Exclude<DataFormat, 'parquet'>;
  readonly csv: CsvOptions;
  /** Private: copies are put there. */
  readonly folder: string;
  readonly growth?: GrowthLimit;
}

/**
 * A text file as DuckDB can read it: itself where it is plain UTF-8, else a copy, unpacked and transcoded, with the same lines. It is
 * read once whole, because DuckDB passes gzip files without their end and NUL, and looks only at the columns that are asked for.
 * Throws what {@link unpack} throws, `data/encoding`, `data/undecodable`, `data/nul`, `data/line-too-long` (a line of CSV or
 * NDJSON) and `data/empty-file`.
 */
export async function plainText(file: DataFile, index: number, options: PlainOptions): Promise<PlainFile> {
  const { format, folder } = options;
  let plain = file.path;
  if (file.compression !== undefined) {
    plain = path.join(folder, `${index}.${format}`);
    await unpack(file, file.compression, plain, options.growth);
  }
  const head = await headOf(plain, file.name);
  const encoding = encodingOf(head, file.name, format === 'csv' ? options.csv.encoding : undefined);
  // DuckDB takes a byte order mark before NDJSON for a part of its first line.
  const marked = encoding === 'utf-8' && format === 'ndjson' && head[0] === 0xef;
  if (encoding !== 'utf-8' || marked) {
    const copy = path.join(folder, `${index}.utf-8.${format}`);
    await transcode(plain, marked ? 3 : 0, encoding, copy, file.name);
    if (plain !== file.path) await rm(plain);
    plain = copy;
  }
  const quote = format === 'csv' ? quoteOf(options.csv) : '';
  const seen = await look(plain, format, quote);
  if ('is' in seen) throw await faultError(seen, { ...file, plain }, encoding, options);
  return { ...file, plain, seen };
}

async function transcode(
  file: string,
  start: number,
  encoding: Encoding,
  into: string,
  name: string,
): Promise<void> {
  const target = createWriteStream(into, { mode: 0o600, highWaterMark: CHUNK });
  const decoder = encoding === 'utf-8' ? new PassThrough() : toUtf8(encoding);
  try {
    await pipeline(createReadStream(file, { highWaterMark: CHUNK, start }), decoder, target);
  } catch (thrown) {
    throw (thrown as NodeJS.ErrnoException).code === 'ENOSPC' ? noSpace(name) : thrown;
  }
}

async function headOf(file: string, name: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 0) throw emptyFile(name);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** All that must be known of a plain text before DuckDB reads it, in one pass. */
async function look(
  file: string,
  format: PlainOptions['format'],
  quote: string,
): Promise<SeenText | TextFault> {
  // DuckDB passes over a CSV record without quotes, and all that follow, where it is longer than two of its buffers.
  const check = format === 'json' ? new TextCheck() : new TextCheck(RECORD_LIMIT, format === 'csv');
  const folds = new FoldCheck(quote);
  const hash = createHash('sha256');
  for await (const piece of piecesOf(file)) {
    const fault = check.take(piece);
    if (fault !== undefined) return fault;
    folds.take(piece);
    hash.update(piece);
  }
  return check.end() ?? { sha256: hash.digest('hex'), folded: folds.folded };
}

async function faultError(
  fault: TextFault,
  file: Pick<PlainFile, 'name' | 'plain'>,
  encoding: Encoding,
  options: PlainOptions,
): Promise<GreenlightError> {
  const at = await recordAt(file.plain, fault.offset, await formOf(file, options));
  const place = { file: file.name, ...(at === undefined ? {} : { line: at.line, record: at.record }) };
  if (fault.is === 'line-too-long') return recordTooLong(place);
  if (fault.is === 'nul') {
    return new GreenlightError({
      code: 'data/nul',
      message: `${file.name} has a NUL byte; the first is here`,
      place,
      mend:
        encoding === 'utf-8' && (await looksLikeUtf16(file.plain))
          ? 'it looks like UTF-16 without a byte order mark: declare utf-16le or utf-16be'
          : 'take NUL bytes out where the file is written',
    });
  }
  return new GreenlightError({
    code: 'data/undecodable',
    message: `${file.name} has bytes that are not ${encoding === 'utf-8' ? 'UTF-8' : encoding}; the first are here`,
    place,
    mend: 'write the whole file in one encoding, and declare it where it is not UTF-8',
  });
}

/** Records are counted as well as the header lets them. */
async function formOf(
  file: Pick<PlainFile, 'name' | 'plain'>,
  { format, csv }: PlainOptions,
): Promise<RecordForm> {
  if (format !== 'csv') return { format };
  const header = await readCsvHeader(file.plain, file.name, csv).catch(() => undefined);
  const { delimiter = ',', quote = '"', names = [] } = header ?? {};
  return { format, delimiter, quote, columns: names.length, header: csv.header ?? true };
}

async function looksLikeUtf16(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(256), 0, 256, 0);
    const nuls = buffer.subarray(0, bytesRead).filter((byte) => byte === 0).length;
    return nuls > bytesRead / 4;
  } finally {
    await handle.close();
  }
}
