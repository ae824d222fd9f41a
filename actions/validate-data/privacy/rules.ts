import {
  type Contract,
  type ContractProperty,
  type OwnProperties,
  own,
  ownPath,
} from '../../../core/formats/contract.ts';
import type { Path } from '../../../core/kernel/yaml.ts';
import { cellOf, holds } from '../../../core/toolkit/table/cells.ts';
import type { Step } from '../../../core/toolkit/table/nested.ts';
import type { DataTable } from '../../../core/toolkit/table/open.ts';
import { type Check, none, unsupported } from '../checks.ts';
import type { Use } from '../plan.ts';
import type { Rule } from '../rules.ts';
import { columnName, namedUses } from '../uses.ts';
import { notEncrypted, notHashed, notMasked } from './disguise.ts';

/**
 * The least rows that are alike in all quasi-identifiers (k of k-anonymity; Samarati and Sweeney 1998): no row can be told from fewer than four others.
 * A quality rule of the engine `greenlight` asks for another number.
 */
export const SMALLEST_GROUP = 5;

type Masking = OwnProperties['masking'];

/** A column, or a part of it, that the contract calls hidden. */
interface Hidden {
  readonly how: Masking;
  /** `customer.email`. */
  readonly name: string;
  readonly of: Use;
  readonly at: Path;
}

/**
 * The rules of a table about privacy, judged on all rows with its others: what is declared encrypted, hashed or masked is so; no group of rows that are
 * alike in the quasi-identifiers is small. The first value of a hashed column says which hash is meant; where there is no `table` of files to
 * take it from, any will do.
 */
export async function privacyRules(
  contract: Contract,
  index: number,
  table?: DataTable,
): Promise<readonly Rule[]> {
  const declared = contract.document.schema?.[index];
  if (declared === undefined) return [];
  const rule = (id: string, text: string, column: string | undefined, at: Path, check: Check): Rule => ({
    id: `${declared.name}.privacy.${id}`,
    text,
    column,
    place: contract.placeOf(at),
    severity: 'fail',
    check,
  });
  const rules: Rule[] = [];
  const properties = declared.properties ?? [];
  for (const { how, name, of, at } of hiddenIn(properties, ['schema', index, 'properties'])) {
    const check = await checkOf(table, how, of);
    rules.push(rule(`${how}.${name}`, `${name} is ${how} in every row`, of.column, at, check));
  }
  const names = own(declared, 'quasiIdentifiers');
  if (names !== undefined) {
    const of = namedUses(properties, names);
    const check: Check =
      'reason' in of
        ? unsupported(of.reason)
        : {
            kind: 'measured',
            measure: { count: 'aggregate', aggregate: { is: 'smallest-group', of } },
            expect: { operator: 'mustBeGreaterOrEqualTo', operand: [SMALLEST_GROUP], unit: 'rows' },
          };
    const text = `the smallest group of rows alike in ${names.join(', ')} has at least ${SMALLEST_GROUP} rows`;
    const at = ['schema', index, ...(ownPath(declared, 'quasiIdentifiers') ?? [])];
    rules.push(rule('quasiIdentifiers', text, undefined, at, check));
  }
  return rules;
}

async function checkOf(table: DataTable | undefined, how: Masking, of: Use): Promise<Check> {
  if (table?.columns.find(({ name }) => name === of.column)?.type === 'BLOB')
    return unsupported(`bytes that are declared ${how}: write them as base64`);
  if (how === 'encrypted') return none(notEncrypted(of));
  return none(how === 'masked' ? notMasked(of) : notHashed(of, await firstOf(table, of)));
}

/** The first value of a column of texts that has one. */
async function firstOf(table: DataTable | undefined, of: Use): Promise<string | undefined> {
  const column = table?.columns.find(({ name }) => name === of.column);
  const isText = column !== undefined && (column.type === undefined || holds(column.type, 'string'));
  if (table === undefined || !isText || of.path !== undefined) return undefined;
  const { value } = cellOf(table, column, 'string');
  const [[first] = []] = await table.query(
    `SELECT ${value} FROM ${table.from()} WHERE ${value} IS NOT NULL LIMIT 1`,
  );
  return typeof first === 'string' ? first : undefined;
}

function hiddenIn(properties: readonly ContractProperty[], at: Path): readonly Hidden[] {
  return properties.flatMap((property, index) => {
    const column = columnName(property);
    const below = [...at, index];
    const { encryptedName } = property;
    const encrypted: Hidden[] =
      encryptedName === undefined
        ? []
        : [
            {
              how: 'encrypted',
              name: encryptedName,
              of: { column: encryptedName, type: 'string' },
              at: [...below, 'encryptedName'],
            },
          ];
    return [...encrypted, ...hiddenWithin(property, property.name, column, [], below)];
  });
}

function hiddenWithin(
  property: ContractProperty,
  name: string,
  column: string,
  path: readonly Step[],
  at: Path,
): readonly Hidden[] {
  const how = own(property, 'masking');
  if (how !== undefined) {
    const of: Use = { column, ...(path.length === 0 ? {} : { path }), type: 'string' };
    return [{ how, name, of, at: [...at, ...(ownPath(property, 'masking') ?? [])] }];
  }
  const below = (inner: object, words: string, step: Step, where: Path): readonly Hidden[] =>
    hiddenWithin(inner as ContractProperty, `${name}${words}`, column, [...path, step], [...at, ...where]);
  return [
    ...(property.properties ?? []).flatMap((inner, index) =>
      below(inner, `.${inner.name}`, { key: columnName(inner) }, ['properties', index]),
    ),
    ...(property.items === undefined ? [] : below(property.items, '[]', { each: 'item' }, ['items'])),
    ...(property.map === undefined
      ? []
      : below(property.map.value, '.value', { each: 'value' }, ['map', 'value'])),
  ];
}
