import { isUtf8 } from 'node:buffer';
import { Transform } from 'node:stream';
import { GreenlightError } from '../../kernel/errors.ts';

/** The encodings of text files that are read. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'latin-1';

const NAMES: Readonly<Record<string, Encoding | 'utf-16'>> = {
  'utf-8': 'utf-8',
  utf8: 'utf-8',
  'utf-8-sig': 'utf-8',
  'utf-16': 'utf-16',
  utf16: 'utf-16',
  'utf-16le': 'utf-16le',
  'utf-16be': 'utf-16be',
  'latin-1': 'latin-1',
  latin1: 'latin-1',
  'iso-8859-1': 'latin-1',
};

/**
 * The encoding of a text file: by its byte order mark, which a declared one must not contradict, else as declared, else UTF-8.
 * Throws `data/encoding`.
 */
export function encodingOf(head: Uint8Array, name: string, declared: string | undefined): Encoding {
  const marked = byMark(head);
  const wanted = declared === undefined ? undefined : NAMES[declared.toLowerCase().replaceAll('_', '-')];
  const fault = (message: string, mend: string): GreenlightError =>
    new GreenlightError({ code: 'data/encoding', message, place: { file: name }, mend });
  if (declared !== undefined && wanted === undefined) {
    throw fault(
      `the encoding ${declared} of ${name} is not read`,
      'read are: utf-8, utf-16 (with a byte order mark), utf-16le, utf-16be, latin-1',
    );
  }
  if (marked === 'utf-32') throw fault(`${name} is UTF-32`, 'write it as UTF-8');
  if (wanted === 'utf-16') {
    if (marked === 'utf-16le' || marked === 'utf-16be') return marked;
    throw fault(`${name} has no byte order mark of UTF-16`, 'declare utf-16le or utf-16be');
  }
  if (marked !== undefined && wanted !== undefined && wanted !== marked) {
    throw fault(`${name} is declared as ${wanted}; its byte order mark says ${marked}`, `declare ${marked}`);
  }
  return marked ?? wanted ?? 'utf-8';
}

function byMark(head: Uint8Array): Encoding | 'utf-32' | undefined {
  const begins = (...bytes: number[]): boolean => bytes.every((byte, index) => head[index] === byte);
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) return 'utf-32';
  if (begins(0xff, 0xfe)) return 'utf-16le';
  if (begins(0xfe, 0xff)) return 'utf-16be';
  return begins(0xef, 0xbb, 0xbf) ? 'utf-8' : undefined;
}

/** The byte order mark. */
const MARK = '\ufeff';

/** A byte that no UTF-8 holds: it stands for what can't be decoded, so that one check finds and places both. */
const UNDECODABLE = 0xff;

/** Turns a text into UTF-8, a chunk at a time. What is no text in the encoding becomes a byte that is not UTF-8. */
export function toUtf8(from: Exclude<Encoding, 'utf-8'>): Transform {
  if (from === 'latin-1') {
    return new Transform({
      transform(chunk: Buffer, _, done) {
        done(null, Buffer.from(chunk.toString('latin1'), 'utf8'));
      },
    });
  }
  let rest: Buffer = Buffer.alloc(0);
  let begun = false;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      let whole = bytes.length - (bytes.length % 2);
      const high = bytes[from === 'utf-16le' ? whole - 1 : whole - 2] ?? 0;
      // The first half of a pair waits for the second.
      if (high >= 0xd8 && high < 0xdc) whole -= 2;
      rest = Buffer.from(bytes.subarray(whole));
      const units = Buffer.from(bytes.subarray(0, whole));
      if (from === 'utf-16be') units.swap16();
      const text = units.toString('utf16le');
      done(null, encoded(begun || !text.startsWith(MARK) ? text : text.slice(1)));
      begun ||= whole > 0;
    },
    flush(done) {
      done(null, rest.length === 0 ? undefined : Buffer.of(UNDECODABLE));
    },
  });
}

