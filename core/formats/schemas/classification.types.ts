// Made by `npm run sync` from classification.schema.json: change that.

/**
 * greenlight.classification.yaml: what this repository's own words for the `classification` of columns stand for.
 */
export interface Classification {
  /**
   * The level of protection that each word stands for; case, `-` and `_` are no matter.
   */
  words: {
    /**
     * A level of the vocabulary (docs/privacy.md), from the least protected to the most.
     */
    [k: string]:
      'public' | 'internal' | 'confidential' | 'restricted' | 'personal' | 'special category' | undefined;
  };
}
