import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import postReport from '../../actions/post-report/main.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { uploadArtifact } from '../../core/toolkit/artifacts.ts';
import { connectGithub } from '../../core/toolkit/github.ts';
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
import type { Conclusion } from '../forge/types.ts';

// The pace of one write a second is for GitHub's sake, not for a server on this machine.
vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

// @actions/artifact takes another run's API address when it is loaded, before there is a forge; forge-services.test.ts downloads for real.
const uploaded = vi.hoisted(() => new Map<string, string>());
vi.mock('../../core/toolkit/artifacts.ts', async (original) => ({
  ...(await original<typeof import('../../core/toolkit/artifacts.ts')>()),
  downloadArtifact: async (name: string, folder: string, from: { runId: number }) => {
    await writeFile(path.join(folder, 'report.json'), uploaded.get(`${from.runId}/${name}`) ?? '');
    return true;
  },
}));

const [owner, repo] = REPOSITORY.split('/') as [string, string];
const warnings: string[] = [];
let world: World;
let clone: Clone;
let host: Host;

beforeAll(async () => {
  world = await startForge();
  clone = await startRepository(world, { 'a.txt': 'a\n' });
  const env = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: world.forge.apiUrl,
    GITHUB_SERVER_URL: world.forge.serverUrl,
  };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubEnv('GITHUB_WORKSPACE', world.folder);
  vi.stubEnv('RUNNER_TEMP', world.folder);
  vi.stubEnv('ACTIONS_RESULTS_URL', world.forge.resultsUrl);
  const log = { info: () => {}, warn: (text: string) => warnings.push(text) };
  host = {
    ...makeHost(env, clone.dir, 'out', log, (report, limit) => renderMarkdown(report, { limit })),
    github: async (token) => connectGithub(env, token, log),
  };
});

afterAll(async () => {
  expect(world.forge.violations).toEqual([]);
  vi.unstubAllEnvs();
  await world.close();
});

/** A pull request from `branch` whose run has ended with these report.json texts by artifact; where GitHub's event is put. */
async function ended(branch: string, conclusion: Conclusion, files: Record<string, string>) {
  const { forge } = world;
  await clone.git('checkout', '-q', 'main');
  const sha = await clone.branch(branch, { [`${branch}.txt`]: branch });
  const { data: pull } = await octokit(forge, forge.token('model-owner')).rest.pulls.create({
    owner,
    repo,
    title: branch,
    head: branch,
    base: 'main',
  });
  const run = forge.runs.create({
    repository: REPOSITORY,
    path: '.github/workflows/model.yml',
    name: 'model',
    title: branch,
    event: 'pull_request',
    headSha: sha,
    headBranch: branch,
    headRepository: REPOSITORY,
    actor: { login: 'model-owner', tokenKind: 'person' },
    status: 'in_progress',
    pullRequests: [pull.number],
  });
  const job = forge.runs.createJob({ runId: run.id, name: 'judge', status: 'in_progress' });
  vi.stubEnv('ACTIONS_RUNTIME_TOKEN', forge.runtimeToken(run.id, job.id));
  for (const [name, text] of Object.entries(files)) {
    const folder = path.join(world.folder, branch, name);
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'report.json'), text);
    await uploadArtifact(name, folder);
    uploaded.set(`${run.id}/${name}`, text);
  }
  const event = path.join(world.folder, `${branch}.json`);
  const workflow_run = {
    id: run.id,
    html_url: `${forge.serverUrl}/${REPOSITORY}/actions/runs/${run.id}`,
    conclusion,
    head_sha: sha,
    head_branch: branch,
    head_repository: { owner: { login: owner } },
  };
  await writeFile(event, JSON.stringify({ workflow_run }));
  return { pull: pull.number, sha, event };
}

function post(event: string, pulls: 'read' | 'write' = 'write'): Promise<Outcome> {
  vi.stubEnv('GITHUB_EVENT_PATH', event);
  const token = world.forge.jobToken(REPOSITORY, {
    actions: 'read',
    contents: 'read',
    statuses: 'write',
    'pull-requests': pulls,
  });
  return postReport.run({ token }, host);
}

async function told(pull: number, sha: string) {
  const api = octokit(world.forge, world.forge.token('model-owner'));
  const { data: comments } = await api.rest.issues.listComments({ owner, repo, issue_number: pull });
  const { data: statuses } = await api.rest.repos.listCommitStatusesForRef({ owner, repo, ref: sha });
  return {
    comments: comments.map(({ body }) => body ?? ''),
    statuses: statuses.map(({ state, context }) => `${context}: ${state}`),
  };
}

function reportText(verdict: string, text: unknown): string {
  return JSON.stringify({
    schema: 'greenlight.report/v1',
    action: 'validate-data',
    model: 'm',
    verdict,
    subjects: [],
    findings: [],
    report: { title: 'validate-data', blocks: [{ kind: 'paragraph', text }] },
  });
}

it('tells once: a second time writes nothing', async () => {
  const { pull, sha, event } = await ended('bad-data', 'failure', {
    'greenlight-m-validate-data': reportText('fail', 'the dates <script> @risk-reviewer'),
  });
  expect((await post(event)).outputs).toEqual({
    'reported-verdict': 'fail',
    comment: 'created',
    'pull-request': String(pull),
  });
  const { comments, statuses } = await told(pull, sha);
  expect(statuses).toEqual(['greenlight: failure']);
  expect(comments).toHaveLength(1);
  expect(comments[0]).not.toContain('<script>');
  expect(comments[0]).not.toContain('@risk-reviewer');
  const before = world.forge.requests.length;
  expect((await post(event)).outputs?.['comment']).toBe('unchanged');
  expect(world.forge.writes(before)).toEqual([]);
});

it('does not believe a report that lies: links out become text, broken ones an error', async () => {
  const lying = await ended('lying', 'failure', {
    'greenlight-m-validate-data': reportText('pass', { link: 'see here', href: 'https://evil.example/' }),
  });
  expect((await post(lying.event)).outputs?.['reported-verdict']).toBe('error');
  const { comments } = await told(lying.pull, lying.sha);
  expect(comments[0]).toContain('see here');
  expect(comments[0]).not.toContain('evil.example');

  const broken = await ended('broken', 'success', {
    'greenlight-m-validate-data': reportText('pass', { html: '<b>' }),
  });
  expect((await post(broken.event)).outputs?.['reported-verdict']).toBe('error');
  expect((await told(broken.pull, broken.sha)).statuses).toEqual(['greenlight: error']);
});

it('gives the status where it may not comment, and the verdict stays', async () => {
  const { pull, sha, event } = await ended('no-comment', 'success', {
    'greenlight-m-validate-data': reportText('pass', 'fine'),
  });
  expect((await post(event, 'read')).outputs).toMatchObject({ 'reported-verdict': 'pass', comment: 'none' });
  expect(await told(pull, sha)).toEqual({ comments: [], statuses: ['greenlight: success'] });
  expect(warnings.join('\n')).toContain('pull-requests: write');
});

it('leaves the comment to the newer run where the head has moved', async () => {
  const { pull, sha, event } = await ended('moved', 'success', {});
  await clone.branch('moved', { 'moved.txt': 'again' });
  expect((await post(event)).outputs).toMatchObject({ comment: 'none', 'pull-request': '' });
  expect(await told(pull, sha)).toEqual({ comments: [], statuses: ['greenlight: success'] });
});
