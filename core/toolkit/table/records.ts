import { piecesOf } from '../pieces.ts';

/** How a text file's records are told apart. */
export type RecordForm =
  | {
      readonly format: 'csv';
      readonly delimiter: string;
      /** Empty where nothing is quoted. */
      readonly quote: string;
      readonly columns: number;
      /** Whether the first record holds names. */
      readonly header: boolean;
    }
  /** The lines that are not blank. */
  | { readonly format: 'ndjson' }
  /** The elements of one array. */
  | { readonly format: 'json' };

/** Where a record begins. */
export interface RecordStart {
  /** The first data record is 1; a CSV's header is 0. */
  readonly record: number;
  /** The physical line, from 1. */
  readonly line: number;
  /** Bytes before it. */
  readonly offset: number;
}

/** Takes a {@link RecordStart} in pieces: objects would cost more than all the rest. */
type Visit = (record: number, line: number, offset: number) => boolean;

const PEEK = 1 << 16;

/** The physical lines at which records of a text file begin. */
export async function linesOfRecords(
  file: string,
  records: readonly number[],
  form: RecordForm,
): Promise<ReadonlyMap<number, number>> {
  const found = new Map<number, number>();
  const wanted = [...new Set(records)].sort((a, b) => a - b);
  let next = wanted[0];
  if (next === undefined) return found;
  await scanRecords(file, form, (record, line) => {
    if (record !== next) return true;
    found.set(record, line);
    next = wanted[found.size];
    return next !== undefined;
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
  const visit: Visit = (record, line, start) => {
    if (start <= offset) last = { record, line, offset: start };
    return start < offset;
  };
  // The record may be as long as the rest of the file: a little of it tells that it is there.
  await scanRecords(file, form, visit, offset + PEEK);
  return last;
}

/** Visits the records of a file, or of its first bytes, in order until `visit` says false. */
export async function scanRecords(
  file: string,
  form: RecordForm,
  visit: Visit,
  bytes = Number.POSITIVE_INFINITY,
): Promise<void> {
  const scan = form.format === 'json' ? elementScanner(visit) : new LineScanner(form, visit);
  for await (const piece of piecesOf(file, bytes)) {
    if (!scan.take(piece)) return;
  }
  scan.end();
}

interface Scanner {
  /** False when enough was seen. */
  take(bytes: Buffer): boolean;
  end(): void;
}

const LF = 0x0a;
const CR = 0x0d;
const BLANK = 0x20;
const TAB = 0x09;
const BLANKS: ReadonlySet<number> = new Set([BLANK, TAB, CR]);
const NO_BYTE = -1;

/** Where in a cell of a CSV a byte stands; `spoilt`: after a quote that was closed too early. */
export type CellState = 'start' | 'blank' | 'plain' | 'quoted' | 'closed' | 'spoilt';

/** The state after a byte that is no delimiter and no line end, or that is quoted. As DuckDB, one blank may stand before a quote. */
export function cellState(state: CellState, byte: number, quote: number): CellState {
  switch (state) {
    case 'start':
      return byte === quote ? 'quoted' : byte === BLANK ? 'blank' : 'plain';
    case 'blank':
      return byte === quote ? 'quoted' : 'plain';
    case 'quoted':
      return byte === quote ? 'closed' : 'quoted';
    case 'closed':
      // A doubled quote within a quoted cell closes it and opens it again.
      return byte === quote ? 'quoted' : byte === BLANK ? 'closed' : 'spoilt';
    default:
      return state;
  }
}

/** Quoted fields of a CSV may hold line ends. A blank line is no record, unless the CSV has a single column. */
class LineScanner implements Scanner {
  private readonly visit: Visit;
  private readonly csv: boolean;
  private readonly delimiter: number;
  private readonly quote: number;
  private readonly blankCounts: boolean;
  private record: number;
  private line = 1;
  private offset = 0;
  private startLine = 1;
  private startOffset = 0;
  private cell: CellState = 'start';
  private blank = true;
  private previous = 0;

  constructor(form: Exclude<RecordForm, { format: 'json' }>, visit: Visit) {
    this.visit = visit;
    this.csv = form.format === 'csv';
    this.delimiter = form.format === 'csv' ? form.delimiter.charCodeAt(0) : NO_BYTE;
    this.quote = form.format === 'csv' && form.quote !== '' ? form.quote.charCodeAt(0) : NO_BYTE;
    this.blankCounts = form.format === 'csv' && form.columns === 1;
    this.record = form.format === 'csv' && form.header ? 0 : 1;
  }

  take(bytes: Buffer): boolean {
    const plain = new PlainLines(bytes, this.quote, this.csv);
    for (let at = 0; at < bytes.length; ) {
      const fresh = this.startOffset === this.offset + at && (this.previous !== CR || !this.csv);
      const end = fresh ? plain.endOfLine(at) : undefined;
      if (end === undefined) {
        if (!this.step(bytes[at] as number, this.offset + at + 1)) return false;
        at += 1;
        continue;
      }
      this.blank = this.csv ? end.length === 0 : isBlank(bytes, at, end.length);
      if (!this.endLine(this.offset + end.next)) return false;
      this.previous = LF;
      at = end.next;
    }
    this.offset += bytes.length;
    return true;
  }

  end(): void {
    if (!this.blank) this.visit(this.record, this.startLine, this.startOffset);
  }

  private step(byte: number, next: number): boolean {
    const { previous } = this;
    const quoted = this.cell === 'quoted';
    this.previous = byte;
    if (byte === LF && previous === CR && this.csv) {
      if (!quoted) this.begin(next);
      return true;
    }
    if (byte === LF || (byte === CR && this.csv)) {
      if (!quoted) return this.endLine(next);
      this.line += 1;
      return true;
    }
    if (this.csv || !BLANKS.has(byte)) this.blank = false;
    if (byte === this.delimiter && !quoted) this.cell = 'start';
    else if (this.csv) this.cell = cellState(this.cell, byte, this.quote);
    return true;
  }

  private endLine(next: number): boolean {
    this.line += 1;
    if (!this.blank || this.blankCounts || this.record === 0) {
      if (!this.visit(this.record, this.startLine, this.startOffset)) return false;
      this.record += 1;
    }
    this.blank = true;
    this.cell = 'start';
    this.begin(next);
    return true;
  }

  private begin(offset: number): void {
    this.startLine = this.line;
    this.startOffset = offset;
  }
}

/** The lines of a chunk that end in LF or CR LF and hold no quote: their ends are found without looking at each byte. */
class PlainLines {
  private readonly bytes: Buffer;
  private readonly quote: number;
  private nextQuote = -1;
  private nextCr: number;

  /** Where CR by itself ends no line, it is looked at no further. */
  constructor(bytes: Buffer, quote: number, crEnds: boolean) {
    this.bytes = bytes;
    this.quote = quote;
    this.nextCr = crEnds ? -1 : Number.POSITIVE_INFINITY;
  }

  /** The length of the line without its end, and where the next one begins; undefined where it must be read byte by byte. */
  endOfLine(at: number): { readonly length: number; readonly next: number } | undefined {
    if (this.nextQuote < at) this.nextQuote = this.quote === NO_BYTE ? Infinity : this.find(this.quote, at);
    if (this.nextCr < at) this.nextCr = this.find(CR, at);
    const lf = this.bytes.indexOf(LF, at);
    if (lf === -1 || this.nextQuote < lf || this.nextCr < lf - 1) return undefined;
    return { length: (this.nextCr === lf - 1 ? lf - 1 : lf) - at, next: lf + 1 };
  }

  private find(byte: number, from: number): number {
    const at = this.bytes.indexOf(byte, from);
    return at === -1 ? Infinity : at;
  }
}

function isBlank(bytes: Buffer, at: number, length: number): boolean {
  for (let index = at; index < at + length; index++) {
    if (!BLANKS.has(bytes[index] as number)) return false;
  }
  return true;
}

const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const COMMA = 0x2c;
const STRING = 0x22;
const ESCAPE = 0x5c;

/** The elements of the outermost array of a JSON text that is known to be well-formed up to where it is read. */
function elementScanner(visit: Visit): Scanner {
  let record = 0;
  let line = 1;
  let offset = 0;
  let depth = 0;
  let inString = false;
  let escaped = false;
  let awaited = false;
  let previous = 0;
  return {
    take(bytes) {
      for (let at = 0; at < bytes.length; at++) {
        const byte = bytes[at] as number;
        if (byte === LF ? previous !== CR : byte === CR) line += 1;
        previous = byte;
        if (inString) {
          if (escaped) escaped = false;
          else if (byte === ESCAPE) escaped = true;
          else if (byte === STRING) inString = false;
          continue;
        }
        if (byte <= BLANK) continue;
        if (byte === COMMA) {
          awaited ||= depth === 1;
          continue;
        }
        if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
          depth -= 1;
          continue;
        }
        if (awaited) {
          record += 1;
          awaited = false;
          if (!visit(record, line, offset + at)) return false;
        }
        if (byte === STRING) inString = true;
        else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
          awaited = depth === 0;
          depth += 1;
        }
      }
      offset += bytes.length;
      return true;
    },
    end() {},
  };
}
