import { cellOf, storageOf } from '../../../core/toolkit/table/cells.ts';
import type { DataColumn, DataTable } from '../../../core/toolkit/table/open.ts';

/** The most values of a column that are looked at, and of all columns together. */
export const SAMPLE_SIZE = 20_000;
const ALL_COLUMNS = 4_000_000;

/** A column with fewer values in a sample of rows has them sampled by themselves. */
const FEW = 1000;

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
 * Takes one row of each run of so many, at a place in it that the seed and the run's number decide; then, of columns that are nearly empty,
 * values by themselves: those of the rows whose numbers have the least hashes. `rows` is how many the table has.
 */
export async function takeSample(
  table: DataTable,
  columns: readonly DataColumn[],
  rows: number,
): Promise<Sample> {
  const size = Math.min(SAMPLE_SIZE, Math.max(1, Math.floor(ALL_COLUMNS / columns.length)));
  const texts = new Map(
    columns.map((column, index) => [column, { name: `v${index}`, sql: textOf(table, column) }]),
  );
  const values = [...texts.values()];
  const select = [...values.map(({ name, sql }) => `${sql} AS ${name}`), 'record'].join(', ');
  await table.query(`CREATE OR REPLACE TEMP TABLE greenlight_sample AS
    SELECT ${select} FROM ${table.from('record')} WHERE ${isTaken(Math.ceil(rows / size))} ORDER BY record LIMIT ${size}`);
  const counts = values.map(({ name }) => `count(${name})`);
  const [[taken, ...filled] = []] = await table.query(
    `SELECT ${['count(*)', ...counts].join(', ')} FROM greenlight_sample`,
  );
  const sparse = rows > size ? values.filter((_, index) => Number(filled[index]) < FEW) : [];
  if (sparse.length > 0) {
    const least = sparse.map(
      ({ name, sql }) => `arg_min(${sql}, hash(record + ${SEED}), ${size}) AS ${name}`,
    );
    await table.query(`CREATE OR REPLACE TEMP TABLE greenlight_sparse AS
      SELECT ${least.join(', ')} FROM ${table.from('record')}`);
  }
  return {
    rows: Number(taken),
    async valuesOf(column) {
      const text = texts.get(column);
      if (text === undefined) throw new Error('a column that was not sampled');
      const { name } = text;
      const from = sparse.includes(text)
        ? `(SELECT unnest(${name}) AS ${name} FROM greenlight_sparse)`
        : 'greenlight_sample';
      const found = await table.query(
        `SELECT ${name}, count(*) FROM ${from} WHERE ${name} IS NOT NULL GROUP BY ${name} ORDER BY ${name}`,
      );
      return new Map(found.map(([value, count]) => [String(value), Number(count)]));
    },
    async [Symbol.asyncDispose]() {
      await table.query('DROP TABLE IF EXISTS greenlight_sample');
      await table.query('DROP TABLE IF EXISTS greenlight_sparse');
    },
  };
}

/** One row of each run of `step` rows of a file. The factor scatters the places (Knuth, TAOCP 3, section 6.4, multiplicative hashing). */
function isTaken(step: number): string {
  const row = 'record % 4294967296';
  const place = `((${row} // ${step} + ${SEED}) * 2654435761 % 4294967296) * ${step} // 4294967296`;
  return `${row} % ${step} = ${place}`;
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
