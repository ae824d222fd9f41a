import { CLASSIFICATION_FILE, type TeamWords } from '../../../core/formats/classification.ts';
import {
  type Contract,
  type ContractProperty,
  type ContractTable,
  own,
} from '../../../core/formats/contract.ts';
import type { Path } from '../../../core/kernel/yaml.ts';
import { shareOf } from '../findings.ts';
import type { RuleOutcome } from '../judge.ts';
import { columnName } from '../uses.ts';
import { type Leaf, leavesOf } from './leaves.ts';
import type { Likeness } from './likeness.ts';
import type { Sample, Searched, SearchedColumn } from './searched.ts';
import { levelOf } from './vocabulary.ts';

/** What {@link privacyOutcomes} must know beside the data. */
export interface PrivacyOptions {
  /** The rows of the table. */
  readonly rows: number;
  /** What the team's words for `classification` mean. */
  readonly words?: TeamWords;
}

/**
 * Seeks personal data in the columns of a table that declare no classification, by their names and a fixed sample of their values, and words of
 * `classification` that nobody knows. An outcome for each such column and word; where there is no such column, one that says how it was sought. No value
 * is in them.
 */
export async function privacyOutcomes(
  table: Searched,
  contract: Contract,
  index: number,
  { rows, words }: PrivacyOptions,
): Promise<readonly RuleOutcome[]> {
  const declared = contract.document.schema?.[index];
  if (declared === undefined) throw new Error('a table that the contract does not have');
  const unknown = unknownWords(declared.properties ?? [], ['schema', index, 'properties'], words).map(
    ({ path, at, word }) =>
      outcome(contract, at, `${declared.name}.privacy.classification.${path}`, {
        text: `the classification of ${path} has a known meaning`,
        status: 'warn',
        reason: `no level is known for \`${word}\`: give it one in ${CLASSIFICATION_FILE}`,
      }),
  );
  return [...unknown, ...(await undeclaredOutcomes(table, contract, index, declared, rows))];
}

async function undeclaredOutcomes(
  table: Searched,
  contract: Contract,
  index: number,
  declared: ContractTable,
  rows: number,
): Promise<readonly RuleOutcome[]> {
  const at = ['schema', index, 'properties'];
  const id = `${declared.name}.privacy.undeclared`;
  const properties = declared.properties ?? [];
  const open = table.columns.filter((column) => !isCovered(column, properties));
  if (open.length === 0) return [];
  if (rows === 0) {
    const reason = 'there are no rows to judge';
    return [outcome(contract, at, id, { text: TEXT, status: 'error', reason })];
  }
  const unread = open.filter(({ holds }) => holds === 'unread').map(({ name }) => name);
  const read = open.filter(({ holds }) => holds !== 'unread');
  const text = 'what can’t be looked into is no personal data';
  const reason = `nothing was looked at of ${unread.join(', ')}`;
  return [
    ...(unread.length === 0
      ? []
      : [outcome(contract, at, `${id}.unread`, { text, status: 'stated', reason })]),
    ...(read.length === 0 ? [] : await soughtIn(table, read, { contract, properties, at, id, rows })),
  ];
}

const TEXT = 'no column without a classification looks like personal data';

async function soughtIn(
  table: Searched,
  columns: readonly SearchedColumn[],
  {
    contract,
    properties,
    at,
    id,
    rows,
  }: {
    readonly contract: Contract;
    readonly properties: readonly ContractProperty[];
    readonly at: Path;
    readonly id: string;
    readonly rows: number;
  },
): Promise<readonly RuleOutcome[]> {
  await using sample = await table.sample(columns, rows);
  const outcomes: RuleOutcome[] = [];
  for (const column of columns) {
    for (const leaf of await leaves(column, sample)) {
      const found = resolve(properties, at, [column.name, ...leaf.path]);
      if (found.classified) continue;
      // What knows the forms is loaded where there is something to look at.
      const { likenessOf } = await import('./likeness.ts');
      const likeness = await likenessOf(leaf);
      if (likeness === undefined) continue;
      const path = shownPath([column.name, ...leaf.path]);
      outcomes.push({
        ...outcome(contract, found.at, `${id}.${path}`, {
          text: `${path} is no personal data, or has a classification`,
          status: likeness.status,
          reason: reasonOf(likeness, leaf, rows),
        }),
      });
    }
  }
  if (outcomes.length > 0) return outcomes;
  const reason = `sought in ${columns.length} columns, in a sample of ${sample.rows} of ${rows} rows: none found`;
  // No rule of the contract's: a contract that declares nothing else must not pass by it.
  return [outcome(contract, at, id, { text: TEXT, status: 'stated', reason })];
}

