import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measureWindows, NO_LABEL } from '../../actions/detect-drift/calibration.ts';
import { judgeDrift, type Watch } from '../../actions/detect-drift/drift.ts';
import { columnShift, MOVED, stabilityIndex } from '../../actions/detect-drift/psi.ts';
import { driftReport } from '../../actions/detect-drift/report.ts';
import {
  dateOf,
  dayOf,
  driftState,
  readAlarmRule,
  wholeWindows,
  windowAt,
  windowName,
} from '../../actions/detect-drift/windows.ts';
import type { Columns } from '../../core/toolkit/table/columns.ts';

const MONDAY = dayOf('2001-01-01');

describe('windows', () => {
  it('are weeks from Monday to Sunday', () => {
    expect(dateOf(windowAt(dayOf('2001-01-07'), 'week').first)).toBe('2001-01-01');
    expect(dateOf(windowAt(dayOf('2001-01-08'), 'week').first)).toBe('2001-01-08');
    expect(windowAt(MONDAY, 'day')).toEqual({ first: MONDAY, last: MONDAY });
  });

  it('hold the day that they are asked for, before 1970 too', () => {
    fc.assert(
      fc.property(fc.integer({ min: -40_000, max: 40_000 }), (day) => {
        const week = windowAt(day, 'week');
        expect(week.first <= day && day <= week.last).toBe(true);
        expect(week.last - week.first).toBe(6);
        expect(new Date(`${dateOf(week.first)}T00:00:00Z`).getUTCDay()).toBe(1);
      }),
    );
  });

  it('are whole, over, after the training data, and the last ones', () => {
    const names = (until: string | undefined, asOf: string, most = 5, since = '2001-03-12'): string[] =>
      wholeWindows({
        every: 'week',
        since: dayOf(since),
        until: until === undefined ? undefined : dayOf(until),
        asOf: dayOf(asOf),
        most,
      }).map(windowName);
    // On a Monday the week before is over; on the Sunday it is not.
    expect(names(undefined, '2001-03-26')).toEqual(['2001-03-12 to 2001-03-18', '2001-03-19 to 2001-03-25']);
    expect(names(undefined, '2001-03-25')).toEqual(['2001-03-12 to 2001-03-18']);
    expect(names('2001-03-18', '2001-03-26')).toEqual(['2001-03-19 to 2001-03-25']);
    expect(names('2001-03-19', '2001-03-26')).toEqual([]);
    expect(names(undefined, '2001-03-26', 1)).toEqual(['2001-03-19 to 2001-03-25']);
    // A window that the data start within is not whole.
    expect(names(undefined, '2001-03-26', 5, '2001-03-13')).toEqual(['2001-03-19 to 2001-03-25']);
  });
});

describe('the alarm rule', () => {
  it('is N of M with N no more than M', () => {
    expect(readAlarmRule('3 of 5')).toEqual({ alarms: 3, of: 5 });
    expect(readAlarmRule('6 of 5')).toBeUndefined();
  });

  const rule = { alarms: 3, of: 5 };
  it('alarms on three of the last five', () => {
    expect(driftState(['alarm', 'quiet', 'alarm', 'quiet', 'alarm'], rule)).toBe('alarm');
    expect(driftState(['alarm', 'alarm', 'quiet', 'quiet', 'quiet', 'alarm'], rule)).toBe('quiet');
  });

  it('is quiet only where the windows that are missing could not change that', () => {
    expect(driftState([], rule)).toBe('unclear');
    expect(driftState(['quiet', 'quiet'], rule)).toBe('unclear');
    expect(driftState(['quiet', 'quiet', 'quiet'], rule)).toBe('quiet');
    expect(driftState(['alarm', 'quiet', 'quiet', 'unclear', 'unclear'], rule)).toBe('unclear');
    expect(driftState(['quiet', 'quiet', 'quiet', 'unclear', 'unclear'], rule)).toBe('quiet');
  });

  it('never says quiet or alarm where filling the unclear ones in could say otherwise', () => {
    const states = fc.array(fc.constantFrom('alarm', 'quiet', 'unclear'), { maxLength: 5 });
    fc.assert(
      fc.property(states, fc.integer({ min: 1, max: 5 }), (known, alarms) => {
        const all = (fill: 'alarm' | 'quiet'): ('alarm' | 'quiet')[] =>
          [...known, ...Array.from({ length: 5 - known.length }, () => 'unclear' as const)].map((state) =>
            state === 'unclear' ? fill : state,
          );
        const said = driftState(known, { alarms, of: 5 });
        const worst = driftState(all('alarm'), { alarms, of: 5 });
        const best = driftState(all('quiet'), { alarms, of: 5 });
        expect(said).toBe(worst === best ? worst : 'unclear');
      }),
    );
  });
});

