import { describe, expect, it } from 'vitest';
import { gatePostgresQuery } from '../../core/toolkit/table/postgres/gate.ts';

const TABLES = ['orders', 'customers'];

async function told(query: string): Promise<string> {
  const gated = await gatePostgresQuery(query, TABLES);
  if (gated.kind === 'refused') return gated.reason;
  return gated.counts ? 'counts' : 'passes';
}

describe('a SQL rule for PostgreSQL', () => {
  it('passes as one SELECT of the contract’s tables, and is told for a count', async () => {
    for (const [query, expected] of [
      ['SELECT count(*) FROM orders', 'counts'],
      ['SELECT count(*) FILTER (WHERE a > 1) FROM orders AS o JOIN customers USING (id);', 'counts'],
      ['SELECT 100.0 * sum(CASE WHEN a THEN 1 ELSE 0 END) / nullif(count(*), 0) FROM orders', 'counts'],
      ['SELECT round(avg(CASE WHEN a THEN 1.0 ELSE 0 END)::numeric, 2) FROM orders', 'counts'],
      ['SELECT coalesce((SELECT count(DISTINCT a) FROM orders), 0) - 1', 'counts'],
      ['SELECT count(*) * count(*) FROM orders', 'passes'],
      ['SELECT sum(a) FROM orders', 'passes'],
      ['SELECT sum(CASE WHEN a THEN b ELSE 0 END) FROM orders', 'passes'],
      ['SELECT count(*) + max(a) FROM orders', 'passes'],
      ['SELECT count(*) OVER () FROM orders', 'passes'],
      ['SELECT count(*) > 5 FROM orders', 'passes'],
      [
        "SELECT max(a) FROM orders WHERE b BETWEEN 1 AND 2 AND c NOT LIKE 'x%' ESCAPE '!' AND d IN (1, 2) AND e IS NOT NULL AND extract(year FROM f) = 2026 AND f::date > DATE '2026-01-01'",
        'passes',
      ],
      [
        'WITH a AS (SELECT * FROM orders), b AS (SELECT x, row_number() OVER (PARTITION BY y ORDER BY z DESC NULLS LAST) AS n FROM a) SELECT max(n) FROM b GROUP BY x HAVING count(*) > 1 UNION ALL SELECT 1 ORDER BY 1 LIMIT 1',
        'passes',
      ],
      [
        'SELECT DISTINCT a FROM (SELECT a FROM orders WHERE EXISTS (SELECT FROM customers c WHERE c.id = orders.id) AND b > ALL (SELECT 1)) AS s',
        'passes',
      ],
    ] as const)
      expect([query, await told(query)]).toEqual([query, expected]);
  });

  it('is refused for all else, by name', async () => {
    for (const [query, reason] of [
      ['SELECT count(*) FROM others', 'the table `others` is none of the contract’s'],
      ['SELECT count(*) FROM pg_class', 'the table `pg_class` is none'],
      ['SELECT count(*) FROM public.orders', 'named with its schema'],
      ['DELETE FROM orders', 'it is no SELECT'],
      ['WITH x AS (DELETE FROM orders RETURNING 1) SELECT count(*) FROM x', 'DeleteStmt'],
      ['SELECT 1; DROP TABLE orders', '2 statements'],
      ['SELECT count(*) FROM orders) AS x(v); DROP TABLE orders; --', 'can’t be parsed'],
      ['SELECT 1 INTO t2', 'intoClause'],
      ['SELECT count(*) FROM orders FOR UPDATE', 'lockingClause'],
      ["SELECT length(pg_read_file('/etc/passwd'))", '`pg_read_file`'],
      ['SELECT pg_sleep(100)', '`pg_sleep`'],
      ["SELECT set_config('row_security', 'on', true)", '`set_config`'],
      ['SELECT count(*) FROM generate_series(1, 1000000000)', 'RangeFunction'],
      ["SELECT length(repeat('x', 1000000000))", '`repeat`'],
      ["SELECT CAST('pg_class' AS regclass)", 'casts to `regclass`'],
      ['SELECT public.count(1)', '`public.count`'],
      ['SELECT count(*) FROM orders WHERE now() > current_date', '`now`'],
      ['SELECT count(*) FROM orders WHERE current_user = customer', 'SQLValueFunction'],
      ['WITH RECURSIVE x AS (SELECT 1 UNION ALL SELECT 1 FROM x) SELECT count(*) FROM x', 'WITH RECURSIVE'],
      ['SELECT count(*) FROM orders TABLESAMPLE SYSTEM (1)', 'RangeTableSample'],
      ['SELECT $1', 'ParamRef'],
      ['TABLE orders', 'several columns'],
      ['SHOW ALL', 'it is no SELECT'],
      ['EXPLAIN SELECT 1', 'it is no SELECT'],
      ["COPY orders TO PROGRAM 'id'", 'it is no SELECT'],
      ['SELECT count(*) FROM {table}', '`{table}` is replaced by nothing'],
    ] as const)
      expect([query, await told(query)]).toEqual([query, expect.stringContaining(reason)]);
  });

  it('is cut where its statement ends', async () => {
    expect(await gatePostgresQuery(' SELECT 1 /* é; */ ; -- end', [])).toMatchObject({
      query: 'SELECT 1 /* é; */ ',
    });
  });

  it('does no harm where it is nested deeply', async () => {
    for (const depth of [1000, 4000, 9000, 100_000])
      expect(await told(`SELECT ${'- '.repeat(depth)}1`)).toMatch(
        /^(passes|it is nested too deeply|it can’t be parsed .*)$/,
      );
    expect(await told('SELECT count(*) FROM orders')).toBe('counts');
  });
});
