import { createReadStream } from 'node:fs';

const STRING = 0x22;
const COMMA = 0x2c;
const BLANK = 0x20;
const ESCAPE = 0x5c;
const CLOSE_ARRAY = 0x5d;
const CLOSE_OBJECT = 0x7d;
const LOWER_CASE = 0x20;
const [A, I, N] = [0x61, 0x69, 0x6e];

/**
 * Where a text that DuckDB reads as JSON first is none by RFC 8259: NaN and infinities, in whatever case, and a comma before a closing
 * bracket, which DuckDB takes. The byte's offset; undefined where there is none.
 */
export async function firstLenience(file: string): Promise<number | undefined> {
  let offset = 0;
  let inString = false;
  let escaped = false;
  let previous = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) {
    const bytes = chunk as Buffer;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === ESCAPE) escaped = true;
        else if (byte === STRING) inString = false;
        continue;
      }
      if (byte <= BLANK) continue;
      if (previous === COMMA && (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)) return offset + at;
      // The words of JSON are true, false and null.
      const letter = byte | LOWER_CASE;
      if (letter === I || (letter === A && (previous | LOWER_CASE) === N)) return offset + at;
      inString = byte === STRING;
      previous = byte;
    }
    offset += bytes.length;
  }
  return undefined;
}
