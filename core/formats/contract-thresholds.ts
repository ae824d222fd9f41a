import {
  type ContractQuality,
  type ContractTypeOptions,
  type Operator,
  operatorOf,
} from './contract-model.ts';

/**
 * What becomes of a library metric's threshold before any data are seen: a count is 0 or more, a share of rows 0 to 100 percent. Ranges
 * include their ends.
 */
export function fateOf(
  threshold: Pick<ContractQuality, Operator>,
  unit: string | undefined,
): 'always kept' | 'always broken' | 'open' {
  const highest = unit === 'percent' ? 100 : Number.POSITIVE_INFINITY;
  const operator = operatorOf(threshold);
  const [low = Number.NaN, high = low] = [operator === undefined ? [] : threshold[operator]]
    .flat()
    .map(Number);
  const outside = high < 0 || low > highest;
  const whole = low <= 0 && high >= highest;
  const fate = (kept: boolean, broken: boolean) => (kept ? 'always kept' : broken ? 'always broken' : 'open');
  switch (operator) {
    case 'mustBe':
      return fate(false, outside);
    case 'mustNotBe':
      return fate(outside, false);
    case 'mustBeGreaterThan':
      return fate(low < 0, low >= highest);
    case 'mustBeGreaterOrEqualTo':
      return fate(low <= 0, low > highest);
    case 'mustBeLessThan':
      return fate(low > highest, low <= 0);
    case 'mustBeLessOrEqualTo':
      return fate(low >= highest, low < 0);
    case 'mustBeBetween':
      return fate(whole, outside);
    case 'mustNotBeBetween':
      return fate(outside, whole);
    case undefined:
      return 'open';
  }
}

const RANGES = [
  ['minimum', 'maximum', true],
  ['minimum', 'exclusiveMaximum', false],
  ['exclusiveMinimum', 'maximum', false],
  ['exclusiveMinimum', 'exclusiveMaximum', false],
  ['minLength', 'maxLength', true],
  ['minItems', 'maxItems', true],
  ['minProperties', 'maxProperties', true],
] as const satisfies readonly (readonly [keyof ContractTypeOptions, keyof ContractTypeOptions, boolean])[];

/** The ranges of a type's options in which nothing lies. */
export function emptyRanges(
  options: ContractTypeOptions,
): readonly { readonly lower: keyof ContractTypeOptions; readonly upper: keyof ContractTypeOptions }[] {
  return RANGES.flatMap(([lower, upper, mayBeEqual]) => {
    const [low, high] = [ordered(options[lower]), ordered(options[upper])];
    if (low === undefined || high === undefined || typeof low !== typeof high) return [];
    return low > high || (low === high && !mayBeEqual) ? [{ lower, upper }] : [];
  });
}

const ISO = /^(?:\d{4}-\d\d-\d\d(?:T[\d:.]+)?|\d\d:\d\d(?::[\d.]+)?)Z?$/;

/** What orders a bound; nothing in texts of dates and times with an offset or in a form of their own, whose order is not the texts'. */
function ordered(bound: unknown): number | string | undefined {
  if (typeof bound === 'number') return bound;
  return typeof bound === 'string' && ISO.test(bound) ? bound.replace('Z', '') : undefined;
}
