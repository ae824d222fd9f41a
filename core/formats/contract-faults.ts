import { GreenlightError } from '../kernel/errors.ts';
import { nearest } from '../kernel/schema.ts';
import { oneLine } from '../kernel/text.ts';
import type { Path, Positioned } from '../kernel/yaml.ts';
import { OPERATORS, OWN_PROPERTIES, type Owner } from './contract-model.ts';
import { missingServerKeys } from './contract-servers.ts';
import type {
  ContractArguments,
  ContractCustomProperty,
  ContractMap,
  ContractProperty,
  ContractQuality,
  ContractServer,
  ContractTable,
  ContractTableRelationship,
  ContractTypeOptions,
  DataContract,
} from './schemas/contract.types.ts';

interface Faults {
  /** Whether the contract says that it is of version 3.0. */
  readonly of30: boolean;
  add(code: string, message: string, at: Path, mend?: string): void;
}

/**
 * What our JSON Schema can't say of a contract and the standard's refuses, or can't either: names used twice, patterns that are none,
 * keys that do not go with a type, quality rules without exactly one operator, unknown `greenlight.*` names. It is told beside the
 * schema's faults, so nothing here relies on the document's shape.
 */
export function contractFaults(positioned: Positioned): readonly GreenlightError[] {
  const errors: GreenlightError[] = [];
  const document = object<DataContract>(positioned.value);
  const faults: Faults = {
    of30: String(document.apiVersion).startsWith('v3.0.'),
    add: (code, message, at, mend) =>
      errors.push(
        new GreenlightError({
          code: `contract/${code}`,
          message: oneLine(message),
          place: positioned.placeOf(at),
          mend,
        }),
      ),
  };
  uniqueIds(positioned.value, [], faults);
  serverFaults(document.servers, faults);
  const tables = members<ContractTable>(document.schema);
  unique(tables, 'name', ['schema'], 'table', faults);
  for (const [index, table] of tables.entries()) {
    const path = ['schema', index];
    relationshipFaults(table.relationships, [...path, 'relationships'], faults);
    qualityFaults(table.quality, [...path, 'quality'], faults);
    ownPropertyFaults(table, 'table', path, faults);
    propertiesFaults(table.properties, [...path, 'properties'], faults);
  }
  return errors;
}

function propertiesFaults(list: unknown, path: Path, faults: Faults): void {
  const properties = members<ContractProperty>(list);
  unique(properties, 'name', path, 'property', faults);
  for (const [index, property] of properties.entries()) propertyFaults(property, [...path, index], faults);
}

/** Which logical type takes a key. */
const NESTED = { properties: 'object', items: 'array', map: 'map' } as const;

function propertyFaults(property: Partial<ContractProperty>, path: Path, faults: Faults, item = false): void {
  const { logicalType: type, logicalTypeOptions: options } = property;
  if (type === undefined && options !== undefined) {
    faults.add(
      'missing-key',
      'options without a `logicalType` mean nothing',
      [...path, 'logicalTypeOptions'],
      'write `logicalType` beside them',
    );
  }
  for (const [key, owner] of Object.entries(NESTED) as [keyof typeof NESTED, string][]) {
    if (property[key] === undefined || type === owner || (item && key === 'properties')) continue;
    faults.add('unknown-key', `\`${key}\` is a key of \`logicalType: ${owner}\` alone`, [...path, key]);
  }
  patternFault(
    object<ContractTypeOptions>(options).pattern,
    [...path, 'logicalTypeOptions', 'pattern'],
    faults,
  );
  qualityFaults(property.quality, [...path, 'quality'], faults);
  ownPropertyFaults(property, 'property', path, faults);
  propertiesFaults(property.properties, [...path, 'properties'], faults);
  if (property.items !== undefined) propertyFaults(object(property.items), [...path, 'items'], faults, true);
  for (const part of ['key', 'value'] as const) {
    const one = object<ContractMap>(property.map)[part];
    if (one !== undefined) propertyFaults(object(one), [...path, 'map', part], faults, true);
  }
}

function unique<Key extends string>(
  list: readonly { readonly [key in Key]?: unknown }[],
  key: Key,
  path: Path,
  what: string,
  faults: Faults,
): void {
  const seen = new Set<unknown>();
  for (const [index, { [key]: name }] of list.entries()) {
    if (name !== undefined && seen.has(name)) {
      faults.add('duplicate-name', `the ${what} \`${name}\` is there twice`, [...path, index, key]);
    }
    seen.add(name);
  }
}

/** An `id` is told from the others of its list, wherever the list stands. */
function uniqueIds(value: unknown, path: Path, faults: Faults): void {
  if (Array.isArray(value)) unique(members(value), 'id', path, 'id', faults);
  if (typeof value !== 'object' || value === null) return;
  const steps: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  for (const [step, part] of steps) uniqueIds(part, [...path, step], faults);
}

