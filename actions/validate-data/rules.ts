import type {
  Contract,
  ContractProperty,
  ContractQuality,
  ContractServiceLevel,
  ContractTable,
  ContractTypeOptions,
} from '../../core/formats/contract.ts';
import type { Place } from '../../core/kernel/place.ts';
import type { Path } from '../../core/kernel/yaml.ts';
import { type Check, cellType, columnName, NONE, unsupported, valueFault } from './checks.ts';
import { FORMATS } from './formats.ts';
import type { Condition, Use } from './plan.ts';
import { columnMetric, qualityCheck, qualityText, setCheck, severityOf, tableMetric } from './quality.ts';

/** One rule of a contract. */
export interface Rule {
  /** Stable within the contract: `flights.delay.minimum`, `flights.quality[0]`. */
  readonly id: string;
  /** What must hold, in words: `delay ≥ -1200`. Made of the contract alone. */
  readonly text: string;
  /** The column's name in the data; undefined where the rule is about the table. */
  readonly column: string | undefined;
  readonly place: Place;
  /** What a broken rule makes of the verdict. */
  readonly severity: 'fail' | 'warn';
  readonly check: Check;
}

/** All rules of one table of a contract, in the order of the text, as one flat list. */
export function rulesOf(contract: Contract, index: number): readonly Rule[] {
  const table = contract.document.schema?.[index];
  if (table === undefined) return [];
  const path: Path = ['schema', index];
  const rules = (table.properties ?? []).flatMap((property, at) =>
    columnRules(contract, table, property, [...path, 'properties', at]),
  );
  rules.push(...tableRules(contract, table, path));
  const levels = contract.document.slaProperties ?? [];
  rules.push(...levels.map((level, at) => serviceLevelRule(contract, table, level, ['slaProperties', at])));
  return rules;
}

type Add = (suffix: string, text: string, at: Path, check: Check, severity?: Rule['severity']) => void;

function columnRules(
  contract: Contract,
  table: ContractTable,
  property: ContractProperty,
  path: Path,
): Rule[] {
  const column = columnName(property);
  const rules: Rule[] = [];
  const add: Add = (suffix, text, at, check, severity = 'fail') =>
    rules.push({
      id: `${table.name}.${property.name}.${suffix}`,
      text,
      column,
      place: contract.placeOf([...path, ...at]),
      severity,
      check,
    });
  if (property.semanticType === 'measure') {
    add('measure', `${column} is a measure`, ['semanticType'], {
      kind: 'stated',
      reason: 'a measure is no column',
    });
    return rules;
  }
  add('present', `column ${column} is there`, ['name'], { kind: 'present' });
  const type = cellType(property);
  if (type === undefined) {
    add(
      'type',
      `${column} is of type ${property.logicalType}`,
      ['logicalType'],
      unsupported(`the type ${property.logicalType}`),
    );
  } else {
    const of: Use = { column, type };
    if (property.logicalType !== undefined) {
      add(
        'type',
        `${column} is of type ${type}`,
        ['logicalType'],
        typeCheck(of, property.logicalTypeOptions),
      );
    }
    optionRules(of, property.logicalTypeOptions ?? {}, add);
    setAndKeyRules(of, property, add);
    qualityRules(of, property.quality, add);
  }
  if (property.physicalType !== undefined) {
    add('physicalType', `${column} is stored as ${property.physicalType}`, ['physicalType'], {
      kind: 'physical-type',
      declared: property.physicalType,
    });
  }
  for (const key of ['relationships', 'properties', 'items', 'map'] as const) {
    if (property[key] !== undefined) add(key, `${key} of ${column}`, [key], unsupported(`\`${key}\``));
  }
  return rules;
}

function typeCheck(of: Use, options: ContractTypeOptions = {}): Check {
  const { type } = of;
  const temporal = type === 'date' || type === 'timestamp' || type === 'time';
  if (temporal && options.format !== undefined) return unsupported('a `format` of dates and times');
  if (options.timezone === true) return unsupported('`timezone: true`');
  if (options.defaultTimezone !== undefined && !['UTC', 'Etc/UTC', 'Z'].includes(options.defaultTimezone)) {
    return unsupported('a `defaultTimezone` other than UTC');
  }
  return { kind: 'type', of };
}

const BOUNDS = [
  ['minimum', 'less', '≥'],
  ['exclusiveMinimum', 'less-or-equal', '>'],
  ['maximum', 'greater', '≤'],
  ['exclusiveMaximum', 'greater-or-equal', '<'],
] as const;

function optionRules(of: Use, options: ContractTypeOptions, add: Add): void {
  const { column, type } = of;
  const at = (key: string): Path => ['logicalTypeOptions', key];
  for (const [key, is, sign] of BOUNDS) {
    const bound = options[key];
    if (bound === undefined) continue;
    const reason = valueFault(bound, type);
    const check = reason === undefined ? none({ is, of, bound }) : unsupported(reason);
    add(key, `${column} ${sign} ${bound}`, at(key), check);
  }
  if (options.minLength !== undefined) {
    add(
      'minLength',
      `${column} has at least ${options.minLength} characters`,
      at('minLength'),
      none({ is: 'shorter', of, bound: options.minLength }),
    );
  }
  if (options.maxLength !== undefined) {
    add(
      'maxLength',
      `${column} has at most ${options.maxLength} characters`,
      at('maxLength'),
      none({ is: 'longer', of, bound: options.maxLength }),
    );
  }
  if (options.pattern !== undefined) {
    add(
      'pattern',
      `${column} matches ${options.pattern}`,
      at('pattern'),
      none({ is: 'no-match', of, pattern: options.pattern }),
    );
  }
  if (options.multipleOf !== undefined) {
    const check =
      type === 'integer' && Number.isSafeInteger(options.multipleOf)
        ? none({ is: 'not-multiple', of, bound: options.multipleOf })
        : unsupported('`multipleOf` of numbers that are not whole');
    add('multipleOf', `${column} is a multiple of ${options.multipleOf}`, at('multipleOf'), check);
  }
  if (options.format !== undefined) formatRules(of, options.format, add);
}