function encoded(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text, 'utf8');
  const parts = text.split(/(?<![\ud800-\udbff])[\udc00-\udfff]|[\ud800-\udbff](?![\udc00-\udfff])/);
  return Buffer.concat(
    parts.flatMap((part, index) => [
      ...(index === 0 ? [] : [Buffer.of(UNDECODABLE)]),
      Buffer.from(part, 'utf8'),
    ]),
  );
}

const LF = 0x0a;
const CR = 0x0d;
const NO_BYTE = -1;

/** What is wrong with the bytes of a text, and where. */
export interface TextFault {
  readonly is: 'undecodable' | 'nul' | 'line-too-long';
  /** Of a byte of the line that holds it. */
  readonly offset: number;
}

/**
 * Checks chunks of a UTF-8 text for bytes that are none, for NUL, which no writer of data means, and for lines over a limit that is
 * larger than a chunk. Where CR ends a line too, it is looked for in chunks without LF alone.
 */
export class TextCheck {
  private readonly lineLimit: number;
  private readonly crEnds: boolean;
  private rest: Buffer = Buffer.alloc(0);
  private offset = 0;
  private lineStart = 0;

  constructor(lineLimit = Number.POSITIVE_INFINITY, crEnds = false) {
    this.lineLimit = lineLimit;
    this.crEnds = crEnds;
  }

  /** The first fault of the text so far; call no more after one. */
  take(chunk: Buffer): TextFault | undefined {
    const nul = chunk.indexOf(0);
    const start = this.offset - this.rest.length;
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const whole = bytes.length - unfinished(bytes);
    this.rest = Buffer.from(bytes.subarray(whole));
    const nulAt = nul === -1 ? undefined : this.offset + nul;
    this.offset += chunk.length;
    const text = bytes.subarray(0, whole);
    if (!isUtf8(text)) {
      const at = start + firstUndecodable(text);
      if (nulAt === undefined || at <= nulAt) return { is: 'undecodable', offset: at };
    }
    return nulAt === undefined ? this.lineFault(chunk) : { is: 'nul', offset: nulAt };
  }

  private lineFault(chunk: Buffer): TextFault | undefined {
    if (this.lineLimit === Number.POSITIVE_INFINITY) return undefined;
    const before = this.offset - chunk.length;
    const lineEnd = this.crEnds && !chunk.includes(LF) ? CR : LF;
    const first = chunk.indexOf(lineEnd);
    const end = first === -1 ? this.offset : before + first;
    if (end - this.lineStart > this.lineLimit) return { is: 'line-too-long', offset: this.lineStart };
    if (first !== -1) this.lineStart = before + chunk.lastIndexOf(lineEnd) + 1;
    return undefined;
  }

  /** A character that the text's end cuts. */
  end(): TextFault | undefined {
    return this.rest.length === 0 ? undefined : { is: 'undecodable', offset: this.offset - this.rest.length };
  }
}

/** Looks in chunks of a text for a line end after an odd number of quotes. */
export class FoldCheck {
  folded = false;
  private readonly quote: number;
  private quoted = false;

  /** `quote` is one ASCII character, or empty: then nothing is folded. */
  constructor(quote: string) {
    this.quote = quote === '' ? NO_BYTE : quote.charCodeAt(0);
  }

  take(bytes: Buffer): void {
    if (this.folded || this.quote === NO_BYTE || (!this.quoted && !bytes.includes(this.quote))) return;
    for (const byte of bytes) {
      if (byte === this.quote) this.quoted = !this.quoted;
      else if (this.quoted && (byte === LF || byte === CR)) {
        this.folded = true;
        return;
      }
    }
  }
}

/** How many bytes at the end are the beginning of a character. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return back < length ? back : 0;
  }
  return 0;
}

/** The offset of the line with the first character that is not UTF-8. */
function firstUndecodable(bytes: Buffer): number {
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(LF, start);
    const next = end === -1 ? bytes.length : end + 1;
    if (!isUtf8(bytes.subarray(start, next))) return start;
    start = next;
  }
  return bytes.length;
}
