import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import publishRelease from '../../actions/publish-release/main.ts';
import { checkEvidence } from '../../actions/roll-out/evidence.ts';
import { LOCK_FILE } from '../../core/formats/lock.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { walkChain } from '../../core/ledger/chain-of-evidence.ts';
import { readLedger } from '../../core/ledger/ledger.ts';
import { downloadRelease, findRelease, releaseTag } from '../../core/ledger/releases.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { type Clone, octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';
import type { Fault } from '../forge/types.ts';
import { dataDigest, FILES, lockOf, MODEL, statementsOf, type Untrue } from './evidence-support.ts';
import { tinyModel } from './serving-support.ts';

// What is tested is the action's own way on after a failure, not the client's patience.
vi.mock('@octokit/plugin-retry', () => ({ retry: () => ({}) }));

const [owner, repo] = REPOSITORY.split('/') as [string, string];
const { bytes, digest } = tinyModel(0.5);
const TAG = releaseTag(MODEL, digest);

let world: World;
let clone: Clone;
let host: Host;
let github: Github;
let token: string;

beforeEach(async () => {
  ({ world, clone, host, github, token } = await startJob(FILES, { contents: 'write' }));
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

/** What the jobs before hand on: files of their folders, and statements about the clone's commit. */
async function judge(model: Uint8Array = bytes, untrue: Untrue = {}): Promise<void> {
  const commit = await clone.git('rev-parse', 'HEAD');
  const named = sha256(model);
  const lock = await readFile(path.join(clone.dir, LOCK_FILE), 'utf8');
  const products: Record<string, Record<string, string | Uint8Array>> = {
    'reproduce-training': { 'model.onnx': model },
    'validate-data': { 'profile.json': '{"profile":1}\n' },
    'evaluate-model': { 'probe.json': '{"probe":1}\n' },
  };
  for (const [action, statement] of Object.entries(statementsOf({ digest: named, commit, lock }, untrue))) {
    await mkdir(host.out(action), { recursive: true });
    const files = { 'report.json': '{}\n', 'report.html': `<p>${action}</p>\n`, ...products[action] };
    for (const [name, content] of Object.entries({ ...files, 'statement.json': statement }))
      await writeFile(path.join(host.out(action), name), content);
  }
}

/** Main with the lock's model, and what the jobs before made of it. */
async function merged(untrue: Untrue = {}): Promise<string> {
  const commit = await clone.commit({ [LOCK_FILE]: lockOf(digest, bytes.length) }, 'model');
  await clone.push('main');
  await judge(bytes, untrue);
  return commit;
}

const run = (plan = false): Promise<Outcome> => publishRelease.run({ model: undefined, plan, token }, host);

const releases = async () =>
  (await octokit(world.forge, token).rest.repos.listReleases({ owner, repo })).data;

const writes = (): number => world.forge.writes().filter(({ path }) => path.startsWith('/api/')).length;

/** The release is there once, whole, good enough for roll-out, and `greenlight verify` finds it whole but for `left` to people. */
async function expectComplete(commit: string, left: readonly string[] = []): Promise<void> {
  expect(await releases()).toMatchObject([{ draft: false, tag_name: TAG }]);
  expect(await findRelease(github, MODEL, digest)).toMatchObject({ manifest: { digest, commit } });
  expect(await checkEvidence(github, host.git, { model: MODEL, digest }, true)).toMatchObject({
    holds: true,
  });
  const ledger = await readLedger(host.git, { fetch: true });
  const folder = path.join(world.folder, 'assets');
  await downloadRelease(github, MODEL, digest, folder);
  const { links } = await walkChain(
    { model: MODEL, digest },
    { git: host.git, ledger, release: folder, data: 'none' },
  );
  const broken = links.filter(({ state }) => state !== 'holds').map(({ name }) => name);
  expect(broken).toEqual(['traffic', ...left]);
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
    // Looked at before the draft, before the uploads, before it is published, and after.
    const looks = world.forge.requests.filter(
      ({ method, path }) => method === 'GET' && path.includes('/releases') && !path.includes('/tags/'),
    );
    expect(looks.length).toBe(4);
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
    await judge();
    expect((await run()).verdict).toBe('pass');
    await expectComplete(later);
  });

  it('ends in one release where two runs publish at once', async () => {
    const commit = await merged();
    const ended = await Promise.all([run(), run()]);
    expect(ended.map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    await expectComplete(commit);
  });

  it.each<[string, string, RegExp, Untrue]>([
    ['an evaluation of another model', 'release/not-judged', /evaluation/, { evaluated: 'c'.repeat(64) }],
    ['an evaluation that failed', 'release/not-judged', /evaluation/, { verdict: 'fail' }],
    ['one that decided nothing', 'release/not-judged', /evaluation/, { verdict: 'inconclusive' }],
    ['a contract that was broken', 'release/not-judged', /contract/, { contractVerdict: 'fail' }],
    ['another policy', 'evidence/evaluation-mismatch', /policies\/toy\.yaml/, { policy: 'another' }],
    [
      'a policy that the manifest does not name',
      'evidence/evaluation-mismatch',
      /policies\/toy\.yaml/,
      { policyFile: 'dvc.yaml', policy: FILES['dvc.yaml'] },
    ],
    [
      'an evaluation on other data',
      'evidence/evaluation-mismatch',
      /data\/test\.csv/,
      { evaluatedOn: 'a'.repeat(64) },
    ],
    [
      'an evaluation on the training data',
      'evidence/evaluation-mismatch',
      /data\/test\.csv/,
      { evaluatedOn: dataDigest('data/train.csv') },
    ],
    ['another contract', 'evidence/contract-mismatch', /contracts\/toy\.yaml/, { contract: 'another' }],
    [
      'a contract that the manifest does not name',
      'evidence/contract-mismatch',
      /contracts\/toy\.yaml/,
      { contractFile: 'dvc.yaml', contract: FILES['dvc.yaml'] },
    ],
    [
      'a contract held against other data',
      'evidence/contract-mismatch',
      /data\/train\.csv/,
      { contractOf: 'b'.repeat(64) },
    ],
    ['a training on other data', 'evidence/data-mismatch', /data\/train\.csv/, { trainedOn: 'e'.repeat(64) }],
    [
      'a training from another commit',
      'evidence/training-mismatch',
      /d{40}/,
      { trainedFrom: 'd'.repeat(40) },
    ],
  ])('refuses %s, and writes nothing', async (_, code, message, untrue) => {
    await merged(untrue);
    const refused = await run().catch(userErrors);
    expect(refused).toMatchObject([{ code, message: expect.stringMatching(message) }]);
    expect(writes()).toBe(0);
  });

  it('refuses another model than the lock names, and writes nothing', async () => {
    await merged();
    await judge(tinyModel(0.25).bytes);
    await expect(run()).rejects.toMatchObject({ code: 'evidence/digest-mismatch' });
    expect(writes()).toBe(0);
  });

  it('refuses a policy that the checkout has and the merged commit has not', async () => {
    await merged();
    await writeFile(path.join(clone.dir, 'policies/toy.yaml'), 'kind: Another\n');
    await expect(run()).rejects.toMatchObject({
      code: 'evidence/release-mismatch',
      message: expect.stringContaining('policies/toy.yaml'),
    });
    expect(writes()).toBe(0);
  });

  it.each(['statement.json', 'probe.json', 'report.html'])(
    'says that evaluate-model left no %s',
    async (file) => {
      await merged();
      await rm(path.join(host.out('evaluate-model'), file));
      await expect(run()).rejects.toMatchObject({
        code: 'evidence/missing',
        message: expect.stringContaining(file),
      });
    },
  );

  it('refuses a pickle by content, whatever its name', async () => {
    const pickle = Buffer.from([0x80, 0x04, 0x4e, 0x2e]);
    const sha = sha256(pickle);
    await clone.commit({ [LOCK_FILE]: lockOf(sha, pickle.length) }, 'model');
    await judge(pickle);
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
