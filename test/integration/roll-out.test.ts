import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import rollOut from '../../actions/roll-out/main.ts';
import { deploymentPath, writeDeployment } from '../../core/formats/deployment.ts';
import { LOCK_FILE } from '../../core/formats/lock.ts';
import { writeProbe } from '../../core/formats/probe.ts';
import { writeReleaseManifest } from '../../core/formats/release.ts';
import { authorsOf } from '../../core/ledger/approvers.ts';
import { append, live, readLedger, rejected } from '../../core/ledger/ledger.ts';
import { findRelease, releaseTag } from '../../core/ledger/releases.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { Git } from '../../core/toolkit/git.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { startClient } from '../../examples/serving/client.mjs';
import { createServer } from '../../examples/serving/server.mjs';
import { type Clone, octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';
import { FILES, type Flaws, lockOf, MODEL, statementsOf } from './evidence-support.ts';
import { answerOf, row, tinyModel } from './serving-support.ts';

// The pace of one write a second is for GitHub's sake, not for a server on this machine.
vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

const [owner, repo] = REPOSITORY.split('/') as [string, string];
const one = tinyModel(0.5);
const two = tinyModel(0.25);
const three = tinyModel(-0.25);

let world: World;
let clone: Clone;
let models: string;
let server: Awaited<ReturnType<typeof createServer>>;
let failing: string | undefined;
let host: Host;
let github: Github;
let token: string;

const manifest = (): string => `${FILES['greenlight.yaml'].split('    environments:\n')[0]}    environments:
      production:
        target: { open-inference: "${server.url}", models: ${models} }
        canary: [20, 50, 100]
        min_requests: 15
        wait: 5s
        reviewers: ["@risk-reviewer", "@data-scientist"]
`;

const start = (port = 0): ReturnType<typeof createServer> =>
  createServer({
    models,
    port,
    onInfer(served, router) {
      if (router !== undefined && served === failing) throw new Error('injected');
    },
  });

beforeEach(async () => {
  failing = undefined;
  models = await mkdtemp(path.join(tmpdir(), 'models-'));
  server = await start();
  ({ world, clone, host, github, token } = await startJob(
    { ...FILES, 'greenlight.yaml': manifest() },
    { contents: 'write', 'pull-requests': 'write', issues: 'write' },
    { actionsMayCreatePullRequests: true },
  ));
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await server.close();
  await world.close();
  await rm(models, { recursive: true, force: true });
});

/** Commits a model's lock and publishes the model with its evidence, as publish-release does. */
async function release(
  { bytes, digest }: { bytes: Uint8Array; digest: string },
  slope: number,
  flaws: Flaws = {},
): Promise<string> {
  const lock = lockOf(flaws.locked ?? digest, bytes.length);
  const commit = await clone.commit({ [LOCK_FILE]: lock }, `train ${digest}`);
  await clone.push('main');
  const statements = Object.entries(statementsOf({ digest, commit, lock }, flaws)).map(
    ([action, text]) => [`${action}.json`, { role: 'statement', bytes: Buffer.from(text) }] as const,
  );
  const files = {
    'model.onnx': { role: 'model', bytes },
    [LOCK_FILE]: { role: 'lock', bytes: Buffer.from(lock) },
    'probe.json': {
      role: 'probe',
      bytes: Buffer.from(
        writeProbe({
          schema: 'greenlight.probe/v1',
          digest,
          inputs: row(3),
          output: 'late',
          expected: [answerOf(slope, 3)],
          tolerance: 1e-5,
        }),
      ),
    },
    ...Object.fromEntries(statements),
  } as const;
  const listed = Object.entries(files).map(([asset, file]) => ({
    role: file.role,
    path: asset,
    asset,
    sha256: sha256(file.bytes),
    size: file.bytes.length,
  }));
  const description = writeReleaseManifest({
    schema: 'greenlight.release/v1',
    model: MODEL,
    digest,
    commit,
    files: listed as [(typeof listed)[0]],
  });
  const api = octokit(world.forge, token).rest.repos;
  const tag = releaseTag(MODEL, digest);
  const { data: draft } = await api.createRelease({
    owner,
    repo,
    tag_name: tag,
    target_commitish: commit,
    draft: true,
  });
  const upload = (name: string, bytes: Uint8Array): Promise<unknown> =>
    octokit(world.forge, token).request(`POST ${draft.upload_url.replace('{?name,label}', '?name={name}')}`, {
      name,
      data: bytes,
      headers: { 'content-type': 'application/octet-stream' },
    });
  for (const [name, file] of Object.entries(files)) await upload(name, file.bytes);
  await upload('release.json', Buffer.from(description));
  await api.updateRelease({ owner, repo, release_id: draft.id, draft: false });
  return commit;
}

type Reviews = readonly [
  'risk-reviewer' | 'data-scientist' | 'ops-reviewer',
  'APPROVE' | 'REQUEST_CHANGES',
][];

/** Brings the deployment branch to a digest, as open-deployment does. */
async function propose(digest: string): Promise<void> {
  const file = deploymentPath('production', MODEL);
  const content = writeDeployment({
    schema: 'greenlight.deployment/v1',
    model: MODEL,
    environment: 'production',
    digest: `sha256:${digest}`,
    release: releaseTag(MODEL, digest),
    canary: [20, 50, 100],
    min_requests: 15,
  });
  const branch = `greenlight/deploy/production/${MODEL}`;
  const { git, repos } = octokit(world.forge, token).rest;
  const base = (await repos.getBranch({ owner, repo, branch: 'main' })).data.commit;
  const tree = await git.createTree({
    owner,
    repo,
    base_tree: base.commit.tree.sha,
    tree: [{ path: file, mode: '100644', type: 'blob', content }],
  });
  const message = `deploy ${digest.slice(0, 12)}`;
  const commit = await git.createCommit({ owner, repo, message, tree: tree.data.sha, parents: [base.sha] });
  const { sha } = commit.data;
  const exists = (await clone.try('ls-remote', '--exit-code', 'origin', `refs/heads/${branch}`)).code === 0;
  if (exists) await git.updateRef({ owner, repo, ref: `heads/${branch}`, sha, force: true });
  else await git.createRef({ owner, repo, ref: `refs/heads/${branch}`, sha });
}

async function openPull(): Promise<number> {
  const head = `greenlight/deploy/production/${MODEL}`;
  const { data } = await octokit(world.forge, token).rest.pulls.create({
    owner,
    repo,
    head,
    base: 'main',
    title: 'deploy',
  });
  return data.number;
}

async function review(pull: number, reviews: Reviews): Promise<void> {
  for (const [login, event] of reviews) {
    const { pulls } = octokit(world.forge, world.forge.token(login)).rest;
    await pulls.createReview({ owner, repo, pull_number: pull, event, body: 'read' });
  }
}

async function merge(pull: number): Promise<void> {
  const { pulls } = octokit(world.forge, world.forge.token('ops-reviewer')).rest;
  await pulls.merge({ owner, repo, pull_number: pull, merge_method: 'squash' });
  await update();
}

/** A deployment pull request, reviewed and merged by people. */
async function declare(digest: string, reviews: Reviews = [['risk-reviewer', 'APPROVE']]): Promise<number> {
  await propose(digest);
  const pull = await openPull();
  await review(pull, reviews);
  await merge(pull);
  return pull;
}

async function update(): Promise<void> {
  await clone.git('fetch', '-q', 'origin');
  await clone.git('checkout', '-q', '-B', 'main', 'origin/main');
}

function run(inputs: Partial<Parameters<typeof rollOut.run>[0]> = {}): Promise<Outcome> {
  return rollOut.run(
    { model: undefined, environment: undefined, rollback: undefined, plan: false, token, ...inputs },
    host,
  );
}

/** A run while users send requests. */
async function runWithTraffic(
  inputs: Parameters<typeof run>[0] = {},
): Promise<{ outcome: Outcome; counts: ReturnType<typeof startClient>['counts'] }> {
  const client = startClient({ url: server.url, router: MODEL, rows: [row(1), row(2)], perSecond: 300 });
  const outcome = await run(inputs);
  await client.stop();
  return { outcome, counts: client.counts };
}

async function records() {
  return (await readLedger(new Git(clone.dir), { fetch: true })).records('production', MODEL);
}

async function weights(): Promise<unknown> {
  return ((await (await fetch(`${server.url}/router/${MODEL}`)).json()) as { weights: unknown }).weights;
}

const name = (digest: string): string => releaseTag(MODEL, digest);

async function goLive(model: typeof one, slope: number): Promise<void> {
  await release(model, slope);
  await declare(model.digest);
  const { outcome } = await runWithTraffic();
  expect(outcome.findings).toMatchObject([{ verdict: 'pass', state: 'in-sync', live: model.digest }]);
}

describe('roll-out on a real server', () => {
  it('brings the first model live by smoke inference, tells the pull request, and writes nothing the second time', async () => {
    await release(one, 0.5);
    const pull = await declare(one.digest);
    const planned = await run({ plan: true });
    expect(planned.findings).toMatchObject([
      { state: 'pending', actions: [expect.stringContaining('place')] },
    ]);
    const outcome = await run();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      outputs: { state: 'in-sync', 'live-digest': one.digest },
    });
    expect(await weights()).toEqual({ [name(one.digest)]: 100 });
    const all = await records();
    expect(all.map((record) => record.kind)).toEqual(['started', 'step', 'rollout']);
    expect(all[0]?.approval).toMatchObject({
      pull_request: pull,
      merged_by: 'ops-reviewer',
      reviews: [{ user: 'risk-reviewer' }],
    });
    const { data: comments } = await octokit(world.forge, token).rest.issues.listComments({
      owner,
      repo,
      issue_number: pull,
    });
    expect(comments.map((comment) => comment.body)).toEqual([expect.stringContaining('is live')]);

    const writes = world.forge.writes().length;
    expect((await run()).verdict).toBe('pass');
    expect(world.forge.writes().length).toBe(writes);
  });

  it('takes the next one through its canary while users lose nothing', async () => {
    await goLive(one, 0.5);
    await release(two, 0.25);
    await declare(two.digest);
    const { outcome, counts } = await runWithTraffic();
    expect(outcome).toMatchObject({ verdict: 'pass', outputs: { 'live-digest': two.digest } });
    expect((await records()).flatMap((record) => (record.kind === 'step' ? [record.weight] : []))).toEqual([
      100, 20, 50, 100,
    ]);
    expect(counts.failed).toBe(0);
    expect(Object.keys(counts.served).sort()).toEqual([name(one.digest), name(two.digest)].sort());
  });

  it('rejects one that fails under traffic: traffic back, recorded, revert pull request, never again', async () => {
    await goLive(one, 0.5);
    await release(three, -0.25);
    await declare(three.digest);
    failing = name(three.digest);
    const { outcome } = await runWithTraffic();
    expect(outcome).toMatchObject({
      verdict: 'fail',
      findings: [{ state: 'git-behind', live: one.digest, declared: three.digest }],
    });
    expect(await weights()).toEqual({ [name(one.digest)]: 100 });
    expect(rejected(await records())).toEqual(new Set([three.digest]));
    const open = async () =>
      (await octokit(world.forge, token).rest.pulls.list({ owner, repo, state: 'open' })).data;
    const [revert] = await open();
    expect(revert).toMatchObject({
      title: expect.stringContaining('Revert'),
      head: { ref: `greenlight/deploy/production/${MODEL}` },
    });

    const writes = world.forge.writes().length;
    expect((await run()).verdict).toBe('fail');
    expect(world.forge.writes().length).toBe(writes);

    await octokit(world.forge, world.forge.token('ops-reviewer')).rest.pulls.merge({
      owner,
      repo,
      pull_number: revert?.number ?? 0,
    });
    await update();
    expect(await run()).toMatchObject({
      verdict: 'pass',
      outputs: { state: 'in-sync', 'live-digest': one.digest },
    });
    expect(await open()).toEqual([]);
  });

  it('pauses where the server is away or too few requests come, and goes on from there', async () => {
    await goLive(one, 0.5);
    await release(two, 0.25);
    await declare(two.digest);
    await clone.commit({ 'greenlight.yaml': manifest().replace('wait: 5s', 'wait: 1s') }, 'shorter');
    await clone.push('main');
    expect(await run()).toMatchObject({ verdict: 'inconclusive', findings: [{ state: 'pending' }] });
    const { port } = new URL(server.url);
    await server.close();
    expect(await run()).toMatchObject({ verdict: 'error', findings: [{ state: 'unknown' }] });
    expect(rejected(await records()).size).toBe(0);
    server = await start(Number(port));
    expect((await runWithTraffic()).outcome).toMatchObject({
      verdict: 'pass',
      outputs: { 'live-digest': two.digest },
    });
    expect((await records()).filter((record) => record.kind === 'started')).toHaveLength(2);
  });

  it('steps back to what was live without its release', async () => {
    await goLive(one, 0.5);
    await goLive(two, 0.25);
    const old = await octokit(world.forge, token).rest.repos.getReleaseByTag({
      owner,
      repo,
      tag: name(one.digest),
    });
    await octokit(world.forge, token).rest.repos.deleteRelease({ owner, repo, release_id: old.data.id });
    expect(await run({ rollback: 'production' })).toMatchObject({
      verdict: 'pass',
      outputs: { 'live-digest': one.digest, state: 'git-behind' },
    });
    expect(await weights()).toEqual({ [name(one.digest)]: 100 });
    expect((await records()).at(-1)).toMatchObject({
      kind: 'rollback',
      digest: two.digest,
      restored: one.digest,
    });
  });

  it('goes on after answers that got lost on the way', async () => {
    await goLive(one, 0.5);
    await release(two, 0.25);
    await declare(two.digest);
    world.forge.inject({
      match: { method: 'PATCH', path: /git\/refs/ },
      answer: { status: 502, after: 'effect' },
    });
    world.forge.inject({ match: { method: 'POST', path: /git\/commits/, nth: 3 }, answer: { status: 502 } });
    expect((await runWithTraffic()).outcome).toMatchObject({
      verdict: 'pass',
      outputs: { 'live-digest': two.digest },
    });
  }, 30_000);
});

