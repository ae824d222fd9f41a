import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import compileDossier from '../../actions/compile-dossier/main.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { renderHtml } from '../../reports/html.ts';
import { type Clone, octokit, REPOSITORY, startJob, type World } from '../forge/fixture.ts';
import { declare, FILES, MODEL, record, release, rolledOut } from './evidence-support.ts';

// The pace of one write a second is for GitHub's sake, not for a server on this machine.
vi.mock('@octokit/plugin-throttling', () => ({ throttling: () => ({}) }));

const [owner, repo] = REPOSITORY.split('/') as [string, string];

let world: World;
let clone: Clone;
let github: Github;
let host: Host;
let token: string;

beforeEach(async () => {
  ({ world, clone, github, host, token } = await startJob(FILES, {
    contents: 'write',
    issues: 'write',
    'pull-requests': 'read',
  }));
});

afterEach(async () => {
  expect(world.forge.violations).toEqual([]);
  await world.close();
});

const compile = () => {
  const reading = world.forge.jobToken(REPOSITORY, {
    contents: 'read',
    issues: 'read',
    'pull-requests': 'read',
  });
  return compileDossier.run({ model: undefined, token: reading }, host);
};

describe('compile-dossier', () => {
  it('tells what is live on which evidence, what went wrong and what is not known, with the same bytes twice', async () => {
    const one = await release(world, clone, token, 'model one');
    const commit = await declare(clone, 'production', one.digest);
    await record(github, clone, 'production', rolledOut(one.digest, commit, ['risk-reviewer']));
    const two = await release(world, clone, token, 'model two');
    await record(github, clone, 'production', [
      { kind: 'started', digest: two.digest },
      { kind: 'rejected', digest: two.digest, reason: 'errors <rose>' },
    ]);
    const three = await release(world, clone, token, 'model three');
    await octokit(world.forge, token).rest.issues.create({
      owner,
      repo,
      title: 'The data of toy have moved',
      body: `<!-- greenlight:drift:${MODEL} -->\nmoved`,
      labels: ['greenlight-drift'],
    });
    const writes = world.forge.writes().length;
    const outcome = await compile();
    expect(outcome).toMatchObject({
      verdict: 'pass',
      outputs: { live: JSON.stringify({ production: one.digest }), broken: '' },
      subjects: [{ name: MODEL, sha256: one.digest }],
    });
    const html = renderHtml(outcome.report, { title: outcome.report.title });
    for (const words of [
      'the chain of everything that is live holds',
      '@risk-reviewer',
      'contracts/toy.yaml',
      'auc at_least 0.7',
      'to the level of bytes',
      'errors &lt;rose&gt;',
      'It never had traffic; the rest of its chain holds',
      'The data of toy have moved',
      'No retraining was ever proposed',
      'None: no gate of this repository can be waived yet',
      'was released and never rolled out',
      'Annex IV',
      'ISO/IEC 42001',
      three.digest.slice(0, 12),
    ])
      expect(html).toContain(words);
    expect(renderHtml((await compile()).report, { title: outcome.report.title })).toBe(html);
    expect(world.forge.writes().length).toBe(writes);
  });

  it('fails and names the link where what is live does not hold', async () => {
    const one = await release(world, clone, token, 'model one', { corrupt: 'model.onnx' });
    const commit = await declare(clone, 'production', one.digest);
    await record(github, clone, 'production', rolledOut(one.digest, commit, ['risk-reviewer']));
    expect(await compile()).toMatchObject({
      verdict: 'fail',
      outputs: { broken: `release of ${one.digest.slice(0, 12)}` },
    });
  });

  it('is inconclusive where nothing is live', async () => {
    expect((await compile()).verdict).toBe('inconclusive');
  });
});
