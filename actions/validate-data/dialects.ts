import { type CellForm, type CellType, FORMS } from '../../core/toolkit/table/cells.ts';
import { literal } from '../../core/toolkit/table/sql.ts';
import { typedMarkers } from './markers.ts';
import type { Rewritten } from './patterns.ts';
import type { Condition, Scalar, Use } from './plan.ts';

// What the engines that judge conditions have in common, each in its own dialect of SQL.

/** Sets up to this size are written out; larger ones are joined, which costs the same for any size. */
export const INLINE_SET = 8;

/** Multiples are told to within this many units in the last place of a double. */
export const ULPS = 4;

/** The names of a key's values in a subquery. */
export function namesOf(of: readonly Use[]): string {
  return of.map((_, index) => `key${index}`).join(', ');
}

/** Why a server can't judge a condition in the plan's meaning; undefined where it can. */
export function conditionRefusal(
  condition: Condition,
  rewrite: (pattern: string) => Rewritten,
  server: 'PostgreSQL' | 'Trino',
): string | undefined {
  switch (condition.is) {
    case 'any':
      return condition.of
        .map((one) => conditionRefusal(one, rewrite, server))
        .find((reason) => reason !== undefined);
    case 'no-match': {
      const rewritten = rewrite(condition.pattern);
      return 'construct' in rewritten ? `\`${rewritten.construct}\` in a pattern, in ${server}` : undefined;
    }
    case 'less':
    case 'less-or-equal':
    case 'greater':
    case 'greater-or-equal':
      return ownForm(condition.of, [condition.bound], server);
    case 'not-in':
      return ownForm(condition.of, condition.values, server);
    case 'missing':
      return ownForm(
        condition.of,
        condition.values.filter((value) => value !== null),
        server,
      );
    default:
      return undefined;
  }
}

function ownForm({ type, form }: Use, values: readonly Scalar[], server: string): string | undefined {
  if (form?.pattern === undefined || !(type in FORMS)) return undefined;
  const known = FORMS[type as keyof typeof FORMS];
  return values.every((value) => known.test(String(value)))
    ? undefined
    : `a bound in a \`format\` of dates and times, in ${server}: write it as ISO 8601 does`;
}

/** The condition of a server's cell that is one of the values for "missing". */
export function missing(
  cell: { readonly isNull: string; readonly value: string; readonly text?: string | undefined },
  values: readonly (Scalar | null)[],
  use: Use,
  literalOf: (value: Scalar, type: CellType, form?: CellForm) => string,
): string {
  const { isNull, value, text } = cell;
  const terms = values.includes(null) ? [isNull] : [];
  const comparable =
    text !== undefined
      ? values.filter((item) => item !== null).map((item) => literal(String(item)))
      : typedMarkers(values, use).map((item) => literalOf(item, use.type, use.form));
  if (comparable.length > 0) terms.push(`${text ?? value} IN (${comparable.join(', ')})`);
  return terms.length === 0 ? 'false' : `(${terms.join(' OR ')})`;
}
