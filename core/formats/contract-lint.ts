import { GreenlightError } from '../kernel/errors.ts';
import { nearest } from '../kernel/schema.ts';
import { oneLine } from '../kernel/text.ts';
import type { Path } from '../kernel/yaml.ts';
import {
  type Contract,
  type ContractItem,
  type ContractQuality,
  type ContractTable,
  type ContractTypeOptions,
  operatorOf,
  own,
  ownPath,
} from './contract-model.ts';
import { unknownServerKeys } from './contract-servers.ts';
import { emptyRanges, fateOf } from './contract-thresholds.ts';

/**
 * What the standard accepts of a contract and can't be meant: unknown keys of servers, names of columns that are not declared, bounds in
 * the wrong order, rules that no data can break or keep. What a rule of validate-data can't be judged for is not told here: its own
 * compiler of rules tells it. Codes are `contract/…`; each has its place.
 */
export function lintContract(contract: Contract): readonly GreenlightError[] {
  const found: GreenlightError[] = [];
  const tell: Tell = (code, message, at, mend) =>
    found.push(
      new GreenlightError({
        code: `contract/${code}`,
        message: oneLine(message),
        place: contract.placeOf(at),
        mend,
      }),
    );
  lintServers(contract, tell);
  lintServiceLevels(contract, tell);
  for (const [index, table] of (contract.document.schema ?? []).entries()) {
    lintTable(table, ['schema', index], tell);
  }
  return found;
}

type Tell = (code: string, message: string, at: Path, mend?: string) => void;

function lintServers({ document }: Contract, tell: Tell): void {
  for (const [index, server] of (document.servers ?? []).entries()) {
    for (const { key, near } of unknownServerKeys(server)) {
      tell(
        'unknown-server-key',
        `a server of type ${server.type} has no \`${key}\`: nobody reads it`,
        ['servers', index, key],
        near === undefined ? 'keep what is your own in `customProperties`' : `did you mean \`${near}\`?`,
      );
    }
  }
}

/** The elements of service levels: `table.column`, a table or a column, or several with commas between. */
function lintServiceLevels({ document }: Contract, tell: Tell): void {
  const tables = document.schema ?? [];
  const lint = (elements: string | undefined, at: Path): void => {
    for (const element of (elements ?? '').split(',').map((part) => part.trim())) {
      if (element === '' || tables.some((table) => hasElement(table, element))) continue;
      const known = tables.flatMap(({ name, properties = [] }) =>
        properties.map((property) => `${name}.${property.name}`),
      );
      tell('dangling-reference', `the contract declares no \`${element}\``, at, suggestion(element, known));
    }
  };
  lint(document.slaDefaultElement, ['slaDefaultElement']);
  for (const [index, { element }] of (document.slaProperties ?? []).entries()) {
    lint(element, ['slaProperties', index, 'element']);
  }
}

function hasElement(table: ContractTable, element: string): boolean {
  const [first = '', ...rest] = element.split('.');
  const columns = (table.properties ?? []).map(({ name }) => name);
  if (rest.length === 0) return [table.name, table.physicalName, ...columns].includes(first);
  return [table.name, table.physicalName].includes(first) && columns.includes(rest[0] ?? '');
}

function lintTable(table: ContractTable, path: Path, tell: Tell): void {
  const properties = table.properties ?? [];
  const names = properties.map(({ name }) => name);
  for (const name of ['quasiIdentifiers', 'groupKey', 'timeColumn'] as const) {
    for (const word of [own(table, name) ?? []].flat()) {
      if (!names.includes(word)) {
        const at = [...path, ...(ownPath(table, name) ?? [])];
        tell(
          'dangling-reference',
          `the table \`${table.name}\` declares no \`${word}\``,
          at,
          suggestion(word, names),
        );
      }
    }
  }
  lintQualities(table.quality, [...path, 'quality'], tell);
  const columns = new Map<string, string>();
  for (const [index, property] of properties.entries()) {
    const at = [...path, 'properties', index];
    const column = property.physicalName ?? property.name;
    const other = columns.get(column);
    if (other !== undefined && property.semanticType !== 'measure') {
      tell('same-column', `\`${other}\` and \`${property.name}\` are both the column \`${column}\``, [
        ...at,
        property.physicalName === undefined ? 'name' : 'physicalName',
      ]);
    }
    if (property.semanticType !== 'measure') columns.set(column, property.name);
    if (property.encryptedName !== undefined && !names.includes(property.encryptedName)) {
      const mend = suggestion(property.encryptedName, names);
      tell(
        'dangling-reference',
        `the table \`${table.name}\` declares no \`${property.encryptedName}\``,
        [...at, 'encryptedName'],
        mend,
      );
    }
    lintProperty(property, at, tell);
  }
}

