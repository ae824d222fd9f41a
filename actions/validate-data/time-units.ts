const DAY = 86_400;

const UNITS: ReadonlyMap<string, number> = new Map(
  (
    [
      [1, ['s', 'sec', 'second', 'seconds']],
      [60, ['m', 'min', 'minute', 'minutes']],
      [3600, ['h', 'hr', 'hour', 'hours']],
      [DAY, ['d', 'day', 'days']],
      [7 * DAY, ['w', 'wk', 'week', 'weeks']],
      [30 * DAY, ['M', 'mo', 'month', 'months']],
      [365 * DAY, ['y', 'yr', 'year', 'years']],
    ] as const
  ).flatMap(([size, words]) => words.map((word) => [word, size] as const)),
);

/**
 * The seconds of a contract's unit of time, by docs/contracts.md; undefined for what is none. `m` is a minute and `M` a month; a month has 30
 * days and a year 365.
 */
export function unitOf(word: string): number | undefined {
  return UNITS.get(word) ?? UNITS.get(word.toLowerCase());
}
