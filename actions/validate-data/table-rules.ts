import {
  type Contract,
  type ContractProperty,
  type ContractTable,
  own,
} from '../../core/formats/contract.ts';
import { NONE, unsupported } from './checks.ts';
import { qualityRules, tableMetric } from './quality.ts';
import { tableRelationships } from './relationships.ts';
import type { Add } from './rules.ts';
import { columnName, namedUses } from './uses.ts';

/** The rules of a table as a whole: its primary key, its quality rules, its foreign keys, columns that are not declared. */
export function tableRules(contract: Contract, table: ContractTable, add: Add): void {
  const properties = table.properties ?? [];
  const keys = properties
    .filter((property) => property.primaryKey === true)
    .sort((a, b) => position(a) - position(b));
  if (keys.length > 0) {
    const of = namedUses(
      properties,
      keys.map(({ name }) => name),
    );
    const check =
      'reason' in of
        ? unsupported(of.reason)
        : ({ kind: 'measured', measure: { count: 'repeats', of }, expect: NONE } as const);
    const at = ['properties', properties.indexOf(keys[0] as ContractProperty), 'primaryKey'];
    add('primaryKey', `the primary key (${keys.map(columnName).join(', ')}) is unique`, at, check);
  }
  const standing = { properties, object: objectName(table) };
  qualityRules(table.name, table.quality, standing, add, (metric, quality) =>
    tableMetric(properties, metric, quality),
  );
  tableRelationships(contract, table, add);
  const extra = own(table, 'extraColumns') ?? 'warn';
  if (extra !== 'ignore' && properties.length > 0) {
    const declared = properties.flatMap((one) => [
      columnName(one),
      ...(one.encryptedName === undefined ? [] : [one.encryptedName]),
    ]);
    const check = { kind: 'extra-columns', declared } as const;
    add('extraColumns', 'no columns but the declared ones', ['properties'], check, extra);
  }
  if (properties.length === 0)
    add('properties', `the columns of ${table.name}`, [], unsupported('a table without properties'));
}

/** The name that SQL rules know a table by. */
export function objectName(table: ContractTable): string {
  return table.physicalName ?? table.name;
}

function position(property: ContractProperty): number {
  return property.primaryKeyPosition ?? Number.MAX_SAFE_INTEGER;
}
