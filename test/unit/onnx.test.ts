import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { requireColumns } from '../../core/toolkit/onnx/feeds.ts';
import { readModelInfo, withoutZipMaps } from '../../core/toolkit/onnx/model-info.ts';
import { scoreRows } from '../../core/toolkit/onnx/score.ts';
import { openModel } from '../../core/toolkit/onnx/session.ts';
import type { Columns } from '../../core/toolkit/table/columns.ts';
import {
  BOOL,
  columnsOf,
  DOUBLE,
  FLOAT,
  INT32,
  INT64,
  modelBytes,
  numbers,
  placeModel,
  STRING,
  sigmoidModel,
  texts,
  value,
  zipMapModel,
} from './onnx-support.ts';

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

async function codeOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    if (error instanceof GreenlightError) return error.code;
    throw error;
  }
  return 'nothing thrown';
}

async function scoresOf(bytes: Uint8Array, columns: Columns, output?: string): Promise<number[]> {
  await using model = await openModel(bytes);
  return [...(await model.score(columns, { output }))];
}

/** One float output that is the input of any type, cast. */
function castModel(type: number, shape: (number | string)[] = ['n', 1]): Uint8Array {
  return modelBytes({
    input: [value('x', type, shape)],
    output: [value('score', FLOAT, shape)],
    node: [
      { opType: 'Cast', input: ['x'], output: ['score'], attribute: [{ name: 'to', type: 2, i: FLOAT }] },
    ],
  });
}

describe('readModelInfo', () => {
  it('tells inputs, outputs, operator sets and producer', () => {
    expect(readModelInfo(placeModel({ a: 1 }))).toEqual({
      irVersion: 7,
      producer: 'test 1',
      opsets: { '': 13, 'ai.onnx.ml': 2 },
      inputs: [
        { name: 'x', type: 'float32', shape: ['n', 1] },
        { name: 'place', type: 'string', shape: ['n', 1] },
      ],
      outputs: [{ name: 'score', type: 'float32', shape: ['n', 1] }],
    });
  });

  it('leaves out inputs that have a value of their own', () => {
    const bytes = modelBytes({
      input: [value('x', FLOAT, ['n']), value('scale', FLOAT, [1])],
      output: [value('y', FLOAT, ['n'])],
      initializer: [{ name: 'scale', dataType: FLOAT, dims: [1], floatData: [2] }],
      node: [{ opType: 'Mul', input: ['x', 'scale'], output: ['y'] }],
    });
    expect(readModelInfo(bytes).inputs.map(({ name }) => name)).toEqual(['x']);
  });

  it('refuses what is no ONNX file, whatever the bytes', async () => {
    const pickle = Uint8Array.from([0x80, 4, 0x95, 1, 2, 3]);
    for (const bytes of [new Uint8Array(0), pickle, new TextEncoder().encode('version https://git-lfs')]) {
      expect(await codeOf(() => readModelInfo(bytes))).toBe('model/not-onnx');
    }
    const whole = placeModel({ a: 1 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.uint8Array({ maxLength: 8 }),
        (at, noise) => {
          const damaged = Uint8Array.from([...whole.subarray(0, at), ...noise]);
          try {
            readModelInfo(damaged);
          } catch (error) {
            expect(error).toBeInstanceOf(GreenlightError);
          }
        },
      ),
    );
  });

  it('refuses weights in other files, in graphs within the graph too', async () => {
    const tensor = { name: 'w', dataType: FLOAT, dims: [1], dataLocation: 1 };
    const graph = {
      input: [value('x', FLOAT, ['n'])],
      output: [value('y', FLOAT, ['n'])],
      node: [{ opType: 'Mul', input: ['x', 'w'], output: ['y'] }],
    };
    expect(await codeOf(() => readModelInfo(modelBytes({ ...graph, initializer: [tensor] })))).toBe(
      'model/external-data',
    );
    const inner = {
      opType: 'If',
      input: ['c'],
      output: ['y'],
      attribute: [{ name: 'then_branch', type: 5, g: { initializer: [tensor] } }],
    };
    expect(await codeOf(() => readModelInfo(modelBytes({ ...graph, node: [inner] })))).toBe(
      'model/external-data',
    );
  });
});

