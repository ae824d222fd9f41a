import type { NestedType, Step } from '../../core/toolkit/table/nested.ts';
import {
  isPostgresText,
  type PostgresCell,
  postgresCell,
  postgresLiteral,
} from '../../core/toolkit/table/postgres/cells.ts';
import type { PostgresColumn, PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import {
  eachOf,
  isKind,
  isNestedColumn,
  jsonCell,
  jsonOf,
  keyOf,
  nestedJson,
} from '../../core/toolkit/table/postgres/nested.ts';
import { identifier, literal } from '../../core/toolkit/table/sql.ts';
import { conditionRefusal, INLINE_SET, missing, namesOf, ULPS } from './dialects.ts';
import type { AnyUse, Scanned } from './ground.ts';
import { type Aggregate, type Condition, type Measure, type Scalar, type Use, usesOf } from './plan.ts';
import { toAre } from './postgres-patterns.ts';
import { isNested } from './uses.ts';

/** So many counts are put into one array: a SELECT has room for 1,664 columns. */
const COUNTS = 500;

/** A statement of one row, and what the row says. */
export interface PostgresScan {
  readonly sql: string;
  read(row: readonly (string | null)[]): { readonly rows: number; readonly figures: readonly unknown[] };
}

/** Why PostgreSQL can't take a measure in the plan's meaning; undefined where it can. */
export function postgresRefusal(table: PostgresTable, measure: Measure): string | undefined {
  if (measure.count === 'shared') return 'splits of data in PostgreSQL';
  const uses = [...usesOf(measure), ...(measure.count === 'orphans' ? measure.to : [])];
  const reason = uses.map((use) => useRefusal(table, use)).find((one) => one !== undefined);
  if (reason !== undefined || measure.count !== 'condition') return reason;
  return conditionRefusal(measure.condition, toAre, 'PostgreSQL');
}

function useRefusal(table: PostgresTable, { column, form }: AnyUse): string | undefined {
  const held = table.columns.find(({ name }) => name === column);
  if (form?.pattern !== undefined && held !== undefined && (isPostgresText(held) || isNestedColumn(held)))
    return '`format` of dates and times in texts of PostgreSQL';
  return undefined;
}

/** All counts of conditions and all figures of a table as one SELECT. */
export function postgresScan(table: PostgresTable, measures: readonly Scanned[]): PostgresScan {
  const counts = measures.flatMap((one) =>
    one.count === 'condition' ? [`count(*) FILTER (WHERE ${postgresCondition(table, one.condition)})`] : [],
  );
  const figures = measures.flatMap((one) =>
    one.count === 'aggregate' ? [aggregate(table, one.aggregate)] : [],
  );
  const arrays = Array.from(
    { length: Math.ceil(counts.length / COUNTS) },
    (_, index) => `ARRAY[${counts.slice(index * COUNTS, (index + 1) * COUNTS).join(', ')}]`,
  );
  return {
    sql: `SELECT ${['count(*)', ...figures, ...arrays].join(', ')} FROM ${table.from}`,
    read([rows, ...rest]) {
      const told = rest.splice(0, figures.length);
      const counted = rest.flatMap((array) => (array ?? '').slice(1, -1).split(','));
      return {
        rows: Number(rows),
        figures: measures.map(({ count }) => (count === 'aggregate' ? told.shift() : counted.shift())),
      };
    },
  };
}

/** One row with one count, for what no scan of conditions gives. */
export function postgresCount(
  table: PostgresTable,
  measure: Exclude<Measure, { count: 'rows' | 'condition' | 'query' | 'shared' }>,
  other: (name: string) => PostgresTable,
): string {
  switch (measure.count) {
    case 'repeats':
      return `SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM ${keysOf(table, measure.of)} AS keys GROUP BY ${namesOf(measure.of)} HAVING count(*) > 1) AS repeats`;
    case 'orphans':
      return `SELECT count(*) FROM ${orphans(table, measure, other)}`;
    case 'aggregate': {
      if (measure.aggregate.is !== 'smallest-group') throw new Error('a measure of the scan');
      const values = measure.aggregate.of.map((use) => cellOf(table, use).value);
      return `SELECT min(n) FROM (SELECT count(*) AS n FROM ${table.from} GROUP BY ${values.join(', ')}) AS groups`;
    }
  }
}

/** A row for each of the first rows that a measure counts, with its place; undefined where rows have none. */
export function postgresPlaces(
  table: PostgresTable,
  measure: Measure,
  other: (name: string) => PostgresTable,
  first: number,
): string | undefined {
  const { place } = table;
  if (place === undefined) return undefined;
  const inOrder = `ORDER BY place LIMIT ${first}`;
  switch (measure.count) {
    case 'condition':
      return `SELECT ${place} AS place FROM ${table.from} WHERE ${postgresCondition(table, measure.condition)} ${inOrder}`;
    case 'repeats': {
      const names = namesOf(measure.of);
      const twice = `SELECT ${names} FROM ${keysOf(table, measure.of)} AS keys GROUP BY ${names} HAVING count(*) > 1`;
      const numbered = `SELECT place, row_number() OVER (PARTITION BY ${names} ORDER BY place) AS nth FROM ${keysOf(table, measure.of, place)} AS keys WHERE (${names}) IN (${twice})`;
      return `SELECT place FROM (${numbered}) AS numbered WHERE nth > 1 ${inOrder}`;
    }
    case 'orphans':
      return `SELECT place FROM ${orphans(table, measure, other, place)} ${inOrder}`;
    default:
      return undefined;
  }
}

function orphans(
  table: PostgresTable,
  { of, to, table: name }: Extract<Measure, { count: 'orphans' }>,
  other: (name: string) => PostgresTable,
  place?: string,
): string {
  const same = of.map((_, index) => `child.key${index} = parent.key${index}`).join(' AND ');
  return `${keysOf(table, of, place)} AS child WHERE NOT EXISTS (SELECT FROM ${keysOf(other(name), to)} AS parent WHERE ${same})`;
}

/** The values of a table as a subquery with the names `key0`, `key1` …, and `place`; rows with a NULL among them are left out. */
function keysOf(table: PostgresTable, of: readonly Use[], place?: string): string {
  const values = of.map((use) => cellOf(table, use).value);
  const columns = values.map((value, index) => `${value} AS key${index}`);
  if (place !== undefined) columns.push(`${place} AS place`);
  const whole = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
  return `(SELECT ${columns.join(', ')} FROM ${table.from} WHERE ${whole})`;
}

function aggregate(table: PostgresTable, one: Aggregate): string {
  const float = (use: Use): string => `CAST(${cellOf(table, use).value} AS float8)`;
  switch (one.is) {
    case 'sum':
      return `sum(${cellOf(table, one.of).value})`;
    case 'average':
      return `avg(${cellOf(table, one.of).value})`;
    case 'quantile':
      return `percentile_cont(${one.at}) WITHIN GROUP (ORDER BY ${float(one.of)})`;
    case 'ratio':
      return `CAST(sum(${cellOf(table, one.of).value}) AS float8) / nullif(CAST(sum(${cellOf(table, one.over).value}) AS float8), 0)`;
    case 'smallest-group':
      throw new Error('a group is no part of a scan');
  }
}

/** A condition over a row of the table; NULL is as good as false. */
export function postgresCondition(table: PostgresTable, condition: Condition): string {
  if (condition.is === 'any')
    return `(${condition.of.map((one) => postgresCondition(table, one)).join(' OR ')})`;
  const { column: name, path = [], type, form } = condition.of;
  const column = columnOf(table, name);
  // Of any type, as long as it is the cell itself.
  if (condition.is === 'null' && path.length === 0 && !isNestedColumn(column))
    return `${identifier(name)} IS NULL`;
  if (isNested(type) || path.length > 0) return within(jsonOf(column), path, condition);
  return test(condition, postgresCell(column, type, form));
}

type Single = Exclude<Condition, { is: 'any' }>;

/** The condition at the end of a path; of a list, that it is true of an item. */
function within(json: string, path: readonly Step[], condition: Single, depth = 0): string {
  const [step, ...rest] = path;
  if (step === undefined) {
    const { type, form } = condition.of;
    return isNested(type) ? nestedTest(condition, json, type) : test(condition, jsonCell(json, type, form));
  }
  if ('key' in step) {
    const inner = within(keyOf(json, step.key), rest, condition, depth);
    // A key of an object that is not there itself is no fault of the key's.
    return rest.length > 0 || condition.is !== 'null' ? inner : `(${isKind(json, 'object')} AND ${inner})`;
  }
  const alias = `item${depth}`;
  const inner = within(`${alias}.json`, rest, condition, depth + 1);
  return `EXISTS (SELECT FROM ${eachOf(json, step, alias)} WHERE ${inner})`;
}

function nestedTest(condition: Single, json: string, type: NestedType): string {
  const cell = nestedJson(json, type);
  switch (condition.is) {
    case 'null':
      return cell.isNull;
    case 'not-of-type':
      return `(NOT ${cell.isNull} AND NOT ${cell.conforms})`;
    case 'fewer':
      return `(${cell.conforms} AND ${cell.size} < ${condition.bound})`;
    case 'more':
      return `(${cell.conforms} AND ${cell.size} > ${condition.bound})`;
    case 'repeated-items':
      return `(${cell.conforms} AND ${cell.distinct} < ${cell.size})`;
    case 'no-key':
      return `(${cell.conforms} AND NOT ${cell.has(condition.key)})`;
    default:
      throw new Error(`${condition.is} of a nested type`);
  }
}

function test(condition: Single, cell: PostgresCell): string {
  const { type, form } = condition.of as Use;
  const { isNull, value, exact } = cell;
  const compared = (sign: string, bound: Scalar): string =>
    `${value} ${sign} ${postgresLiteral(bound, type, form)}`;
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
      return `char_length(${value}) < ${condition.bound}`;
    case 'longer':
      return `char_length(${value}) > ${condition.bound}`;
    case 'not-multiple':
      return notMultiple(cell, condition.bound);
    case 'no-match': {
      const rewritten = toAre(condition.pattern);
      if ('construct' in rewritten) throw new Error(`not refused: ${rewritten.construct}`);
      return `${value} !~ ${literal(rewritten.pattern)}`;
    }
    case 'not-in':
      return notIn(value, condition.values, condition.of);
    case 'missing':
      return missing(cell, condition.values, condition.of, postgresLiteral);
    default:
      throw new Error(`${condition.is} of a plain type`);
  }
}

