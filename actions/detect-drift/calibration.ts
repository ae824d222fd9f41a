import { DOMAIN } from '../../policies/judge.ts';
import { countClasses, type Grouping } from '../../policies/statistics/groups.ts';
import { meanInfluence, rowLosses, spread } from '../../policies/statistics/influence.ts';
import { type Interval, tInterval } from '../../policies/statistics/intervals.ts';
import type { Window, WindowLength, WindowState } from './windows.ts';

/** The confidence of every interval of this action. */
export const CONFIDENCE = 0.95;

/** A label that is not known yet. */
export const NO_LABEL = 255;

/** The rows that are judged, one entry each. */
export interface Scored {
  readonly days: Int32Array;
  /** 1, 0 or {@link NO_LABEL}. */
  readonly labels: Uint8Array;
  /** The live model's probability of the positive class. */
  readonly scores: Float32Array;
}

/** Why a window can't tell. */
export type WindowReason = 'few-rows' | 'few-of-class' | 'few-days' | 'no-labels' | 'within-chance';

/** One window and its calibration gap: mean prediction less share of positives, in [-1, 1]. */
export interface WindowResult {
  readonly window: Window;
  readonly state: WindowState;
  readonly reason?: WindowReason;
  readonly rows: number;
  readonly days: number;
  readonly positives: number;
  /** NaN where nothing can be said. */
  readonly meanPrediction: number;
  readonly share: number;
  readonly gap: Interval;
}

/**
 * The gap of every window with Student's interval over its days, since rows of one day share its weather, holidays, outages (Liang and
 * Zeger 1986, see policies/statistics/influence.ts); a window of one day has only its rows. A window alarms where |gap| is over the
 * threshold and 0 is outside the interval; where it is over and 0 inside, it is unclear.
 */
export function measureWindows(
  { days, labels, scores }: Scored,
  windows: readonly Window[],
  every: WindowLength,
  threshold: number,
): readonly WindowResult[] {
  const start = windows[0]?.first ?? 0;
  const length = (windows[0]?.last ?? 0) - start + 1;
  const codes = new Int32Array(days.length);
  const clusters = new Int32Array(days.length);
  const unlabelled = new Int32Array(windows.length);
  for (let i = 0; i < days.length; i++) {
    const offset = (days[i] ?? 0) - start;
    const window = Math.floor(offset / length);
    const inside = window >= 0 && window < windows.length;
    if (inside && labels[i] === NO_LABEL) unlabelled[window] = (unlabelled[window] ?? 0) + 1;
    codes[i] = inside && labels[i] !== NO_LABEL ? window : -1;
    clusters[i] = inside ? offset : 0;
  }
  const grouping: Grouping = { codes, count: windows.length };
  const byDay: Grouping = { codes: clusters, count: windows.length * length };
  const { rows, positives } = countClasses(labels, grouping);
  const { estimates, values } = meanInfluence(rowLosses('calibration_gap', labels, scores), grouping);
  const { errors, units } = spread(values, grouping, every === 'day' ? undefined : byDay);
  return windows.map((window, w) => {
    const counts = {
      rows: rows[w] ?? 0,
      positives: positives[w] ?? 0,
      days: every === 'day' ? Math.min(1, rows[w] ?? 0) : (units[w] ?? 0),
    };
    const share = counts.positives / counts.rows;
    const estimate = estimates[w] ?? Number.NaN;
    const gap = tInterval(estimate, errors[w] ?? Number.NaN, Math.max(2, units[w] ?? 0), CONFIDENCE);
    const lack = lacking(counts, unlabelled[w] ?? 0, every);
    const over = Math.abs(estimate) > threshold;
    const excludesZero = gap.low > 0 || gap.high < 0;
    const judged: Pick<WindowResult, 'state' | 'reason'> =
      lack !== undefined
        ? { state: 'unclear', reason: lack }
        : !over
          ? { state: 'quiet' }
          : excludesZero
            ? { state: 'alarm' }
            : { state: 'unclear', reason: 'within-chance' };
    return { window, ...judged, ...counts, share, meanPrediction: share + estimate, gap };
  });
}

/** The least that an interval needs, as in evaluation (policies/judge.ts). */
function lacking(
  { rows, positives, days }: Pick<WindowResult, 'rows' | 'positives' | 'days'>,
  unlabelled: number,
  every: WindowLength,
): WindowReason | undefined {
  if (unlabelled > 0) return 'no-labels';
  if (rows < DOMAIN.rows) return 'few-rows';
  if (Math.min(positives, rows - positives) < DOMAIN.rarerClass) return 'few-of-class';
  if (every === 'week' && days < DOMAIN.clusters) return 'few-days';
  return undefined;
}
