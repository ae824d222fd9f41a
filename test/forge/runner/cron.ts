import { GreenlightError } from '../../../core/kernel/errors.ts';

const DAY = 86_400_000;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/**
 * The last time in (after, until] at which a POSIX cron line (five fields, UTC) fires; undefined where it does not.
 * As in POSIX, a day matches day-of-month OR weekday where both are restricted.
 */
export function lastFiring(cron: string, after: Date, until: Date): Date | undefined {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== 5) throw badCron(cron);
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const minutes = readField(cron, minute, 0, 59);
  const hours = readField(cron, hour, 0, 23);
  const days = readField(cron, day, 1, 31);
  const months = readField(cron, month, 1, 12, MONTHS);
  const weekdays = new Set([...readField(cron, weekday, 0, 7, WEEKDAYS)].map((it) => it % 7));
  const dayMatches = (date: Date): boolean => {
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const byDay = days.has(date.getUTCDate());
    const byWeekday = weekdays.has(date.getUTCDay());
    return day.startsWith('*') || weekday.startsWith('*') ? byDay && byWeekday : byDay || byWeekday;
  };
  const latestFirst = [...hours]
    .flatMap((h) => [...minutes].map((m) => (h * 60 + m) * 60_000))
    .sort((a, b) => b - a);
  for (let start = Math.floor(until.getTime() / DAY) * DAY; start + DAY > after.getTime(); start -= DAY) {
    if (!dayMatches(new Date(start))) continue;
    const found = latestFirst.find((offset) => start + offset <= until.getTime());
    if (found !== undefined) return start + found > after.getTime() ? new Date(start + found) : undefined;
  }
  return undefined;
}

function readField(
  cron: string,
  field: string,
  min: number,
  max: number,
  names: readonly string[] = [],
): Set<number> {
  const values = new Set<number>();
  const read = (text: string): number => {
    const named = names.indexOf(text.toLowerCase());
    const value = named >= 0 ? named + min : Number(text);
    if (text === '' || !Number.isInteger(value) || value < min || value > max) throw badCron(cron);
    return value;
  };
  for (const part of field.split(',')) {
    const [range = '', stepText, rest] = part.split('/');
    const step = stepText === undefined ? 1 : Number(stepText);
    if (rest !== undefined || !Number.isInteger(step) || step < 1) throw badCron(cron);
    const [first = '', last] = range === '*' ? [String(min), String(max)] : range.split('-');
    const from = read(first);
    const to = last !== undefined ? read(last) : stepText === undefined ? from : max;
    if (to < from) throw badCron(cron);
    for (let value = from; value <= to; value += step) values.add(value);
  }
  return values;
}

function badCron(cron: string): GreenlightError {
  return new GreenlightError({ code: 'runner/cron', message: `'${cron}' is not a cron line of five fields` });
}
