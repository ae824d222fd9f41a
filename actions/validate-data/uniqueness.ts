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
  return spilling(table, () => countByHash(table, keys, namesOf(of)));
}

function namesOf(of: readonly Use[]): string {
  return of.map((_, index) => `key${index}`).join(', ');
}

async function countByHash(table: DataTable, keys: string, names: string): Promise<number> {
  const [[candidates] = []] = await hashesOf(table, keys, names);
  const parts = Math.ceil(Number(candidates) / PART);
  let repeats = 0;
  for (let part = 0; part < parts; part++) {
    // Both sides are cut: else each part would hash all candidates again.
    const rows = `(SELECT * FROM ${keys} WHERE hash(${names}) % ${parts} = ${part})`;
    const hashes = `(SELECT h FROM greenlight_repeats WHERE h % ${parts} = ${part})`;
    const [[more] = []] = await table.query(
      `SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM ${rows} WHERE hash(${names}) IN ${hashes} GROUP BY ${names})`,
    );
    repeats += Number(more);
  }
  return repeats;
}

/** Makes a table of the hashes that several rows share; one row with their number. */
async function hashesOf(table: DataTable, keys: string, names: string) {
  await table.query(
    `CREATE OR REPLACE TEMP TABLE greenlight_repeats AS SELECT hash(${names}) AS h FROM ${keys} GROUP BY 1 HAVING count(*) > 1`,
  );
  return table.query('SELECT count(*) FROM greenlight_repeats');
}

/** Memory in MiB for telling values apart: what is beyond is spilled, which costs less than it seems. */
const SPILLING_MIB = 300;

/** Runs work that must hold many values, in little memory; the order of rows is free meanwhile. */
async function spilling<T>(table: DataTable, work: () => Promise<T>): Promise<T> {
  const [[limit] = []] = await table.query("SELECT current_setting('memory_limit')");
  await table.query(`SET preserve_insertion_order = false; SET memory_limit = '${SPILLING_MIB}MiB'`);
  const result = await work();
  await table.query(`SET memory_limit = '${limit}'; SET preserve_insertion_order = true`);
  return result;
}

/** How many rows at the front are looked at for repeats, in turn. */
const FRONTS = [1_000_000, 8_000_000];

/** The first of `count` records whose values were all there in an earlier record. */
export async function placeRepeats(
  table: DataTable,
  of: readonly Use[],
  count: number,
  first: number,
): Promise<readonly number[]> {
  const names = namesOf(of);
  const numbered = keysOf(table, of, { record: true });
  const seek = async (rows: string): Promise<readonly number[]> => {
    const repeats = `SELECT record, row_number() OVER (PARTITION BY ${names} ORDER BY record) AS nth FROM ${rows}`;
    const [[list] = []] = await table.query(`SELECT min(record, ${first}) FROM (${repeats}) WHERE nth > 1`);
    return ((list ?? []) as unknown[]).map(Number);
  };
  // A repeat among the first rows is one whatever follows.
  for (const front of FRONTS) {
    const records = await seek(`(SELECT * FROM ${numbered} LIMIT ${front})`);
    if (records.length >= Math.min(first, count)) return records;
  }
  await spilling(table, () => hashesOf(table, keysOf(table, of), names));
  return seek(`(SELECT * FROM ${numbered} WHERE hash(${names}) IN (FROM greenlight_repeats))`);
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
