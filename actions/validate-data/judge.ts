import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Place } from '../../core/kernel/place.ts';
import { nearest } from '../../core/kernel/schema.ts';
import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import { holds as holdsType } from '../../core/toolkit/table/cells.ts';
import type { DataColumn, DataTable } from '../../core/toolkit/table/open.ts';
import type { Check } from './checks.ts';
import { compile, conditionsOf, refusal } from './duckdb.ts';
import { type Expectation, holds } from './expectations.ts';
import { isPhysicalType } from './physical-types.ts';
import { type Measure, measureKey, type Use } from './plan.ts';
import type { Rule } from './rules.ts';

/** What became of one rule. */
export interface RuleOutcome {
  readonly rule: Rule;
  readonly status: 'pass' | 'warn' | 'fail' | 'error' | 'stated';
  /** Why, where a count does not say it. Names of columns and types, never a row's value. */
  readonly reason?: string;
  /** What was counted: rows that break the rule, or the rows themselves for `rowCount`. */
  readonly count?: number;
  /** Whether `count` is a number of failing rows. */
  readonly failing: boolean;
  /** The first failing rows, at most ten. */
  readonly places: readonly Place[];
  /** The rule failed because its column is not there, which another rule tells. */
  readonly follows: boolean;
}

/** A table judged by the rules of its contract. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rows: number;
  readonly outcomes: readonly RuleOutcome[];
}

const PLACES = 10;

/** Judges a data file by rules: structure first, then one scan for all row-wise counts, one for each uniqueness, one for places. */
export async function judge(table: DataTable, rules: readonly Rule[]): Promise<Judgement> {
  mustHaveSome(table, rules);
  const settled = rules.map((rule) => settle(rule, table));
  const asked = settled.flatMap((item) => ('measure' in item ? [item] : []));
  const counts = await measure(
    table,
    asked.map((item) => item.measure),
  );
  const broken = asked.filter((item) => verdictOf(item, counts) === false);
  const places = await locate(
    table,
    broken.map((item) => item.measure),
  );
  const outcomes = settled.map((item) => ('measure' in item ? outcomeOf(item, counts, places) : item));
  return { verdict: overall(outcomes), rows: counts.rows, outcomes };
}

/** The verdict of outcomes: an error over a failure; where nothing was judged at all, an error. */
export function overall(outcomes: readonly RuleOutcome[]): Verdict {
  return worst(
    outcomes.flatMap(({ status }): Verdict[] => {
      if (status === 'stated') return [];
      return [status === 'warn' ? 'pass' : status];
    }),
  );
}

interface Asked {
  readonly rule: Rule;
  readonly measure: Measure;
  readonly expect: Expectation;
}

// The names in the data are withheld here: where a file has no header, they are a row.
function mustHaveSome(table: DataTable, rules: readonly Rule[]): void {
  const declared = rules.filter(({ check }) => check.kind === 'present').map(({ column }) => column);
  if (declared.length === 0 || declared.some((column) => table.columns.some(({ name }) => name === column)))
    return;
  throw new GreenlightError({
    code: 'data/other-columns',
    message: `${table.name} has none of the ${declared.length} columns that the contract declares`,
    mend: 'check that it is this contract’s data, and that a CSV begins with a header',
  });
}

function settle(rule: Rule, table: DataTable): RuleOutcome | Asked {
  const { check } = rule;
  const column = table.columns.find(({ name }) => name === rule.column);
  const missing = usesOf(check).find((use) => !table.columns.some(({ name }) => name === use.column));
  if (check.kind === 'unsupported') return decided(rule, 'error', check.reason);
  if (check.kind === 'stated') return decided(rule, 'stated', check.reason);
  if (check.kind === 'present') {
    return column === undefined ? decided(rule, 'fail', absence(rule, table)) : decided(rule, 'pass');
  }
  if (check.kind === 'extra-columns') {
    const extra = table.columns.filter(({ name }) => !check.declared.includes(name));
    if (extra.length === 0) return decided(rule, 'pass');
    return decided(rule, rule.severity, `not declared: ${extra.map(({ name }) => name).join(', ')}`);
  }
  if (missing !== undefined || (rule.column !== undefined && column === undefined)) {
    return {
      ...decided(rule, rule.severity, `the column ${missing?.column ?? rule.column} is missing`),
      follows: true,
    };
  }
  if (check.kind === 'physical-type') return physicalType(rule, check.declared, column);
  if (check.kind === 'type') return type(rule, check.of, column);
  return askable(rule, check.measure, check.expect, table);
}

function decided(rule: Rule, status: RuleOutcome['status'], reason?: string): RuleOutcome {
  return {
    rule,
    status,
    ...(reason === undefined ? {} : { reason }),
    failing: false,
    places: [],
    follows: false,
  };
}

function usesOf(check: Check): readonly Use[] {
  if (check.kind === 'type') return [check.of];
  if (check.kind !== 'measured' || check.measure.count === 'rows') return [];
  return check.measure.count === 'condition' ? [check.measure.condition.of] : check.measure.of;
}

function absence(rule: Rule, table: DataTable): string {
  const wanted = rule.column ?? '';
  const near = nearest(
    wanted,
    table.columns.map(({ name }) => name),
  );
  return near === undefined ? 'it is missing' : `it is missing; the data has \`${near}\``;
}