describe('scores', () => {
  const x = [-2, -0.5, 0, 1, 3];

  it('feeds floats and texts by name, and unknown texts get the graph’s default', async () => {
    const columns = columnsOf(3, { place: texts(['a', 'b', 'elsewhere']), x: numbers([0, 0, 1]) });
    const scores = await scoresOf(placeModel({ a: 1, b: -1 }), columns);
    [sigmoid(1), sigmoid(-1), sigmoid(1)].forEach((expected, i) => {
      expect(scores[i]).toBeCloseTo(expected, 6);
    });
  });

  it('reads ZipMap outputs as the tensor that they are made of, under the same name', async () => {
    const bytes = zipMapModel();
    expect(readModelInfo(bytes).outputs[1]).toEqual({
      name: 'probabilities',
      type: 'float32',
      shape: ['', ''],
    });
    expect(withoutZipMaps(sigmoidModel())).toEqual(sigmoidModel());
    const scores = await scoresOf(bytes, columnsOf(5, { x: numbers(x) }));
    x.forEach((value, i) => {
      expect(scores[i]).toBeCloseTo(sigmoid(value), 5);
    });
  });

  it('are the same bits for any batch size', async () => {
    const rows = 1000;
    const columns = columnsOf(rows, {
      x: numbers(Array.from({ length: rows }, (_, i) => Math.sin(i) * 4)),
      place: texts(Array.from({ length: rows }, (_, i) => `p${i % 7}`)),
    });
    await using model = await openModel(placeModel({ p1: 0.3, p2: -0.7 }));
    const whole = await model.score(columns, { batch: rows });
    for (const batch of [1, 7, 64, 999]) expect(await model.score(columns, { batch })).toEqual(whole);
  });

  it.each([
    ['double', DOUBLE],
    ['int32', INT32],
    ['int64', INT64],
  ])('feed %s inputs', async (_, type) => {
    expect(await scoresOf(castModel(type, ['n']), columnsOf(3, { x: numbers([-3, 0, 5]) }))).toEqual([
      -3, 0, 5,
    ]);
  });

  it('feed booleans to bool and number inputs', async () => {
    const column = { kind: 'boolean', values: Uint8Array.from([1, 0]) } as const;
    for (const type of [BOOL, INT64, FLOAT]) {
      expect(await scoresOf(castModel(type), columnsOf(2, { x: column }))).toEqual([1, 0]);
    }
  });

  it('come from a file too', async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), 'greenlight-test-'));
    try {
      const file = path.join(folder, 'm.onnx');
      await writeFile(file, sigmoidModel());
      expect([...(await scoreRows(file, columnsOf(1, { x: numbers([0]) })))]).toEqual([0.5]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('errors', () => {
  const one = (column: Parameters<typeof columnsOf>[1]['x']) => columnsOf(2, { x: column as never });
  const cases: [string, string, () => Promise<unknown>][] = [
    [
      'a missing number for an int input',
      'model/null-input',
      () => scoresOf(castModel(INT64), one(numbers([1, 0], [0, 1]))),
    ],
    [
      'a missing text',
      'model/null-input',
      () => scoresOf(placeModel({}), columnsOf(2, { x: numbers([1, 2]), place: texts(['a', null]) })),
    ],
    [
      'a fraction for an int input',
      'model/wrong-type',
      () => scoresOf(castModel(INT64), one(numbers([1, 0.5]))),
    ],
    ['a text for a float input', 'model/wrong-type', () => scoresOf(sigmoidModel(), one(texts(['a', 'b'])))],
    [
      'a number for a text input',
      'model/wrong-type',
      () => scoresOf(castModel(STRING), one(numbers([1, 2]))),
    ],
    [
      'a missing number that the model makes NaN of',
      'model/nan-score',
      () => scoresOf(sigmoidModel(), one(numbers([1, 0], [0, 1]))),
    ],
    ['an unknown output', 'model/no-output', () => scoresOf(sigmoidModel(), one(numbers([1, 2])), 'scores')],
    ['a row that gives no score', 'model/row-count', () => scoresOf(reduceModel(), one(numbers([1, 2])))],
    [
      'a matrix as input',
      'model/wide-input',
      () => scoresOf(castModel(FLOAT, ['n', 4]), one(numbers([1, 2]))),
    ],
    [
      'a fixed number of rows',
      'model/fixed-batch',
      () => scoresOf(castModel(FLOAT, [8, 1]), one(numbers([1, 2]))),
    ],
    ['two float outputs', 'model/ambiguous-output', () => scoresOf(twoOutputs(), one(numbers([1, 2])))],
    ['an operator that there is not', 'model/not-loadable', () => openModel(unknownOperator())],
  ];

  function reduceModel(): Uint8Array {
    return modelBytes({
      input: [value('x', FLOAT, ['n', 1])],
      output: [value('score', FLOAT, [1, 1])],
      node: [{ opType: 'ReduceMean', input: ['x'], output: ['score'] }],
    });
  }

  function twoOutputs(): Uint8Array {
    return modelBytes({
      input: [value('x', FLOAT, ['n', 1])],
      output: [value('a', FLOAT, ['n', 1]), value('b', FLOAT, ['n', 1])],
      node: [
        { opType: 'Sigmoid', input: ['x'], output: ['a'] },
        { opType: 'Sigmoid', input: ['x'], output: ['b'] },
      ],
    });
  }

  function unknownOperator(): Uint8Array {
    return modelBytes({
      input: [value('x', FLOAT, ['n', 1])],
      output: [value('a', FLOAT, ['n', 1])],
      node: [{ opType: 'Sigmoyd', input: ['x'], output: ['a'] }],
    });
  }

  it.each(cases)('%s is %s', async (_, code, work) => {
    expect(await codeOf(work)).toBe(code);
  });

  it('name the nearest column for an input without one', () => {
    const { inputs } = readModelInfo(sigmoidModel());
    expect(() => requireColumns(inputs, ['x'])).not.toThrow();
    try {
      requireColumns([{ name: 'distance', type: 'float32', shape: ['n', 1] }], ['Distanc', 'origin']);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({
        code: 'model/missing-input',
        mend: expect.stringContaining('`Distanc`'),
      });
    }
  });

  it('count the rows without a number, and show no value', async () => {
    await expect(scoresOf(sigmoidModel(), one(numbers([1, 0], [0, 1])))).rejects.toThrow('1 of 2 rows');
  });
});
