/**
 * Windows of time. Days are counted from 1970-01-01 (UTC), as date columns hold them. A week is the seven days from a Monday on
 * (ISO 8601), whatever day the watching starts on, so that a window's rows never change once it is over.
 */

export type WindowLength = 'day' | 'week';

/** A stretch of whole days, `last` included. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

const DAY_MS = 86_400_000;
const DAYS = { day: 1, week: 7 } as const;
/** 1970-01-05, a Monday. */
const A_MONDAY = 4;

/** The days from 1970-01-01 to a date, YYYY-MM-DD. */
export function dayOf(date: string): number {
  return Math.floor(Date.parse(`${date.slice(0, 10)}T00:00:00Z`) / DAY_MS);
}

/** A day as YYYY-MM-DD. */
export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** How messages name a window: its first day. */
export function windowName({ first, last }: Window): string {
  return first === last ? dateOf(first) : `${dateOf(first)} to ${dateOf(last)}`;
}

/** The window that a day lies in. */
export function windowAt(day: number, every: WindowLength): Window {
  const length = DAYS[every];
  const first = Math.floor((day - A_MONDAY) / length) * length + A_MONDAY;
  return { first, last: first + length - 1 };
}

/**
 * The last `most` whole windows that were over when the day `asOf` began, oldest first: none that reaches back to `until`, the last
 * day of the training data, or that starts before `since`, the first day of the data. Days without rows do not matter here.
 */
export function wholeWindows(options: {
  readonly every: WindowLength;
  readonly since: number;
  readonly until: number | undefined;
  readonly asOf: number;
  readonly most: number;
}): readonly Window[] {
  const { every, since, until, asOf, most } = options;
  const earliest = Math.max(since, until === undefined ? since : until + 1);
  const windows: Window[] = [];
  let window = windowAt(windowAt(asOf, every).first - 1, every);
  while (window.first >= earliest && windows.length < most) {
    windows.unshift(window);
    window = windowAt(window.first - 1, every);
  }
  return windows;
}

/** `3 of 5`: how many of how many last windows make an alarm. */
export interface AlarmRule {
  readonly alarms: number;
  readonly of: number;
}

/** Reads `3 of 5`; undefined where more windows must alarm than are looked at. */
export function readAlarmRule(text: string): AlarmRule | undefined {
  const [alarms = Number.NaN, of = Number.NaN] = text.split(' of ').map(Number);
  return alarms <= of ? { alarms, of } : undefined;
}

/** What a window says: it alarms, it is quiet, or it can't tell. */
export type WindowState = 'alarm' | 'quiet' | 'unclear';

/**
 * What the last windows say together. Windows that are unclear, or that the model is too young to have, could still have alarmed: the
 * answer is `quiet` only where there would be no alarm even then.
 */
export function driftState(states: readonly WindowState[], { alarms, of }: AlarmRule): WindowState {
  const last = states.slice(-of);
  const alarming = last.filter((state) => state === 'alarm').length;
  if (alarming >= alarms) return 'alarm';
  const unknown = last.filter((state) => state === 'unclear').length + of - last.length;
  return alarming + unknown >= alarms ? 'unclear' : 'quiet';
}
