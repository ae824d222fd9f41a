/** How texts of dates and times are told and read. */
export interface TimePattern {
  /** The texts that have the pattern's form, for RE2 and JavaScript alike; ranges such as the month's are the reading's to tell. */
  readonly form: string;
  /** The pattern for DuckDB's strptime. */
  readonly strptime: string;
  /** Whether a text has the form and tells a moment that there is: no 30 February, no 25 o'clock. */
  tells(text: string): boolean;
}

const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const FULL_MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
/** A year: there is no year 0, as in PostgreSQL. */
export const YEAR = '(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)';
/** The sign and hours of an offset from UTC: none beyond those that PostgreSQL knows. */
export const OFFSET_HOUR = '[+-](?:0[0-9]|1[0-5])';

// What Java's letters stand for. A single letter takes one or two digits, as Java parses it. Days of the week and of the year (E, D) are
// not among them: strptime takes a Friday that was a Tuesday, and a day 366 of every year.
const LETTERS: Readonly<Record<string, readonly [form: string, strptime: string]>> = {
  yyyy: [YEAR, '%Y'],
  uuuu: [YEAR, '%Y'],
  MM: ['[0-9]{2}', '%m'],
  M: ['[0-9]{1,2}', '%-m'],
  MMM: [`(?:${MONTHS})`, '%b'],
  MMMM: [`(?:${FULL_MONTHS})`, '%B'],
  dd: ['[0-9]{2}', '%d'],
  d: ['[0-9]{1,2}', '%-d'],
  HH: ['[0-9]{2}', '%H'],
  H: ['[0-9]{1,2}', '%-H'],
  hh: ['[0-9]{2}', '%I'],
  h: ['[0-9]{1,2}', '%-I'],
  mm: ['[0-9]{2}', '%M'],
  m: ['[0-9]{1,2}', '%-M'],
  ss: ['[0-9]{2}', '%S'],
  s: ['[0-9]{1,2}', '%-S'],
  SSS: ['[0-9]{3}', '%g'],
  SSSSSS: ['[0-9]{6}', '%f'],
  SSSSSSSSS: ['[0-9]{9}', '%n'],
  a: ['(?:AM|PM)', '%p'],
  XXX: [`(?:Z|${OFFSET_HOUR}:[0-5][0-9])`, '%z'],
  xxx: [`${OFFSET_HOUR}:[0-5][0-9]`, '%z'],
  XX: [`(?:Z|${OFFSET_HOUR}[0-5][0-9])`, '%z'],
  xx: [`${OFFSET_HOUR}[0-5][0-9]`, '%z'],
  Z: [`${OFFSET_HOUR}[0-5][0-9]`, '%z'],
};

/**
 * A pattern of Java's DateTimeFormatter, which ODCS names for the `format` of dates and times, or what it has that is not read. Names of months
 * are the English ones; days that the month lacks are refused (Java's strict style).
 */
export function timePattern(pattern: string): TimePattern | { readonly construct: string } {
  let form = '';
  let strptime = '';
  let told = '';
  const codes: string[] = [];
  for (let index = 0; index < pattern.length; ) {
    const rest = pattern.slice(index);
    const quoted = /^'((?:[^']|'')*)'/.exec(rest);
    const letters = /^([A-Za-z])\1*/.exec(rest)?.[0];
    let literal: string;
    if (quoted !== null) {
      literal = quoted[1] === '' ? "'" : (quoted[1] ?? '').replaceAll("''", "'");
      index += quoted[0].length;
    } else if (letters !== undefined) {
      const known = LETTERS[letters];
      if (known === undefined) return { construct: letters };
      form += known[0];
      strptime += known[1];
      told += `(${known[0]})`;
      codes.push(known[1].slice(-1));
      index += letters.length;
      continue;
    } else {
      literal = rest.slice(0, 1);
      if ("'[]{}#".includes(literal)) return { construct: literal };
      index += 1;
    }
    const plain = literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, (sign) => `\\${sign}`);
    form += plain;
    told += plain;
    strptime += literal.replaceAll('%', '%%');
  }
  const whole = new RegExp(`^${told}$`);
  return {
    form,
    strptime,
    tells(text) {
      const parts = whole.exec(text)?.slice(1);
      return parts !== undefined && isThere(new Map(parts.map((part, index) => [codes[index] ?? '', part])));
    },
  };
}

/** What the numbers of strptime's codes range over. */
const RANGES: Readonly<Record<string, readonly [low: number, high: number]>> = {
  Y: [1, 9999],
  m: [1, 12],
  d: [1, 31],
  H: [0, 23],
  I: [1, 12],
  M: [0, 59],
  S: [0, 59],
};

/** Whether parts of a moment, by strptime's codes, go together. Without a year it is 1900, as in strptime. */
function isThere(parts: ReadonlyMap<string, string>): boolean {
  for (const [code, text] of parts) {
    const [low, high] = RANGES[code] ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    if (code in RANGES && (Number(text) < low || Number(text) > high)) return false;
  }
  const named = MONTHS.split('|').indexOf((parts.get('b') ?? parts.get('B') ?? 'Jan').slice(0, 3)) + 1;
  const month = Number(parts.get('m') ?? named);
  const day = Number(parts.get('d') ?? 1);
  const date = new Date(0);
  date.setUTCFullYear(Number(parts.get('Y') ?? 1900), month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
