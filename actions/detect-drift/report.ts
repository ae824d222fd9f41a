import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import type { WindowResult } from './calibration.ts';
import type { Drift } from './drift.ts';
import { type ColumnShift, MOVED } from './psi.ts';
import { dateOf, type WindowState } from './windows.ts';

/** The answer, the windows, the inputs, what they rest on. Holds nothing of the day it was made on, so that the issue changes only with the data. */
export function driftReport(drift: Drift): Report {
  return {
    title: `Drift of ${drift.watch.model}`,
    blocks: [
      { kind: 'verdict', verdict: drift.verdict, text: answer(drift) },
      ...chart(drift),
      ...windowTable(drift),
      { kind: 'heading', level: 2, text: 'Input columns' },
      inputNote(drift.columns),
      ...inputTable(drift.columns),
      facts(drift),
    ],
  };
}

function answer({ watch, windows, state }: Drift): Inline {
  const { model, rule, every, threshold } = watch;
  const alarming = windows.filter((window) => window.state === 'alarm').length;
  const seen = windows.length === 1 ? `the last ${every}` : `the last ${windows.length} ${every}s`;
  if (windows.length === 0)
    return `No whole ${every} has passed since the data that ${model} was trained on: nothing can be said yet`;
  switch (state) {
    case 'alarm':
      return `${model} is off: in ${alarming} of ${seen} its mean prediction and what happened differ by more than ${threshold} (${rule.alarms} of ${rule.of} make an alarm)`;
    case 'quiet':
      return `The last windows of ${model} are quiet: ${alarming} of ${seen} alarm (${rule.alarms} of ${rule.of} make an alarm)`;
    case 'unclear':
      return `Whether ${model} drifts can't be told: ${alarming} of ${seen} alarm, and ${rule.alarms} of ${rule.of} could with those that are unclear or yet to come`;
  }
}

const VERDICTS: Readonly<Record<WindowState, Verdict>> = {
  alarm: 'fail',
  quiet: 'pass',
  unclear: 'inconclusive',
};

function chart({ watch, windows }: Drift): Block[] {
  const measured = windows.filter(({ gap }) => Number.isFinite(gap.low) && Number.isFinite(gap.high));
  if (measured.length === 0) return [];
  return [
    {
      kind: 'series-chart',
      title: `Calibration gap a ${watch.every}`,
      axis: 'mean prediction less share of positives',
      threshold: { value: watch.threshold, label: `threshold ${watch.threshold}` },
      points: measured.map(({ window, gap, state }) => ({
        label: dateOf(window.first),
        value: gap.estimate,
        low: gap.low,
        high: gap.high,
        alarm: state === 'alarm',
      })),
    },
  ];
}

function windowTable({ watch, windows }: Drift): Block[] {
  if (windows.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: `The newest ${watch.every} first; 95 % intervals`,
      columns: [
        { title: `${watch.every === 'week' ? 'Week from' : 'Day'}` },
        { title: 'Verdict' },
        { title: 'Gap', align: 'right' },
        { title: 'Interval', align: 'right' },
        { title: 'Predicted', align: 'right' },
        { title: 'Happened', align: 'right' },
        { title: 'Rows', align: 'right' },
        { title: 'Days', align: 'right' },
      ],
      rows: windows
        .toReversed()
        .map((result) => [
          dateOf(result.window.first),
          [{ verdict: VERDICTS[result.state] }, reason(result)],
          number(result.gap.estimate),
          `${number(result.gap.low)} to ${number(result.gap.high)}`,
          number(result.meanPrediction),
          number(result.share),
          String(result.rows),
          String(result.days),
        ]),
    },
  ];
}

function reason(result: WindowResult): string {
  switch (result.reason) {
    case 'few-rows':
      return ' too few rows';
    case 'few-of-class':
      return ' too few rows of the rarer class';
    case 'few-days':
      return ' too few days';
    case 'no-labels':
      return ' labels are missing';
    case 'within-chance':
      return ' over the threshold, and 0 is within the interval';
    default:
      return '';
  }
}

function inputNote(columns: readonly ColumnShift[]): Block {
  const measured = columns.filter((column) => column.kind === 'measured');
  const named = (those: readonly { readonly column: string }[]): string =>
    those.map(({ column }) => column).join(', ');
  const moved = measured.filter((column) => column.moved === 'yes');
  const unclear = measured.filter((column) => column.moved === 'unclear');
  const without = columns.filter((column) => column.kind === 'not-measured');
  const [largest] = measured;
  if (largest === undefined)
    return { kind: 'note', tone: 'warning', text: 'No input column was compared with the training data.' };
  const size = `largest stability index: ${largest.column}, ${number(largest.psi.estimate)}, ${number(largest.psi.low)} to ${number(largest.psi.high)}; moved is over ${MOVED}`;
  const rest = without.length === 0 ? '' : ` Not compared: ${named(without)}.`;
  if (moved.length > 0)
    return { kind: 'note', tone: 'warning', text: `Input columns moved: ${named(moved)} (${size}).${rest}` };
  if (unclear.length > 0)
    return {
      kind: 'note',
      tone: 'info',
      text: `Whether these input columns move can't be told: ${named(unclear)} (${size}).${rest}`,
    };
  return { kind: 'paragraph', text: `The input columns do not move (${size}).${rest}` };
}

const MOVES = { yes: 'moved', no: 'does not move', unclear: 'unclear' } as const;

function inputTable(columns: readonly ColumnShift[]): Block[] {
  if (columns.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: 'The last window against the training data, by population stability index',
      columns: [
        { title: 'Column' },
        { title: 'Index', align: 'right' },
        { title: 'Interval', align: 'right' },
        { title: '' },
      ],
      rows: columns.map((shift) =>
        shift.kind === 'measured'
          ? [
              { code: shift.column },
              number(shift.psi.estimate),
              `${number(shift.psi.low)} to ${number(shift.psi.high)}`,
              MOVES[shift.moved],
            ]
          : [{ code: shift.column }, '–', '–', `not compared: ${shift.why}`],
      ),
    },
  ];
}

function facts({ watch, watched, trainedUntil }: Drift): Block {
  return {
    kind: 'facts',
    items: [
      { name: 'Model', value: [watch.model, ' ', { code: watched.sha256.slice(0, 12) }] },
      {
        name: 'Live in',
        value: watched.environment ?? 'not asked: the input live-model gave the file',
      },
      { name: 'Trained on data until', value: trainedUntil ?? 'not known: all whole windows count' },
      {
        name: 'A window alarms',
        value: `when its gap is over ${watch.threshold} and 0 lies outside the interval`,
      },
      {
        name: 'Independent',
        value: watch.every === 'week' ? `days of ${watch.time}` : 'rows, since a window is one day',
      },
      { name: 'Alarm', value: `${watch.rule.alarms} of the last ${watch.rule.of} ${watch.every}s` },
    ],
  };
}

function number(value: number): string {
  return Number.isFinite(value) ? value.toFixed(3) : '–';
}
