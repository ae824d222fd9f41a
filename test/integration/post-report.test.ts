import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { DefaultArtifactClient } from '@actions/artifact';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import postReport from '../../actions/post-report/main.ts';
import { perform } from '../../cli/perform.ts';
import type { Report } from '../../core/kernel/blocks.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { reportArtifactName, uploadArtifact } from '../../core/toolkit/artifacts.ts';
import { connectGithub } from '../../core/toolkit/github.ts';
import { type Host, makeHost } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
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

// The pace of one write a second, and of seconds between tries, is for GitHub's sake, not for a server on this machine.
vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));
vi.mock('@octokit/plugin-retry', async (original) => {
  const { retry } = await original<typeof import('@octokit/plugin-retry')>();
  return {
    retry: ((octokit, options) =>
      retry(octokit, { ...options, retry: { ...options.retry, retryAfterBaseValue: 1 } })) as typeof retry,
  };
});

const [owner, repo] = REPOSITORY.split('/') as [string, string];
const VALIDATE = 'greenlight-m-validate-data';
const warnings: string[] = [];
let world: World;
let clone: Clone;
let host: Host;
let scratch: string;

beforeAll(async () => {
  world = await startForge();
  clone = await startRepository(world, { 'a.txt': 'a\n' });
  const env = {
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_API_URL: world.forge.apiUrl,
    GITHUB_SERVER_URL: world.forge.serverUrl,
  };
  scratch = await mkdtemp(path.join(world.folder, 'tmp-'));
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  vi.stubEnv('GITHUB_WORKSPACE', world.folder);
  vi.stubEnv('RUNNER_TEMP', scratch);
  vi.stubEnv('TMPDIR', scratch);
  vi.stubEnv('ACTIONS_RESULTS_URL', world.forge.resultsUrl);
  const log = { info: () => {}, warn: (text: string) => warnings.push(text) };
  host = {
    ...makeHost(env, clone.dir, 'out', log, (report, limit) => renderMarkdown(report, { limit })),
    github: async (token) => connectGithub(env, token, log),
  };
});

afterEach(async () => {
  expect(await readdir(scratch), 'files that were left behind').toEqual([]);
});

afterAll(async () => {
  expect(world.forge.violations).toEqual([]);
  vi.unstubAllEnvs();
  await world.close();
});

/** A pull request from `branch` that adds `files`, a run of it that these artifacts are then uploaded in, and where GitHub's event of its end is put. */
async function started(branch: string, files: Record<string, string> = { [`${branch}.txt`]: branch }) {
  const { forge } = world;
  await clone.git('checkout', '-q', 'main');
  const sha = await clone.branch(branch, files);
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
  return { pull: pull.number, sha, run, branch };
}

type Started = Awaited<ReturnType<typeof started>>;

/** GitHub's event that this run has ended. Returns its file. */
async function end({ run, sha, branch }: Started, conclusion: Conclusion): Promise<string> {
  const event = path.join(world.folder, `${branch}.json`);
  const workflow_run = {
    id: run.id,
    html_url: `${world.forge.serverUrl}/${REPOSITORY}/actions/runs/${run.id}`,
    conclusion,
    head_sha: sha,
    head_branch: branch,
    head_repository: { full_name: REPOSITORY, owner: { login: owner } },
  };
  await writeFile(event, JSON.stringify({ workflow_run }));
  return event;
}

/** A pull request whose run has ended with these report.json texts by artifact. */
async function ended(
  branch: string,
  conclusion: Conclusion,
  reports: Record<string, string>,
  files?: Record<string, string>,
) {
  const judged = await started(branch, files);
  for (const [name, text] of Object.entries(reports)) await hand(branch, name, text);
  return { ...judged, event: await end(judged, conclusion) };
}

/** What an action of ours does at its end. */
async function hand(branch: string, name: string, text: string): Promise<void> {
  const folder = path.join(world.folder, branch, name);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'report.json'), text);
  await writeFile(path.join(folder, 'report.html'), '<p>');
  await uploadArtifact(name, folder);
}

/** What anybody can do in a run: any bytes under any name. */
async function plant(branch: string, name: string, bytes: string | Uint8Array): Promise<void> {
  const folder = path.join(world.folder, `${branch}-planted`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, name), bytes);
  await new DefaultArtifactClient().uploadArtifact(name, [path.join(folder, name)], folder, {
    skipArchive: true,
  });
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
    description: statuses[0]?.description,
  };
}

