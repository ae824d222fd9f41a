import type { Measured } from './measured.ts';
import type { Meter } from './meter.ts';
import { METRICS, type Metric } from './policy.ts';
import type { Interval } from './statistics/intervals.ts';

/** One metric over all rows, to look at: no gate decides on it. */
export interface MetricOverview {
  readonly metric: Metric;
  readonly candidate: Interval;
  readonly live: number | undefined;
  /** Candidate less live, paired. */
  readonly difference: Interval | undefined;
}

/** Every metric that the scores allow, over all rows. */
export function overview(measured: Measured, confidence: number, meter: Meter): readonly MetricOverview[] {
  const metrics = (Object.keys(METRICS) as Metric[]).filter((metric) => meter.fits(metric));
  return metrics.flatMap((metric) => {
    const [absolute] = meter.absolute(metric, undefined);
    const [difference] = measured.live === undefined ? [] : meter.difference(metric, undefined);
    if (absolute === undefined) return [];
    const own = absolute.interval(confidence);
    const paired = difference?.interval(confidence);
    return {
      metric,
      candidate: own,
      live: difference?.live,
      difference: paired !== undefined && Number.isFinite(paired.low) ? paired : undefined,
    };
  });
}
