import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { GreenlightError } from '../../kernel/errors.ts';

/** How a CSV file is written, and the names in its first record. */
export interface CsvHeader {
  readonly delimiter: string;
  readonly names: readonly string[];
}

const DELIMITERS = [',', ';', '\t', '|'] as const;
const HEADER_LIMIT = 1 << 20;

/**
 * Reads the header of a CSV file (RFC 4180, UTF-8, an optional byte order mark). The delimiter is the one of comma, semicolon,
 * tabulator and bar that the header has most of. Throws `data/encoding`, `data/no-header`, `data/duplicate-column`.
 */
export async function readCsvHeader(file: string, name: string): Promise<CsvHeader> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_LIMIT), 0, HEADER_LIMIT, 0);
    return parseCsvHeader(buffer.subarray(0, bytesRead), name);
  } finally {
    await handle.close();
  }
}

/** The header in the first bytes of a CSV file. */
export function parseCsvHeader(bytes: Uint8Array, name: string): CsvHeader {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new GreenlightError({
      code: 'data/encoding',
      message: `${name} is UTF-16`,
      mend: 'write it as UTF-8',
    });
  }
  const text = new TextDecoder('utf-8').decode(bytes);
  const counts = DELIMITERS.map((delimiter) => firstRecord(text, delimiter)?.length ?? 0);
  const delimiter = DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
  const names = firstRecord(text, delimiter);
  if (names === undefined) {
    throw new GreenlightError({
      code: 'data/no-header',
      message: `${name} has no header in its first mebibyte`,
      mend: 'the first record holds the names of the columns',
    });
  }
  const second = names.findIndex((column, index) => names.indexOf(column) !== index);
  if (second !== -1) {
    // The name is withheld: where a file has no header, its first record is a row.
    const first = names.indexOf(names[second] ?? '');
    throw new GreenlightError({
      code: 'data/duplicate-column',
      message: `${name} names its columns ${first + 1} and ${second + 1} alike`,
      place: { file: name, line: 1 },
    });
  }
  return { delimiter, names };
}

function firstRecord(text: string, delimiter: string): string[] | undefined {
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[index + 1] === '"') field += text[++index];
      else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') return [...fields, field];
    else field += character;
  }
  return quoted || text.length >= HEADER_LIMIT ? undefined : [...fields, field];
}

const QUOTE = 0x22;
const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;

/** How a file's records are told apart; undefined for NDJSON, whose records are the lines that are not blank. */
export type RecordForm = { readonly delimiter: string; readonly columns: number } | undefined;

/** Where a record begins. */
export interface RecordStart {
  /** The first data record is 1; a CSV's header is 0. */
  readonly record: number;
  /** The physical line, from 1. */
  readonly line: number;
  /** Bytes before it. */
  readonly offset: number;
}

/** The physical lines at which records of a text file begin. */
export async function linesOfRecords(
  file: string,
  records: readonly number[],
  form: RecordForm,
): Promise<ReadonlyMap<number, number>> {
  const wanted = new Set(records);
  const found = new Map<number, number>();
  if (wanted.size === 0) return found;
  await scanRecords(file, form, ({ record, line }) => {
    if (wanted.has(record)) found.set(record, line);
    return found.size < wanted.size;
  });
  return found;
}

/** The record that holds a byte of a file; undefined in an empty one. */
export async function recordAt(
  file: string,
  offset: number,
  form: RecordForm,
): Promise<RecordStart | undefined> {
  let last: RecordStart | undefined;
  await scanRecords(file, form, (start) => {
    if (start.offset <= offset) last = start;
    return start.offset < offset;
  });
  return last;
}

/**
 * Visits the records of a file until `visit` says false. Quoted fields of a CSV may hold line ends. A blank line is no record,
 * unless the CSV has a single column.
 */
async function scanRecords(
  file: string,
  form: RecordForm,
  visit: (start: RecordStart) => boolean,
): Promise<void> {
  const delimiter = form?.delimiter.charCodeAt(0);
  const blankCounts = form?.columns === 1;
  let record = form === undefined ? 1 : 0;
  let line = 1;
  let offset = 0;
  let start = { line: 1, offset: 0 };
  let quoted = false;
  let fieldStart = true;
  let blank = true;
  let previous = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    for (const byte of chunk as Buffer) {
      offset += 1;
      if (byte === LF && previous === CR) {
        if (!quoted) start = { line, offset };
      } else if (byte === LF || byte === CR) {
        line += 1;
        if (!quoted) {
          if (!blank || blankCounts || (form !== undefined && record === 0)) {
            if (!visit({ record, ...start })) return;
            record += 1;
          }
          start = { line, offset };
          blank = true;
          fieldStart = true;
        }
      } else {
        if (byte !== BLANK || form !== undefined) blank = false;
        if (form !== undefined && byte === QUOTE) {
          if (quoted) quoted = false;
          // A doubled quote within a quoted field closes it and opens it again.
          else if (fieldStart || previous === QUOTE) quoted = true;
        }
        fieldStart = byte === delimiter && !quoted;
      }
      previous = byte;
    }
  }
  if (!blank) visit({ record, ...start });
}
