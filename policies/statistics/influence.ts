import { countClasses, type Grouping, rowsOfGroups } from './groups.ts';

/**
 * A statistic of every group with its influence values: how much each row moves it. To first order the estimate's error is the
 * sum of the influence values, so that one mechanism gives plain intervals (square and add), paired ones (subtract two models'
 * values row by row) and clustered ones (add within a cluster first).
 */
export interface Influence {
  /** One a group; NaN where it is not defined. */
  readonly estimates: Float64Array;
  /** One a row; 0 for a row in no group. They add up to 0 within a group. */
  readonly values: Float64Array;
}

/** The float32 just above 1 less 1: scores are kept this far from 0 and 1 in the log loss, as scikit-learn does for float32. */
const LOG_LOSS_EPSILON = 2 ** -23;

/**
 * The area under the ROC curve, by group, ties counted half. The influence of a positive is (v - auc) / positives, of a negative
 * (v - auc) / negatives, v being the share of the other class that the row beats (DeLong, DeLong and Clarke-Pearson 1988,
 * "structural components"). `order` is {@link ascending} of `scores`; one walk serves all groups.
 */
export function aucInfluence(
  labels: Uint8Array,
  scores: Float32Array,
  order: Uint32Array,
  grouping: Grouping,
): Influence {
  const { codes, count } = grouping;
  const { rows, positives } = countClasses(labels, grouping);
  const values = beatenRows(labels, scores, order, grouping, positives);
  const beaten = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const g = codes[i] ?? -1;
    if (g >= 0 && labels[i] === 1) beaten[g] = (beaten[g] ?? 0) + (values[i] ?? 0);
  }
  const negatives = rows.map((n, g) => n - (positives[g] ?? 0));
  const estimates = beaten.map((wins, g) => wins / ((positives[g] ?? 0) * (negatives[g] ?? 0)));
  for (let i = 0; i < values.length; i++) {
    const g = codes[i] ?? -1;
    if (g < 0) continue;
    const [own, other] = labels[i] === 1 ? [positives, negatives] : [negatives, positives];
    const others = other[g] ?? 0;
    values[i] = others === 0 ? 0 : ((values[i] ?? 0) / others - (estimates[g] ?? 0)) / (own[g] ?? 0);
  }
  return { estimates, values };
}

/** How many rows of the other class each row beats within its group: negatives below a positive, positives above a negative. */
function beatenRows(
  labels: Uint8Array,
  scores: Float32Array,
  order: Uint32Array,
  { codes, count }: Grouping,
  positives: Int32Array,
): Float64Array {
  const values = new Float64Array(labels.length);
  // By class: rows of each group below the run of equal scores, and those in it.
  const below = [new Float64Array(count), new Float64Array(count)] as const;
  const tied = [new Float64Array(count), new Float64Array(count)] as const;
  const add = (sums: readonly [Float64Array, Float64Array], i: number): void => {
    const g = codes[i] ?? -1;
    if (g < 0) return;
    const own = labels[i] === 1 ? sums[1] : sums[0];
    own[g] = (own[g] ?? 0) + 1;
  };
  const place = (i: number): void => {
    const g = codes[i] ?? -1;
    if (g < 0) return;
    values[i] =
      labels[i] === 1
        ? (below[0][g] ?? 0) + (tied[0][g] ?? 0) / 2
        : (positives[g] ?? 0) - (below[1][g] ?? 0) - (tied[1][g] ?? 0) / 2;
  };
  for (let start = 0, end = 1; start < order.length; start = end, end = start + 1) {
    const first = order[start] ?? 0;
    while (end < order.length && scores[order[end] ?? 0] === scores[first]) end++;
    if (end === start + 1) {
      place(first);
      add(below, first);
      continue;
    }
    for (let k = start; k < end; k++) add(tied, order[k] ?? 0);
    for (let k = start; k < end; k++) place(order[k] ?? 0);
    for (let k = start; k < end; k++) {
      const i = order[k] ?? 0;
      const g = codes[i] ?? -1;
      if (g < 0) continue;
      add(below, i);
      tied[0][g] = 0;
      tied[1][g] = 0;
    }
  }
  return values;
}

