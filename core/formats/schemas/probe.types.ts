// Made by `npm run sync` from probe.schema.json: change that.

/**
 * probe.json: synthetic rows and the scores that the released model gives them; a server that serves the digest answers the same.
 */
export interface Probe {
  schema: 'greenlight.probe/v1';
  digest: string;
  /**
   * Open Inference Protocol v2 input tensors.
   */
  inputs: ProbeTensor[];
  /**
   * The name of the output that is compared.
   */
  output: string;
  expected: number[];
  /**
   * The largest absolute difference.
   */
  tolerance: number;
}
export interface ProbeTensor {
  name: string;
  datatype: 'BOOL' | 'INT32' | 'INT64' | 'FP32' | 'FP64' | 'BYTES';
  shape: number[];
  data: (number | string | boolean)[];
}