/** The report as Markdown, without the marks that keep `#1` and `@name` from becoming links. */
function shown(report: Report): string {
  return renderMarkdown(report, { limit: 10_000 }).replaceAll('\u200b', '');
}

function reportText(verdict: string, text: unknown, { action = 'validate-data', model = 'm' } = {}): string {
  return JSON.stringify({
    schema: 'greenlight.report/v1',
    action,
    model,
    verdict,
    subjects: [],
    findings: [],
    report: { title: action, blocks: [{ kind: 'paragraph', text }] },
  });
}

it('tells once: a second time writes nothing', async () => {
  const { pull, sha, event } = await ended('bad-data', 'failure', {
    [VALIDATE]: reportText('fail', 'the dates <script> @risk-reviewer'),
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
  expect(world.forge.requests.length).toBeGreaterThan(before);
  expect(world.forge.writes(before)).toEqual([]);
});

it('brings the comment up to date where a job ran again', async () => {
  const judged = await started('again');
  await hand('again', VALIDATE, reportText('fail', 'first'));
  expect((await post(await end(judged, 'failure'))).outputs?.['comment']).toBe('created');
  await hand('again', VALIDATE, reportText('pass', 'second'));
  const api = octokit(world.forge, world.forge.token('model-owner'));
  const { data } = await api.rest.actions.listWorkflowRunArtifacts({ owner, repo, run_id: judged.run.id });
  expect(data.artifacts.map(({ name }) => name)).toEqual([VALIDATE, `${VALIDATE}.json`]);
  expect((await post(await end(judged, 'success'))).outputs?.['comment']).toBe('updated');
  const { comments, statuses } = await told(judged.pull, judged.sha);
  expect(comments).toHaveLength(1);
  expect(comments[0]).toContain('second');
  expect(comments[0]).not.toContain('first');
  expect(statuses).toEqual(['greenlight: success', 'greenlight: failure']);
});

it('says that a person must look where the run let an inconclusive verdict pass', async () => {
  const evaluated = reportText('inconclusive', 'nothing is live', { action: 'evaluate-model' });
  const passed = await ended('for-a-person', 'success', { 'greenlight-m-evaluate-model': evaluated });
  expect((await post(passed.event)).outputs?.['reported-verdict']).toBe('inconclusive');
  expect(await told(passed.pull, passed.sha)).toMatchObject({
    statuses: ['greenlight: success'],
    description: 'evaluate-model: inconclusive, needs human review',
  });
  const stopped = await ended('for-nobody', 'failure', { 'greenlight-m-evaluate-model': evaluated });
  await post(stopped.event);
  expect((await told(stopped.pull, stopped.sha)).statuses).toEqual(['greenlight: failure']);
});

it('does not believe a report that lies: links out become text, another name an error', async () => {
  const linking = await ended('linking', 'failure', {
    [VALIDATE]: reportText('fail', { link: 'see here', href: 'https://evil.example/' }),
  });
  expect((await post(linking.event)).outputs?.['reported-verdict']).toBe('fail');
  const { comments } = await told(linking.pull, linking.sha);
  expect(comments[0]).toContain('see here');
  expect(comments[0]).not.toContain('evil.example');

  const other = await ended('other-name', 'success', {
    'greenlight-m-evaluate-model': reportText('pass', 'fine'),
    'greenlight-other-validate-data': reportText('pass', 'fine'),
  });
  expect((await post(other.event)).outputs?.['reported-verdict']).toBe('error');
  const of = await told(other.pull, other.sha);
  expect(of.statuses).toEqual(['greenlight: error']);
  expect(of.comments[0]?.match(/it tells of another model or action than its name/g)).toHaveLength(2);
});

/** A ZIP archive of entries that are all `size` zeros, deflated. Only what a reader looks at is right: there is no reader. */
function zip(names: readonly string[], size: number): Buffer {
  const data = deflateRawSync(Buffer.alloc(size));
  return Buffer.concat(
    names.map((name) => {
      const head = Buffer.alloc(30);
      head.writeUInt32LE(0x04034b50, 0);
      head.writeUInt16LE(8, 8);
      head.writeUInt32LE(data.length, 18);
      head.writeUInt32LE(size, 22);
      head.writeUInt16LE(name.length, 26);
      return Buffer.concat([head, Buffer.from(name), data]);
    }),
  );
}

it.each<[string, () => string | Uint8Array]>([
  ['an archive that would inflate to gigabytes', () => zip(Array(64).fill('report.json'), 64 << 20)],
  ['an archive that would write elsewhere', () => zip(['../../report.json'], 10)],
  ['an archive with a folder of that name', () => zip(['report.json/'], 0)],
  ['an archive that breaks off', () => zip(['report.json'], 1000).subarray(0, 40)],
  ['more bytes than are read', () => reportText('pass', 'x'.repeat(5 << 20))],
  ['a text that nests without end', () => '['.repeat(5_000_000)],
  ['a text with a fault in every place', () => reportText('pass', Array(9000).fill(Array(100).fill(1)))],
  ['bytes that are no text', () => Buffer.from([0xff, 0xfe, 0x00])],
  ['an empty file', () => Buffer.from('\n')],
  [
    'a number that no JSON can be written of',
    () =>
      reportText('pass', 'x').replace(
        '"x"}',
        '"x"},{"kind":"series-chart","title":"","axis":"","points":[{"label":"","value":1e999,"low":0,"high":0,"alarm":false}]}',
      ),
  ],
])('says that it can not be read: %s', { timeout: 60_000 }, async (what, bytes) => {
  const branch = what.replaceAll(' ', '-');
  const judged = await started(branch);
  await plant(branch, reportArtifactName('m', 'validate-data'), bytes());
  await hand(branch, 'greenlight-m-evaluate-model', reportText('pass', 'fine', { action: 'evaluate-model' }));
  const event = await end(judged, 'success');
  const memory = process.memoryUsage.rss();
  const before = process.cpuUsage();
  const { verdict, outputs, findings } = await post(event);
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(8);
  expect(process.memoryUsage.rss() - memory).toBeLessThan(800 << 20);
  expect(verdict).toBe('pass');
  expect(outputs?.['reported-verdict']).toBe('error');
  expect(findings.map(({ kind }) => kind).sort()).toEqual(['report', 'unreadable']);
  const { comments, statuses } = await told(judged.pull, judged.sha);
  expect(statuses).toEqual(['greenlight: error']);
  expect(comments[0]).toContain(`${VALIDATE}.json`);
});

it('says that it can not be read: an archive of a report in the place of the report', async () => {
  const judged = await started('archive');
  const folder = path.join(world.folder, 'archived');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'report.json'), reportText('pass', 'fine'));
  await new DefaultArtifactClient().uploadArtifact(
    `${VALIDATE}.json`,
    [path.join(folder, 'report.json')],
    folder,
  );
  const { outputs } = await post(await end(judged, 'success'));
  expect(outputs?.['reported-verdict']).toBe('error');
  const { comments } = await told(judged.pull, judged.sha);
  expect(comments[0]).toContain('it is no JSON text');
});

