import type { Contract, ContractProperty, ContractTable } from '../../core/formats/contract.ts';
import { resolveReference } from '../../core/formats/contract-references.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import { type Check, NONE, unsupported } from './checks.ts';
import type { Use } from './plan.ts';
import type { Add } from './rules.ts';
import { isComparable, useOf } from './uses.ts';

/** The foreign keys that stand under a property. */
export function propertyRelationships(
  contract: Contract,
  property: ContractProperty,
  of: Use<CellType | NestedType>,
  words: string,
  add: Add,
): void {
  for (const [index, { to }] of (property.relationships ?? []).entries()) {
    const check = isComparable(of)
      ? keyCheck(contract, [of], [to].flat())
      : unsupported('a foreign key of what is within a list, or of a nested type');
    add(
      `relationships[${index}]`,
      `${words} is one of ${[to].flat().join(', ')}`,
      ['relationships', index],
      check,
    );
  }
}

/** The foreign keys that stand under a table. */
export function tableRelationships(contract: Contract, table: ContractTable, add: Add): void {
  for (const [index, relationship] of (table.relationships ?? []).entries()) {
    const from = [relationship.from].flat();
    const to = [relationship.to].flat();
    const text = `${from.join(', ')} is one of ${to.join(', ')}`;
    add(`relationships[${index}]`, text, ['relationships', index], tableCheck(contract, table, from, to));
  }
}

function tableCheck(
  contract: Contract,
  table: ContractTable,
  from: readonly string[],
  to: readonly string[],
): Check {
  const of: Use[] = [];
  for (const reference of from) {
    const target = resolve(contract, reference);
    if ('reason' in target) return unsupported(target.reason);
    if (target.table !== table) return unsupported(`\`from\` outside of its own table: \`${reference}\``);
    of.push(target.use);
  }
  return keyCheck(contract, of, to);
}

function keyCheck(contract: Contract, of: readonly Use[], references: readonly string[]): Check {
  if (references.length !== of.length)
    return unsupported('a foreign key of other length than what it refers to');
  const to: Use[] = [];
  let owner: ContractTable | undefined;
  for (const [index, reference] of references.entries()) {
    const target = resolve(contract, reference);
    if ('reason' in target) return unsupported(target.reason);
    if (owner !== undefined && owner !== target.table) return unsupported('a foreign key to two tables');
    owner = target.table;
    if (target.use.type !== of[index]?.type)
      return unsupported(`\`${reference}\`, which is not of the same type`);
    to.push(target.use);
  }
  if (owner === undefined) return unsupported('a foreign key to nothing');
  return { kind: 'measured', measure: { count: 'orphans', of, table: owner.name, to }, expect: NONE };
}

/** The plain column that a reference leads to, and its table; otherwise the reason why there is none. */
function resolve(
  contract: Contract,
  reference: string,
): { readonly table: ContractTable; readonly use: Use } | { readonly reason: string } {
  const referred = resolveReference(contract, reference);
  if ('reason' in referred) return referred;
  const use = useOf(referred.property);
  if (referred.path.length > 1 || !isComparable(use))
    return { reason: `\`${reference}\` is no plain column of a table` };
  return { table: referred.table, use };
}
