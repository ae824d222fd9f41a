import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { overlap, readParams, readPipeline } from '../../core/formats/pipeline.ts';
import { type GreenlightError, userErrors } from '../../core/kernel/errors.ts';
import { formatPlace } from '../../core/kernel/place.ts';
import { readYaml } from '../../core/kernel/yaml.ts';

function faults(read: () => unknown): readonly GreenlightError[] {
  try {
    read();
  } catch (thrown) {
    return userErrors(thrown);
  }
  return [];
}

function told(text: string, file = 'dvc.yaml'): string[] {
  return faults(() => readPipeline(text, file)).map(
    ({ code, place }) => `${code} ${place === undefined ? '' : formatPlace(place)}`,
  );
}

const GOOD = `stages:
  train:
    cmd: node train.mjs
    deps: [train.mjs, data/prepared.csv]
    params:
      - learner.rounds
      - other.yaml: [seed]
      - whole.json:
    outs:
      - model/m.onnx
      - model/log.txt: { cache: false }
    metrics:
      - metrics.json: { cache: false }
  prepare:
    cmd:
      - node check.mjs
      - node prepare.mjs
    wdir: data
    deps: [../prepare.mjs, raw.csv]
    outs: [prepared.csv]
`;

describe('readPipeline', () => {
  it('reads the forms of dvc.yaml, paths told from the root, in the order of what is read and written', () => {
    const { stages } = readPipeline(GOOD, 'dvc.yaml');
    expect(stages.map(({ name, commands, folder }) => ({ name, commands, folder }))).toEqual([
      { name: 'prepare', commands: ['node check.mjs', 'node prepare.mjs'], folder: 'data' },
      { name: 'train', commands: ['node train.mjs'], folder: '.' },
    ]);
    expect(stages[0]?.deps.map(({ path }) => path)).toEqual(['prepare.mjs', 'data/raw.csv']);
    expect(stages[1]?.outs.map(({ path }) => path)).toEqual([
      'model/m.onnx',
      'model/log.txt',
      'metrics.json',
    ]);
    expect(stages[1]?.params.map(({ file, keys }) => ({ file, keys }))).toEqual([
      { file: 'params.yaml', keys: ['learner.rounds'] },
      { file: 'other.yaml', keys: ['seed'] },
      { file: 'whole.json', keys: undefined },
    ]);
    expect(stages[1]?.deps[0]?.place).toEqual({ file: 'dvc.yaml', line: 4, column: 12 });
  });

  it('tells paths from the folder of the file', () => {
    const { stages } = readPipeline('stages: { a: { cmd: x, deps: [../in], outs: [out/] } }', 'ml/dvc.yaml');
    expect(stages[0]).toMatchObject({ folder: 'ml', deps: [{ path: 'in' }], outs: [{ path: 'ml/out' }] });
  });

  it('names what DVC has and it does not support', () => {
    const text = `vars: [v.yaml]
stages:
  a:
    foreach: [1, 2]
    do: { cmd: x }
  b:
    matrix: { m: [1] }
    cmd: x
    frozen: true
    always_changed: true
    plots: [p.csv]
    deps: ['s3://bucket/x']
    outs: [{ o: { persist: true } }]
  c:
    cmd: node \${script}
    params: [{ p.toml: [a] }]
`;
    expect(told(text).sort()).toEqual(
      [
        'pipeline/not-supported dvc.yaml:1:1',
        'pipeline/not-supported dvc.yaml:4:5',
        'pipeline/not-supported dvc.yaml:5:5',
        'pipeline/not-supported dvc.yaml:7:5',
        'pipeline/not-supported dvc.yaml:9:5',
        'pipeline/not-supported dvc.yaml:10:5',
        'pipeline/not-supported dvc.yaml:11:5',
        'pipeline/not-supported dvc.yaml:12:12',
        'pipeline/not-supported dvc.yaml:13:19',
        'pipeline/not-supported dvc.yaml:15:10',
        'pipeline/not-supported dvc.yaml:16:16',
      ].sort(),
    );
  });

  it('tells a slip of the keyboard from what is not supported', () => {
    const [fault] = faults(() => readPipeline('stages: { a: { cmd: x, dep: [b] } }', 'dvc.yaml'));
    expect(fault).toMatchObject({ code: 'pipeline/unknown-key', mend: 'did you mean `deps`?' });
    expect(told('stages: { a: { deps: [b] } }')).toEqual(['pipeline/missing-key dvc.yaml:1:11']);
  });

  it('refuses paths out of the repository', () => {
    expect(told('stages: { a: { cmd: x, deps: [../up], outs: [/abs], wdir: . } }')).toEqual([
      'pipeline/outside dvc.yaml:1:31',
      'pipeline/outside dvc.yaml:1:46',
    ]);
    expect(told('stages: { a: { cmd: x, wdir: .. } }')).toEqual(['pipeline/outside dvc.yaml:1:30']);
    expect(told("stages: { a: { cmd: x, deps: ['C:\\x'] } }")).toHaveLength(1);
  });

  it('refuses two stages that write one place', () => {
    expect(told('stages:\n  a: { cmd: x, outs: [m] }\n  b: { cmd: y, outs: [m/n] }\n')).toEqual([
      'pipeline/shared-out dvc.yaml:3:23',
    ]);
    expect(told('stages:\n  a: { cmd: x, outs: [m], metrics: [m] }\n')).toHaveLength(1);
  });

  it('refuses stages that wait for each other', () => {
    const text = 'stages:\n  a: { cmd: x, deps: [q], outs: [p] }\n  b: { cmd: y, deps: [p], outs: [q] }\n';
    const [fault] = faults(() => readPipeline(text, 'dvc.yaml'));
    expect(fault?.code).toBe('pipeline/cycle');
    expect(fault?.message).toContain('`a`, `b`');
    expect(told('stages: { a: { cmd: x, deps: [p/q], outs: [p] } }')).toEqual([
      'pipeline/cycle dvc.yaml:1:11',
    ]);
  });

  it('puts every stage after what it reads, whatever the order in the file', () => {
    const graph = fc.integer({ min: 1, max: 8 }).chain((size) =>
      fc.record({
        order: fc.shuffledSubarray(
          Array.from({ length: size }, (_, index) => index),
          { minLength: size, maxLength: size },
        ),
        reads: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 16 }),
      }),
    );
    fc.assert(
      fc.property(graph, ({ order, reads }) => {
        const earlier = (stage: number): number[] => [
          ...new Set(reads.filter(([a, b]) => a === stage && b < stage).map(([, b]) => b)),
        ];
        const stages = order.map(
          (at) => `  s${at}: { cmd: x, outs: [o${at}], deps: [${earlier(at).map((b) => `o${b}`)}] }`,
        );
        const names = readPipeline(`stages:\n${stages.join('\n')}\n`, 'dvc.yaml').stages.map(
          ({ name }) => name,
        );
        expect([...names].sort()).toEqual(order.map((at) => `s${at}`).sort());
        for (const at of order) {
          for (const before of earlier(at))
            expect(names.indexOf(`s${before}`)).toBeLessThan(names.indexOf(`s${at}`));
        }
      }),
    );
  });
});

