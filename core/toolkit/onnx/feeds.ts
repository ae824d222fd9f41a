import { GreenlightError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/schema.ts';
import { type Column, type Columns, NO_BOOLEAN } from '../table/columns.ts';
import type { TensorInfo } from './model-info.ts';

/** The tensor types that columns can feed. */
const FEEDABLE = ['float32', 'float64', 'int32', 'int64', 'bool', 'string'] as const;
export type FeedType = (typeof FEEDABLE)[number];

export type FeedData = Float32Array | Float64Array | Int32Array | BigInt64Array | Uint8Array | string[];

/** One input of a model, filled from its column batch by batch. */
export interface Feed {
  readonly name: string;
  readonly type: FeedType;
  /** The tensor's dimensions for so many rows: [rows] or [rows, 1]. */
  dims(rows: number): number[];
  /** The tensor's data for the rows [from, from + rows); the next call may reuse its memory. */
  fill(from: number, rows: number): FeedData;
}

/** The names of the columns that a model is fed with. Throws for inputs that no column can feed. */
export function inputColumns(inputs: readonly TensorInfo[]): readonly string[] {
  return inputs.map((input) => {
    feedType(input);
    return input.name;
  });
}

/**
 * Throws `model/missing-input` for inputs that have no column among those of the data, naming the nearest.
 */
export function requireColumns(inputs: readonly TensorInfo[], present: readonly string[]): void {
  const missing = inputColumns(inputs).filter((name) => !present.includes(name));
  if (missing.length === 0) return;
  const [first = ''] = missing;
  const near = nearest(first, present);
  throw new GreenlightError({
    code: 'model/missing-input',
    message: `the data have no column for the model's ${missing.length === 1 ? 'input' : 'inputs'} ${missing.map(quoted).join(', ')}`,
    mend:
      near === undefined
        ? `an input is fed by the column of its name; the data have: ${present.map(quoted).join(', ')}`
        : `did you mean the column ${quoted(near)}? An input is fed by the column of its name`,
  });
}

/** How a column fills an input, by the input's type. Throws `model/wrong-type`, `model/null-input`, `model/wide-input`. */
export function makeFeed(input: TensorInfo, columns: Columns, batch: number): Feed {
  const type = feedType(input);
  const rank = input.shape?.length ?? 1;
  return {
    name: input.name,
    type,
    dims: (rows) => (rank === 2 ? [rows, 1] : [rows]),
    fill: filler(input, type, columns.column(input.name), Math.min(batch, columns.rows)),
  };
}

function feedType(input: TensorInfo): FeedType {
  const type = FEEDABLE.find((candidate) => candidate === input.type);
  if (type === undefined) {
    throw new GreenlightError({
      code: 'model/wrong-type',
      message: `the model's input ${quoted(input.name)} is of type ${input.type}`,
      mend: `inputs that a column can feed are of type ${FEEDABLE.join(', ')}`,
    });
  }
  const [rows, width, ...rest] = input.shape ?? [];
  if (rest.length > 0 || (typeof width === 'number' && width !== 1)) {
    throw new GreenlightError({
      code: 'model/wide-input',
      message: `the model's input ${quoted(input.name)} has the shape [${input.shape?.map((size) => size || '?').join(', ')}]`,
      mend: 'give the model an input of shape [rows] or [rows, 1] per column, and join them inside the graph',
    });
  }
  if (typeof rows === 'number' && rows > 0) {
    throw new GreenlightError({
      code: 'model/fixed-batch',
      message: `the model's input ${quoted(input.name)} takes exactly ${rows} rows at a time`,
      mend: 'export the model with an open first dimension',
    });
  }
  return type;
}

function filler(input: TensorInfo, type: FeedType, column: Column, batch: number): Feed['fill'] {
  if (column.kind === 'text' && type === 'string')
    return fillTexts(input, column.codes, column.dictionary, batch);
  if (column.kind === 'number' && type !== 'string' && type !== 'bool') {
    const { values, nulls } = column;
    if (type === 'float32' || type === 'float64') return fillFloats(type, values, nulls, batch);
    refuseNulls(input, nulls === undefined ? 0 : countOf(nulls, 1));
    refuseBroken(input, type, values);
    return fillIntegers(type, values, batch);
  }
  if (column.kind === 'boolean' && type !== 'string') {
    const { values } = column;
    refuseNulls(input, countOf(values, NO_BOOLEAN));
    if (type === 'bool') return (from, rows) => values.subarray(from, from + rows);
    const numbers = Float64Array.from(values);
    return type === 'int32' || type === 'int64'
      ? fillIntegers(type, numbers, batch)
      : fillFloats(type, numbers, undefined, batch);
  }
  throw new GreenlightError({
    code: 'model/wrong-type',
    message: `the column ${quoted(input.name)} holds ${column.kind} values, the model's input of that name takes ${type}`,
    mend: 'encode inside the graph, or write the column in the type that the model takes',
  });
}

/** A missing number is NaN, as models that handle missing values take it. */
function fillFloats(
  type: 'float32' | 'float64',
  values: Float64Array,
  nulls: Uint8Array | undefined,
  batch: number,
): Feed['fill'] {
  const buffer = type === 'float32' ? new Float32Array(batch) : new Float64Array(batch);
  return (from, rows) => {
    for (let i = 0; i < rows; i++) {
      buffer[i] = nulls?.[from + i] === 1 ? Number.NaN : (values[from + i] ?? Number.NaN);
    }
    return buffer.subarray(0, rows);
  };
}

function fillIntegers(type: 'int32' | 'int64', values: Float64Array, batch: number): Feed['fill'] {
  if (type === 'int32') {
    const buffer = new Int32Array(batch);
    return (from, rows) => {
      for (let i = 0; i < rows; i++) buffer[i] = values[from + i] ?? 0;
      return buffer.subarray(0, rows);
    };
  }
  const buffer = new BigInt64Array(batch);
  return (from, rows) => {
    for (let i = 0; i < rows; i++) buffer[i] = BigInt(values[from + i] ?? 0);
    return buffer.subarray(0, rows);
  };
}

function fillTexts(
  input: TensorInfo,
  codes: Int32Array,
  dictionary: readonly string[],
  batch: number,
): Feed['fill'] {
  refuseNulls(input, countOf(codes, -1));
  const full = new Array<string>(batch).fill('');
  return (from, rows) => {
    const buffer = rows === batch ? full : new Array<string>(rows).fill('');
    for (let i = 0; i < rows; i++) buffer[i] = dictionary[codes[from + i] ?? 0] ?? '';
    return buffer;
  };
}

function refuseNulls({ name, type }: TensorInfo, nulls: number): void {
  if (nulls === 0) return;
  throw new GreenlightError({
    code: 'model/null-input',
    message: `${nulls} rows have no value in the column ${quoted(name)}, and the model's input takes ${type}`,
    mend: 'require the column in the data contract, or give the model a float input, where a missing value is NaN',
  });
}

function refuseBroken({ name, type }: TensorInfo, wanted: 'int32' | 'int64', values: Float64Array): void {
  const limit = wanted === 'int32' ? 2 ** 31 : 2 ** 53;
  let broken = 0;
  for (const value of values) if (!Number.isInteger(value) || value < -limit || value >= limit) broken++;
  if (broken === 0) return;
  throw new GreenlightError({
    code: 'model/wrong-type',
    message: `${broken} rows of the column ${quoted(name)} hold no ${type} number`,
    mend: `the model's input takes ${type}`,
  });
}

function countOf(values: Uint8Array | Int32Array, wanted: number): number {
  let count = 0;
  for (const value of values) if (value === wanted) count++;
  return count;
}

function quoted(name: string): string {
  return `\`${name}\``;
}
