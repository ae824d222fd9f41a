import { describe, expect, it } from 'vitest';
import type { Aggregate, Condition, Measure, Use } from '../../actions/validate-data/plan.ts';
import { trinoCount, trinoQuantile, trinoRefusal, trinoScans } from '../../actions/validate-data/trino.ts';
import { toJoni } from '../../actions/validate-data/trino-patterns.ts';
import { isTrinoType } from '../../actions/validate-data/trino-types.ts';
import { trinoLiteral } from '../../core/toolkit/table/trino/cells.ts';
import type { TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { gateTrinoQuery, plannedTables } from '../../core/toolkit/table/trino/gate.ts';
import { PATTERNS, REFUSED } from '../trino/patterns.ts';

const TABLE: TrinoTable = {
  name: 'lake/c.s.t',
  from: '"c"."s"."t"',
  columns: [
    { name: 'n', type: 'bigint' },
    { name: 'd', type: 'decimal(8,2)' },
    { name: 'x', type: 'double' },
    { name: 'r', type: 'real' },
    { name: 's', type: 'varchar' },
    { name: 'c', type: 'char(3)' },
    { name: 'day', type: 'date' },
    { name: 'at', type: 'timestamp(3)' },
    { name: 'z', type: 'timestamp(6) with time zone' },
    { name: 'list', type: 'array(integer)' },
    { name: 'json', type: 'json' },
  ],
};
const OTHER: TrinoTable = {
  name: 'lake/c.s.o',
  from: '"c"."s"."o"',
  columns: [{ name: 'k', type: 'integer' }],
};
const other = (): TrinoTable => OTHER;

const n: Use = { column: 'n', type: 'integer' };
const d: Use = { column: 'd', type: 'number' };
const x: Use = { column: 'x', type: 'number' };
const s: Use = { column: 's', type: 'string' };

/** What a condition is over the relation that it is over. */
function conditionSql(condition: Condition): readonly [test: string, from: string] {
  const [sql = ''] = trinoScans(TABLE, [{ count: 'condition', condition }]);
  const [, test = sql, from = ''] =
    /^SELECT count\(\*\), count\(\*\) FILTER \(WHERE (.*)\) FROM (.*)$/s.exec(sql) ?? [];
  return [test, from];
}

describe('a condition in Trino', () => {
  it('is one count of a scan over cells that are cast once', () => {
    const text: Use = { column: 's', type: 'integer' };
    const [sql] = trinoScans(TABLE, [
      { count: 'condition', condition: { is: 'less', of: text, bound: 5 } },
      { count: 'condition', condition: { is: 'not-of-type', of: text } },
    ]);
    expect(sql).toBe(
      `SELECT count(*), count(*) FILTER (WHERE c1 < 5), count(*) FILTER (WHERE NOT (c0 IS NULL) AND c1 IS NULL) FROM (SELECT "s" AS c0, CASE WHEN regexp_like("s", '^(?:[+-]?[0-9]+)\\z') THEN TRY_CAST("s" AS bigint) END AS c1 FROM "c"."s"."t")`,
    );
  });

  it('of every kind has its test', () => {
    const tests: readonly (readonly [Condition, string])[] = [
      [{ is: 'null', of: n }, 'c0 IS NULL'],
      [{ is: 'not-of-type', of: n }, 'false'],
      [{ is: 'not-of-type', of: x }, 'NOT (c0 IS NULL) AND c1 IS NULL'],
      [{ is: 'less', of: n, bound: -5 }, 'c0 < -5'],
      [{ is: 'less-or-equal', of: n, bound: '9007199254740993' }, "c0 <= DECIMAL '9007199254740993'"],
      [{ is: 'greater', of: n, bound: String(2n ** 127n - 1n) }, 'c0 > infinity()'],
      [{ is: 'greater-or-equal', of: d, bound: 0.25 }, "c0 >= DECIMAL '0.25'"],
      [{ is: 'less', of: { column: 'day', type: 'date' }, bound: '2026-01-01' }, "c0 < DATE '2026-01-01'"],
      [
        { is: 'less', of: { column: 'at', type: 'timestamp' }, bound: '2026-01-01T00:00:00Z' },
        "c0 < CAST(CAST('2026-01-01 00:00:00Z' AS timestamp(9) with time zone) AT TIME ZONE 'UTC' AS timestamp(9))",
      ],
      [{ is: 'shorter', of: s, bound: 2 }, 'length(c0) < 2'],
      [{ is: 'longer', of: s, bound: 2 }, 'length(c0) > 2'],
      [{ is: 'not-multiple', of: n, bound: 5 }, 'c0 % 5 <> 0'],
      [{ is: 'not-multiple', of: d, bound: 0.1 }, "c0 % DECIMAL '0.1' <> 0"],
      [
        { is: 'not-multiple', of: x, bound: 0.1 },
        "abs(CAST(c1 AS double) - round(CAST(c1 AS double) / CAST(DECIMAL '0.1' AS double)) * CAST(DECIMAL '0.1' AS double)) > DOUBLE '8.881784197001252e-16' * abs(CAST(c1 AS double))",
      ],
      [{ is: 'no-match', of: s, pattern: "^it's$" }, "NOT regexp_like(c0, '^it\\''s(?=\\z)')"],
      [{ is: 'not-in', of: s, values: ["it's", 'b', 'b'] }, "c0 NOT IN ('it''s', 'b')"],
      [{ is: 'not-in', of: s, values: [] }, 'c0 IS NOT NULL'],
      [{ is: 'not-in', of: n, values: [1, '2', String(10n ** 40n)] }, "c0 NOT IN (1, DECIMAL '2')"],
      [{ is: 'missing', of: s, values: [null, '', 'NA'] }, "(c0 IS NULL OR c0 IN ('', 'NA'))"],
      [{ is: 'missing', of: n, values: ['NA', -9] }, '(c0 IN (-9))'],
      [{ is: 'missing', of: n, values: ['NA'] }, 'false'],
      [
        {
          is: 'any',
          of: [
            { is: 'null', of: n },
            { is: 'longer', of: s, bound: 1 },
          ],
        },
        '(c0 IS NULL OR length(c1) > 1)',
      ],
    ];
    expect(tests.map(([condition]) => [condition, conditionSql(condition)[0]])).toEqual(tests);
  });

  it('sees numbers, texts and moments as they are told', () => {
    const values: readonly (readonly [Use, string])[] = [
      [x, 'CASE WHEN is_finite("x") THEN "x" END'],
      [
        { column: 'r', type: 'number' },
        'CASE WHEN is_finite(CAST("r" AS double)) THEN CAST("r" AS double) END',
      ],
      [
        { column: 'at', type: 'timestamp', form: { defaultZone: 'Europe/Berlin' } },
        `CAST(with_timezone("at", 'Europe/Berlin') AT TIME ZONE 'UTC' AS timestamp(3))`,
      ],
      [{ column: 'z', type: 'timestamp' }, `CAST("z" AT TIME ZONE 'UTC' AS timestamp(6))`],
      [{ column: 'c', type: 'string' }, `trim(TRAILING ' ' FROM CAST("c" AS varchar))`],
      [
        { column: 's', type: 'number' },
        `CASE WHEN regexp_like("s", '^(?:[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?)\\z') AND is_finite(TRY_CAST("s" AS double)) THEN TRY_CAST("s" AS double) END`,
      ],
      [
        { column: 's', type: 'boolean' },
        `CASE WHEN lower("s") IN ('true', 'false') THEN TRY_CAST("s" AS boolean) END`,
      ],
    ];
    for (const [of, value] of values) {
      const [sql = ''] = trinoScans(TABLE, [
        { count: 'condition', condition: { is: 'not-in', of, values: [] } },
      ]);
      expect(sql).toContain(`${value} AS c1 FROM`);
    }
  });
});

describe('an aggregate in Trino', () => {
  it('of every kind is one figure of the scan, or a statement of its own', () => {
    const figure = (aggregate: Aggregate): string =>
      /^SELECT count\(\*\), (.*) FROM \(/.exec(
        trinoScans(TABLE, [{ count: 'aggregate', aggregate }])[0] ?? '',
      )?.[1] ?? '';
    expect(figure({ is: 'sum', of: n })).toBe('sum(CAST(c0 AS decimal(38, 0)))');
    expect(figure({ is: 'sum', of: d })).toBe('sum(c0)');
    expect(figure({ is: 'average', of: d })).toBe('CAST(sum(c0) AS double) / count(c0)');
    expect(figure({ is: 'ratio', of: n, over: d })).toBe(
      'CAST(sum(CAST(c0 AS decimal(38, 0))) AS double) / nullif(CAST(sum(c1) AS double), 0)',
    );
    expect(trinoQuantile(TABLE, { is: 'quantile', of: n, at: 0.9 })).toContain('sum(n) OVER (ORDER BY key0)');
    expect(
      trinoCount(TABLE, { count: 'aggregate', aggregate: { is: 'smallest-group', of: [s, n] } }, other),
    ).toBe(
      'SELECT min(n) FROM (SELECT count(*) AS n FROM (SELECT c0 AS key0, c1 AS key1 FROM (SELECT "s" AS c0, "n" AS c1 FROM "c"."s"."t")) GROUP BY key0, key1)',
    );
  });

  it('of keys counts what repeats and what has no parent', () => {
    expect(trinoCount(TABLE, { count: 'repeats', of: [n, s] }, other)).toBe(
      'SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM (SELECT c0 AS key0, c1 AS key1 FROM (SELECT "n" AS c0, "s" AS c1 FROM "c"."s"."t") WHERE c0 IS NOT NULL AND c1 IS NOT NULL) GROUP BY key0, key1 HAVING count(*) > 1)',
    );
    const to: Use = { column: 'k', type: 'integer' };
    expect(trinoCount(TABLE, { count: 'orphans', of: [n], table: 'o', to: [to] }, other)).toBe(
      'SELECT count(*) FROM (SELECT c0 AS key0 FROM (SELECT "n" AS c0 FROM "c"."s"."t") WHERE c0 IS NOT NULL) AS child WHERE NOT EXISTS (SELECT 1 FROM (SELECT c0 AS key0 FROM (SELECT "k" AS c0 FROM "c"."s"."o") WHERE c0 IS NOT NULL) AS parent WHERE child.key0 = parent.key0)',
    );
  });

  it('takes one statement, and more where there are many figures', () => {
    const conditions = (many: number): Measure[] =>
      Array.from({ length: many }, (_, bound) => ({
        count: 'condition',
        condition: { is: 'less', of: n, bound },
      }));
    const scans = (many: number): number =>
      trinoScans(TABLE, conditions(many) as Parameters<typeof trinoScans>[1]).length;
    expect([scans(0), scans(1), scans(1000), scans(1001)]).toEqual([1, 1, 1, 2]);
  });
});

describe('what Trino can’t measure', () => {
  it('is told and not taken for something else', () => {
    const refusals: readonly (readonly [Measure, string | undefined])[] = [
      [{ count: 'shared', by: 'key', of: [n], table: 'train' }, 'splits of data in Trino'],
      [{ count: 'condition', condition: { is: 'null', of: { column: 'list', type: 'array' } } }, undefined],
      [
        { count: 'condition', condition: { is: 'more', of: { column: 'list', type: 'array' }, bound: 1 } },
        undefined,
      ],
      [
        { count: 'condition', condition: { is: 'more', of: { column: 'json', type: 'array' }, bound: 1 } },
        'what is within JSON in Trino',
      ],
      [
        { count: 'repeats', of: [{ column: 's', type: 'date', form: { pattern: 'dd.MM.yyyy' } }] },
        '`format` of dates and times in texts of Trino',
      ],
      [
        { count: 'repeats', of: [{ column: 's', type: 'integer', form: { wide: 'HUGEINT' } }] },
        'whole numbers beyond 64 bits in texts of Trino',
      ],
      [{ count: 'repeats', of: [{ ...n, form: { wide: 'HUGEINT' } }] }, undefined],
      [
        { count: 'condition', condition: { is: 'no-match', of: s, pattern: '(a)\\1' } },
        '`\\1` in a pattern, in Trino',
      ],
      [
        {
          count: 'condition',
          condition: {
            is: 'any',
            of: [
              { is: 'null', of: n },
              { is: 'no-match', of: s, pattern: '(?<=a)' },
            ],
          },
        },
        '`(?<=` in a pattern, in Trino',
      ],
      [
        {
          count: 'condition',
          condition: {
            is: 'less',
            of: { column: 'day', type: 'date', form: { pattern: 'dd.MM.yyyy' } },
            bound: '01.01.2026',
          },
        },
        'a bound in a `format` of dates and times, in Trino: write it as ISO 8601 does',
      ],
    ];
    expect(refusals.map(([measure]) => [measure, trinoRefusal(TABLE, measure, other)])).toEqual(refusals);
  });

  it('are patterns that JONI reads otherwise', () => {
    const constructs = REFUSED.map(toJoni).map((rewritten) => 'construct' in rewritten);
    expect(REFUSED.filter((_, at) => !constructs[at])).toEqual([]);
    expect(PATTERNS.filter((pattern) => 'construct' in toJoni(pattern))).toEqual([]);
    expect(toJoni('^[a-z&&]\\d?.$')).toEqual({ pattern: '^[a-z\\&\\&][0-9]?[^\n\r\u2028\u2029](?=\\z)' });
  });
});

describe('a number of a contract', () => {
  it('is written exactly, as long as a decimal has room for it', () => {
    const numbers: Record<string, string> = {
      '5': '5',
      '-5': '-5',
      '0.25': "DECIMAL '0.25'",
      '-1.5': "DECIMAL '-1.5'",
      '1e-7': "DECIMAL '0.0000001'",
      '1.25e-7': "DECIMAL '0.000000125'",
      '1e+21': "DECIMAL '1000000000000000000000'",
      '1.5e+22': "DECIMAL '15000000000000000000000'",
      '1e+300': "DOUBLE '1e+300'",
      '5e-324': "DOUBLE '5e-324'",
      '123456.789': "DECIMAL '123456.789'",
    };
    expect(
      Object.fromEntries(Object.keys(numbers).map((one) => [one, trinoLiteral(Number(one), 'number')])),
    ).toEqual(numbers);
    expect(trinoLiteral('12345678901234567890123456789012345678', 'integer')).toBe(
      "DECIMAL '12345678901234567890123456789012345678'",
    );
    expect(trinoLiteral(5, 'string')).toBe("'5'");
  });
});

describe('a physical type', () => {
  it('is Trino’s or a name that others have for it', () => {
    const told = (declared: string, type: string) => isTrinoType(declared, type);
    expect(told('VARCHAR', 'varchar(10)')).toBe(true);
    expect(told('string', 'varchar')).toBe(true);
    expect(told('varchar(10)', 'varchar(20)')).toBe(false);
    expect(told('Decimal (10, 2)', 'decimal(10,2)')).toBe(true);
    expect(told('decimal(10)', 'decimal(10,0)')).toBe(true);
    expect(told('int', 'bigint')).toBe(false);
    expect(told('timestamptz', 'timestamp(6) with time zone')).toBe(true);
    expect(told('timestamp(3) with time zone', 'timestamp(6) with time zone')).toBe(false);
    expect(told('timestamp', 'timestamp(6) with time zone')).toBe(false);
    expect(told('array(integer)', 'array(integer)')).toBe(true);
    expect(told('array', 'array(integer)')).toBe(true);
    expect(told('oddity', 'varchar')).toBeUndefined();
  });
});

describe('the gate of SQL rules', () => {
  it('is blind to what is quoted, and to nothing else', () => {
    const kinds: Record<string, string | boolean> = {
      'SELECT count(*) FROM t': true,
      ' select COUNT( distinct "a b" ) AS n from t where x = \';)\'': true,
      'SELECT count(*) FROM t -- ) ; TABLE(': true,
      'SELECT count(*) /* ( */ FROM t': true,
      'SELECT count(*) + 1 FROM t': false,
      'SELECT count(*), x FROM t': false,
      'SELECT count(*) FROM t UNION SELECT x FROM t': false,
      'SELECT max(x) FROM t': false,
      'WITH a AS (SELECT 1) SELECT count(*) FROM a': false,
      "SELECT '": 'it has a quote or a comment that is not closed',
      'SELECT "': 'it has a quote or a comment that is not closed',
      'SELECT 1 /* x': 'it has a quote or a comment that is not closed',
      'SELECT `x`': 'it has a quote or a comment that is not closed',
      'SELECT 1;': 'it holds a semicolon; a rule’s query is one statement without',
      'INSERT INTO t SELECT 1': 'it is no SELECT',
      'EXPLAIN ANALYZE SELECT 1': 'it is no SELECT',
      'SELECT (1': 'its brackets do not match',
      'SELECT 1)': 'its brackets do not match',
      'SELECT 1) + (1': 'its brackets do not match',
      "SELECT * FROM TABLE (c.system.query(query => 'x'))": 'it uses a table function',
      'SELECT * FROM table/**/(x)': 'it uses a table function',
    };
    const told = Object.keys(kinds).map((query) => {
      const gated = gateTrinoQuery(query);
      return [query, gated.kind === 'query' ? gated.counts : gated.reason];
    });
    expect(Object.fromEntries(told)).toEqual(kinds);
  });

  it('takes no plan that writes, and nothing that is none', () => {
    const table = { catalog: 'c', schemaTable: { schema: 's', table: 't' } };
    expect(plannedTables(JSON.stringify({ inputTableColumnInfos: [{ table }] }))).toEqual([
      { catalog: 'c', schema: 's', table: 't' },
    ]);
    expect(
      plannedTables(JSON.stringify({ inputTableColumnInfos: [{ table }], outputTable: table })),
    ).toBeUndefined();
    for (const text of ['DROP TABLE t', '{}', 'null', '5', undefined])
      expect(plannedTables(text)).toBeUndefined();
  });
});