describe('what does not start', () => {
  it('is a release that failed its evaluation, or none', async () => {
    await release(one, 0.5, { verdict: 'fail' });
    await declare(one.digest);
    expect(await run()).toMatchObject({
      verdict: 'fail',
      findings: [{ reasons: ['evaluation: the evaluation of this digest ended in fail'] }],
    });
    await declare(two.digest);
    expect(await run()).toMatchObject({
      verdict: 'error',
      findings: [{ reasons: [expect.stringContaining('release/missing')] }],
    });
    expect(await records()).toEqual([]);
  });

  it.each<[string, string, Flaws]>([
    ['another policy than the commit’s', 'evaluation: the policy', { policy: 'another' }],
    ['an evaluation on other data', 'evaluation: it was made on', { evaluatedOn: 'a'.repeat(64) }],
    ['a contract held against other data', 'contract: data/train.csv', { contractOf: 'b'.repeat(64) }],
    ['another contract than the commit’s', 'contract: the contract', { contract: 'another' }],
    ['a lock that names another model', 'training: greenlight.lock', { locked: 'c'.repeat(64) }],
    ['a training from another commit', 'training: it was trained from', { trainedFrom: 'd'.repeat(40) }],
    ['a training on other data', 'data: training did not read', { trainedOn: 'e'.repeat(64) }],
  ])('is a release whose evidence `greenlight verify` refuses: %s', async (_, reason, flaws) => {
    await release(one, 0.5, flaws);
    await declare(one.digest);
    expect(await run()).toMatchObject({
      verdict: 'fail',
      findings: [{ state: 'pending', reasons: expect.arrayContaining([expect.stringContaining(reason)]) }],
    });
    expect(await records()).toEqual([]);
    expect(await weights()).toBeUndefined();
  });

  it('is a release of a commit that is not on main', async () => {
    const commit = await release(one, 0.5);
    await clone.git('reset', '-q', '--hard', 'HEAD~1');
    await clone.push('main', '--force');
    await declare(one.digest);
    expect(await run()).toMatchObject({
      verdict: 'fail',
      findings: [
        {
          reasons: [
            `training: the commit of the release, ${commit}, is not on the default branch (origin/main)`,
          ],
        },
      ],
    });
    expect(await records()).toEqual([]);
  });

  it('is what nobody approved, an approval taken back, or one by a person who is no reviewer', async () => {
    await release(one, 0.5);
    await declare(one.digest, [
      ['ops-reviewer', 'APPROVE'],
      ['risk-reviewer', 'APPROVE'],
      ['risk-reviewer', 'REQUEST_CHANGES'],
    ]);
    const outcome = await run();
    expect(outcome).toMatchObject({ verdict: 'fail', findings: [{ state: 'pending' }] });
    const reasons = (outcome.findings[0] as unknown as { reasons: string[] }).reasons.join('\n');
    expect(reasons).toContain('@ops-reviewer on #1 does not count: not a reviewer');
    expect(reasons).toContain('@risk-reviewer on #1 does not count: it is changes requested');
    expect(await weights()).toBeUndefined();
  });

  it('is what an author approved, or what was approved as another digest', async () => {
    const user = await octokit(world.forge, token).rest.users.getByUsername({ username: 'data-scientist' });
    await clone.git('config', 'user.email', `${user.data.id}+data-scientist@users.noreply.github.com`);
    await clone.commit({ 'train.txt': 'a change' }, 'a change');
    await clone.push('main');
    await release(one, 0.5);
    await propose(two.digest);
    const pull = await openPull();
    await review(pull, [['risk-reviewer', 'APPROVE']]);
    await propose(one.digest);
    await review(pull, [['data-scientist', 'APPROVE']]);
    await merge(pull);
    const outcome = await run();
    expect(outcome.verdict).toBe('fail');
    const reasons = (outcome.findings[0] as unknown as { reasons: string[] }).reasons.join('\n');
    expect(reasons).toContain('@risk-reviewer on #1 does not count: of another digest');
    expect(reasons).toContain('@data-scientist on #1 does not count: an author of what is released');
  });

  it('is what a person approved who wrote in it and did not commit it', async () => {
    const { data } = await octokit(world.forge, token).rest.users.getByUsername({
      username: 'risk-reviewer',
    });
    const trailers = [
      `Co-authored-by: Risk Reviewer <${data.id}+Risk-Reviewer@users.noreply.github.com>`,
      'co-authored-by: Somebody <somebody@example.test>',
    ];
    await clone.commit({ 'train.txt': 'a change' }, `a change (#1)\n\n${trailers.join('\n')}`);
    const releaseCommit = await release(one, 0.5);
    expect(await authorsOf(github, { liveCommit: undefined, releaseCommit })).toEqual([
      'Risk-Reviewer',
      'owner@example.test',
      'somebody@example.test',
    ]);
    await declare(one.digest);
    const outcome = await run();
    expect(outcome.verdict).toBe('fail');
    expect((outcome.findings[0] as unknown as { reasons: string[] }).reasons.join('\n')).toContain(
      '@risk-reviewer on #1 does not count: an author of what is released',
    );
  });

  it('is a model whose answers are not those of its release', async () => {
    await release(one, 0.9);
    await declare(one.digest);
    expect(await run()).toMatchObject({ verdict: 'fail', findings: [{ state: 'git-behind' }] });
    expect((await records()).map((record) => record.kind)).toEqual(['rejected']);
  });
});

