import type { Measured } from './measured.ts';
import { METRICS, type Metric } from './policy.ts';
import { countClasses, type Grouping, oneGroup } from './statistics/groups.ts';
import {
  aucInfluence,
  type Influence,
  meanInfluence,
  rowLosses,
  type Spread,
  spread,
} from './statistics/influence.ts';
import {
  absoluteDifference,
  absoluteInterval,
  type Interval,
  logitInterval,
  tInterval,
  wilsonInterval,
} from './statistics/intervals.ts';
import { ascending } from './statistics/order.ts';

/** One metric on one group of rows, or its difference to the live model's. */
export interface Reading {
  readonly candidate: number;
  readonly live: number | undefined;
  readonly units: number;
  /** The standard error of what the interval is about. */
  readonly error: number;
  interval(confidence: number): Interval;
}

/** Rows of a group that decide whether it can be judged at all. */
export interface GroupSize {
  readonly rows: number;
  readonly positives: number;
  /** True where candidate and live give every row the same score. */
  readonly identical: boolean;
}

/** Measures metrics on all rows or by slice; what several gates need is computed once. */
export interface Meter {
  /** False where a score, the candidate's or live's, is no number or no probability where the metric wants one. */
  fits(metric: Metric): boolean;
  /** `column` undefined: all rows, as one group. */
  sizes(column: string | undefined): readonly GroupSize[];
  /** The candidate's metric in each group. */
  absolute(metric: Metric, column: string | undefined): readonly Reading[];
  /** Candidate less live in each group, paired row by row. Needs a live model. */
  difference(metric: Metric, column: string | undefined): readonly Reading[];
}

type Role = 'candidate' | 'live';

export function makeMeter(measured: Measured): Meter {
  const { labels, clusters } = measured;
  const whole = oneGroup(labels.length);
  const cache = new Map<string, unknown>();
  const once = <T>(key: string, make: () => T): T => {
    if (!cache.has(key)) cache.set(key, make());
    return cache.get(key) as T;
  };
  const grouping = (column: string | undefined): Grouping => {
    const found = column === undefined ? whole : measured.slices.get(column);
    if (found === undefined) throw new TypeError(`the slices of ${column} were not measured`);
    return found;
  };
  const scores = (role: Role): Float32Array => {
    const found = measured[role];
    if (found === undefined) throw new TypeError('nothing is live');
    return found;
  };
  const influence = (role: Role, metric: Metric, column: string | undefined): Influence =>
    once(`influence ${role} ${metric} ${column}`, () => {
      if (metric === 'auc') {
        const order = once(`order ${role}`, () => ascending(scores(role)));
        return aucInfluence(labels, scores(role), order, grouping(column));
      }
      const losses = once(`losses ${role} ${metric}`, () => rowLosses(metric, labels, scores(role)));
      return meanInfluence(losses, grouping(column));
    });
  const spreadOf = (values: Float64Array, column: string | undefined): Spread =>
    spread(values, grouping(column), clusters);

  return {
    fits: (metric) =>
      once(
        `fits ${METRICS[metric].probability}`,
        () => allFit(metric, measured.candidate) && allFit(metric, measured.live),
      ),
    sizes: (column) => once(`sizes ${column}`, () => groupSizes(measured, grouping(column))),
    absolute: (metric, column) =>
      once(`absolute ${metric} ${column}`, () => {
        const own = influence('candidate', metric, column);
        return absoluteReadings(metric, own, spreadOf(own.values, column), clusters === undefined);
      }),
    difference: (metric, column) =>
      once(`difference ${metric} ${column}`, () => {
        const ours = influence('candidate', metric, column);
        const theirs = influence('live', metric, column);
        const of = (sign: 1 | -1): Spread => spreadOf(combined(ours.values, theirs.values, sign), column);
        return differenceReadings(
          metric,
          ours,
          theirs,
          of(-1),
          metric === 'calibration_gap' ? of(1) : undefined,
        );
      }),
  };
}

function absoluteReadings(
  metric: Metric,
  { estimates }: Influence,
  { errors, units }: Spread,
  independent: boolean,
): readonly Reading[] {
  return Array.from(estimates, (estimate, g) => {
    const error = errors[g] ?? Number.NaN;
    const n = units[g] ?? 0;
    return {
      candidate: shown(metric, estimate),
      live: undefined,
      units: n,
      error,
      interval: (confidence) => absoluteMetric(metric, estimate, error, n, confidence, independent),
    };
  });
}

function differenceReadings(
  metric: Metric,
  ours: Influence,
  theirs: Influence,
  minus: Spread,
  plus: Spread | undefined,
): readonly Reading[] {
  return Array.from(ours.estimates, (candidate, g) => {
    const live = theirs.estimates[g] ?? Number.NaN;
    const units = minus.units[g] ?? 0;
    const error = minus.errors[g] ?? Number.NaN;
    return {
      candidate: shown(metric, candidate),
      live: shown(metric, live),
      units,
      error,
      interval(confidence) {
        if (plus === undefined) return tInterval(candidate - live, error, units, confidence);
        const each = 1 - (1 - confidence) / 2;
        return absoluteDifference(
          tInterval(candidate - live, error, units, each),
          tInterval(candidate + live, plus.errors[g] ?? Number.NaN, units, each),
        );
      },
    };
  });
}

function groupSizes(measured: Measured, grouping: Grouping): readonly GroupSize[] {
  const { rows, positives } = countClasses(measured.labels, grouping);
  const changed = changedRows(measured, grouping);
  return Array.from(rows, (count, g) => ({
    rows: count,
    positives: positives[g] ?? 0,
    identical: measured.live !== undefined && changed[g] === 0,
  }));
}

/** The metric as people know it: the calibration gap without its sign. */
function shown(metric: Metric, estimate: number): number {
  return metric === 'calibration_gap' ? Math.abs(estimate) : estimate;
}

function absoluteMetric(
  metric: Metric,
  estimate: number,
  error: number,
  units: number,
  confidence: number,
  independent: boolean,
): Interval {
  switch (metric) {
    case 'auc':
      return logitInterval(estimate, error, units, confidence);
    case 'calibration_gap':
      return absoluteInterval(tInterval(estimate, error, units, confidence));
    case 'accuracy':
      return independent
        ? wilsonInterval(estimate * units, units, confidence)
        : tInterval(estimate, error, units, confidence);
    case 'log_loss':
    case 'brier':
      return tInterval(estimate, error, units, confidence);
  }
}

function combined(a: Float64Array, b: Float64Array, sign: 1 | -1): Float64Array {
  const values = new Float64Array(a.length);
  for (let i = 0; i < values.length; i++) values[i] = (a[i] ?? 0) + sign * (b[i] ?? 0);
  return values;
}

function changedRows({ candidate, live }: Measured, { codes, count }: Grouping): Int32Array {
  const changed = new Int32Array(count);
  if (live === undefined) return changed;
  for (let i = 0; i < candidate.length; i++) {
    const g = codes[i] ?? -1;
    if (g >= 0 && candidate[i] !== live[i]) changed[g] = (changed[g] ?? 0) + 1;
  }
  return changed;
}

/** True where every score is a number, and a probability where the metric wants one. */
function allFit(metric: Metric, scores: Float32Array | undefined): boolean {
  if (scores === undefined) return true;
  const [least, most] = METRICS[metric].probability ? [0, 1] : [-Number.MAX_VALUE, Number.MAX_VALUE];
  for (const score of scores) if (!(score >= least && score <= most)) return false;
  return true;
}
