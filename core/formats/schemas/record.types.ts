// Made by `npm run sync` from record.schema.json: change that.

export type Sha256 = string;

/**
 * One event of the ledger: <environment>/<model>/<n>-<kind>-<digest12>.json on the branch greenlight/ledger.
 */
export interface LedgerRecord {
  schema: 'greenlight.record/v1';
  environment: string;
  model: string;
  /**
   * 1 for the first record of this environment and model, then one more each.
   */
  n: number;
  kind: 'started' | 'step' | 'rollout' | 'rejected' | 'rollback' | 'hold' | 'override';
  /**
   * The model that the event is about; for rollback the one that was left.
   */
  digest: string;
  /**
   * rollback: the model that went back to live.
   */
  restored?: string;
  /**
   * The sha256 of the file of record n-1; null for the first.
   */
  previous: Sha256 | null;
  /**
   * The server's time, RFC 3339 in UTC.
   */
  at: string;
  release?: string;
  /**
   * started: the plan.
   */
  canary?: number[];
  /**
   * step: the percentage of traffic that was given.
   */
  weight?: number;
  counts?: TrafficCounts;
  baseline?: TrafficCounts1;
  /**
   * step, rollout, rejected: the e-value of the canary test so far; 1/alpha rejects.
   */
  evidence?: number;
  reason?: string;
  approval?: LedgerApproval;
}
/**
 * Requests and errors since the start, by role.
 */
export interface TrafficCounts {
  candidate: TrafficCount;
  live: TrafficCount;
}
export interface TrafficCount {
  requests: number;
  errors: number;
}
/**
 * started: the server's counters at the start, by role.
 */
export interface TrafficCounts1 {
  candidate: TrafficCount;
  live: TrafficCount;
}
/**
 * What only the API knows of the decision.
 */
export interface LedgerApproval {
  pull_request: number;
  merge_commit: string;
  merged_by: string;
  /**
   * Authors of the commits between what was live and this release.
   */
  authors: string[];
  reviews: LedgerReview[];
}
export interface LedgerReview {
  id: number;
  user: string;
  user_id: number;
  commit: string;
  at: string;
}