function lintProperty(property: ContractItem, path: Path, tell: Tell): void {
  if (property.logicalTypeOptions !== undefined) {
    lintOptions(property, property.logicalTypeOptions, [...path, 'logicalTypeOptions'], tell);
  }
  lintQualities(property.quality, [...path, 'quality'], tell);
  const seen = new Set<unknown>();
  for (const [index, { value }] of (property.enum ?? []).entries()) {
    if (seen.has(value)) tell('same-value', 'this value is there twice', [...path, 'enum', index, 'value']);
    seen.add(value);
  }
  for (const [index, member] of (property.properties ?? []).entries()) {
    lintProperty(member, [...path, 'properties', index], tell);
  }
  if (property.items !== undefined) lintProperty(property.items, [...path, 'items'], tell);
  if (property.map !== undefined) {
    lintProperty(property.map.key, [...path, 'map', 'key'], tell);
    lintProperty(property.map.value, [...path, 'map', 'value'], tell);
  }
}

/** Each pair: the lower end of a range, its upper end, and whether the two may be equal. */
function lintOptions(property: ContractItem, options: ContractTypeOptions, path: Path, tell: Tell): void {
  if (property.logicalType === 'boolean' || property.logicalType === 'map') {
    for (const key of Object.keys(options)) {
      tell('unread-option', `the logical type ${property.logicalType} has no option \`${key}\``, [
        ...path,
        key,
      ]);
    }
    return;
  }
  for (const { lower, upper } of emptyRanges(options)) {
    const message = `nothing lies between \`${lower}\` ${options[lower]} and \`${upper}\` ${options[upper]}`;
    tell('reversed-range', message, [...path, upper], 'give the smaller one first');
  }
  if (property.properties === undefined) return;
  const names = property.properties.map(({ name }) => name);
  for (const [index, name] of (options.required ?? []).entries()) {
    if (names.includes(name)) continue;
    const at = [...path, 'required', index];
    tell('dangling-reference', `the object declares no \`${name}\``, at, suggestion(name, names));
  }
}

function lintQualities(list: readonly ContractQuality[] | undefined, path: Path, tell: Tell): void {
  for (const [index, quality] of (list ?? []).entries()) {
    const at = [...path, index];
    if (quality.type !== undefined && quality.type !== 'library') {
      if (quality.metric !== undefined)
        tell('unread-option', `a rule of type ${quality.type} is not judged by its \`metric\``, [
          ...at,
          'metric',
        ]);
      continue;
    }
    if (quality.metric === undefined) {
      if (quality.rule !== undefined) lintOldRule(quality.rule, [...at, 'rule'], tell);
      continue;
    }
    const warnAt = ownPath(quality, 'warnAt');
    const thresholds: readonly (readonly [ContractQuality, Path])[] = [
      [quality, at],
      ...(warnAt === undefined ? [] : [[own(quality, 'warnAt') ?? {}, [...at, ...warnAt]] as const]),
    ];
    for (const [threshold, where] of thresholds) {
      const operator = operatorOf(threshold);
      const fate = fateOf(threshold, quality.unit);
      // What is always kept is no rule: validate-data ends in an error there.
      if (operator === undefined || fate !== 'always broken') continue;
      const why = quality.unit === 'percent' ? 'a share is 0 to 100 percent' : 'a count is 0 or more';
      tell(
        'never-holds',
        `no data can keep this rule: ${why}`,
        [...where, operator],
        'write a bound that means something',
      );
    }
  }
}

/** What the rules that ODCS 3.0 names in its text are called since 3.1. */
const METRIC_OF_RULE: Readonly<Record<string, ContractQuality['metric']>> = {
  nullCheck: 'nullValues',
  nullCount: 'nullValues',
  uniqueCheck: 'duplicateValues',
  duplicateCount: 'duplicateValues',
  validValues: 'invalidValues',
  countCheck: 'rowCount',
  rowCount: 'rowCount',
};

function lintOldRule(rule: string, at: Path, tell: Tell): void {
  const metric = Object.hasOwn(METRIC_OF_RULE, rule) ? METRIC_OF_RULE[rule] : undefined;
  const mend =
    metric === undefined
      ? 'write `metric`, or `type: text` for words'
      : `write \`metric: ${metric}\` and an operator`;
  tell('old-rule', '`rule` is of ODCS 3.0 and is not judged', at, mend);
}

function suggestion(word: string, known: readonly string[]): string | undefined {
  const near = nearest(word, known);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  return known.length === 0 || known.length > 20 ? undefined : `declared: ${known.join(', ')}`;
}
