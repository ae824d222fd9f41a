import type { ContractProperty } from '../../core/formats/contract.ts';
import { type CellType, FORMS } from '../../core/toolkit/table/cells.ts';
import type { Expectation } from './expectations.ts';
import type { Measure, Scalar, Use } from './plan.ts';

/** What decides a rule. */
export type Check =
  | { readonly kind: 'measured'; readonly measure: Measure; readonly expect: Expectation }
  /** The column is in the data under exactly this name. */
  | { readonly kind: 'present' }
  /** Columns of the data that the contract does not declare. */
  | { readonly kind: 'extra-columns'; readonly declared: readonly string[] }
  /** The cells have the logical type. */
  | { readonly kind: 'type'; readonly of: Use }
  | { readonly kind: 'physical-type'; readonly declared: string }
  /** Declared, and not judged: the verdict is an error. */
  | { readonly kind: 'unsupported'; readonly reason: string }
  /** Declared, and no property of this data. */
  | { readonly kind: 'stated'; readonly reason: string };

/** No row at all. */
export const NONE: Expectation = { operator: 'mustBe', operand: [0], unit: 'rows' };

const CELL_TYPES: readonly string[] = ['string', 'integer', 'number', 'boolean', 'date', 'timestamp', 'time'];

/** The name that a property's column has in the data. */
export function columnName(property: ContractProperty): string {
  return property.physicalName ?? property.name;
}

/** The type that a property's cells are read as; undefined for the nested types. */
export function cellType(property: ContractProperty): CellType | undefined {
  const type = property.logicalType ?? 'string';
  return CELL_TYPES.includes(type) ? (type as CellType) : undefined;
}

/** A check for what is declared and can't be judged. */
export function unsupported(what: string): Check {
  return { kind: 'unsupported', reason: `not evaluated yet: ${what}` };
}

/** Why a contract's value can't be compared with cells of a type. */
export function valueFault(value: Scalar, type: CellType): string | undefined {
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
      return typeof value === 'string' && FORMS[type].test(value) && isMoment(value, type)
        ? undefined
        : `a value for the ${type} column that has not its form`;
  }
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
