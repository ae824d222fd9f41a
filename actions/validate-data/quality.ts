import { type ContractProperty, type ContractQuality, operatorOf } from '../../core/formats/contract.ts';
import { type Check, cellType, columnName, isScalarOrNull, unsupported, valueFault } from './checks.ts';
import { type Expectation, expectationOf } from './expectations.ts';
import type { Measure, Scalar, Use } from './plan.ts';

const WARNING_SEVERITIES = ['info', 'warning', 'warn', 'low', 'minor', 'trivial'];

/** The check of a quality rule; `measureOf` gives what its library metric counts. */
export function qualityCheck(
  quality: ContractQuality,
  measureOf: (metric: string) => Measure | Check,
): Check {
  const type = quality.type ?? 'library';
  if (type === 'text') return { kind: 'stated', reason: 'a rule in words' };
  if (type !== 'library') return unsupported(`a rule of type \`${type}\``);
  const operator = operatorOf(quality);
  if (quality.metric === undefined || operator === undefined)
    return unsupported('a rule without metric and operator');
  const expect = expectationOf(operator, quality[operator], quality.unit, quality.metric);
  if ('reason' in expect) return unsupported(expect.reason);
  const measure = measureOf(quality.metric);
  return 'kind' in measure ? measure : { kind: 'measured', measure, expect };
}

/** What a library metric counts in a column. */
export function columnMetric(of: Use, metric: string, quality: ContractQuality): Measure | Check {
  const { arguments: given = {} } = quality;
  switch (metric) {
    case 'rowCount':
      return { count: 'rows' };
    case 'nullValues':
      return { count: 'condition', condition: { is: 'null', of } };
    case 'missingValues': {
      const values = given.missingValues ?? [null, ''];
      return values.every(isScalarOrNull)
        ? { count: 'condition', condition: { is: 'missing', of, values } }
        : unsupported('`missingValues` that are lists or objects');
    }
    case 'duplicateValues':
      return { count: 'repeats', of: [of] };
    default:
      if (given.validValues !== undefined && given.pattern !== undefined) {
        return unsupported('`validValues` and `pattern` in one rule');
      }
      if (given.pattern !== undefined) {
        if (of.type !== 'string') return unsupported('a `pattern` for a column that is no string');
        return { count: 'condition', condition: { is: 'no-match', of, pattern: given.pattern } };
      }
      if (given.validValues === undefined)
        return unsupported('`invalidValues` without `validValues` or `pattern`');
      return setMeasure(
        of,
        given.validValues.filter((value) => value !== null),
      );
  }
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
  const uses: Use[] = [];
  for (const name of names) {
    const property = properties.find((candidate) => candidate.name === name);
    const type = property === undefined ? undefined : cellType(property);
    if (property === undefined || type === undefined)
      return unsupported(`the property \`${name}\`, which is not declared here`);
    uses.push({ column: columnName(property), type });
  }
  return { count: 'repeats', of: uses };
}

/** A check that cells are among the values of a contract. */
export function setCheck(of: Use, values: readonly unknown[], expect: Expectation): Check {
  const measure = setMeasure(of, values);
  return 'kind' in measure ? measure : { kind: 'measured', measure, expect };
}

function setMeasure(of: Use, values: readonly unknown[]): Measure | Check {
  const scalars: Scalar[] = [];
  for (const value of values) {
    const reason =
      isScalarOrNull(value) && value !== null ? valueFault(value, of.type) : 'lists or objects as values';
    if (reason !== undefined) return unsupported(reason);
    scalars.push(value as Scalar);
  }
  return { count: 'condition', condition: { is: 'not-in', of, values: scalars } };
}

/** What a broken quality rule makes of the verdict. */
export function severityOf(quality: ContractQuality): 'fail' | 'warn' {
  return WARNING_SEVERITIES.includes(quality.severity?.toLowerCase() ?? '') ? 'warn' : 'fail';
}

/** A quality rule in words, made of the contract alone. */
export function qualityText(subject: string, quality: ContractQuality): string {
  const operator = operatorOf(quality);
  if (operator === undefined) return quality.name ?? quality.description ?? `a rule about ${subject}`;
  const words = operator.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  const operand = [quality[operator]].flat().join(' and ');
  return `${quality.metric ?? quality.type} of ${subject} ${words} ${operand}${quality.unit === 'percent' ? ' percent' : ''}`;
}
