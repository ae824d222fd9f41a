import path from 'node:path';
import { type Contract, type ContractTable, readContract } from '../../core/formats/contract.ts';
import { writeProfile } from '../../core/formats/profile.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { defineAction } from '../../core/toolkit/action.ts';
import { digestFile, sha256 } from '../../core/toolkit/digest.ts';
import { inside, writeWhole } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { prepareData } from '../../core/toolkit/prepare.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { cellType, columnName } from './checks.ts';
import { evidenceOf } from './evidence.ts';
import { annotationsOf, findingsOf, type JudgedData } from './findings.ts';
import { judge, overall } from './judge.ts';
import { profileOf } from './profile.ts';
import { reportOf } from './report.ts';
import { rulesOf } from './rules.ts';
import { readRulebook, type Task, tasksOf } from './sources.ts';

const inputs = {
  model: text('the model in greenlight.yaml whose data sets are judged; may be left out when there is one'),
  contract: text('the path of an ODCS contract: judges `data` by it, without a manifest'),
  data: text('the path of the CSV, Parquet or NDJSON file that `contract` is about'),
  table: text('the table of the contract; may be left out when there is one'),
};

export default defineAction({
  name: 'validate-data',
  inputs,
  async run({ model: name, contract, data, table }, host) {
    const { model, tasks } = await choose(host, name, contract, data);
    const folder = host.out('validate-data');
    const judged: JudgedData[] = [];
    for (const task of tasks) judged.push(await judgeTask(host, task, table, folder));
    const verdict = overall(judged.flatMap(({ outcomes }) => outcomes));
    await writeWhole(path.join(folder, 'statement.json'), evidenceOf(verdict, judged));
    const findings = findingsOf(judged);
    const failing = findings.filter((finding) => finding.kind === 'rule-broken' && finding.level === 'fail');
    return {
      verdict,
      model,
      subjects: judged.map((one) => ({ name: one.data, sha256: one.dataSha256 })),
      findings,
      report: reportOf(model, verdict, judged),
      annotations: annotationsOf(judged),
      outputs: { 'failing-rules': String(failing.length) },
    };
  },
});

async function choose(
  host: Host,
  name: string | undefined,
  contract: string | undefined,
  data: string | undefined,
): Promise<{ readonly model: string; readonly tasks: readonly Task[] }> {
  if (contract !== undefined && data !== undefined)
    return { model: name ?? '', tasks: [{ dataset: '', contract, data }] };
  if (contract !== undefined || data !== undefined) {
    throw new GreenlightError({
      code: 'input/incomplete',
      message: `the input \`${contract === undefined ? 'contract' : 'data'}\` is not set`,
      mend: 'set `contract` and `data` together, or neither to judge the data sets of greenlight.yaml',
    });
  }
  const named = await host.model(name);
  const tasks = await tasksOf(host, named.name, named.model);
  await prepareData(host, named.name, named.model, { verifyLock: true });
  return { model: named.name, tasks };
}

/** Judges one data set; writes the profile of the training data, or of the only data, beside. */
async function judgeTask(
  host: Host,
  task: Task,
  wanted: string | undefined,
  folder: string,
): Promise<JudgedData> {
  const { text: rulebook, standing } = await readRulebook(host, task.contract);
  const contract = readContract(rulebook, task.contract);
  const index = tableIndex(contract, wanted);
  const declared = contract.document.schema?.[index] as ContractTable;
  const file = inside(host.root, task.data, 'the data file');
  host.log.info(`judging ${task.data} by ${task.contract}`);
  await using table = await openTable(file, { name: task.data });
  const { rows, outcomes } = await judge(table, rulesOf(contract, index));
  const { sha256: dataSha256 } = await digestFile(file);
  if (task.dataset !== 'test') {
    const types = new Map(
      (declared.properties ?? []).flatMap((property) => {
        const type = cellType(property);
        return type === undefined ? [] : [[columnName(property), type] as const];
      }),
    );
    const profile = await profileOf(table, types, { sha256: dataSha256, rows });
    await writeWhole(path.join(folder, 'profile.json'), writeProfile(profile));
  }
  const { data, dataset } = task;
  const by = { contract: task.contract, contractSha256: sha256(rulebook), standing, table: declared.name };
  return { dataset, data, dataSha256, ...by, rows, outcomes };
}

function tableIndex(contract: Contract, wanted: string | undefined): number {
  const tables = contract.document.schema ?? [];
  const index =
    wanted === undefined
      ? tables.length === 1
        ? 0
        : -1
      : tables.findIndex(({ name, physicalName }) => name === wanted || physicalName === wanted);
  if (index !== -1) return index;
  const names = tables.map(({ name }) => name).join(', ');
  throw new GreenlightError({
    code: 'contract/no-table',
    message:
      wanted === undefined
        ? `the contract has ${tables.length} tables`
        : `the contract has no table \`${wanted}\``,
    place: contract.placeOf(['schema'], 'key'),
    mend:
      tables.length === 0
        ? 'declare the table under `schema`'
        : `set the input \`table\` to one of: ${names}`,
  });
}
