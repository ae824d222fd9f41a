import { appendFile, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exec } from '../../core/toolkit/exec.ts';
import { generator } from '../../policies/statistics/bootstrap.ts';
import { Clone, octokit, REPOSITORY, startForge, startRepository, type World } from '../forge/fixture.ts';
import { createRunner, type Runner } from '../forge/runner/runner.ts';
import type { RunRecord } from '../forge/types.ts';
import { sigmoidModel } from '../unit/onnx-support.ts';

/**
 * Whom a pull request's run believes, through the workflow files that a repository copies and the ones that they use, as bundled
 * actions in jobs of the forge's runner.
 */

const ROOT = path.resolve(import.meta.dirname, '../..');
const PACK = 'greenlight/greenlight';
const repository = { owner: 'model-owner', repo: 'flights' };

const MANIFEST = `models:
  toy:
    data:
      train: { path: data/train.csv, contract: contracts/rows.odcs.yaml }
      test: { path: data/test.csv, contract: contracts/rows.odcs.yaml }
    training: { pipeline: dvc.yaml, reproduce: bytes }
    model: model/toy.onnx
    evaluation: { data: test, policy: policies/toy.yaml, label: late }
`;
const PIPELINE = `stages:
  train:
    cmd: node train.mjs
    deps: [train.mjs, data/train.csv]
    outs: [model/toy.onnx]
`;
const TRAIN = `import { mkdirSync, writeFileSync } from 'node:fs';
mkdirSync('model', { recursive: true });
writeFileSync('model/toy.onnx', Buffer.from('${Buffer.from(sigmoidModel()).toString('base64')}', 'base64'));
`;

function contract(most: number): string {
  return `apiVersion: v3.1.0
kind: DataContract
id: rows
version: 1.0.0
status: active
schema:
  - name: rows
    properties:
      - { name: day, logicalType: date, required: true }
      - { name: x, logicalType: number, required: true, logicalTypeOptions: { minimum: -2, maximum: ${most} } }
      - { name: late, logicalType: integer, required: true }
`;
}

function policy(least: number): string {
  return `schema: greenlight.policy/v1
independent_by: day
gates: [{ metric: auc, at_least: ${least} }]
`;
}

/** Rows of a month that the model tells apart well, though not perfectly; `x` from -2 to 2. */
function csv(month: number): string {
  const random = generator(month, 0);
  const lines = ['day,x,late'];
  for (let row = 0; row < 1000; row++) {
    const x = Math.round(4000 * (random() - 0.5)) / 1000;
    const late = random() < 1 / (1 + Math.exp(-3 * x)) ? 1 : 0;
    lines.push(`2001-0${month}-${String(1 + (row % 20)).padStart(2, '0')},${x},${late}`);
  }
  return `${lines.join('\n')}\n`;
}

let world: World;
let runner: Runner;
let work: string;
let owner: Clone;

beforeAll(async () => {
  // Inside this checkout, whose node_modules are to the jobs what the packages of a runner's image are.
  await mkdir(path.join(ROOT, '.greenlight'), { recursive: true });
  work = await mkdtemp(path.join(ROOT, '.greenlight', 'trust-'));
  world = await startForge();
  world.forge.createUser('greenlight');
  runner = createRunner(world.forge, { workRoot: work, nodeBin: process.execPath });
  const pack = await publishPack();
  owner = await startRepository(world, {
    'greenlight.yaml': MANIFEST,
    'dvc.yaml': PIPELINE,
    'train.mjs': TRAIN,
    'data/train.csv': csv(1),
    'data/test.csv': csv(2),
    'contracts/rows.odcs.yaml': contract(2),
    'policies/toy.yaml': policy(0.98),
    '.gitignore': '/model/\n/.greenlight/\n',
    ...(await workflows(pack)),
  });
  await lock(owner);
  await owner.commit({}, 'Lock the model');
  await owner.push('main');
  await runner.idle();
});

afterAll(async () => {
  await runner.close();
  const unknown = [...runner.stops, ...world.forge.violations];
  await world.close();
  await rm(work, { recursive: true, force: true });
  expect(unknown).toEqual([]);
});

/** The pack as its release tag holds it. Returns the commit that workflows pin. */
async function publishPack(): Promise<string> {
  await world.forge.createRepository({ name: PACK });
  const clone = await Clone.make(world, PACK, world.forge.token('greenlight'), 'pack');
  for (const part of ['actions', 'dist', '.github/workflows'])
    await cp(path.join(ROOT, part), path.join(clone.dir, part), { recursive: true });
  const sha = await clone.commit({}, 'Release');
  await clone.push('main');
  return sha;
}

