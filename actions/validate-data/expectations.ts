import { type ContractQuality, type Operator, operatorOf } from '../../core/formats/contract.ts';
import { fateOf } from '../../core/formats/contract-thresholds.ts';
import type { Scalar } from './plan.ts';

/** What a figure must be. */
export interface Expectation {
  readonly operator: Operator;
  /** One value, or two numbers for the operators with a range. */
  readonly operand: readonly Scalar[];
  readonly unit: 'rows' | 'percent';
}

/** What the figure is a figure of: `value` of a SQL or custom rule, which a unit does not change. */
export type FigureKind = 'rows' | 'failing-rows' | 'value';

/** An expectation as a contract writes it, or the reason why it can't be judged. */
export function expectationOf(
  quality: Pick<ContractQuality, Operator | 'unit'>,
  kind: FigureKind,
): Expectation | { readonly reason: string } {
  const operator = operatorOf(quality);
  if (operator === undefined) return { reason: 'a rule without an operator' };
  const operand: unknown[] = [quality[operator]].flat();
  const equality = operator === 'mustBe' || operator === 'mustNotBe';
  const plain = (value: unknown): boolean =>
    (typeof value === 'number' && Number.isFinite(value)) ||
    (kind === 'value' && equality && typeof value === 'boolean');
  if (!operand.every(plain)) return { reason: `\`${operator}\` with something that is no number` };
  const [low, high] = operand as [number, number?];
  if (high !== undefined && low > high) return { reason: `\`${operator}\` with its range reversed` };
  if (kind === 'value') {
    return quality.unit === 'percent'
      ? { reason: '`unit: percent` of a figure that is no count of rows' }
      : { operator, operand: operand as Scalar[], unit: 'rows' };
  }
  const { unit } = quality;
  if (unit !== undefined && unit !== 'rows' && unit !== 'percent') return { reason: `the unit \`${unit}\`` };
  if (unit === 'percent' && kind === 'rows') return { reason: '`rowCount` in percent' };
  if (fateOf(quality, unit) === 'always kept') return { reason: 'a threshold that no data can break' };
  return { operator, operand: operand as Scalar[], unit: unit ?? 'rows' };
}

/**
 * Whether a figure of a table of `rows` rows is as expected; ranges include their ends. Undefined where it can't be said: a percentage of
 * no rows, an order of what is no number.
 */
export function holds(expect: Expectation, figure: number | boolean, rows: number): boolean | undefined {
  if (expect.unit === 'percent' && rows === 0) return undefined;
  const [first, second] = expect.operand;
  if (expect.operator === 'mustBe' || expect.operator === 'mustNotBe') {
    if (typeof first !== typeof figure) return undefined;
    const same = (expect.unit === 'percent' ? (100 * Number(figure)) / rows : figure) === first;
    return expect.operator === 'mustBe' ? same : !same;
  }
  if (typeof figure !== 'number') return undefined;
  const value = expect.unit === 'percent' ? (100 * figure) / rows : figure;
  const low = Number(first);
  const high = Number(second);
  switch (expect.operator) {
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
