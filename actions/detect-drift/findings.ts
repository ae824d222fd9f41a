import type { FindingLike } from '../../core/toolkit/action.ts';
import type { Drift } from './drift.ts';
import { dateOf } from './windows.ts';

/** The findings of report.json: a `window` each, oldest first, then an `input-column` each. A number that can't be told is null. */
export function findingsOf({ windows, columns }: Drift): readonly FindingLike[] {
  return [
    ...windows.map(({ window, gap, ...result }) => ({
      kind: 'window',
      from: dateOf(window.first),
      to: dateOf(window.last),
      state: result.state,
      reason: result.reason ?? null,
      rows: result.rows,
      days: result.days,
      positives: result.positives,
      gap: finite(gap.estimate),
      low: finite(gap.low),
      high: finite(gap.high),
    })),
    ...columns.map((shift) =>
      shift.kind === 'measured'
        ? { ...shift.psi, kind: 'input-column', column: shift.column, moved: shift.moved }
        : { kind: 'input-column', column: shift.column, moved: null, why: shift.why },
    ),
  ];
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
