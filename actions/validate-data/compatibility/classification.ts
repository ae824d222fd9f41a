import { PERSONAL_CATEGORIES } from '../privacy/categories.ts';

/** A level of protection, with the words that contracts use for it. */
export interface ClassificationLevel {
  readonly level: string;
  readonly words: readonly string[];
}

/**
 * The vocabulary of `classification`, from what may be shown to anybody to what law protects most. ODCS leaves the words free. Words
 * for sensitivity come before words for persons: a column that is said to hold personal data is never lowered by calling it
 * merely restricted. Personal data: GDPR article 4(1), HIPAA 45 CFR 164.514(b)(2), POPIA section 1; special categories: GDPR articles 9
 * and 10, POPIA section 26, health data under HIPAA (PHI).
 */
export const CLASSIFICATION_LEVELS: readonly ClassificationLevel[] = [
  { level: 'public', words: ['public', 'open', 'unclassified', 'unrestricted'] },
  { level: 'internal', words: ['internal', 'internal use', 'internal use only'] },
  { level: 'confidential', words: ['confidential', 'sensitive', 'protected'] },
  { level: 'restricted', words: ['restricted', 'highly confidential', 'strictly confidential', 'secret'] },
  {
    level: 'personal',
    words: [
      'personal',
      'personal data',
      'personal information',
      'personally identifiable information',
      'pii',
      'gdpr',
      'popia',
    ],
  },
  {
    level: 'special category',
    words: [
      'special category',
      'special categories',
      'special category data',
      'special personal information',
      'sensitive personal data',
      'sensitive pii',
      'spii',
      'health',
      'health data',
      'phi',
      'ephi',
      'protected health information',
      'hipaa',
      'biometric',
      'genetic',
      'criminal',
    ],
  },
];

const RANKS: ReadonlyMap<string, number> = new Map([
  ...PERSONAL_CATEGORIES.flatMap(({ words, level }) =>
    words.map((word) => [word, CLASSIFICATION_LEVELS.findIndex((one) => one.level === level)] as const),
  ),
  ...CLASSIFICATION_LEVELS.flatMap(({ words }, rank) => words.map((word) => [word, rank] as const)),
]);

/** The rank of a classification, 0 being public; undefined for a word that the vocabulary lacks. Case, `-` and `_` are no matter. */
export function classificationRank(word: string): number | undefined {
  return RANKS.get(
    word
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_-]+/g, ' '),
  );
}

/** How a classification moved; `same` also between two words of one level. Not declared and `public` protect the same. */
export function classificationMove(
  old: string | undefined,
  next: string | undefined,
): 'same' | 'raised' | 'declared' | 'lowered' | 'unclear' {
  if (old === next) return 'same';
  const from = old === undefined ? 0 : classificationRank(old);
  const to = next === undefined ? 0 : classificationRank(next);
  if (from === undefined || to === undefined) return 'unclear';
  if (next === undefined) return 'lowered';
  if (to !== from) return to > from ? 'raised' : 'lowered';
  return old === undefined ? 'declared' : 'same';
}
