import { nearest } from '../../core/kernel/schema.ts';
import { type Check, NONE } from './checks.ts';
import type { Expectation } from './expectations.ts';
import type { AnyUse, Ground, Held, Shape } from './ground.ts';
import { type Measure, type Use, usesOf } from './plan.ts';
import type { Rule } from './rules.ts';

/** What is known of a rule before a row was read. */
export type Settled = Decided | Asked;

/** The structure of the data decides it. */
export interface Decided {
  readonly rule: Rule;
  readonly status: 'pass' | 'warn' | 'fail' | 'error' | 'stated';
  readonly reason?: string;
  /** The rule failed because its column is not there or not of its type, which another rule tells. */
  readonly follows: boolean;
}

/** The rows decide it. */
export interface Asked {
  readonly rule: Rule;
  readonly measure: Measure;
  readonly expect: Expectation;
  readonly warnAt?: Expectation;
  readonly broken?: string;
}

/** What the rules of a table declare of its structure. */
export interface Declared {
  /** The columns that must be there. */
  readonly columns: ReadonlySet<string>;
  /** What has a rule of its type, by {@link spotKey}. */
  readonly typed: ReadonlySet<string>;
}

export function declaredBy(rules: readonly Rule[]): Declared {
  return {
    columns: new Set(rules.flatMap(({ check, column = '' }) => (check.kind === 'present' ? [column] : []))),
    typed: new Set(rules.flatMap(({ check }) => (check.kind === 'type' ? [spotKey(check.of)] : []))),
  };
}

function spotKey({ column, path = [] }: AnyUse): string {
  return JSON.stringify([column, path]);
}

/** Decides a rule as far as columns and their types can. */
export function settle(rule: Rule, ground: Ground, declared: Declared): Settled {
  const { check } = rule;
  const { table } = ground;
  switch (check.kind) {
    case 'unsupported':
      return decided(rule, 'error', check.reason);
    case 'stated':
      return decided(rule, 'stated', check.reason);
    case 'present':
      return hasColumn(table, rule.column)
        ? decided(rule, 'pass')
        : decided(rule, 'fail', absence(rule, table, declared.columns));
    case 'extra-columns': {
      const extra = table.columns.filter(({ name }) => !check.declared.includes(name));
      if (extra.length === 0) return decided(rule, 'pass');
      return decided(rule, rule.severity, `not declared: ${extra.map(({ name }) => name).join(', ')}`);
    }
    default:
      return (
        following(rule, check, table) ??
        (check.kind === 'physical-type'
          ? physicalType(rule, check.declared, check.of, table)
          : check.kind === 'type'
            ? logicalType(rule, check.of, ground)
            : measured(rule, check, ground, declared))
      );
  }
}

function decided(rule: Rule, status: Decided['status'], reason?: string): Decided {
  return { rule, status, ...(reason === undefined ? {} : { reason }), follows: false };
}

function hasColumn(table: Shape, wanted: string | undefined): boolean {
  return table.columns.some(({ name }) => name === wanted);
}

/** Names of other rules' columns are taken; of the rest, one that only looks the same is the likeliest slip. */
function absence(rule: Rule, table: Shape, declared: ReadonlySet<string>): string {
  const wanted = rule.column ?? '';
  const free = table.columns.map(({ name }) => name).filter((name) => !declared.has(name));
  const alike = free.find((name) => looks(name) === looks(wanted));
  if (alike !== undefined)
    return `it is missing; the data has \`${alike}\`, which looks the same and is written \`${spelt(alike)}\`, not \`${spelt(wanted)}\``;
  const near = nearest(wanted, free);
  return near === undefined ? 'it is missing' : `it is missing; the data has \`${near}\``;
}

/** A name as the eye sees it: Unicode's composed form, without what is not seen. */
function looks(name: string): string {
  return name
    .normalize('NFC')
    .replaceAll(/[\p{Cf}\p{Cc}]/gu, '')
    .trim();
}

