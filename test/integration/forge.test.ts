import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  Clone,
  octokit,
  REPOSITORY,
  refusalOf,
  startForge,
  startRepository,
  statusOf,
  type World,
} from '../forge/fixture.ts';
import type { ForgeEvent } from '../forge/types.ts';

const repo = { owner: 'model-owner', repo: 'flights' };
const WORKFLOW = '.github/workflows/model.yml';

let world: World;

beforeEach(async () => {
  world = await startForge();
});

afterEach(async () => {
  const { violations } = world.forge;
  await world.close();
  expect(violations).toEqual([]);
});

function events(): ForgeEvent[] {
  const seen: ForgeEvent[] = [];
  world.forge.on((event) => seen.push(event));
  return seen;
}

function names(seen: readonly ForgeEvent[]): string[] {
  return seen.map((event) => (event.action === undefined ? event.name : `${event.name}.${event.action}`));
}

describe('git', () => {
  test('a push is told as an event with its changed paths', async () => {
    const owner = await startRepository(world, { 'a.txt': 'a\n' });
    const seen = events();
    const sha = await owner.branch('feature', { 'b.txt': 'b\n' });
    expect(names(seen)).toEqual(['create', 'push']);
    expect(seen[1]).toMatchObject({
      ref: 'refs/heads/feature',
      sha,
      paths: ['b.txt'],
      actor: { login: 'model-owner', tokenKind: 'person' },
    });
  });

  test('anyone clones what is public; nobody but its people what is private; a reader may not push', async () => {
    await startRepository(world, { 'a.txt': 'a\n' }, { private: true });
    const outsider = await Clone.make(world, REPOSITORY, world.forge.token('outsider'), 'outsider').catch(
      () => null,
    );
    expect(outsider).toBeNull();
    world.forge.configure(REPOSITORY, { private: false });
    const reader = await Clone.make(world, REPOSITORY, world.forge.token('outsider'), 'reader');
    await reader.commit({ 'b.txt': 'b\n' }, 'b');
    const pushed = await reader.tryPush('HEAD:refs/heads/b');
    expect(pushed.code).not.toBe(0);
    expect(pushed.stderr).toContain('403');
  });

  test("a job's token pushes with contents: write, but never workflow files", async () => {
    await startRepository(world, { 'a.txt': 'a\n', [WORKFLOW]: 'on: push\n' });
    const reader = await Clone.make(
      world,
      REPOSITORY,
      world.forge.jobToken(REPOSITORY, { contents: 'read' }),
      'job-reader',
    );
    await reader.commit({ 'b.txt': 'b\n' }, 'b');
    expect((await reader.tryPush('HEAD:refs/heads/b')).stderr).toContain('403');
    const fork = await Clone.make(
      world,
      REPOSITORY,
      world.forge.jobToken(REPOSITORY, { contents: 'write' }, { fork: true }),
      'job-fork',
    );
    await fork.commit({ 'b.txt': 'b\n' }, 'b');
    expect((await fork.tryPush('HEAD:refs/heads/b')).code).not.toBe(0);
    const job = await Clone.make(
      world,
      REPOSITORY,
      world.forge.jobToken(REPOSITORY, { contents: 'write' }),
      'job',
    );
    await job.branch('bot', { 'b.txt': 'b\n' });
    await job.commit({ [WORKFLOW]: 'on: [push, pull_request]\n' }, 'workflow');
    const pushed = await job.tryPush('HEAD:refs/heads/bot');
    expect(pushed.stderr).toContain('without `workflows` permission');
    expect(pushed.stderr).toContain('push declined');
  });

  test('a ruleset forbids to force and to delete the ledger, and to push to main', async () => {
    const owner = await startRepository(world, { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('model-owner'));
    await owner.branch('ledger', { '1.json': '1' });
    await api.rest.repos.createRepoRuleset({
      ...repo,
      name: 'ledger',
      enforcement: 'active',
      conditions: { ref_name: { include: ['refs/heads/ledger'], exclude: [] } },
      rules: [{ type: 'deletion' }, { type: 'non_fast_forward' }],
    });
    await owner.git('checkout', '-q', 'main');
    await owner.commit({ 'c.txt': 'c' }, 'c');
    expect((await owner.tryPush('+HEAD:refs/heads/ledger')).stderr).toContain('Cannot force-push');
    expect((await owner.tryPush(':refs/heads/ledger')).stderr).toContain('Cannot delete');
    expect(await statusOf(api.rest.git.deleteRef({ ...repo, ref: 'heads/ledger' }))).toBe(422);
    await protectMain({});
    expect((await owner.tryPush('HEAD:refs/heads/main')).stderr).toContain('through a pull request');
  });
});

async function protectMain(options: {
  approvals?: number;
  owners?: boolean;
  checks?: string[];
}): Promise<void> {
  const api = octokit(world.forge, world.forge.token('model-owner'));
  await api.rest.repos.createRepoRuleset({
    ...repo,
    name: 'main',
    enforcement: 'active',
    conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
    rules: [
      {
        type: 'pull_request',
        parameters: {
          required_approving_review_count: options.approvals ?? 0,
          require_code_owner_review: options.owners ?? false,
          dismiss_stale_reviews_on_push: false,
          require_last_push_approval: false,
          required_review_thread_resolution: false,
        },
      },
      ...(options.checks === undefined
        ? []
        : [
            {
              type: 'required_status_checks' as const,
              parameters: {
                required_status_checks: options.checks.map((context) => ({ context })),
                strict_required_status_checks_policy: false,
              },
            },
          ]),
    ],
  });
}

describe('the Git data API', () => {
  test("a bot's commit is verified, its ref moves by fast-forward alone", async () => {
    await startRepository(world, { 'deploy/a.yaml': 'a\n', 'deploy/b.yaml': 'b\n' });
    const api = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'write' }));
    const { data: main } = await api.rest.git.getRef({ ...repo, ref: 'heads/main' });
    const { data: base } = await api.rest.git.getCommit({ ...repo, commit_sha: main.object.sha });
    const { data: tree } = await api.rest.git.createTree({
      ...repo,
      base_tree: base.tree.sha,
      tree: [
        { path: 'deploy/c.yaml', mode: '100644', type: 'blob', content: 'c\n' },
        { path: 'deploy/a.yaml', mode: '100644', type: 'blob', sha: null },
      ],
    });
    const { data: commit } = await api.rest.git.createCommit({
      ...repo,
      message: 'deploy',
      tree: tree.sha,
      parents: [base.sha],
    });
    expect(commit.verification.verified).toBe(true);
    expect(commit.author.name).toBe('github-actions[bot]');
    await api.rest.git.createRef({ ...repo, ref: 'refs/heads/bot/deploy', sha: commit.sha });
    expect(
      await statusOf(api.rest.git.createRef({ ...repo, ref: 'refs/heads/bot/deploy', sha: commit.sha })),
    ).toBe(422);
    const { data: whole } = await api.rest.git.getTree({ ...repo, tree_sha: commit.sha, recursive: '1' });
    expect(whole.tree.map((entry) => entry.path)).toEqual(['deploy', 'deploy/b.yaml', 'deploy/c.yaml']);
    const back = api.rest.git.updateRef({ ...repo, ref: 'heads/bot/deploy', sha: base.sha });
    expect(await refusalOf(back)).toContain('not a fast forward');
    const { data: refs } = await api.rest.git.listMatchingRefs({ ...repo, ref: 'heads/bot' });
    expect(refs.map((ref) => ref.ref)).toEqual(['refs/heads/bot/deploy']);
    const { data: file } = await api.rest.repos.getContent({
      ...repo,
      path: 'deploy/c.yaml',
      ref: 'bot/deploy',
    });
    expect('content' in file && Buffer.from(file.content, 'base64').toString()).toBe('c\n');
    const { data: compared } = await api.rest.repos.compareCommitsWithBasehead({
      ...repo,
      basehead: 'main...bot/deploy',
    });
    expect(compared).toMatchObject({ status: 'ahead', ahead_by: 1, behind_by: 0 });
    expect(compared.files?.map((each) => [each.filename, each.status])).toEqual([
      ['deploy/a.yaml', 'removed'],
      ['deploy/c.yaml', 'added'],
    ]);
    await api.rest.git.deleteRef({ ...repo, ref: 'heads/bot/deploy' });
    expect(await statusOf(api.rest.git.getRef({ ...repo, ref: 'heads/bot/deploy' }))).toBe(404);
  });
});

