const FIRST_DAY = Date.UTC(2001, 0, 1);
const DAY = 86_400_000;

/** The first day of week `week` (1, 2, …) as YYYY-MM-DD: a Monday, week 1 being that of 2001-01-01. */
export function firstDay(week) {
  return new Date(FIRST_DAY + 7 * (week - 1) * DAY).toISOString().slice(0, 10);
}

/** The last week that was over when `date` (YYYY-MM-DD) began. */
export function lastWholeWeek(date) {
  return Math.floor((Date.parse(`${date}T00:00:00Z`) - FIRST_DAY) / (7 * DAY));
}

/** The day that GREENLIGHT_AS_OF names; throws where it names none. */
export function asOf(env = process.env) {
  const date = env.GREENLIGHT_AS_OF ?? '';
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || Number.isNaN(Date.parse(date))) {
    throw new Error('GREENLIGHT_AS_OF must hold a date such as 2001-05-28');
  }
  return date;
}
