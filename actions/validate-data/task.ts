import path from 'node:path';
import { readClassification, type TeamWords } from '../../core/formats/classification.ts';
import { type ContractTable, readContract } from '../../core/formats/contract.ts';
import { serverOf } from '../../core/formats/contract-servers.ts';
import { LOCK_FILE, readLock } from '../../core/formats/lock.ts';
import { type Profile, writeProfile } from '../../core/formats/profile.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { inside, writeWhole } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { withProgress } from '../../core/toolkit/log.ts';
import { type DataTable, type Engine, openEngine, openTable } from '../../core/toolkit/table/open.ts';
import { now } from '../../core/toolkit/time.ts';
import { digestOf, verifyUnchanged } from './digests.ts';
import { duckDbGround } from './duckdb-ground.ts';
import type { JudgedData } from './findings.ts';
import { judge, type RuleOutcome } from './judge.ts';
import { inputOutcomes } from './model-inputs.ts';
import { pictures } from './pictures.ts';
import { privacyRules } from './privacy/rules.ts';
import { searchedFiles } from './privacy/sample.ts';
import { privacyOutcomes } from './privacy/undeclared.ts';
import { levelOf } from './privacy/vocabulary.ts';
import { profileOf, profileTypes } from './profile.ts';
import { openQueries } from './queries.ts';
import { rulesOf } from './rules.ts';
import {
  type Rulebook,
  readClassificationFile,
  readOwn,
  readRulebooks,
  shownPath,
  type TableSource,
  type Task,
  tableSources,
} from './sources.ts';
import { splitRules, TRAIN } from './splits.ts';
import { shownColumns, withValues } from './values.ts';

/** What of a contract is judged, and what is made beside the verdict. */
export interface Wanted {
  readonly table: string | undefined;
  readonly server: string | undefined;
  readonly profile: boolean;
  readonly showValues: readonly string[];
}

/** Judges the data of one contract, table by table in one engine. */
export async function judgeTask(
  host: Host,
  task: Task,
  rulebook: Rulebook,
  wanted: Wanted,
  folder: string,
): Promise<readonly JudgedData[]> {
  const { file, text, standing } = rulebook;
  const contract = readContract(text, file);
  const named = await readClassificationFile(host);
  const words: TeamWords = named === undefined ? new Map() : readClassification(named.text, named.file);
  const server = task.data === undefined ? serverOf(contract, wanted.server) : undefined;
  if (server !== undefined && server.kind !== 'files') {
    // Clients of servers are loaded where there is a server.
    const { judgeServer, refuseInputsOfFiles } = await import('./server-task.ts');
    refuseInputsOfFiles(server, { profile: wanted.profile, 'show-values': wanted.showValues.length > 0 });
    return judgeServer(host, task.dataset, contract, rulebook, server, wanted.table, words);
  }
  const sources = tableSources(host.root, contract, task, wanted.table, wanted.server);
  if (wanted.profile && sources.length > 1) {
    throw new GreenlightError({
      code: 'input/incomplete',
      message: `\`profile\` describes one table; ${file} has ${sources.length}`,
      mend: 'set the input `table` beside it',
    });
  }
  const shown = shownColumns(contract, wanted.showValues);
  await using engine = await openEngine();
  const opened: {
    readonly source: TableSource;
    readonly declared: ContractTable;
    readonly table: DataTable;
  }[] = [];
  for (const source of sources) {
    const declared = contract.document.schema?.[source.index] as ContractTable;
    opened.push({ source, declared, table: await openSource(host.root, source, engine) });
  }
  const tables = new Map(opened.map(({ declared, table }) => [declared.name, table]));
  await using queries = openQueries(opened);
  const judged: JudgedData[] = [];
  for (const { source, declared, table } of opened) {
    host.log.info(`judging ${source.name} by ${file}`);
    const rules = [
      ...rulesOf(contract, source.index, now()),
      ...(await privacyRules(contract, source.index, table)),
    ];
    const [digest, { rows, outcomes: kept }] = await Promise.all([
      digestOf(host.root, table),
      withProgress(host.log, `judging ${source.name}`, () =>
        judge(duckDbGround(table, tables, queries.run), rules),
      ),
    ]);
    const personal = await privacyOutcomes(searchedFiles(table), contract, source.index, { rows, words });
    const outcomes = [...kept, ...personal];
    const profiled = (task.dataset === 'train' || wanted.profile) && standing !== 'proposed';
    const types = profileTypes(declared, suspects(personal), words);
    const profile = profiled
      ? await writeTheProfile(folder, table, types, { sha256: digest, rows })
      : undefined;
    judged.push({
      dataset: task.dataset,
      data: source.name,
      dataSha256: digest,
      contract: file,
      contractSha256: sha256(text),
      standing,
      table: declared.name,
      rows,
      outcomes: await withValues(table, outcomes, shown.get(declared.name) ?? new Set()),
      warnings: table.warnings,
      ...(profile === undefined
        ? {}
        : { pictures: pictures(profile, declared, (word) => levelOf(word, words)) }),
    });
  }
  if (queries.used) for (const one of judged) await verifyUnchanged(host.root, tables.get(one.table), one);
  return judged;
}

