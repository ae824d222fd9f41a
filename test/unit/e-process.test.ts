import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CanaryBlock, failsAt, nextEvidence } from '../../policies/statistics/e-process.ts';

/** A small seeded generator (mulberry32), uniform in [0, 1). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function binomial(random: () => number, n: number, p: number): number {
  let hits = 0;
  for (let i = 0; i < n; i++) if (random() < p) hits++;
  return hits;
}

/** The candidate's requests after which the test failed it, looked at after every block of 10 among 100; undefined: never. */
function requestsToFail(
  random: () => number,
  live: number,
  candidate: number,
  blocks: number,
): number | undefined {
  let evidence = 1;
  for (let block = 1; block <= blocks; block++) {
    evidence = nextEvidence(evidence, {
      candidate: { requests: 10, errors: binomial(random, 10, candidate) },
      live: { requests: 90, errors: binomial(random, 90, live) },
    });
    if (evidence >= failsAt(0.05)) return block * 10;
  }
  return undefined;
}

function simulate(
  runs: number,
  live: number,
  candidate: number,
  blocks: number,
): { failed: number; median: number } {
  const random = seeded(20010514);
  const ends = Array.from(
    { length: runs },
    () => requestsToFail(random, live, candidate, blocks) ?? Number.POSITIVE_INFINITY,
  );
  ends.sort((a, b) => a - b);
  return { failed: ends.filter(Number.isFinite).length / runs, median: ends[Math.floor(runs / 2)] ?? 0 };
}

const block = (candidate: [number, number], live: [number, number]): CanaryBlock => ({
  candidate: { requests: candidate[0], errors: candidate[1] },
  live: { requests: live[0], errors: live[1] },
});

describe('the canary test', () => {
  it('has mean 1 over every outcome of a block when both err alike', () => {
    const choose = (n: number, k: number): number => (k === 0 ? 1 : (choose(n - 1, k - 1) * n) / k);
    const mass = (n: number, k: number, p: number): number => choose(n, k) * p ** k * (1 - p) ** (n - k);
    for (const p of [0.01, 0.3, 0.9]) {
      let mean = 0;
      for (let a = 0; a <= 6; a++) {
        for (let b = 0; b <= 9; b++)
          mean += mass(6, a, p) * mass(9, b, p) * nextEvidence(1, block([6, a], [9, b]));
      }
      expect(mean).toBeCloseTo(1, 10);
    }
  });

  it('says nothing where only one was asked or nothing failed', () => {
    expect(nextEvidence(3, block([50, 50], [0, 0]))).toBeCloseTo(3, 12);
    expect(nextEvidence(3, block([0, 0], [50, 7]))).toBeCloseTo(3, 12);
    expect(nextEvidence(3, block([500, 0], [9000, 0]))).toBeCloseTo(3, 12);
  });

  it('grows with every error of the candidate, shrinks with every error of the live model, and stays a number', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(4000), fc.nat(400), fc.nat(4000), (n, m, a, b) => {
        const [candidate, live] = [Math.min(a, n), Math.min(b, m)];
        const here = nextEvidence(1, block([n, candidate], [m, live]));
        expect(Number.isFinite(here) && here > 0).toBe(true);
        if (candidate < n)
          expect(nextEvidence(1, block([n, candidate + 1], [m, live]))).toBeGreaterThanOrEqual(
            here * (1 - 1e-9),
          );
        if (live < m)
          expect(nextEvidence(1, block([n, candidate], [m, live + 1]))).toBeLessThanOrEqual(
            here * (1 + 1e-9),
          );
      }),
      { numRuns: 200 },
    );
  });

  it('fails a broken candidate in the first block, also in one large block after an interruption', () => {
    expect(nextEvidence(1, block([10, 10], [190, 1]))).toBeGreaterThan(failsAt(0.05));
    expect(nextEvidence(1, block([5000, 1000], [95_000, 950]))).toBeGreaterThan(failsAt(0.05));
  });

  it('seldom fails a good candidate though it is looked at a hundred times', () => {
    for (const rate of [0.01, 0.1]) expect(simulate(400, rate, rate, 100).failed).toBeLessThanOrEqual(0.05);
  });

  it('finds a worse one soon', () => {
    expect(simulate(200, 0.01, 0.03, 100).failed).toBeGreaterThan(0.75);
    expect(simulate(200, 0.01, 0.05, 100).median).toBeLessThan(200);
    expect(simulate(200, 0.01, 0.2, 100).median).toBeLessThan(50);
  });
});
