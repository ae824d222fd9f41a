import type { Grouping } from './statistics/groups.ts';

/** A column whose values are slices; rows without a value are a slice of their own. */
export interface Slices extends Grouping {
  /** The value of each code. */
  readonly names: readonly string[];
}

/** What a policy judges: the truth, the scores, and which rows belong together. All arrays have one entry a row. */
export interface Measured {
  /** 0 or 1. */
  readonly labels: Uint8Array;
  readonly candidate: Float32Array;
  /** The live model's scores of the same rows; undefined where nothing is live. */
  readonly live: Float32Array | undefined;
  /** The values of the policy's `independent_by`, every row in one; undefined where rows are independent. */
  readonly clusters: Grouping | undefined;
  /** By column, for every `by` of the policy. */
  readonly slices: ReadonlyMap<string, Slices>;
}
