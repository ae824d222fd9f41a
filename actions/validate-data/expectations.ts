import type { Operator } from '../../core/formats/contract.ts';

/** What a count must be. */
export interface Expectation {
  readonly operator: Operator;
  /** One number, or two for the operators with a range. */
  readonly operand: readonly number[];
  readonly unit: 'rows' | 'percent';
}

/** An expectation as a contract writes it, or the reason why it can't be judged. */
export function expectationOf(
  operator: Operator,
  operand: unknown,
  unit: string | undefined,
  metric: string,
): Expectation | { readonly reason: string } {
  const numbers = Array.isArray(operand) ? operand : [operand];
  if (!numbers.every((number) => typeof number === 'number' && Number.isFinite(number))) {
    return { reason: `\`${operator}\` with something that is no number` };
  }
  const [low, high] = numbers as [number, number?];
  if (high !== undefined && low > high) return { reason: `\`${operator}\` with its range reversed` };
  if (unit !== undefined && unit !== 'rows' && unit !== 'percent') return { reason: `the unit \`${unit}\`` };
  if (unit === 'percent' && metric === 'rowCount') return { reason: '`rowCount` in percent' };
  return { operator, operand: numbers as number[], unit: unit ?? 'rows' };
}

/**
 * Whether a count of `rows` rows is as expected; ranges include their ends. Undefined where it can't be said: a percentage of no rows.
 */
export function holds(expect: Expectation, count: number, rows: number): boolean | undefined {
  if (expect.unit === 'percent' && rows === 0) return undefined;
  const value = expect.unit === 'percent' ? (100 * count) / rows : count;
  const [low = 0, high = low] = expect.operand;
  switch (expect.operator) {
    case 'mustBe':
      return value === low;
    case 'mustNotBe':
      return value !== low;
    case 'mustBeGreaterThan':
      return value > low;
    case 'mustBeGreaterOrEqualTo':
      return value >= low;
    case 'mustBeLessThan':
      return value < low;
    case 'mustBeLessOrEqualTo':
      return value <= low;
    case 'mustBeBetween':
      return value >= low && value <= high;
    case 'mustNotBeBetween':
      return value < low || value > high;
  }
}
