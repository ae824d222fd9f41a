import { createHash } from 'node:crypto';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { beforeAll, describe, expect, test } from 'vitest';

interface Rows {
  readonly hour: number[];
  readonly weekday: number[];
  readonly distance: number[];
  readonly origin: string[];
  readonly destination: string[];
}
interface Cells extends Rows {
  readonly flights: number[];
  readonly late: number[];
}
interface Settings {
  readonly tables: string[][];
  readonly passes: number;
  readonly step: number;
  readonly shrinkage: number;
}
interface Model {
  readonly tables: { readonly columns: string[] }[];
}
interface Learner {
  fitModel(cells: Cells, settings: Settings): Model;
  predict(model: Model, rows: Rows): Float64Array;
}
interface Graph {
  toOnnx(model: Model): Uint8Array;
}

const SCRIPTS = path.resolve(import.meta.dirname, '../../examples/flight-delay/scripts');
const load = async (file: string): Promise<unknown> => import(pathToFileURL(path.join(SCRIPTS, file)).href);
const { fitModel, predict } = (await load('learner.mjs')) as Learner;
const { toOnnx } = (await load('graph.mjs')) as Graph;

const AIRPORTS = ['ATL', 'BOS', 'LAS', 'ORD', 'SEA'];
const SETTINGS: Settings = {
  tables: [['hour'], ['weekday'], ['distance'], ['origin'], ['destination'], ['origin', 'hour']],
  passes: 5,
  step: 0.7,
  shrinkage: 1,
};

/** Cells in which later hours and LAS are late more often; no number is drawn at random. */
function sampleCells(count = 400): Cells {
  const at = Array.from({ length: count }, (_, index) => index);
  const hour = at.map((i) => (i * 7) % 24);
  const origin = at.map((i) => AIRPORTS[i % 5] ?? '');
  return {
    hour,
    weekday: at.map((i) => 1 + (i % 7)),
    distance: at.map((i) => 100 + ((i * 331) % 4000)),
    origin,
    destination: at.map((i) => AIRPORTS[(i * 3 + 1) % 5] ?? ''),
    flights: at.map(() => 40),
    late: at.map((i) => Math.round((hour[i] ?? 0) / 2 + (origin[i] === 'LAS' ? 20 : 4) + (i % 3))),
  };
}

async function run(bytes: Uint8Array, rows: Rows): Promise<number[]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  const count = rows.hour.length;
  const whole = (values: number[]) => new Tensor('int64', BigInt64Array.from(values, BigInt), [count, 1]);
  const text = (values: string[]) => new Tensor('string', values, [count, 1]);
  const outputs = await session.run({
    hour: whole(rows.hour),
    weekday: whole(rows.weekday),
    distance: whole(rows.distance),
    origin: text(rows.origin),
    destination: text(rows.destination),
  });
  const output = outputs.late_probability;
  expect(output?.dims).toEqual([count, 1]);
  return Array.from(output?.data as Float32Array);
}

describe('the learner of the flight-delay example', () => {
  let model: Model;
  beforeAll(() => {
    model = fitModel(sampleCells(), SETTINGS);
  });

  test('writes the same bytes for the same cells', () => {
    const digest = (cells: Cells, settings: Settings) =>
      createHash('sha256')
        .update(toOnnx(fitModel(cells, settings)))
        .digest('hex');
    const first = digest(sampleCells(), SETTINGS);
    expect(digest(sampleCells(), SETTINGS)).toBe(first);
    expect(digest(sampleCells(), { ...SETTINGS, shrinkage: 2 })).not.toBe(first);
    expect(digest(sampleCells(399), SETTINGS)).not.toBe(first);
  });

  test('without shrinkage comes to the late share of each origin', () => {
    const cells = sampleCells();
    const plain = fitModel(cells, { tables: [['origin']], passes: 40, step: 0.7, shrinkage: 0 });
    const predicted = predict(plain, cells);
    for (const airport of AIRPORTS) {
      const rows = cells.origin.flatMap((origin, row) => (origin === airport ? row : []));
      const late = rows.reduce((sum, row) => sum + (cells.late[row] ?? 0), 0);
      expect(predicted[rows[0] ?? 0]).toBeCloseTo(late / (40 * rows.length), 4);
    }
  });

  test('is computed by its ONNX graph, for any row', async () => {
    const airport = fc.oneof(fc.constantFrom(...AIRPORTS), fc.string());
    const row = fc.record({
      hour: fc.integer({ min: -3, max: 30 }),
      weekday: fc.integer({ min: 0, max: 9 }),
      distance: fc.integer({ min: -10, max: 20_000 }),
      origin: airport,
      destination: airport,
    });
    const bytes = toOnnx(model);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 40 }), async (list) => {
        const rows: Rows = {
          hour: list.map((one) => one.hour),
          weekday: list.map((one) => one.weekday),
          distance: list.map((one) => one.distance),
          origin: list.map((one) => one.origin),
          destination: list.map((one) => one.destination),
        };
        const expected = predict(model, rows);
        const found = await run(bytes, rows);
        found.forEach((value, at) => {
          expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 6);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('gives an airport that training never saw the average of airports', async () => {
    const rows: Rows = {
      hour: [9, 9, 9],
      weekday: [2, 2, 2],
      distance: [500, 500, 500],
      origin: ['XXX', '', 'LAS'],
      destination: ['BOS', 'BOS', 'BOS'],
    };
    const [unknown, empty, known] = await run(toOnnx(model), rows);
    expect(unknown).toBe(empty);
    const tables = model.tables.filter(({ columns }) => !columns.includes('origin'));
    expect(unknown).toBeCloseTo(predict({ ...model, tables }, rows)[0] ?? Number.NaN, 6);
    expect(known).toBeGreaterThan((unknown ?? 1) + 0.1);
  });
});
