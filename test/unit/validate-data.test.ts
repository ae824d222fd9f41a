import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { expectationOf, holds } from '../../actions/validate-data/expectations.ts';
import { shareOf } from '../../actions/validate-data/findings.ts';
import { FORMATS } from '../../actions/validate-data/formats.ts';
import { asWholeMatch, toRe2 } from '../../actions/validate-data/patterns.ts';
import { isPhysicalType } from '../../actions/validate-data/physical-types.ts';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { readContract } from '../../core/formats/contract.ts';

describe('patterns', () => {
  let matches: (pattern: string, text: string) => Promise<boolean>;
  beforeAll(async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    matches = async (pattern, text) =>
      (
        await connection.runAndReadAll('SELECT regexp_full_match($1, $2)', [text, asWholeMatch(pattern)])
      ).getRows()[0]?.[0] === true;
  });

  it.each([
    '^[A-Z0-9]{3}$',
    '^a.c$',
    '^\\s+$',
    'a|bc*',
    '^[^\\s,]+$',
    '\\bab\\b',
    '^[[:a]+$',
    '\\u00e9|\\x41|\\u{1F600}',
    '^\\d{1,3}(?:\\.\\d+)?$',
    '^\\p{L}+$',
    'a{,2}]',
    '^[a\\-z]\\/$',
    '^.{2}$',
    '^(?:(a{2}){3}|b{0,500})$',
  ])('%s means in RE2 what it means in JavaScript', async (source) => {
    const rewritten = toRe2(source);
    if (!('pattern' in rewritten)) throw new Error(rewritten.construct);
    const flags = source.includes('{,') ? '' : 'u';
    const alphabet = [...'aAbcz019:[]{},.-_/\n\r\t \u00a0\u2028\ufeffé\u{1F600}'];
    const text = fc.array(fc.constantFrom(...alphabet), { maxLength: 5 }).map((parts) => parts.join(''));
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        expect([value, await matches(rewritten.pattern, value)]).toEqual([
          value,
          new RegExp(source, flags).test(value),
        ]);
      }),
      { numRuns: 80 },
    );
  });

  it.each([
    '(?=a)',
    '(?<!a)',
    '(a)\\1',
    '(?<year>a)',
    '(?i:a)',
    '[^]',
    'a{2000}',
    '((a{11}){10}b){10}',
    '^((a{1000}){1000}){1000}$',
    '(?:a{2}|b{600}){2}',
    '\\cA',
    '\\k',
    '[\\S]',
    '\\p{Script=Greek}',
  ])('%s is refused', (source) => {
    expect(toRe2(source)).toHaveProperty('construct');
  });

  it('of formats take what they name', () => {
    const valid = {
      email: 'a@b.example',
      uuid: '123e4567-e89b-12d3-a456-426614174000',
      uri: 'https://a.example/?b#c',
      hostname: 'a-b.c',
      ipv4: '255.0.10.1',
      byte: 'TQ==',
    };
    const bad = { email: 'a@', uuid: '123', uri: 'no uri', hostname: '-a', ipv4: '256.1.1.1', byte: 'T' };
    for (const [name, value] of Object.entries(valid))
      expect([name, new RegExp(FORMATS[name] ?? '', 'u').test(value)]).toEqual([name, true]);
    for (const [name, value] of Object.entries(bad))
      expect([name, new RegExp(FORMATS[name] ?? '', 'u').test(value)]).toEqual([name, false]);
    for (const pattern of Object.values(FORMATS)) expect(toRe2(pattern ?? '')).toHaveProperty('pattern');
  });
});

describe('expectations', () => {
  const judge = (
    operator: Parameters<typeof holds>[0]['operator'],
    operand: unknown,
    count: number,
    unit?: string,
    rows = 200,
  ) => {
    const expect = expectationOf(
      { [operator]: operand, ...(unit === undefined ? {} : { unit }) },
      'failing-rows',
    );
    return 'reason' in expect ? expect.reason : holds(expect, count, rows);
  };

  it('hold at their ends', () => {
    expect([4, 5, 7, 10, 11].map((count) => judge('mustBeBetween', [5, 10], count))).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
    expect([4, 5, 10, 11].map((count) => judge('mustNotBeBetween', [5, 10], count))).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect([4, 5, 6].map((count) => judge('mustBeLessThan', 5, count))).toEqual([true, false, false]);
    expect([4, 5, 6].map((count) => judge('mustBeGreaterOrEqualTo', 5, count))).toEqual([false, true, true]);
    expect(judge('mustBeLessOrEqualTo', 5, 10, 'percent')).toBe(true);
    expect(judge('mustBeLessOrEqualTo', 5, 11, 'percent')).toBe(false);
  });

  it('are refused where they say nothing that can be judged', () => {
    expect(judge('mustBe', 'many', 1)).toContain('no number');
    expect(judge('mustBeBetween', [10, 5], 7)).toContain('reversed');
    expect(judge('mustBe', 0, 0, 'bananas')).toContain('unit');
    expect(judge('mustBe', 0, 0, 'percent', 0)).toBeUndefined();
  });
});

