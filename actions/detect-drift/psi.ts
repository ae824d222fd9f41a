import type { ProfileColumn } from '../../core/formats/profile.ts';
import { type Column, NO_BOOLEAN } from '../../core/toolkit/table/columns.ts';
import { type Interval, tWidth } from '../../policies/statistics/intervals.ts';
import { CONFIDENCE } from './calibration.ts';
import type { Window } from './windows.ts';

/** A population stability index over this is a moved column (the common reading: under 0.1 stable, over 0.2 to 0.25 moved). */
export const MOVED = 0.2;

/** How far one input column is from the training data. */
export type ColumnShift =
  | {
      readonly kind: 'measured';
      readonly column: string;
      readonly psi: Interval;
      readonly moved: 'yes' | 'no' | 'unclear';
    }
  | { readonly kind: 'not-measured'; readonly column: string; readonly why: string };

/** Rows by cell in the training data, and which cell a row of the window falls into. */
interface Cells {
  readonly training: readonly number[];
  cellOf(row: number): number;
}

/** Compares a column of the window with its profile. */
export function columnShift(
  profile: ProfileColumn,
  column: Column,
  days: Int32Array,
  window: Window,
): ColumnShift {
  const cells = cellsOf(profile, column);
  if (typeof cells === 'string') return { kind: 'not-measured', column: profile.name, why: cells };
  const length = window.last - window.first + 1;
  const byDay = Array.from({ length }, () => new Float64Array(cells.training.length));
  for (let i = 0; i < days.length; i++) {
    const counts = byDay[(days[i] ?? 0) - window.first];
    if (counts === undefined) continue;
    const cell = cells.cellOf(i);
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const psi = stabilityIndex(cells.training, byDay);
  if (psi === undefined) return { kind: 'not-measured', column: profile.name, why: 'too few days with rows' };
  const moved = psi.low > MOVED ? 'yes' : psi.high < MOVED ? 'no' : 'unclear';
  return { kind: 'measured', column: profile.name, psi, moved };
}

/**
 * The population stability index sum (p - q) ln(p / q) of shares p now and q in training (Siddiqi 2006; it is Jeffreys' divergence),
 * half a row added to every cell so that an empty one stays finite. Less what it is on average where nothing moved, (cells - 1)
 * (1 / n + 1 / m) (Yurdakul 2018), and not below 0. Its interval takes days as independent: the influence of a row in a cell is
 * ln(p / q) + 1 - q / p less its mean, added up by day (delta method). Undefined with rows on fewer than two days.
 */
export function stabilityIndex(
  training: readonly number[],
  byDay: readonly Float64Array[],
): Interval | undefined {
  const days = byDay.filter((counts) => counts.some((count) => count > 0));
  if (days.length < 2) return undefined;
  // A cell that holds rows neither in training nor now says nothing.
  const now = training.map((_, cell) => days.reduce((sum, counts) => sum + (counts[cell] ?? 0), 0));
  const used = training.map((_, cell) => cell).filter((cell) => (training[cell] ?? 0) + (now[cell] ?? 0) > 0);
  const rows = total(now);
  const trained = total(training);
  const half = used.length / 2;
  const p = (cell: number): number => ((now[cell] ?? 0) + 0.5) / (rows + half);
  const q = (cell: number): number => ((training[cell] ?? 0) + 0.5) / (trained + half);
  const influence = new Map(used.map((cell) => [cell, Math.log(p(cell) / q(cell)) + 1 - q(cell) / p(cell)]));
  const raw = used.reduce((sum, cell) => sum + (p(cell) - q(cell)) * Math.log(p(cell) / q(cell)), 0);
  const mean = used.reduce((sum, cell) => sum + ((now[cell] ?? 0) / rows) * (influence.get(cell) ?? 0), 0);
  let squares = 0;
  for (const counts of days) {
    let sum = 0;
    for (const cell of used) sum += (counts[cell] ?? 0) * ((influence.get(cell) ?? 0) - mean);
    squares += (sum / rows) ** 2;
  }
  const error = Math.sqrt((squares * days.length) / (days.length - 1));
  const estimate = Math.max(0, raw - (used.length - 1) * (1 / rows + 1 / trained));
  const reach = tWidth(CONFIDENCE, days.length) * error;
  return { estimate, low: Math.max(0, estimate - reach), high: estimate + reach };
}

/** The profile's cells, then one for rows without a value; a text says why there are none. */
function cellsOf(profile: ProfileColumn, column: Column): Cells | string {
  if (profile.type === 'number') {
    const { edges = [], counts = [] } = profile;
    if (column.kind !== 'number') return `it holds ${column.kind} values and was a number in training`;
    if (counts.length !== edges.length + 1) return 'the profile has no bins for it';
    return {
      training: [...counts, profile.nulls],
      cellOf: (i) => (column.nulls?.[i] === 1 ? counts.length : binOf(column.values[i] ?? Number.NaN, edges)),
    };
  }
  if (profile.type === 'category') {
    const names = Object.keys(profile.categories ?? {});
    const training = [...names.map((name) => profile.categories?.[name] ?? 0), profile.other ?? 0];
    const codes = new Map(names.map((name, code) => [name, code]));
    const textOf = texts(column);
    if (textOf === undefined) return `it holds ${column.kind} values and was a category in training`;
    return {
      training: [...training, profile.nulls],
      cellOf(i) {
        const text = textOf(i);
        return text === undefined ? training.length : (codes.get(text) ?? names.length);
      },
    };
  }
  return 'the profile has no cells for its type';
}

/** A row's value as text; undefined where it has none. */
function texts(column: Column): ((row: number) => string | undefined) | undefined {
  switch (column.kind) {
    case 'text':
      return (i) => column.dictionary[column.codes[i] ?? -1];
    case 'number':
      return (i) => (column.nulls?.[i] === 1 ? undefined : String(column.values[i]));
    case 'boolean':
      return (i) => (column.values[i] === NO_BOOLEAN ? undefined : String(column.values[i] === 1));
    case 'date':
      return undefined;
  }
}

/** The bin of (-inf, e1], …, (ek, inf) that a value lies in. */
function binOf(value: number, edges: readonly number[]): number {
  let low = 0;
  let high = edges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (value <= (edges[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function total(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
