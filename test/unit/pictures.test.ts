import { describe, expect, it } from 'vitest';
import { pictures } from '../../actions/validate-data/pictures.ts';
import type { ContractProperty, ContractTable } from '../../core/formats/contract.ts';
import type { Profile, ProfileColumn } from '../../core/formats/profile.ts';
import type { Spread } from '../../core/kernel/blocks.ts';

const LEVELS = new Map([
  ['open', 'public'],
  ['staff', 'internal'],
  ['amber', 'restricted'],
]);

function spreadOf(
  column: Omit<ProfileColumn, 'name' | 'nulls'>,
  property: Partial<ContractProperty> = {},
): Spread | undefined {
  const table = {
    name: 't',
    properties: [{ name: 'given', physicalName: 'x', ...property }],
  } as ContractTable;
  const profile: Profile = {
    schema: 'greenlight.profile/v1',
    data: 'a'.repeat(64),
    rows: 100,
    columns: [{ name: 'x', nulls: 3, ...column }],
  };
  const block = pictures(profile, table, (word) => LEVELS.get(word));
  expect(block).toMatchObject({ kind: 'distribution-chart', rows: 100, columns: [{ name: 'x', nulls: 3 }] });
  return block.columns[0]?.spread;
}

describe('the picture of a column', () => {
  it('has edges that are rounded, so that no row’s value is in it', () => {
    const edges = [50_123.45, 61_234.56, 72_345.67, 98_765.43];
    expect(spreadOf({ type: 'number', edges, counts: [20, 21, 22, 23, 24] })).toEqual({
      kind: 'bins',
      edges: [50_100, 61_200, 72_300, 98_800],
      counts: [20, 21, 22, 23, 24],
    });
    expect(spreadOf({ type: 'number', edges: [0.123456, 0.234567], counts: [20, 20, 20] })).toMatchObject({
      edges: [0.123, 0.235],
    });
    expect(spreadOf({ type: 'number', edges: [12_345.678], counts: [20, 20] })).toMatchObject({
      edges: [12_300],
    });
  });

  it('joins bins whose edges round to the same', () => {
    expect(spreadOf({ type: 'number', edges: [0, 0.001, 0.002, 1], counts: [20, 21, 22, 23, 24] })).toEqual({
      kind: 'bins',
      edges: [0, 1],
      counts: [63, 23, 24],
    });
  });

  it.each([
    [[], [97]],
    [[0], [50, 47]],
    [[-3, -3.0001].sort((a, b) => a - b), [20, 57, 20]],
  ])('loses no row: %j', (edges, counts) => {
    const spread = spreadOf({ type: 'number', edges, counts });
    const sum = (rows: readonly number[]): number => rows.reduce((total, n) => total + n, 0);
    expect(spread?.kind === 'bins' && sum(spread.counts)).toBe(sum(counts));
    expect(spread?.kind === 'bins' && spread.counts.length - spread.edges.length).toBe(1);
  });

  const categories = { ATL: 40, ORD: 30 };
  const withheld = { kind: 'values', values: [{ count: 40 }, { count: 30 }], others: 27 };

  it('names no text that the contract does not list', () => {
    expect(spreadOf({ type: 'category', categories, other: 27 })).toEqual(withheld);
    expect(spreadOf({ type: 'category', categories, other: 27 }, { classification: 'staff' })).toEqual(
      withheld,
    );
    expect(
      spreadOf({ type: 'category', categories, other: 27 }, { name: 'another', physicalName: 'y' }),
    ).toEqual(withheld);
  });

  it.each<[string, Partial<ContractProperty>, string[]]>([
    [
      'lists by a metric',
      { quality: [{ metric: 'invalidValues', arguments: { validValues: ['ORD', 'SFO'] } }] },
      ['ORD'],
    ],
    ['lists as its enum', { enum: [{ value: 'ATL' }] }, ['ATL']],
    ['declares public', { classification: 'open' }, ['ATL', 'ORD']],
  ])('names what the contract %s', (_, property, named) => {
    const spread = spreadOf({ type: 'category', categories, other: 27 }, property);
    expect(spread?.kind === 'values' && spread.values.flatMap(({ label }) => label ?? [])).toEqual(named);
  });

  it('names true and false', () => {
    const spread = spreadOf(
      { type: 'category', categories: { false: 77, true: 20 }, other: 0 },
      { logicalType: 'boolean' },
    );
    expect(spread).toMatchObject({ values: [{ label: 'false' }, { label: 'true' }] });
  });

  it('draws the twenty most frequent values, and counts the others', () => {
    const many = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`v${i}`, 20 + i]));
    const spread = spreadOf({ type: 'category', categories: many, other: 5 });
    expect(spread).toMatchObject({ kind: 'values', others: 5 + 10 * 20 + 45 });
    expect(spread?.kind === 'values' && spread.values.map(({ count }) => count)).toEqual(
      Array.from({ length: 20 }, (_, i) => 49 - i),
    );
  });

  it.each<[Omit<ProfileColumn, 'name' | 'nulls'>, Partial<ContractProperty>, string]>([
    [
      { type: 'number', edges: [1], counts: [50, 47] },
      { classification: 'amber' },
      'not shown, classified as amber',
    ],
    [
      { type: 'category', categories, other: 27 },
      { classification: 'amber' },
      'not shown, classified as amber',
    ],
    [{ type: 'other' }, { classification: 'unheard of' }, 'not shown, classified as unheard of'],
    [{ type: 'time', until: '2001-06-24' }, {}, 'times, not drawn'],
    [{ type: 'time', until: '2001-06-24' }, { classification: 'staff' }, 'times, not drawn'],
    [{ type: 'time', until: '2001-06-24' }, { classification: 'open' }, 'until 2001-06-24'],
    [{ type: 'category', categories: {}, other: 97 }, {}, 'no value has 20 rows or more'],
    [{ type: 'other' }, {}, 'not drawn'],
  ])('is words where there is nothing to draw: %j', (column, property, text) => {
    expect(spreadOf(column, property)).toEqual({ kind: 'words', text });
  });
});