describe('the ledger on the forge', () => {
  it('lets two writers of other keys both in, and one of two of the same key', async () => {
    const git = new Git(clone.dir);
    const ledger = await readLedger(git, { fetch: true });
    const event = (environment: string, index: number) => ({
      environment,
      model: MODEL,
      kind: 'hold' as const,
      digest: String(index).repeat(64),
    });
    const results = await Promise.allSettled(
      ['a', 'b', 'c', 'c'].map((environment, index) => append(github, ledger, event(environment, index))),
    );
    expect(results.map((result) => result.status).sort()).toEqual([
      'fulfilled',
      'fulfilled',
      'fulfilled',
      'rejected',
    ]);
    expect(results.find((result) => result.status === 'rejected')?.reason).toMatchObject({
      code: 'ledger/conflict',
    });
    const after = await readLedger(git, { fetch: true });
    expect(after.keys().map((key) => key.environment)).toEqual(['a', 'b', 'c']);
    expect(live(after.records('a', MODEL))).toBeUndefined();
  });

  it('is empty where the branch is not there, and unreadable where the server is not', async () => {
    expect((await readLedger(new Git(clone.dir), { fetch: true })).keys()).toEqual([]);
    await expect(readLedger(new Git(clone.dir), { fetch: false })).rejects.toMatchObject({
      code: 'ledger/not-fetched',
    });
    await clone.git('remote', 'set-url', 'origin', 'http://127.0.0.1:1/none.git');
    await expect(readLedger(new Git(clone.dir), { fetch: true })).rejects.toMatchObject({
      code: 'ledger/unreachable',
    });
  });

  it('notices a branch that was forced or deleted', async () => {
    const git = new Git(clone.dir);
    const empty = await readLedger(git, { fetch: true });
    const first = await append(github, empty, {
      environment: 'a',
      model: MODEL,
      kind: 'hold',
      digest: one.digest,
    });
    await append(github, first, { environment: 'a', model: MODEL, kind: 'hold', digest: two.digest });
    await readLedger(git, { fetch: true });
    await octokit(world.forge, token).rest.git.updateRef({
      owner,
      repo,
      ref: 'heads/greenlight/ledger',
      sha: first.head?.commit ?? '',
      force: true,
    });
    await expect(readLedger(git, { fetch: true })).rejects.toMatchObject({ code: 'ledger/rewritten' });
    await octokit(world.forge, token).rest.git.deleteRef({ owner, repo, ref: 'heads/greenlight/ledger' });
    await expect(readLedger(git, { fetch: true })).rejects.toMatchObject({ code: 'ledger/rewritten' });
  });

  it('takes a release for what its bytes are', async () => {
    await release(one, 0.5);
    expect(await findRelease(github, MODEL, one.digest)).toMatchObject({ tag: name(one.digest) });
    expect(await findRelease(github, MODEL, two.digest)).toBeUndefined();
    const other = one.digest.slice(0, 12) + 'f'.repeat(52);
    await expect(findRelease(github, MODEL, other)).rejects.toMatchObject({
      code: 'evidence/digest-mismatch',
    });
  });
});
