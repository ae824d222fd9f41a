import type { TeamWords } from '../../core/formats/classification.ts';
import { type ContractTable, own } from '../../core/formats/contract.ts';
import type { Profile, ProfileColumn } from '../../core/formats/profile.ts';
import { cellOf, holds } from '../../core/toolkit/table/cells.ts';
import type { DataColumn, DataTable } from '../../core/toolkit/table/open.ts';
import { Emitter } from './duckdb.ts';
import type { Use } from './plan.ts';
import { levelOf } from './privacy/vocabulary.ts';
import { isComparable, useOf } from './uses.ts';

/** Cells with fewer rows than this would tell about single people: they are merged or left out. */
const SMALLEST_CELL = 20;
const MOST_BINS = 20;
const MOST_CATEGORIES = 300;
/** Columns whose values are counted in one scan. */
const COLUMNS_A_SCAN = 32;

/**
 * How a contract has the columns of a table read whose values may be counted: not those that are classified above internal, hidden, or
 * `suspect`, of which only the nulls are told.
 */
export function profileTypes(
  table: ContractTable,
  suspect: ReadonlySet<string>,
  words: TeamWords,
): ReadonlyMap<string, Use> {
  const uses = new Map<string, Use>();
  for (const property of table.properties ?? []) {
    const use = useOf(property);
    const level = property.classification === undefined ? 'public' : levelOf(property.classification, words);
    const told = level === 'public' || level === 'internal';
    const hidden = property.encryptedName !== undefined || own(property, 'masking') !== undefined;
    if (isComparable(use) && told && !hidden && !suspect.has(use.column)) uses.set(use.column, use);
  }
  return uses;
}

/**
 * What a table's columns look like, without any row: numbers in bins at their quantiles, categories with 20 rows or more, the last
 * day of times. `uses` says how the contract has columns read; a cell of another form counts as a null. One scan counts the rows of
 * every value of up to 32 columns; all the rest is made of these counts, and exact.
 */
export async function profileOf(
  table: DataTable,
  uses: ReadonlyMap<string, Use>,
  data: { readonly sha256: string; readonly rows: number },
): Promise<Profile> {
  const columns: ProfileColumn[] = [];
  for (let start = 0; start < table.columns.length; start += COLUMNS_A_SCAN) {
    const emitter = new Emitter(table);
    const profiled = table.columns
      .slice(start, start + COLUMNS_A_SCAN)
      .map((column) => describe(table, column, uses, emitter));
    await table.query(histogram(emitter.from(), profiled));
    for (const [index, one] of profiled.entries())
      columns.push(await profileColumn(table, one, index, profiled.length));
  }
  return { schema: 'greenlight.profile/v1', data: data.sha256, rows: data.rows, columns };
}

interface Profiled {
  readonly name: string;
  readonly kind: ProfileColumn['type'];
  /** The SQL of what is counted: numbers as DOUBLE, times as their day, `other` as true. */
  readonly value: string;
}

function describe(
  table: DataTable,
  column: DataColumn,
  uses: ReadonlyMap<string, Use>,
  emitter: Emitter,
): Profiled {
  const use = uses.get(column.name);
  const { name } = column;
  const misheld = use !== undefined && column.type !== undefined && !holds(column.type, use.type);
  if (use === undefined || use.type === 'time' || misheld) {
    return {
      name,
      kind: 'other',
      value: `CASE WHEN ${cellOf(table, column, 'string').isNull} THEN NULL ELSE true END`,
    };
  }
  const { type } = use;
  const value = emitter.value(use);
  if (type === 'integer' || type === 'number')
    return { name, kind: 'number', value: `CAST(${value} AS DOUBLE)` };
  if (type === 'string' || type === 'boolean')
    return { name, kind: 'category', value: `CAST(${value} AS VARCHAR)` };
  return { name, kind: 'time', value: `CAST(${value} AS DATE)` };
}

