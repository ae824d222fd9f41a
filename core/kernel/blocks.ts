import type { Place } from './place.ts';
import type { Verdict } from './verdict.ts';

/**
 * Text within a line. A plain string is literal: renderers escape it, so text from files and people is safe here.
 * An array is a sequence.
 */
export type Inline =
  | string
  | { readonly code: string }
  | { readonly strong: Inline }
  | { readonly link: Inline; readonly href: string }
  | { readonly place: Place }
  | { readonly verdict: Verdict }
  | readonly Inline[];

/** A table column; numbers are set to the right so that digits align. */
export interface TableColumn {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

export interface TableBlock {
  readonly kind: 'table';
  readonly caption?: string;
  readonly columns: readonly TableColumn[];
  /** One array of cells a row, as long as `columns`. The most important rows first: long tables are cut from the end. */
  readonly rows: readonly (readonly Inline[])[];
}

/** Estimates with their intervals and the bound they are held against, one row each: a forest plot. */
export interface IntervalChartBlock {
  readonly kind: 'interval-chart';
  readonly title: string;
  /** What the axis measures, with its unit: `AUC`, `calibration gap (share)`. */
  readonly axis: string;
  /** A reference line, such as a gate's bound. */
  readonly bound?: { readonly value: number; readonly label: string };
  readonly rows: readonly {
    readonly label: string;
    readonly estimate: number;
    readonly low: number;
    readonly high: number;
    readonly verdict: Verdict;
  }[];
}

/** A value over ordered windows with its interval and the threshold: drift over weeks. */
export interface SeriesChartBlock {
  readonly kind: 'series-chart';
  readonly title: string;
  readonly axis: string;
  readonly threshold?: { readonly value: number; readonly label: string };
  readonly points: readonly {
    readonly label: string;
    readonly value: number;
    readonly low: number;
    readonly high: number;
    readonly alarm: boolean;
  }[];
}

/** How the values of a table's columns are spread: a small picture a column. */
export interface DistributionChartBlock {
  readonly kind: 'distribution-chart';
  readonly title: string;
  /** Rows of the table, of which `nulls` are a share. */
  readonly rows: number;
  readonly columns: readonly { readonly name: string; readonly nulls: number; readonly spread: Spread }[];
}

/** What the values of a column look like. */
export type Spread =
  /** Rows by bins: k rising edges make the k + 1 bins (-inf, e1], …, (ek, inf). */
  | { readonly kind: 'bins'; readonly edges: readonly number[]; readonly counts: readonly number[] }
  /** Rows by value, the most frequent first, and those of all other values; a value without a label is withheld. */
  | {
      readonly kind: 'values';
      readonly values: readonly { readonly label?: string; readonly count: number }[];
      readonly others: number;
    }
  /** Nothing is drawn; what is said instead. */
  | { readonly kind: 'words'; readonly text: string };

/** A piece of a report. Actions make blocks, `reports` draws them; nothing else knows Markdown or HTML. */
export type Block =
  /** The one-line answer that opens a report. */
  | { readonly kind: 'verdict'; readonly verdict: Verdict; readonly text: Inline }
  | { readonly kind: 'heading'; readonly level: 2 | 3; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: Inline }
  | { readonly kind: 'list'; readonly items: readonly Inline[] }
  | { readonly kind: 'facts'; readonly items: readonly { readonly name: string; readonly value: Inline }[] }
  | TableBlock
  | IntervalChartBlock
  | SeriesChartBlock
  | DistributionChartBlock
  /** Literal text: a log's end, a YAML to paste. */
  | { readonly kind: 'code'; readonly language?: string; readonly text: string }
  /** Something to notice that is no verdict. */
  | { readonly kind: 'note'; readonly tone: 'info' | 'warning'; readonly text: Inline }
  /** Folded away until asked for; always open in print. */
  | { readonly kind: 'details'; readonly summary: string; readonly blocks: readonly Block[] };

/** A whole report: its title and its blocks, most important first. */
export interface Report {
  readonly title: string;
  readonly blocks: readonly Block[];
}