function outcome(
  contract: Contract,
  at: Path,
  id: string,
  {
    text,
    status,
    reason,
  }: { readonly text: string; readonly status: RuleOutcome['status']; readonly reason: string },
): RuleOutcome {
  const rule = {
    id,
    text,
    column: undefined,
    place: contract.placeOf(at),
    severity: status === 'warn' ? 'warn' : 'fail',
  } as const;
  return { rule, status, reason, failing: false, places: [], follows: false };
}

function reasonOf({ what, rows: alike }: Likeness, { values }: Leaf, rows: number): string {
  const total = [...values.values()].reduce((sum, count) => sum + count, 0);
  const why =
    alike === undefined
      ? `it is named like ${what}`
      : `${shareOf(alike, total)} of ${total} sampled values (of ${rows} rows) look like ${what}`;
  return `${why}; say what it is by \`classification\``;
}

/** What a contract says of the place that a path of names leads to. */
interface Resolved {
  readonly classified: boolean;
  /** The nearest property that there is. */
  readonly at: Path;
}

function resolve(
  properties: readonly ContractProperty[],
  at: Path,
  [name, ...rest]: readonly (string | undefined)[],
): Resolved {
  const index = properties.findIndex((property) => columnName(property) === name);
  const property = properties[index];
  if (property === undefined) return { classified: false, at };
  return within(property, [...at, index], rest);
}

function within(property: ContractProperty, at: Path, path: readonly (string | undefined)[]): Resolved {
  if (isClassified(property)) return { classified: true, at };
  const [key, ...rest] = path;
  if (path.length === 0) return { classified: false, at };
  if (key === undefined)
    return property.items === undefined
      ? { classified: false, at }
      : within(property.items as ContractProperty, [...at, 'items'], rest);
  if (property.map !== undefined)
    return within(property.map.value as ContractProperty, [...at, 'map', 'value'], rest);
  const inner = resolve(property.properties ?? [], [...at, 'properties'], path);
  return inner.at.length > at.length + 1 ? inner : { classified: inner.classified, at };
}

function isClassified({ classification }: ContractProperty): boolean {
  return classification !== undefined && classification.trim() !== '';
}

/** Whether the contract says what a column is, or that it is hidden, which is tested on all rows. */
function isCovered({ name }: SearchedColumn, properties: readonly ContractProperty[]): boolean {
  return properties.some(
    (property) =>
      property.encryptedName === name ||
      (columnName(property) === name && (isClassified(property) || own(property, 'masking') !== undefined)),
  );
}

async function leaves({ name, holds }: SearchedColumn, sample: Sample): Promise<readonly Leaf[]> {
  const values = await sample.valuesOf(name);
  return holds === 'parts' ? leavesOf(name, values) : [{ name, path: [], values }];
}

function shownPath(path: readonly (string | undefined)[]): string {
  return path.map((key, index) => (key === undefined ? '[]' : index === 0 ? key : `.${key}`)).join('');
}

function unknownWords(
  properties: readonly ContractProperty[],
  at: Path,
  team: TeamWords | undefined,
  prefix = '',
): readonly { readonly path: string; readonly at: Path; readonly word: string }[] {
  return properties.flatMap((property, index) => {
    const path = `${prefix}${property.name}`;
    const own = [...at, index];
    const word = isClassified(property) ? property.classification : undefined;
    const below = unknownWords(property.properties ?? [], [...own, 'properties'], team, `${path}.`);
    return word === undefined || levelOf(word, team) !== undefined
      ? below
      : [{ path, at: [...own, 'classification'], word }, ...below];
  });
}
