import type { TeamWords } from '../../core/formats/classification.ts';
import type { Contract, ContractTable } from '../../core/formats/contract.ts';
import type { ServerSource } from '../../core/formats/contract-servers.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { canonicalJson } from '../../core/kernel/json.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { now } from '../../core/toolkit/time.ts';
import type { JudgedData, ServerTable } from './findings.ts';
import type { Ground } from './ground.ts';
import { judge } from './judge.ts';
import { openPostgresTables } from './postgres-tables.ts';
import { privacyRules } from './privacy/rules.ts';
import type { Searched } from './privacy/searched.ts';
import { privacyOutcomes } from './privacy/undeclared.ts';
import { rulesOf } from './rules.ts';
import { type Rulebook, tableIndex } from './sources.ts';
import { objectName } from './table-rules.ts';
import { openTrinoTables } from './trino-tables.ts';

/** A server of a contract that is judged where it is. */
export type Server = Exclude<ServerSource, { kind: 'files' }>;

/** The tables of a contract on a server, all read in one transaction. */
export interface OpenedServer extends AsyncDisposable {
  /** By the contract's names, in its order. */
  readonly tables: ReadonlyMap<string, OpenedTable>;
}

/** A table of a server. */
export interface OpenedTable {
  /** As messages and reports name it: `server/schema.table`. */
  readonly name: string;
  readonly columns: ServerTable['columns'];
  readonly ground: Ground;
  readonly searched: Searched;
}

/**
 * Opens tables of a contract. Those that are to be judged must be there (`data/no-table`); the others are opened where they are, for foreign
 * keys and SQL rules.
 */
export type OpenServer<Source> = (
  source: Source,
  declared: readonly ContractTable[],
  isJudged: (table: ContractTable) => boolean,
) => Promise<OpenedServer>;

/** Judges tables of a contract where they lie: the one that is wanted, else all that are declared. */
export async function judgeServer(
  host: Host,
  dataset: string,
  contract: Contract,
  { file, text, standing }: Rulebook,
  source: Server,
  wanted: string | undefined,
  words: TeamWords,
): Promise<readonly JudgedData[]> {
  const declared = contract.document.schema ?? [];
  const only = wanted === undefined && declared.length > 0 ? undefined : tableIndex(contract, wanted);
  const isJudged = (table: ContractTable): boolean => only === undefined || declared[only] === table;
  await using server = await (source.kind === 'trino'
    ? openTrinoTables(source, declared, isJudged)
    : openPostgresTables(source, declared, isJudged));
  const judged: JudgedData[] = [];
  for (const [index, table] of declared.entries()) {
    const opened = server.tables.get(table.name);
    if (opened === undefined || !isJudged(table)) continue;
    host.log.info(`judging ${opened.name} by ${file}`);
    const rules = [...rulesOf(contract, index, now()), ...(await privacyRules(contract, index))];
    const { rows, outcomes: kept } = await judge(opened.ground, rules);
    const personal = await privacyOutcomes(opened.searched, contract, index, { rows, words });
    const outcomes = [...kept, ...personal];
    const described = descriptionOf(source, table, opened, rows);
    judged.push({
      dataset,
      data: opened.name,
      dataSha256: sha256(canonicalJson(described)),
      described,
      contract: file,
      contractSha256: sha256(text),
      standing,
      table: table.name,
      rows,
      outcomes,
      warnings: [],
    });
  }
  return judged;
}

function descriptionOf(
  source: Server,
  table: ContractTable,
  { columns }: OpenedTable,
  rows: number,
): ServerTable {
  const { kind, host, port, schema } = source;
  const database = source.kind === 'trino' ? source.catalog : source.database;
  return { type: kind, host, port, database, schema, table: objectName(table), columns, rows };
}

/** What is asked of files alone is no input where a server is judged. Throws `input/of-files`. */
export function refuseInputsOfFiles({ server }: Server, inputs: Readonly<Record<string, boolean>>): void {
  const given = Object.keys(inputs).find((name) => inputs[name]);
  if (given === undefined) return;
  throw new GreenlightError({
    code: 'input/of-files',
    message: `\`${given}\` is an input for files; the server \`${server}\` has tables`,
    mend: 'leave it out, or export the table and give `data`',
  });
}
