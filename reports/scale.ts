/** A linear axis over finite values. */
export interface Scale {
  readonly ticks: readonly number[];
  /** The share of the axis that lies before `value`, 0 to 1; values beyond an end are held at it. */
  at(value: number): number;
  /** `value` with the digits that this axis deserves; `n/a` for what is not a number. */
  format(value: number): string;
  /** `0.61 to 0.64`. */
  formatInterval(low: number, high: number): string;
}

/** Beyond it a value is drawn at the axis's end, so that no difference overflows. */
const FARTHEST = 1e300;

/**
 * An axis that shows every finite one of `values`, with a little room at both ends and about `wanted` ticks at
 * round steps (1, 2 or 5 times a power of ten). `spread` is the smallest difference that readers should see.
 */
export function scaleOf(values: readonly number[], wanted: number, spread?: number): Scale {
  const finite = values.filter((value) => Math.abs(value) < FARTHEST);
  let low = finite.length === 0 ? 0 : Math.min(...finite);
  let high = finite.length === 0 ? 1 : Math.max(...finite);
  // An axis that nearly touches zero had better show it.
  if (low > 0 && low < high * 0.4) low = 0;
  if (!(high - low > Math.abs(high) * 1e-9)) {
    const room = Math.abs(low) * 0.1 || 1;
    low -= room;
    high += room;
  }
  const room = (high - low) * 0.06;
  const start = low === 0 ? 0 : low - room;
  const end = high + room;
  const width = end - start;
  const step = roundStep(width / wanted);
  const ticks: number[] = [];
  for (let n = Math.ceil(start / step); n * step <= end && ticks.length < 2 * wanted + 2; n += 1)
    ticks.push(n * step);
  const digits = digitsFor(Math.min(spread ?? width, width));
  return {
    ticks,
    at: (value) => Math.min(1, Math.max(0, (value - start) / width)),
    format: (value) => formatNumber(value, digits),
    formatInterval: (low, high) =>
      Number.isFinite(low) || Number.isFinite(high)
        ? `${formatNumber(low, digits)} to ${formatNumber(high, digits)}`
        : 'n/a',
  };
}

/** The smallest positive width of these intervals, which decides how many digits they are shown with. */
export function narrowest(
  intervals: readonly { readonly low: number; readonly high: number }[],
): number | undefined {
  const widths = intervals
    .map(({ low, high }) => high - low)
    .filter((width) => width > 0 && width < Infinity);
  return widths.length === 0 ? undefined : Math.min(...widths);
}

function roundStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const lead = rough / power;
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

/** Two significant digits of `spread`, one from 8 on; within 0 to 6 decimals. */
function digitsFor(spread: number): number {
  return Math.min(6, Math.max(0, 1 - Math.floor(Math.log10(spread * 1.25))));
}

function formatNumber(value: number, digits: number): string {
  if (!Number.isFinite(value)) return 'n/a';
  if (Math.abs(value) >= 1e12) return value.toExponential(2).replace('-', '−');
  const text = value.toFixed(digits);
  // A true minus sign is as wide as a digit; and there is no minus zero.
  return Number(text) === 0 ? text.replace('-', '') : text.replace('-', '−');
}
