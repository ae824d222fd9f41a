import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import publishRelease from '../../actions/publish-release/main.ts';
import { checkEvidence } from '../../actions/roll-out/evidence.ts';
import { type LockModel, writeLock } from '../../core/formats/lock.ts';
import { PREDICATES, resource, statement, writeStatement } from '../../core/formats/statement.ts';
import { findRelease, releaseTag } from '../../core/ledger/releases.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { connectGithub, type Github } from '../../core/toolkit/github.ts';
import { type Host, makeHost } from '../../core/toolkit/host.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import {
  type Clone,
  octokit,
  REPOSITORY,
  startForge,
  startRepository,
  type World,
} from '../forge/fixture.ts';
import type { Fault } from '../forge/types.ts';
import { tinyModel } from './serving-support.ts';

// What is tested is the action's own way on after a failure, not the client's patience.
vi.mock('@octokit/plugin-retry', () => ({ retry: () => ({}) }));

const MODEL = 'toy';
const [owner, repo] = REPOSITORY.split('/') as [string, string];
const quiet = { info: () => {}, warn: () => {} };
const { bytes, digest } = tinyModel(0.5);
const TAG = releaseTag(MODEL, digest);
const MANIFEST = `models:
  ${MODEL}:
    data:
      train: { path: train.csv, contract: contracts/toy.odcs.yaml }
      test: { path: test.csv, contract: contracts/toy.odcs.yaml }
    model: models/toy.onnx
    evaluation: { policy: policies/toy.yaml, label: late }
`;
const CONTRACT = 'kind: DataContract\n';
const POLICY = 'kind: EvaluationPolicy\n';

const entry = (sha: string): LockModel => ({
  model: { path: 'models/toy.onnx', sha256: sha, size: bytes.length },
  data: {
    train: { path: 'train.csv', sha256: 'a'.repeat(64), size: 1 },
    test: { path: 'test.csv', sha256: 'b'.repeat(64), size: 1 },
  },
  stages: [],
  environment: {},
});
const lock = (sha = digest): string =>
  writeLock({ schema: 'greenlight.lock/v1', models: { [MODEL]: entry(sha) } });

let world: World;
let clone: Clone;
let host: Host;
let github: Github;
let token: string;