/** The columns that look like personal data and do not say so. */
function suspects(outcomes: readonly RuleOutcome[]): ReadonlySet<string> {
  return new Set(outcomes.flatMap(({ rule, status }) => (status === 'stated' ? [] : [rule.column ?? ''])));
}

/** What the data look like, for detect-drift. */
async function writeTheProfile(
  folder: string,
  table: DataTable,
  types: ReturnType<typeof profileTypes>,
  data: { readonly sha256: string; readonly rows: number },
): Promise<Profile> {
  const profile = await profileOf(table, types, data);
  await writeWhole(path.join(folder, 'profile.json'), writeProfile(profile));
  return profile;
}

/** Opens a table's data. A link within a folder or glob must not lead out of the repository: throws `file/outside`. */
async function openSource(root: string, source: TableSource, engine: Engine): Promise<DataTable> {
  const table = await openTable(source.path, { ...source, engine });
  for (const file of table.files) inside(root, shownPath(root, file), 'the data file');
  return table;
}

/** Holds the test data against the training data, where one table of one contract is about both; adds to what was found of the test data. */
export async function judgeSplits(
  host: Host,
  tasks: readonly Task[],
  judged: JudgedData[],
  wanted: string | undefined,
): Promise<void> {
  const [train, test] = ['train', 'test'].map((name) => tasks.find(({ dataset }) => dataset === name));
  if (train === undefined || test === undefined) return;
  const trained = await readRulebooks(host, train);
  for (const rulebook of await readRulebooks(host, test)) {
    const at = judged.findIndex(
      ({ dataset, standing }) => dataset === 'test' && standing === rulebook.standing,
    );
    const found = judged[at];
    if (
      found === undefined ||
      !trained.some(({ file, text }) => file === rulebook.file && text === rulebook.text)
    )
      continue;
    const contract = readContract(rulebook.text, rulebook.file);
    await using engine = await openEngine();
    const open = async (task: Task): Promise<readonly [number, DataTable]> => {
      const [source] = tableSources(host.root, contract, task, wanted, undefined);
      if (source === undefined) throw new Error('a task without data');
      return [source.index, await openSource(host.root, source, engine)];
    };
    const [, training] = await open(train);
    const [index, table] = await open(test);
    const ground = duckDbGround(table, new Map([[TRAIN, training]]), noQueries);
    const { outcomes } = await judge(ground, splitRules(contract, index));
    judged[at] = { ...found, outcomes: [...found.outcomes, ...outcomes] };
  }
}

/**
 * Holds the contract of the test data against what the lock says that the model is fed with; adds to what was found of the test data. It is the
 * checkout's own contract that must fit its own model: after the merge both bind.
 */
export async function judgeModelInputs(
  host: Host,
  model: string,
  tasks: readonly Task[],
  judged: JudgedData[],
  wanted: string | undefined,
): Promise<void> {
  const test = tasks.find(({ dataset }) => dataset === 'test');
  const at = judged.findIndex(({ dataset }) => dataset === 'test');
  const found = judged[at];
  if (test === undefined || found === undefined) return;
  const lock = await readOwn(host, LOCK_FILE, 'the lock');
  const inputs = lock === undefined ? undefined : readLock(lock).models[model]?.inputs;
  if (inputs === undefined) return;
  const own = (await readRulebooks(host, test)).at(-1);
  if (own === undefined) return;
  const contract = readContract(own.text, own.file);
  const [source] = tableSources(host.root, contract, test, wanted, undefined);
  const outcomes = inputOutcomes(contract, source?.index ?? 0, inputs);
  judged[at] = { ...found, outcomes: [...found.outcomes, ...outcomes] };
}

function noQueries(): never {
  throw new Error('the rules of splits ask no queries');
}
