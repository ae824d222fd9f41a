import { contract, MARKER, type Workspace } from './run.ts';

/** A bad input and what must come of it. It never passes in silence, shows no value and leaves no stack trace. */
export interface BadInput {
  readonly name: string;
  /** Two columns, an integer and a text, where nothing is said. */
  readonly contract?: string | Uint8Array;
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  /** What files alone don't say, or what must be made. */
  readonly make?: (workspace: Workspace) => void | Promise<void>;
  /** `--data`; the first of the files where nothing is said. */
  readonly data?: string;
  /** Instead of validate-data with `--contract c.yaml --data …`. */
  readonly args?: readonly string[];
  /** The exit code; 3 where nothing is said. */
  readonly exit?: 0 | 1 | 3;
  /** All findings, one line each: see `Run.findings`. */
  readonly findings: readonly (string | RegExp)[];
  /** What must stand in the output. */
  readonly says?: readonly RegExp[];
}

/** The contract where nothing is said. */
export const TWO = contract('- { name: a, logicalType: integer }\n- { name: b, logicalType: string }');

/** Bytes without their end. */
export function cut(bytes: Uint8Array, by: number): Uint8Array {
  return bytes.subarray(0, bytes.length - by);
}

/** Bytes of which one is another. */
export function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

const NUMBERS = Array.from({ length: 500 }, (_, index) => index);
/** A CSV file of two columns that keeps the contract. */
export const ROWS = `a,b\n${NUMBERS.map((index) => `${index},${MARKER}${(index * 7919) % 1000}\n`).join('')}`;