/** `perDay` rows on each of `days` days from `first` on, of which `positive(day)` are positive; every score is `score`. */
function rows(first: number, days: number, perDay: number, score: number, positive: (day: number) => number) {
  const n = days * perDay;
  return {
    days: Int32Array.from({ length: n }, (_, i) => first + Math.floor(i / perDay)),
    labels: Uint8Array.from({ length: n }, (_, i) => (i % perDay < positive(Math.floor(i / perDay)) ? 1 : 0)),
    scores: new Float32Array(n).fill(score),
  };
}

describe('the calibration gap of a window', () => {
  const week = [windowAt(MONDAY, 'week')];

  it('is mean prediction less share, with an interval over days', () => {
    // Shares by day 0.2, 0.3, 0.2, 0.3, 0.2, 0.3, 0.2: mean 1.7 / 7. Day means scatter by sd = 0.053452; se = sd / sqrt(7) = 0.020203.
    const data = rows(MONDAY, 7, 100, 0.5, (day) => (day % 2 === 0 ? 20 : 30));
    const [result] = measureWindows(data, week, 'week', 0.08);
    expect(result).toMatchObject({ state: 'alarm', rows: 700, days: 7, positives: 170 });
    expect(result?.gap.estimate).toBeCloseTo(0.5 - 1.7 / 7, 6);
    // t(0.975, 6) = 2.446912
    expect(result?.gap.high).toBeCloseTo(0.5 - 1.7 / 7 + 2.446912 * 0.0202031, 5);
    expect(result?.meanPrediction).toBeCloseTo(0.5, 6);
  });

  it('alarms in both directions, and not below the threshold', () => {
    const state = (score: number): unknown =>
      measureWindows(
        rows(MONDAY, 7, 100, score, (day) => (day % 2 === 0 ? 20 : 30)),
        week,
        'week',
        0.08,
      )[0]?.state;
    expect(state(0.1)).toBe('alarm');
    expect(state(0.2)).toBe('quiet');
    expect(state(0.3)).toBe('quiet');
    expect(state(0.4)).toBe('alarm');
  });

  it('can not tell where days differ so much that chance explains it', () => {
    const near = rows(MONDAY, 7, 100, 0.35, (day) => (day < 5 ? 10 : 90));
    expect(measureWindows(near, week, 'week', 0.05)[0]).toMatchObject({ state: 'quiet' });
    const wide = rows(MONDAY, 7, 100, 0.45, (day) => (day < 5 ? 10 : 90));
    expect(measureWindows(wide, week, 'week', 0.05)[0]).toMatchObject({
      state: 'unclear',
      reason: 'within-chance',
    });
  });

  it('can not tell from few rows, few of a class, few days, or without labels', () => {
    const reason = (data: ReturnType<typeof rows>): unknown => {
      const [result] = measureWindows(data, week, 'week', 0.08);
      expect(result?.state).toBe('unclear');
      return result?.reason;
    };
    expect(reason(rows(MONDAY, 7, 10, 0.9, () => 5))).toBe('few-rows');
    expect(reason(rows(MONDAY, 7, 100, 0.9, () => 7))).toBe('few-of-class');
    expect(reason(rows(MONDAY, 4, 100, 0.9, () => 20))).toBe('few-days');
    const data = rows(MONDAY, 7, 100, 0.9, () => 20);
    data.labels[3] = NO_LABEL;
    expect(reason(data)).toBe('no-labels');
  });

  it('takes rows as independent where a window is one day', () => {
    const [result] = measureWindows(
      rows(MONDAY, 1, 400, 0.5, () => 100),
      [windowAt(MONDAY, 'day')],
      'day',
      0.08,
    );
    expect(result).toMatchObject({ state: 'alarm', rows: 400, days: 1 });
    // sqrt(0.25 × 0.75 / 399) and t(0.975, 399) = 1.965927
    expect((result?.gap.high ?? 0) - 0.25).toBeCloseTo(1.965927 * Math.sqrt(0.1875 / 399), 6);
  });
});

