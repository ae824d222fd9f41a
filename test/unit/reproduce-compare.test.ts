import { describe, expect, it } from 'vitest';
import {
  compare,
  definitionDifferences,
  environmentDifferences,
  type Trace,
} from '../../actions/reproduce-training/compare.ts';
import { stageEnvironment } from '../../actions/reproduce-training/environment.ts';
import { provenance } from '../../actions/reproduce-training/provenance.ts';
import { reproductionReport } from '../../actions/reproduce-training/report.ts';
import type { LockFile, LockModel } from '../../core/formats/lock.ts';
import { readStatement, writeStatement } from '../../core/formats/statement.ts';
import { fetchEnvironment } from '../../core/toolkit/team-command.ts';

const file = (path: string, digit = '0'): LockFile => ({ path, sha256: digit.repeat(64), size: 1 });

const LOCKED: LockModel = {
  model: file('m.onnx'),
  data: { train: file('train.csv'), test: file('test.csv') },
  environment: { node: 'v24.0.0', arch: 'x64' },
  stages: [
    { name: 'prepare', cmd: 'p', deps: [file('train.csv')], params: {}, outs: [file('prepared.csv')] },
    {
      name: 'train',
      cmd: 't',
      deps: [file('prepared.csv')],
      params: { 'params.yaml:seed': 1 },
      outs: [file('m.onnx')],
    },
  ],
};

const definitions = LOCKED.stages.map(({ name, cmd, params }) => ({ name, cmd, params }));

const SAME: Trace = {
  definitions,
  data: { train: file('train.csv'), test: file('test.csv') },
  environment: { node: 'v24.0.0', arch: 'x64' },
  stages: LOCKED.stages.map(({ name, deps, outs }) => ({ name, deps, outs })),
  model: file('m.onnx'),
};

const kinds = (trace: Trace): string[] =>
  compare(LOCKED, trace).map((difference) =>
    'path' in difference ? `${difference.kind} ${difference.path}` : difference.kind,
  );

describe('compare', () => {
  it('finds nothing where every byte is the same', () => {
    expect(compare(LOCKED, SAME)).toEqual([]);
  });

  it('names the stage that had the same inputs and wrote another output before those that read it', () => {
    const [prepare, train] = SAME.stages;
    if (prepare === undefined || train === undefined) throw new Error('two stages');
    expect(
      kinds({
        ...SAME,
        stages: [
          { ...prepare, outs: [file('prepared.csv', '1')] },
          { name: 'train', deps: [file('prepared.csv', '1')] },
        ],
      }),
    ).toEqual(['output prepared.csv', 'input prepared.csv']);
  });

  it('names files that are new and files that are gone', () => {
    const [prepare, train] = SAME.stages;
    if (prepare === undefined || train === undefined) throw new Error('two stages');
    expect(
      kinds({ ...SAME, stages: [prepare, { ...train, outs: [file('n.onnx')] }], model: file('n.onnx') }),
    ).toEqual(['output n.onnx', 'output m.onnx', 'model n.onnx', 'model m.onnx']);
  });

  it('tells other commands, parameters and stages without a run', () => {
    const [prepare, train] = definitions;
    if (prepare === undefined || train === undefined) throw new Error('two stages');
    const declared = (...found: typeof definitions) => compare(LOCKED, { definitions: found, stages: [] });
    expect(
      declared({ ...prepare, cmd: 'q' }, { ...train, params: { 'params.yaml:seed': 2, 'params.yaml:x': 0 } }),
    ).toEqual([
      { kind: 'command', stage: 'prepare', locked: 'p', found: 'q' },
      { kind: 'parameter', stage: 'train', name: 'params.yaml:seed', locked: 1, found: 2 },
      { kind: 'parameter', stage: 'train', name: 'params.yaml:x', locked: undefined, found: 0 },
    ]);
    expect(declared(train, prepare)).toEqual([{ kind: 'stage', locked: 'prepare', found: 'train' }]);
    expect(declared(prepare)).toEqual([{ kind: 'stage', locked: 'train', found: undefined }]);
  });

  it('names the deepest key of a parameter that differs', () => {
    const stage = (a: unknown) => [{ name: 's', cmd: 'c', params: { 'params.yaml:train': a } }];
    const names = (locked: unknown, found: unknown): string[] =>
      definitionDifferences(stage(locked), stage(found)).map((difference) =>
        difference.kind === 'parameter' ? difference.name : difference.kind,
      );
    expect(names({ a: 1, b: { c: [1], d: null } }, { b: { d: null, c: [2] }, a: 1 })).toEqual([
      'params.yaml:train.b.c',
    ]);
    expect(names({ a: null }, {})).toEqual(['params.yaml:train.a']);
    expect(names({ a: {} }, { a: [] })).toEqual(['params.yaml:train.a']);
    expect(names({ b: 1, a: 1 }, { a: 1, b: 1 })).toEqual([]);
  });

  it('sees a model that was edited into the lock', () => {
    expect(kinds({ ...SAME, model: file('m.onnx', '2') })).toEqual(['model m.onnx']);
  });

  it('tells other data and another environment', () => {
    expect(kinds({ ...SAME, data: { train: file('train.csv', '3'), test: file('test.csv') } })).toEqual([
      'data train.csv',
    ]);
    expect(environmentDifferences(LOCKED.environment, { node: 'v26.0.0', arch: 'x64', TZ: 'UTC' })).toEqual([
      { kind: 'environment', name: 'TZ', locked: undefined, found: 'UTC' },
      { kind: 'environment', name: 'node', locked: 'v24.0.0', found: 'v26.0.0' },
    ]);
  });
});

