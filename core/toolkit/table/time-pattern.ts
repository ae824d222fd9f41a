/** How texts of dates and times are told and read. */
export interface TimePattern {
  /** The texts that have the pattern's form, for RE2 and JavaScript alike; ranges such as the month's are the reading's to tell. */
  readonly form: string;
  /** The pattern for DuckDB's strptime. */
  readonly strptime: string;
}

const MONTHS = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const FULL_MONTHS = 'January|February|March|April|May|June|July|August|September|October|November|December';
const DAYS = 'Mon|Tue|Wed|Thu|Fri|Sat|Sun';
const FULL_DAYS = 'Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday';

// What Java's letters stand for. A single letter takes one or two digits, as Java parses it.
const LETTERS: Readonly<Record<string, readonly [form: string, strptime: string]>> = {
  yyyy: ['[0-9]{4}', '%Y'],
  uuuu: ['[0-9]{4}', '%Y'],
  MM: ['[0-9]{2}', '%m'],
  M: ['[0-9]{1,2}', '%-m'],
  MMM: [`(?:${MONTHS})`, '%b'],
  MMMM: [`(?:${FULL_MONTHS})`, '%B'],
  dd: ['[0-9]{2}', '%d'],
  d: ['[0-9]{1,2}', '%-d'],
  DDD: ['[0-9]{3}', '%j'],
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
  EEE: [`(?:${DAYS})`, '%a'],
  EEEE: [`(?:${FULL_DAYS})`, '%A'],
  XXX: ['(?:Z|[+-][0-9]{2}:[0-9]{2})', '%z'],
  xxx: ['[+-][0-9]{2}:[0-9]{2}', '%z'],
  XX: ['(?:Z|[+-][0-9]{4})', '%z'],
  xx: ['[+-][0-9]{4}', '%z'],
  Z: ['[+-][0-9]{4}', '%z'],
};

/**
 * A pattern of Java's DateTimeFormatter, which ODCS names for the `format` of dates and times, or what it has that is not read. Names of months
 * and days are the English ones; days that the month lacks are refused (Java's strict style).
 */
export function timePattern(pattern: string): TimePattern | { readonly construct: string } {
  let form = '';
  let strptime = '';
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
      index += letters.length;
      continue;
    } else {
      literal = rest.slice(0, 1);
      if ("'[]{}#".includes(literal)) return { construct: literal };
      index += 1;
    }
    form += literal.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, (sign) => `\\${sign}`);
    strptime += literal.replaceAll('%', '%%');
  }
  return { form, strptime };
}
