import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exec } from '../../core/toolkit/exec.ts';
import {
  octokit,
  REPOSITORY,
  refusalOf,
  startForge,
  startRepository,
  statusOf,
  type World,
} from '../forge/fixture.ts';
import type { ForgeEvent, RunRecord } from '../forge/types.ts';

const repo = { owner: 'model-owner', repo: 'flights' };

let world: World;

beforeEach(async () => {
  world = await startForge();
});

afterEach(() => world.close());

/** A release with one asset, as octokit sends it. */
async function draft(api: ReturnType<typeof octokit>, tag: string) {
  const { data } = await api.rest.repos.createRelease({ ...repo, tag_name: tag, draft: true, name: tag });
  return data;
}

function upload(
  api: ReturnType<typeof octokit>,
  release: { id: number; upload_url: string },
  name: string,
  text: string,
) {
  const data = text as unknown as string;
  return api.rest.repos.uploadReleaseAsset({
    ...repo,
    url: release.upload_url,
    release_id: release.id,
    name,
    data,
    headers: { 'content-type': 'application/octet-stream' },
  });
}

describe('releases', () => {
  test('are complete or absent: draft, upload, publish, then immutable', async () => {
    await startRepository(world, { 'a.txt': 'a\n' }, { immutableReleases: true });
    const api = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'write' }));
    const seen: ForgeEvent[] = [];
    world.forge.on((event) => seen.push(event));
    const release = await draft(api, 'flight-delay-1');
    expect(await statusOf(api.rest.repos.getReleaseByTag({ ...repo, tag: 'flight-delay-1' }))).toBe(404);
    const reader = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'read' }));
    expect((await reader.rest.repos.listReleases(repo)).data).toEqual([]);
    expect((await api.rest.repos.listReleases(repo)).data).toHaveLength(1);
    const { data: asset } = await upload(api, release, 'model (1).onnx', 'bytes');
    expect(asset).toMatchObject({ name: 'model.1.onnx', state: 'uploaded', size: 5 });
    expect(asset.digest).toBe(`sha256:${createHash('sha256').update('bytes').digest('hex')}`);
    expect(await statusOf(upload(api, release, 'model (1).onnx', 'other'))).toBe(422);
    const { data: got } = await api.rest.repos.getReleaseAsset({
      ...repo,
      asset_id: asset.id,
      headers: { accept: 'application/octet-stream' },
    });
    expect(Buffer.from(got as unknown as ArrayBuffer).toString()).toBe('bytes');
    expect(await statusOf(api.rest.git.getRef({ ...repo, ref: 'tags/flight-delay-1' }))).toBe(404);
    const { data: published } = await api.rest.repos.updateRelease({
      ...repo,
      release_id: release.id,
      draft: false,
    });
    expect(published).toMatchObject({ draft: false, immutable: true });
    expect((await api.rest.git.getRef({ ...repo, ref: 'tags/flight-delay-1' })).data.ref).toBe(
      'refs/tags/flight-delay-1',
    );
    expect(seen.map((event) => event.action ?? event.name)).toEqual([
      'create',
      'push',
      'published',
      'released',
    ]);
    expect(await refusalOf(upload(api, release, 'late.txt', 'x'))).toContain('immutable release');
    expect(await statusOf(api.rest.repos.deleteReleaseAsset({ ...repo, asset_id: asset.id }))).toBe(422);
    expect(
      await refusalOf(api.rest.repos.updateRelease({ ...repo, release_id: release.id, draft: true })),
    ).toContain('immutable');
    expect(await statusOf(api.rest.git.deleteRef({ ...repo, ref: 'tags/flight-delay-1' }))).toBe(422);
    await api.rest.repos.deleteRelease({ ...repo, release_id: release.id });
    expect(await refusalOf(api.rest.repos.createRelease({ ...repo, tag_name: 'flight-delay-1' }))).toContain(
      'used by an immutable release',
    );
    expect(world.forge.violations).toEqual([]);
  });
});

