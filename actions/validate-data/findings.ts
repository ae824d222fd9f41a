import type { Block } from '../../core/kernel/blocks.ts';
import type { Case } from '../../core/kernel/cases.ts';
import type { Place } from '../../core/kernel/place.ts';
import type { Annotation } from '../../core/toolkit/action.ts';
import { posix } from '../../core/toolkit/files.ts';
import type { SourceWarning } from '../../core/toolkit/table/open.ts';
import type { ChangeFinding } from './compatibility/judge.ts';
import type { ContractEdit } from './contract-edits.ts';
import type { RuleOutcome } from './judge.ts';
import type { Rulebook } from './sources.ts';

/** What a table on a server was when it was judged; of its rows their number alone. */
export interface ServerTable {
  readonly type: 'postgresql' | 'trino';
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: number;
}

/** A data set judged by a contract, as reports and evidence tell it. */
export interface JudgedData {
  readonly dataset: string;
  readonly data: string;
  readonly dataSha256: string;
  /** Of a table on a server, whose content no digest holds: what `dataSha256` is the digest of, as canonical JSON. */
  readonly described?: ServerTable;
  readonly contract: string;
  readonly contractSha256: string;
  readonly standing: Rulebook['standing'];
  readonly table: string;
  readonly rows: number;
  readonly outcomes: readonly RuleOutcome[];
  /** What reading the files brought up: columns that only some of them have. */
  readonly warnings: readonly SourceWarning[];
  /** What the columns look like, where the data was profiled. */
  readonly pictures?: Block;
}

/** What validate-data found. Rows by number, columns by name; a value never. */
export type Finding =
  | ChangeFinding
  | {
      readonly kind: 'rule-broken';
      readonly level: 'fail' | 'warn';
      readonly data: string;
      /** By the contract that the pull request proposes, not by the one that binds. */
      readonly proposed?: true;
      readonly rule: string;
      readonly text: string;
      readonly column?: string;
      readonly reason?: string;
      readonly count?: number;
      readonly rows: number;
      readonly contract: Place;
      readonly places: readonly Place[];
    }
  | {
      readonly kind: 'rule-not-judged';
      readonly data: string;
      /** By the contract that the pull request proposes, not by the one that binds. */
      readonly proposed?: true;
      readonly rule: string;
      readonly text: string;
      readonly reason: string;
      readonly contract: Place;
    }
  | { readonly kind: 'files-differ'; readonly code: string; readonly message: string; readonly place: Place }
  | {
      readonly kind: 'contract-edited';
      readonly contract: string;
      readonly standing: 'edited' | 'new';
    };

/** The findings of judged data, in the order of contracts and rules. */
export function findingsOf(
  judged: readonly JudgedData[],
  edits: readonly ContractEdit[],
): readonly Finding[] {
  const edited = new Map<string, Finding>();
  for (const { contract, standing } of judged) {
    if (standing !== 'same' && standing !== 'proposed')
      edited.set(contract, { kind: 'contract-edited', contract, standing });
  }
  return [
    ...edited.values(),
    ...edits.flatMap(({ findings }) => findings.filter(({ level }) => level !== 'pass')),
    ...judged.flatMap(({ warnings }) =>
      warnings.map((warning): Finding => ({ kind: 'files-differ', ...warning })),
    ),
    ...judged.flatMap((one) => one.outcomes.flatMap((outcome) => ruleFinding(one, outcome))),
  ];
}

function ruleFinding({ data, rows, standing }: JudgedData, outcome: RuleOutcome): Finding[] {
  const { rule, status, reason, count, places } = outcome;
  const about = {
    data,
    ...(standing === 'proposed' ? { proposed: true as const } : {}),
    rule: rule.id,
    text: rule.text,
    contract: rule.place,
  };
  if (status === 'error')
    return [{ kind: 'rule-not-judged', ...about, reason: reason ?? 'it could not be judged' }];
  if (status !== 'fail' && status !== 'warn') return [];
  return [
    {
      kind: 'rule-broken',
      level: status,
      ...about,
      ...(rule.column === undefined ? {} : { column: rule.column }),
      ...(reason === undefined ? {} : { reason }),
      ...(count === undefined ? {} : { count }),
      rows,
      places,
    },
  ];
}

