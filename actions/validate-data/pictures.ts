import type { ContractProperty, ContractTable } from '../../core/formats/contract.ts';
import type { Profile, ProfileColumn } from '../../core/formats/profile.ts';
import type { DistributionChartBlock, Spread } from '../../core/kernel/blocks.ts';
import { columnName } from './uses.ts';

/** Values that are drawn, the most frequent ones. */
const MOST_VALUES = 20;

/** The level of protection that a word of `classification` stands for; undefined for a word that nobody knows. */
export type LevelOf = (word: string) => string | undefined;

/**
 * A small picture of each column of a profile. No row's value is in it: edges of bins are rounded to a hundredth of their range or
 * less, and a text is named where the contract itself lists it or classifies its column as public. Of a column that is classified as
 * anything above internal, or by an unknown word, nothing but the nulls is shown.
 */
export function pictures(
  profile: Profile,
  declared: ContractTable,
  levelOf: LevelOf,
): DistributionChartBlock {
  const properties = new Map(declared.properties?.map((property) => [columnName(property), property]));
  return {
    kind: 'distribution-chart',
    title: 'What the columns look like',
    rows: profile.rows,
    columns: profile.columns.map((column) => ({
      name: column.name,
      nulls: column.nulls,
      spread: spreadOf(column, properties.get(column.name), levelOf),
    })),
  };
}

function spreadOf(column: ProfileColumn, property: ContractProperty | undefined, levelOf: LevelOf): Spread {
  const word = property?.classification;
  const level = word === undefined ? 'internal' : levelOf(word);
  if (level !== 'internal' && level !== 'public')
    return { kind: 'words', text: `not shown, classified as ${word}` };
  const open = level === 'public';
  switch (column.type) {
    case 'number':
      return rounded(column.edges ?? [], column.counts ?? []);
    case 'category':
      return values(column, open ? undefined : listed(property));
    case 'time':
      return {
        kind: 'words',
        text: open && column.until !== undefined ? `until ${column.until}` : 'times, not drawn',
      };
    case 'other':
      return { kind: 'words', text: 'not drawn' };
  }
}

/** Bins with rounded edges; those that fall together are joined. */
function rounded(edges: readonly number[], counts: readonly number[]): Spread {
  const [first = 0] = edges;
  const range = (edges.at(-1) ?? first) - first || Math.abs(first) || 1;
  const power = Math.floor(Math.log10(range)) - 2;
  // Powers of ten below one are no exact numbers; their inverses are.
  const round = (edge: number): number =>
    power < 0 ? Math.round(edge * 10 ** -power) / 10 ** -power : Math.round(edge / 10 ** power) * 10 ** power;
  const joined: { edges: number[]; counts: number[] } = { edges: [], counts: [] };
  let rows = 0;
  for (const [i, count] of counts.entries()) {
    rows += count;
    const edge = edges[i];
    const next = edges[i + 1];
    if (edge !== undefined && next !== undefined && round(edge) === round(next)) continue;
    if (edge !== undefined) joined.edges.push(round(edge));
    joined.counts.push(rows);
    rows = 0;
  }
  return { kind: 'bins', ...joined };
}

/** The texts that the contract lists for a column. */
function listed(property: ContractProperty | undefined): ReadonlySet<string> {
  const valid = property?.quality?.flatMap(({ arguments: given }) => given?.validValues ?? []) ?? [];
  const named = property?.enum?.map(({ value }) => value) ?? [];
  return new Set(
    [...valid, ...named, ...(property?.logicalType === 'boolean' ? [true, false] : [])].map(String),
  );
}

/** The most frequent values; `shown` are those that may be named, undefined for all. */
function values(
  { categories = {}, other = 0 }: ProfileColumn,
  shown: ReadonlySet<string> | undefined,
): Spread {
  const all = Object.entries(categories).map(([value, count = 0]) => ({ value, count }));
  all.sort((a, b) => b.count - a.count);
  if (all.length === 0) return { kind: 'words', text: 'no value has 20 rows or more' };
  return {
    kind: 'values',
    values: all
      .slice(0, MOST_VALUES)
      .map(({ value, count }) =>
        shown === undefined || shown.has(value) ? { label: value, count } : { count },
      ),
    others: all.slice(MOST_VALUES).reduce((sum, { count }) => sum + count, other),
  };
}