it('gives the status where it may not comment, and the verdict stays', async () => {
  const { pull, sha, event } = await ended('no-comment', 'success', {
    [VALIDATE]: reportText('pass', 'fine'),
  });
  expect((await post(event, 'read')).outputs).toMatchObject({ 'reported-verdict': 'pass', comment: 'none' });
  expect(await told(pull, sha)).toMatchObject({ comments: [], statuses: ['greenlight: success'] });
  expect(warnings.join('\n')).toContain('pull-requests: write');
});

it('leaves the comment to the newer run where the head has moved, and says so', async () => {
  const { pull, sha, event } = await ended('moved', 'success', { [VALIDATE]: reportText('pass', 'fine') });
  const head = await clone.branch('moved', { 'moved.txt': 'again' });
  const { outputs, report } = await post(event);
  expect(outputs).toMatchObject({ comment: 'none', 'pull-request': '' });
  expect(await told(pull, sha)).toMatchObject({ comments: [], statuses: ['greenlight: success'] });
  expect(shown(report)).toContain(
    `pull request #${pull} has moved on from \`${sha.slice(0, 12)}\` to \`${head.slice(0, 12)}\``,
  );
});

it('says that there is no pull request to tell', async () => {
  const { pull, sha, event } = await ended('closed', 'success', { [VALIDATE]: reportText('pass', 'fine') });
  const api = octokit(world.forge, world.forge.token('model-owner'));
  await api.rest.pulls.update({ owner, repo, pull_number: pull, state: 'closed' });
  const { outputs, report } = await post(event);
  expect(outputs).toMatchObject({ comment: 'none', 'pull-request': '' });
  expect(await told(pull, sha)).toMatchObject({ comments: [], statuses: ['greenlight: success'] });
  expect(shown(report)).toContain(`no open pull request has the commit \`${sha.slice(0, 12)}\` as its head`);
});