describe('readParams', () => {
  const stage = (params: string) => {
    const [only] = readPipeline(`stages: { a: { cmd: x, params: ${params} } }`, 'dvc.yaml').stages;
    if (only === undefined) throw new Error('no stage');
    return only;
  };
  const read = (text: string) => (file: string) => readYaml(text, file, 'params');

  it('takes the values of dotted keys and of whole files', () => {
    expect(readParams(stage('[a.b, a.c.0, d]'), read('{ a: { b: 0.5, c: [x] }, d: null }'))).toEqual({
      'params.yaml:a.b': 0.5,
      'params.yaml:a.c.0': 'x',
      'params.yaml:d': null,
    });
    expect(readParams(stage('[{ p.yaml: }]'), read('{ a.b: 1, c: { d: true } }'))).toEqual({
      'p.yaml:a.b': 1,
      'p.yaml:c': { d: true },
    });
  });

  it('refuses a key that is not there, a file without names, a number that JSON would change', () => {
    const code = (params: string, text: string) =>
      faults(() => readParams(stage(params), read(text))).map((fault) => fault.code);
    expect(code('[a.x]', '{ a: { b: 1 } }')).toEqual(['params/missing-key']);
    expect(code('[constructor]', '{ a: 1 }')).toEqual(['params/missing-key']);
    expect(code('[{ p.yaml: }]', '[1, 2]')).toEqual(['params/not-a-map']);
    expect(code('[a]', 'a: { s: 12345678901234567890 }')).toEqual(['params/not-exact']);
    expect(code('[a]', 'a: .nan')).toEqual(['params/not-exact']);
  });
});

describe('overlap', () => {
  it('is by folders, not by letters', () => {
    expect(overlap('a/b', 'a')).toBe(true);
    expect(overlap('ab', 'a')).toBe(false);
    expect(overlap('.', 'a')).toBe(true);
  });
});
