import type { CellType } from '../../core/toolkit/table/cells.ts';

/** A value as contracts write it. */
export type Scalar = string | number | boolean;

/** A column and how its cells are read. */
export interface Use {
  readonly column: string;
  readonly type: CellType;
}

/**
 * What is true of a row, said without any engine's language. A cell that is NULL, or that lacks the form of its type, makes every
 * condition false but `null`, `not-of-type` and `missing`.
 */
export type Condition =
  | { readonly is: 'null'; readonly of: Use }
  | { readonly is: 'not-of-type'; readonly of: Use }
  | {
      readonly is: 'less' | 'less-or-equal' | 'greater' | 'greater-or-equal';
      readonly of: Use;
      readonly bound: Scalar;
    }
  | { readonly is: 'shorter' | 'longer'; readonly of: Use; readonly bound: number }
  | { readonly is: 'not-multiple'; readonly of: Use; readonly bound: number }
  /** The text does not match a pattern of ECMA-262, anywhere in it. */
  | { readonly is: 'no-match'; readonly of: Use; readonly pattern: string }
  | { readonly is: 'not-in'; readonly of: Use; readonly values: readonly Scalar[] }
  /** The cell is one of the texts or values that stand for "missing"; null among them means NULL. */
  | { readonly is: 'missing'; readonly of: Use; readonly values: readonly (Scalar | null)[] };

/** Something counted exactly over a whole table. */
export type Measure =
  | { readonly count: 'rows' }
  | { readonly count: 'condition'; readonly condition: Condition }
  /** Rows whose values were all there in an earlier row; rows with a NULL among them are none. */
  | { readonly count: 'repeats'; readonly of: readonly Use[] };

/** The same measures have the same key: each is counted once. */
export function measureKey(measure: Measure): string {
  return JSON.stringify(measure);
}
