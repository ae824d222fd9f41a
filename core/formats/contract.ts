import { GreenlightError, throwIfAny, userErrors } from '../kernel/errors.ts';
import type { Place } from '../kernel/place.ts';
import { checkFormat, nearest } from '../kernel/schema.ts';
import { type Path, type Positioned, readYaml } from '../kernel/yaml.ts';
import schema from './schemas/contract.schema.json' with { type: 'json' };
import type {
  ContractCustomProperty,
  ContractProperty,
  ContractQuality,
  ContractTable,
  DataContract,
} from './schemas/contract.types.ts';

export type {
  ContractCustomProperty,
  ContractProperty,
  ContractQuality,
  ContractServiceLevel,
  ContractTable,
  ContractTypeOptions,
  DataContract,
} from './schemas/contract.types.ts';

/** A data contract that was read strictly, with the place of everything in it. */
export interface Contract {
  readonly file: string;
  readonly document: DataContract;
  placeOf(path: Path, part?: 'key' | 'value'): Place;
}

/** The operators of ODCS quality rules; a rule has exactly one. */
export const OPERATORS = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
  'mustNotBeBetween',
] as const satisfies readonly (keyof ContractQuality)[];

export type Operator = (typeof OPERATORS)[number];

/** What ODCS has no field for, as customProperties of a table. Other `greenlight.*` names are errors. */
const OWN_PROPERTIES = ['greenlight.extraColumns'];

/**
 * Reads an ODCS contract of version 3.0 to 3.2. Throws every fault at once as `contract/…` errors with their places: YAML faults,
 * unknown keys, wrong values, names used twice, patterns that are none, quality rules without exactly one operator.
 */
export function readContract(text: string, file: string): Contract {
  const positioned = readYaml(text, file, 'contract');
  const errors: GreenlightError[] = [];
  try {
    checkFormat<DataContract>(positioned, schema, 'contract');
  } catch (thrown) {
    const faults = userErrors(thrown);
    if (faults.length === 0) throw thrown;
    errors.push(...faults);
  }
  errors.push(...meaningFaults(positioned));
  throwIfAny(errors);
  const document = positioned.value as DataContract;
  return { file, document, placeOf: (path, part) => positioned.placeOf(path, part) };
}

/** The operator of a rule that {@link readContract} has accepted, if it has one. */
export function operatorOf(quality: ContractQuality): Operator | undefined {
  return OPERATORS.find((operator) => quality[operator] !== undefined);
}

interface Faults {
  add(code: string, message: string, at: Path, mend?: string): void;
}

// The schema's faults are told beside these, so nothing here may rely on the document's shape.
function meaningFaults(positioned: Positioned): GreenlightError[] {
  const errors: GreenlightError[] = [];
  const faults: Faults = {
    add: (code, message, at, mend) =>
      errors.push(
        new GreenlightError({ code: `contract/${code}`, message, place: positioned.placeOf(at), mend }),
      ),
  };
  const tables = members<ContractTable>((positioned.value as { schema?: unknown } | null)?.schema);
  uniqueNames(tables, ['schema'], 'table', faults);
  for (const [index, table] of tables.entries()) {
    const path = ['schema', index];
    qualityFaults(table.quality, [...path, 'quality'], faults);
    ownPropertyFaults(table, path, faults);
    propertyFaults(table.properties, [...path, 'properties'], faults);
  }
  return errors;
}

function propertyFaults(list: unknown, path: Path, faults: Faults): void {
  const properties = members<ContractProperty>(list);
  uniqueNames(properties, path, 'property', faults);
  for (const [index, property] of properties.entries()) {
    const at = [...path, index];
    patternFault(property.logicalTypeOptions?.pattern, [...at, 'logicalTypeOptions', 'pattern'], faults);
    qualityFaults(property.quality, [...at, 'quality'], faults);
    ownPropertyFaults(property, at, faults);
    propertyFaults(property.properties, [...at, 'properties'], faults);
  }
}

function uniqueNames(list: readonly { name?: unknown }[], path: Path, what: string, faults: Faults): void {
  const seen = new Set<unknown>();
  for (const [index, { name }] of list.entries()) {
    if (name !== undefined && seen.has(name)) {
      faults.add('duplicate-name', `the ${what} \`${name}\` is there twice`, [...path, index, 'name']);
    }
    seen.add(name);
  }
}

function qualityFaults(list: unknown, path: Path, faults: Faults): void {
  for (const [index, quality] of members<ContractQuality>(list).entries()) {
    const at = [...path, index];
    const type = quality.type ?? 'library';
    const operators = OPERATORS.filter((operator) => quality[operator] !== undefined);
    patternFault(quality.arguments?.pattern, [...at, 'arguments', 'pattern'], faults);
    for (const [key, owner] of [
      ['metric', 'library'],
      ['query', 'sql'],
      ['engine', 'custom'],
      ['implementation', 'custom'],
    ] as const) {
      if (type === owner && quality[key] === undefined) {
        faults.add('missing-key', `a quality rule of type ${type} needs \`${key}\``, at);
      }
    }
    if (type === 'text' && operators.length > 0) {
      faults.add('bad-operator', 'a rule of type text has no operator', [...at, operators[0] ?? '']);
    }
    if ((type === 'library' || type === 'sql') && operators.length !== 1) {
      faults.add(
        'bad-operator',
        `a rule needs exactly one operator, this one has ${operators.length}`,
        at,
        `one of: ${OPERATORS.join(', ')}`,
      );
    }
  }
}

function patternFault(pattern: unknown, at: Path, faults: Faults): void {
  if (typeof pattern !== 'string' || isPattern(pattern, 'u') || isPattern(pattern, '')) return;
  faults.add(
    'bad-pattern',
    'this is no regular expression of ECMA-262',
    at,
    'write one that `new RegExp(…)` accepts',
  );
}

function isPattern(pattern: string, flags: string): boolean {
  try {
    new RegExp(pattern, flags);
    return true;
  } catch {
    return false;
  }
}

function ownPropertyFaults(owner: { readonly customProperties?: unknown }, path: Path, faults: Faults): void {
  for (const [index, { property, value }] of members<ContractCustomProperty>(
    owner.customProperties,
  ).entries()) {
    if (typeof property !== 'string' || !property.startsWith('greenlight.')) continue;
    const at = [...path, 'customProperties', index];
    if (!OWN_PROPERTIES.includes(property)) {
      const near = nearest(property, OWN_PROPERTIES);
      const mend = near === undefined ? `known: ${OWN_PROPERTIES.join(', ')}` : `did you mean \`${near}\`?`;
      faults.add('unknown-property', `unknown property \`${property}\``, [...at, 'property'], mend);
    } else if (!['fail', 'warn', 'ignore'].includes(String(value))) {
      faults.add('bad-value', `\`${property}\` can't be that`, [...at, 'value'], 'valid: fail, warn, ignore');
    }
  }
}

/** The objects of what should be a list of them. */
function members<T extends object>(list: unknown): readonly Partial<T>[] {
  return Array.isArray(list)
    ? list.map((item) => (typeof item === 'object' && item !== null ? item : {}))
    : [];
}