/** A name with all but ASCII as code points. */
function spelt(name: string): string {
  return name.replaceAll(/[^ -~]/gu, (sign) => `\\u{${sign.codePointAt(0)?.toString(16)}}`);
}

/** What becomes of a rule whose column is not there. */
function following(rule: Rule, check: Check, table: Shape): Decided | undefined {
  const used = check.kind === 'measured' ? usesOf(check.measure).map(({ column }) => column) : [];
  const missing = [...used, ...(rule.column === undefined ? [] : [rule.column])].find(
    (name) => !hasColumn(table, name),
  );
  if (missing === undefined) return undefined;
  return { ...decided(rule, rule.severity, `the column ${missing} is missing`), follows: true };
}

function physicalType(rule: Rule, declared: string, of: AnyUse, table: Shape): Decided {
  const held = table.held(of);
  if (held?.type === undefined) return decided(rule, 'stated', 'no type of it is stored');
  const same = held.isCalled(declared);
  const stored = `the ${table.kind} has ${held.type}`;
  if (same === undefined) return decided(rule, 'warn', `the name ${declared} is not known; ${stored}`);
  return same ? decided(rule, 'pass') : decided(rule, rule.severity, stored);
}

function logicalType(rule: Rule, of: AnyUse, ground: Ground): Settled {
  const held = ground.table.held(of);
  const misfit = misfitOf(held);
  if (misfit !== undefined) return decided(rule, 'fail', misfit);
  if (held?.exact) return decided(rule, 'pass');
  const measure: Measure = { count: 'condition', condition: { is: 'not-of-type', of } };
  return refused(rule, measure, ground) ?? { rule, measure, expect: NONE };
}

/** Why what holds the cells can't hold their type. */
function misfitOf(held: Held | undefined): string | undefined {
  return held === undefined ? 'the stored type has no such part' : held.misfit;
}

function refused(rule: Rule, measure: Measure, ground: Ground): Decided | undefined {
  const reason = ground.refusal(measure);
  return reason === undefined ? undefined : decided(rule, 'error', `not evaluated: ${reason}`);
}

function measured(
  rule: Rule,
  check: Extract<Check, { kind: 'measured' }>,
  ground: Ground,
  declared: Declared,
): Settled {
  const { measure } = check;
  for (const use of usesOf(measure)) {
    const nullsOnly = measure.count === 'condition' && measure.condition.is === 'null';
    const held = ground.table.held(use);
    const misfit = misfitOf(held);
    if (misfit === undefined || (nullsOnly && held !== undefined)) continue;
    if (!declared.typed.has(spotKey(use))) {
      // No other rule tells it, and a warning would let pass what was not measured.
      const reason = `${use.column} is read as ${use.type}, and ${misfit}: its \`logicalType\` must say what it is`;
      return decided(rule, 'fail', reason);
    }
    return {
      ...decided(rule, rule.severity, `${use.column} is not of type ${use.type}: ${misfit}`),
      follows: true,
    };
  }
  const refusal = refused(rule, measure, ground);
  if (refusal !== undefined) return refusal;
  if (measure.count === 'orphans' || measure.count === 'shared') {
    const to = measure.count === 'orphans' ? measure.to : measure.of;
    const fault = otherFault(measure.table, to, ground.tables.get(measure.table));
    if (fault !== undefined) return decided(rule, 'error', fault);
  }
  const { expect, warnAt, broken } = check;
  return {
    rule,
    measure,
    expect,
    ...(warnAt === undefined ? {} : { warnAt }),
    ...(broken === undefined ? {} : { broken }),
  };
}

function otherFault(table: string, to: readonly Use[], other: Shape | undefined): string | undefined {
  if (other === undefined) return `there is no data of the table ${table} to look the keys up in`;
  for (const use of to) {
    if (!hasColumn(other, use.column)) return `the data of the table ${table} lacks \`${use.column}\``;
    const misfit = misfitOf(other.held(use));
    if (misfit !== undefined)
      return `\`${use.column}\` of the table ${table} is not of type ${use.type}: ${misfit}`;
  }
  return undefined;
}
