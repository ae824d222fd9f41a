import type { Place } from '../../core/kernel/place.ts';
import type { CellType } from '../../core/toolkit/table/cells.ts';
import type { NestedType } from '../../core/toolkit/table/nested.ts';
import type { Measure, Query, Use } from './plan.ts';

export type AnyUse = Use<CellType | NestedType>;

/** A table as rules see it before a row is read. */
export interface Shape {
  readonly kind: 'file' | 'table';
  /** As messages name it. */
  readonly name: string;
  readonly columns: readonly { readonly name: string }[];
  /** What holds the cells that are read; undefined where there is no such column, or its type has no such part. */
  held(of: AnyUse): Held | undefined;
}

/** What holds cells, seen from how they are to be read. */
export interface Held {
  /** The type as the data names it; undefined where a text file stores none. */
  readonly type: string | undefined;
  /** Why it can't hold cells of the type that is to be read; undefined where it can. */
  readonly misfit: string | undefined;
  /** Whether every cell that is not NULL has that type. */
  readonly exact: boolean;
  /** Whether a contract's name for a physical type means this one; undefined for a name that is not known. */
  isCalled(physicalType: string): boolean | undefined;
}

/** What one scan of a table gives. */
export type Scanned = Extract<Measure, { count: 'condition' | 'aggregate' }>;

/** What takes a scan of its own. */
export type Apart = Exclude<Measure, { count: 'rows' | 'condition' | 'query' }>;

/** What a measure gave. `shown` says whether a report may tell the value: counts may be told, what is made of values may not. */
export type Figure =
  | { readonly value: number | boolean; readonly shown: boolean }
  /** There is no value, and why. */
  | { readonly value: undefined; readonly reason: string };

/** Runs a query of a contract over its tables, kept apart from all else. */
export type RunQuery = (query: Query) => Promise<Figure>;

/** A measure that counts failing rows, and how many it counted. */
export interface Broken {
  readonly measure: Measure;
  readonly count: number;
}

/** How many places of a measure are told. */
export const PLACES = 10;

/** Where measures are taken: a table in an engine. All that rules need to know of either. */
export interface Ground {
  readonly table: Shape;
  /** The contract's tables by name that this engine has, this one too. */
  readonly tables: ReadonlyMap<string, Shape>;
  /** Why this engine can't take a measure in the plan's meaning; undefined where it can. */
  refusal(measure: Measure): string | undefined;
  /** All in one scan. The figures stand in the order of the measures, NULL where there are no values. */
  scan(
    measures: readonly Scanned[],
  ): Promise<{ readonly rows: number; readonly figures: readonly unknown[] }>;
  /** One figure by a scan of its own. */
  count(measure: Apart): Promise<unknown>;
  /** The first {@link PLACES} rows that each measure counts, by its key. */
  locate(broken: readonly Broken[]): Promise<ReadonlyMap<string, readonly Place[]>>;
  readonly runQuery: RunQuery;
}
