import { type ContractQuality, operatorOf } from '../../../core/formats/contract.ts';
import type { Span } from './directions.ts';

/** The figures that a rule accepts: of counts whole ones from 0, of percentages those to 100. Undefined where it compares no numbers. */
export function acceptedBy(rule: ContractQuality): Span[] | undefined {
  const operator = operatorOf(rule);
  if (operator === undefined) return undefined;
  const operands = [rule[operator]].flat();
  const numbers = operands.filter((operand) => typeof operand === 'number' || typeof operand === 'bigint');
  const [a, b = a] = numbers;
  if (a === undefined || b === undefined || numbers.length !== operands.length) return undefined;
  const low = { low: -Infinity, lowOpen: false };
  const high = { high: Infinity, highOpen: false };
  const spans: Readonly<Record<typeof operator, Span[]>> = {
    mustBe: [{ low: a, lowOpen: false, high: a, highOpen: false }],
    mustNotBe: [
      { ...low, high: a, highOpen: true },
      { low: a, lowOpen: true, ...high },
    ],
    mustBeGreaterThan: [{ low: a, lowOpen: true, ...high }],
    mustBeGreaterOrEqualTo: [{ low: a, lowOpen: false, ...high }],
    mustBeLessThan: [{ ...low, high: a, highOpen: true }],
    mustBeLessOrEqualTo: [{ ...low, high: a, highOpen: false }],
    mustBeBetween: [{ low: a, lowOpen: false, high: b, highOpen: false }],
    mustNotBeBetween: [
      { ...low, high: a, highOpen: true },
      { low: b, lowOpen: true, ...high },
    ],
  };
  if (rule.metric === undefined) return spans[operator];
  const percent = rule.unit === 'percent';
  return spans[operator]
    .map((span) => (percent ? cut(span, 100) : counts(cut(span, Infinity))))
    .filter(({ low, high, lowOpen, highOpen }) => low < high || (low === high && !lowOpen && !highOpen));
}

/** The part of an interval from 0 to `top`. */
function cut(span: Span, top: number): Span {
  const { low, lowOpen, high, highOpen } = span;
  return {
    ...(low < 0 ? { low: 0, lowOpen: false } : { low, lowOpen }),
    ...(high > top ? { high: top, highOpen: false } : { high, highOpen }),
  };
}

/** An interval of whole numbers by its first and last. */
function counts({ low, lowOpen, high, highOpen }: Span): Span {
  const [first, last] = [Number(low), Number(high)];
  return {
    low: lowOpen ? Math.floor(first) + 1 : Math.ceil(first),
    lowOpen: false,
    high: highOpen ? Math.ceil(last) - 1 : Math.floor(last),
    highOpen: false,
  };
}