async function workflows(pack: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of ['model-pull-request', 'model-report']) {
    const file = `.github/workflows/${name}.yml`;
    const template = await readFile(path.join(ROOT, 'action-templates', file), 'utf8');
    files[file] = template.replaceAll('GREENLIGHT/greenlight', PACK).replaceAll('RELEASE_COMMIT', pack);
  }
  return files;
}

/** `greenlight reproduce-training --write-lock`, as its author runs it. */
async function lock({ dir }: Clone): Promise<void> {
  const cli = path.join(ROOT, 'dist/cli.js');
  const { code, stderr } = await exec(process.execPath, [cli, 'reproduce-training', '--write-lock'], {
    cwd: dir,
  });
  expect(code, stderr).toBe(0);
}

async function propose(login: string, head: string): Promise<{ number: number; sha: string }> {
  const { data } = await octokit(world.forge, world.forge.token(login)).rest.pulls.create({
    ...repository,
    head,
    base: 'main',
    title: head,
  });
  return { number: data.number, sha: data.head.sha };
}

async function told(number: number): Promise<string> {
  const { data } = await octokit(world.forge, world.forge.token('model-owner')).rest.issues.listComments({
    ...repository,
    issue_number: number,
  });
  expect(data).toHaveLength(1);
  return (data[0]?.body ?? '').replaceAll('\u200b', '');
}

async function status(sha: string) {
  const { data } = await octokit(
    world.forge,
    world.forge.token('model-owner'),
  ).rest.repos.getCombinedStatusForRef({
    ...repository,
    ref: sha,
  });
  return data.statuses.map(({ context, state, description }) => ({ context, state, description }));
}

function runOf(sha: string): RunRecord {
  const [run, ...others] = runner.runs.filter(
    (each) => each.headSha === sha && each.event === 'pull_request',
  );
  expect(others).toEqual([]);
  if (run === undefined) throw new Error(`no run of ${sha}`);
  return run;
}

test("a fork's pull request is judged without rights by the contract of the base, and told under its own number", {
  timeout: 120_000,
}, async () => {
  await world.forge.fork(REPOSITORY, 'outsider');
  const fork = await Clone.make(world, 'outsider/flights', world.forge.token('outsider'), 'fork');
  await fork.git('checkout', '-q', '-B', 'change', 'origin/main');
  await appendFile(path.join(fork.dir, 'data/train.csv'), '2001-02-01,7.25,1\n');
  await lock(fork);
  await fork.branch('change', { 'contracts/rows.odcs.yaml': contract(10) });
  // A branch of the same name in the repository itself, with a pull request of its own.
  await owner.branch('change', { 'README.md': 'Flights\n' });
  const own = await propose('model-owner', 'change');
  await runner.idle();
  const before = world.forge.requests.length;
  const { number, sha } = await propose('outsider', 'outsider:change');
  await runner.idle();

  const run = runOf(sha);
  expect(run).toMatchObject({ headRepository: 'outsider/flights', pullRequests: [], conclusion: 'failure' });
  const jobs = world.forge.runs.jobs(run.id).map(({ name, conclusion }) => `${name}: ${conclusion}`);
  expect(jobs).toEqual(['model / changes: success', 'model / judge: failure']);
  const comment = await told(number);
  expect(comment).toContain('this pull request edits the contract; the data is judged by the base branch’s');
  expect(comment).toContain('| ❌ Fail | x ≤ 2 | data/train.csv | 1 |');
  expect(comment).not.toContain('7.25');
  expect(await status(sha)).toMatchObject([{ context: 'greenlight', state: 'failure' }]);
  // What was written, was written by model-report: one comment and one status.
  const written = world.forge.writes(before).filter(({ actor }) => actor?.login === 'github-actions[bot]');
  expect(written.map(({ method, path }) => `${method} ${path}`)).toEqual([
    `POST /api/repos/${REPOSITORY}/issues/${number}/comments`,
    `POST /api/repos/${REPOSITORY}/statuses/${sha}`,
  ]);
  expect(await told(own.number)).toContain('nothing of the model changed');
  expect(await status(own.sha)).toMatchObject([{ context: 'greenlight', state: 'success' }]);
});

test('a pull request that edits the policy that judges it is judged by the policy of the base, and shown as such', {
  timeout: 120_000,
}, async () => {
  await owner.git('checkout', '-q', 'main');
  await owner.branch('easier', { 'policies/toy.yaml': policy(0.6) });
  const { number, sha } = await propose('model-owner', 'easier');
  await runner.idle();
  expect(runOf(sha).conclusion).toBe('failure');
  const comment = await told(number);
  expect(comment).toContain(
    '`policies/toy.yaml` differs from the base branch here; the base branch’s policy judged',
  );
  expect(comment).toContain('0.98');
  expect(await status(sha)).toEqual([
    { context: 'greenlight', state: 'failure', description: 'evaluate-model: fail' },
  ]);
});