function formatRules(of: Use, format: string, add: Add): void {
  const at = ['logicalTypeOptions', 'format'];
  const text = `${of.column} has the format ${format}`;
  if (of.type === 'string') {
    const known = FORMATS[format];
    if (known === 'stated')
      add('format', text, at, { kind: 'stated', reason: `\`${format}\` says nothing that data shows` });
    else if (known === undefined) add('format', text, at, unsupported(`the format \`${format}\``));
    else add('format', text, at, none({ is: 'no-match', of, pattern: known }));
  } else if (of.type === 'integer') {
    const bits = Number(format.slice(1));
    if (bits > 32 && format !== 'i64') {
      add('format', text, at, unsupported(`the format \`${format}\``));
      return;
    }
    if (format === 'i64') {
      add('format', text, at, none({ is: 'not-of-type', of }));
      return;
    }
    const low = format.startsWith('u') ? 0 : -(2 ** (bits - 1));
    const high = format.startsWith('u') ? 2 ** bits - 1 : 2 ** (bits - 1) - 1;
    add('format.low', `${text} (≥ ${low})`, at, none({ is: 'less', of, bound: low }));
    add('format.high', `${text} (≤ ${high})`, at, none({ is: 'greater', of, bound: high }));
  } else if (of.type === 'number') {
    add(
      'format',
      text,
      at,
      format === 'f64' ? none({ is: 'not-of-type', of }) : unsupported(`the format \`${format}\``),
    );
  }
}

function setAndKeyRules(of: Use, property: ContractProperty, add: Add): void {
  const { column } = of;
  if (property.enum !== undefined) {
    const values = property.enum.map(({ value }) => value).filter((value) => value !== null);
    add('enum', `${column} is one of ${values.length} values`, ['enum'], setCheck(of, values, NONE));
  }
  if (property.required === true || property.primaryKey === true) {
    const key = property.required === true ? 'required' : 'primaryKey';
    add(key, `${column} is never empty`, [key], none({ is: 'null', of }));
  }
  if (property.unique === true) {
    add('unique', `${column} is unique`, ['unique'], {
      kind: 'measured',
      measure: { count: 'repeats', of: [of] },
      expect: NONE,
    });
  }
}

function qualityRules(of: Use, qualities: readonly ContractQuality[] | undefined, add: Add): void {
  for (const [index, quality] of (qualities ?? []).entries()) {
    const check = qualityCheck(quality, (metric) => columnMetric(of, metric, quality));
    add(`quality[${index}]`, qualityText(of.column, quality), ['quality', index], check, severityOf(quality));
  }
}

function tableRules(contract: Contract, table: ContractTable, path: Path): Rule[] {
  const rules: Rule[] = [];
  const add: Add = (suffix, text, at, check, severity = 'fail') =>
    rules.push({
      id: `${table.name}.${suffix}`,
      text,
      column: undefined,
      place: contract.placeOf([...path, ...at]),
      severity,
      check,
    });
  const properties = table.properties ?? [];
  const keys = properties
    .filter((property) => property.primaryKey === true)
    .sort((a, b) => position(a) - position(b));
  if (keys.length > 0) {
    const names = keys.map(columnName).join(', ');
    const at = ['properties', properties.indexOf(keys[0] as ContractProperty), 'primaryKey'];
    const of = keys.map((property) => ({
      column: columnName(property),
      type: cellType(property) ?? 'string',
    }));
    add('primaryKey', `the primary key (${names}) is unique`, at, {
      kind: 'measured',
      measure: { count: 'repeats', of },
      expect: NONE,
    });
  }
  for (const [index, quality] of (table.quality ?? []).entries()) {
    const check = qualityCheck(quality, (metric) => tableMetric(properties, metric, quality));
    add(
      `quality[${index}]`,
      qualityText(table.name, quality),
      ['quality', index],
      check,
      severityOf(quality),
    );
  }
  if (table.relationships !== undefined) {
    add('relationships', `foreign keys of ${table.name}`, ['relationships'], unsupported('`relationships`'));
  }
  const extra =
    table.customProperties?.find(({ property }) => property === 'greenlight.extraColumns')?.value ?? 'warn';
  if (extra !== 'ignore' && properties.length > 0) {
    const declared = properties.map(columnName);
    const severity = extra === 'fail' ? 'fail' : 'warn';
    add(
      'extraColumns',
      'no columns but the declared ones',
      ['properties'],
      { kind: 'extra-columns', declared },
      severity,
    );
  }
  return rules;
}

function position(property: ContractProperty): number {
  return property.primaryKeyPosition ?? Number.MAX_SAFE_INTEGER;
}

function serviceLevelRule(
  contract: Contract,
  table: ContractTable,
  level: ContractServiceLevel,
  path: Path,
): Rule {
  const shown = ['latency', 'ly', 'freshness', 'retention', 're'].includes(level.property.toLowerCase());
  return {
    id: `${table.name}.slaProperties.${level.property}`,
    text: `service level ${level.property}`,
    column: undefined,
    place: contract.placeOf(path),
    severity: 'fail',
    check: shown
      ? unsupported(`the service level \`${level.property}\``)
      : { kind: 'stated', reason: 'a service level that this data does not show' },
  };
}

function none(condition: Condition): Check {
  return { kind: 'measured', measure: { count: 'condition', condition }, expect: NONE };
}