/** A mean over rows, by group: the influence of a row is (its loss - mean) / rows. */
export function meanInfluence(losses: Float64Array, { codes, count }: Grouping): Influence {
  const rows = new Float64Array(count);
  const estimates = new Float64Array(count);
  for (let i = 0; i < losses.length; i++) {
    const g = codes[i] ?? -1;
    if (g < 0) continue;
    rows[g] = (rows[g] ?? 0) + 1;
    estimates[g] = (estimates[g] ?? 0) + (losses[i] ?? 0);
  }
  for (let g = 0; g < count; g++) estimates[g] = (estimates[g] ?? 0) / (rows[g] ?? 0);
  const values = new Float64Array(losses.length);
  for (let i = 0; i < losses.length; i++) {
    const g = codes[i] ?? -1;
    if (g >= 0) values[i] = ((losses[i] ?? 0) - (estimates[g] ?? 0)) / (rows[g] ?? 0);
  }
  return { estimates, values };
}

/** What a row adds to a metric that is a mean over rows; `probability` in [0, 1], `label` 0 or 1. */
export const LOSSES = {
  log_loss: (probability: number, label: number): number => {
    const own = label === 1 ? probability : 1 - probability;
    return -Math.log(Math.min(Math.max(own, LOG_LOSS_EPSILON), 1 - LOG_LOSS_EPSILON));
  },
  brier: (probability: number, label: number): number => (probability - label) ** 2,
  /** Signed: the metric is the mean's absolute value. */
  calibration_gap: (probability: number, label: number): number => probability - label,
  accuracy: (probability: number, label: number): number => (probability >= 0.5 === (label === 1) ? 1 : 0),
} as const;

/** The loss of every row. */
export function rowLosses(loss: keyof typeof LOSSES, labels: Uint8Array, scores: Float32Array): Float64Array {
  const of = LOSSES[loss];
  const losses = new Float64Array(labels.length);
  for (let i = 0; i < losses.length; i++) losses[i] = of(scores[i] ?? Number.NaN, labels[i] ?? 0);
  return losses;
}

/** How far each group's estimate is likely to be off, and from how many independent units that is known. */
export interface Spread {
  /** Standard errors, one a group. */
  readonly errors: Float64Array;
  /** Independent units in each group: clusters, or rows. */
  readonly units: Int32Array;
}

/**
 * The standard errors of influence values: the root of U / (U - 1) times the sum of the squared sums per unit, U being the number of
 * units (Liang and Zeger 1986; with rows as units it is DeLong's variance up to 1 / rows).
 */
export function spread(values: Float64Array, grouping: Grouping, clusters: Grouping | undefined): Spread {
  return clusters === undefined ? rowSpread(values, grouping) : clusterSpread(values, grouping, clusters);
}

function rowSpread(values: Float64Array, { codes, count }: Grouping): Spread {
  const units = new Int32Array(count);
  const errors = new Float64Array(count);
  for (let i = 0; i < values.length; i++) {
    const g = codes[i] ?? -1;
    if (g < 0) continue;
    units[g] = (units[g] ?? 0) + 1;
    errors[g] = (errors[g] ?? 0) + (values[i] ?? 0) ** 2;
  }
  return finish(errors, units);
}

function clusterSpread(values: Float64Array, grouping: Grouping, clusters: Grouping): Spread {
  const { starts, rows } = rowsOfGroups(grouping);
  const units = new Int32Array(grouping.count);
  const errors = new Float64Array(grouping.count);
  const sums = new Float64Array(clusters.count);
  const seenBy = new Int32Array(clusters.count).fill(-1);
  const seen = new Int32Array(clusters.count);
  for (let g = 0; g < grouping.count; g++) {
    let met = 0;
    for (let k = starts[g] ?? 0; k < (starts[g + 1] ?? 0); k++) {
      const i = rows[k] ?? 0;
      const c = clusters.codes[i] ?? 0;
      if (seenBy[c] !== g) {
        seenBy[c] = g;
        sums[c] = 0;
        seen[met++] = c;
      }
      sums[c] = (sums[c] ?? 0) + (values[i] ?? 0);
    }
    let squares = 0;
    for (let k = 0; k < met; k++) squares += (sums[seen[k] ?? 0] ?? 0) ** 2;
    units[g] = met;
    errors[g] = squares;
  }
  return finish(errors, units);
}

function finish(squares: Float64Array, units: Int32Array): Spread {
  const errors = squares.map((sum, g) => {
    const n = units[g] ?? 0;
    return n < 2 ? Number.NaN : Math.sqrt((sum * n) / (n - 1));
  });
  return { errors, units };
}
