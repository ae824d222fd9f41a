import { describe, expect, it } from 'vitest';
import { lastEnvironment } from '../../actions/evaluate-model/baseline.ts';
import { measure, NO_VALUE } from '../../actions/evaluate-model/measure.ts';
import { type Column, NO_BOOLEAN, NO_DATE } from '../../core/toolkit/table/columns.ts';
import type { Policy } from '../../policies/policy.ts';
import { columnsOf, numbers, texts } from './onnx-support.ts';

const target = { 'open-inference': 'http://127.0.0.1:1', models: '/srv' };

describe('lastEnvironment', () => {
  it('is the one that none comes after, in whatever order they are written', () => {
    expect(lastEnvironment({})).toBeUndefined();
    expect(lastEnvironment({ production: { target, after: 'staging' }, staging: { target } })).toBe(
      'production',
    );
  });

  it('refuses two ladders and a circle', () => {
    const two = { a: { target }, b: { target } };
    const circle = { a: { target, after: 'b' }, b: { target, after: 'a' } };
    for (const environments of [two, circle]) {
      expect(() => lastEnvironment(environments)).toThrow(
        expect.objectContaining({ code: 'manifest/several-ladders' }),
      );
    }
  });
});

describe('measure', () => {
  const scores = Float32Array.from([0.1, 0.2, 0.3, 0.4]);
  const policy: Policy = {
    independentBy: undefined,
    confidence: 0.95,
    gates: [{ metric: 'auc', bound: { kind: 'at_least', value: 0.5 }, by: { column: 'by', minRows: 10 } }],
    inconclusive: 'fail',
  };
  const slicesOf = (by: Column) => {
    const columns = columnsOf(4, { late: numbers([0, 1, 0, 1]), by });
    const slices = measure(columns, 'late', policy, scores, undefined).slices.get('by');
    return Array.from(slices?.codes ?? [], (code) => slices?.names[code]);
  };

  it('names the slices of every type of column, and makes one of the rows without a value', () => {
    expect(slicesOf(texts(['a', null, 'b', 'a']))).toEqual(['a', NO_VALUE, 'b', 'a']);
    expect(slicesOf(numbers([7, 0, 0, 7], [0, 0, 1, 0]))).toEqual(['7', '0', NO_VALUE, '7']);
    expect(slicesOf({ kind: 'date', days: Int32Array.from([11_323, NO_DATE, 0, 11_323]) })).toEqual([
      '2001-01-01',
      NO_VALUE,
      '1970-01-01',
      '2001-01-01',
    ]);
    expect(slicesOf({ kind: 'boolean', values: Uint8Array.from([1, 0, NO_BOOLEAN, 1]) })).toEqual([
      'true',
      'false',
      NO_VALUE,
      'true',
    ]);
  });

  it('takes booleans as labels', () => {
    const late = { kind: 'boolean', values: Uint8Array.from([1, 0, 1, 1]) } as const;
    const columns = columnsOf(4, { late, by: texts(['a', 'a', 'b', 'b']) });
    expect([...measure(columns, 'late', policy, scores, undefined).labels]).toEqual([1, 0, 1, 1]);
  });
});
