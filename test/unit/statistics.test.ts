import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, generator } from '../../policies/statistics/bootstrap.ts';
import { oneGroup, rowsOfGroups } from '../../policies/statistics/groups.ts';
import { aucInfluence, meanInfluence, rowLosses, spread } from '../../policies/statistics/influence.ts';
import {
  absoluteDifference,
  absoluteInterval,
  tInterval,
  tWidth,
  unitsNeeded,
  wilsonInterval,
} from '../../policies/statistics/intervals.ts';
import { ascending } from '../../policies/statistics/order.ts';
import golden from '../fixtures/golden/statistics.json' with { type: 'json' };

/** Few distinct scores, so that ties are common. */
const rowsOf = fc.array(
  fc.record({
    label: fc.constantFrom(0, 1),
    score: fc.oneof(
      fc.integer({ min: -4, max: 4 }).map((n) => n / 4),
      fc.float({ noNaN: true }),
    ),
    group: fc.integer({ min: -1, max: 3 }),
  }),
  { minLength: 1, maxLength: 60 },
);

function arrays(rows: readonly { label: number; score: number; group: number }[]) {
  return {
    labels: Uint8Array.from(rows, (row) => row.label),
    scores: Float32Array.from(rows, (row) => row.score),
    grouping: { codes: Int32Array.from(rows, (row) => row.group), count: 4 },
  };
}

function naiveAuc(labels: Uint8Array, scores: Float32Array, rows: readonly number[]): number {
  let wins = 0;
  let pairs = 0;
  for (const i of rows) {
    for (const j of rows) {
      if (labels[i] !== 1 || labels[j] !== 0) continue;
      const [a = 0, b = 0] = [scores[i], scores[j]];
      wins += a > b ? 1 : a === b ? 0.5 : 0;
      pairs++;
    }
  }
  return wins / pairs;
}

describe('order', () => {
  it('sorts any float32 in ascending order and keeps ties in place', () => {
    fc.assert(
      fc.property(fc.float32Array({ noNaN: true, maxLength: 50 }), (scores) => {
        const expected = [...scores.keys()].sort((a, b) => {
          const difference = (scores[a] ?? 0) - (scores[b] ?? 0);
          return Number.isNaN(difference) || difference === 0 ? 0 : difference;
        });
        // -0 and 0 are equal numbers with other bits: only the scores' order is compared.
        expect(Array.from(ascending(scores), (i) => (scores[i] ?? 0) + 0)).toEqual(
          expected.map((i) => (scores[i] ?? 0) + 0),
        );
      }),
    );
  });
});

describe('auc', () => {
  it('equals the count of ordered pairs, in every group at once', () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        const { labels, scores, grouping } = arrays(rows);
        const { estimates } = aucInfluence(labels, scores, ascending(scores), grouping);
        const { starts, rows: byGroup } = rowsOfGroups(grouping);
        for (let g = 0; g < grouping.count; g++) {
          const own = [...byGroup.subarray(starts[g], starts[g + 1])];
          const naive = naiveAuc(labels, scores, own);
          if (Number.isNaN(naive)) expect(estimates[g]).toBeNaN();
          else expect(estimates[g]).toBeCloseTo(naive, 12);
        }
      }),
    );
  });

  it('is the same number for any order of the rows', () => {
    fc.assert(
      fc.property(rowsOf, fc.integer(), (rows, seed) => {
        const random = generator(seed >>> 0, 0);
        const shuffled = rows.map((row) => ({ row, key: random() })).sort((a, b) => a.key - b.key);
        const [a, b] = [arrays(rows), arrays(shuffled.map(({ row }) => row))];
        const auc = (x: typeof a) =>
          aucInfluence(x.labels, x.scores, ascending(x.scores), x.grouping).estimates;
        expect([...auc(a)]).toEqual([...auc(b)]);
      }),
    );
  });

  it('has influence values that add up to zero in every group', () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        const { labels, scores, grouping } = arrays(rows);
        const { estimates, values } = aucInfluence(labels, scores, ascending(scores), grouping);
        const sums = [0, 0, 0, 0];
        values.forEach((value, i) => {
          const g = grouping.codes[i] ?? -1;
          if (g >= 0) sums[g] = (sums[g] ?? 0) + value;
          else expect(value).toBe(0);
        });
        sums.forEach((sum, g) => {
          if (!Number.isNaN(estimates[g])) expect(sum).toBeCloseTo(0, 10);
        });
      }),
    );
  });
});

