import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Github } from '../../core/toolkit/github.ts';
import {
  mergePullRequest,
  updatePullRequestBranch,
  upsertPullRequest,
  type WantedPullRequest,
} from '../../core/toolkit/pull-request.ts';
import { octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';

vi.mock('@octokit/plugin-retry', () => ({ retry: () => ({}) }));

const BRANCH = 'greenlight/retrain/toy';
const [owner, repo] = REPOSITORY.split('/') as [string, string];

let world: World;
let github: Github;
let push: (files: Record<string, string>) => Promise<void>;

beforeEach(async () => {
  const job = await startJob(
    { 'lock.yaml': 'old\n' },
    { contents: 'write', 'pull-requests': 'write', issues: 'write' },
    { actionsMayCreatePullRequests: true },
  );
  ({ world, github } = job);
  push = async (files) => {
    await job.clone.commit(files, 'a change');
    await job.clone.push('main');
  };
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

function wanted(text: string): WantedPullRequest {
  return {
    branch: BRANCH,
    base: 'main',
    title: 'Retrain',
    body: 'why',
    files: { 'lock.yaml': text },
    message: 'Retrain',
  };
}

const owners = () => octokit(world.forge, world.forge.token('model-owner')).rest;

async function open(text: string): Promise<{ number: number; head: string }> {
  const result = await upsertPullRequest(github, wanted(text));
  if (!('head' in result)) throw new Error(`it is ${result.operation}`);
  return result;
}

describe('a file of more than one megabyte, whose content GitHub keeps to itself', () => {
  const LONG = `${'é'.repeat(700_000)}\n`;

  it('is written once', async () => {
    await open(LONG);
    const writes = world.forge.writes().length;
    expect(await upsertPullRequest(github, wanted(LONG))).toMatchObject({ operation: 'unchanged' });
    expect(world.forge.writes().length).toBe(writes);
    expect(await upsertPullRequest(github, wanted(`${LONG}more\n`))).toMatchObject({ operation: 'updated' });
  });

  it('is not proposed again where a person closed it', async () => {
    const { number } = await open(LONG);
    await owners().pulls.update({ owner, repo, pull_number: number, state: 'closed' });
    expect(await upsertPullRequest(github, wanted(LONG))).toMatchObject({
      operation: 'rejected-by-person',
      number,
    });
  });

  it('is not needed where main has it', async () => {
    await push({ 'lock.yaml': LONG });
    expect(await upsertPullRequest(github, wanted(LONG))).toEqual({ operation: 'not-needed' });
  });
});

describe('a pull request that conflicts with its base', () => {
  it('is written again on both heads, once', async () => {
    const { number } = await open('new\n');
    await push({ 'lock.yaml': 'other\n' });
    const mergeable = async () =>
      (await owners().pulls.get({ owner, repo, pull_number: number })).data.mergeable;
    expect(await mergeable()).toBe(false);
    expect(await upsertPullRequest(github, wanted('new\n'))).toMatchObject({ operation: 'updated', number });
    expect(await mergeable()).toBe(true);
    const writes = world.forge.writes().length;
    expect(await upsertPullRequest(github, wanted('new\n'))).toMatchObject({ operation: 'unchanged' });
    expect(world.forge.writes().length).toBe(writes);
  });
});

describe('mergePullRequest', () => {
  it.each([
    ['squash', {}, 1],
    ['merge', { allow_squash_merge: false }, 2],
    ['rebase', { allow_squash_merge: false, allow_merge_commit: false }, 1],
  ])('takes %s where the settings allow it', async (_, settings, parents) => {
    const { number, head } = await open('new\n');
    await owners().repos.update({ owner, repo, ...settings });
    expect(await mergePullRequest(github, number, head, 'Retrain')).toEqual({ kind: 'done' });
    const { data } = await owners().repos.getBranch({ owner, repo, branch: 'main' });
    expect(data.commit.parents).toHaveLength(parents);
  });

  it("gives GitHub's reason, and tells a head that moved", async () => {
    const { number, head } = await open('new\n');
    expect(await mergePullRequest(github, number, 'f'.repeat(40), 'Retrain')).toEqual({ kind: 'moved' });
    await owners().pulls.update({ owner, repo, pull_number: number, state: 'closed' });
    expect(await mergePullRequest(github, number, head, 'Retrain')).toEqual({
      kind: 'refused',
      reason: 'Pull Request is not mergeable',
    });
  });
});

describe('updatePullRequestBranch', () => {
  it("merges the base by the workflow's own commit, from the head that was read", async () => {
    const { number, head } = await open('new\n');
    await push({ 'other.txt': 'main has moved\n' });
    expect(await updatePullRequestBranch(github, number, 'f'.repeat(40))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('head sha'),
    });
    expect(await updatePullRequestBranch(github, number, head)).toEqual({ kind: 'done' });
    const { data } = await owners().repos.getBranch({ owner, repo, branch: BRANCH });
    expect(data.commit.parents.map(({ sha }) => sha)).toContain(head);
    // The branch is the workflow's still.
    expect(await upsertPullRequest(github, wanted('new\n'))).toMatchObject({ operation: 'unchanged' });
    expect(await upsertPullRequest(github, wanted('newer\n'))).toMatchObject({ operation: 'updated' });
  });
});
