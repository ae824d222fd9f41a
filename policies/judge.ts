import { type Verdict, worst } from '../core/kernel/verdict.ts';
import type { Measured } from './measured.ts';
import { type GroupSize, type Meter, makeMeter, type Reading } from './meter.ts';
import { type Gate, METRICS, type Metric, type Policy } from './policy.ts';
import { type Interval, unitsNeeded } from './statistics/intervals.ts';

/**
 * Outside this domain an interval does not keep its confidence, and the verdict is inconclusive. Seen in simulations: an AUC's interval
 * passes wrongly 2 to 4 % of the time (2.5 % is meant) with 200 of the rarer class, up to 25 % with 10 to 20; Student's t on clusters
 * covers 93 to 96 % from 5 clusters on.
 */
export const DOMAIN = { rows: 100, rarerClass: 50, rarerClassOfAuc: 200, clusters: 5 } as const;

/** Beyond this many times the units at hand the estimate lies on the bound, and a count would only pretend to help. */
const FAR_TOO_MANY = 100;

/** Why a verdict is what it is. */
export type Reason =
  /** The interval lies wholly on the good side, wholly on the bad side, or across the bound. */
  | 'interval'
  /** The slice's own interval lies on the bad side, but among so many slices that may be chance. */
  | 'chance-among-slices'
  /** Candidate and live give every row the same score, or, where only ranks count, the same rank. */
  | 'identical'
  | 'few-rows'
  | 'few-of-class'
  | 'few-clusters'
  /** No spread at all between independent units, so that an interval says nothing. */
  | 'no-spread'
  | 'nothing-live'
  | 'no-slice'
  | 'not-a-number';

/** What would decide an inconclusive verdict, when the data stay as they are: about this many more rows or clusters. */
export interface Needed {
  readonly unit: 'rows' | 'clusters';
  readonly more: number;
}

/** A gate on all rows, or on one slice. */
export interface GroupResult {
  /** The slice's value; undefined for all rows. */
  readonly slice: string | undefined;
  readonly rows: number;
  readonly positives: number;
  /** Independent units: clusters, or rows. */
  readonly units: number;
  readonly candidate: number | undefined;
  readonly live: number | undefined;
  /** The metric's interval, or for no_worse_than that of candidate less live; undefined where there is none. */
  readonly interval: Interval | undefined;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly needed: Needed | undefined;
}

export interface GateResult {
  readonly gate: Gate;
  readonly verdict: Verdict;
  /** Why, where the gate was decided without looking at rows. */
  readonly reason: Reason | undefined;
  /** What the interval is held against: the bound, or the margin's edge for candidate less live. */
  readonly edge: number;
  /** The most important first: by verdict, then by how near they are to the edge. */
  readonly groups: readonly GroupResult[];
  /** Slices below `min_rows`: counted, not judged. */
  readonly small: { readonly slices: number; readonly rows: number };
  /** True where a person decides this inconclusive verdict. */
  readonly humanReview: boolean;
}

/**
 * Judges every gate. A pass needs the two-sided interval wholly on the good side, a fail wholly on the bad side.
 *
 * Many slices: to pass, each slice must show it by its own interval, and that needs no correction: one slice that is truly bad passes
 * in at most (1 - confidence) / 2 of cases, whatever the others do (an intersection-union test, Berger 1982). To fail, one slice is enough,
 * so its interval is widened to 1 - (1 - confidence) / k for k judged slices (Bonferroni): good models fail no more often than with
 * one slice. Holm's method would come to the same verdict, its first step being this one.
 */
export function judge(
  policy: Policy,
  measured: Measured,
  meter = makeMeter(measured),
): readonly GateResult[] {
  return policy.gates.map((gate) => judgeGate(gate, policy, measured, meter));
}

/** True where every inconclusive gate goes to a person. */
export function goesToHumanReview(results: readonly GateResult[]): boolean {
  return results.every((result) => result.verdict !== 'inconclusive' || result.humanReview);
}

function judgeGate(gate: Gate, policy: Policy, measured: Measured, meter: Meter): GateResult {
  const { bound, metric, by } = gate;
  const decided = (verdict: Verdict, reason: Reason, humanReview = false): GateResult => ({
    gate,
    verdict,
    reason,
    edge: edgeOf(gate),
    groups: [],
    small: { slices: 0, rows: 0 },
    humanReview,
  });
  if (!meter.fits(metric)) return decided('error', 'not-a-number');
  if (bound.kind === 'no_worse_than_live' && measured.live === undefined) {
    if (bound.whenNothingIsLive === 'human_review') return decided('inconclusive', 'nothing-live', true);
    return decided(bound.whenNothingIsLive, 'nothing-live');
  }

  const sizes = meter.sizes(by?.column);
  const large = [...sizes.keys()].filter((g) => (sizes[g]?.rows ?? 0) >= (by?.minRows ?? 0));
  const small = sizes.filter((size) => size.rows > 0 && size.rows < (by?.minRows ?? 0));
  if (large.length === 0) return decided('error', 'no-slice');
  const readings =
    bound.kind === 'no_worse_than_live'
      ? meter.difference(metric, by?.column)
      : meter.absolute(metric, by?.column);
  const names = by === undefined ? [undefined] : measured.slices.get(by.column)?.names;
  const clustered = measured.clusters !== undefined;
  const cases = large.flatMap((g) => {
    const [size, reading] = [sizes[g], readings[g]];
    if (size === undefined || reading === undefined) return [];
    return { slice: names?.[g], size, reading, outside: outsideDomain(metric, size, reading, clustered) };
  });
  const tested = cases.filter((one) => one.outside === undefined).length;
  const groups = cases.map(({ slice, size, reading, outside }) =>
    groupResult(slice, size, reading, outside ?? decide(gate, size, reading, policy, tested, clustered)),
  );
  return {
    gate,
    verdict: worst(groups.map((one) => one.verdict)),
    reason: undefined,
    edge: edgeOf(gate),
    groups: groups.sort((a, b) => importance(b, gate) - importance(a, gate)),
    small: { slices: small.length, rows: small.reduce((sum, size) => sum + size.rows, 0) },
    humanReview: policy.inconclusive === 'human_review',
  };
}

