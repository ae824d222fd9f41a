/** The metrics that a gate may hold a model to. */
export type Metric = 'auc' | 'log_loss' | 'brier' | 'calibration_gap' | 'accuracy';

/** What a metric is, for readers and for the rules. */
export interface MetricTraits {
  /** As a report writes it. */
  readonly title: string;
  readonly better: 'higher' | 'lower';
  /** True where the scores must be probabilities; auc needs their order alone. */
  readonly probability: boolean;
}

export const METRICS: Readonly<Record<Metric, MetricTraits>> = {
  auc: { title: 'AUC', better: 'higher', probability: false },
  log_loss: { title: 'log loss', better: 'lower', probability: true },
  brier: { title: 'Brier score', better: 'lower', probability: true },
  calibration_gap: { title: 'calibration gap', better: 'lower', probability: true },
  accuracy: { title: 'accuracy at 0.5', better: 'higher', probability: true },
};

/** What a gate asks of its metric. */
export type Bound =
  | { readonly kind: 'at_least'; readonly value: number }
  | { readonly kind: 'at_most'; readonly value: number }
  | {
      readonly kind: 'no_worse_than_live';
      /** How much worse is still good enough, in the metric's own unit, 0 or more. */
      readonly margin: number;
      readonly whenNothingIsLive: 'pass' | 'human_review' | 'fail';
    };

/** One demand of a policy: of all rows, or of each slice. */
export interface Gate {
  readonly metric: Metric;
  readonly bound: Bound;
  readonly by?: { readonly column: string; readonly minRows: number };
}

/** A policy as the judge needs it; the file's form is EvaluationPolicy. */
export interface Policy {
  /** The column whose equal values belong together; undefined where every row is independent. */
  readonly independentBy: string | undefined;
  /** Of two-sided intervals, in (0, 1). */
  readonly confidence: number;
  readonly gates: readonly Gate[];
  readonly inconclusive: 'human_review' | 'fail';
}

/** The columns of the data that a policy speaks of, each once. */
export function policyColumns(policy: Policy): readonly string[] {
  const columns = policy.gates.flatMap((gate) => (gate.by === undefined ? [] : [gate.by.column]));
  return [...new Set(policy.independentBy === undefined ? columns : [policy.independentBy, ...columns])];
}

/** True where a gate compares with the live model. */
export function comparesWithLive(policy: Policy): boolean {
  return policy.gates.some((gate) => gate.bound.kind === 'no_worse_than_live');
}

/** A gate in words, as a reviewer reads it aloud: `AUC by origin no worse than live, margin 0.03`. */
export function gateWords(gate: Gate): string {
  const { title } = METRICS[gate.metric];
  const by = gate.by === undefined ? '' : ` by ${gate.by.column}`;
  switch (gate.bound.kind) {
    case 'at_least':
      return `${title}${by} at least ${gate.bound.value}`;
    case 'at_most':
      return `${title}${by} at most ${gate.bound.value}`;
    case 'no_worse_than_live':
      return `${title}${by} no worse than live, margin ${gate.bound.margin}`;
  }
}
