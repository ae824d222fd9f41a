import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import proposeRetraining from '../../actions/propose-retraining/main.ts';
import { type LockModel, writeLock } from '../../core/formats/lock.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { upsertIssue } from '../../core/toolkit/issues.ts';
import { driftIssueKey } from '../../core/toolkit/retraining.ts';
import { type Job, octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';

vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

const MODEL = 'toy';
const BRANCH = `greenlight/retrain/${MODEL}`;
const WEEK_MS = 7 * 86_400_000;
const [owner, repo] = REPOSITORY.split('/') as [string, string];
const MANIFEST = `models:
  ${MODEL}:
    data: { train: { path: train.csv }, test: { path: test.csv } }
    model: model.onnx
    monitoring:
      data: { path: monitoring.csv }
      time: day
      every: week
      alarm: 2 of 3
      calibration_gap: 0.08
      retrain: { at_most: 1 per week, prepare: node move.mjs }
`;

const entry = (digit: string): LockModel => ({
  model: { path: 'model.onnx', sha256: digit.repeat(64), size: 1 },
  data: { train: { path: 'train.csv', sha256: digit.repeat(64), size: 1 } },
  stages: [],
  environment: {},
});
const lock = (digit: string): string =>
  writeLock({ schema: 'greenlight.lock/v1', models: { [MODEL]: entry(digit) } });

let world: World;
let host: Host;
let token: string;
let as: Job['as'];

beforeEach(async () => {
  ({ world, host, token, as } = await startJob(
    { 'greenlight.yaml': MANIFEST, 'greenlight.lock': lock('a'), 'params.yaml': 'weeks: [1, 8]\n' },
    { contents: 'write', 'pull-requests': 'write', issues: 'read' },
    { startAt: new Date('2001-05-28T05:00:00Z'), actionsMayCreatePullRequests: true },
  ));
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

/** What the retraining job hands on. */
async function retrained(digit: string, params = 'weeks: [1, 18]\n'): Promise<void> {
  const folder = host.out('reproduce-training');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'greenlight.lock'), lock(digit));
  await writeFile(path.join(folder, 'params.yaml'), params);
}

const run = (asOf: string | undefined = '2001-05-28'): Promise<Outcome> =>
  proposeRetraining.run({ model: undefined, 'as-of': asOf, token }, host);

async function pulls() {
  const { data } = await octokit(world.forge, token).rest.pulls.list({ owner, repo, state: 'all' });
  return data;
}

async function fileAt(ref: string, file: string): Promise<string> {
  const { data } = await octokit(world.forge, token).rest.repos.getContent({ owner, repo, path: file, ref });
  return Buffer.from('content' in data ? data.content : '', 'base64').toString('utf8');
}

async function close(number: number): Promise<void> {
  await octokit(world.forge, world.forge.token('risk-reviewer')).rest.pulls.update({
    owner,
    repo,
    pull_number: number,
    state: 'closed',
  });
}

describe('propose-retraining', () => {
  it('opens the one pull request, says why, and writes nothing the second time', async () => {
    const issue = await upsertIssue(as({ issues: 'write' }), {
      ...driftIssueKey(MODEL),
      title: 'toy drifts',
      body: 'why',
    });
    await retrained('b');
    const outcome = await run();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      subjects: [{ sha256: 'b'.repeat(64) }],
      outputs: { operation: 'created', 'pull-request': String(issue.number + 1) },
    });
    const [pull] = await pulls();
    expect(pull).toMatchObject({ title: 'Retrain toy on data until 2001-05-28', head: { ref: BRANCH } });
    expect(pull?.body).toContain(`(${issue.url})`);
    expect(pull?.body).toContain('b'.repeat(64));
    expect(pull?.body).toContain('Approve workflows to run');
    expect(await fileAt(BRANCH, 'greenlight.lock')).toBe(lock('b'));
    expect(await fileAt(BRANCH, 'params.yaml')).toBe('weeks: [1, 18]\n');

    const writes = world.forge.writes().length;
    expect((await run()).outputs).toMatchObject({ operation: 'unchanged' });
    expect(world.forge.writes().length).toBe(writes);
  });

  it('updates the open one within the period, and opens none beyond the budget', async () => {
    await retrained('b');
    await run();
    await retrained('c');
    expect((await run()).outputs).toMatchObject({ operation: 'updated' });
    expect(await fileAt(BRANCH, 'greenlight.lock')).toBe(lock('c'));
    expect(await pulls()).toHaveLength(1);

    await close((await pulls())[0]?.number ?? 0);
    await retrained('d');
    const writes = world.forge.writes().length;
    expect(await run()).toMatchObject({
      verdict: 'pass',
      outputs: { operation: 'over-budget', 'pull-request': '' },
    });
    expect(world.forge.writes().length).toBe(writes);

    world.forge.clock.advance(WEEK_MS);
    expect((await run()).outputs).toMatchObject({ operation: 'created' });
    expect(await pulls()).toHaveLength(2);
  });

  it('knows the model from a lock that is too long for one answer', async () => {
    await retrained('a');
    const api = octokit(world.forge, token).rest;
    const { data } = await api.repos.getContent({ owner, repo, path: 'greenlight.lock', ref: 'main' });
    world.forge.inject({
      match: { path: /contents\/greenlight\.lock/ },
      answer: { status: 200, body: { ...data, encoding: 'none', content: '' } },
    });
    expect((await run()).outputs).toMatchObject({ operation: 'same-model' });
    expect(await pulls()).toEqual([]);
  });

  it('does not propose again what a person closed', async () => {
    await retrained('b');
    await run();
    await close((await pulls())[0]?.number ?? 0);
    world.forge.clock.advance(WEEK_MS + 1000);
    expect(await run()).toMatchObject({ verdict: 'pass', outputs: { operation: 'rejected-by-person' } });
  });

  it('has nothing to do where main names the model, and needs the files of the retraining job', async () => {
    await expect(run()).rejects.toMatchObject({ code: 'evidence/missing' });
    await retrained('a');
    expect(await run()).toMatchObject({
      verdict: 'pass',
      outputs: { operation: 'same-model', 'pull-request': '' },
    });
    expect(await pulls()).toEqual([]);
    await retrained('b', 'weeks: [1');
    await expect(run()).rejects.toMatchObject({ code: expect.stringMatching(/^params\//) });
    await retrained('b');
    await expect(run('soon')).rejects.toMatchObject({ code: 'input/bad-value' });
  });
});
