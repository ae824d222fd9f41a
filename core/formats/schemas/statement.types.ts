// Made by `npm run sync` from statement.schema.json: change that.

/**
 * An in-toto Statement v1 (in-toto/attestation, spec/v1/statement.md).
 */
export interface Statement {
  _type: 'https://in-toto.io/Statement/v1';
  /**
   * @minItems 1
   */
  subject: [ResourceDescriptor, ...ResourceDescriptor[]];
  predicateType: string;
  predicate: {};
}
export interface ResourceDescriptor {
  name: string;
  digest: {
    sha256?: string;
    gitCommit?: string;
  };
  uri?: string;
}
