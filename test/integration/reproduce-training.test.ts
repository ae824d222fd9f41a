import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import action from '../../actions/reproduce-training/main.ts';
import { readLock } from '../../core/formats/lock.ts';
import { readStatement } from '../../core/formats/statement.ts';
import { type GreenlightError, userErrors } from '../../core/kernel/errors.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { makeHost } from '../../core/toolkit/host.ts';

const MANIFEST = `models:
  toy:
    setup: node scripts/setup.mjs
    data:
      fetch: node scripts/fetch.mjs
      train: { path: data/train.csv }
      test: { path: data/test.csv }
    training: { pipeline: dvc.yaml, reproduce: bytes }
    model: model/toy.onnx
`;
const PIPELINE = `stages:
  train:
    cmd: node scripts/train.mjs
    deps: [scripts/train.mjs, work/prepared.csv]
    params: [rounds]
    outs: [model/toy.onnx]
    metrics: [{ metrics.json: { cache: false } }]
  prepare:
    cmd: node scripts/prepare.mjs
    deps: [scripts/prepare.mjs, data/train.csv]
    outs: [work]
`;
const TRAIN = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('model', { recursive: true });
const rounds = /rounds: (.*)/.exec(readFileSync('params.yaml', 'utf8'))[1];
writeFileSync('model/toy.onnx', readFileSync('work/prepared.csv', 'utf8') + rounds + process.env.TZ);
writeFileSync('metrics.json', '{}');
console.log('::error::training says');
`;
const PREPARE = `import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
mkdirSync('work', { recursive: true });
writeFileSync('work/prepared.csv', readFileSync('data/train.csv', 'utf8').toUpperCase());
`;
const FETCH = `import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
if (!existsSync('ready')) throw new Error('setup first');
mkdirSync('data', { recursive: true });
writeFileSync('data/train.csv', 'a,b\\n1,2\\n');
writeFileSync('data/test.csv', 'a,b\\n3,4\\n');
`;

let root: string;
let logged: string[];

beforeEach(async () => {
  root = await realpath(await mkdtemp(path.join(tmpdir(), 'greenlight-reproduce-')));
  logged = [];
  git('init', '--quiet', '--initial-branch=main');
  git('config', 'user.name', 'data-scientist');
  git('config', 'user.email', 'data-scientist@example.com');
  await write({
    '.gitignore': '/data/\n/work/\n/model/\n/ready\n.greenlight/\n',
    'greenlight.yaml': MANIFEST,
    'dvc.yaml': PIPELINE,
    'params.yaml': 'rounds: 3\n',
    'scripts/setup.mjs': "import { writeFileSync } from 'node:fs';\nwriteFileSync('ready', '');\n",
    'scripts/fetch.mjs': FETCH,
    'scripts/prepare.mjs': PREPARE,
    'scripts/train.mjs': TRAIN,
  });
  commit('first');
});

afterEach(async () => {
  await rm(root, { recursive: true, force: true });
});

function git(...args: string[]): string {
  return execFileSync('git', ['-C', root, ...args], { encoding: 'utf8' }).trim();
}

function commit(message: string): void {
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
}

async function write(files: Readonly<Record<string, string>>): Promise<void> {
  for (const [file, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(root, file)), { recursive: true });
    await writeFile(path.join(root, file), text);
  }
}

const out = (file: string): string => path.join(root, '.greenlight/out/reproduce-training', file);

/** What Git sees in the checkout, the folder and the file that the action may write aside. */
function checkout(): string[] {
  return git('status', '--porcelain', '--ignored', '-z')
    .split('\0')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '' && !/(^| )(\.greenlight\/|greenlight\.lock)$/.test(entry));
}

async function run(given: { writeLock?: boolean; commit?: string; model?: string } = {}): Promise<Outcome> {
  const log = {
    info: (line: string) => logged.push(line),
    warn: (line: string) => logged.push(`warning: ${line}`),
  };
  const inputs = {
    model: given.model,
    'write-lock': given.writeLock === true,
    commit: given.commit,
    'retrain-as-of': undefined,
  };
  const before = checkout();
  try {
    return await action.run(
      inputs,
      makeHost(process.env, root, '.greenlight/out', log, () => ''),
    );
  } finally {
    const entries = await readdir(path.join(root, '.greenlight')).catch(() => []);
    expect(entries.filter((entry) => entry.startsWith('clone'))).toEqual([]);
    expect(checkout()).toEqual(before);
  }
}

async function refusal(given: Parameters<typeof run>[0] = {}): Promise<GreenlightError> {
  try {
    await run(given);
  } catch (thrown) {
    const [error] = userErrors(thrown);
    if (error !== undefined) return error;
    throw thrown;
  }
  throw new Error('no error');
}

async function locked(): Promise<Outcome> {
  const outcome = await run({ writeLock: true });
  commit('lock');
  return outcome;
}

describe('reproduce-training', () => {
  it('writes the lock, and reproduces the model from the commit that carries it', async () => {
    const first = await locked();
    expect(first).toMatchObject({
      verdict: 'pass',
      model: 'toy',
      outputs: { 'lock-file': 'greenlight.lock' },
    });
    const lock = readLock(await readFile(path.join(root, 'greenlight.lock'), 'utf8')).models['toy'];
    expect(lock?.model.sha256).toBe(sha256('A,B\n1,2\n3UTC'));
    expect(lock?.stages.map(({ name }) => name)).toEqual(['prepare', 'train']);
    expect(lock?.stages[1]?.params).toEqual({ 'params.yaml:rounds': 3 });
    expect(lock?.stages[0]?.outs.map(({ path: file }) => file)).toEqual(['work/prepared.csv']);
    expect(lock?.environment).toMatchObject({ node: process.version, TZ: 'UTC', platform: process.platform });

    const second = await run();
    expect(second).toMatchObject({
      verdict: 'pass',
      findings: [],
      outputs: { 'model-digest': lock?.model.sha256 },
    });
    expect(sha256(await readFile(out('toy.onnx')))).toBe(lock?.model.sha256);
    const statement = await readFile(out('statement.json'), 'utf8');
    expect(readStatement(statement, 'statement.json').subject).toEqual([
      { name: 'toy', digest: { sha256: lock?.model.sha256 } },
    ]);
    expect(existsSync(out('greenlight.lock'))).toBe(false);
    await run();
    expect(await readFile(out('statement.json'), 'utf8')).toBe(statement);
  });

  it('never lets a line of the training begin a line of the log', async () => {
    await run({ writeLock: true });
    expect(logged.filter((line) => line.includes('::error::'))).toEqual([
      '  the stage train | ::error::training says',
    ]);
  });

  it.each([
    [
      'prepare',
      'scripts/prepare.mjs',
      PREPARE.replace('.toUpperCase()', ' + Math.random()'),
      'work/prepared.csv',
    ],
    [
      'train',
      'scripts/train.mjs',
      TRAIN.replace('process.env.TZ', 'process.hrtime.bigint()'),
      'model/toy.onnx',
    ],
  ])('fails where %s does not repeat itself, and names it', async (stage, file, script, output) => {
    await write({ [file]: script });
    commit('random');
    await locked();
    const outcome = await run();
    expect(outcome.verdict).toBe('fail');
    expect(outcome.findings[0]).toMatchObject({ kind: 'output', stage, path: output });
    expect(JSON.stringify(outcome.report)).toContain('the same inputs gave another output');
    expect(existsSync(out('toy.onnx'))).toBe(false);
    expect(existsSync(out('statement.json'))).toBe(false);
  });

  it('fails before the stage that would read another input, and names the file', async () => {
    await locked();
    await write({ 'scripts/train.mjs': `${TRAIN}// other\n` });
    commit('other code');
    logged = [];
    const outcome = await run();
    expect(outcome.verdict).toBe('fail');
    expect(outcome.findings).toMatchObject([{ kind: 'input', stage: 'train', path: 'scripts/train.mjs' }]);
    expect(logged.some((line) => line.startsWith('the stage prepare'))).toBe(true);
    expect(logged.some((line) => line.startsWith('the stage train'))).toBe(false);
  });

  it('fails without running anything where a parameter is not the lock’s', async () => {
    await locked();
    await write({ 'params.yaml': 'rounds: 4\n' });
    commit('more rounds');
    logged = [];
    const outcome = await run();
    expect(outcome.verdict).toBe('fail');
    expect(outcome.findings).toEqual([
      { kind: 'parameter', stage: 'train', name: 'params.yaml:rounds', locked: 3, found: 4 },
    ]);
    expect(logged).toEqual([]);
  });

  it('leaves uncommitted changes out of a reproduction, takes them along into a lock, and says both', async () => {
    await locked();
    await write({ 'params.yaml': 'rounds: 4\n', 'notes.txt': 'new\n' });
    const reproduced = await run();
    expect(reproduced.verdict).toBe('pass');
    expect(JSON.stringify(reproduced.report)).toContain('left out');
    expect(logged).toContain('warning: uncommitted changes are left out: notes.txt, params.yaml');

    const written = await run({ writeLock: true });
    expect(written.findings.slice(0, 1)).toMatchObject([{ kind: 'parameter', locked: 3, found: 4 }]);
    expect(JSON.stringify(written.report)).toContain('taken along');
    expect(await readFile(out('params.yaml'), 'utf8')).toBe('rounds: 4\n');
    expect(await readFile(out('greenlight.lock'), 'utf8')).toBe(
      await readFile(path.join(root, 'greenlight.lock'), 'utf8'),
    );
    expect(await readFile(out('statement.json'), 'utf8')).toContain(sha256('rounds: 4\n'));
    commit('retrained');
    expect((await run()).verdict).toBe('pass');
  });

  it('takes a deletion along into a lock', async () => {
    await rm(path.join(root, 'scripts/prepare.mjs'));
    expect(await refusal({ writeLock: true })).toMatchObject({
      code: 'pipeline/missing-dep',
      place: { file: 'dvc.yaml', line: 10 },
    });
  });

  it('rebuilds an older commit', async () => {
    await locked();
    const old = git('rev-parse', 'HEAD');
    await write({ 'params.yaml': 'rounds: 5\n' });
    await locked();
    const outcome = await run({ commit: old });
    expect(outcome).toMatchObject({ verdict: 'pass', outputs: { 'model-digest': sha256('A,B\n1,2\n3UTC') } });
    expect((await refusal({ commit: 'nowhere' })).code).toBe('git/unknown-commit');
    expect((await refusal({ commit: old, writeLock: true })).code).toBe('input/bad-value');
  });

  it('refuses other data than the lock pins', async () => {
    await locked();
    await write({ 'scripts/fetch.mjs': FETCH.replace('1,2', '1,9') });
    commit('other data');
    const error = await refusal();
    expect(error.code).toBe('lock/data-changed');
    expect(error.message).toContain('data/train.csv');
  });

  it('refuses a commit whose lock does not know the model, and files of an earlier run do not stay', async () => {
    await run({ writeLock: true });
    await rm(path.join(root, 'greenlight.lock'));
    const error = await refusal();
    expect(error).toMatchObject({ code: 'lock/missing-model' });
    expect(error.mend).toContain('--write-lock');
    expect(existsSync(out('toy.onnx'))).toBe(false);
  });

  it('shows the exit code and the last words of a command that fails', async () => {
    await write({ 'scripts/train.mjs': "console.error('no rows');\nprocess.exit(7);\n" });
    commit('broken');
    const error = await refusal({ writeLock: true });
    expect(error.code).toBe('command/failed');
    expect(error.message).toContain(
      'the stage train `node scripts/train.mjs` ended with exit code 7:\nno rows',
    );
    expect(existsSync(path.join(root, 'greenlight.lock'))).toBe(false);
  });

  it('refuses an out that was not written, though an old one is in Git', async () => {
    await write({
      'metrics.json': '{}',
      'scripts/train.mjs': TRAIN.replace("writeFileSync('metrics.json', '{}');", ''),
    });
    commit('metrics in Git');
    expect(await refusal({ writeLock: true })).toMatchObject({
      code: 'pipeline/missing-out',
      place: { file: 'dvc.yaml', line: 7 },
    });
  });

  it('refuses data that fetch did not bring, a model that no stage writes, and a model that is not trained', async () => {
    await write({ 'greenlight.yaml': MANIFEST.replace('data/test.csv', 'data/missing.csv') });
    expect((await refusal({ writeLock: true })).code).toBe('data/missing');
    await write({ 'greenlight.yaml': MANIFEST.replace('model/toy.onnx', 'model/other.onnx') });
    expect((await refusal({ writeLock: true })).code).toBe('pipeline/no-model');
    await write({ 'greenlight.yaml': MANIFEST.replace(/ {4}training.*\n/, '') });
    expect((await refusal({ writeLock: true })).code).toBe('manifest/no-training');
  });

  it('keeps the repository’s secrets from the stages', async () => {
    process.env['GITHUB_TOKEN'] = 'secret-token';
    process.env['TEAM_SECRET'] = 'secret-team';
    try {
      await write({ 'scripts/train.mjs': `${TRAIN}console.log(JSON.stringify(process.env));\n` });
      await run({ writeLock: true });
    } finally {
      delete process.env['GITHUB_TOKEN'];
      delete process.env['TEAM_SECRET'];
    }
    expect(logged.some((line) => line.includes('SOURCE_DATE_EPOCH'))).toBe(true);
    expect(logged.some((line) => line.includes('secret-'))).toBe(false);
  });

  it('keeps the other models of the lock', async () => {
    await locked();
    const text = await readFile(path.join(root, 'greenlight.lock'), 'utf8');
    await write({
      'greenlight.lock': text.replace(
        '"toy": {',
        `"other": ${JSON.stringify(readLock(text).models['toy'])},\n"toy": {`,
      ),
    });
    await run({ writeLock: true });
    expect(Object.keys(readLock(await readFile(path.join(root, 'greenlight.lock'), 'utf8')).models)).toEqual([
      'other',
      'toy',
    ]);
  });

  it('works in a shallow checkout of a detached commit, as actions/checkout makes it, and sweeps what a killed run left', async () => {
    await locked();
    const origin = root;
    root = path.join(origin, '.greenlight/shallow');
    execFileSync('git', ['clone', '--quiet', '--depth=1', `file://${origin}`, root]);
    git('checkout', '--quiet', '--detach', 'HEAD');
    await write({ '.greenlight/clone-toy/work/prepared.csv': 'left over' });
    expect((await run()).verdict).toBe('pass');
    root = origin;
  });
});