/** GitHub shows ten annotations of each level a step; the rest is in the report. */
const MOST_ANNOTATIONS = 10;

/** The lines that a reviewer sees beside the contract. What only follows from a missing column is left to that. */
export function annotationsOf(
  judged: readonly JudgedData[],
  edits: readonly ContractEdit[],
): readonly Annotation[] {
  const annotations = judged.flatMap((one) =>
    one.outcomes.flatMap((outcome): Annotation[] => {
      const { rule, status, follows } = outcome;
      if (follows || status === 'pass' || status === 'stated') return [];
      const level = status === 'warn' ? 'warning' : 'error';
      return [{ level, message: `${one.data}: ${rule.text}: ${summaryOf(one, outcome)}`, place: rule.place }];
    }),
  );
  const all = [...edits.flatMap(({ findings }) => findings.flatMap(changeAnnotation)), ...annotations];
  return (['error', 'warning'] as const).flatMap((level) =>
    all.filter((annotation) => annotation.level === level).slice(0, MOST_ANNOTATIONS),
  );
}

function changeAnnotation(finding: ChangeFinding): Annotation[] {
  if (finding.level === 'pass' || finding.level === 'waived') return [];
  const level = finding.level === 'warn' ? 'warning' : 'error';
  if (finding.kind !== 'contract-break') return [{ level, message: finding.text, place: finding.place }];
  const { path, what, place } = finding.change;
  return [{ level, message: `${path}: ${what}: this breaks, and no waiver accepts it`, place }];
}

/** Every rule as a case: what is only stated is skipped, a warning passes with its words. */
export function casesOf(judged: readonly JudgedData[]): readonly Case[] {
  return judged.flatMap((one) =>
    one.outcomes.map((outcome): Case => {
      const { rule, status } = outcome;
      const about = {
        suite: `${one.data} (${one.table})`,
        name: `${rule.id}: ${rule.text}`,
        place: rule.place,
      };
      if (status === 'pass') return { ...about, outcome: 'pass' };
      const message = summaryOf(one, outcome);
      if (status === 'warn') return { ...about, outcome: 'pass', message: `warning: ${message}` };
      return { ...about, outcome: status === 'stated' ? 'skipped' : status, message };
    }),
  );
}

/** What became of a rule, in a few words. */
export function summaryOf(
  { rows, data }: Pick<JudgedData, 'rows' | 'data'>,
  { status, reason, count, failing, figure, places }: RuleOutcome,
): string {
  if (reason !== undefined) return reason;
  if (status === 'pass') return 'holds';
  if (figure) return `the figure is ${count}`;
  if (!failing) return count === 1 ? 'there is 1 row' : `there are ${count} rows`;
  const [first] = places;
  const where = first === undefined ? '' : `, the first in ${rowOf(first, data)}`;
  return `${count} of ${rows} rows (${shareOf(count ?? 0, rows)})${where}`;
}

/** How people are told which row of `data` a place is: with its file, where the data is made of several. */
export function rowOf({ file, record, line, row }: Place, data: string): string {
  if (row !== undefined) return `row ${row}`;
  const where = posix(data) === file ? '' : `${file}, `;
  return line === undefined ? `${where}record ${record}` : `${where}record ${record} (line ${line})`;
}

/** A share of rows in percent; never 0 % for some rows, nor 100 % for less than all. */
export function shareOf(count: number, rows: number): string {
  if (rows === 0) return '–';
  const percent = (100 * count) / rows;
  if (count > 0 && percent < 0.01) return '< 0.01 %';
  if (count < rows && percent > 99.99) return '> 99.99 %';
  return `${Number(percent.toFixed(2))} %`;
}
