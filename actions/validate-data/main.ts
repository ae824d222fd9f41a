import path from 'node:path';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { type Verdict, worst } from '../../core/kernel/verdict.ts';
import { defineAction } from '../../core/toolkit/action.ts';
import { writeWhole } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { flag, list, text } from '../../core/toolkit/inputs.ts';
import { prepareData } from '../../core/toolkit/prepare.ts';
import { contractEdits } from './contract-edits.ts';
import { evidenceOf } from './evidence.ts';
import { annotationsOf, casesOf, findingsOf, type JudgedData } from './findings.ts';
import { overall } from './judge.ts';
import { reportOf } from './report.ts';
import { readRulebooks, type Task, tasksOf } from './sources.ts';
import { judgeModelInputs, judgeSplits, judgeTask } from './task.ts';
import { isUnchanged, unchangedReport } from './unchanged.ts';

const inputs = {
  model: text('the model in greenlight.yaml whose data sets are judged; may be left out when there is one'),
  contract: text('the path of an ODCS contract: judges `data` by it, without a manifest'),
  data: text(
    'what `contract` is about: a CSV, Parquet, NDJSON or JSON file, a folder or a glob of such, or `table=path` for several tables; where it is left out, a server of the contract says where the data lies',
  ),
  table: text('the table of the contract; may be left out when there is one'),
  server: text('the server of the contract that says where the data lies; may be left out when there is one'),
  'show-values': list(
    'the properties of the contract whose values the report may show at failing rows; none that is classified, encrypted or masked',
  ),
  full: flag('judge on a pull request too what it changes neither contracts nor data of'),
  profile: flag('write profile.json, what the columns look like; always written of a model’s training data'),
};

export default defineAction({
  name: 'validate-data',
  inputs,
  async run({ model: name, contract, data, table, server, 'show-values': showValues, full, profile }, host) {
    const { model, tasks } = await choose(host, { name, contract, data, full });
    if (tasks.length === 0)
      return { verdict: 'pass', model, subjects: [], findings: [], report: unchangedReport(model) };
    const folder = host.out('validate-data');
    const wanted = { table, server, profile, showValues };
    const judged: JudgedData[] = [];
    for (const task of tasks) {
      for (const rulebook of await readRulebooks(host, task))
        judged.push(...(await judgeTask(host, task, rulebook, wanted, folder)));
    }
    await judgeSplits(host, tasks, judged, table);
    await judgeModelInputs(host, model, tasks, judged, table);
    const edits = await contractEdits(host, tasks);
    const verdict = worst([
      overall(judged.flatMap(({ outcomes }) => outcomes)),
      ...edits.map(({ passes }): Verdict => (passes ? 'pass' : 'fail')),
    ]);
    const binding = judged.filter(({ standing }) => standing !== 'proposed');
    await writeWhole(path.join(folder, 'statement.json'), evidenceOf(verdict, binding));
    const findings = findingsOf(judged, edits);
    const failing = findings.filter((finding) => finding.kind === 'rule-broken' && finding.level === 'fail');
    return {
      verdict,
      model,
      subjects: binding.map((one) => ({ name: one.data, sha256: one.dataSha256 })),
      findings,
      report: reportOf(model, verdict, judged, edits),
      annotations: annotationsOf(judged, edits),
      cases: casesOf(judged),
      outputs: { 'failing-rules': String(failing.length) },
    };
  },
});

interface Named {
  readonly name: string | undefined;
  readonly contract: string | undefined;
  readonly data: string | undefined;
  readonly full: boolean;
}

/** What is to be judged: nothing where a pull request leaves it as it was. */
async function choose(
  host: Host,
  { name, contract, data, full }: Named,
): Promise<{ readonly model: string; readonly tasks: readonly Task[] }> {
  if (contract !== undefined)
    return { model: name ?? '', tasks: [{ dataset: '', contract, proposed: contract, data }] };
  if (data !== undefined) {
    throw new GreenlightError({
      code: 'input/incomplete',
      message: 'the input `contract` is not set',
      mend: 'set `contract` beside `data`, or neither to judge the data sets of greenlight.yaml',
    });
  }
  const named = await host.model(name);
  if (!full && (await isUnchanged(host, named.name, named.model))) return { model: named.name, tasks: [] };
  const tasks = await tasksOf(host, named.name, named.model);
  await prepareData(host, named.name, named.model, { verifyLock: true });
  return { model: named.name, tasks };
}
