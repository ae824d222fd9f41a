import normalQuantile from '@stdlib/stats-base-dists-normal-quantile';
import tQuantile from '@stdlib/stats-base-dists-t-quantile';

/** A two-sided confidence interval around an estimate. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

/** The half-width of a two-sided interval in standard errors: Student's t with `units` - 1 degrees of freedom. */
export function tWidth(confidence: number, units: number): number {
  return tQuantile(1 - (1 - confidence) / 2, units - 1);
}

/** Estimate ± t standard errors. */
export function tInterval(estimate: number, error: number, units: number, confidence: number): Interval {
  const reach = tWidth(confidence, units) * error;
  return { estimate, low: estimate - reach, high: estimate + reach };
}

/**
 * The same on the log-odds, for a share or an AUC in (0, 1): it stays within (0, 1) and keeps its confidence near 1, where the plain
 * interval does not (Pepe 2003, section 5.2).
 */
export function logitInterval(estimate: number, error: number, units: number, confidence: number): Interval {
  const center = Math.log(estimate / (1 - estimate));
  const reach = (tWidth(confidence, units) * error) / (estimate * (1 - estimate));
  const share = (logit: number): number => 1 / (1 + Math.exp(-logit));
  return { estimate, low: share(center - reach), high: share(center + reach) };
}

/** Wilson's score interval of a share of `total` independent rows (Wilson 1927). */
export function wilsonInterval(successes: number, total: number, confidence: number): Interval {
  const z = normalQuantile(1 - (1 - confidence) / 2, 0, 1);
  const share = successes / total;
  const center = (share + (z * z) / (2 * total)) / (1 + (z * z) / total);
  const reach =
    (z * Math.sqrt((share * (1 - share)) / total + (z * z) / (4 * total * total))) / (1 + (z * z) / total);
  return { estimate: share, low: Math.max(0, center - reach), high: Math.min(1, center + reach) };
}

/** The interval of |x| from that of x. */
export function absoluteInterval({ estimate, low, high }: Interval): Interval {
  return {
    estimate: Math.abs(estimate),
    low: Math.max(0, low, -high),
    high: Math.max(Math.abs(low), Math.abs(high)),
  };
}

/**
 * The interval of |a| - |b| from those of u = a - b and v = a + b: the range of f = max(min(u, v), min(-u, -v)) =
 * min(max(u, -v), max(v, -u)) over the box of the two, exact at the corner where a or b is 0. It holds |a| - |b| wherever both intervals
 * hold, so that each needs half of the error that is allowed.
 */
export function absoluteDifference(u: Interval, v: Interval): Interval {
  return {
    estimate: Math.max(Math.min(u.estimate, v.estimate), Math.min(-u.estimate, -v.estimate)),
    low: Math.min(Math.max(u.low, -v.high), Math.max(v.low, -u.high)),
    high: Math.max(Math.min(u.high, v.high), Math.min(-u.low, -v.low)),
  };
}

/** The power that {@link unitsNeeded} plans for: four in five runs would then decide. */
const PLANNED_POWER = 0.8;

/**
 * About how many units decide, when the estimate and the spread per unit stay as they are:
 * units ((t + z_0.8) error / distance)², distance being that of the estimate from its bound. Infinite on the bound itself.
 */
export function unitsNeeded(units: number, error: number, distance: number, confidence: number): number {
  const width = tWidth(confidence, units) + normalQuantile(PLANNED_POWER, 0, 1);
  return Math.ceil(units * ((width * error) / distance) ** 2);
}
