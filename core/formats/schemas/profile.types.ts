// Made by `npm run sync` from profile.schema.json: change that.

/**
 * profile.json: what the training data looked like, without any row. Shipped with a release, compared with by detect-drift.
 */
export interface Profile {
  schema: 'greenlight.profile/v1';
  /**
   * The sha256 of the file that was profiled.
   */
  data: string;
  rows: number;
  columns: ProfileColumn[];
}
export interface ProfileColumn {
  name: string;
  type: 'number' | 'category' | 'time' | 'other';
  nulls: number;
  /**
   * number: inner bin edges at quantiles, rising, distinct; k edges make k+1 bins (-inf, e1], …, (ek, inf).
   */
  edges?: number[];
  /**
   * number: rows a bin, one more than edges.
   */
  counts?: number[];
  /**
   * category: rows by value, only values with 20 rows or more, at most 300.
   */
  categories?: {
    [k: string]: number | undefined;
  };
  /**
   * category: rows of all values not listed.
   */
  other?: number;
  /**
   * time: the day of the last row, YYYY-MM-DD.
   */
  until?: string;
}
