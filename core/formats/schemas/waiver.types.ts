// Made by `npm run sync` from waiver.schema.json: change that.

/**
 * greenlight.waivers.yaml: the breaks of data contracts that this repository accepts, by whom, why and until when.
 */
export interface Waivers {
  waivers: WaiverEntry[];
}
export interface WaiverEntry {
  /**
   * The contract's file, where other contracts have tables of the same name.
   */
  contract?: string;
  /**
   * The path of the change as `contract diff` names it; `*` stands for any run of characters: `flights.*`.
   */
  scope: string;
  /**
   * The kind of change (docs/contract-changes.md), such as `maximum-raised`.
   */
  change: string;
  /**
   * The GitHub user or team who answers for it, with a leading @.
   */
  owner: string;
  reason: string;
  /**
   * The last day that it holds, in UTC: `2001-12-31`.
   */
  expires: string;
}
