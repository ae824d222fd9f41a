import type { TrafficCount, TrafficCounts } from '../../core/formats/record.ts';
import type { StoredRecord } from '../../core/ledger/ledger.ts';
import { nextEvidence } from '../../policies/statistics/e-process.ts';

/** What is known of a canary: what its last record says, and what was counted since. */
export interface Canary {
  /** The sha256 of the `started` or `step` record that it goes on from. */
  readonly from: string;
  /** The server's counters when it was last looked at. */
  readonly seen: TrafficCounts;
  /** Since `started`. */
  readonly counts: TrafficCounts;
  /** Since the last step. */
  readonly sinceStep: TrafficCounts;
  /** The e-value of all blocks so far. */
  readonly evidence: number;
}

const NONE: TrafficCounts = { candidate: { requests: 0, errors: 0 }, live: { requests: 0, errors: 0 } };

/**
 * The canary after another look at the server's counters: what was counted since the last look is one block of the test. `before` is
 * the last look of this run; another record than it went on from starts from that record, whose `baseline` holds the counters of its time.
 */
export function look(before: Canary | undefined, record: StoredRecord, counters: TrafficCounts): Canary {
  const canary: Canary =
    before?.from === record.sha256
      ? before
      : {
          from: record.sha256,
          seen: record.baseline ?? NONE,
          counts: record.counts ?? NONE,
          sinceStep: NONE,
          evidence: record.evidence ?? 1,
        };
  const block = byRole((role) => since(canary.seen[role], counters[role]));
  return {
    ...canary,
    seen: counters,
    counts: byRole((role) => sum(canary.counts[role], block[role])),
    sinceStep: byRole((role) => sum(canary.sinceStep[role], block[role])),
    evidence: nextEvidence(canary.evidence, block),
  };
}

/** What a counter counted since it was seen; one that went back was started anew, at 0. */
function since(seen: TrafficCount, counter: TrafficCount): TrafficCount {
  if (counter.requests < seen.requests || counter.errors < seen.errors) return counter;
  return { requests: counter.requests - seen.requests, errors: counter.errors - seen.errors };
}

function sum(a: TrafficCount, b: TrafficCount): TrafficCount {
  return { requests: a.requests + b.requests, errors: a.errors + b.errors };
}

function byRole(of: (role: keyof TrafficCounts) => TrafficCount): TrafficCounts {
  return { candidate: of('candidate'), live: of('live') };
}
