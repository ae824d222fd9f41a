// Made by `npm run sync` from evaluation-policy.schema.json: change that.

/**
 * What a model must show, on the test data, before it may be offered: gates that are decided on confidence intervals.
 */
export interface EvaluationPolicy {
  schema: 'greenlight.policy/v1';
  /**
   * The column whose equal values belong together, such as a date, a customer or a patient; `row` where every row is independent of every other. That is a claim about the data: rows of one day or one customer are rarely independent, and intervals that pretend so are far too narrow.
   */
  independent_by: string;
  /**
   * The confidence of the two-sided intervals; 0.95 where nothing is said.
   */
  confidence?: number;
  /**
   * All must pass.
   *
   * @minItems 1
   */
  gates: [PolicyGate, ...PolicyGate[]];
  /**
   * What becomes of a verdict that the rows do not decide: a person looks at it, or the step fails. `fail` where nothing is said.
   */
  inconclusive?: 'human_review' | 'fail';
}
/**
 * One of at_least, at_most and no_worse_than.
 */
export interface PolicyGate {
  /**
   * auc: area under the ROC curve. log_loss: mean negative log-likelihood (nats). brier: mean squared error of the probability. calibration_gap: |mean prediction - share of positives|. accuracy: share of rows on the right side of 0.5.
   */
  metric: 'auc' | 'log_loss' | 'brier' | 'calibration_gap' | 'accuracy';
  /**
   * The metric's interval must lie at or above this.
   */
  at_least?: number;
  /**
   * The metric's interval must lie at or below this.
   */
  at_most?: number;
  /**
   * The model that is live in the last environment of the ladder, scored on the same rows.
   */
  no_worse_than?: 'live';
  /**
   * no_worse_than: how much worse is still good enough, in the metric's own unit.
   */
  margin?: number;
  /**
   * no_worse_than: the answer for the first model.
   */
  when_nothing_is_live?: 'pass' | 'human_review' | 'fail';
  /**
   * A column of the data: the gate holds for each of its values.
   */
  by?: string;
  /**
   * by: values with fewer rows are counted, not judged.
   */
  min_rows?: number;
}
