/** One field of a message on the wire (protobuf.dev/programming-guides/encoding). */
export interface Field {
  readonly number: number;
  /** A varint; 0 for the other wire types. Beyond 2^53 it is rounded. */
  readonly integer: number;
  /** The content of a length-delimited field; empty for the other wire types. */
  readonly bytes: Uint8Array;
  /** Where the field stands in the message, tag included. */
  readonly start: number;
  readonly end: number;
}

/** Thrown where bytes are no protobuf message. */
export class NotProtobuf extends Error {}

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;

/** The fields of a message in their order. Throws {@link NotProtobuf}; it never reads beyond the message. */
export function* fields(message: Uint8Array): Generator<Field> {
  for (let at = 0; at < message.length; ) {
    const start = at;
    const tag = varint(message, at);
    at = tag.end;
    const number = Math.floor(tag.value / 8);
    if (number === 0) throw new NotProtobuf('field number 0');
    let integer = 0;
    let bytes = message.subarray(0, 0);
    switch (tag.value % 8) {
      case VARINT: {
        const read = varint(message, at);
        integer = read.value;
        at = read.end;
        break;
      }
      case FIXED64:
        at += 8;
        break;
      case LENGTH: {
        const length = varint(message, at);
        at = length.end + length.value;
        if (at > message.length) throw new NotProtobuf('a field reaches beyond its message');
        bytes = message.subarray(length.end, at);
        break;
      }
      case FIXED32:
        at += 4;
        break;
      default:
        throw new NotProtobuf('unknown wire type');
    }
    if (at > message.length) throw new NotProtobuf('a field reaches beyond its message');
    yield { number, integer, bytes, start, end: at };
  }
}

function varint(message: Uint8Array, from: number): { value: number; end: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < message.length && at < from + 10; at++) {
    const byte = message[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, end: at + 1 };
    scale *= 128;
  }
  throw new NotProtobuf('a varint without an end');
}

/** A length-delimited field as bytes. */
export function lengthField(number: number, content: Uint8Array): Uint8Array {
  return concat([varintBytes(number * 8 + LENGTH), varintBytes(content.length), content]);
}

/** A varint field as bytes. */
export function varintField(number: number, value: number): Uint8Array {
  return concat([varintBytes(number * 8 + VARINT), varintBytes(value)]);
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** A text field's content. Throws {@link NotProtobuf} where it is not UTF-8. */
export function text(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new NotProtobuf('a text that is not UTF-8');
  }
}

export function bytesOf(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
