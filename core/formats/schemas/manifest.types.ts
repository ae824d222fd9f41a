// Made by `npm run sync` from manifest.schema.json: change that.

export type User = string;

/**
 * greenlight.yaml: the models of a repository, their data, training, evaluation, environments and monitoring.
 */
export interface Manifest {
  /**
   * The path of the waivers; greenlight.waivers.yaml where nothing is said.
   */
  waivers?: string;
  /**
   * The path of the team's words for classification; greenlight.classification.yaml where nothing is said.
   */
  classification?: string;
  /**
   * The models by name. A name is used in branches, tags and file names.
   */
  models: {
    [k: string]: ManifestModel | undefined;
  };
}
export interface ManifestModel {
  /**
   * GitHub users who answer for the model, with a leading @.
   */
  owners?: User[];
  /**
   * A command run once in a clean checkout before fetch or training, such as `npm ci`.
   */
  setup?: string;
  data: ManifestData;
  training?: ManifestTraining;
  /**
   * The path of the model file that training writes (ONNX).
   */
  model: string;
  evaluation?: ManifestEvaluation;
  /**
   * Where the model serves, by name. `after` makes them a ladder.
   */
  environments?: {
    [k: string]: ManifestEnvironment | undefined;
  };
  monitoring?: ManifestMonitoring;
}
/**
 * Data is never moved by Greenlight: fetch brings it, the lock pins it.
 */
export interface ManifestData {
  /**
   * The command that brings the data files, run before any step that reads them.
   */
  fetch?: string;
  train: ManifestDataset;
  test: ManifestDataset;
}
export interface ManifestDataset {
  /**
   * A CSV, Parquet or JSON lines file, relative to the repository's root.
   */
  path: string;
  /**
   * The path of its ODCS data contract.
   */
  contract?: string;
}
export interface ManifestTraining {
  /**
   * The path of the dvc.yaml whose stages make the model.
   */
  pipeline: string;
  /**
   * How alike a rebuilt model must be.
   */
  reproduce: 'bytes';
}
export interface ManifestEvaluation {
  /**
   * The data set that the model is evaluated on; `test` where nothing is said.
   */
  data?: 'test';
  /**
   * The path of the EvaluationPolicy.
   */
  policy: string;
  /**
   * The column that holds the truth: 0 or 1, or a boolean.
   */
  label: string;
  /**
   * The model's output that holds the probability of the positive class; may be left out when there is one float output.
   */
  score?: string;
}
export interface ManifestEnvironment {
  target: ManifestTarget;
  /**
   * Who merges the deployment pull request: a person (review) or the workflow (auto-merge). `review` where nothing is said.
   */
  deploy?: 'auto-merge' | 'review';
  /**
   * The environment in which a release must be live and soaked before it is offered here.
   */
  after?: string;
  /**
   * How long it must have been live there: 30m, 24h, 7d.
   */
  soak?: string;
  /**
   * The percentages of traffic, step by step; the last one is 100. Left out: all at once after a smoke inference.
   *
   * @minItems 1
   */
  canary?: [number, ...number[]];
  /**
   * Requests that the new release must have answered before a step is judged (100 where nothing is said).
   */
  min_requests?: number;
  /**
   * How long one run of roll-out waits for them before it pauses: 10m where nothing is said.
   */
  wait?: string;
  /**
   * The users whose approval counts here, with a leading @. Needed for `review`.
   *
   * @minItems 1
   */
  reviewers?: [User, ...User[]];
}
export interface ManifestTarget {
  /**
   * The base URL of a server that speaks the Open Inference Protocol v2.
   */
  'open-inference': string;
  /**
   * The server's model folder as the job that rolls out sees it.
   */
  models: string;
}
export interface ManifestMonitoring {
  /**
   * The command that brings the production rows with their labels; GREENLIGHT_AS_OF holds the server's date (YYYY-MM-DD).
   */
  fetch?: string;
  data: ManifestDataset;
  /**
   * The column with each row's date or timestamp.
   */
  time: string;
  /**
   * The length of a window.
   */
  every: 'day' | 'week';
  /**
   * N of the last M windows: `3 of 5`.
   */
  alarm: string;
  /**
   * The threshold of |mean prediction - share of positives| that makes a window alarm.
   */
  calibration_gap: number;
  /**
   * The environment whose live model is watched; the ladder's last where nothing is said.
   */
  environment?: string;
  retrain?: ManifestRetrain;
}
export interface ManifestRetrain {
  /**
   * The budget of retraining pull requests: `1 per week`.
   */
  at_most: string;
  /**
   * The command that moves the training window in params.yaml before the retraining job; GREENLIGHT_AS_OF holds the date.
   */
  prepare: string;
}
