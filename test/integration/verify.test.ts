import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import history from '../../cli/history.ts';
import verify from '../../cli/verify.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { type Clone, REPOSITORY, startJob, type World } from '../forge/fixture.ts';
import {
  DATA,
  dataDigest,
  declare,
  FILES,
  type Flaws,
  flipped,
  type Made,
  MODEL,
  record,
  release,
  rolledOut,
} from './evidence-support.ts';

// The pace of one write a second is for GitHub's sake, not for a server on this machine.
vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

let world: World;
let clone: Clone;
let github: Github;
let host: Host;
let token: string;

beforeEach(async () => {
  ({ world, clone, github, host, token } = await startJob(FILES, { contents: 'write' }));
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

async function printed(run: () => Promise<number>): Promise<{ code: number; output: string }> {
  let output = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += String(chunk);
    return true;
  });
  try {
    const code = await run();
    return { code, output };
  } finally {
    spy.mockRestore();
  }
}

const walk = (...args: string[]): Promise<{ code: number; output: string }> =>
  printed(() => verify([...args, '--token', token], host));

const broken = ({ output }: { output: string }): string | undefined =>
  /The chain is broken at: ([a-z]+(?: in [a-z]+)?)/.exec(output)?.[1];

/** A release that is live in both environments. */
async function live(flaws: Flaws = {}, reviewers: readonly string[] = ['risk-reviewer']): Promise<Made> {
  const made = await release(world, clone, token, 'model one', flaws);
  const staging = await declare(clone, 'staging', made.digest);
  const production = await declare(clone, 'production', made.digest);
  await record(github, clone, 'staging', rolledOut(made.digest, staging, []));
  await record(github, clone, 'production', rolledOut(made.digest, production, reviewers));
  return made;
}

async function putData(texts: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(texts)) {
    await mkdir(path.dirname(path.join(clone.dir, file)), { recursive: true });
    await writeFile(path.join(clone.dir, file), text);
  }
}