describe('faults', () => {
  test('502 before and after the effect, a starter asset, a reset connection', async () => {
    await startRepository(world, { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('model-owner'));
    const { forge } = world;
    forge.inject({ match: { method: 'POST', path: /\/issues$/, nth: 2 }, answer: { status: 502 } });
    await api.rest.issues.create({ ...repo, title: 'one' });
    expect(await statusOf(api.rest.issues.create({ ...repo, title: 'two' }))).toBe(502);
    forge.inject({ match: { path: /\/issues$/ }, answer: { status: 502, after: 'effect' } });
    expect(await statusOf(api.rest.issues.create({ ...repo, title: 'three' }))).toBe(502);
    expect((await api.rest.issues.listForRepo(repo)).data.map((issue) => issue.title)).toEqual([
      'three',
      'one',
    ]);
    const release = await draft(api, 'v1');
    forge.inject({ match: { path: /\/assets\?name=/ }, answer: { status: 502, starterAsset: true } });
    expect(await statusOf(upload(api, release, 'model.onnx', 'bytes'))).toBe(502);
    const { data: assets } = await api.rest.repos.listReleaseAssets({ ...repo, release_id: release.id });
    expect(assets).toMatchObject([{ name: 'model.onnx', state: 'starter', size: 0, digest: null }]);
    forge.inject({ match: { path: /repos/ }, answer: { drop: true } });
    expect(await refusalOf(api.rest.repos.get(repo))).not.toBe('');
    forge.inject({
      match: { path: /repos/ },
      answer: {
        status: 403,
        headers: { 'retry-after': '1' },
        body: { message: 'You have exceeded a secondary rate limit.' },
      },
    });
    expect(await refusalOf(api.rest.repos.get(repo))).toContain('secondary rate limit');
    expect(forge.violations).toEqual([]);
  });
});

describe("GitHub's description", () => {
  test.each([
    ['a call that is not in it', 'GET', '/repos/model-owner/flights/verdicts', undefined, 'not in GitHub'],
    [
      'a call that the forge does not know',
      'GET',
      '/repos/model-owner/flights/stargazers',
      undefined,
      'not supported',
    ],
    [
      'a misspelt property',
      'POST',
      '/repos/model-owner/flights/issues',
      { title: 'x', bodie: 'y' },
      'property bodie',
    ],
    [
      'a wrong type',
      'POST',
      '/repos/model-owner/flights/issues',
      { title: 'x', body: 1 },
      'body/body must be string',
    ],
    ['a misspelt query', 'GET', '/repos/model-owner/flights/issues?stat=open', undefined, 'parameter stat'],
  ])('%s is a violation', async (_, method, route, body, said) => {
    await startRepository(world, { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('model-owner'));
    expect(await statusOf(api.request(`${method} ${route}`, body === undefined ? {} : { data: body }))).toBe(
      500,
    );
    expect(world.forge.violations).toHaveLength(1);
    expect(world.forge.violations[0]).toContain(said);
  });
});

describe('issues, statuses, deployments, runs', () => {
  test('are what octokit reads back, on the clock of the forge, in pages', async () => {
    await startRepository(world, { 'a.txt': 'a\n' });
    const { forge } = world;
    const api = octokit(forge, forge.token('data-scientist'));
    forge.clock.set(new Date('2001-04-01T00:00:00Z'));
    const { data: issue, headers } = await api.rest.issues.create({
      ...repo,
      title: 'Drift',
      body: 'b',
      labels: ['drift'],
    });
    expect(issue.created_at.slice(0, 10)).toBe('2001-04-01');
    expect(headers.date).toContain('01 Apr 2001');
    const { data: comment } = await api.rest.issues.createComment({
      ...repo,
      issue_number: 1,
      body: 'first',
    });
    await api.rest.issues.updateComment({ ...repo, comment_id: comment.id, body: 'second' });
    for (let count = 0; count < 4; count++)
      await api.rest.issues.createComment({ ...repo, issue_number: 1, body: `${count}` });
    const comments = await api.paginate(api.rest.issues.listComments, {
      ...repo,
      issue_number: 1,
      per_page: 2,
    });
    expect(comments.map((each) => each.body)).toEqual(['second', '0', '1', '2', '3']);
    await api.rest.issues.update({ ...repo, issue_number: 1, state: 'closed', state_reason: 'completed' });
    expect((await api.rest.issues.listForRepo({ ...repo, state: 'open', labels: 'drift' })).data).toEqual([]);
    const outsider = octokit(forge, forge.token('outsider'));
    expect(
      await statusOf(outsider.rest.issues.updateComment({ ...repo, comment_id: comment.id, body: 'mine' })),
    ).toBe(403);

    const sha = (await api.rest.git.getRef({ ...repo, ref: 'heads/main' })).data.object.sha;
    await api.rest.repos.createCommitStatus({ ...repo, sha, state: 'pending', context: 'greenlight' });
    await api.rest.repos.createCommitStatus({ ...repo, sha, state: 'success', context: 'greenlight' });
    const { data: combined } = await api.rest.repos.getCombinedStatusForRef({ ...repo, ref: 'main' });
    expect(combined).toMatchObject({ state: 'success', total_count: 1 });

    const { data: deployment } = await api.rest.repos.createDeployment({
      ...repo,
      ref: 'main',
      environment: 'staging',
      auto_merge: false,
      required_contexts: [],
      payload: { digest: 'sha256:00' },
    });
    if (!('id' in deployment)) throw new Error('no deployment');
    await api.rest.repos.createDeploymentStatus({
      ...repo,
      deployment_id: deployment.id,
      state: 'success',
      environment_url: 'https://staging.example',
    });
    const { data: statuses } = await api.rest.repos.listDeploymentStatuses({
      ...repo,
      deployment_id: deployment.id,
    });
    expect(statuses.map((status) => status.state)).toEqual(['success']);
    expect((await api.rest.repos.listDeployments({ ...repo, environment: 'staging' })).data).toHaveLength(1);
    const { data: permission } = await api.rest.repos.getCollaboratorPermissionLevel({
      ...repo,
      username: 'risk-reviewer',
    });
    expect(permission.permission).toBe('write');
    expect((await api.rest.users.getByUsername({ username: 'risk-reviewer' })).data.login).toBe(
      'risk-reviewer',
    );
    expect((await api.rest.repos.get(repo)).data.permissions).toMatchObject({ admin: false, push: true });
    expect(forge.violations).toEqual([]);
  });

  test('a dispatch checks its inputs; a run waits for an approval', async () => {
    const text =
      'on:\n  workflow_dispatch:\n    inputs:\n      model: { required: true, type: string }\n      dry: { type: boolean, default: true }\n';
    await startRepository(world, { '.github/workflows/roll-out.yml': text });
    const { forge } = world;
    const seen: ForgeEvent[] = [];
    forge.on((event) => seen.push(event));
    const api = octokit(forge, forge.jobToken(REPOSITORY, { actions: 'write' }));
    const dispatch = (inputs: Record<string, string>) =>
      api.rest.actions.createWorkflowDispatch({ ...repo, workflow_id: 'roll-out.yml', ref: 'main', inputs });
    expect(await refusalOf(dispatch({}))).toContain("Required input 'model'");
    expect(await refusalOf(dispatch({ model: 'm', odd: '1' }))).toContain('Unexpected inputs');
    await dispatch({ model: 'm' });
    expect(seen).toMatchObject([
      {
        name: 'workflow_dispatch',
        ref: 'refs/heads/main',
        dispatch: { workflow: '.github/workflows/roll-out.yml', inputs: { model: 'm', dry: 'true' } },
      },
    ]);
    const run = newRun('action_required');
    const approved: string[] = [];
    forge.runs.onApprove((each, approver) => approved.push(`${each.id} ${approver.login}`));
    expect((await api.rest.actions.getWorkflowRun({ ...repo, run_id: run.id })).data).toMatchObject({
      status: 'completed',
      conclusion: 'action_required',
    });
    const reviewer = octokit(forge, forge.token('outsider'));
    expect(await statusOf(reviewer.rest.actions.approveWorkflowRun({ ...repo, run_id: run.id }))).toBe(403);
    await octokit(forge, forge.token('risk-reviewer')).rest.actions.approveWorkflowRun({
      ...repo,
      run_id: run.id,
    });
    expect(approved).toEqual([`${run.id} risk-reviewer`]);
    expect(forge.violations).toEqual([]);
  });

  test('a second look writes nothing: the log says so', async () => {
    await startRepository(world, { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('model-owner'));
    const before = world.forge.requests.length;
    await api.rest.pulls.list(repo);
    expect(world.forge.writes(before)).toEqual([]);
    await api.rest.issues.create({ ...repo, title: 'x' });
    expect(world.forge.writes(before)).toMatchObject([
      { method: 'POST', status: 201, actor: { login: 'model-owner', tokenKind: 'person' } },
    ]);
    expect(world.forge.writes()[0]?.path).toContain('git-receive-pack');
  });
});

function newRun(status: RunRecord['status']): RunRecord {
  return world.forge.runs.create({
    repository: REPOSITORY,
    path: '.github/workflows/roll-out.yml',
    name: 'roll-out',
    title: 'roll-out',
    event: 'workflow_dispatch',
    headSha: '0'.repeat(40),
    headBranch: 'main',
    headRepository: REPOSITORY,
    actor: { login: 'model-owner', tokenKind: 'person' },
    status,
    pullRequests: [],
  });
}

/** What a job does with the real client, as a process of its own. */
const ARTIFACT_JOB = `
import { DefaultArtifactClient } from '@actions/artifact';
import { readFileSync } from 'node:fs';
const client = new DefaultArtifactClient();
const sent = await client.uploadArtifact('greenlight-m-evaluate', ['out/report.json', 'out/deep/model.onnx'], 'out');
const listed = await client.listArtifacts();
const { artifact } = await client.getArtifact('greenlight-m-evaluate');
await client.downloadArtifact(artifact.id, { path: 'back', expectedHash: artifact.digest });
const again = await client.uploadArtifact('greenlight-m-evaluate', ['out/report.json'], 'out').catch((error) => error.message);
const [, token, run] = process.argv;
const other = { token, workflowRunId: Number(run), repositoryOwner: 'model-owner', repositoryName: 'flights' };
const found = await client.getArtifact('greenlight-m-evaluate', { findBy: other });
await client.downloadArtifact(found.artifact.id, { path: 'other', findBy: other });
console.log('\\n' + JSON.stringify({ sent, listed, again, back: readFileSync('back/deep/model.onnx', 'utf8'), other: readFileSync('other/report.json', 'utf8') }));
`;

test('the real @actions/artifact uploads, lists and downloads, in a run and from another', async () => {
  await startRepository(world, { 'a.txt': 'a\n' }, { private: true });
  const { forge } = world;
  const run = newRun('in_progress');
  const job = forge.runs.createJob({ runId: run.id, name: 'evaluate', status: 'in_progress' });
  const dir = path.join(world.folder, 'job');
  await mkdir(path.join(dir, 'out/deep'), { recursive: true });
  await writeFile(path.join(dir, 'out/report.json'), '{}');
  await writeFile(path.join(dir, 'out/deep/model.onnx'), 'model bytes');
  const api = forge.jobToken(REPOSITORY, { actions: 'read' });
  const result = await exec(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      ARTIFACT_JOB.replaceAll(
        "'@actions/artifact'",
        JSON.stringify(import.meta.resolve('@actions/artifact')),
      ),
      '--',
      api,
      String(run.id),
    ],
    {
      cwd: dir,
      env: {
        PATH: process.env.PATH,
        GITHUB_SERVER_URL: forge.serverUrl,
        GITHUB_API_URL: forge.apiUrl,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_WORKSPACE: dir,
        RUNNER_TEMP: dir,
        ACTIONS_RESULTS_URL: forge.resultsUrl,
        ACTIONS_RUNTIME_TOKEN: forge.runtimeToken(run.id, job.id),
      },
    },
  );
  expect(result.stderr).toBe('');
  const last = JSON.parse(result.stdout.toString('utf8').trim().split('\n').at(-1) ?? '{}');
  expect(last).toMatchObject({
    listed: { artifacts: [{ name: 'greenlight-m-evaluate' }] },
    back: 'model bytes',
    other: '{}',
  });
  expect(last.again).toContain('already exists');
  const { data } = await octokit(forge, api).rest.actions.listWorkflowRunArtifacts({
    ...repo,
    run_id: run.id,
  });
  expect(data.artifacts.map((artifact) => [artifact.name, artifact.digest])).toEqual([
    ['greenlight-m-evaluate', `sha256:${last.sent.digest}`],
  ]);
  expect(forge.violations).toEqual([]);
});
