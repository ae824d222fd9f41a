import type { NestedType, Step } from '../../core/toolkit/table/nested.ts';
import { identifier, literal } from '../../core/toolkit/table/sql.ts';
import {
  isTrinoText,
  type TrinoCell,
  trinoCell,
  trinoLiteral,
} from '../../core/toolkit/table/trino/cells.ts';
import type { TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { eachOf, fieldOf, nestedAt, type TrinoSpot, typeAt } from '../../core/toolkit/table/trino/nested.ts';
import { conditionRefusal, missing, namesOf, ULPS } from './dialects.ts';
import type { AnyUse, Scanned } from './ground.ts';
import { type Aggregate, type Condition, type Measure, type Scalar, type Use, usesOf } from './plan.ts';
import { toJoni } from './trino-patterns.ts';
import { isNested } from './uses.ts';

/** So many figures of one statement are well within what Trino compiles. */
const FIGURES = 1000;

export type Quantile = Extract<Aggregate, { is: 'quantile' }>;

type Other = (name: string) => TrinoTable;

/** Why Trino can't take a measure in the plan's meaning; undefined where it can. */
export function trinoRefusal(table: TrinoTable, measure: Measure, other: Other): string | undefined {
  if (measure.count === 'shared') return 'splits of data in Trino';
  // Of any type, as long as it is the cell itself.
  if (
    measure.count === 'condition' &&
    measure.condition.is === 'null' &&
    measure.condition.of.path === undefined
  )
    return undefined;
  const reasons = usesOf(measure).map((use) => useRefusal(table, use));
  if (measure.count === 'orphans')
    reasons.push(...measure.to.map((use) => useRefusal(other(measure.table), use)));
  if (measure.count === 'condition') reasons.push(conditionRefusal(measure.condition, toJoni, 'Trino'));
  return reasons.find((reason) => reason !== undefined);
}

function useRefusal(table: TrinoTable, { column, path = [], type, form }: AnyUse): string | undefined {
  const stored = table.columns.find(({ name }) => name === column)?.type;
  if (stored === 'json' && (isNested(type) || path.length > 0)) return 'what is within JSON in Trino';
  const held = stored === undefined ? undefined : typeAt(stored, path);
  if (held === undefined || !isTrinoText(held)) return undefined;
  if (form?.pattern !== undefined) return '`format` of dates and times in texts of Trino';
  return form?.wide === undefined ? undefined : 'whole numbers beyond 64 bits in texts of Trino';
}

/** The statements of one row that give the number of rows, then the figures in the order of the measures. One, unless there are many. */
export function trinoScans(table: TrinoTable, measures: readonly Scanned[]): readonly string[] {
  const chunks = Math.max(1, Math.ceil(measures.length / FIGURES));
  return Array.from({ length: chunks }, (_, index) => {
    const relation = new Relation(table);
    const figures = measures
      .slice(index * FIGURES, (index + 1) * FIGURES)
      .map((one) =>
        one.count === 'condition'
          ? `count(*) FILTER (WHERE ${conditionOn(relation, one.condition)})`
          : aggregateOf(relation, one.aggregate),
      );
    return `SELECT ${['count(*)', ...figures].join(', ')} FROM ${relation.from()}`;
  });
}

/** One row with one count, for what no scan of conditions gives. */
export function trinoCount(
  table: TrinoTable,
  measure: Exclude<Measure, { count: 'rows' | 'condition' | 'query' | 'shared' }>,
  other: Other,
): string {
  switch (measure.count) {
    case 'repeats':
      return `SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM ${keysOf(table, measure.of)} GROUP BY ${namesOf(measure.of)} HAVING count(*) > 1)`;
    case 'orphans': {
      const { of, to } = measure;
      const same = of.map((_, index) => `child.key${index} = parent.key${index}`).join(' AND ');
      const parents = `${keysOf(other(measure.table), to)} AS parent`;
      return `SELECT count(*) FROM ${keysOf(table, of)} AS child WHERE NOT EXISTS (SELECT 1 FROM ${parents} WHERE ${same})`;
    }
    case 'aggregate': {
      if (measure.aggregate.is !== 'smallest-group') throw new Error('a measure of the scan');
      const groups = keysOf(table, measure.aggregate.of, 'or NULL');
      return `SELECT min(n) FROM (SELECT count(*) AS n FROM ${groups} GROUP BY ${namesOf(measure.aggregate.of)})`;
    }
  }
}

/** One row with one quantile. Trino's own is an estimate: values are counted and the two that it lies between are sought in their order. */
export function trinoQuantile(table: TrinoTable, { of, at }: Quantile): string {
  const counted = `SELECT key0, count(*) AS n FROM ${keysOf(table, [of])} GROUP BY key0`;
  const ordered = `SELECT CAST(key0 AS double) AS x, sum(n) OVER (ORDER BY key0) AS upto, CAST(${trinoLiteral(at, 'number')} AS double) * (sum(n) OVER () - 1) AS place FROM (${counted})`;
  const ends = `SELECT min(x) FILTER (WHERE upto > floor(place)) AS low, min(x) FILTER (WHERE upto > ceil(place)) AS high, max(place - floor(place)) AS share FROM (${ordered})`;
  return `SELECT low + (high - low) * share FROM (${ends})`;
}

/** The values of a table as a subquery with the names `key0`, `key1` …; rows with a NULL among them are left out, unless said. */
function keysOf(table: TrinoTable, of: readonly Use[], nulls?: 'or NULL'): string {
  const relation = new Relation(table);
  const values = of.map((use) => relation.cell(use).value);
  const named = values.map((value, index) => `${value} AS key${index}`).join(', ');
  const whole = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
  return `(SELECT ${named} FROM ${relation.from()}${nulls === undefined ? ` WHERE ${whole}` : ''})`;
}

/** A table as conditions see it: a subquery in which each cell is cast and judged once a row, under names that can't meet the table's own. */
class Relation {
  private readonly table: TrinoTable;
  private readonly columns = new Map<string, string>();
  private readonly cells = new Map<string, TrinoCell>();

  constructor(table: TrinoTable) {
    this.table = table;
  }

  /** What follows FROM, once all cells were asked for. */
  from(): string {
    const columns = [...this.columns].map(([sql, name]) => `${sql} AS ${name}`);
    return columns.length === 0 ? this.table.from : `(SELECT ${columns.join(', ')} FROM ${this.table.from})`;
  }

  /** A column's cell, whatever its type. */
  spot(column: string): TrinoSpot {
    const held = this.table.columns.find(({ name }) => name === column) ?? missingSpot();
    return { sql: this.named(identifier(column)), type: held.type };
  }

  /** A cell that is no part of a list. */
  cell(use: Use): TrinoCell {
    const { column, path = [], type, form } = use;
    const key = JSON.stringify([column, path, type, form]);
    const known = this.cells.get(key);
    if (known !== undefined) return known;
    const within = (from: TrinoSpot): TrinoSpot =>
      path.reduce((spot, step) => {
        if (!('key' in step)) throw new Error('a value of many items');
        return fieldOf(spot, step.key) ?? missingSpot();
      }, from);
    const outer = within(this.spot(column));
    const inner = within({ ...this.spot(column), sql: identifier(column) });
    const cell = {
      ...trinoCell(outer.sql, outer.type, type, form),
      value: this.named(trinoCell(inner.sql, inner.type, type, form).value),
    };
    this.cells.set(key, cell);
    return cell;
  }

  private named(sql: string): string {
    const name = this.columns.get(sql) ?? `c${this.columns.size}`;
    this.columns.set(sql, name);
    return name;
  }
}

function aggregateOf(relation: Relation, one: Aggregate): string {
  switch (one.is) {
    case 'sum':
      return sumOf(relation.cell(one.of));
    case 'average':
      // Of decimals Trino's own is rounded to their scale.
      return `CAST(${sumOf(relation.cell(one.of))} AS double) / count(${relation.cell(one.of).value})`;
    case 'ratio': {
      const [sum, over] = [one.of, one.over].map((use) => sumOf(relation.cell(use)));
      return `CAST(${sum} AS double) / nullif(CAST(${over} AS double), 0)`;
    }
    default:
      throw new Error(`${one.is} is no part of a scan`);
  }
}

/** Trino's sum of whole numbers ends at 64 bits. */
function sumOf({ value, kind }: TrinoCell): string {
  return kind === 'whole' ? `sum(CAST(${value} AS decimal(38, 0)))` : `sum(${value})`;
}

/** A condition over a row of the relation; NULL is as good as false. */
function conditionOn(relation: Relation, condition: Condition): string {
  if (condition.is === 'any')
    return `(${condition.of.map((one) => conditionOn(relation, one)).join(' OR ')})`;
  const { column, path = [], type } = condition.of;
  // Of any type, as long as it is the cell itself.
  if (condition.is === 'null' && path.length === 0) return `${relation.spot(column).sql} IS NULL`;
  if (isNested(type) || path.length > 0) return within(relation.spot(column), path, condition);
  return test(condition, relation.cell(condition.of as Use));
}

type Single = Exclude<Condition, { is: 'any' }>;

/** The condition at the end of a path; of a list, that it is true of an item. */
function within(spot: TrinoSpot, path: readonly Step[], condition: Single, depth = 0): string {
  const [step, ...rest] = path;
  if (step === undefined) {
    const { type, form } = condition.of;
    return isNested(type)
      ? nestedTest(condition, spot, type)
      : test(condition, trinoCell(spot.sql, spot.type, type, form));
  }
  if ('key' in step) {
    const inner = within(fieldOf(spot, step.key) ?? missingSpot(), rest, condition, depth);
    // A key of an object that is not there itself is no fault of the key's.
    return rest.length > 0 || condition.is !== 'null' ? inner : `(${spot.sql} IS NOT NULL AND ${inner})`;
  }
  const each = eachOf(spot, step.each) ?? missingSpot();
  const item = `item${depth}`;
  const inner = within({ sql: item, type: each.type }, rest, condition, depth + 1);
  return `any_match(${each.sql}, ${item} -> ${inner})`;
}

function nestedTest(condition: Single, spot: TrinoSpot, type: NestedType): string {
  const cell = nestedAt(spot, type);
  const there = cell.conforms ?? `NOT (${cell.isNull})`;
  switch (condition.is) {
    case 'null':
      return cell.isNull;
    case 'not-of-type':
      return cell.conforms === undefined ? 'false' : `(NOT (${cell.isNull}) AND NOT ${cell.conforms})`;
    case 'fewer':
      return `(${there} AND ${cell.size} < ${condition.bound})`;
    case 'more':
      return `(${there} AND ${cell.size} > ${condition.bound})`;
    case 'repeated-items':
      return `(${there} AND ${cell.repeats})`;
    case 'no-key':
      return `(${there} AND NOT ${cell.has(condition.key)})`;
    default:
      throw new Error(`${condition.is} of a nested type`);
  }
}

function test(condition: Single, cell: TrinoCell): string {
  const use = condition.of as Use;
  const { isNull, value, exact } = cell;
  const compared = (sign: string, bound: Scalar): string =>
    `${value} ${sign} ${trinoLiteral(bound, use.type, use.form)}`;
  switch (condition.is) {
    case 'null':
      return isNull;
    case 'not-of-type':
      return exact ? 'false' : `NOT (${isNull}) AND ${value} IS NULL`;
    case 'less':
      return compared('<', condition.bound);
    case 'less-or-equal':
      return compared('<=', condition.bound);
    case 'greater':
      return compared('>', condition.bound);
    case 'greater-or-equal':
      return compared('>=', condition.bound);
    case 'shorter':
      return `length(${value}) < ${condition.bound}`;
    case 'longer':
      return `length(${value}) > ${condition.bound}`;
    case 'not-multiple':
      return notMultiple(cell, condition.bound);
    case 'no-match': {
      const rewritten = toJoni(condition.pattern);
      if ('construct' in rewritten) throw new Error(`not refused: ${rewritten.construct}`);
      return `NOT regexp_like(${value}, ${literal(rewritten.pattern)})`;
    }
    case 'not-in':
      return notIn(value, condition.values, use);
    case 'missing':
      return missing(cell, condition.values, use, trinoLiteral);
    default:
      throw new Error(`${condition.is} of a plain type`);
  }
}

function notMultiple({ value, kind }: TrinoCell, bound: number): string {
  const by = trinoLiteral(bound, 'number');
  // The remainder of decimals is exact; that of floats is none.
  if (kind !== 'double' && !by.startsWith('DOUBLE')) return `${value} % ${by} <> 0`;
  const double = `CAST(${value} AS double)`;
  const nearest = `round(${double} / CAST(${by} AS double)) * CAST(${by} AS double)`;
  return `abs(${double} - ${nearest}) > DOUBLE '${ULPS * Number.EPSILON}' * abs(${double})`;
}

function notIn(value: string, values: readonly Scalar[], { type, form }: Use): string {
  const list = [...new Set(values.map((item) => trinoLiteral(item, type, form)))];
  // What no column can hold would make all of them doubles.
  const held = list.filter((item) => !item.endsWith('infinity()'));
  return held.length === 0 ? `${value} IS NOT NULL` : `${value} NOT IN (${held.join(', ')})`;
}

function missingSpot(): never {
  throw new Error('a condition over a column that is not there');
}