describe('shares', () => {
  it('are never rounded to nothing or all', () => {
    expect([
      shareOf(0, 9),
      shareOf(1, 3_000_000),
      shareOf(2_999_999, 3_000_000),
      shareOf(3, 9),
      shareOf(9, 9),
    ]).toEqual(['0 %', '< 0.01 %', '> 99.99 %', '33.33 %', '100 %']);
  });
});

describe('physical types', () => {
  it('go by synonyms', () => {
    expect(isPhysicalType('varchar(18)', 'VARCHAR')).toBe(true);
    expect(isPhysicalType('int', 'BIGINT')).toBe(false);
    expect(isPhysicalType('numeric(10, 2)', 'DECIMAL(10,2)')).toBe(true);
    expect(isPhysicalType('decimal(9,2)', 'DECIMAL(10,2)')).toBe(false);
    expect(isPhysicalType('timestamp', 'TIMESTAMP_NS')).toBe(true);
    expect(isPhysicalType('money', 'DOUBLE')).toBeUndefined();
  });
});

describe('rules', () => {
  const kinds = (property: string): Record<string, string> => {
    const text = `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nschema:\n  - name: t\n    properties:\n      - ${property}\n`;
    return Object.fromEntries(
      rulesOf(readContract(text, 'c.yaml'), 0, new Date('2026-01-01T00:00:00Z')).map(({ id, check }) => [
        id.replace('t.', ''),
        check.kind,
      ]),
    );
  };

  it('leave nothing out that is declared', () => {
    expect(
      kinds(
        '{ name: a, logicalType: integer, required: true, unique: true, logicalTypeOptions: { minimum: 1, multipleOf: 2, format: i16 } }',
      ),
    ).toEqual({
      'a.present': 'present',
      'a.type': 'type',
      'a.minimum': 'measured',
      'a.multipleOf': 'measured',
      'a.format': 'measured',
      'a.required': 'measured',
      'a.unique': 'measured',
      extraColumns: 'extra-columns',
    });
  });

  it.each([
    [
      'a date format that is not read',
      "logicalType: date, logicalTypeOptions: { format: 'dd/MM/yy' }",
      'a.type',
    ],
    [
      'a bound with another form',
      "logicalType: date, logicalTypeOptions: { minimum: '1.1.2001' }",
      'a.minimum',
    ],
    ['a day that is none', "logicalType: date, logicalTypeOptions: { minimum: '2001-02-30' }", 'a.minimum'],
    [
      'a zone that is none',
      'logicalType: timestamp, logicalTypeOptions: { defaultTimezone: Mars/Base }',
      'a.type',
    ],
    ['an unknown format', 'logicalType: string, logicalTypeOptions: { format: iban }', 'a.format'],
    ['a foreign key to nothing', 'relationships: [{ to: b.c }]', 'a.relationships[0]'],
    ['another engine', 'quality: [{ type: custom, engine: soda, implementation: x }]', 'a.quality[0]'],
    ['no arguments', 'quality: [{ metric: invalidValues, mustBe: 0 }]', 'a.quality[0]'],
    ['an enum of another type', 'logicalType: string, enum: [{ value: 1 }]', 'a.enum'],
    ['unique items as a key', 'logicalType: array, unique: true', 'a.unique'],
    [
      'a custom rule with a slip',
      'quality: [{ type: custom, engine: greenlight, implementation: { metric: summ, property: a, mustBe: 1 } }]',
      'a.quality[0]',
    ],
  ])('say of %s that it is not judged', (_, keys, id) => {
    expect(kinds(`{ name: a, ${keys} }`)[id]).toBe('unsupported');
  });

  it('say of words that they are stated', () => {
    expect(kinds('{ name: a, quality: [{ type: text, description: be good }] }')['a.quality[0]']).toBe(
      'stated',
    );
  });
});
