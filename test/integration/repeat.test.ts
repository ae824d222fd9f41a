import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import compileDossier from '../../actions/compile-dossier/main.ts';
import evaluateModel from '../../actions/evaluate-model/main.ts';
import publishRelease from '../../actions/publish-release/main.ts';
import reproduceTraining from '../../actions/reproduce-training/main.ts';
import validateData from '../../actions/validate-data/main.ts';
import { perform } from '../../cli/perform.ts';
import type { ActionDefinition } from '../../core/toolkit/action.ts';
import { type Job, startJob } from '../forge/fixture.ts';
import { tinyModel } from './serving-support.ts';

vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

const { bytes, digest } = tinyModel(0.5);

/** A repository whose training, contract and policy are real, and as small as they can be. */
const FILES = {
  '.gitignore': 'data/\nmodel.onnx\n',
  'greenlight.yaml': `models:
  toy:
    data:
      fetch: node fetch.mjs
      train: { path: data/train.csv, contract: contracts/toy.yaml }
      test: { path: data/test.csv, contract: contracts/toy.yaml }
    training: { pipeline: dvc.yaml, reproduce: bytes }
    model: model.onnx
    evaluation: { policy: policies/toy.yaml, label: late }
    environments:
      production: { target: { open-inference: "http://127.0.0.1:1", models: /srv }, reviewers: ["@risk-reviewer"] }
`,
  'dvc.yaml': `stages:
  train:
    cmd: node train.mjs
    deps: [train.mjs, model.txt, data/train.csv]
    outs: [model.onnx]
`,
  'contracts/toy.yaml': `apiVersion: v3.1.0
kind: DataContract
id: toy
version: 1.0.0
status: active
schema:
  - name: toy
    properties:
      - { name: flight, logicalType: integer, required: true, unique: true }
      - { name: distance, logicalType: integer, required: true }
      - { name: late, logicalType: integer, required: true }
`,
  'policies/toy.yaml': `schema: greenlight.policy/v1
independent_by: row
gates:
  - { metric: accuracy, at_least: 0.6 }
  - { metric: accuracy, no_worse_than: live, margin: 0.01, when_nothing_is_live: pass }
`,
  'model.txt': Buffer.from(bytes).toString('base64'),
  'train.mjs': `import { readFileSync, writeFileSync } from 'node:fs';
writeFileSync('model.onnx', Buffer.from(readFileSync('model.txt', 'utf8'), 'base64'));
`,
  // Nine of ten flights of a positive distance are late, and one of ten others.
  'fetch.mjs': `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('data', { recursive: true });
const row = (i) => {
  const distance = (i % 2 === 0 ? 1 : -1) * (1 + (i % 7));
  return [i, distance, (distance > 0) === (i % 20 < 18) ? 1 : 0].join(',');
};
for (const [name, first, count] of [['train', 0, 400], ['test', 400, 1000]]) {
  const rows = Array.from({ length: count }, (_, i) => row(first + i));
  writeFileSync('data/' + name + '.csv', ['flight,distance,late', ...rows, ''].join('\\n'));
}
`,
};

let job: Job;

beforeAll(async () => {
  job = await startJob(FILES, { contents: 'write', issues: 'read', 'pull-requests': 'read' });
  await run(reproduceTraining, { 'write-lock': 'true' });
  await job.clone.commit({}, 'model');
  await job.clone.push('main');
  const codes = [];
  for (const action of [reproduceTraining, validateData, evaluateModel, publishRelease, compileDossier])
    codes.push(await run(action as ActionDefinition<unknown>));
  // Nothing is live yet, of which the dossier can say nothing: inconclusive.
  expect(codes).toEqual([0, 0, 0, 0, 2]);
}, 60_000);

afterAll(async () => {
  expect(job.world.forge.violations).toEqual([]);
  await job.world.close();
});

/** The action as a workflow's step; its exit code. */
function run<I>(action: ActionDefinition<I>, inputs: Readonly<Record<string, string>> = {}): Promise<number> {
  return perform(action, job.host, {
    input: (name) => ({ token: job.token, ...inputs })[name],
    show: async () => {},
    outputs: () => {},
    annotate: () => {},
  });
}

/** The files that an action leaves, by sha256. */
async function left(action: string): Promise<Readonly<Record<string, string>>> {
  const folder = job.host.out(action);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((one) =>
    one.isFile(),
  );
  const digests = files.map(async ({ parentPath, name }) => {
    const file = path.join(parentPath, name);
    const sha256 = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
    return [path.relative(folder, file), sha256] as const;
  });
  return Object.fromEntries(await Promise.all(digests));
}

// What publish-release, roll-out, detect-drift and propose-retraining do the second time is held by their own tests.
it.each<[string, ActionDefinition<unknown>, readonly string[]]>(
  (
    [
      [reproduceTraining, ['statement.json', 'model.onnx']],
      [validateData, ['statement.json', 'profile.json']],
      [evaluateModel, ['statement.json', 'probe.json']],
      [compileDossier, []],
    ] as const
  ).map(([action, products]) => [action.name, action as ActionDefinition<unknown>, products]),
)(
  '%s leaves the same bytes the second time, and writes nothing to GitHub',
  async (name, action, products) => {
    const before = await left(name);
    expect(Object.keys(before)).toEqual(expect.arrayContaining(['report.json', 'report.html', ...products]));
    const writes = job.world.forge.writes().length;
    await run(action);
    expect(await left(name)).toEqual(before);
    expect(job.world.forge.writes().length).toBe(writes);
  },
);

it('has released what the actions themselves judged', async () => {
  const tag = await job.clone.git('ls-remote', 'origin', `refs/tags/toy-${digest.slice(0, 12)}`);
  expect(tag).toContain(await job.clone.git('rev-parse', 'HEAD'));
});