beforeEach(async () => {
  world = await startForge();
  clone = await startRepository(world, {
    'greenlight.yaml': MANIFEST,
    'contracts/toy.odcs.yaml': CONTRACT,
    'policies/toy.yaml': POLICY,
  });
  token = world.forge.jobToken(REPOSITORY, { contents: 'write' });
  const env = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: world.forge.apiUrl,
    GITHUB_SERVER_URL: world.forge.serverUrl,
  };
  host = {
    ...makeHost(env, clone.dir, '.greenlight/out', quiet, (report, limit) =>
      renderMarkdown(report, { limit }),
    ),
    github: async (given) => local(connectGithub(env, given, quiet)),
  };
  github = await host.github(token);
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

/** No call leaves this machine, whatever server an action takes for GitHub's. */
function local(connected: Github): Github {
  connected.octokit.hook.before('request', ({ baseUrl, url }) => {
    const { hostname } = new URL(/^https?:/.test(url) ? url : baseUrl);
    if (hostname !== '127.0.0.1') throw new Error(`a call to ${hostname}`);
  });
  return connected;
}

interface Made {
  readonly model?: Uint8Array;
  readonly evaluated?: string;
  readonly evaluation?: object;
  readonly contract?: string;
}

/** What the jobs before hand on. */
async function judge(made: Made = {}): Promise<void> {
  const { model = bytes, evaluated = digest, evaluation = { verdict: 'pass' }, contract = 'pass' } = made;
  const put = async (action: string, files: Record<string, string | Uint8Array>): Promise<void> => {
    await mkdir(host.out(action), { recursive: true });
    for (const [name, content] of Object.entries({
      'report.json': '{}\n',
      'report.html': `<p>${action}</p>\n`,
      ...files,
    }))
      await writeFile(path.join(host.out(action), name), content);
  };
  const data = (dataset: 'train' | 'test') => ({
    dataset,
    data: resource(`${dataset}.csv`, entry(digest).data[dataset]?.sha256 ?? ''),
    contract: resource('contracts/toy.odcs.yaml', sha256(CONTRACT)),
  });
  await put('reproduce-training', {
    'toy.onnx': model,
    'statement.json': writeStatement(statement([resource(MODEL, digest)], PREDICATES.training, {})),
  });
  await put('validate-data', {
    'profile.json': '{"profile":1}\n',
    'statement.json': writeStatement(
      statement([resource('train.csv', 'a'.repeat(64))], PREDICATES.contract, {
        verdict: contract,
        data: [data('train'), data('test')],
      }),
    ),
  });
  await put('evaluate-model', {
    'probe.json': '{"probe":1}\n',
    'statement.json': writeStatement(
      statement([resource(MODEL, evaluated)], PREDICATES.evaluation, {
        policy: resource('policies/toy.yaml', sha256(POLICY)),
        data: [resource('test.csv', 'b'.repeat(64))],
        ...evaluation,
      }),
    ),
  });
}

/** Main with the lock's model, and what the jobs before made of it. */
async function merged(made: Made = {}): Promise<string> {
  const commit = await clone.commit({ 'greenlight.lock': lock() }, 'model');
  await clone.push('main');
  await judge(made);
  return commit;
}

const run = (plan = false): Promise<Outcome> => publishRelease.run({ model: undefined, plan, token }, host);

const releases = async () =>
  (await octokit(world.forge, token).rest.repos.listReleases({ owner, repo })).data;

const writes = (): number => world.forge.writes().filter(({ path }) => path.startsWith('/api/')).length;

/** The release is there once, whole, and good enough for roll-out. */
async function expectComplete(commit: string): Promise<void> {
  expect(await releases()).toMatchObject([{ draft: false, tag_name: TAG }]);
  expect(await findRelease(github, MODEL, digest)).toMatchObject({ manifest: { digest, commit } });
  expect(await checkEvidence(github, MODEL, digest, true)).toMatchObject({ holds: true });
  expect((await clone.git('ls-remote', 'origin', `refs/tags/${TAG}`)).split('\t')[0]).toBe(commit);
}

describe('publish-release', () => {
  it('has nothing to do before the first model, and says so', async () => {
    expect((await run(true)).outputs).toMatchObject({ needed: 'false' });
    expect((await run()).outputs).toMatchObject({ needed: 'false' });
    expect(writes()).toBe(0);
  });

  it('plans, publishes the whole release, and writes nothing the second time', async () => {
    const commit = await merged();
    expect((await run(true)).outputs).toMatchObject({ needed: 'true', digest, tag: TAG });
    expect(writes()).toBe(0);
    const outcome = await run();
    expect(outcome).toMatchObject({ verdict: 'pass', subjects: [{ name: MODEL, sha256: digest }] });
    expect(outcome.outputs).toMatchObject({ needed: 'false', tag: TAG });
    await expectComplete(commit);
    const roles = (await findRelease(github, MODEL, digest))?.manifest.files.map(({ role }) => role);
    expect(new Set(roles)).toEqual(
      new Set(['model', 'manifest', 'lock', 'policy', 'contract', 'profile', 'probe', 'statement', 'report']),
    );
    const before = writes();
    expect((await run()).verdict).toBe('pass');
    expect((await run(true)).outputs).toMatchObject({ needed: 'false' });
    expect(writes()).toBe(before);
  });

  const upload = { method: 'POST', path: /assets/ };
  const patch = { method: 'PATCH', path: /releases\/\d+$/ };
  const faults: Record<string, Fault> = {
    'the draft is made and the answer is lost': {
      match: { method: 'POST', path: /releases$/ },
      answer: { status: 502, after: 'effect' },
    },
    'an upload fails': { match: { ...upload, nth: 3 }, answer: { status: 502 } },
    'an upload is there and the answer is lost': {
      match: { ...upload, nth: 3 },
      answer: { status: 502, after: 'effect' },
    },
    'an upload leaves a starter asset': {
      match: { ...upload, nth: 2 },
      answer: { status: 502, starterAsset: true },
    },
    'it is published and the answer is lost': { match: patch, answer: { drop: true, after: 'effect' } },
  };
  it.each(Object.entries(faults))('goes on where %s', async (_, fault) => {
    const commit = await merged();
    world.forge.inject(fault);
    expect((await run()).verdict).toBe('pass');
    await expectComplete(commit);
  });

  it('resumes what a cancelled run of an earlier commit left, under the commit that was judged now', async () => {
    await merged();
    world.forge.inject({ match: { ...upload, nth: 4 }, answer: { status: 403 } });
    await expect(run()).rejects.toMatchObject({ code: 'github/forbidden' });
    expect(await releases()).toMatchObject([{ draft: true }]);
    const later = await clone.commit({ 'notes.md': 'words\n' }, 'words');
    await clone.push('main');
    expect((await run()).verdict).toBe('pass');
    await expectComplete(later);
  });

  it('ends in one release where two runs publish at once', async () => {
    const commit = await merged();
    const ended = await Promise.all([run(), run()]);
    expect(ended.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    await expectComplete(commit);
  });

  it.each<[string, Made, RegExp]>([
    ['another model than the lock names', { model: tinyModel(0.25).bytes }, /digest-mismatch|not-judged/],
    ['an evaluation of another model', { evaluated: 'c'.repeat(64) }, /not-judged/],
    ['an evaluation that failed', { evaluation: { verdict: 'fail' } }, /not-judged/],
    ['one that decided nothing', { evaluation: { verdict: 'inconclusive' } }, /not-judged/],
    ['a contract that was broken', { contract: 'fail' }, /not-judged/],
  ])('refuses %s, and writes nothing', async (_, made, code) => {
    await merged(made);
    await expect(run()).rejects.toMatchObject({ code: expect.stringMatching(code) });
    expect(writes()).toBe(0);
  });

  it('takes an evaluation that the policy sends to a person', async () => {
    const commit = await merged({ evaluation: { verdict: 'inconclusive', humanReview: true } });
    expect((await run()).verdict).toBe('pass');
    await expectComplete(commit);
  });

  it('refuses a pickle by content, whatever its name', async () => {
    const pickle = Buffer.from([0x80, 0x04, 0x4e, 0x2e]);
    const sha = sha256(pickle);
    await clone.commit({ 'greenlight.lock': lock(sha) }, 'model');
    await judge({ model: pickle, evaluated: sha });
    await expect(run()).rejects.toMatchObject({ code: expect.stringMatching(/^(release|model)\//) });
    expect(writes()).toBe(0);
  });

  it('never changes a published release of other content', async () => {
    await merged();
    await run();
    const before = writes();
    await writeFile(path.join(host.out('evaluate-model'), 'probe.json'), '{"probe":2}\n');
    await expect(run()).rejects.toMatchObject({
      code: 'release/conflict',
      message: expect.stringContaining('probe.json'),
    });
    expect(writes()).toBe(before);
  });
});
