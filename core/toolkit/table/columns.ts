/** Numbers; the value at a null is 0. Integers beyond 2^53 are rounded to the nearest double. */
export interface NumberColumn {
  readonly kind: 'number';
  readonly values: Float64Array;
  /** 1 where the row has no value; undefined where every row has one. */
  readonly nulls: Uint8Array | undefined;
}

/** Texts, each distinct one once. */
export interface TextColumn {
  readonly kind: 'text';
  /** Indices into `dictionary`; -1 where the row has no value. */
  readonly codes: Int32Array;
  readonly dictionary: readonly string[];
}

/** Calendar days; timestamps are cut to their day in UTC. */
export interface DateColumn {
  readonly kind: 'date';
  /** Days since 1970-01-01; {@link NO_DATE} where the row has no value. */
  readonly days: Int32Array;
}

export interface BooleanColumn {
  readonly kind: 'boolean';
  /** 1, 0; {@link NO_BOOLEAN} where the row has no value. */
  readonly values: Uint8Array;
}

/** One column of a data file as typed arrays, one entry a row, in the file's order. */
export type Column = NumberColumn | TextColumn | DateColumn | BooleanColumn;

/** Chosen columns of a data file. */
export interface Columns {
  readonly rows: number;
  /** Throws `data/no-column`, naming the nearest one, where it was not read. */
  column(name: string): Column;
}

/** What {@link DateColumn.days} holds for null. */
export const NO_DATE = -2147483648;

/** What {@link BooleanColumn.values} holds for null. */
export const NO_BOOLEAN = 255;