it('gives the status where it may not look for the pull request either, and says so', async () => {
  const { pull, sha, event } = await ended('no-pulls', 'failure', { [VALIDATE]: reportText('fail', 'late') });
  world.forge.inject({ match: { method: 'GET', path: /\/pulls\?/ }, answer: { status: 403 } });
  const { outputs, report } = await post(event);
  expect(outputs).toEqual({ 'reported-verdict': 'fail', comment: 'none', 'pull-request': '' });
  expect(await told(pull, sha)).toMatchObject({ comments: [], statuses: ['greenlight: failure'] });
  expect(shown(report)).toContain(
    `the pull request of the commit \`${sha.slice(0, 12)}\` could not be looked`,
  );
  expect(warnings.at(-1)).toContain('could not find the pull request');
});

describe('a run that ended well without a report', () => {
  const docs = { 'docs/use.md': 'how', 'deploy/production/m.yaml': 'digest: x' };

  it('is green where nothing of the model changed, and writes nothing the second time', async () => {
    const { pull, sha, event } = await ended('docs', 'success', {}, docs);
    expect((await post(event)).outputs).toMatchObject({ 'reported-verdict': 'pass', comment: 'created' });
    expect(await told(pull, sha)).toMatchObject({
      statuses: ['greenlight: success'],
      description: 'nothing of the model changed: nothing was to be judged',
    });
    const before = world.forge.requests.length;
    expect((await post(event)).outputs?.['comment']).toBe('unchanged');
    expect(world.forge.writes(before)).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['a workflow that judges nothing', { '.github/workflows/model.yml': 'on: pull_request' }],
    ['code among documents', { ...docs, 'train.py': 'import os' }],
    ['a folder whose name only begins like deployments', { 'deployed/train.py': 'import os' }],
  ])('is an error where something else changed: %s', async (what, files) => {
    const { pull, sha, event } = await ended(what.replaceAll(' ', '-'), 'success', {}, files);
    expect((await post(event)).outputs).toMatchObject({ 'reported-verdict': 'error', comment: 'created' });
    expect(await told(pull, sha)).toMatchObject({
      comments: [expect.stringContaining('the run ended without a report')],
      statuses: ['greenlight: error'],
    });
  });

  it('is an error where code was renamed to a document', async () => {
    await clone.git('checkout', '-q', 'main');
    await clone.git('mv', 'a.txt', 'a.md');
    const { sha, pull, event } = await ended('renamed', 'success', {}, {});
    expect((await post(event)).outputs?.['reported-verdict']).toBe('error');
    expect((await told(pull, sha)).statuses).toEqual(['greenlight: error']);
  });

  it('is an error where no pull request is open, where its head moves, and where it can not be read', async () => {
    const moved = await ended('moved-on', 'success', {}, docs);
    await clone.branch('moved-on', { 'more.md': 'more' });
    await post(moved.event);
    expect((await told(moved.pull, moved.sha)).statuses).toEqual(['greenlight: error']);
    const unread = await ended('unread', 'success', {}, docs);
    world.forge.inject({ match: { path: /\/pulls\/\d+\/files/ }, answer: { status: 403 } });
    expect((await post(unread.event)).outputs?.['comment']).toBe('created');
    expect((await told(unread.pull, unread.sha)).statuses).toEqual(['greenlight: error']);
  });
});

