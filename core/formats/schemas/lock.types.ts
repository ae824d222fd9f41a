// Made by `npm run sync` from lock.schema.json: change that.

export type Sha256 = string;

/**
 * greenlight.lock: what a commit's models are, by digest. Canonical JSON, written by `greenlight reproduce-training --write-lock`.
 */
export interface Lock {
  schema: 'greenlight.lock/v1';
  models: {
    [k: string]: LockModel | undefined;
  };
}
export interface LockModel {
  model: LockFile;
  /**
   * What the model has to be fed, as its ONNX file says, so that a contract can be held against it before anything is trained.
   */
  inputs?: LockInput[];
  /**
   * The data files that fetch brings, by data set name.
   */
  data: {
    [k: string]: LockFile | undefined;
  };
  /**
   * The pipeline's stages in the order they ran.
   */
  stages: LockStage[];
  /**
   * What decides the outcome besides code and data: platform, versions, thread counts.
   */
  environment: {
    [k: string]: string | undefined;
  };
}
export interface LockFile {
  path: string;
  sha256: Sha256;
  /**
   * Bytes.
   */
  size: number;
}
export interface LockInput {
  name: string;
  /**
   * The element type: float32, int64, string …
   */
  type: string;
  /**
   * Sizes, or the names of dimensions that are open, `?` for one without a name; absent where the rank is open.
   */
  shape?: (number | string)[];
}
export interface LockStage {
  name: string;
  cmd: string;
  deps: LockFile[];
  /**
   * The parameters read, as `file:dotted.key`, and their values.
   */
  params: {};
  outs: LockFile[];
}
