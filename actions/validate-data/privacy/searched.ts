/** A column in which personal data are sought. */
export interface SearchedColumn {
  readonly name: string;
  /** What its values are: single ones, JSON texts whose parts are looked at, or what can't be looked into. */
  readonly holds: 'values' | 'parts' | 'unread';
}

/** The sampled values of a table's columns, one column at a time. */
export interface Sample extends AsyncDisposable {
  /** The rows of the sample. */
  readonly rows: number;
  /** Each value of a column as text, with the rows of the sample that have it, in the order of the texts. */
  valuesOf(column: string): Promise<ReadonlyMap<string, number>>;
}

/** A table in which personal data are sought. */
export interface Searched {
  readonly columns: readonly SearchedColumn[];
  /** Takes a sample of some of its columns; `rows` is how many the table has. */
  sample(columns: readonly SearchedColumn[], rows: number): Promise<Sample>;
}

/** The most values of a column that are looked at, and of all columns together. */
export const SAMPLE_SIZE = 20_000;
const ALL_COLUMNS = 1_000_000;

/** The most rows of a sample of so many columns. */
export function sampleSize(columns: number): number {
  return Math.min(SAMPLE_SIZE, Math.max(1, Math.floor(ALL_COLUMNS / columns)));
}

/** A column with values in a smaller share of the sampled rows has them sampled by themselves. */
export const FEW = 1 / 20;

/** Another seed is another sample; the same one is the same sample of the same data. */
export const SEED = 4711;

/** Within this many characters of a value is sought; of a nested one, within these. */
export const LONGEST = 1000;
export const LONGEST_NESTED = 20_000;

/**
 * The number below which an evenly spread hash of 64 bits, from 0, takes a row, so that `size` rows are about three standard deviations more
 * than are expected of each row with the same chance; undefined where all rows are no more.
 */
export function hashLimit(rows: number, size: number): bigint | undefined {
  if (rows <= size) return undefined;
  const share = (size - 3 * Math.sqrt(size)) / rows;
  // A double has 53 bits of the 64 of a hash.
  return BigInt(Math.floor(share * 2 ** 53)) << 11n;
}
