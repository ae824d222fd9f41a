import { rm } from 'node:fs/promises';
import path from 'node:path';
import { writeProbe } from '../../core/formats/probe.ts';
import { writeStatement } from '../../core/formats/statement.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { writeWhole } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { type OnnxModel, openModel } from '../../core/toolkit/onnx/session.ts';
import { comparesWithLive } from '../../policies/policy.ts';
import { type ModelBytes, readBaseline, readModelFile, requireDigest } from './baseline.ts';
import { findData } from './data.ts';
import { evaluate } from './evaluation.ts';
import { evaluationStatement, gateEvidence } from './evidence.ts';
import { readData } from './measure.ts';
import { makeProbe } from './probe.ts';
import { evaluationReport } from './report.ts';
import { inputFile, readTask, type Task } from './task.ts';

const NAME = 'evaluate-model';

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    'model-file': text(
      'the ONNX file; the model that reproduce-training made in this run where nothing is said',
    ),
    data: text(
      'the CSV, Parquet or JSON lines file to evaluate on; `evaluation.data` of greenlight.yaml where nothing is said',
    ),
    policy: text('the EvaluationPolicy; `evaluation.policy` of greenlight.yaml where nothing is said'),
    label: text(
      'the column that holds the truth; `evaluation.label` of greenlight.yaml where nothing is said',
    ),
    score: text(
      "the model's output that holds the probability; `evaluation.score`, else its one float output",
    ),
    'live-model': text('an ONNX file to compare with instead of what the ledger says is live'),
    token: text('a token that may read contents, for the ledger and the release of what is live'),
  },
  async run(inputs, host): Promise<Outcome> {
    const out = host.out(NAME);
    await rm(out, { recursive: true, force: true });
    const task = await readTask(inputs, host);
    const candidate = await readCandidate(task, host);
    const data = await findData(task, host);
    const baseline = comparesWithLive(task.policy)
      ? await readBaseline(task, inputs['live-model'], inputs.token, host)
      : undefined;

    await using model = await openModel(candidate.bytes);
    await using live: OnnxModel | undefined =
      baseline === undefined || baseline.kind === 'nothing' ? undefined : await openModel(baseline.bytes);
    const columns = await readData(
      data,
      task.label,
      task.policy,
      live === undefined ? [model] : [model, live],
    );
    host.log.info(`scoring ${columns.rows} rows of ${data.name}`);
    const output = model.output(task.score).name;
    const evaluation = evaluate({
      task,
      candidate,
      baseline,
      data,
      output,
      columns,
      scores: await model.score(columns, { output }),
      liveScores: await live?.score(columns, { output: task.score }),
    });

    await writeWhole(path.join(out, 'statement.json'), writeStatement(evaluationStatement(evaluation)));
    await writeWhole(
      path.join(out, 'probe.json'),
      writeProbe(await makeProbe(model, candidate.sha256, output, columns)),
    );
    return {
      verdict: evaluation.verdict,
      model: task.name,
      subjects: [{ name: task.name, sha256: candidate.sha256 }],
      findings: evaluation.results.map((result) => ({ kind: 'gate', ...gateEvidence(result) })),
      report: evaluationReport(evaluation),
      outputs: { 'model-digest': candidate.sha256 },
      humanReview: evaluation.humanReview,
    };
  },
});

/** The candidate's bytes: the input's file, else what reproduce-training of this run made, which must be the lock's. */
async function readCandidate(task: Task, host: Host): Promise<ModelBytes> {
  if (task.modelFile !== undefined) {
    const bytes = await readModelFile(inputFile(host, task.modelFile), task.modelFile);
    return { bytes, sha256: sha256(bytes) };
  }
  const folder = await host.take(task.name, 'reproduce-training');
  const file = path.basename(task.manifest?.model ?? '');
  const bytes = await readModelFile(path.join(folder, file), file);
  if (task.lock !== undefined)
    requireDigest(bytes, task.lock.model.sha256, 'the model of reproduce-training');
  return { bytes, sha256: sha256(bytes) };
}
