import type { DistributionChartBlock, IntervalChartBlock, SeriesChartBlock } from '../core/kernel/blocks.ts';
import type { Verdict } from '../core/kernel/verdict.ts';
import { badge, html } from './markup.ts';
import { narrowest, type Scale, scaleOf } from './scale.ts';
import { barsOf, nullShare, spreadWords } from './spread.ts';

/**
 * A forest plot as a table: the plot's column is drawn, the other cells carry the same numbers as text. So its text
 * has the page's size at any width, screen readers have the numbers, and paper may break it between rows. Positions
 * along the axis are percentages, so no script has to fit it.
 */
export function forestPlot(chart: IntervalChartBlock, id: string): string {
  const values = chart.rows.flatMap(({ estimate, low, high }) => [estimate, low, high]);
  const bound = chart.bound;
  const scale = scaleOf(bound === undefined ? values : [...values, bound.value], 4, narrowest(chart.rows));
  const boundAt =
    bound !== undefined && Number.isFinite(bound.value) ? percent(scale, bound.value) : undefined;
  const boundLine =
    boundAt === undefined ? '' : `<line class="bound" x1="${boundAt}" x2="${boundAt}" y1="0" y2="100%"/>`;
  const rows = chart.rows.map(({ label, estimate, low, high, verdict }) => {
    const interval =
      Number.isFinite(low) && Number.isFinite(high)
        ? `<g stroke="currentColor" stroke-width="2"><line x1="${percent(scale, low)}" x2="${percent(scale, high)}" y1="50%" y2="50%"/>${whisker(percent(scale, low))}${whisker(percent(scale, high))}</g>`
        : '';
    const point = Number.isFinite(estimate) ? marker(verdict, percent(scale, estimate)) : '';
    return `<tr class="${verdict}"><th scope="row">${html(label)}</th><td class="plot"><svg aria-hidden="true">${boundLine}${interval}${point}</svg></td><td class="right">${scale.format(estimate)}</td><td class="right">${scale.formatInterval(low, high)}</td><td>${badge(verdict)}</td></tr>`;
  });
  const label =
    boundAt === undefined || bound === undefined
      ? ''
      : `<svg role="img" aria-label="Dashed line: ${html(bound.label)}"><text x="${boundAt}" y="100%" dy="-8" text-anchor="${anchor(scale.at(bound.value))}">${html(bound.label)}</text></svg>`;
  const ticks = scale.ticks.map((tick) => {
    const x = percent(scale, tick);
    return `<line class="axis" x1="${x}" x2="${x}" y1="0" y2="5"/><text x="${x}" y="18" text-anchor="middle">${scale.format(tick)}</text>`;
  });
  return `<figure class="scroll forest" role="region" aria-labelledby="${id}" tabindex="0"><table><caption id="${id}"><span>${html(chart.title)}</span></caption><thead><tr><td></td><td class="plot">${label}</td><th scope="col" class="right">${html(chart.axis)}</th><th scope="col" class="right">Interval</th><th scope="col">Verdict</th></tr></thead><tbody>${rows.join('')}</tbody><tfoot aria-hidden="true"><tr><td></td><td class="plot"><svg><line class="axis" x1="0" x2="100%" y1="0" y2="0"/>${ticks.join('')}</svg></td><td></td><td></td><td></td></tr></tfoot></table></figure>`;
}