function notMultiple({ value, float }: PostgresCell, bound: number): string {
  if (!float) return `${value} % ${bound} <> 0`;
  // As decimals: PostgreSQL's floats raise an error where a result is too small or too large for them.
  const decimal = `CAST(CAST(${value} AS text) AS numeric)`;
  return `abs(${decimal} - round(${decimal} / ${bound}) * ${bound}) > ${ULPS * Number.EPSILON} * abs(${decimal})`;
}

function notIn(value: string, values: readonly Scalar[], { type, form }: Use): string {
  if (values.length === 0) return `${value} IS NOT NULL`;
  const list = [...new Set(values.map((item) => postgresLiteral(item, type, form)))].join(', ');
  return values.length <= INLINE_SET
    ? `${value} NOT IN (${list})`
    : `${value} NOT IN (SELECT unnest(ARRAY[${list}]))`;
}

/** A cell that is no part of a list. */
function cellOf(table: PostgresTable, { column: name, path = [], type, form }: Use): PostgresCell {
  const column = columnOf(table, name);
  if (path.length === 0) return postgresCell(column, type, form);
  const json = path.reduce((inner, step) => {
    if (!('key' in step)) throw new Error('a value of many items');
    return keyOf(inner, step.key);
  }, jsonOf(column));
  return jsonCell(json, type, form);
}

function columnOf(table: PostgresTable, wanted: string): PostgresColumn {
  const column = table.columns.find(({ name }) => name === wanted);
  if (column === undefined) throw new Error('a condition over a column that is not there');
  return column;
}
