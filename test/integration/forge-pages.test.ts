import { afterEach, beforeEach, expect, test } from 'vitest';
import { octokit, REPOSITORY, startForge, startRepository, type World } from '../forge/fixture.ts';

const repo = { owner: 'model-owner', repo: 'flights' };

let world: World;

beforeEach(async () => {
  world = await startForge();
});

afterEach(async () => {
  const { violations } = world.forge;
  await world.close();
  expect(violations).toEqual([]);
});

async function read(path: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${world.forge.port}${path}`);
  expect(response.status, path).toBe(200);
  return response.text();
}

test('the pages show what a reviewer needs, and nothing runs in them', async () => {
  const owner = await startRepository(world, {
    'README.md': '# Flights\n',
    'deploy/a.yaml': 'digest: old\n',
  });
  const { forge } = world;
  const api = octokit(forge, forge.token('data-scientist'));
  const head = await owner.branch('deploy', { 'deploy/a.yaml': 'digest: new\n' });
  const body =
    '<!-- greenlight: {} -->\n## Verdict: pass\n\n| metric | value |\n|---|---|\n| AUC | 0.65 |\n\n<script>alert(1)</script>\n';
  await api.rest.pulls.create({ ...repo, head: 'deploy', base: 'main', title: 'Deploy <model> | now', body });
  await api.rest.issues.createComment({ ...repo, issue_number: 1, body: '**Evaluated**' });
  await octokit(forge, forge.token('risk-reviewer')).rest.pulls.createReview({
    ...repo,
    pull_number: 1,
    event: 'APPROVE',
  });
  await api.rest.repos.createCommitStatus({
    ...repo,
    sha: head,
    state: 'failure',
    context: 'greenlight/verdict',
    description: 'worse for LAS',
  });
  const run = forge.runs.create({
    repository: REPOSITORY,
    path: '.github/workflows/model.yml',
    name: 'model',
    title: 'Deploy',
    event: 'pull_request',
    headSha: head,
    headBranch: 'deploy',
    headRepository: REPOSITORY,
    actor: { login: 'data-scientist', tokenKind: 'person' },
    status: 'in_progress',
    pullRequests: [1],
  });
  const job = forge.runs.createJob({ runId: run.id, name: 'evaluate', status: 'in_progress' });
  const now = forge.clock.now();
  const step = {
    name: 'evaluate-model',
    number: 1,
    status: 'completed',
    conclusion: 'success',
    startedAt: now,
    completedAt: now,
  } as const;
  forge.runs.updateJob(job.id, {
    status: 'completed',
    conclusion: 'success',
    steps: [{ ...step, log: 'AUC <0.65>\n', summary: '### Summary of evaluate' }],
  });
  const pull = await read(`/${REPOSITORY}/pull/1`);
  expect(pull).toContain('Deploy &lt;model&gt; | now');
  expect(pull).toContain('data-scientist wants to merge 1 commit into');
  expect(pull).toContain('<td>AUC</td>');
  expect(pull).not.toContain('greenlight: {}');
  expect(pull).not.toContain('<script');
  expect(pull).toContain('<strong>Evaluated</strong>');
  expect(pull).toContain('approved these changes');
  expect(pull).toContain('worse for LAS');
  expect(pull).toContain('<span class="add">+digest: new</span>');
  expect(pull).toContain(`/${REPOSITORY}/actions/runs/${run.id}#job-${job.id}`);
  const shown = await read(`/${REPOSITORY}/actions/runs/${run.id}`);
  expect(shown).toContain('AUC &lt;0.65&gt;');
  expect(shown).toContain('Summary of evaluate</h3>');
  const { data: release } = await octokit(forge, forge.token('model-owner')).rest.repos.createRelease({
    ...repo,
    tag_name: 'v1',
    draft: true,
    body: 'notes',
  });
  await api.rest.repos.uploadReleaseAsset({
    ...repo,
    url: release.upload_url,
    release_id: release.id,
    name: 'm.onnx',
    data: 'bytes',
  });
  await api.rest.repos.updateRelease({ ...repo, release_id: release.id, draft: false });
  expect(await read(`/${REPOSITORY}/releases`)).toContain('m.onnx');
  expect(await read(`/${REPOSITORY}/releases/download/v1/m.onnx`)).toBe('bytes');
  await api.rest.issues.create({ ...repo, title: 'Drift' });
  expect(await read(`/${REPOSITORY}/issues`)).toContain('Drift');
  expect(await read(`/${REPOSITORY}/issues/2`)).toContain('Drift');
  const list = await read(`/${REPOSITORY}/pulls`);
  expect(list).toContain('Deploy &lt;model&gt;');
  expect(list).toContain('· 1 comment</div>');
  await octokit(forge, forge.token('model-owner')).rest.pulls.merge({ ...repo, pull_number: 1 });
  expect(await read(`/${REPOSITORY}/pull/1`)).toContain('model-owner merged 1 commit into');
  expect(await read(`/${REPOSITORY}`)).toContain('<h1>Flights</h1>');
  expect(await read(`/${REPOSITORY}/blob/deploy/deploy/a.yaml`)).toContain('digest: new');
  expect(await read('/')).toContain(REPOSITORY);
  if (process.env.FORGE_SHOTS !== undefined) await shoot(run.id, process.env.FORGE_SHOTS);
});

/** Pictures for the eye, on wish: FORGE_SHOTS=<folder>. */
async function shoot(run: number, folder: string): Promise<void> {
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  for (const [scheme, width] of [
    ['light', 1280],
    ['dark', 390],
  ] as const) {
    const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
    for (const [name, path] of [
      ['pull', 'pull/1'],
      ['run', `actions/runs/${run}`],
      ['releases', 'releases'],
    ]) {
      await page.goto(`${world.forge.serverUrl}/${REPOSITORY}/${path}`);
      await page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png`, fullPage: true });
    }
  }
  await browser.close();
}