it('tells of the last try alone: an error that a later one passed is replaced, however the model was named', async () => {
  const { git } = host;
  const manifest = `models:\n  m:\n    data: { train: { path: a.csv }, test: { path: b.csv } }\n    model: m.onnx\n`;
  const judged = await started('tried-again', { 'greenlight.yaml': manifest });
  const runner = makeHost(
    { GITHUB_ACTIONS: 'true', ACTIONS_RUNTIME_TOKEN: 'as stubbed' },
    git.root,
    path.join(world.folder, 'tries'),
    host.log,
    host.render,
  );
  let tries = 0;
  const action = defineAction({
    name: 'validate-data',
    inputs: { model: text('the model') },
    async run({ model }, { model: named }): Promise<Outcome> {
      if (++tries === 1) throw new GreenlightError({ code: 'data/away', message: 'the data are away' });
      const report = { title: 'validate-data', blocks: [] };
      return { verdict: 'pass', model: (await named(model)).name, subjects: [], findings: [], report };
    },
  });
  const door = { input: () => '', show: async () => {}, outputs: () => {}, annotate: () => {} };
  expect(await perform(action, runner, door)).toBe(3);
  expect((await post(await end(judged, 'failure'))).outputs?.['reported-verdict']).toBe('error');
  expect(await perform(action, runner, door)).toBe(0);
  expect((await post(await end(judged, 'success'))).outputs?.['reported-verdict']).toBe('pass');
  const api = octokit(world.forge, world.forge.token('model-owner'));
  const { data } = await api.rest.actions.listWorkflowRunArtifacts({ owner, repo, run_id: judged.run.id });
  expect(data.artifacts.map(({ name }) => name)).toEqual([VALIDATE, `${VALIDATE}.json`]);
});

it('asks again where the server fails for a moment, and ends as one comment and one status', async () => {
  const { pull, sha, event } = await ended('shaky', 'success', { [VALIDATE]: reportText('pass', 'fine') });
  for (const url of [/\/artifacts\?/, /\/zip$/, /\/downloads\//, /\/pulls\?/, /\/comments$/, /\/statuses\//])
    world.forge.inject({ match: { path: url }, answer: { status: 502 } });
  expect((await post(event)).outputs).toMatchObject({ 'reported-verdict': 'pass', comment: 'created' });
  const { comments, statuses } = await told(pull, sha);
  expect(comments).toHaveLength(1);
  expect(statuses).toEqual(['greenlight: success']);
});

it('does not comment twice where the answer got lost', async () => {
  const { pull, sha, event } = await ended('lost', 'success', { [VALIDATE]: reportText('pass', 'fine') });
  for (const path of [/\/comments$/, /\/statuses\//])
    world.forge.inject({ match: { method: 'POST', path }, answer: { status: 502, after: 'effect' } });
  await post(event);
  expect((await told(pull, sha)).comments).toHaveLength(1);
});

it('ends as a clear error where the artifacts stay out of reach: nothing is told, and a second run tells it', async () => {
  const { pull, sha, event } = await ended('down', 'success', { [VALIDATE]: reportText('pass', 'fine') });
  for (let tries = 0; tries < 4; tries++)
    world.forge.inject({ match: { path: /\/downloads\// }, answer: { status: 502 } });
  await expect(post(event)).rejects.toMatchObject({
    code: expect.stringMatching(/^github\//),
    message: expect.stringContaining(`read the artifact ${VALIDATE}.json`),
  });
  expect(await told(pull, sha)).toMatchObject({ comments: [], statuses: [] });
  expect((await post(event)).outputs).toMatchObject({ 'reported-verdict': 'pass', comment: 'created' });
});

it.each<[string, string | undefined]>([
  ['no event', undefined],
  ['an event that is no JSON', '{'],
  ['an event of another kind', '{ "pull_request": { "number": 1 } }'],
  ['an event that is null', 'null'],
])('ends as an error with its mend, not as a bug, with %s', async (_, text) => {
  const event = path.join(world.folder, 'no-event.json');
  if (text !== undefined) await writeFile(event, text);
  vi.stubEnv('GITHUB_EVENT_PATH', text === undefined ? '' : event);
  const code = await perform(postReport, host, {
    input: () => undefined,
    show: async () => {},
    outputs: () => {},
    annotate: () => {},
  });
  expect(code).toBe(3);
  const [error] = JSON.parse(
    await readFile(path.join(host.out('post-report'), 'report.json'), 'utf8'),
  ).findings;
  expect(error).toMatchObject({
    code: 'event/not-workflow-run',
    mend: expect.stringContaining('workflow_run'),
  });
});
