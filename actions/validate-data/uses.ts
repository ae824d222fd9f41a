import type { ContractProperty, ContractTypeOptions } from '../../core/formats/contract.ts';
import type { CellForm, CellType } from '../../core/toolkit/table/cells.ts';
import { NESTED_TYPES, type NestedType } from '../../core/toolkit/table/nested.ts';
import { timePattern } from '../../core/toolkit/table/time-pattern.ts';
import type { Scalar, Use } from './plan.ts';

type AnyUse = Use<CellType | NestedType>;

/** The name that a property's column has in the data. */
export function columnName(property: ContractProperty): string {
  return property.physicalName ?? property.name;
}

/** The type that a property is read as: a text where the contract says nothing. */
export function typeOf(property: Pick<ContractProperty, 'logicalType'>): CellType | NestedType {
  return property.logicalType ?? 'string';
}

export function isNested(type: CellType | NestedType): type is NestedType {
  return (NESTED_TYPES as readonly string[]).includes(type);
}

/** Whether each row has at most one plain value of it. */
export function isComparable(of: AnyUse): of is Use {
  return !isNested(of.type) && (of.path ?? []).every((step) => 'key' in step);
}

/** Whether a value of a contract can be that of a cell of a type; texts are held against the text of cells alone. */
export function isTyped(value: Scalar, type: CellType): boolean {
  if (type === 'boolean') return typeof value === 'boolean';
  return (type === 'integer' || type === 'number') && typeof value === 'number';
}

/** How a type's options have its cells read; undefined for the usual way. */
export function formOf(type: CellType | NestedType, options: ContractTypeOptions): CellForm | undefined {
  if (type === 'integer') {
    if (options.format === 'u64' || options.format === 'i128') return { wide: 'HUGEINT' };
    return options.format === 'u128' ? { wide: 'UHUGEINT' } : undefined;
  }
  if (type !== 'date' && type !== 'timestamp' && type !== 'time') return undefined;
  const form: CellForm = {
    ...(options.format === undefined || 'construct' in timePattern(options.format)
      ? {}
      : { pattern: options.format }),
    ...(options.timezone === undefined ? {} : { zone: options.timezone ? 'with' : 'without' }),
    ...(options.defaultTimezone === undefined ||
    isUtc(options.defaultTimezone) ||
    !isZone(options.defaultTimezone)
      ? {}
      : { defaultZone: options.defaultTimezone }),
  };
  return Object.keys(form).length === 0 ? undefined : form;
}

function isUtc(zone: string): boolean {
  return ['UTC', 'Etc/UTC', 'Z'].includes(zone);
}

/** Whether it is a time zone that the runtime knows (IANA). */
export function isZone(zone: string): boolean {
  try {
    // An offset is no zone to DuckDB, and PostgreSQL reads its sign the other way round.
    const offset = /^[+-]/.test(zone);
    return isUtc(zone) || (!offset && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined);
  } catch {
    return false;
  }
}

/** How a column's cells are read. */
export function useOf(property: ContractProperty): AnyUse {
  const type = typeOf(property);
  const form = formOf(type, property.logicalTypeOptions ?? {});
  return { column: columnName(property), type, ...(form === undefined ? {} : { form }) };
}

/** The plain columns of properties by name, or the reason why one can't be used. */
export function namedUses(
  properties: readonly ContractProperty[],
  names: readonly string[],
): readonly Use[] | { readonly reason: string } {
  const uses: Use[] = [];
  for (const name of names) {
    const property = properties.find((candidate) => candidate.name === name);
    const use = property === undefined ? undefined : useOf(property);
    if (use === undefined || !isComparable(use))
      return { reason: `the property \`${name}\`, which is no plain one of this table` };
    uses.push(use);
  }
  return uses;
}
