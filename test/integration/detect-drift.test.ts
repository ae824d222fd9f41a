import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import detectDrift from '../../actions/detect-drift/main.ts';
import { writeProfile } from '../../core/formats/profile.ts';
import { writeReleaseManifest } from '../../core/formats/release.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { append, readLedger } from '../../core/ledger/ledger.ts';
import { releaseTag } from '../../core/ledger/releases.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { type Clone, type Job, octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';
import { tinyModel } from './serving-support.ts';

vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

const MODEL = 'toy';
const [owner, repo] = REPOSITORY.split('/') as [string, string];
/** Says 0.5 in every row with distance 0. */
const model = tinyModel(1);

const MANIFEST = `models:
  ${MODEL}:
    data: { train: { path: train.csv }, test: { path: test.csv } }
    model: model.onnx
    evaluation: { policy: policy.yaml, label: late }
    environments:
      staging: { target: { open-inference: "http://127.0.0.1:1", models: models } }
      production: { target: { open-inference: "http://127.0.0.1:2", models: models }, after: staging }
    monitoring:
      fetch: node fetch.mjs
      data: { path: monitoring.csv }
      time: day
      every: week
      alarm: 2 of 3
      calibration_gap: 0.08
      retrain: { at_most: 1 per week, prepare: node move.mjs }
`;

/** Three weeks from 2001-02-05 on, 40 rows a day; `shares` names how many of them are late in each week. */
const FETCH = `import { readFileSync, writeFileSync } from 'node:fs';
const shares = JSON.parse(readFileSync('shares.json', 'utf8'));
const until = Date.parse(process.env.GREENLIGHT_AS_OF);
const lines = ['day,distance,late'];
for (let day = 0; day < 7 * shares.length; day++) {
  const at = Date.UTC(2001, 1, 5) + day * 86400000;
  if (at >= until) break;
  for (let i = 0; i < 40; i++)
    lines.push(new Date(at).toISOString().slice(0, 10) + ',0,' + (i < shares[Math.floor(day / 7)] + (day % 2) ? 1 : 0));
}
writeFileSync('monitoring.csv', lines.join('\\n') + '\\n');
if (process.env.GITHUB_TOKEN !== undefined) throw new Error('the token reached the command');
`;

let world: World;
let clone: Clone;
let host: Host;
let token: string;
let as: Job['as'];