function physicalType(rule: Rule, declared: string, column: DataColumn | undefined): RuleOutcome {
  if (column?.type === undefined) return decided(rule, 'stated', 'a text file stores no types');
  const same = isPhysicalType(declared, column.type);
  if (same === undefined)
    return decided(rule, 'warn', `the name ${declared} is not known; the file has ${column.type}`);
  return same ? decided(rule, 'pass') : decided(rule, rule.severity, `the file has ${column.type}`);
}

function type(rule: Rule, of: Use, column: DataColumn | undefined): RuleOutcome | Asked {
  if (column?.type !== undefined) {
    if (!holdsType(column.type, of.type)) return decided(rule, 'fail', `the file has ${column.type}`);
    if (column.type !== 'DOUBLE' && column.type !== 'FLOAT') return decided(rule, 'pass');
  }
  const measure: Measure = { count: 'condition', condition: { is: 'not-of-type', of } };
  return { rule, measure, expect: { operator: 'mustBe', operand: [0], unit: 'rows' } };
}

function askable(rule: Rule, measure: Measure, expect: Expectation, table: DataTable): RuleOutcome | Asked {
  for (const use of usesOf(rule.check)) {
    const held = table.columns.find(({ name }) => name === use.column)?.type;
    const whole = measure.count === 'condition' && measure.condition.is === 'null';
    if (held !== undefined && !whole && !holdsType(held, use.type)) {
      return {
        ...decided(rule, rule.severity, `${use.column} has the type ${held}, not ${use.type}`),
        follows: true,
      };
    }
  }
  const refused = measure.count === 'condition' ? refusal(measure.condition) : undefined;
  if (refused !== undefined) return decided(rule, 'error', `not evaluated yet: ${refused}`);
  return { rule, measure, expect };
}

interface Counts {
  readonly rows: number;
  of(measure: Measure): number;
}

async function measure(table: DataTable, measures: readonly Measure[]): Promise<Counts> {
  const unique = new Map(measures.map((item) => [measureKey(item), item]));
  const conditions = conditionsOf(unique.values());
  const statements = compile(table, conditions, PLACES);
  for (const statement of statements.setup) await table.query(statement);
  const [[rows, ...counted] = []] = await table.query(statements.counts);
  const counts = new Map<string, number>();
  for (const [index, condition] of conditions.entries()) {
    counts.set(measureKey({ count: 'condition', condition }), Number(counted[index]));
  }
  for (const [key, item] of unique) {
    if (item.count === 'rows') counts.set(key, Number(rows));
    if (item.count === 'repeats')
      counts.set(key, Number((await table.query(statements.repeats(item.of)))[0]?.[0]));
  }
  return {
    rows: Number(rows),
    of(item) {
      const count = counts.get(measureKey(item));
      if (count === undefined || !Number.isSafeInteger(count))
        throw new Error('a measure that was not counted');
      return count;
    },
  };
}

/** Whether the rule holds; undefined where there are no rows to say it of. */
function verdictOf({ measure: item, expect }: Asked, counts: Counts): boolean | undefined {
  if (item.count !== 'rows' && counts.rows === 0) return undefined;
  return holds(expect, counts.of(item), counts.rows);
}

type Places = ReadonlyMap<string, readonly Place[]>;

async function locate(table: DataTable, measures: readonly Measure[]): Promise<Places> {
  const unique = new Map(measures.map((item) => [measureKey(item), item]));
  const conditions = conditionsOf(unique.values());
  const statements = compile(table, conditions, PLACES);
  const records = new Map<string, readonly number[]>();
  if (conditions.length > 0) {
    const [lists = []] = await table.query(statements.places(conditions));
    for (const [index, condition] of conditions.entries()) {
      records.set(measureKey({ count: 'condition', condition }), numbers(lists[index]));
    }
  }
  for (const [key, item] of unique) {
    if (item.count !== 'repeats') continue;
    const [[list] = []] = await table.query(statements.repeatPlaces(item.of));
    records.set(key, numbers(list));
  }
  const lines = await table.lines([...new Set([...records.values()].flat())]);
  const places = new Map<string, readonly Place[]>();
  for (const [key, list] of records) {
    const field = fieldOf(unique.get(key));
    places.set(
      key,
      list.map((record) => {
        const line = lines.get(record);
        return {
          file: table.name,
          ...(line === undefined ? {} : { line }),
          record,
          ...(field === undefined ? {} : { field }),
        };
      }),
    );
  }
  return places;
}

function numbers(list: unknown): readonly number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}

function fieldOf(item: Measure | undefined): string | undefined {
  if (item === undefined || item.count === 'rows') return undefined;
  return item.count === 'condition'
    ? item.condition.of.column
    : item.of.map(({ column }) => column).join(', ');
}

function outcomeOf(asked: Asked, counts: Counts, places: Places): RuleOutcome {
  const { rule, measure: item } = asked;
  const held = verdictOf(asked, counts);
  if (held === undefined) return decided(rule, 'error', 'there are no rows to judge');
  return {
    rule,
    status: held ? 'pass' : rule.severity,
    count: counts.of(item),
    failing: item.count !== 'rows',
    places: held ? [] : (places.get(measureKey(item)) ?? []),
    follows: false,
  };
}