describe.each(golden.cases.map((one, index) => ({ index, one })))('golden case $index', ({ one }) => {
  const labels = Uint8Array.from(one.labels);
  const candidate = Float32Array.from(one.candidate);
  const live = Float32Array.from(one.live);
  const clusters = { codes: Int32Array.from(one.clusters), count: one.units };
  const whole = oneGroup(labels.length);
  const auc = aucInfluence(labels, candidate, ascending(candidate), whole);
  const aucLive = aucInfluence(labels, live, ascending(live), whole);
  const difference = auc.values.map((value, i) => value - (aucLive.values[i] ?? 0));
  const mean = (loss: Parameters<typeof rowLosses>[0]) =>
    meanInfluence(rowLosses(loss, labels, candidate), whole);
  const error = (values: Float64Array, grouped: boolean) =>
    spread(values, whole, grouped ? clusters : undefined).errors[0] ?? Number.NaN;

  it('agrees with scikit-learn on the metrics', () => {
    expect(auc.estimates[0]).toBeCloseTo(one.auc, 12);
    expect(aucLive.estimates[0]).toBeCloseTo(one.aucLive, 12);
    expect(mean('log_loss').estimates[0]).toBeCloseTo(one.logLoss, 9);
    expect(mean('brier').estimates[0]).toBeCloseTo(one.brier, 12);
    expect(mean('calibration_gap').estimates[0]).toBeCloseTo(one.calibration, 12);
    expect(mean('accuracy').estimates[0]).toBeCloseTo(one.accuracy, 12);
  });

  it("agrees with DeLong's errors up to one part in the rarer class", () => {
    expect(error(auc.values, false) / one.delong).toBeCloseTo(1, 2);
    expect(error(difference, false) / one.delongPaired).toBeCloseTo(1, 2);
  });

  it('agrees with brute force on clustered errors', () => {
    expect(error(auc.values, true)).toBeCloseTo(one.aucClustered, 12);
    expect(error(difference, true)).toBeCloseTo(one.aucPairedClustered, 12);
    expect(error(mean('calibration_gap').values, true)).toBeCloseTo(one.calibrationClustered, 12);
    expect(error(mean('log_loss').values, false)).toBeCloseTo(one.logLossError, 9);
  });

  it("agrees with SciPy on Student's t and on Wilson's interval", () => {
    expect(tWidth(golden.confidence, one.units)).toBeCloseTo(one.tWidth, 10);
    const wilson = wilsonInterval(one.accuracy * labels.length, labels.length, golden.confidence);
    expect(wilson.low).toBeCloseTo(one.wilson[0] ?? 0, 10);
    expect(wilson.high).toBeCloseTo(one.wilson[1] ?? 0, 10);
  });

  it('agrees with a bootstrap of whole clusters', () => {
    const gap = rowLosses('calibration_gap', labels, candidate);
    const own = mean('calibration_gap');
    const analytic = tInterval(own.estimates[0] ?? 0, error(own.values, true), one.units, 0.95);
    const boot = bootstrapInterval(
      (weights) => {
        let [sum, total] = [0, 0];
        gap.forEach((value, i) => {
          const weight = weights[clusters.codes[i] ?? 0] ?? 0;
          sum += weight * value;
          total += weight;
        });
        return sum / total;
      },
      one.units,
      { resamples: 400, confidence: 0.95, seed: 7 },
    );
    const widths = (boot.high - boot.low) / (analytic.high - analytic.low);
    expect(widths).toBeGreaterThan(0.75);
    expect(widths).toBeLessThan(1.1);
  });
});

describe('intervals', () => {
  const double = (min: number, max: number) => fc.double({ min, max, noNaN: true });
  const ends = fc
    .tuple(double(-1, 1), double(0, 0.5), double(0, 0.5))
    .map(([estimate, below, above]) => ({ estimate, low: estimate - below, high: estimate + above }));

  it('of |x| holds |x| for every x inside', () => {
    fc.assert(
      fc.property(ends, double(0, 1), (interval, share) => {
        const x = Math.abs(interval.low + share * (interval.high - interval.low));
        const found = absoluteInterval(interval);
        expect(found.low - 1e-12).toBeLessThanOrEqual(x);
        expect(found.high + 1e-12).toBeGreaterThanOrEqual(x);
      }),
    );
  });

  it('of |a| - |b| holds it for every difference and sum inside', () => {
    const share = double(0, 1);
    fc.assert(
      fc.property(ends, ends, share, share, (u, v, s, t) => {
        const difference = u.low + s * (u.high - u.low);
        const sum = v.low + t * (v.high - v.low);
        const truth = Math.abs((sum + difference) / 2) - Math.abs((sum - difference) / 2);
        const found = absoluteDifference(u, v);
        expect(found.low - 1e-12).toBeLessThanOrEqual(truth);
        expect(found.high + 1e-12).toBeGreaterThanOrEqual(truth);
      }),
    );
  });

  it('need more units the nearer the estimate is to its bound', () => {
    const at = (distance: number) => unitsNeeded(1000, 0.01, distance, 0.95);
    expect(at(0.02)).toBe(1966);
    expect(at(-0.02)).toBe(at(0.02));
    expect(at(0.01)).toBeGreaterThan(at(0.02));
    expect(at(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it('on clusters hold the truth about as often as they say', () => {
    let held = 0;
    const runs = 400;
    for (let run = 0; run < runs; run++) {
      const random = generator(11, run);
      const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const codes = new Int32Array(8 * 40);
      const losses = new Float64Array(8 * 40);
      for (let c = 0; c < 8; c++) {
        const effect = 0.5 * normal();
        for (let k = 0; k < 40; k++) {
          codes[c * 40 + k] = c;
          losses[c * 40 + k] = effect + normal();
        }
      }
      const whole = oneGroup(losses.length);
      const { estimates, values } = meanInfluence(losses, whole);
      const { errors, units } = spread(values, whole, { codes, count: 8 });
      const { low, high } = tInterval(estimates[0] ?? 0, errors[0] ?? 0, units[0] ?? 0, 0.95);
      if (low <= 0 && high >= 0) held++;
    }
    // 95 % is meant; 0.91 and 0.98 are about three and a half standard errors away.
    expect(held / runs).toBeGreaterThan(0.91);
    expect(held / runs).toBeLessThan(0.98);
  });
});

describe('bootstrap', () => {
  it('gives the same interval for the same seed, another for another', () => {
    const options = { resamples: 50, confidence: 0.9, seed: 3 };
    const run = (seed: number) =>
      bootstrapInterval((weights) => weights.reduce((sum, w, i) => sum + w * i, 0), 20, { ...options, seed });
    expect(run(3)).toEqual(run(3));
    expect(run(4)).not.toEqual(run(3));
  });
});