describe('the stability index', () => {
  const days = (...counts: number[][]): Float64Array[] => counts.map((day) => Float64Array.from(day));

  it('is the sum of (p - q) ln(p / q) less its mean without a move', () => {
    // With half a row in each cell: p = 6000.5 / 10001, q = 5000.5 / 10001; both terms are 0.1 ln(1.2), 0.1 ln(1.25).
    const psi = stabilityIndex([5000, 5000], days([3000, 2000], [3000, 2000]));
    const p = 6000.5 / 10001;
    const raw = (p - 0.5) * Math.log(p / 0.5) + (0.5 - p) * Math.log((1 - p) / 0.5);
    expect(psi?.estimate).toBeCloseTo(raw - 2 / 10_000, 8);
    expect(psi?.estimate).toBeCloseTo(0.0403, 3);
    expect(psi?.low).toBeCloseTo(psi?.estimate ?? 0, 8);
  });

  it('stays finite with cells that are new or gone, and needs two days', () => {
    const psi = stabilityIndex([100, 0], days([0, 50], [0, 50]));
    expect(psi?.estimate).toBeGreaterThan(1);
    expect(Number.isFinite(psi?.high)).toBe(true);
    expect(stabilityIndex([100, 100], days([50, 50], [0, 0]))).toBeUndefined();
  });

  it('does not grow by the number of cells where nothing moved', () => {
    // A fixed generator: uniform over 50 cells, 500 rows now and 5000 then. Without the correction it is about 0.1.
    let seed = 7;
    const draw = (): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % 50;
    };
    const counts = (n: number): number[] => {
      const cells = new Array<number>(50).fill(0);
      for (let i = 0; i < n; i++) {
        const cell = draw();
        cells[cell] = (cells[cell] ?? 0) + 1;
      }
      return cells;
    };
    let sum = 0;
    for (let round = 0; round < 20; round++) {
      const training = counts(5000);
      sum += stabilityIndex(training, days(...Array.from({ length: 7 }, () => counts(72))))?.estimate ?? 1;
    }
    expect(sum / 20).toBeLessThan(0.02);
  });

  it('reads numbers into their bins, and unknown categories into `other`', () => {
    const window = windowAt(MONDAY, 'week');
    const at = Int32Array.from({ length: 700 }, (_, i) => MONDAY + (i % 7));
    const number = (value: (i: number) => number) =>
      columnShift(
        { name: 'x', type: 'number', nulls: 0, edges: [1, 2], counts: [100, 100, 100] },
        { kind: 'number', values: Float64Array.from(at, (_, i) => value(i)), nulls: undefined },
        at,
        window,
      );
    // An edge belongs to the bin below it.
    expect(number((i) => [1, 2, 3][i % 3] ?? 0)).toMatchObject({ kind: 'measured', moved: 'no' });
    expect(number(() => 3)).toMatchObject({ moved: 'yes' });
    const category = (dictionary: string[]) =>
      columnShift(
        { name: 'y', type: 'category', nulls: 0, categories: { a: 150, b: 150 }, other: 10 },
        { kind: 'text', codes: Int32Array.from(at, (_, i) => i % 2), dictionary },
        at,
        window,
      );
    expect(category(['a', 'b'])).toMatchObject({ moved: 'no' });
    expect(category(['a', 'new'])).toMatchObject({ moved: 'yes' });
    expect(MOVED).toBe(0.2);
  });
});

describe('the judgement', () => {
  const watch: Watch = {
    model: 'toy',
    time: 'day',
    every: 'week',
    rule: { alarms: 2, of: 3 },
    threshold: 0.08,
  };
  const nothing: Columns = {
    rows: 0,
    column: () => {
      throw new Error('not read');
    },
  };
  const judge = (data: ReturnType<typeof rows>, asOf: string, until?: string) =>
    judgeDrift(
      watch,
      {
        bytes: new Uint8Array(),
        sha256: 'a'.repeat(64),
        environment: 'production',
        profile: {
          schema: 'greenlight.profile/v1',
          data: 'b'.repeat(64),
          rows: 1,
          columns: [{ name: 'day', type: 'time', nulls: 0, ...(until === undefined ? {} : { until }) }],
        },
      },
      data,
      { names: [], columns: nothing },
      asOf,
    );

  it('is an error where the last whole window has no row: no data is not a pass', () => {
    const data = rows(MONDAY, 21, 100, 0.2, () => 20);
    expect(judge(data, '2001-01-22').verdict).toBe('pass');
    expect(() => judge(data, '2001-01-29')).toThrow(
      /no row in the last whole window, 2001-01-22 to 2001-01-28/,
    );
    expect(() =>
      judge(
        rows(MONDAY, 0, 0, 0, () => 0),
        '2001-01-29',
      ),
    ).toThrow(/no row/);
    // So it is for a model too young to have a window.
    expect(() => judge(data, '2001-01-29', '2001-01-28')).toThrow(/they end on 2001-01-21/);
    // Rows of the running week do not stand for those of the last one.
    const gap = rows(MONDAY, 22, 100, 0.2, () => 20);
    gap.days.forEach((day, i) => {
      if (day >= MONDAY + 14 && day < MONDAY + 21) gap.days[i] = MONDAY + 21;
    });
    expect(() => judge(gap, '2001-01-23')).toThrow(/no row/);
  });

  it('looks at windows after the training data alone', () => {
    const data = rows(MONDAY, 21, 100, 0.5, () => 20);
    expect(judge(data, '2001-01-22').verdict).toBe('fail');
    expect(judge(data, '2001-01-22', '2001-01-14')).toMatchObject({
      verdict: 'inconclusive',
      windows: [{ state: 'alarm' }],
    });
    expect(judge(data, '2001-01-22', '2001-01-21')).toMatchObject({ verdict: 'inconclusive', windows: [] });
  });

  it('reports without a word of the day it was made on, or of what mended it', () => {
    const data = rows(MONDAY, 21, 100, 0.2, () => 20);
    const text = JSON.stringify(driftReport(judge(data, '2001-01-24')));
    expect(text).toBe(JSON.stringify(driftReport(judge(data, '2001-01-22'))));
    expect(text).toContain('The last windows of toy are quiet');
    expect(text).not.toMatch(/retrain/i);
  });
});
