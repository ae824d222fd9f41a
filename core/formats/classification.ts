import { GreenlightError, throwIfAny } from '../kernel/errors.ts';
import { checkFormat } from '../kernel/schema.ts';
import { readYaml } from '../kernel/yaml.ts';
import schema from './schemas/classification.schema.json' with { type: 'json' };
import type { Classification } from './schemas/classification.types.ts';

/** Where a team's words for `classification` lie unless greenlight.yaml names another file. */
export const CLASSIFICATION_FILE = 'greenlight.classification.yaml';

/** A level of the vocabulary (docs/privacy.md). */
export type ClassificationLevel = NonNullable<Classification['words'][string]>;

/** The level that each word of a team stands for, by the word as {@link plainWord} gives it. */
export type TeamWords = ReadonlyMap<string, ClassificationLevel>;

/** A word of `classification` without what is no matter: case, blanks around it, `-` and `_`. */
export function plainWord(word: string): string {
  return word
    .trim()
    .toLowerCase()
    .replaceAll(/[\s_-]+/g, ' ');
}

/** Reads a team's file of words. Throws `classification/…` errors with their places: unknown levels, words that are there twice. */
export function readClassification(text: string, file = CLASSIFICATION_FILE): TeamWords {
  const document = readYaml(text, file, 'classification');
  const { words } = checkFormat<Classification>(document, schema, 'classification');
  const levels = new Map<string, ClassificationLevel>();
  const errors: GreenlightError[] = [];
  for (const [word, level] of Object.entries(words)) {
    if (levels.has(plainWord(word))) {
      errors.push(
        new GreenlightError({
          code: 'classification/word-twice',
          message: `\`${plainWord(word)}\` is there twice`,
          place: document.placeOf(['words', word], 'key'),
          mend: 'case, `-` and `_` are no matter: keep one',
        }),
      );
    }
    if (level !== undefined) levels.set(plainWord(word), level);
  }
  throwIfAny(errors);
  return levels;
}
