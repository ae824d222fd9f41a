import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import evaluateModel from '../../actions/evaluate-model/main.ts';
import { perform } from '../../cli/perform.ts';
import { readProbe } from '../../core/formats/probe.ts';
import { writeLedgerRecord } from '../../core/formats/record.ts';
import { writeReleaseManifest } from '../../core/formats/release.ts';
import { readActionReport } from '../../core/formats/report.ts';
import { readStatement } from '../../core/formats/statement.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { type Host, makeHost } from '../../core/toolkit/host.ts';
import { openModel } from '../../core/toolkit/onnx/session.ts';
import { generator } from '../../policies/statistics/bootstrap.ts';
import { columnsOf, numbers, placeModel, texts } from '../unit/onnx-support.ts';

const POLICY = `schema: greenlight.policy/v1
independent_by: day
gates:
  - { metric: auc, at_least: 0.6 }
  - { metric: auc, no_worse_than: live, margin: 0.02, when_nothing_is_live: human_review }
  - { metric: auc, by: place, min_rows: 500, no_worse_than: live, margin: 0.05, when_nothing_is_live: pass }
`;
const MANIFEST = `models:
  delay:
    data: { train: { path: data/train.csv }, test: { path: data/test.csv } }
    model: model/delay.onnx
    evaluation: { policy: policies/delay.yaml, label: late }
    environments:
      production: { after: staging, target: { open-inference: "http://127.0.0.1:1", models: /srv } }
      staging: { target: { open-inference: "http://127.0.0.1:1", models: /srv } }
`;
/** A text that no report, log or error may show. */
const PRIVATE = 'private-place';

/** The model that made the labels, one that has one place's effect wrong, and one that is worthless there. */
const GOOD = placeModel({ a: 0.5, b: -0.5, c: 0 });
const OTHER = placeModel({ a: 0.5, b: -0.5, c: 0.01 });
const BAD = placeModel({ a: 0.5, b: 80, c: 0 });

function csv(): string {
  const random = generator(4, 0);
  const lines = ['day,place,x,late'];
  for (let i = 0; i < 6000; i++) {
    const place = i < 3 ? PRIVATE : 'abc'.charAt(i % 3);
    const x = Math.round(4000 * (random() - 0.5)) / 1000;
    const late = random() < 1 / (1 + Math.exp(-2 * x)) ? 1 : 0;
    const day = 1 + Math.floor(random() * 20);
    lines.push(`2001-02-${String(day).padStart(2, '0')},${place},${x},${late}`);
  }
  return `${lines.join('\n')}\n`;
}

let root: string;
let log: string[];

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'greenlight-test-'));
  log = [];
  await put('data/test.csv', csv());
  await put('policies/delay.yaml', POLICY);
  await put('model/delay.onnx', GOOD);
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

async function put(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), { recursive: true });
  await writeFile(path.join(root, file), content);
}

