import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import type { Columns } from '../../core/toolkit/table/columns.ts';
import { type GateResult, goesToHumanReview, judge } from '../../policies/judge.ts';
import type { Measured } from '../../policies/measured.ts';
import { makeMeter } from '../../policies/meter.ts';
import { type MetricOverview, overview } from '../../policies/overview.ts';
import type { Baseline, ModelBytes } from './baseline.ts';
import { measure } from './measure.ts';
import type { Task } from './task.ts';

/** The data file that was evaluated on. */
export interface EvaluatedData {
  /** Relative to the repository's root, as reports name it. */
  readonly name: string;
  readonly file: string;
  readonly sha256: string;
}

/** Everything that one evaluation found. */
export interface Evaluation {
  readonly task: Task;
  readonly candidate: ModelBytes;
  /** Undefined where no gate compares with what is live. */
  readonly baseline: Baseline | undefined;
  readonly data: EvaluatedData;
  /** The output that scores were read from. */
  readonly output: string;
  readonly measured: Measured;
  readonly results: readonly GateResult[];
  readonly metrics: readonly MetricOverview[];
  readonly verdict: Verdict;
  /** True where the verdict is inconclusive and the policy sends that to a person. */
  readonly humanReview: boolean;
}

/** What was scored. */
export interface Scored {
  readonly task: Task;
  readonly candidate: ModelBytes;
  readonly baseline: Baseline | undefined;
  readonly data: EvaluatedData;
  readonly output: string;
  readonly columns: Columns;
  readonly scores: Float32Array;
  readonly liveScores: Float32Array | undefined;
}

/** Judges scores by the task's policy. */
export function evaluate({ columns, scores, liveScores, ...rest }: Scored): Evaluation {
  const { task } = rest;
  const measured = measure(columns, task.label, task.policy, scores, liveScores);
  const meter = makeMeter(measured);
  const results = judge(task.policy, measured, meter);
  const verdict = worst(results.map((result) => result.verdict));
  return {
    ...rest,
    measured,
    results,
    metrics: overview(measured, task.policy.confidence, meter),
    verdict,
    humanReview: verdict === 'inconclusive' && goesToHumanReview(results),
  };
}
