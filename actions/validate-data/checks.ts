import { type CellForm, type CellType, FORMS } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import { timePattern } from '../../core/toolkit/table/time-pattern.ts';
import type { Expectation } from './expectations.ts';
import type { Condition, Measure, Scalar, Use } from './plan.ts';

/** What decides a rule. */
export type Check =
  | {
      readonly kind: 'measured';
      readonly measure: Measure;
      readonly expect: Expectation;
      /** What breaks this and keeps `expect` is a warning. */
      readonly warnAt?: Expectation;
      /** What to say of a broken rule whose figure says nothing to a reader, or may not be shown. */
      readonly broken?: string;
    }
  /** The column is in the data under exactly this name. */
  | { readonly kind: 'present' }
  /** Columns of the data that the contract does not declare. */
  | { readonly kind: 'extra-columns'; readonly declared: readonly string[] }
  /** The cells have the logical type. */
  | { readonly kind: 'type'; readonly of: Use<CellType | NestedType> }
  | { readonly kind: 'physical-type'; readonly declared: string; readonly of: Use<CellType | NestedType> }
  /** Declared, and not judged: the verdict is an error. */
  | { readonly kind: 'unsupported'; readonly reason: string }
  /** Declared, and no property of this data. */
  | { readonly kind: 'stated'; readonly reason: string };

export type Unsupported = Extract<Check, { kind: 'unsupported' }>;

/** No row at all. */
export const NONE: Expectation = { operator: 'mustBe', operand: [0], unit: 'rows' };

/** A check that a condition is true of no row. */
export function none(condition: Condition): Check {
  return { kind: 'measured', measure: { count: 'condition', condition }, expect: NONE };
}

/** A check for what is declared and can't be judged. */
export function unsupported(what: string): Unsupported {
  return { kind: 'unsupported', reason: `not evaluated: ${what}` };
}

/** Why a contract's value can't be compared with cells of a type. */
export function valueFault(value: Scalar, type: CellType, { pattern }: CellForm = {}): string | undefined {
  switch (type) {
    case 'integer':
      return Number.isSafeInteger(value)
        ? undefined
        : `a value for the integer column that is not whole or is beyond ±2^53`;
    case 'number':
      return typeof value === 'number' ? undefined : 'a value for the number column that is none';
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'a value for the boolean column that is none';
    case 'string':
      return typeof value === 'string' ? undefined : 'a value for the string column without quotes';
    default:
      return typeof value === 'string' &&
        ((FORMS[type].test(value) && isMoment(value, type)) || hasPattern(value, pattern))
        ? undefined
        : `a value for the ${type} column that has not its form`;
  }
}

/** Why a contract's bound can't be held against cells of a type. */
export function boundFault(bound: Scalar, type: CellType, form: CellForm): string | undefined {
  if (type === 'integer' && typeof bound === 'number' && Number.isFinite(bound)) {
    return Math.abs(bound) <= Number.MAX_SAFE_INTEGER ? undefined : 'a bound beyond ±2^53';
  }
  if (type === 'string' || type === 'boolean') return `bounds of a ${type} column`;
  return valueFault(bound, type, form);
}

function hasPattern(value: string, pattern: string | undefined): boolean {
  const read = pattern === undefined ? undefined : timePattern(pattern);
  return read !== undefined && 'form' in read && read.tells(value);
}

function isMoment(value: string, type: CellType): boolean {
  if (type === 'time') return true;
  const [year, month, day] = value.slice(0, 10).split('-').map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

/** Whether a value of a contract is a single one. */
export function isScalarOrNull(value: unknown): value is Scalar | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}
