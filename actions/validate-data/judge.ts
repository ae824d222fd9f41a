import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Place } from '../../core/kernel/place.ts';
import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import { holds } from './expectations.ts';
import type { Ground, Shape } from './ground.ts';
import { type Figures, locate, take } from './measure.ts';
import { type Measure, measureKey } from './plan.ts';
import type { Rule, RuleHead } from './rules.ts';
import { type Asked, declaredBy, settle } from './structure.ts';

/** What became of one rule. */
export interface RuleOutcome {
  readonly rule: RuleHead;
  readonly status: 'pass' | 'warn' | 'fail' | 'error' | 'stated';
  /** Why, where a count does not say it. Names of columns and types, never a row's value. */
  readonly reason?: string;
  /** What was counted: rows that break the rule, or the rows themselves for `rowCount`. */
  readonly count?: number;
  /** Whether `count` is a number of failing rows. */
  readonly failing: boolean;
  /** `count` is what a query gave, or the like: neither the failing rows nor all of them. */
  readonly figure?: true;
  /** The first failing rows, at most ten. */
  readonly places: readonly Place[];
  /** The values at these places, where a person asked for them by the column's name. */
  readonly values?: readonly string[];
  /** The rule failed because its column is not there or not of its type, which another rule tells. */
  readonly follows: boolean;
}

/** A table judged by the rules of its contract. */
export interface Judgement {
  readonly rows: number;
  readonly outcomes: readonly RuleOutcome[];
}

/** Judges the data of a table by its rules: structure first, then what must be measured, then where what is broken lies. */
export async function judge(ground: Ground, rules: readonly Rule[]): Promise<Judgement> {
  mustHaveSome(ground.table, rules);
  const declared = declaredBy(rules);
  const settled = rules.map((rule) => settle(rule, ground, declared));
  const asked = settled.filter((item) => 'measure' in item);
  const figures = await take(
    ground,
    asked.map(({ measure }) => measure),
  );
  const judged = new Map(asked.map((item) => [item, outcomeOf(item, figures)]));
  const broken = asked.filter((item) => {
    const outcome = judged.get(item);
    return outcome?.failing === true && outcome.status !== 'pass';
  });
  const found = await locate(
    ground,
    broken.map(({ measure }) => measure),
    figures,
  );
  const outcomes = settled.map((item): RuleOutcome => {
    if (!('measure' in item)) {
      // A type that the file stores says nothing of rows that are not there.
      if (figures.rows === 0 && item.rule.check.kind === 'type' && item.status === 'pass')
        return noRows(item.rule);
      return { ...item, failing: false, places: [] };
    }
    const outcome = judged.get(item);
    if (outcome === undefined) throw new Error('a rule without an outcome');
    return broken.includes(item)
      ? { ...outcome, places: found.get(measureKey(item.measure)) ?? [] }
      : outcome;
  });
  return { rows: figures.rows, outcomes };
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

// The names in the data are withheld here: where a file has no header, they are a row.
function mustHaveSome(table: Shape, rules: readonly Rule[]): void {
  const declared = rules.filter(({ check }) => check.kind === 'present').map(({ column }) => column);
  if (declared.length === 0 || declared.some((column) => table.columns.some(({ name }) => name === column)))
    return;
  throw new GreenlightError({
    code: 'data/other-columns',
    message: `${table.name} has none of the ${declared.length} columns that the contract declares`,
    mend: 'check that it is this contract’s data, and that a CSV begins with a header',
  });
}

function outcomeOf(asked: Asked, figures: Figures): RuleOutcome {
  const { rule, measure, expect, warnAt, broken } = asked;
  const plain = { rule, failing: false, places: [], follows: false } as const;
  const figure = figures.of(measure);
  const aboutRows = measure.count !== 'rows' && measure.count !== 'query';
  if (aboutRows && figures.rows === 0) return noRows(rule);
  if (figure.value === undefined) return { ...plain, status: 'error', reason: figure.reason };
  const held = holds(expect, figure.value, figures.rows);
  const calm = warnAt === undefined ? true : holds(warnAt, figure.value, figures.rows);
  if (held === undefined || calm === undefined)
    return { ...plain, status: 'error', reason: 'what was measured can’t be held against that' };
  const status = held ? (calm ? 'pass' : 'warn') : rule.severity;
  const counted = figure.shown && broken === undefined && typeof figure.value === 'number';
  return {
    ...plain,
    status,
    ...(counted ? { count: Number(figure.value) } : {}),
    ...(status === 'pass' || counted ? {} : { reason: broken ?? 'compared; the figure is withheld' }),
    failing: counted && countsFailures(measure),
    ...(counted && measure.count !== 'rows' && !countsFailures(measure) ? { figure: true as const } : {}),
  };
}

function noRows(rule: Rule): RuleOutcome {
  const reason = 'there are no rows to judge';
  return { rule, status: 'error', reason, failing: false, places: [], follows: false };
}

function countsFailures({ count }: Measure): boolean {
  return count === 'condition' || count === 'repeats' || count === 'orphans' || count === 'shared';
}
