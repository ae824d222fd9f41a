import type { Interval } from './intervals.ts';

/** How a bootstrap is drawn. */
export interface BootstrapOptions {
  readonly resamples: number;
  readonly confidence: number;
  /** An unsigned 32-bit integer; the same seed gives the same interval. */
  readonly seed: number;
}

/**
 * The percentile bootstrap interval of a statistic that has no influence values: whole units (clusters, or rows) are drawn with
 * replacement, and `statistic` gets how often each was drawn. Each resample has a generator of its own, seeded by its number, so that
 * resamples may be drawn in any order. Not for minima, maxima and ratios of worst groups, where percentiles mislead.
 */
export function bootstrapInterval(
  statistic: (weights: Float64Array) => number,
  units: number,
  { resamples, confidence, seed }: BootstrapOptions,
): Interval {
  const weights = new Float64Array(units).fill(1);
  const estimate = statistic(weights);
  const draws = new Float64Array(resamples);
  for (let r = 0; r < resamples; r++) {
    const random = generator(seed, r);
    weights.fill(0);
    for (let k = 0; k < units; k++) {
      const unit = Math.floor(random() * units);
      weights[unit] = (weights[unit] ?? 0) + 1;
    }
    draws[r] = statistic(weights);
  }
  draws.sort();
  const at = (share: number): number => draws[Math.round(share * (resamples - 1))] ?? Number.NaN;
  return { estimate, low: at((1 - confidence) / 2), high: at((1 + confidence) / 2) };
}

/** Uniform in [0, 1) with 32 bits: splitmix32 (Steele, Lea and Flood 2014) from a state mixed of seed and stream. */
export function generator(seed: number, stream: number): () => number {
  let state = (Math.imul(seed, 0x9e37_79b9) ^ Math.imul(stream + 1, 0x85eb_ca6b)) >>> 0;
  return () => {
    state = (state + 0x9e37_79b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