describe('the environment of commands', () => {
  const env = {
    PATH: '/bin',
    HOME: '/home/u',
    LC_TIME: 'de_DE',
    AWS_ACCESS_KEY_ID: 'a',
    GITHUB_TOKEN: 'b',
    GITHUB_ENV: '/f',
    ACTIONS_RUNTIME_TOKEN: 'c',
    INPUT_TOKEN: 'd',
    GH_TOKEN: 'e',
    TZ: 'Asia/Tokyo',
  };

  it('gives stages what a program needs and the fixed settings, nothing else', () => {
    const given = stageEnvironment(env);
    expect(Object.keys(given).sort()).toEqual(
      ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'OMP_NUM_THREADS', 'OPENBLAS_NUM_THREADS', 'MKL_NUM_THREADS']
        .concat(['PYTHONHASHSEED', 'SOURCE_DATE_EPOCH'])
        .sort(),
    );
    expect(given['TZ']).toBe('UTC');
  });

  it('gives fetch the way to the data, and nothing of the runner', () => {
    const names = Object.keys(fetchEnvironment(env));
    expect(names).toContain('AWS_ACCESS_KEY_ID');
    for (const kept of ['GITHUB_TOKEN', 'GITHUB_ENV', 'ACTIONS_RUNTIME_TOKEN', 'INPUT_TOKEN', 'GH_TOKEN']) {
      expect(names).not.toContain(kept);
    }
  });
});

describe('provenance', () => {
  const origin = {
    commit: 'c'.repeat(40),
    pipeline: 'dvc.yaml',
    pipelineSha256: 'd'.repeat(64),
    lockSha256: 'e'.repeat(64),
    changes: [
      { path: 'params.yaml', sha256: 'f'.repeat(64) },
      { path: 'gone.csv', sha256: undefined },
    ],
  };

  it('names the model and everything that was read, by digest', () => {
    const read = readStatement(writeStatement(provenance('m', LOCKED, origin)), 'statement.json');
    expect(read.subject).toEqual([{ name: 'm', digest: { sha256: '0'.repeat(64) } }]);
    expect(read.predicateType).toBe('https://slsa.dev/provenance/v1');
    expect(read.predicate).toMatchObject({
      buildDefinition: {
        externalParameters: { commit: origin.commit, model: 'm', removed: ['gone.csv'] },
        internalParameters: { environment: LOCKED.environment },
        resolvedDependencies: [
          { name: 'commit', digest: { gitCommit: origin.commit } },
          { name: 'greenlight.lock' },
          { name: 'dvc.yaml' },
          { name: 'train.csv' },
          { name: 'test.csv' },
          { name: 'params.yaml' },
        ],
      },
    });
  });
});

describe('reproductionReport', () => {
  const told = (trace: Trace) =>
    reproductionReport({
      name: 'm',
      commit: 'c'.repeat(40),
      trace,
      locked: LOCKED,
      differences: compare(LOCKED, trace),
      environment: [],
      uncommitted: [],
    });
  const rows = (trace: Trace) =>
    told(trace).blocks.flatMap((block) => (block.kind === 'table' ? [...block.rows] : []));

  it('shows which stage had the same inputs and which was not run', () => {
    expect(rows(SAME)).toEqual([
      ['prepare', 'same', 'same'],
      ['train', 'same', 'same'],
    ]);
    const [prepare] = SAME.stages;
    if (prepare === undefined) throw new Error('a stage');
    const diverged = {
      definitions,
      data: SAME.data ?? {},
      stages: [
        { ...prepare, outs: [file('prepared.csv', '1')] },
        { name: 'train', deps: [file('prepared.csv', '1')] },
      ],
    };
    expect(rows(diverged)).toEqual([
      ['prepare', 'same', 'other'],
      ['train', 'other', 'not run'],
    ]);
    expect(told(diverged).blocks[0]).toMatchObject({ kind: 'verdict', verdict: 'fail' });
  });
});
