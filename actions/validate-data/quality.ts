import { type ContractProperty, type ContractQuality, operatorOf, own } from '../../core/formats/contract.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import { type Check, isScalarOrNull, none, unsupported, valueFault } from './checks.ts';
import { customCheck } from './custom.ts';
import { type Expectation, expectationOf, type FigureKind } from './expectations.ts';
import type { Condition, Measure, Scalar, Use } from './plan.ts';
import type { Add, Rule } from './rules.ts';
import { isComparable, isNested, namedUses } from './uses.ts';

const WARNING_SEVERITIES = ['info', 'warning', 'warn', 'low', 'minor', 'trivial'];

type MeasureOf = (metric: string, quality: ContractQuality) => Measure | Check;

/** What a custom or SQL rule needs to know of where it stands. */
export interface Standing {
  /** The table's columns, for rules that name some. */
  readonly properties: readonly ContractProperty[];
  /** The table as SQL rules name it, and the column where the rule stands under one. */
  readonly object: string;
  readonly property?: string;
}

/** The quality rules of a table or of a property; `measureOf` gives what its library metrics count. */
export function qualityRules(
  words: string,
  qualities: readonly ContractQuality[] | undefined,
  standing: Standing,
  add: Add,
  measureOf: MeasureOf,
): void {
  for (const [index, quality] of (qualities ?? []).entries()) {
    const check = qualityCheck(quality, standing, measureOf);
    add(`quality[${index}]`, qualityText(words, quality), ['quality', index], check, severityOf(quality));
  }
}

function qualityCheck(quality: ContractQuality, standing: Standing, measureOf: MeasureOf): Check {
  switch (quality.type ?? 'library') {
    case 'text':
      return { kind: 'stated', reason: 'a rule in words' };
    case 'custom':
      return customCheck(quality, standing.properties, secondThreshold(quality, 'value'));
    case 'sql': {
      const { object, property } = standing;
      const query = { text: quality.query ?? '', object, ...(property === undefined ? {} : { property }) };
      return measured({ count: 'query', query }, quality, 'value');
    }
    default: {
      if (quality.metric === undefined) return unsupported('a rule without a metric');
      const measure = measureOf(quality.metric, quality);
      return 'kind' in measure
        ? measure
        : measured(measure, quality, measure.count === 'rows' ? 'rows' : 'failing-rows');
    }
  }
}

/** A check of a figure by the rule's operator and by its second threshold. */
function measured(measure: Measure, quality: ContractQuality, kind: FigureKind): Check {
  const expect = expectationOf(quality, kind);
  if ('reason' in expect) return unsupported(expect.reason);
  const warnAt = secondThreshold(quality, kind);
  if (warnAt === undefined) return { kind: 'measured', measure, expect };
  return 'reason' in warnAt ? unsupported(warnAt.reason) : { kind: 'measured', measure, expect, warnAt };
}

/** What `greenlight.warnAt` asks for; undefined where it is not set. */
function secondThreshold(
  quality: ContractQuality,
  kind: FigureKind,
): Expectation | { readonly reason: string } | undefined {
  const second = own(quality, 'warnAt');
  if (second === undefined) return undefined;
  const unit = quality.unit === undefined ? {} : { unit: quality.unit };
  const warnAt = expectationOf({ ...second, ...unit }, kind);
  return 'reason' in warnAt ? { reason: `${warnAt.reason} in \`greenlight.warnAt\`` } : warnAt;
}

/** What a library metric counts in a column. */
export function columnMetric(
  of: Use<CellType | NestedType>,
  metric: string,
  quality: ContractQuality,
): Measure | Check {
  const { arguments: given = {} } = quality;
  if (metric === 'rowCount') return { count: 'rows' };
  if (metric === 'nullValues') return { count: 'condition', condition: { is: 'null', of } };
  if (isNested(of.type)) return unsupported(`\`${metric}\` of type ${of.type}`);
  const plain = of as Use;
  if (metric === 'duplicateValues') {
    return isComparable(of)
      ? { count: 'repeats', of: [of] }
      : unsupported('`duplicateValues` of what is within a list');
  }
  if (metric === 'missingValues') {
    const values = given.missingValues ?? [null, ''];
    return values.every(isScalarOrNull)
      ? { count: 'condition', condition: { is: 'missing', of: plain, values } }
      : unsupported('`missingValues` that are lists or objects');
  }
  return invalidValues(plain, given);
}

/** A value is invalid that is not among the valid ones, or that does not match: NULL never is. */
function invalidValues(
  of: Use,
  { validValues, pattern }: NonNullable<ContractQuality['arguments']>,
): Measure | Check {
  const conditions: Condition[] = [];
  if (validValues !== undefined) {
    const among = notIn(
      of,
      validValues.filter((value) => value !== null),
    );
    if ('kind' in among) return among;
    conditions.push(among);
  }
  if (pattern !== undefined) {
    if (of.type !== 'string') return unsupported('a `pattern` for a column that is no string');
    conditions.push({ is: 'no-match', of, pattern });
  }
  const [first, second] = conditions;
  if (first === undefined) return unsupported('`invalidValues` without `validValues` or `pattern`');
  return { count: 'condition', condition: second === undefined ? first : { is: 'any', of: conditions } };
}

/** What a library metric counts in a whole table. */
export function tableMetric(
  properties: readonly ContractProperty[],
  metric: string,
  quality: ContractQuality,
): Measure | Check {
  if (metric === 'rowCount') return { count: 'rows' };
  const names = quality.arguments?.properties;
  if (metric !== 'duplicateValues')
    return unsupported(`\`${metric}\` of a whole table: write it under a property`);
  if (names === undefined || names.length === 0)
    return unsupported('`duplicateValues` of a table without `arguments.properties`');
  const of = namedUses(properties, names);
  return 'reason' in of ? unsupported(of.reason) : { count: 'repeats', of };
}

/** A check that cells are among the values of a contract. */
export function setCheck(of: Use, values: readonly unknown[]): Check {
  const condition = notIn(of, values);
  return 'kind' in condition ? condition : none(condition);
}

function notIn(of: Use, values: readonly unknown[]): Condition | Check {
  const scalars: Scalar[] = [];
  for (const value of values) {
    const reason =
      isScalarOrNull(value) && value !== null
        ? valueFault(value, of.type, of.form)
        : 'lists or objects as values';
    if (reason !== undefined) return unsupported(reason);
    scalars.push(value as Scalar);
  }
  return { is: 'not-in', of, values: scalars };
}

/** What a broken quality rule makes of the verdict. */
export function severityOf(quality: ContractQuality): Rule['severity'] {
  return WARNING_SEVERITIES.includes(quality.severity?.toLowerCase() ?? '') ? 'warn' : 'fail';
}

/** A quality rule in words, made of the contract alone. */
function qualityText(subject: string, quality: ContractQuality): string {
  const operator = operatorOf(quality);
  if (operator === undefined || quality.type === 'sql')
    return quality.name ?? quality.description ?? `a ${quality.type ?? 'library'} rule about ${subject}`;
  const words = operator.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  const operand = [quality[operator]].flat().join(' and ');
  return `${quality.metric ?? quality.type} of ${subject} ${words} ${operand}${quality.unit === 'percent' ? ' percent' : ''}`;
}
