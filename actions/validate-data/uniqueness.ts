import type { DataTable } from '../../core/toolkit/table/open.ts';
import type { Measure, Use } from './plan.ts';
import { keysOf } from './scan.ts';

/** A bitmap of at most 64 MiB. */
const MOST_BITS = 2 ** 29;

/** Values that share a hash are compared in so many parts that each fits well into memory. */
const PART = 2_000_000;

/**
 * The rows whose values were all there in an earlier row, counted exactly. Whole numbers within a range that a bitmap holds are marked in one;
 * all else is told apart by hash first, which finds no candidates where values are unique, and candidates are then compared by value.
 */
export async function countRepeats(table: DataTable, of: readonly Use[]): Promise<number> {
  const keys = keysOf(table, of);
  const [only] = of;
  if (of.length === 1 && only?.type === 'integer') {
    const [[rows, low, high] = []] = await table.query(
      `SELECT count(*), min(key0)::VARCHAR, max(key0)::VARCHAR FROM ${keys}`,
    );
    if (Number(rows) === 0) return 0;
    if (
      BigInt(String(high)) - BigInt(String(low)) < MOST_BITS &&
      BigInt.asIntN(64, BigInt(String(high))) === BigInt(String(high))
    ) {
      const marked = `bit_count(bitstring_agg(CAST(key0 AS BIGINT), ${low}, ${high}))`;
      const [[distinct] = []] = await table.query(`SELECT ${marked} FROM ${keys}`);
      return Number(rows) - Number(distinct);
    }
  }
  const names = of.map((_, index) => `key${index}`).join(', ');
  await table.query(
    `CREATE OR REPLACE TEMP TABLE greenlight_repeats AS SELECT hash(${names}) AS h FROM ${keys} GROUP BY 1 HAVING count(*) > 1`,
  );
  const [[candidates] = []] = await table.query('SELECT count(*) FROM greenlight_repeats');
  const parts = Math.ceil(Number(candidates) / PART);
  let repeats = 0;
  for (let part = 0; part < parts; part++) {
    const here = parts === 1 ? '' : ` AND hash(${names}) % ${parts} = ${part}`;
    const [[more] = []] = await table.query(
      `SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM ${keys} WHERE hash(${names}) IN (FROM greenlight_repeats)${here} GROUP BY ${names})`,
    );
    repeats += Number(more);
  }
  await table.query('DROP TABLE greenlight_repeats');
  return repeats;
}

/** The first records whose values were all there in an earlier record. */
export async function placeRepeats(table: DataTable, of: readonly Use[], first: number): Promise<unknown> {
  const names = of.map((_, index) => `key${index}`).join(', ');
  const keys = keysOf(table, of, { record: true });
  const candidates = `SELECT hash(${names}) FROM ${keysOf(table, of)} GROUP BY 1 HAVING count(*) > 1`;
  const numbered = `SELECT record, row_number() OVER (PARTITION BY ${names} ORDER BY record) AS nth FROM ${keys} WHERE hash(${names}) IN (${candidates})`;
  const [[list] = []] = await table.query(`SELECT min(record, ${first}) FROM (${numbered}) WHERE nth > 1`);
  return list;
}

/** A statement that counts the rows of a table that another one of the same engine has, or lacks; with `first`, lists their first records. */
export function heldAgainst(
  table: DataTable,
  measure: Extract<Measure, { count: 'orphans' | 'shared' }>,
  other: DataTable,
  first?: number,
): string {
  const { of } = measure;
  const record = first !== undefined;
  const shown = record ? `min(record, ${first})` : 'count(*)';
  const names = of.map((_, index) => `key${index}`);
  const using = `USING (${names.join(', ')})`;
  const mine = keysOf(table, of, { record });
  if (measure.count === 'orphans') {
    const theirs = `(SELECT DISTINCT ${names.join(', ')} FROM ${keysOf(other, measure.to)})`;
    return `SELECT ${shown} FROM ${mine} AS child ANTI JOIN ${theirs} AS parent ${using}`;
  }
  const theirs = keysOf(other, of);
  switch (measure.by) {
    case 'key':
      return `SELECT ${shown} FROM ${mine} AS mine SEMI JOIN ${theirs} AS theirs ${using}`;
    case 'range':
      return `SELECT ${shown} FROM ${mine} WHERE key0 BETWEEN (SELECT min(key0) FROM ${theirs}) AND (SELECT max(key0) FROM ${theirs})`;
    case 'row': {
      // Joined by hash, so that the engine can spill; rows of the same hash are compared by value.
      const hashed = (keys: string): string => `(SELECT *, hash(${names.join(', ')}) AS h FROM ${keys})`;
      const same = names.map((name) => `mine.${name} IS NOT DISTINCT FROM theirs.${name}`).join(' AND ');
      const rows = hashed(keysOf(table, of, { record, whole: false }));
      return `SELECT ${shown} FROM ${rows} AS mine SEMI JOIN ${hashed(keysOf(other, of, { whole: false }))} AS theirs ON mine.h = theirs.h AND ${same}`;
    }
  }
}