/** A table of (column's id, value in the column v<n>, rows). */
function histogram(from: string, columns: readonly Profiled[]): string {
  const names = columns.map((_, index) => `v${index}`);
  const values = columns.map(({ value }, index) => `${value} AS v${index}`);
  const sets = names.map((name) => `(${name})`).join(', ');
  return `CREATE OR REPLACE TEMP TABLE greenlight_histogram AS
    SELECT grouping(${names.join(', ')}) AS id, ${names.join(', ')}, count(*) AS n
    FROM (SELECT ${values.join(', ')} FROM ${from}) GROUP BY GROUPING SETS (${sets})`;
}

async function profileColumn(
  table: DataTable,
  { name, kind }: Profiled,
  index: number,
  columns: number,
): Promise<ProfileColumn> {
  // GROUPING has a bit for each of its columns, the first the highest, set where the row is not grouped by it.
  const id = 2 ** columns - 1 - 2 ** (columns - 1 - index);
  const own = `(SELECT v${index} AS value, n FROM greenlight_histogram WHERE id = ${id})`;
  const [[nulls, present, last] = []] = await table.query(
    `SELECT coalesce(sum(n) FILTER (value IS NULL), 0), coalesce(sum(n) FILTER (value IS NOT NULL), 0), CAST(max(value) AS VARCHAR) FROM ${own}`,
  );
  const base = { name, type: kind, nulls: Number(nulls) };
  switch (kind) {
    case 'number':
      return { ...base, ...(await bins(table, own, Number(present))) };
    case 'category':
      return { ...base, ...(await categories(table, own, Number(present))) };
    case 'time':
      return last === null ? base : { ...base, until: String(last) };
    case 'other':
      return base;
  }
}

/** Bins at quantiles: an edge is the least value that at least its share of rows does not exceed. */
async function bins(
  table: DataTable,
  own: string,
  present: number,
): Promise<{ edges: number[]; counts: number[] }> {
  const number = Math.min(MOST_BINS, Math.floor(present / SMALLEST_CELL));
  const wanted = Array.from(
    { length: Math.max(0, number - 1) },
    (_, index) => ((index + 1) * present) / number,
  );
  const cumulative = new Map<number, number>();
  if (wanted.length > 0) {
    const terms = wanted.flatMap((least) => [
      `min(value) FILTER (upto >= ${least})`,
      `min(upto) FILTER (upto >= ${least})`,
    ]);
    const [row = []] = await table.query(
      `SELECT ${terms.join(', ')} FROM (SELECT value, sum(n) OVER (ORDER BY value) AS upto FROM ${own} WHERE value IS NOT NULL)`,
    );
    for (let at = 0; at < row.length; at += 2) cumulative.set(Number(row[at]), Number(row[at + 1]));
  }
  return withoutSmall([...cumulative], present);
}

/** Joins bins with fewer than 20 rows with the next, the last with the one before. `upto` is how many rows do not exceed an edge. */
function withoutSmall(
  cumulative: readonly (readonly [edge: number, upto: number])[],
  present: number,
): { edges: number[]; counts: number[] } {
  const edges: number[] = [];
  const counts: number[] = [];
  let before = 0;
  for (const [edge, upto] of cumulative) {
    if (upto - before < SMALLEST_CELL || present - upto < SMALLEST_CELL) continue;
    edges.push(edge);
    counts.push(upto - before);
    before = upto;
  }
  return { edges, counts: [...counts, present - before] };
}

async function categories(
  table: DataTable,
  own: string,
  present: number,
): Promise<{ categories: Record<string, number>; other: number }> {
  const rows = await table.query(
    `SELECT value, n FROM ${own} WHERE value IS NOT NULL AND n >= ${SMALLEST_CELL} ORDER BY n DESC, value LIMIT ${MOST_CATEGORIES}`,
  );
  const listed = rows.map(([value, n]) => [String(value), Number(n)] as const);
  const sum = listed.reduce((total, [, n]) => total + n, 0);
  return { categories: Object.fromEntries(listed), other: present - sum };
}
