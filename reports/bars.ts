import type { Inline, IntervalChartBlock, SeriesChartBlock, TableBlock } from '../core/kernel/blocks.ts';
import { narrowest, type Scale, scaleOf } from './scale.ts';

/** Charts as tables with a bar of characters, for Markdown. */

const BAR_CELLS = 24;

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `·├──●──┤·┊···`: the interval, the estimate and the bound on the chart's axis. */
function bar({ value, low, high }: Interval, bound: number | undefined, scale: Scale): Inline {
  const cell = (x: number): number => Math.min(BAR_CELLS - 1, Math.floor(scale.at(x) * BAR_CELLS));
  const cells = Array.from({ length: BAR_CELLS }, () => '·');
  if (Number.isFinite(low) && Number.isFinite(high)) {
    cells.fill('─', cell(low), cell(high) + 1);
    cells[cell(low)] = '├';
    cells[cell(high)] = '┤';
  }
  if (bound !== undefined && Number.isFinite(bound))
    cells[cell(bound)] = cells[cell(bound)] === '·' ? '┊' : '┼';
  if (Number.isFinite(value)) cells[cell(value)] = '●';
  return { code: cells.join('') };
}

function chartScale(rows: readonly Interval[], bound: number | undefined): Scale {
  const values = rows.flatMap(({ value, low, high }) => [value, low, high]);
  return scaleOf(bound === undefined ? values : [...values, bound], 4, narrowest(rows));
}

/** A forest plot as a table. */
export function intervalTable(chart: IntervalChartBlock): TableBlock {
  const rows = chart.rows.map((row) => ({ ...row, value: row.estimate }));
  const scale = chartScale(rows, chart.bound?.value);
  const bound = chart.bound === undefined ? '' : ` (┊ ${chart.bound.label})`;
  return {
    kind: 'table',
    caption: chart.title,
    columns: [
      { title: '' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: `on the axis${bound}` },
      { title: 'verdict' },
    ],
    rows: rows.map((row) => [
      row.label,
      scale.format(row.value),
      scale.formatInterval(row.low, row.high),
      bar(row, chart.bound?.value, scale),
      { verdict: row.verdict },
    ]),
  };
}

/** A series as a table, newest first: a table is cut from its end. */
export function seriesTable(chart: SeriesChartBlock): TableBlock {
  const scale = chartScale(chart.points, chart.threshold?.value);
  const threshold = chart.threshold === undefined ? '' : ` (┊ ${chart.threshold.label})`;
  return {
    kind: 'table',
    caption: chart.title,
    columns: [
      { title: 'window, newest first' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: `on the axis${threshold}` },
      { title: 'alarm' },
    ],
    rows: chart.points
      .toReversed()
      .map((point) => [
        point.label,
        scale.format(point.value),
        scale.formatInterval(point.low, point.high),
        bar(point, chart.threshold?.value, scale),
        point.alarm ? '🔔 alarm' : 'quiet',
      ]),
  };
}