function serverFaults(list: unknown, faults: Faults): void {
  const servers = members<ContractServer>(list);
  unique(servers, 'server', ['servers'], 'server', faults);
  for (const [index, server] of servers.entries()) {
    const at = ['servers', index];
    for (const key of missingServerKeys(server)) {
      faults.add('missing-key', `a server of type ${server.type} needs \`${key}\``, at);
    }
    if (server.type === 'sftp' && !String(server.location).startsWith('sftp://')) {
      faults.add('bad-value', 'the location of a server of type sftp begins with sftp://', [
        ...at,
        'location',
      ]);
    }
  }
}

function relationshipFaults(list: unknown, path: Path, faults: Faults): void {
  for (const [index, { from, to }] of members<ContractTableRelationship>(list).entries()) {
    if (from === undefined || to === undefined || Array.isArray(from) === Array.isArray(to)) continue;
    faults.add(
      'bad-relationship',
      '`from` and `to` are both one reference, or both lists',
      [...path, index, 'to'],
      'give both as lists, in the same order',
    );
  }
}

type QualityKeys = readonly (keyof ContractQuality)[];

/** The keys of a quality rule that go with some types alone. */
const OF_TYPE: ReadonlyMap<string, QualityKeys> = new Map([
  ['library', ['metric', 'rule', 'arguments', ...OPERATORS]],
  ['sql', ['query', ...OPERATORS]],
  ['custom', ['engine', 'implementation']],
]);
const ALL_OF_TYPE = [...new Set([...OF_TYPE.values()].flat())];
const NEEDED: ReadonlyMap<string, QualityKeys> = new Map([
  ['library', ['metric']],
  ['sql', ['query']],
  ['custom', ['engine', 'implementation']],
]);

function qualityFaults(list: unknown, path: Path, faults: Faults): void {
  for (const [index, quality] of members<ContractQuality>(list).entries()) {
    const at = [...path, index];
    ownPropertyFaults(quality, 'quality rule', at, faults);
    patternFault(
      object<ContractArguments>(quality.arguments).pattern,
      [...at, 'arguments', 'pattern'],
      faults,
    );
    // As the standard has it: a metric makes a rule of any type one of the library too, and `type` is library where it is left out.
    const types = new Set([quality.type ?? 'library', ...(quality.metric === undefined ? [] : ['library'])]);
    const given = new Set(Object.keys(quality) as (keyof ContractQuality)[]);
    const takes = new Set([...types].flatMap((type) => OF_TYPE.get(type) ?? []));
    const type = [...types].join(' and ');
    // A rule without anything of a type says nothing, and the standard lets it: contract-lint.ts tells it.
    if (quality.type === undefined && !ALL_OF_TYPE.some((key) => given.has(key))) continue;
    // In 3.0 a rule of the library had `rule` for `metric`, with or without an operator: contract-lint.ts tells what to write now.
    if (faults.of30 && types.has('library') && given.has('rule') && !given.has('metric')) continue;
    for (const key of [...types].flatMap((one) => NEEDED.get(one) ?? [])) {
      if (given.has(key)) continue;
      const mend = key === 'metric' && given.has('rule') ? 'write `metric`: `rule` is of old' : undefined;
      faults.add('missing-key', `a quality rule of type ${type} needs \`${key}\``, at, mend);
    }
    for (const key of ALL_OF_TYPE) {
      if (!given.has(key) || takes.has(key)) continue;
      const code = OPERATORS.some((operator) => operator === key) ? 'bad-operator' : 'unknown-key';
      faults.add(code, `a quality rule of type ${type} has no \`${key}\``, [...at, key]);
    }
    const operators = OPERATORS.filter((operator) => given.has(operator));
    if (takes.has('mustBe') && operators.length !== 1) {
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

function ownPropertyFaults(
  owner: { readonly customProperties?: unknown },
  kind: Owner,
  path: Path,
  faults: Faults,
): void {
  const known = OWN_PROPERTIES[kind].map((name) => `greenlight.${name}`);
  const properties = members<ContractCustomProperty>(owner.customProperties);
  for (const [index, { property }] of properties.entries()) {
    if (typeof property !== 'string' || !property.startsWith('greenlight.')) continue;
    const at = [...path, 'customProperties', index, 'property'];
    if (!known.includes(property)) {
      const near = nearest(property, known);
      const mend =
        near === undefined ? `known of a ${kind}: ${known.join(', ')}` : `did you mean \`${near}\`?`;
      faults.add('unknown-property', `a ${kind} has no property \`${property}\``, at, mend);
    } else if (properties.findIndex((other) => other.property === property) !== index) {
      faults.add('duplicate-name', `the property \`${property}\` is there twice`, at);
    }
  }
}

/** The objects of what should be a list of them. */
function members<T extends object>(list: unknown): readonly Partial<T>[] {
  return Array.isArray(list) ? list.map((item) => object<T>(item)) : [];
}

function object<T extends object>(value: unknown): Partial<T> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
