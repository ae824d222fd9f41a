import { cellOf, storageOf } from '../../../core/toolkit/table/cells.ts';
import { inOneThread } from '../../../core/toolkit/table/one-thread.ts';
import type { DataColumn, DataTable } from '../../../core/toolkit/table/open.ts';
import {
  FEW,
  hashLimit,
  LONGEST,
  LONGEST_NESTED,
  type Sample,
  SEED,
  type Searched,
  sampleSize,
} from './searched.ts';

/** So many values are read at a time. */
const BATCH = 100_000;

/** A table of files as personal data are sought in it. */
export function searchedFiles(table: DataTable): Searched {
  return {
    columns: table.columns.map((column) => ({
      name: column.name,
      holds: isNested(table, column) ? 'parts' : 'values',
    })),
    sample(columns, rows) {
      const wanted = new Set(columns.map(({ name }) => name));
      return takeSample(
        table,
        table.columns.filter(({ name }) => wanted.has(name)),
        rows,
      );
    },
  };
}

function isNested(table: DataTable, column: DataColumn): boolean {
  const storage = storageOf(table, column);
  if (typeof storage === 'string') return storage === 'json';
  return /[[(]/.test(storage.type) && !/^(DECIMAL|ENUM)/.test(storage.type);
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
  const size = sampleSize(columns.length);
  const texts = columns.map((column) => textOf(table, column));
  await table.query('CREATE OR REPLACE TEMP TABLE greenlight_sample (n INTEGER, v VARCHAR, rows BIGINT)');
  const { columnsAtOnce } = table;
  for (let first = 0; first < texts.length; first += columnsAtOnce) {
    const slice = texts.slice(first, first + columnsAtOnce).map((sql, index) => ({ sql, n: first + index }));
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
      const index = columns.findIndex(({ name }) => name === column);
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

/** Runs a statement over numbered rows. */
async function numbered(table: DataTable, sql: string): Promise<void> {
  await (table.format === 'parquet' ? table.query(sql) : inOneThread(table, () => table.query(sql)));
}

function isTaken(rows: number, size: number): string {
  const limit = hashLimit(rows, size);
  return limit === undefined ? 'true' : `hash(record + ${SEED}) < ${limit}::UBIGINT`;
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
