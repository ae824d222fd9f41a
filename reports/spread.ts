import type { DistributionChartBlock, Spread, TableBlock } from '../core/kernel/blocks.ts';

/** A bar of a column's picture, in shares of its width and height. */
export interface Bar {
  readonly from: number;
  readonly to: number;
  readonly height: number;
  /** An outer bin, whose values go on beyond the picture: its width is made up. */
  readonly open: boolean;
}

/** The widths that an open bin may have, in shares of the range between the outer edges. */
const NARROWEST_TAIL = 0.04;
const WIDEST_TAIL = 0.2;
/** A range that is no longer drawn to scale, since sums with it overflow. */
const FARTHEST = 1e300;
/** A bin is not drawn higher than if it were this wide, in shares of the range. */
const NARROWEST = 1e-6;
/** Bars of values stand apart, those of bins touch. */
const VALUE_WIDTH = 0.8;
/** Values that are named in words. */
const NAMED = 3;

/** The bars of a spread: of bins by density, so that the area is the rows, of values by count. */
export function barsOf(spread: Spread): readonly Bar[] {
  if (spread.kind === 'words') return [];
  const bars =
    spread.kind === 'values'
      ? spread.values.map(({ count }, i) => ({ from: i, to: i + VALUE_WIDTH, height: count, open: false }))
      : binsOf(spread.edges, spread.counts);
  const [start = 0, end = 1] = [bars[0]?.from, bars.at(-1)?.to];
  const tallest = bars.reduce((most, { height }) => Math.max(most, height), 0);
  const at = (x: number): number => (end > start ? Math.min(1, Math.max(0, (x - start) / (end - start))) : 0);
  return bars.map((bar) => ({
    from: at(bar.from),
    to: at(bar.to),
    height: tallest > 0 ? bar.height / tallest : 0,
    open: bar.open,
  }));
}

function binsOf(edges: readonly number[], counts: readonly number[]): readonly Bar[] {
  const [first = 0] = edges;
  const last = edges.at(-1) ?? first;
  const range = last - first;
  // With less than two edges no bin has a width.
  if (!(range > 0 && range < FARTHEST))
    return counts.map((height, i) => ({ from: i, to: i + 1, height, open: true }));
  const tail = (width: number): number =>
    Math.min(WIDEST_TAIL, Math.max(NARROWEST_TAIL, width / range)) * range;
  const start = first - tail((edges[1] ?? last) - first);
  const end = last + tail(last - (edges.at(-2) ?? first));
  return counts.map((count, i) => {
    const [from, to] = [edges[i - 1] ?? start, edges[i] ?? end];
    return {
      from,
      to,
      height: to > from ? count / Math.max(NARROWEST, (to - from) / range) : 0,
      open: i === 0 || i === counts.length - 1,
    };
  });
}

const LEVELS = '▁▂▃▄▅▆▇█';
const CELLS = 20;

/** The bars in a line of at most 20 characters; empty where nothing is drawn. */
function sparkline(spread: Spread): string {
  const bars = barsOf(spread);
  const cells = spread.kind === 'values' ? Math.min(CELLS, bars.length) : CELLS;
  if (bars.length === 0) return '';
  const heights = Array.from({ length: cells }, (_, cell) =>
    bars.reduce((sum, { from, to, height }) => {
      const overlap = Math.min(to, (cell + 1) / cells) - Math.max(from, cell / cells);
      return overlap > 0 ? sum + height * overlap * cells : sum;
    }, 0),
  );
  const tallest = Math.max(...heights);
  const level = (height: number): number =>
    Math.min(LEVELS.length - 1, Math.floor((height / tallest) * LEVELS.length));
  return heights.map((height) => (height > 0 ? LEVELS.charAt(level(height)) : '·')).join('');
}

/** The chart as a table with pictures of characters. */
export function distributionTable(chart: DistributionChartBlock): TableBlock {
  return {
    kind: 'table',
    caption: chart.title,
    columns: [{ title: 'column' }, { title: 'null', align: 'right' }, { title: 'values' }],
    rows: chart.columns.map(({ name, nulls, spread }) => [
      name,
      nullShare(chart, nulls),
      [{ code: sparkline(spread) }, ' ', spreadWords(spread)],
    ]),
  };
}

/** What the picture shows, in words. */
export function spreadWords(spread: Spread): string {
  if (spread.kind === 'words') return spread.text;
  return spread.kind === 'bins' ? binWords(spread.edges, spread.counts) : valueWords(spread);
}

/** The share of a table's rows that have no value in a column. */
export function nullShare({ rows }: DistributionChartBlock, nulls: number): string {
  return share(nulls, rows);
}

function binWords(edges: readonly number[], counts: readonly number[]): string {
  const present = sum(counts);
  const [first] = edges;
  const last = edges.at(-1);
  if (first === undefined || last === undefined) return 'one bin: nothing to tell apart';
  if (edges.length === 1)
    return `${share(counts[0] ?? 0, present)} up to ${number(first)}, ${share(counts[1] ?? 0, present)} above`;
  const inner = share(sum(counts.slice(1, -1)), present);
  let upTo = 0;
  const half = edges.find((_, i) => {
    upTo += counts[i] ?? 0;
    return 2 * upTo >= present;
  });
  return `${inner} above ${number(first)} and up to ${number(last)}${half === undefined ? '' : `; half up to ${number(half)}`}`;
}

function valueWords({ values, others }: Extract<Spread, { kind: 'values' }>): string {
  const present = sum(values.map(({ count }) => count)) + others;
  const shown = values.every(({ label }) => label === undefined)
    ? values.slice(0, 1)
    : values.slice(0, NAMED);
  const named = shown.map(({ label, count }) => `${label ?? 'a withheld value'} ${share(count, present)}`);
  const rest = present - sum(shown.map(({ count }) => count));
  return [...named, ...(rest > 0 ? [`others ${share(rest, present)}`] : [])].join(', ');
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

/** A share in percent, with one decimal below 10 %; never 0 % for something, never 100 % for less than all. */
function share(part: number, whole: number): string {
  if (!(whole > 0)) return 'n/a';
  const percent = (100 * part) / whole;
  if (percent === 0 || percent === 100) return `${percent} %`;
  if (percent < 0.1) return '< 0.1 %';
  if (percent > 99) return percent > 99.9 ? '> 99.9 %' : `${percent.toFixed(1)} %`;
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(6))).replace('-', '−');
}
