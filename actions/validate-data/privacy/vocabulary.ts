import { plainWord, type TeamWords } from '../../../core/formats/classification.ts';
import { CLASSIFICATION_LEVELS, classificationRank } from '../compatibility/classification.ts';

/**
 * The level that a word of `classification` stands for: by the team's own file, by the levels that contracts use, by the kinds of
 * personal data that laws name. Undefined for a word that none of them has.
 */
export function levelOf(word: string, team: TeamWords = new Map()): string | undefined {
  const own = team.get(plainWord(word));
  if (own !== undefined) return own;
  const rank = classificationRank(word);
  return rank === undefined ? undefined : CLASSIFICATION_LEVELS[rank]?.level;
}