describe('pull requests', () => {
  test('are opened, follow their branch, and are merged at the head that was seen', async () => {
    const owner = await startRepository(world, { 'a.txt': 'a\n' }, { deleteBranchOnMerge: true });
    const api = octokit(world.forge, world.forge.token('data-scientist'));
    await owner.branch('feature', { 'b.txt': 'b\n' });
    const seen = events();
    const { data: pull } = await api.rest.pulls.create({
      ...repo,
      head: 'feature',
      base: 'main',
      title: 'Feature',
      body: 'why',
    });
    expect(
      await refusalOf(api.rest.pulls.create({ ...repo, head: 'feature', base: 'main', title: 'Again' })),
    ).toContain('already exists for model-owner:feature');
    expect(pull).toMatchObject({ mergeable: true, mergeable_state: 'clean', changed_files: 1, commits: 1 });
    const old = pull.head.sha;
    const head = await owner.branch('feature', { 'c.txt': 'c\n' });
    expect(names(seen)).toEqual(['pull_request.opened', 'push', 'pull_request.synchronize']);
    expect(seen[2]?.pullRequest?.head.sha).toBe(head);
    expect(seen[2]?.paths).toEqual(['b.txt', 'c.txt']);
    expect(await statusOf(api.rest.pulls.merge({ ...repo, pull_number: 1, sha: old }))).toBe(409);
    const { data: merged } = await api.rest.pulls.merge({
      ...repo,
      pull_number: 1,
      sha: head,
      merge_method: 'squash',
    });
    const { data: after } = await api.rest.pulls.get({ ...repo, pull_number: 1 });
    expect(after).toMatchObject({
      merged: true,
      state: 'closed',
      merge_commit_sha: merged.sha,
      merged_by: { login: 'data-scientist' },
    });
    expect(names(seen).slice(3)).toEqual(['push', 'pull_request.closed', 'delete', 'push']);
    const { data: pulls } = await api.rest.repos.listPullRequestsAssociatedWithCommit({
      ...repo,
      commit_sha: merged.sha,
    });
    expect(pulls.map((each) => each.number)).toEqual([1]);
    expect(await statusOf(api.rest.pulls.merge({ ...repo, pull_number: 1 }))).toBe(405);
    const { data: listed } = await api.rest.pulls.list({
      ...repo,
      head: 'model-owner:feature',
      base: 'main',
      state: 'all',
    });
    expect(listed).toHaveLength(1);
    const { data: files } = await api.rest.pulls.listFiles({ ...repo, pull_number: 1 });
    expect(files.map((file) => [file.filename, file.patch])).toEqual([
      ['b.txt', '@@ -0,0 +1 @@\n+b'],
      ['c.txt', '@@ -0,0 +1 @@\n+c'],
    ]);
  });

  test('conflict, then close when their branch is set back to the base', async () => {
    const owner = await startRepository(world, { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('model-owner'));
    await owner.branch('feature', { 'a.txt': 'feature\n' });
    await api.rest.pulls.create({ ...repo, head: 'feature', base: 'main', title: 'Feature' });
    await owner.git('checkout', '-q', 'main');
    await owner.commit({ 'a.txt': 'main\n' }, 'main moves');
    await owner.push('main');
    const { data: pull } = await api.rest.pulls.get({ ...repo, pull_number: 1 });
    expect(pull).toMatchObject({ mergeable: false, mergeable_state: 'dirty' });
    expect(await statusOf(api.rest.pulls.merge({ ...repo, pull_number: 1 }))).toBe(405);
    await owner.push('feature', '--force');
    const { data: closed } = await api.rest.pulls.get({ ...repo, pull_number: 1 });
    expect(closed).toMatchObject({ state: 'closed', merged: false });
  });

  test('come from a fork, whose owner may not merge', async () => {
    await startRepository(world, { 'a.txt': 'a\n' });
    await world.forge.fork(REPOSITORY, 'outsider');
    const fork = await Clone.make(world, 'outsider/flights', world.forge.token('outsider'), 'fork');
    const head = await fork.branch('feature', { 'b.txt': 'b\n' });
    const seen = events();
    const api = octokit(world.forge, world.forge.token('outsider'));
    const { data: pull } = await api.rest.pulls.create({
      ...repo,
      head: 'outsider:feature',
      base: 'main',
      title: 'From outside',
    });
    expect(pull.head.repo.full_name).toBe('outsider/flights');
    expect(seen[0]?.pullRequest?.head).toEqual({ repository: 'outsider/flights', ref: 'feature', sha: head });
    expect(await statusOf(api.rest.pulls.merge({ ...repo, pull_number: 1 }))).toBe(403);
    const owner = octokit(world.forge, world.forge.token('model-owner'));
    await owner.rest.pulls.merge({ ...repo, pull_number: 1 });
    const { data: content } = await owner.rest.repos.getContent({ ...repo, path: 'b.txt' });
    expect('content' in content).toBe(true);
  });

  test('need the setting when a job opens them, and its permission', async () => {
    const owner = await startRepository(world, { 'a.txt': 'a\n' });
    await owner.branch('feature', { 'b.txt': 'b\n' });
    const wish = { ...repo, head: 'feature', base: 'main', title: 'Feature' };
    const poor = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'write' }));
    const refused = await poor.rest.pulls
      .create(wish)
      .catch((error: { status: number; response: { headers: Record<string, string> } }) => error);
    expect(refused).toMatchObject({
      status: 403,
      response: { headers: { 'x-accepted-github-permissions': 'pull_requests=write' } },
    });
    const job = octokit(world.forge, world.forge.jobToken(REPOSITORY, { 'pull-requests': 'write' }));
    expect(await refusalOf(job.rest.pulls.create(wish))).toContain('not permitted to create or approve');
    world.forge.configure(REPOSITORY, { actionsMayCreatePullRequests: true });
    const { data: pull } = await job.rest.pulls.create(wish);
    expect(pull.user.login).toBe('github-actions[bot]');
  });

  test('wait for code owners other than the author, and for required checks', async () => {
    const owner = await startRepository(world, {
      'a.txt': 'a\n',
      '.github/CODEOWNERS': '* @risk-reviewer @data-scientist\n/deploy/staging/\n',
    });
    await protectMain({ owners: true, checks: ['evaluate'] });
    const author = octokit(world.forge, world.forge.token('data-scientist'));
    const head = await owner.branch('feature', { 'deploy/production/m.yaml': 'm\n' });
    await author.rest.pulls.create({ ...repo, head: 'feature', base: 'main', title: 'Feature' });
    const merge = () => author.rest.pulls.merge({ ...repo, pull_number: 1, sha: head });
    expect(await refusalOf(merge())).toMatch(/code owner review[\s\S]*"evaluate" is expected/);
    expect(
      await statusOf(author.rest.pulls.createReview({ ...repo, pull_number: 1, event: 'APPROVE' })),
    ).toBe(422);
    const ops = octokit(world.forge, world.forge.token('ops-reviewer'));
    await ops.rest.pulls.createReview({ ...repo, pull_number: 1, event: 'APPROVE' });
    expect(await refusalOf(merge())).toContain('code owner review');
    const risk = octokit(world.forge, world.forge.token('risk-reviewer'));
    const { data: review } = await risk.rest.pulls.createReview({
      ...repo,
      pull_number: 1,
      event: 'APPROVE',
      body: 'looks good',
    });
    expect(review).toMatchObject({ state: 'APPROVED', commit_id: head });
    const run = world.forge.runs.create({
      repository: REPOSITORY,
      path: WORKFLOW,
      name: 'model',
      title: 'Feature',
      event: 'pull_request',
      headSha: head,
      headBranch: 'feature',
      headRepository: REPOSITORY,
      actor: { login: 'data-scientist', tokenKind: 'person' },
      status: 'in_progress',
      pullRequests: [1],
    });
    const job = world.forge.runs.createJob({ runId: run.id, name: 'evaluate', status: 'in_progress' });
    expect(await refusalOf(merge())).toContain('"evaluate" is pending');
    world.forge.runs.updateJob(job.id, { status: 'completed', conclusion: 'failure' });
    expect(await refusalOf(merge())).toContain('"evaluate" is failing');
    world.forge.runs.updateJob(job.id, { conclusion: 'success' });
    await risk.rest.pulls.dismissReview({
      ...repo,
      pull_number: 1,
      review_id: review.id,
      message: 'changed my mind',
    });
    expect(await statusOf(merge())).toBe(405);
    await risk.rest.pulls.createReview({ ...repo, pull_number: 1, event: 'APPROVE' });
    await merge();
    // Files that nobody owns wait for nobody.
    await owner.git('fetch', '-q', 'origin');
    await owner.git('checkout', '-q', '-B', 'main', 'origin/main');
    const next = await owner.branch('staging', { 'deploy/staging/m.yaml': 'm\n' });
    await author.rest.repos.createCommitStatus({ ...repo, sha: next, state: 'success', context: 'evaluate' });
    const { data: staging } = await author.rest.pulls.create({
      ...repo,
      head: 'staging',
      base: 'main',
      title: 'Staging',
    });
    expect(staging.mergeable_state).toBe('clean');
    const bot = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'write' }));
    const both = await Promise.all(
      [1, 2].map(() => statusOf(bot.rest.pulls.merge({ ...repo, pull_number: staging.number, sha: next }))),
    );
    expect(both.sort()).toEqual([0, 405]);
  });

  test("a job's token may not merge workflow files", async () => {
    const owner = await startRepository(world, { [WORKFLOW]: 'on: push\n' });
    await owner.branch('feature', { [WORKFLOW]: 'on: [push, pull_request]\n' });
    await octokit(world.forge, world.forge.token('data-scientist')).rest.pulls.create({
      ...repo,
      head: 'feature',
      base: 'main',
      title: 'Workflow',
    });
    const job = octokit(world.forge, world.forge.jobToken(REPOSITORY, { contents: 'write' }));
    expect(await statusOf(job.rest.pulls.merge({ ...repo, pull_number: 1 }))).toBe(403);
    const { data: pull } = await job.rest.pulls.get({ ...repo, pull_number: 1 });
    expect(pull).toMatchObject({ state: 'open', mergeable: true });
  });

  test('a token that was revoked, and one of another repository, may nothing', async () => {
    await startRepository(world, { 'a.txt': 'a\n' }, { private: true });
    await world.forge.createRepository({ name: 'outsider/other' });
    const token = world.forge.jobToken(REPOSITORY, { contents: 'read' });
    expect(await statusOf(octokit(world.forge, token).rest.repos.get(repo))).toBe(0);
    expect(await statusOf(octokit(world.forge, token).rest.issues.listForRepo(repo))).toBe(403);
    world.forge.revoke(token);
    expect(await statusOf(octokit(world.forge, token).rest.repos.get(repo))).toBe(401);
    const other = world.forge.jobToken('outsider/other', { contents: 'write' });
    expect(await statusOf(octokit(world.forge, other).rest.repos.get(repo))).toBe(404);
  });
});
