import { piecesOf } from '../pieces.ts';

const STRING = 0x22;
const COMMA = 0x2c;
const BLANK = 0x20;
const ESCAPE = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const LOWER_CASE = 0x20;
const A = 0x61;
const I = 0x69;
const N = 0x6e;

/** What DuckDB takes in a text and RFC 8259 does not: NaN and infinities, a comma before a closing bracket; or a key twice. */
export type JsonFault = 'lenience' | 'key-twice';

/**
 * The first fault of a text that DuckDB reads as JSON, and the byte where it is seen; undefined where there is none. Keys are compared in
 * the objects within records alone.
 */
export async function firstJsonFault(
  file: string,
  format: 'ndjson' | 'json',
): Promise<{ readonly fault: JsonFault; readonly offset: number } | undefined> {
  const scanner = new FaultScanner(format === 'json' ? 1 : 0);
  let before = 0;
  for await (const bytes of piecesOf(file)) {
    const found = scanner.take(bytes);
    if (found !== undefined) return { fault: found.fault, offset: before + found.at };
    before += bytes.length;
  }
  return undefined;
}

class FaultScanner {
  /** How many brackets are open around a record. */
  private readonly outside: number;
  /** The keys of the objects that are open; undefined for arrays and records. */
  private readonly open: (Set<string> | undefined)[] = [];
  private inString = false;
  private escaped = false;
  /** The last byte outside of strings that is no blank. */
  private previous = 0;
  /** What earlier bytes hold of a key that is not closed. */
  private key: string | undefined;

  constructor(outside: number) {
    this.outside = outside;
  }

  take(bytes: Buffer): { readonly fault: JsonFault; readonly at: number } | undefined {
    let { inString, escaped, previous, key } = this;
    let keys = this.open.at(-1);
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === ESCAPE) escaped = true;
        else if (byte === STRING) {
          inString = false;
          if (key === undefined) continue;
          if (isTwice(keys, key + bytes.toString('latin1', start, at))) return { fault: 'key-twice', at };
          key = undefined;
        }
        continue;
      }
      if (byte <= BLANK) continue;
      if (byte === STRING) {
        inString = true;
        start = at + 1;
        if (keys !== undefined && (previous === OPEN_OBJECT || previous === COMMA)) key = '';
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        keys = byte === OPEN_OBJECT && this.open.length > this.outside ? new Set() : undefined;
        this.open.push(keys);
      } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
        if (previous === COMMA) return { fault: 'lenience', at };
        this.open.pop();
        keys = this.open.at(-1);
      } else {
        // The words of JSON are true, false and null.
        const letter = byte | LOWER_CASE;
        if (letter === I || (letter === A && (previous | LOWER_CASE) === N)) return { fault: 'lenience', at };
      }
      previous = byte;
    }
    if (key !== undefined) key += bytes.toString('latin1', start);
    Object.assign(this, { inString, escaped, previous, key });
    return undefined;
  }
}

/** Whether the innermost object has a key already, which it has from now on. */
function isTwice(keys: Set<string> | undefined, written: string): boolean {
  const key = written.includes('\\') ? unescaped(written) : written;
  const twice = keys?.has(key) ?? false;
  keys?.add(key);
  return twice;
}

/** A key without escapes, as its UTF-8 bytes. */
function unescaped(written: string): string {
  const text = Buffer.from(written, 'latin1').toString('utf8');
  return Buffer.from(JSON.parse(`"${text}"`) as string, 'utf8').toString('latin1');
}
