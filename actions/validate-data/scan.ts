import type { DataTable } from '../../core/toolkit/table/open.ts';
import { Emitter } from './duckdb.ts';
import type { Scanned } from './ground.ts';
import type { Condition, Use } from './plan.ts';

/** A statement of DuckDB. */
export interface Statement<Answer> {
  /** Run first: temporary tables of sets. */
  readonly setup: readonly string[];
  readonly sql: string;
  /** What its rows say. */
  read(rows: readonly (readonly unknown[])[]): Answer;
}

/** What a scan found. */
export interface Found {
  readonly rows: number;
  /** In the order of the measures: rows for which a condition is true; an aggregate as DuckDB gives it. */
  readonly figures: readonly unknown[];
}

/** All counts of conditions and all figures of a table as one SELECT of one row. */
export function scan(table: DataTable, measures: readonly Scanned[]): Statement<Found> {
  const emitter = new Emitter(table);
  const figures = measures.map((measure) =>
    measure.count === 'condition' ? emitter.count(measure.condition) : emitter.aggregate(measure.aggregate),
  );
  return {
    setup: emitter.setup,
    sql: `SELECT ${['count(*)', ...figures].join(', ')} FROM ${emitter.from()}`,
    read: ([row = []]) => ({ rows: Number(row[0]), figures: row.slice(1) }),
  };
}

/** The first `limit` records for which any of the conditions is true, told for each condition, rising. */
export function firstRecords(
  table: DataTable,
  conditions: readonly Condition[],
  limit: number,
): Statement<readonly (readonly number[])[]> {
  const emitter = new Emitter(table);
  const names = conditions.map((_, index) => `broken${index}`);
  const tests = conditions.map((condition, index) => `${emitter.condition(condition)} AS ${names[index]}`);
  const told = `(SELECT *, ${tests.join(', ')} FROM ${emitter.from('record')})`;
  return {
    setup: emitter.setup,
    sql: `SELECT ${['record', ...names].join(', ')} FROM ${told} WHERE ${names.join(' OR ')} LIMIT ${limit}`,
    read: (rows) =>
      names.map((_, index) =>
        rows.flatMap(([record, ...broken]) => (broken[index] === true ? [Number(record)] : [])),
      ),
  };
}

/** The values of a table as a subquery with the names `key0`, `key1` …; with `whole`, rows with a NULL among them are left out. */
export function keysOf(
  table: DataTable,
  of: readonly Use[],
  { record, whole = true }: { readonly record?: boolean; readonly whole?: boolean } = {},
): string {
  const emitter = new Emitter(table);
  const values = of.map((use) => emitter.value(use));
  const named = values.map((value, index) => `${value} AS key${index}`);
  const columns = [...(record ? ['record'] : []), ...named].join(', ');
  const where = whole ? ` WHERE ${values.map((value) => `${value} IS NOT NULL`).join(' AND ')}` : '';
  return `(SELECT ${columns} FROM ${emitter.from(record ? 'record' : undefined)}${where})`;
}

/** One row with one count: the rows of the smallest group. */
export function smallestGroup(table: DataTable, of: readonly Use[]): string {
  const emitter = new Emitter(table);
  const values = of.map((use) => emitter.value(use));
  return `SELECT min(n) FROM (SELECT count(*) AS n FROM ${emitter.from()} GROUP BY ${values.join(', ')})`;
}
