import { cellOf, storageOf } from '../../../core/toolkit/table/cells.ts';
import type { DataColumn, DataTable } from '../../../core/toolkit/table/open.ts';

/** The most values of a column that are looked at, and of all columns together. */
export const SAMPLE_SIZE = 20_000;
const ALL_COLUMNS = 1_000_000;

/** A column with values in a smaller share of the sampled rows has them sampled by themselves. */
const FEW = 1 / 20;

/** Columns of JSON that are read at a time: each takes the room of thousands of rows. */
const JSON_COLUMNS = 250;

/** So many values are read at a time. */
const BATCH = 100_000;

/** Another seed is another sample; the same one is the same sample of the same bytes, by however many threads. */
const SEED = 4711;

/** Within this many characters of a value is sought; of a nested one, within these. */
const LONGEST = 1000;
const LONGEST_NESTED = 20_000;

/** The sampled values of a table's columns, one column at a time. */
export interface Sample extends AsyncDisposable {
  /** The rows of the sample. */
  readonly rows: number;
  /** Each value of a column as text, with the rows of the sample that have it, in the order of the texts. */
  valuesOf(column: DataColumn): Promise<ReadonlyMap<string, number>>;
}

/**
 * Takes the rows whose numbers have a small hash; then, of columns that are nearly empty, values by themselves: those of the rows whose
 * numbers have the least hashes. `rows` is how many the table has.
 */
export async function takeSample(
  table: DataTable,
  columns: readonly DataColumn[],
  rows: number,
): Promise<Sample> {
  const size = Math.min(SAMPLE_SIZE, Math.max(1, Math.floor(ALL_COLUMNS / columns.length)));
  const texts = columns.map((column) => textOf(table, column));
  await table.query('CREATE OR REPLACE TEMP TABLE greenlight_sample (n INTEGER, v VARCHAR, rows BIGINT)');
  const together = /json/.test(table.format) ? JSON_COLUMNS : Math.max(1, texts.length);
  for (let first = 0; first < texts.length; first += together) {
    const slice = texts.slice(first, first + together).map((sql, index) => ({ sql, n: first + index }));
    const select = slice.map(({ sql, n }) => `${sql} AS v${n}`).join(', ');
    // One row a value: a table of thousands of columns takes more memory than all its values. LIMIT keeps to the order of the data.
    await numbered(
      table,
      `INSERT INTO greenlight_sample SELECT n, v, count(*) FROM (
         SELECT unnest([${slice.map(({ n }) => n).join(', ')}]) AS n, unnest([${slice.map(({ n }) => `v${n}`).join(', ')}]) AS v
         FROM (SELECT ${select} FROM ${table.from('record')} WHERE ${isTaken(rows, size)} LIMIT ${size})
       ) GROUP BY n, v ORDER BY n, v`,
    );
  }
  const counted = await table.query(
    'SELECT n, sum(rows), coalesce(sum(rows) FILTER (v IS NOT NULL), 0) FROM greenlight_sample GROUP BY n',
  );
  const sparse =
    rows > size ? counted.filter(([, , filled]) => Number(filled) < FEW * size).map(([n]) => Number(n)) : [];
  if (sparse.length > 0) {
    const least = sparse.map((n) => `arg_min(${texts[n]}, hash(record + ${SEED}), ${size}) AS v${n}`);
    await table.query(`DELETE FROM greenlight_sample WHERE n IN (${sparse.join(', ')})`);
    await numbered(
      table,
      `INSERT INTO greenlight_sample SELECT n, v, count(*) FROM (
         SELECT n, unnest(list) AS v FROM (
           SELECT unnest([${sparse.join(', ')}]) AS n, unnest([${sparse.map((n) => `v${n}`).join(', ')}]) AS list
           FROM (SELECT ${least.join(', ')} FROM ${table.from('record')})
         )
       ) GROUP BY n, v`,
    );
  }
  const batch = Math.max(1, Math.floor(BATCH / size));
  let read: { readonly first: number; readonly values: readonly Map<string, number>[] } | undefined;
  return {
    rows: Number(counted[0]?.[1] ?? 0),
    async valuesOf(column) {
      const index = columns.indexOf(column);
      if (read === undefined || index < read.first || index >= read.first + batch)
        read = { first: index, values: await readValues(table, index, batch) };
      return read.values[index - read.first] ?? new Map();
    },
    async [Symbol.asyncDispose]() {
      await table.query('DROP TABLE IF EXISTS greenlight_sample');
    },
  };
}

/** The values of columns from one on. */
async function readValues(
  table: DataTable,
  first: number,
  columns: number,
): Promise<readonly Map<string, number>[]> {
  const found = await table.query(
    `SELECT n, v, rows FROM greenlight_sample WHERE n >= ${first} AND n < ${first + columns} AND v IS NOT NULL ORDER BY n, v`,
  );
  const values = Array.from({ length: columns }, () => new Map<string, number>());
  for (const [n, value, rows] of found) values[Number(n) - first]?.set(String(value), Number(rows));
  return values;
}

/**
 * Runs a statement over numbered rows. In text they are numbered one by one by one thread: a second one only takes time, up to as much
 * again.
 */
async function numbered(table: DataTable, sql: string): Promise<void> {
  if (table.format === 'parquet') {
    await table.query(sql);
    return;
  }
  const [[threads] = []] = await table.query("SELECT current_setting('threads')");
  await table.query('SET threads = 1');
  try {
    await table.query(sql);
  } finally {
    await table.query(`SET threads = ${Number(threads)}`);
  }
}

/** Each row with the same chance, so that `size` rows are about three standard deviations more than are expected; all where they are no more. */
function isTaken(rows: number, size: number): string {
  if (rows <= size) return 'true';
  const share = (size - 3 * Math.sqrt(size)) / rows;
  // A double has 53 bits of the 64 of a hash.
  const limit = BigInt(Math.floor(share * 2 ** 53)) << 11n;
  return `hash(record + ${SEED}) < ${limit}::UBIGINT`;
}

/** The SQL of a cell as text, NULL where it is; the empty text for what has no text that could be sought in. */
function textOf(table: DataTable, column: DataColumn): string {
  const { sql } = column;
  const storage = storageOf(table, column);
  const { isNull } = cellOf(table, column, 'string');
  const text = (): string => {
    if (storage === 'csv') return `left(${sql}, ${LONGEST})`;
    if (storage === 'json') return `left(CAST(${sql} AS VARCHAR), ${LONGEST_NESTED})`;
    const { type } = storage;
    if (/^(VARCHAR|ENUM\(.*\))$/.test(type)) return `left(CAST(${sql} AS VARCHAR), ${LONGEST})`;
    if (/^(U?(BIGINT|HUGEINT)|DECIMAL\(\d+,0\))$/.test(type)) return `CAST(${sql} AS VARCHAR)`;
    // A whole number that became a double because others are NULL.
    if (type === 'DOUBLE')
      return `CASE WHEN ${sql} = trunc(${sql}) AND abs(${sql}) < 1e18 THEN CAST(CAST(${sql} AS BIGINT) AS VARCHAR) ELSE '' END`;
    if (/[[(]/.test(type) && !type.startsWith('DECIMAL'))
      return `left(CAST(to_json(${sql}) AS VARCHAR), ${LONGEST_NESTED})`;
    return "''";
  };
  return `CASE WHEN ${isNull} THEN NULL ELSE ${text()} END`;
}
