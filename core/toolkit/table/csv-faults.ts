import { piecesOf } from '../pieces.ts';
import { type CellState, cellState, type RecordForm, type RecordStart } from './records.ts';
import { RECORD_LIMIT } from './source.ts';

type CsvForm = Extract<RecordForm, { format: 'csv' }>;

/** What makes a record of a CSV file unreadable. */
export type CsvFault = 'few-cells' | 'many-cells' | 'quotes' | 'line-end' | 'too-long';

/** A fault, where it stands first, and how many records have it. */
export interface FoundFault {
  readonly fault: CsvFault;
  readonly first: RecordStart;
  readonly records: number;
}

/**
 * Reads a CSV file by RFC 4180 and gives the faults of its records, the earliest first: what DuckDB gave up at, which would keep a copy
 * of every record it rejects. A blank line is no record unless there is one column; empty cells after the last column are passed, as by DuckDB.
 */
export async function csvFaults(file: string, form: CsvForm): Promise<readonly FoundFault[]> {
  const scanner = new FaultScanner(form);
  for await (const piece of piecesOf(file)) scanner.take(piece);
  return scanner.end();
}

const LF = 0x0a;
const CR = 0x0d;

class FaultScanner {
  private readonly form: CsvForm;
  private readonly delimiter: number;
  private readonly quote: number;
  private readonly found = new Map<CsvFault, { first: RecordStart; records: number }>();
  private readonly own = new Set<CsvFault>();
  private state: CellState = 'start';
  private start: RecordStart;
  private line = 1;
  private offset = 0;
  private delimiters = 0;
  /** How many cells there are up to the last one that is not empty. */
  private filled = 0;
  /** Whether a line end of two bytes is half read. */
  private afterCr = false;
  private firstEnd: string | undefined;

  constructor(form: CsvForm) {
    this.form = form;
    this.delimiter = form.delimiter.charCodeAt(0);
    this.quote = form.quote === '' ? -1 : form.quote.charCodeAt(0);
    this.start = { record: form.header ? 0 : 1, line: 1, offset: 0 };
  }

  take(bytes: Buffer): void {
    for (const byte of bytes) {
      if (this.afterCr) {
        this.afterCr = false;
        if (byte === LF) {
          this.offset += 1;
          this.endRecord('\r\n');
          continue;
        }
        this.endRecord('\r');
      }
      this.step(byte);
      this.offset += 1;
      if (byte === LF && this.state !== 'quoted') this.endRecord('\n');
    }
  }

  end(): readonly FoundFault[] {
    if (this.afterCr) this.endRecord('\r');
    else if (this.offset > this.start.offset) {
      if (this.state === 'quoted') this.own.add('quotes');
      this.endRecord(undefined);
    }
    return [...this.found]
      .map(([fault, { first, records }]) => ({ fault, first, records }))
      .sort((a, b) => a.first.offset - b.first.offset);
  }

  private step(byte: number): void {
    if (this.state === 'quoted') {
      if (byte === LF) this.line += 1;
      this.state = cellState(this.state, byte, this.quote);
    } else if (byte === this.delimiter) {
      this.delimiters += 1;
      this.state = 'start';
    } else if (byte === CR) this.afterCr = true;
    else if (byte !== LF) {
      this.filled = this.delimiters + 1;
      this.state = cellState(this.state, byte, this.quote);
      if (this.state === 'spoilt') this.own.add('quotes');
    }
  }

  /** The last record may have no line end. */
  private endRecord(lineEnd: string | undefined): void {
    const length = this.offset - this.start.offset - (lineEnd ?? '').length;
    this.line += 1;
    const isRecord = length > 0 || this.form.columns === 1 || this.start.record === 0;
    if (isRecord) {
      this.firstEnd ??= lineEnd;
      if (lineEnd !== undefined && lineEnd !== this.firstEnd) this.own.add('line-end');
      if (length > RECORD_LIMIT) this.own.add('too-long');
      if (this.start.record > 0) this.countCells();
      for (const fault of this.own) this.note(fault);
    }
    this.own.clear();
    this.start = { record: this.start.record + (isRecord ? 1 : 0), line: this.line, offset: this.offset };
    this.state = 'start';
    this.delimiters = 0;
    this.filled = 0;
  }

  private countCells(): void {
    if (this.delimiters + 1 < this.form.columns) this.own.add('few-cells');
    else if (this.filled > this.form.columns) this.own.add('many-cells');
  }

  private note(fault: CsvFault): void {
    const before = this.found.get(fault);
    this.found.set(fault, { first: before?.first ?? this.start, records: (before?.records ?? 0) + 1 });
  }
}
