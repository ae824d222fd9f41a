// Made by `npm run sync` from deployment.schema.json: change that.

/**
 * deploy/<environment>/<model>.yaml: what should be live. Written by open-deployment; merging it is the decision.
 */
export interface Deployment {
  schema: 'greenlight.deployment/v1';
  model: string;
  environment: string;
  digest: string;
  /**
   * The tag of the release that carries it; the digest decides.
   */
  release: string;
  /**
   * Percentages of traffic, rising, the last one 100.
   *
   * @minItems 1
   */
  canary: [number, ...number[]];
  min_requests: number;
}