function git(...args: string[]): string {
  const identity = ['-c', 'user.name=data-scientist', '-c', 'user.email=data-scientist@example.org'];
  return execFileSync('git', [...identity, ...args], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim();
}

function commit(message: string): void {
  git('add', '-A');
  git('commit', '-qm', message);
}

async function run(
  inputs: Record<string, string>,
  { env = {}, github }: { env?: NodeJS.ProcessEnv; github?: Github } = {},
) {
  const say = (message: string) => log.push(message);
  const made = makeHost(env, root, 'out', { info: say, warn: say }, () => '');
  const host: Host = github === undefined ? made : { ...made, github: async () => github };
  const shown: unknown[] = [];
  const code = await perform(evaluateModel, host, {
    input: (name) => inputs[name],
    show: async (report) => void shown.push(report),
    outputs: (values) => shown.push(values),
    annotate: (annotation) => shown.push(annotation),
  });
  const text = await readFile(path.join(root, 'out/evaluate-model/report.json'), 'utf8');
  const report = readActionReport(text, 'report.json');
  const everything = `${text}${await readFile(path.join(root, 'out/evaluate-model/report.html'), 'utf8')}${JSON.stringify(shown)}${log.join()}`;
  return {
    code,
    report,
    text,
    everything,
    codes: report.findings.map((one) => (one as { code?: string }).code),
  };
}

const byInputs = {
  'model-file': 'model/delay.onnx',
  data: 'data/test.csv',
  policy: 'policies/delay.yaml',
  label: 'late',
};

async function statementOf(): Promise<{ text: string; predicate: Record<string, never> }> {
  const text = await readFile(path.join(root, 'out/evaluate-model/statement.json'), 'utf8');
  return { text, predicate: readStatement(text, 'statement.json').predicate as Record<string, never> };
}

describe('on a laptop, without a manifest', () => {
  it('judges a model by a policy, and sends the first one to a person where the policy says so', async () => {
    const { code, report, everything } = await run(byInputs);
    expect(report.verdict).toBe('inconclusive');
    expect(code).toBe(0);
    const { predicate } = await statementOf();
    expect(predicate).toMatchObject({
      verdict: 'inconclusive',
      humanReview: true,
      live: null,
      rows: 6000,
      units: 20,
      policy: { name: 'policies/delay.yaml', digest: { sha256: sha256(POLICY) } },
      data: [{ name: 'data/test.csv', digest: { sha256: sha256(csv()) } }],
    });
    expect(report.subjects).toEqual([{ name: 'delay', sha256: sha256(GOOD) }]);
    expect(everything).not.toContain(PRIVATE);
  });

  it('compares with a live model in a file: passes a candidate as good, stops one that is worse in one place', async () => {
    await put('live.onnx', OTHER);
    const good = await run({ ...byInputs, 'live-model': 'live.onnx' });
    expect([good.code, good.report.verdict]).toEqual([0, 'pass']);
    const first = await statementOf();
    await run({ ...byInputs, 'live-model': 'live.onnx' });
    expect((await statementOf()).text).toBe(first.text);

    await put('model/delay.onnx', BAD);
    const bad = await run({ ...byInputs, 'live-model': 'live.onnx' });
    expect([bad.code, bad.report.verdict]).toEqual([1, 'fail']);
    expect(bad.report.findings[2]).toMatchObject({
      kind: 'gate',
      verdict: 'fail',
      groups: [{ slice: 'b', verdict: 'fail' }, { verdict: 'pass' }, { verdict: 'pass' }],
      small: { slices: 1, rows: 3 },
    });
    expect(bad.everything).not.toContain(PRIVATE);
  });

  it('writes a probe that the model answers, without a rare text of the rows', async () => {
    await run(byInputs);
    const text = await readFile(path.join(root, 'out/evaluate-model/probe.json'), 'utf8');
    const probe = readProbe(text, 'probe.json');
    expect(probe.digest).toBe(sha256(GOOD));
    expect(text).not.toContain(PRIVATE);
    const [x, place] = probe.inputs;
    expect([x?.datatype, place?.datatype]).toEqual(['FP32', 'BYTES']);
    await using model = await openModel(GOOD);
    const scores = await model.score(
      columnsOf(5, { x: numbers(x?.data as number[]), place: texts(place?.data as string[]) }),
    );
    scores.forEach((score, i) => {
      expect(Math.abs(score - (probe.expected[i] ?? 0))).toBeLessThanOrEqual(probe.tolerance);
    });
    expect(new Set(scores).size).toBe(5);
  });

  it.each([
    ['a model that is no ONNX file', 'model/delay.onnx', 'no model', 'model/not-onnx'],
    [
      'a policy with a misspelt metric',
      'policies/delay.yaml',
      POLICY.replace('auc', 'acu'),
      'policy/unknown-metric',
    ],
    [
      'a label that is neither 0 nor 1',
      'data/test.csv',
      'day,place,x,late\n2001-02-01,a,1,2\n',
      'data/bad-label',
    ],
    [
      'a label that is missing',
      'data/test.csv',
      'day,place,x,late\n2001-02-01,a,1,\n2001-02-01,a,1,1\n',
      'data/bad-label',
    ],
    [
      'one class',
      'data/test.csv',
      'day,place,x,late\n2001-02-01,a,1,1\n2001-02-02,a,1,1\n',
      'data/one-class',
    ],
    [
      'a row without its day',
      'data/test.csv',
      'day,place,x,late\n,a,1,1\n2001-02-02,a,1,0\n',
      'data/no-cluster',
    ],
    [
      'an input without its column',
      'data/test.csv',
      'day,plaice,x,late\n2001-02-01,a,1,1\n',
      'model/missing-input',
    ],
    [
      'a missing number that makes the score NaN',
      'data/test.csv',
      'day,place,x,late\n2001-02-01,a,,1\n2001-02-02,a,1,0\n',
      'model/nan-score',
    ],
    [
      'a slice column that the data lack',
      'policies/delay.yaml',
      POLICY.replace('by: place', 'by: origin'),
      'data/no-column',
    ],
  ])('says error for %s', async (_, file, content, error) => {
    await put(file, content);
    const { code, codes, report } = await run(byInputs);
    expect(codes).toEqual([error]);
    expect([code, report.verdict]).toEqual([3, 'error']);
  });
});

describe('in a repository', () => {
  beforeEach(async () => {
    await put('greenlight.yaml', MANIFEST);
    await put('.gitignore', 'out\ndata\nmodel\norigin.git\n.greenlight\n');
    git('init', '-q', '-b', 'main');
    commit('first');
    git('init', '-q', '--bare', '-b', 'main', 'origin.git');
    git('remote', 'add', 'origin', path.join(root, 'origin.git'));
    git('push', '-q', 'origin', 'main');
    await put('out/reproduce-training/delay.onnx', GOOD);
  });

  async function lockTo(digest: string): Promise<void> {
    const model = { path: 'model/delay.onnx', sha256: digest, size: 1 };
    const lock = {
      schema: 'greenlight.lock/v1',
      models: { delay: { model, data: {}, stages: [], environment: {} } },
    };
    await put('greenlight.lock', JSON.stringify(lock));
  }

  /** Pushes a ledger in which `digest` is live in production. */
  function rollOut(digest: string): void {
    const record = {
      schema: 'greenlight.record/v1' as const,
      environment: 'production',
      model: 'delay',
      n: 1,
      kind: 'rollout' as const,
      digest,
      previous: null,
      at: '2001-02-01T00:00:00Z',
    };
    const blob = execFileSync('git', ['hash-object', '-w', '--stdin'], {
      cwd: root,
      input: writeLedgerRecord(record),
      encoding: 'utf8',
    }).trim();
    git(
      'update-index',
      '--add',
      '--cacheinfo',
      `100644,${blob},production/delay/1-rollout-${digest.slice(0, 12)}.json`,
    );
    const tree = git('write-tree');
    const subtree = git('rev-parse', `${tree}:production`);
    const only = execFileSync('git', ['mktree'], {
      cwd: root,
      input: `040000 tree ${subtree}\tproduction\n`,
      encoding: 'utf8',
    }).trim();
    git('push', '-q', 'origin', `${git('commit-tree', only, '-m', 'rollout')}:refs/heads/greenlight/ledger`);
    git('reset', '-q');
  }

  /** Releases as the API gives them: one of `digest` whose model asset has the bytes `asset`. */
  function githubWith(digest: string, asset: Uint8Array): Github {
    const manifest = writeReleaseManifest({
      schema: 'greenlight.release/v1',
      model: 'delay',
      digest,
      commit: '0'.repeat(40),
      files: [
        { role: 'model', path: 'model/delay.onnx', asset: 'delay.onnx', sha256: digest, size: asset.length },
      ],
    });
    const contents = [Buffer.from(manifest), Buffer.from(asset)];
    const octokit = {
      rest: {
        repos: {
          getReleaseByTag: async ({ tag }: { tag: string }) => {
            if (tag !== `delay-${digest.slice(0, 12)}`)
              throw Object.assign(new Error('Not Found'), { status: 404 });
            const assets = [
              { id: 0, name: 'release.json' },
              { id: 1, name: 'delay.onnx' },
            ];
            return { data: { draft: false, html_url: '', published_at: '2001-02-01T00:00:00Z', assets } };
          },
          getReleaseAsset: async ({ asset_id }: { asset_id: number }) => ({
            data: Readable.from([contents[asset_id]]),
          }),
        },
      },
    };
    return {
      owner: 'o',
      repo: 'r',
      serverUrl: 'http://127.0.0.1',
      octokit: octokit as never,
      attempt: (_, call) => call(octokit as never),
      find: (_, call) =>
        call(octokit as never).catch((error: { status?: number }) => {
          if (error.status === 404) return undefined;
          throw error;
        }),
    };
  }

  it('takes the model of reproduce-training and holds it against the lock', async () => {
    await lockTo(sha256(GOOD));
    const { report } = await run({});
    expect(report.verdict).toBe('inconclusive');
    expect(report.subjects).toEqual([{ name: 'delay', sha256: sha256(GOOD) }]);
    await lockTo(sha256(OTHER));
    expect((await run({})).codes).toEqual(['evidence/digest-mismatch']);
  });

  it('holds the data against the lock, and names the files that it cannot find', async () => {
    const pinned = { path: 'data/test.csv', sha256: sha256('other'), size: 1 };
    const model = { path: 'model/delay.onnx', sha256: sha256(GOOD), size: 1 };
    const lock = {
      schema: 'greenlight.lock/v1',
      models: { delay: { model, data: { test: pinned }, stages: [], environment: {} } },
    };
    await put('greenlight.lock', JSON.stringify(lock));
    expect((await run({})).codes).toEqual(['lock/data-changed']);
    await rm(path.join(root, 'out/reproduce-training'), { recursive: true });
    expect((await run({})).codes).toEqual(['evidence/missing']);
  });

  it('compares with what the ledger says is live in the last environment, by digest', async () => {
    rollOut(sha256(OTHER));
    const { report, codes } = await run({}, { github: githubWith(sha256(OTHER), OTHER) });
    expect(codes).not.toContain('evidence/digest-mismatch');
    expect(report.verdict).toBe('pass');
    expect((await statementOf()).predicate).toMatchObject({
      live: { name: 'delay', environment: 'production', digest: { sha256: sha256(OTHER) } },
    });
  });

  it('says error where what is live cannot be had: other bytes, no release, no ledger', async () => {
    rollOut(sha256(OTHER));
    expect((await run({}, { github: githubWith(sha256(OTHER), GOOD) })).codes).toEqual([
      'evidence/digest-mismatch',
    ]);
    expect((await run({}, { github: githubWith(sha256(BAD), BAD) })).codes).toEqual(['release/missing']);
    await rm(path.join(root, 'origin.git'), { recursive: true });
    expect((await run({})).codes).toEqual(['ledger/unreachable']);
  });

  it('has nothing to compare with where the repository has no remote', async () => {
    git('remote', 'remove', 'origin');
    const { report, text } = await run({});
    expect(report.verdict).toBe('inconclusive');
    expect(text).toContain('no remote');
  });

  describe('on a pull request', () => {
    const pull = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };
    const lax = POLICY.replace('at_least: 0.6', 'at_least: 0.1');

    it('judges by the base branch’s policy and shows the edit', async () => {
      await put('policies/delay.yaml', lax);
      commit('loosen');
      const { text } = await run({}, { env: pull });
      expect((await statementOf()).predicate).toMatchObject({
        policy: { digest: { sha256: sha256(POLICY) } },
      });
      expect(text).toContain('differs from the base branch');
      // Outside a pull request the checkout's own binds.
      await run({});
      expect((await statementOf()).predicate).toMatchObject({ policy: { digest: { sha256: sha256(lax) } } });
    });

    it('judges by the policy that the base branch’s manifest names', async () => {
      await put('policies/lax.yaml', lax);
      await put('greenlight.yaml', MANIFEST.replace('policies/delay.yaml', 'policies/lax.yaml'));
      commit('another policy');
      await run({}, { env: pull });
      expect((await statementOf()).predicate).toMatchObject({
        policy: { name: 'policies/delay.yaml', digest: { sha256: sha256(POLICY) } },
      });
    });

    it('says so where the base branch has no policy yet', async () => {
      git('rm', '-q', 'policies/delay.yaml');
      commit('base without');
      git('push', '-q', 'origin', 'HEAD:main');
      await put('policies/delay.yaml', POLICY);
      expect((await run({}, { env: pull })).text).toContain('judged its own model');
    });
  });
});