/** The value that the interval is held against. */
function edgeOf({ bound, metric }: Gate): number {
  if (bound.kind !== 'no_worse_than_live') return bound.value;
  return METRICS[metric].better === 'higher' ? -bound.margin : bound.margin;
}

interface Decision {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly interval?: Interval;
  readonly needed?: Needed | undefined;
}

function outsideDomain(
  metric: Metric,
  size: GroupSize,
  reading: Reading,
  clustered: boolean,
): Decision | undefined {
  const { rows, positives } = size;
  const rarer = Math.min(positives, rows - positives);
  const least = metric === 'auc' ? DOMAIN.rarerClassOfAuc : DOMAIN.rarerClass;
  const short = (reason: Reason, needed?: Needed): Decision => ({ verdict: 'inconclusive', reason, needed });
  if (rows < DOMAIN.rows) return short('few-rows', { unit: 'rows', more: DOMAIN.rows - rows });
  if (rarer < least) {
    return short(
      'few-of-class',
      rarer === 0 ? undefined : { unit: 'rows', more: Math.ceil((rows * (least - rarer)) / rarer) },
    );
  }
  if (clustered && reading.units < DOMAIN.clusters) {
    return short('few-clusters', { unit: 'clusters', more: DOMAIN.clusters - reading.units });
  }
  return undefined;
}

function decide(
  gate: Gate,
  size: GroupSize,
  reading: Reading,
  policy: Policy,
  slices: number,
  clustered: boolean,
): Decision {
  if (gate.bound.kind === 'no_worse_than_live' && (size.identical || sameRanks(gate, reading))) {
    return { verdict: 'pass', reason: 'identical', interval: { estimate: 0, low: 0, high: 0 } };
  }
  const own = reading.interval(policy.confidence);
  if (!(reading.error > 0)) return { verdict: 'inconclusive', reason: 'no-spread' };
  if (!Number.isFinite(own.low) || !Number.isFinite(own.high)) {
    return { verdict: 'error', reason: 'not-a-number' };
  }
  const edge = edgeOf(gate);
  const higher = METRICS[gate.metric].better === 'higher';
  if (higher ? own.low >= edge : own.high <= edge)
    return { verdict: 'pass', reason: 'interval', interval: own };
  const bad = ({ low, high }: Interval): boolean => (higher ? high < edge : low > edge);
  const wide = reading.interval(1 - (1 - policy.confidence) / slices);
  if (bad(wide)) return { verdict: 'fail', reason: 'interval', interval: own };
  const more =
    unitsNeeded(reading.units, reading.error, own.estimate - edge, policy.confidence) - reading.units;
  return {
    verdict: 'inconclusive',
    reason: bad(own) ? 'chance-among-slices' : 'interval',
    interval: own,
    needed:
      bad(own) || more > FAR_TOO_MANY * reading.units || more < 1
        ? undefined
        : { unit: clustered ? 'clusters' : 'rows', more },
  };
}

/** Scores moved without one row overtaking another: the AUC's difference is 0 by right, and so is its error. */
function sameRanks({ metric }: Gate, { candidate, live, error }: Reading): boolean {
  return metric === 'auc' && candidate === live && error === 0;
}

function groupResult(
  slice: string | undefined,
  size: GroupSize,
  reading: Reading,
  decision: Decision,
): GroupResult {
  const known = (value: number | undefined): number | undefined =>
    value !== undefined && Number.isFinite(value) ? value : undefined;
  return {
    slice,
    rows: size.rows,
    positives: size.positives,
    units: reading.units,
    candidate: known(reading.candidate),
    live: known(reading.live),
    interval: decision.interval,
    verdict: decision.verdict,
    reason: decision.reason,
    needed: decision.needed,
  };
}

const RANK: Readonly<Record<Verdict, number>> = { error: 3, fail: 2, inconclusive: 1, pass: 0 };

/** Higher comes first. */
function importance({ verdict, interval }: GroupResult, gate: Gate): number {
  if (interval === undefined) return RANK[verdict] * 1e6;
  const badness = METRICS[gate.metric].better === 'higher' ? -interval.low : interval.high;
  return RANK[verdict] * 1e6 + badness;
}
