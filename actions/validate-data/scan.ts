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

/**
 * Conditions are told together as bits of a word, whose few values are counted: that costs half of a filter for each. With more bits the
 * values of bad data could be many.
 */
const BITS = 10;

/** All counts of conditions and all figures of a table as one SELECT of one row. */
export function scan(table: DataTable, measures: readonly Scanned[]): Statement<Found> {
  const emitter = new Emitter(table);
  const conditions = measures.flatMap((one) => (one.count === 'condition' ? [one.condition] : []));
  const { names, relation } = wordsOf(emitter, conditions);
  const figures = measures.flatMap((one) =>
    one.count === 'aggregate' ? [emitter.aggregate(one.aggregate)] : [],
  );
  const histograms = names.map((name) => `histogram(${name}) FILTER (WHERE ${name} <> 0)`);
  return {
    setup: emitter.setup,
    sql: `SELECT ${['count(*)', ...figures, ...histograms].join(', ')} FROM ${relation()}`,
    read(answer) {
      const [rows, ...rest] = answer[0] ?? [];
      const counts = rest.slice(figures.length).map(readHistogram);
      let tested = 0;
      let figured = 0;
      return {
        rows: Number(rows),
        figures: measures.map(({ count }) =>
          count === 'aggregate' ? rest[figured++] : countOf(counts, tested++),
        ),
      };
    },
  };
}

/** The first `limit` records for which any of the conditions is true, told for each condition, rising. */
export function firstRecords(
  table: DataTable,
  conditions: readonly Condition[],
  limit: number,
): Statement<readonly (readonly number[])[]> {
  const emitter = new Emitter(table);
  const { names, relation } = wordsOf(emitter, conditions);
  const any = names.map((name) => `${name} <> 0`).join(' OR ');
  return {
    setup: emitter.setup,
    sql: `SELECT ${['record', ...names].join(', ')} FROM ${relation('record')} WHERE ${any} LIMIT ${limit}`,
    read: (rows) =>
      conditions.map((_, index) =>
        rows.flatMap(([record, ...words]) => (hasBit(words.map(Number), index) ? [Number(record)] : [])),
      ),
  };
}

/** The relation with the conditions as columns of words; to be written once all else that is read of it was asked for. */
function wordsOf(
  emitter: Emitter,
  conditions: readonly Condition[],
): { readonly names: readonly string[]; relation(record?: 'record'): string } {
  const tests = conditions.map((condition) => emitter.condition(condition));
  const names = Array.from({ length: Math.ceil(tests.length / BITS) }, (_, index) => `word${index}`);
  const words = names.map((name, index) => {
    const some = tests.slice(index * BITS, (index + 1) * BITS);
    return `${some.map((test, bit) => `CASE WHEN ${test} THEN ${2 ** bit} ELSE 0 END`).join(' + ')} AS ${name}`;
  });
  return {
    names,
    relation: (record) => `(SELECT ${['*', ...words].join(', ')} FROM ${emitter.from(record)})`,
  };
}

function hasBit(words: readonly number[], condition: number): boolean {
  return ((words[Math.floor(condition / BITS)] ?? 0) & (2 ** (condition % BITS))) !== 0;
}

type Histogram = readonly { readonly word: number; readonly rows: number }[];

/** How many rows have each value of a word, from DuckDB's JSON of a map. */
function readHistogram(map: unknown): Histogram {
  return ((map ?? []) as { key: unknown; value: unknown }[]).map(({ key, value }) => ({
    word: Number(key),
    rows: Number(value),
  }));
}

function countOf(histograms: readonly Histogram[], condition: number): number {
  const bit = 2 ** (condition % BITS);
  const histogram = histograms[Math.floor(condition / BITS)] ?? [];
  return histogram.reduce((sum, { word, rows }) => sum + (word & bit ? rows : 0), 0);
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
