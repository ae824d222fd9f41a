import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import type { Columns } from '../../core/toolkit/table/columns.ts';
import { measureWindows, type Scored, type WindowResult } from './calibration.ts';
import { type ColumnShift, columnShift } from './psi.ts';
import type { Watched } from './watched.ts';
import {
  type AlarmRule,
  dateOf,
  dayOf,
  driftState,
  type WindowLength,
  type WindowState,
  wholeWindows,
  windowAt,
  windowName,
} from './windows.ts';

/** What greenlight.yaml says about the watching of a model. */
export interface Watch {
  readonly model: string;
  readonly time: string;
  readonly every: WindowLength;
  readonly rule: AlarmRule;
  readonly threshold: number;
}

/** What was found. */
export interface Drift {
  readonly watch: Watch;
  readonly watched: Pick<Watched, 'sha256' | 'environment'>;
  /** The last day of its training data, YYYY-MM-DD; undefined where its profile does not tell. */
  readonly trainedUntil: string | undefined;
  readonly state: WindowState;
  readonly verdict: Verdict;
  /** At most as many as the alarm rule looks at, oldest first. */
  readonly windows: readonly WindowResult[];
  /** Model inputs in the last window against the training data, the farthest first. */
  readonly columns: readonly ColumnShift[];
}

const VERDICT_OF = { alarm: 'fail', quiet: 'pass', unclear: 'inconclusive' } as const;

/**
 * Judges the last whole windows before the day `asOf`. Throws `drift/stale-data` where the last one has no row: no data is not a
 * quiet week.
 */
export function judgeDrift(
  watch: Watch,
  watched: Watched,
  rows: Scored,
  inputs: { readonly names: readonly string[]; readonly columns: Columns },
  asOf: string,
): Drift {
  const trainedUntil = watched.profile?.columns.find((column) => column.name === watch.time)?.until;
  const { since, latest } = range(rows.days);
  const today = dayOf(asOf);
  const newest = windowAt(windowAt(today, watch.every).first - 1, watch.every);
  if (latest === undefined || latest < newest.first) throw stale(newest, latest);
  const windows = wholeWindows({
    every: watch.every,
    since,
    until: trainedUntil === undefined ? undefined : dayOf(trainedUntil),
    asOf: today,
    most: watch.rule.of,
  });
  const results = measureWindows(rows, windows, watch.every, watch.threshold);
  if (results.at(-1)?.rows === 0 && results.at(-1)?.reason === 'few-rows') throw stale(newest, undefined);
  const state = driftState(
    results.map((result) => result.state),
    watch.rule,
  );
  return {
    watch,
    watched,
    trainedUntil,
    state,
    verdict: VERDICT_OF[state],
    windows: results,
    columns: shifts(watched, rows.days, inputs, windows.at(-1)),
  };
}

/** The first day, and the last one. */
function range(days: Int32Array): { since: number; latest: number | undefined } {
  let since = Number.POSITIVE_INFINITY;
  let latest: number | undefined;
  for (const day of days) {
    if (day < since) since = day;
    if (latest === undefined || day > latest) latest = day;
  }
  return { since, latest };
}

function stale(newest: Parameters<typeof windowName>[0], latest: number | undefined): GreenlightError {
  return new GreenlightError({
    code: 'drift/stale-data',
    message: `the monitoring data have no row in the last whole window, ${windowName(newest)}${latest === undefined ? '' : `; they end on ${dateOf(latest)}`}`,
    mend: 'see why `monitoring.fetch` of greenlight.yaml brings nothing newer',
  });
}

function shifts(
  { profile }: Watched,
  days: Int32Array,
  { names, columns }: { readonly names: readonly string[]; readonly columns: Columns },
  window: Parameters<typeof windowName>[0] | undefined,
): readonly ColumnShift[] {
  if (window === undefined || profile === undefined) return [];
  const size = (shift: ColumnShift): number => (shift.kind === 'measured' ? shift.psi.estimate : -1);
  return names
    .map((name): ColumnShift => {
      const trained = profile.columns.find((column) => column.name === name);
      return trained === undefined
        ? { kind: 'not-measured', column: name, why: 'the profile of the training data lacks it' }
        : columnShift(trained, columns.column(name), days, window);
    })
    .sort((a, b) => size(b) - size(a));
}
