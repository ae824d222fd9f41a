// Made by `npm run sync` from release.schema.json: change that.

/**
 * release.json: the asset that lists every other asset of a model's release by digest.
 */
export interface ReleaseManifest {
  schema: 'greenlight.release/v1';
  model: string;
  /**
   * The model file's sha256.
   */
  digest: string;
  /**
   * The merged commit that was built and judged.
   */
  commit: string;
  /**
   * @minItems 1
   */
  files: [ReleaseFile, ...ReleaseFile[]];
}
export interface ReleaseFile {
  role: 'model' | 'manifest' | 'lock' | 'policy' | 'contract' | 'profile' | 'probe' | 'statement' | 'report';
  /**
   * Where the file came from: a path of the repository or of an action's output.
   */
  path: string;
  /**
   * The asset's name; assets are flat.
   */
  asset: string;
  sha256: string;
  size: number;
}
