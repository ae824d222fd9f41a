import type { CellForm, CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType, Step } from '../../core/toolkit/table/nested.ts';

/** A value as contracts write it. */
export type Scalar = string | number | boolean;

/** A column, or what is within its cells, and how it is read. */
export interface Use<Type extends CellType | NestedType = CellType> {
  readonly column: string;
  /** From the column's cell to what is read; the cell itself where nothing is said. */
  readonly path?: readonly Step[];
  readonly type: Type;
  readonly form?: CellForm;
}

/**
 * What is true of a row, said without any engine's language. A cell that is NULL, or that lacks the form of its type, makes every
 * condition false but `null`, `not-of-type`, `missing` and `any` of these. Where a path leads to many items, it is true of a row if it is of one.
 */
export type Condition =
  | { readonly is: 'null'; readonly of: Use<CellType | NestedType> }
  | { readonly is: 'not-of-type'; readonly of: Use<CellType | NestedType> }
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
  | { readonly is: 'missing'; readonly of: Use; readonly values: readonly (Scalar | null)[] }
  /** An object, array, map or vector has fewer or more keys or items than the bound. */
  | { readonly is: 'fewer' | 'more'; readonly of: Use<NestedType>; readonly bound: number }
  | { readonly is: 'repeated-items'; readonly of: Use<NestedType> }
  | { readonly is: 'no-key'; readonly of: Use<NestedType>; readonly key: string }
  | { readonly is: 'any'; readonly of: readonly Condition[] };

/** Something measured exactly over a whole table. */
export type Measure =
  | { readonly count: 'rows' }
  | { readonly count: 'condition'; readonly condition: Condition }
  /** Rows whose values were all there in an earlier row; rows with a NULL among them are none. */
  | { readonly count: 'repeats'; readonly of: readonly Use[] }
  /** Rows whose values are those of no row of another table; rows with a NULL among them are none. */
  | {
      readonly count: 'orphans';
      readonly of: readonly Use[];
      readonly table: string;
      readonly to: readonly Use[];
    }
  /**
   * Rows that another table has too: with the same key (none of it NULL), with the same values throughout, or with a moment from the other's
   * first to its last.
   */
  | {
      readonly count: 'shared';
      readonly by: 'key' | 'row' | 'range';
      readonly of: readonly Use[];
      readonly table: string;
    }
  | { readonly count: 'aggregate'; readonly aggregate: Aggregate }
  /** What a SQL rule's query gives. */
  | { readonly count: 'query'; readonly query: Query };

/** A query of a contract: `{object}` in it stands for the table, `{property}` for the column that it stands under. */
export interface Query {
  readonly text: string;
  readonly object: string;
  readonly property?: string;
}

/** One figure of a whole table; NULL where there are no values. */
export type Aggregate =
  | { readonly is: 'sum' | 'average'; readonly of: Use }
  /** Between values by linear interpolation (Hyndman and Fan 1996, type 7). */
  | { readonly is: 'quantile'; readonly of: Use; readonly at: number }
  /** The sum of the first over the sum of the second. */
  | { readonly is: 'ratio'; readonly of: Use; readonly over: Use }
  /** The rows of the smallest group; a NULL is a value here. */
  | { readonly is: 'smallest-group'; readonly of: readonly Use[] };

/** The same measures have the same key: each is taken once. */
export function measureKey(measure: Measure): string {
  return JSON.stringify(measure);
}

/** The columns that a measure reads of its own table. */
export function usesOf(measure: Measure): readonly Use<CellType | NestedType>[] {
  switch (measure.count) {
    case 'rows':
    case 'query':
      return [];
    case 'condition':
      return conditionUses(measure.condition);
    case 'repeats':
    case 'orphans':
    case 'shared':
      return measure.of;
    case 'aggregate': {
      const { aggregate } = measure;
      if (aggregate.is === 'smallest-group') return aggregate.of;
      return aggregate.is === 'ratio' ? [aggregate.of, aggregate.over] : [aggregate.of];
    }
  }
}

function conditionUses(condition: Condition): readonly Use<CellType | NestedType>[] {
  return condition.is === 'any' ? condition.of.flatMap(conditionUses) : [condition.of];
}