describe('greenlight verify', () => {
  it('walks from traffic back to data, by the first digits too', async () => {
    const { digest } = await live();
    await putData(DATA);
    const { code, output } = await walk(digest, '--data');
    expect(output).toContain('The chain holds');
    expect(code).toBe(0);
    const titles = output.split('\n').filter((line) => line.startsWith('✓'));
    expect(titles.map((line) => line.slice(2))).toEqual([
      'traffic in production',
      'approval in production',
      'traffic in staging',
      'approval in staging',
      'release',
      'evaluation',
      'contract',
      'training',
      'data',
    ]);
    expect(output).toContain('approved by @risk-reviewer');
    expect((await walk(digest.slice(0, 12))).code).toBe(0);
  });

  it.each<[string, string, Flaws]>([
    ['a byte of the model', 'release', { corrupt: 'model.onnx' }],
    ['a byte of a statement', 'release', { corrupt: 'evaluate-model-statement.json' }],
    ['a byte of release.json', 'release', { corrupt: 'release.json' }],
    ['an asset that is not listed', 'release', { unlisted: true }],
    ['an evaluation that failed', 'evaluation', { verdict: 'fail' }],
    ['an evaluation on other data', 'evaluation', { evaluatedOn: 'a'.repeat(64) }],
    ['an evaluation on the training data', 'evaluation', { evaluatedOn: dataDigest('data/train.csv') }],
    ['an evaluation by another policy', 'evaluation', { policy: 'another' }],
    [
      'an evaluation by a file that the manifest does not name',
      'evaluation',
      { policyFile: 'dvc.yaml', policy: FILES['dvc.yaml'] },
    ],
    ['a contract held against other data', 'contract', { contractOf: 'b'.repeat(64) }],
    ['another contract', 'contract', { contract: 'another' }],
    [
      'a contract that the manifest does not name',
      'contract',
      { contractFile: 'dvc.yaml', contract: FILES['dvc.yaml'] },
    ],
    ['a lock that names another model', 'training', { locked: 'c'.repeat(64) }],
    ['a training from another commit', 'training', { trainedFrom: 'd'.repeat(40) }],
    ['a training on other data', 'data', { trainedOn: 'e'.repeat(64) }],
  ])('names the link that %s breaks: %s', async (_, link, flaws) => {
    const { digest } = await release(world, clone, token, 'model one', flaws);
    const commit = await declare(clone, 'staging', digest);
    await record(github, clone, 'staging', rolledOut(digest, commit, []));
    const walked = await walk(digest);
    expect(broken(walked), walked.output).toBe(link);
    expect(walked.code).toBe(1);
  });

  it('names a release of a commit that is not on the default branch, whatever is checked out', async () => {
    const { digest, commit } = await live();
    await clone.git('reset', '-q', '--hard', `${commit}~1`);
    const off = await walk(digest, '--model', MODEL);
    expect(off.output).toContain(`the commit of the release, ${commit}, is not on the default branch (HEAD)`);
    expect(off.code).toBe(1);
    await clone.push('main', '--force');
    await clone.git('fetch', '-q', 'origin');
    await clone.git('checkout', '-q', commit);
    expect((await walk(digest)).output).toContain(`${commit}, is not on the default branch (origin/main)`);
    await clone.git('update-ref', 'refs/remotes/origin/trunk', commit);
    await clone.git('symbolic-ref', 'refs/remotes/origin/HEAD', 'refs/remotes/origin/trunk');
    expect((await walk(digest)).output).not.toContain(`the commit of the release, ${commit}, is not on`);
  });

  it('names a data file with another byte, and one that is not there', async () => {
    const { digest } = await live();
    await putData({ ...DATA, 'data/train.csv': flipped(DATA['data/train.csv']) });
    expect(broken(await walk(digest))).toBe('data');
    await rm(path.join(clone.dir, 'data/train.csv'));
    expect((await walk(digest)).code).toBe(0);
    const all = await walk(digest, '--data');
    expect(all).toMatchObject({ code: 1, output: expect.stringContaining('data/train.csv is not here') });
  });

  it('names a decision that is not of this digest, not of a reviewer, or was never made', async () => {
    const made = await release(world, clone, token, 'model one');
    const other = await declare(clone, 'production', 'f'.repeat(64));
    await record(github, clone, 'production', rolledOut(made.digest, other, ['risk-reviewer']));
    const walked = await walk(made.digest);
    expect(broken(walked)).toBe('approval in production');
    expect(walked.output).toContain(`names ${'f'.repeat(12)}`);
  });

  it.each([
    ['of somebody else', ['outsider'], 'not of a reviewer'],
    ['of nobody', [], 'no approving review'],
  ])('names an approval %s', async (_, reviewers, why) => {
    const { digest } = await live({}, reviewers);
    const walked = await walk(digest);
    expect(broken(walked)).toBe('approval in production');
    expect(walked.output).toContain(why);
  });

  it('names a merge commit that this clone does not have', async () => {
    const made = await release(world, clone, token, 'model one');
    await record(github, clone, 'production', rolledOut(made.digest, '1'.repeat(40), ['risk-reviewer']));
    expect(broken(await walk(made.digest))).toBe('approval in production');
  });

  it('names the traffic where a byte of the ledger was changed', async () => {
    const { digest } = await live();
    await clone.git('fetch', '-q', 'origin', 'greenlight/ledger');
    await clone.git('checkout', '-q', '-B', 'forged', 'FETCH_HEAD');
    const listed = await clone.git('ls-tree', '-r', '--name-only', 'HEAD');
    const step =
      listed.split('\n').find((file) => file.includes('production') && file.includes('-step-')) ?? '';
    const text = await readFile(path.join(clone.dir, step), 'utf8');
    await clone.commit({ [step]: text.replace('"weight": 100', '"weight": 99') }, 'forged');
    const owner = `http://x-access-token:${world.forge.token('model-owner')}@127.0.0.1:${world.forge.port}/${REPOSITORY}.git`;
    await clone.git('push', '-q', owner, 'HEAD:refs/heads/greenlight/ledger');
    await clone.git('checkout', '-q', 'main');
    const walked = await walk(digest);
    expect(broken(walked), walked.output).toBe('traffic');
    expect(walked.output).toContain('ledger/broken-chain');
    expect(walked.code).toBe(1);
  });

  it('names the traffic where a byte of the newest record was changed, which no other names', async () => {
    const { digest } = await live();
    await clone.git('fetch', '-q', 'origin', 'greenlight/ledger');
    await clone.git('checkout', '-q', '-B', 'forged', 'FETCH_HEAD');
    const listed = await clone.git('ls-tree', '-r', '--name-only', 'HEAD');
    const newest =
      listed.split('\n').find((file) => file.includes('production') && file.includes('-rollout-')) ?? '';
    const text = await readFile(path.join(clone.dir, newest), 'utf8');
    await clone.commit({ [newest]: text.replace(/"at": "2/, '"at": "3') }, 'forged');
    const owner = `http://x-access-token:${world.forge.token('model-owner')}@127.0.0.1:${world.forge.port}/${REPOSITORY}.git`;
    await clone.git('push', '-q', owner, 'HEAD:refs/heads/greenlight/ledger');
    await clone.git('checkout', '-q', 'main');
    const walked = await walk(digest);
    expect(broken(walked), walked.output).toBe('traffic');
    expect(walked.output).toContain('ledger/rewritten');
  });

  it('tells a missing release and missing traffic apart', async () => {
    const made = await release(world, clone, token, 'model one');
    expect(broken(await walk(made.digest))).toBe('traffic');
    const digest = '2'.repeat(64);
    const commit = await declare(clone, 'staging', digest);
    await record(github, clone, 'staging', rolledOut(digest, commit, []));
    const walked = await walk(digest);
    expect(broken(walked)).toBe('release');
    expect(walked.output).toContain('· training: not reached');
  });

  it('works from a folder of assets, without GitHub', async () => {
    const { digest, assets } = await live();
    const folder = path.join(world.folder, 'assets');
    await mkdir(folder);
    for (const [name, text] of Object.entries(assets)) await writeFile(path.join(folder, name), text);
    expect((await walk(digest, '--release-dir', folder)).code).toBe(0);
    await writeFile(path.join(folder, 'toy.yaml'), 'changed');
    expect(broken(await walk(digest, '--release-dir', folder))).toBe('release');
  });

  it('is an error, not a finding, where GitHub fails or nobody knows the digest', async () => {
    const { digest } = await live();
    world.forge.inject({ match: { method: 'GET', path: /releases\/tags/ }, answer: { status: 403 } });
    await expect(walk(digest)).rejects.toMatchObject({ code: 'github/forbidden' });
    await expect(walk('0123456789ab')).rejects.toMatchObject({ code: 'verify/unknown-digest' });
    await expect(walk('nonsense')).rejects.toMatchObject({ code: 'cli/bad-flag' });
    await expect(walk(digest, '--what')).rejects.toMatchObject({ code: 'cli/bad-flag' });
  });
});

describe('greenlight history', () => {
  it('prints what was live when, who decided and how it ended, and works with the remote away', async () => {
    const { digest } = await live();
    const next = '3'.repeat(64);
    await record(github, clone, 'production', [
      { kind: 'started', digest: next },
      { kind: 'rejected', digest: next, reason: 'errors rose\n(canary)' },
    ]);
    const { code, output } = await printed(() =>
      history(['--model', MODEL, '--environment', 'production'], host),
    );
    expect(code).toBe(0);
    expect(output).toContain(`${MODEL} in production`);
    expect(output).not.toContain('in staging');
    expect(output).toMatch(
      new RegExp(`now +${digest.slice(0, 12)} .*@risk-reviewer +@ops-reviewer \\(#7\\)`),
    );
    expect(output).toMatch(/333333333333 .* rejected: errors rose \(canary\)/);
    await clone.git('remote', 'set-url', 'origin', path.join(world.folder, 'gone'));
    expect((await printed(() => history([], host))).output).toContain('in staging');
  });

  it('says so where nothing was ever live', async () => {
    expect(await printed(() => history([], host))).toEqual({ code: 0, output: 'Nothing was ever live.\n' });
  });
});
