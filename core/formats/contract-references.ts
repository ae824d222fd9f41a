import type { Contract, ContractProperty, ContractTable } from './contract-model.ts';

/** The property that a reference names. */
export interface Referred {
  /** The table's index in `schema`. */
  readonly index: number;
  readonly table: ContractTable;
  readonly property: ContractProperty;
  /** The names from the table's property down to the one meant: several in a nested object. */
  readonly path: readonly string[];
}

/**
 * The property that a reference of a contract names: `table.column`, by names, or `schema/table/properties/column`, by ids, or names
 * where there is no such id. Names are case-sensitive. Otherwise the reason why there is none.
 */
export function resolveReference(
  contract: Contract,
  reference: string,
): Referred | { readonly reason: string } {
  if (reference.includes('#'))
    return { reason: `\`${reference}\` stands in another contract, which is not read` };
  const byId = reference.includes('/');
  const steps = byId ? qualified(reference) : reference.split('.');
  if (steps === undefined)
    return { reason: `\`${reference}\` is not of the form schema/<table>/properties/<column>` };
  const [name = '', ...path] = steps;
  const tables = contract.document.schema ?? [];
  const table = called(tables, name, byId);
  if (table === undefined) return { reason: `there is no table \`${name}\`` };
  let properties = table.properties;
  let property: ContractProperty | undefined;
  const names: string[] = [];
  for (const step of path) {
    property = called(properties ?? [], step, byId);
    if (property === undefined)
      return { reason: `the table \`${table.name}\` has no property \`${path.join('.')}\`` };
    names.push(property.name);
    properties = property.properties;
  }
  if (property === undefined) return { reason: `\`${reference}\` names a table, not a property` };
  return { index: tables.indexOf(table), table, property, path: names };
}

/** `schema/a/properties/b/properties/c` → a, b, c. */
function qualified(reference: string): readonly string[] | undefined {
  const [section, table, ...rest] = reference.replace(/^\//, '').split('/');
  if (section !== 'schema' || table === undefined) return undefined;
  const path: string[] = [table];
  for (let at = 0; at < rest.length; at += 2) {
    const [word, name] = [rest[at], rest[at + 1]];
    if (word !== 'properties' || name === undefined) return undefined;
    path.push(name);
  }
  return path;
}

function called<T extends { readonly id?: string; readonly name: string }>(
  list: readonly T[],
  word: string,
  byId: boolean,
): T | undefined {
  const named = list.find(({ name }) => name === word);
  return byId ? (list.find(({ id }) => id === word) ?? named) : named;
}