/** A value over ordered windows, with its data as a table below. Alarms differ by shape and word. */
export function seriesChart(chart: SeriesChartBlock, id: string): string {
  const { points, threshold } = chart;
  const values = points.flatMap(({ value, low, high }) => [value, low, high]);
  const scale = scaleOf(
    threshold === undefined ? values : [...values, threshold.value],
    5,
    narrowest(points),
  );
  const y = (value: number): string => `${round(100 - 100 * scale.at(value))}%`;
  const x = (i: number): string => `${round((100 * (i + 0.5)) / Math.max(1, points.length))}%`;

  const grid = scale.ticks.map(
    (tick) => `<line class="grid" x1="0" x2="100%" y1="${y(tick)}" y2="${y(tick)}"/>`,
  );
  const path = points.flatMap(({ value }, i) => {
    const next = points[i + 1];
    if (next === undefined || !Number.isFinite(value) || !Number.isFinite(next.value)) return [];
    return [`<line class="path" x1="${x(i)}" y1="${y(value)}" x2="${x(i + 1)}" y2="${y(next.value)}"/>`];
  });
  const marks = points.map(({ value, low, high, alarm }, i) => {
    if (!Number.isFinite(value)) return '';
    const whole = Number.isFinite(low) && Number.isFinite(high);
    const whiskers = whole
      ? `<line stroke="currentColor" stroke-width="1.5" x1="${x(i)}" x2="${x(i)}" y1="${y(low)}" y2="${y(high)}"/>`
      : '';
    const word = alarm
      ? `<text x="${x(i)}" y="${y(whole ? high : value)}" dy="-8" text-anchor="middle">alarm</text>`
      : '';
    return `<g class="${alarm ? 'alarm' : 'point'}">${whiskers}${at(x(i), y(value), alarm ? TRIANGLE : CIRCLE)}${word}</g>`;
  });
  const bound =
    threshold === undefined || !Number.isFinite(threshold.value)
      ? ''
      : `<line class="bound" x1="0" x2="100%" y1="${y(threshold.value)}" y2="${y(threshold.value)}"/>`;
  const step = labelStep(points.map(({ label }) => label));
  const labels = points.map(({ label }, i) =>
    // Counted from the newest, which is the one that readers look for.
    (points.length - 1 - i) % step === 0
      ? `<text x="${x(i)}" y="100%" dy="20" text-anchor="middle">${html(label)}</text>`
      : '',
  );
  const axis = scale.ticks.map(
    (tick) =>
      `<text x="100%" dx="-10" y="${y(tick)}" dy=".32em" text-anchor="end">${scale.format(tick)}</text>`,
  );
  const alarms = points.filter(({ alarm }) => alarm).length;
  const description = `${points.length} windows, ${alarms} in alarm${threshold === undefined ? '' : `; threshold: ${threshold.label}`}. The table below has the values.`;
  const legend = [
    '● window with its interval',
    '▲ alarm',
    ...(threshold === undefined ? [] : [`┄┄ ${html(threshold.label)}`]),
  ];
  const rows = points.map(
    ({ label, value, low, high, alarm }) =>
      `<tr><th scope="row">${html(label)}</th><td class="right">${scale.format(value)}</td><td class="right">${scale.formatInterval(low, high)}</td><td>${alarm ? '▲ alarm' : ''}</td></tr>`,
  );
  const width = Math.min(40, 5 + 2.4 * points.length);
  return `<figure class="series-figure"><figcaption id="${id}">${html(chart.title)} <small>${html(chart.axis)}</small></figcaption><div class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><div class="series plotbox" style="min-width:${round(width)}rem;padding-bottom:2rem"><svg aria-hidden="true">${axis.join('')}</svg><svg role="img" aria-labelledby="${id}-title ${id}-desc"><title id="${id}-title">${html(chart.title)}</title><desc id="${id}-desc">${html(description)}</desc>${grid.join('')}${path.join('')}${bound}${marks.join('')}${labels.join('')}</svg></div></div><p class="legend">${legend.join(' &nbsp; ')}</p><details><summary>Values</summary><div class="scroll" role="region" aria-label="${html(chart.title)}: values" tabindex="0"><table><thead><tr><th scope="col">Window</th><th scope="col" class="right">${html(chart.axis)}</th><th scope="col" class="right">Interval</th><th scope="col">Alarm</th></tr></thead><tbody>${rows.join('')}</tbody></table></div></details></figure>`;
}

/** A table with a small picture a column; the words beside it say the same. Open bins are paler. */
export function distributionChart(chart: DistributionChartBlock, id: string): string {
  const rows = chart.columns.map(({ name, nulls, spread }, i) => {
    const bars = barsOf(spread).map(({ from, to, height, open }) => {
      // A bar that stands for rows is seen, however low.
      const tall = height > 0 ? Math.max(3, 100 * height) : 0;
      return `<rect${open ? ' class="open"' : ''} x="${round(100 * from)}" y="${round(100 - tall)}" width="${round(100 * (to - from))}" height="${round(tall)}"/>`;
    });
    const picture =
      bars.length === 0
        ? ''
        : `<svg role="img" aria-label="Picture of ${html(name)}" aria-describedby="${id}-${i}" viewBox="0 0 100 100" preserveAspectRatio="none">${bars.join('')}</svg>`;
    return `<tr><th scope="row">${html(name)}</th><td class="right">${nullShare(chart, nulls)}</td><td><div class="spread">${picture}<span id="${id}-${i}">${html(spreadWords(spread))}</span></div></td></tr>`;
  });
  return `<figure class="scroll" role="region" aria-labelledby="${id}" tabindex="0"><table><caption id="${id}"><span>${html(chart.title)}</span></caption><thead><tr><th scope="col">Column</th><th scope="col" class="right">Null</th><th scope="col">Values</th></tr></thead><tbody>${rows.join('')}</tbody></table></figure>`;
}

/** Every how many labels there is room for one, in a plot of 40 rem whose labels take 0.45 rem a character. */
function labelStep(labels: readonly string[]): number {
  const longest = Math.max(0, ...labels.map((label) => label.length)) * 0.45 + 0.8;
  const room = Math.min(2.4, 35 / Math.max(1, labels.length));
  return Math.max(1, Math.ceil(longest / room));
}

const CIRCLE = '<circle r="4.5" fill="currentColor"/>';
const TRIANGLE = '<path d="M0-7L6.5 5h-13z" fill="currentColor"/>';

/** The estimate's shape is the verdict's. */
const SHAPES: Readonly<Record<Verdict, string>> = {
  pass: '<circle r="5" fill="currentColor"/>',
  fail: '<path d="M-5-5H5V5H-5z" fill="currentColor"/>',
  inconclusive:
    '<path d="M0-6.5L6.5 0 0 6.5-6.5 0z" fill="var(--page)" stroke="currentColor" stroke-width="2"/>',
  error: '<path d="M0-6.5L6.5 5h-13z" fill="currentColor"/>',
};

function marker(verdict: Verdict, x: string): string {
  return at(x, '50%', SHAPES[verdict]);
}

/** A shape around a point given in percentages: a nested svg, since transforms take none. */
function at(x: string, y: string, shape: string): string {
  return `<svg x="${x}" y="${y}" width="1" height="1" style="width:1px;height:1px">${shape}</svg>`;
}

function whisker(x: string): string {
  return `<svg x="${x}" y="50%" style="width:1px;height:1px"><path d="M0-4.5V4.5"/></svg>`;
}

function percent(scale: Scale, value: number): string {
  return `${round(100 * scale.at(value))}%`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function anchor(share: number): string {
  return share < 0.25 ? 'start' : share > 0.75 ? 'end' : 'middle';
}
