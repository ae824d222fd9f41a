import {
  FEW,
  hashLimit,
  LONGEST,
  LONGEST_NESTED,
  type Sample,
  type SearchedColumn,
  sampleSize,
} from './searched.ts';

/** The most characters of a sample, which is held in memory. */
const MOST_CHARACTERS = 1 << 28;

/** A table of a server, as a sample of it is taken. */
export interface SampledTable {
  query(sql: string): Promise<readonly (readonly unknown[])[]>;
  /** What follows FROM. */
  readonly from: string;
  /** The SQL of a row's hash, a signed integer of 64 bits. */
  readonly hash: string;
  /** The SQL of each column's text by its name: NULL where it is, empty for what has no text that could be sought in. */
  readonly texts: ReadonlyMap<string, string>;
}

/**
 * Takes the rows with the least hashes, of about so many as are wanted; then, of columns that are nearly empty, values by themselves. Takes one scan, and
 * one for each such column. `rows` is how many the table has.
 */
export async function sampleServer(
  { query, from, hash, texts: all }: SampledTable,
  columns: readonly SearchedColumn[],
  rows: number,
): Promise<Sample> {
  const longest = columns.map(({ holds }) => (holds === 'parts' ? LONGEST_NESTED : LONGEST));
  const room = Math.floor(MOST_CHARACTERS / longest.reduce((sum, length) => sum + length, 0));
  const size = Math.max(1, Math.min(sampleSize(columns.length), room));
  const limit = hashLimit(rows, size);
  const few = limit === undefined ? '' : ` WHERE ${hash} < ${limit - 2n ** 63n}`;
  const texts = columns.map(({ name }) => all.get(name));
  const select = texts.map((sql, index) => `${sql} AS v${index}`).join(', ');
  const taken = await query(`SELECT ${select} FROM ${from}${few} ORDER BY ${hash} LIMIT ${size}`);
  const values = new Map<string, ReadonlyMap<string, number>>();
  for (const [index, { name }] of columns.entries()) {
    let own: readonly unknown[] = taken.map((row) => row[index]).filter((value) => value !== null);
    if (limit !== undefined && own.length < FEW * size) {
      const text = texts[index];
      const found = await query(
        `SELECT ${text} FROM ${from} WHERE ${text} IS NOT NULL ORDER BY ${hash} LIMIT ${size}`,
      );
      own = found.map(([value]) => value);
    }
    values.set(name, counted(own.map(String)));
  }
  return {
    rows: taken.length,
    valuesOf: async (column) => values.get(column) ?? new Map(),
    async [Symbol.asyncDispose]() {},
  };
}

function counted(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values.toSorted()) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}
