import { PERSONAL_CATEGORIES } from './categories.ts';

/** What stands before a name that tells about the thing and is not the thing: `has_email`, `num_phones`. */
const ABOUT = /^(is|has|had|n|no|num|number of|count|total|avg|mean|max|min|pct|share|flag)\b/;

/** A column's name in words, lower case: `customerEMail_1` is `customer e mail`. */
export function inWords(name: string): string {
  return name
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, '$1 $2')
    .toLowerCase()
    .replaceAll(/[^\p{L}\d]+/gu, ' ')
    .trim()
    .replace(/ ?\d+$/, '');
}

/** Whether a name in words ends in one of these, and says no more than that. */
export function endsIn(words: string, ends: readonly string[]): boolean {
  return !ABOUT.test(words) && ends.some((end) => words === end || words.endsWith(` ${end}`));
}

/** The kind of personal data that a column's name alone tells of. */
export function namedCategory(name: string): string | undefined {
  const words = inWords(name);
  return PERSONAL_CATEGORIES.find(({ names, alone = [] }) => alone.includes(words) || endsIn(words, names))
    ?.what;
}