beforeEach(async () => {
  ({ world, clone, host, token, as } = await startJob(
    { 'greenlight.yaml': MANIFEST, 'fetch.mjs': FETCH, 'shares.json': '[20, 20, 20]' },
    { contents: 'read', issues: 'write', 'pull-requests': 'read' },
    { startAt: new Date('2001-02-26T05:00:00Z'), actionsMayCreatePullRequests: true },
  ));
  await release(model.bytes);
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

/** Publishes the model with its profile and makes it live in production. */
async function release(bytes: Uint8Array): Promise<void> {
  const rights = world.forge.jobToken(REPOSITORY, { contents: 'write' });
  const profile = writeProfile({
    schema: 'greenlight.profile/v1',
    data: 'd'.repeat(64),
    rows: 1000,
    columns: [
      { name: 'day', type: 'time', nulls: 0, until: '2001-02-04' },
      { name: 'distance', type: 'number', nulls: 0, edges: [], counts: [1000] },
    ],
  });
  const files = {
    'model.onnx': { role: 'model', bytes },
    'profile.json': { role: 'profile', bytes: Buffer.from(profile) },
  } as const;
  const listed = Object.entries(files).map(([asset, file]) => ({
    role: file.role,
    path: asset,
    asset,
    sha256: sha256(file.bytes),
    size: file.bytes.length,
  }));
  const commit = await clone.git('rev-parse', 'HEAD');
  const api = octokit(world.forge, rights);
  const { data: draft } = await api.rest.repos.createRelease({
    owner,
    repo,
    tag_name: releaseTag(MODEL, model.digest),
    target_commitish: commit,
    draft: true,
  });
  const description = Buffer.from(
    writeReleaseManifest({
      schema: 'greenlight.release/v1',
      model: MODEL,
      digest: model.digest,
      commit,
      files: listed as [(typeof listed)[0]],
    }),
  );
  const uploads = [
    ...Object.entries(files).map(([name, file]) => [name, file.bytes] as const),
    ['release.json', description] as const,
  ];
  for (const [name, data] of uploads) {
    await api.request(`POST ${draft.upload_url.replace('{?name,label}', '?name={name}')}`, {
      name,
      data,
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  await api.rest.repos.updateRelease({ owner, repo, release_id: draft.id, draft: false });
  const github = as({ contents: 'write' });
  const ledger = await readLedger(host.git, { fetch: true });
  await append(github, ledger, {
    kind: 'rollout',
    environment: 'production',
    model: MODEL,
    digest: model.digest,
    release: releaseTag(MODEL, model.digest),
  });
}

function run(inputs: Partial<Parameters<typeof detectDrift.run>[0]> = {}): Promise<Outcome> {
  const none = { model: undefined, 'live-model': undefined, profile: undefined, data: undefined };
  return detectDrift.run({ ...none, 'as-of': undefined, token, ...inputs }, host);
}

const shares = (...late: number[]): Promise<void> =>
  writeFile(path.join(clone.dir, 'shares.json'), JSON.stringify(late));

async function issues() {
  const { data } = await octokit(world.forge, token).rest.issues.listForRepo({ owner, repo, state: 'all' });
  return data.map(({ number, state, title, body }) => ({ number, state, title, body: body ?? '' }));
}

describe('detect-drift on what is live', () => {
  it('is quiet without a write', async () => {
    const writes = world.forge.writes().length;
    const outcome = await run();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      subjects: [{ sha256: model.digest }],
      outputs: { alarm: 'false', issue: '', retrain: 'false', 'as-of': '2001-02-26' },
    });
    expect(outcome.findings).toMatchObject([
      { kind: 'window', from: '2001-02-05', state: 'quiet', rows: 280, days: 7 },
      { kind: 'window', from: '2001-02-12' },
      { kind: 'window', from: '2001-02-19', to: '2001-02-25' },
      { kind: 'input-column', column: 'distance', moved: 'no' },
    ]);
    expect(world.forge.writes().length).toBe(writes);
  });

  it('opens one issue, changes it with the data alone, and closes it when the windows are quiet', async () => {
    await shares(20, 10, 10);
    expect(await run()).toMatchObject({
      verdict: 'fail',
      outputs: { alarm: 'true', issue: '1', retrain: 'true' },
    });
    const [opened] = await issues();
    expect(opened).toMatchObject({ number: 1, state: 'open', title: 'toy drifts' });
    expect(opened?.body).toMatch(/^<!-- greenlight:drift:toy -->\n/);
    expect(opened?.body).toContain('The input columns do not move');

    // The next day of the same week, with the same data: nothing is written.
    let writes = world.forge.writes().length;
    world.forge.clock.advance(86_400_000);
    expect(await run()).toMatchObject({ outputs: { issue: '1', 'as-of': '2001-02-27' } });
    expect(world.forge.writes().length).toBe(writes);

    world.forge.clock.advance(6 * 86_400_000);
    await shares(20, 10, 10, 20);
    await run();
    expect(world.forge.writes().length).toBe(writes + 1);
    expect((await issues())[0]?.body).toContain('2001-02-26');

    world.forge.clock.advance(7 * 86_400_000);
    await shares(20, 10, 10, 20, 20);
    expect(await run()).toMatchObject({ verdict: 'pass', outputs: { alarm: 'false', issue: '1' } });
    expect(await issues()).toMatchObject([{ number: 1, state: 'closed' }]);
    const { data: comments } = await octokit(world.forge, token).rest.issues.listComments({
      owner,
      repo,
      issue_number: 1,
    });
    expect(comments.map((comment) => comment.body)).toEqual([
      'The last windows are quiet. Why is not known from this alone.',
    ]);

    // The same issue comes back with the next alarm.
    writes = world.forge.writes().length;
    await shares(20, 10, 10, 10, 10);
    expect(await run()).toMatchObject({ outputs: { alarm: 'true', issue: '1' } });
    expect(await issues()).toMatchObject([{ number: 1, state: 'open' }]);
    expect(world.forge.writes().length).toBe(writes + 1);
  });

  it('neither opens nor closes an issue where it can not tell', async () => {
    await shares(10, 10, 10);
    // One week of the three that the rule looks at.
    const early = { 'as-of': '2001-02-12' };
    expect(await run(early)).toMatchObject({
      verdict: 'inconclusive',
      outputs: { alarm: 'false', issue: '', retrain: 'false' },
    });
    expect(await issues()).toEqual([]);
    await run();
    expect((await run(early)).outputs).toMatchObject({ issue: '1' });
    expect(await issues()).toMatchObject([{ state: 'open', body: expect.stringContaining("can't be told") }]);
  });

  it('takes no issue of a person for its own', async () => {
    const person = octokit(world.forge, world.forge.token('outsider')).rest.issues;
    await person.create({ owner, repo, title: 'toy drifts', body: '<!-- greenlight:drift:toy -->\nno' });
    await shares(20, 10, 10);
    expect((await run()).outputs).toMatchObject({ issue: '2' });
  });

  it('asks for no retraining while the budget is spent', async () => {
    const rights = world.forge.jobToken(REPOSITORY, { contents: 'write', 'pull-requests': 'write' });
    const api = octokit(world.forge, rights).rest;
    await clone.branch(`greenlight/retrain/${MODEL}`, { 'params.yaml': 'a: 1\n' });
    await api.pulls.create({
      owner,
      repo,
      base: 'main',
      head: `greenlight/retrain/${MODEL}`,
      title: 'Retrain',
    });
    await shares(20, 10, 10);
    expect((await run()).outputs).toMatchObject({ alarm: 'true', retrain: 'false' });
    world.forge.clock.advance(7 * 86_400_000);
    await shares(20, 10, 10, 10);
    expect((await run()).outputs).toMatchObject({ alarm: 'true', retrain: 'true' });
  });

  it('is an error where the data end early, and where nothing is live', async () => {
    await shares(20, 20);
    await expect(run()).rejects.toMatchObject({ code: 'drift/stale-data' });
    const yaml = MANIFEST.replace('every: week', 'every: week\n      environment: staging');
    await writeFile(path.join(clone.dir, 'greenlight.yaml'), yaml);
    await expect(run()).rejects.toMatchObject({ code: 'drift/nothing-live' });
    await expect(run({ 'as-of': 'yesterday' })).rejects.toThrow(GreenlightError);
  });

  it('judges files of a laptop without GitHub', async () => {
    await writeFile(path.join(clone.dir, 'given.onnx'), model.bytes);
    await shares(20, 10, 10);
    const requests = world.forge.requests.length;
    const outcome = await run({ 'live-model': 'given.onnx', 'as-of': '2001-02-26', token: undefined });
    expect(outcome).toMatchObject({
      verdict: 'fail',
      outputs: { alarm: 'true', issue: '', retrain: 'false' },
    });
    expect(JSON.stringify(outcome.report)).toContain('No input column was compared');
    expect(world.forge.requests.length).toBe(requests);
  });
});
