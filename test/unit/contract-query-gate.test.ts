import type { DuckDBConnection } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadDuckDb } from '../../core/toolkit/natives.ts';
import { fillQuery } from '../../core/toolkit/table/contract-query/fill-query.ts';
import { FUNCTIONS } from '../../core/toolkit/table/contract-query/functions.ts';
import { type Gated, gateQuery } from '../../core/toolkit/table/contract-query/gate.ts';
import type { ContractTable } from '../../core/toolkit/table/contract-query/protocol.ts';

const TABLES = [table('flights', 'origin', 'delay', 'day', 'cancelled'), table('airports', 'code', 'city')];

function table(name: string, ...columns: string[]): ContractTable {
  return {
    name,
    from: `from ${name}`,
    columns: columns.map((column) => ({ name: column, sql: column })),
    files: [],
  };
}

let connection: DuckDBConnection;

beforeAll(async () => {
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  connection = await instance.connect();
});

afterAll(() => connection.closeSync());

async function serialize(query: string): Promise<string> {
  const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [query]);
  return String(result.getRowsJson()[0]?.[0]);
}

async function gate(query: string, tables = TABLES): Promise<Gated> {
  return gateQuery(query, await serialize(query), tables);
}

describe('the gate lets through', () => {
  it.each([
    'SELECT count(*) FROM flights',
    'select COUNT(*) from FLIGHTS;',
    '-- a comment\nSELECT count(*) /* another */ FROM flights -- the end',
    'FROM flights SELECT count(*)',
    "SELECT count(*) FROM flights WHERE origin NOT IN ('LAS', 'JFK') AND NOT (delay BETWEEN -60 AND 2000)",
    'SELECT count(*) FROM flights f LEFT JOIN airports a ON f.origin = a.code WHERE a.code IS NULL',
    'SELECT count(*) FROM flights JOIN airports a(origin, town) USING (origin)',
    'SELECT count(*) FROM flights NATURAL JOIN airports CROSS JOIN airports b, airports c',
    'SELECT count(*) FROM flights WHERE NOT EXISTS (SELECT 1 FROM airports WHERE code = origin)',
    'SELECT count(*) FROM flights WHERE origin IN (SELECT code FROM airports)',
    'SELECT count(*) FROM flights WHERE delay > ALL (SELECT length(city) FROM airports)',
    'SELECT count(*) FROM (SELECT origin, count(*) AS n FROM flights GROUP BY 1 HAVING count(*) > 1) s WHERE n > 2',
    'WITH late AS (SELECT * FROM flights WHERE delay > 60) SELECT count(*) FROM late',
    'WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT (SELECT max(x) FROM b)',
    // This flights is the CTE, that within it the contract's.
    'WITH flights AS (SELECT * FROM flights WHERE delay > 0) SELECT count(*) FROM flights',
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10) SELECT max(i) FROM n',
    'SELECT count(*) FROM (SELECT row_number() OVER (PARTITION BY origin ORDER BY day DESC) AS r FROM flights) WHERE r > 1',
    'SELECT max(delay - lag) FROM (SELECT delay, lag(delay, 1, 0) OVER w AS lag FROM flights WINDOW w AS (ORDER BY day))',
    'SELECT count(*) FROM flights QUALIFY sum(count(*)) OVER () > 1',
    'SELECT sum(CASE WHEN delay > 15 THEN 1 ELSE 0 END) * 100.0 / nullif(count(*), 0) FROM flights',
    "SELECT count(*) FILTER (WHERE origin LIKE 'L%' AND origin NOT ILIKE '%x' AND origin SIMILAR TO '[A-Z]+') FROM flights",
    "SELECT count(*) FROM flights WHERE day >= DATE '2001-01-01' AND day < DATE '2001-01-01' + INTERVAL 6 MONTH",
    "SELECT count(*) FROM flights WHERE extract(year FROM day) <> 2001 OR date_trunc('month', day) IS NULL",
    'SELECT count(*) FROM flights WHERE try_cast(delay AS INTEGER) IS NULL AND CAST(origin AS VARCHAR) IS NOT NULL',
    'SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY delay) FROM flights',
    'SELECT count(*) FROM flights WHERE coalesce(delay, 0) IS DISTINCT FROM 0 AND cancelled IS NOT TRUE',
    "SELECT count(*) FROM flights WHERE trim(both ' ' from origin) <> origin OR substring(origin from 1 for 1) = ''",
    'SELECT count(*) FROM (SELECT origin FROM flights EXCEPT SELECT code FROM airports UNION ALL SELECT city FROM airports)',
    'SELECT count(*) FROM (VALUES (1), (2)) v(x)',
    'SELECT count(*) FROM (SELECT DISTINCT ON (origin) * EXCLUDE (day) FROM flights ORDER BY origin LIMIT 5 OFFSET 1)',
    'SELECT max(n) FROM (SELECT grouping(origin), count(*) AS n FROM flights GROUP BY ROLLUP (origin))',
    'SELECT count(DISTINCT origin) = 3 FROM flights',
  ])('%s', async (query) => {
    expect(await gate(query)).toMatchObject({ kind: 'passed', strangers: [] });
  });
});

describe('the gate refuses', () => {
  const noSelect = 'it is no SELECT; a rule is one SELECT';
  const show = 'it is a SHOW, DESCRIBE or SUMMARIZE; a rule is one SELECT';
  const call = (name: string) =>
    `it calls \`${name}\`, which is none of the functions that SQL rules may call`;
  const reads = (name: string) =>
    `it reads from the function \`${name}\`; SQL rules read tables of the contract alone`;
  const none = (name: string) => `the table \`${name}\` is none of the contract’s`;
  const holds = (what: string) => `it holds \`${what}\`, which SQL rules may not`;
  const uses = (what: string) => `it uses \`${what}\`, which SQL rules may not`;

  it.each([
    // Files.
    ["SELECT count(*) FROM read_csv('/etc/passwd')", reads('read_csv')],
    ["SELECT count(*) FROM '/etc/passwd.csv'", none('/etc/passwd.csv')],
    ['SELECT count(*) FROM "flights.csv"', none('flights.csv')],
    ["SELECT list_transform(['/etc/passwd'], lambda x: read_text(x))", call('list_transform')],
    ["SELECT length(read_text('/etc/passwd'))", call('read_text')],
    ["SELECT count(*) FROM glob('*')", reads('glob')],
    ["SELECT count(*) FROM flights, LATERAL (SELECT * FROM read_blob('x'))", reads('read_blob')],
    // Other statements.
    ["ATTACH 'x.db'", noSelect],
    ["COPY flights TO 'x.csv'", noSelect],
    ["COPY (SELECT 1) TO 'x.csv'", noSelect],
    ['INSTALL httpfs', noSelect],
    ["LOAD 'x'", noSelect],
    ['PRAGMA database_list', noSelect],
    ['SET memory_limit = 0', noSelect],
    ['INSERT INTO flights VALUES (1)', noSelect],
    ['DELETE FROM flights', noSelect],
    ['CREATE TABLE t AS SELECT 1', noSelect],
    ['CALL pragma_version()', noSelect],
    ['EXPLAIN ANALYZE SELECT 1', noSelect],
    ['PIVOT flights ON origin', noSelect],
    [
      'WITH x AS (INSERT INTO flights VALUES (1) RETURNING *) SELECT count(*) FROM x',
      'it can’t be parsed as SQL of DuckDB',
    ],
    ['SELECT 1; SELECT 2', 'it holds 2 statements; a rule is one SELECT'],
    ['SELECT 1; DROP TABLE flights', noSelect],
    ['', 'it holds 0 statements; a rule is one SELECT'],
    ['-- nothing', 'it holds 0 statements; a rule is one SELECT'],
    ['SHOW TABLES', show],
    ['DESCRIBE flights', show],
    ['SUMMARIZE flights', show],
    ['SELECT count(*) FROM (DESCRIBE flights)', show],
    // SQL within SQL, and functions that make rows.
    ["SELECT * FROM query('SELECT 1')", reads('query')],
    ["SELECT * FROM query_table('flights')", reads('query_table')],
    ["SELECT * FROM json_execute_serialized_sql('{}')", reads('json_execute_serialized_sql')],
    ['SELECT count(*) FROM range(1000000000000)', reads('range')],
    ['SELECT unnest([1, 2])', call('unnest')],
    ['SELECT generate_series(1, 2)', call('generate_series')],
    // Functions that are not pure.
    ["SELECT nextval('s')", call('nextval')],
    ["SELECT error('x')", call('error')],
    ["SELECT write_log('x')", call('write_log')],
    ["SELECT getenv('HOME')", call('getenv')],
    ["SELECT current_setting('temp_directory')", call('current_setting')],
    ["SELECT getvariable('x')", call('getvariable')],
    ['SELECT random()', call('random')],
    ['SELECT uuid()', call('uuid')],
    ['SELECT now()', call('now')],
    ['SELECT today()', call('today')],
    ['SELECT age(day) FROM flights', call('age')],
    ['SELECT current_date', call('current_date')],
    ['SELECT count(*) FROM flights WHERE day > CURRENT_TIMESTAMP', call('CURRENT_TIMESTAMP')],
    ['SELECT "user"', call('user')],
    ['SELECT version()', call('version')],
    ["SELECT repeat('abcdefghij', 200000000)", call('repeat')],
    ['SELECT any_value(delay) FROM flights', call('any_value')],
    ['SELECT sum(x) OVER () FROM (SELECT string_agg(origin) AS x FROM flights)', call('string_agg')],
    ['SELECT main.random()', call('random')],
    ['SELECT system.main.abs(1)', 'it uses `catalog`, which SQL rules may not'],
    ['SELECT pg_catalog.abs(1)', 'it calls a function of `pg_catalog`; SQL rules name functions alone'],
    // Tables.
    ['SELECT count(*) FROM passengers', none('passengers')],
    ['SELECT count(*) FROM duckdb_settings', none('duckdb_settings')],
    ['SELECT count(*) FROM sqlite_master', none('sqlite_master')],
    ['SELECT count(*) FROM main.flights', `${none('main.flights')}; its tables are named alone`],
    [
      'SELECT count(*) FROM information_schema.tables',
      `${none('information_schema.tables')}; its tables are named alone`,
    ],
    // A CTE is a table where it is in scope, and nowhere else.
    ['SELECT count(*) FROM (WITH x AS (SELECT 1) FROM x), x', none('x')],
    ['WITH a AS (FROM b), b AS (SELECT 1) SELECT count(*) FROM a', none('b')],
    ['WITH a AS (FROM a) SELECT count(*) FROM a', none('a')],
    ['WITH "x.csv" AS (FROM \'x.csv\') SELECT count(*) FROM "x.csv"', none('x.csv')],
    // Other kinds of parts.
    ['SELECT count(*) FROM flights TABLESAMPLE 10%', uses('sample')],
    ['SELECT count(*) FROM flights USING SAMPLE 10', uses('sample')],
    ['SELECT count(*) FROM flights AT (VERSION => 1)', uses('at clause')],
    ['SELECT origin FROM flights LIMIT 10%', holds('limit percent modifier')],
    ['SELECT count(*) FROM (FROM flights LIMIT (SELECT max(delay) FROM flights))', 'its LIMIT is no number'],
    [
      'SELECT count(*) FROM flights POSITIONAL JOIN airports',
      'it holds a POSITIONAL JOIN, which SQL rules may not',
    ],
    ['SELECT $1', holds('value parameter')],
    ['SELECT #1 FROM flights', holds('positional reference')],
    ["SELECT COLUMNS('.*') FROM flights", uses('expr')],
    ['SELECT origin COLLATE NOCASE FROM flights', holds('collate')],
    ["SELECT origin -> 'x' FROM flights", holds('lambda')],
    ['SELECT origin[1] FROM flights', holds('array extract')],
    ["SELECT CAST('flights' AS regclass)", 'it casts to `regclass`, which SQL rules may not'],
    ['SELECT CAST(origin AS JSON) FROM flights', 'it casts to `JSON`, which SQL rules may not'],
    ['SELECT CAST(origin AS VARCHAR[]) FROM flights', 'it casts to `LIST`, which SQL rules may not'],
    // What can't be parsed.
    [
      'SELECT count(*)\nFROM flights WHERE WHERE',
      'it can’t be parsed as SQL of DuckDB, from line 2, column 20 of the query on',
    ],
    [
      'SELECT count(*) FROM {table}',
      '`{table}` is replaced by nothing: there are `{object}`, and `{property}` in rules of a property',
    ],
  ])('%s', async (query, reason) => {
    expect(await gate(query)).toEqual({ kind: 'refused', reason });
  });

  it('names that SQL can’t tell apart', async () => {
    expect(await gate('SELECT count(*) FROM t', [table('t', 'a', 'A')])).toEqual({
      kind: 'refused',
      reason: 'the columns `a` and `A` differ in capitals alone, which SQL can’t tell apart',
    });
    expect(await gate('SELECT count(*) FROM t', [table('t'), table('T')])).toEqual({
      kind: 'refused',
      reason: 'the tables `t` and `T` differ in capitals alone, which SQL can’t tell apart',
    });
  });

  it('a query that is nested too deeply', () => {
    const open = '{"class":"OPERATOR","type":"OPERATOR_NOT","children":[';
    const nested = `${open.repeat(20_000)}${']}'.repeat(20_000)}`;
    const node = `{"type":"SELECT_NODE","cte_map":{"map":[]},"select_list":[${nested}]}`;
    expect(gateQuery('', `{"error":false,"statements":[{"node":${node}}]}`, TABLES)).toEqual({
      kind: 'refused',
      reason: 'it is nested too deeply',
    });
  });
});

describe('a figure may be shown', () => {
  it.each([
    'SELECT count(*) FROM flights',
    'SELECT count(origin) FROM flights WHERE delay > 3',
    'SELECT count(DISTINCT origin) AS n FROM flights',
    'SELECT count(*) FILTER (WHERE delay > 15) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN 1 ELSE 0 END) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN 1 END) FROM flights',
    'SELECT 100.0 * count(*) FILTER (WHERE delay IS NULL) / nullif(count(*), 0) FROM flights',
    'SELECT round(avg(CASE WHEN delay > 15 THEN 1.0 ELSE 0 END), 3) FROM flights',
    'SELECT count(*) - count(DISTINCT origin) FROM flights',
    'SELECT 1 - CAST(count(delay) AS DOUBLE) / count(*) FROM flights',
    'SELECT (SELECT count(*) FROM flights) - (SELECT count(*) FROM airports)',
    'SELECT coalesce(sum(CASE WHEN delay > 15 THEN 1 ELSE 0 END), 0) FROM flights',
    'WITH f AS (FROM flights) SELECT count(*) FROM f',
  ])('%s', async (query) => {
    expect(await gate(query)).toMatchObject({ kind: 'passed', counts: true });
  });
});

describe('a figure is withheld', () => {
  it.each([
    'SELECT max(delay) FROM flights',
    'SELECT sum(delay) FROM flights',
    'SELECT delay FROM flights LIMIT 1',
    'SELECT 7',
    'SELECT count(*) + max(delay) FROM flights',
    'SELECT count(*) * delay FROM flights GROUP BY delay',
    'SELECT count(*) / (SELECT max(delay) FROM flights) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN delay ELSE 0 END) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN 2 ELSE 0 END) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN 0.1 ELSE 0 END) FROM flights',
    'SELECT sum(CASE WHEN delay > 15 THEN 1 ELSE delay END) FROM flights',
    'SELECT coalesce(nullif(count(*), 1), max(delay)) FROM flights',
    'SELECT n FROM (SELECT count(*) AS n FROM flights)',
    'SELECT count(*) FROM flights HAVING false UNION ALL SELECT max(delay) FROM flights',
    'SELECT count(*) > 3 FROM flights',
    'SELECT count(*) OVER () FROM flights LIMIT 1',
    // As many rows as the value says.
    'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < (SELECT max(delay) FROM flights)) SELECT count(*) FROM n',
  ])('%s', async (query) => {
    expect(await gate(query)).toMatchObject({ kind: 'passed', counts: false });
  });
});

describe('the functions that rules may call', () => {
  it('are there, and are consistent', async () => {
    const result = await connection.runAndReadAll(
      "SELECT function_name, bool_and(stability IS NOT DISTINCT FROM 'CONSISTENT' OR function_type IN ('aggregate', 'macro')) FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro') GROUP BY 1",
    );
    const known = new Map(result.getRowsJson().map(([name, pure]) => [String(name), pure]));
    const windows =
      /^(row_number|rank|dense_rank|percent_rank|cume_dist|ntile|lag|lead|first_value|last_value|nth_value)$/;
    const wrong = [...FUNCTIONS].filter((name) => known.get(name) !== true && !windows.test(name));
    expect(wrong).toEqual([]);
  });
});

describe('fillQuery', () => {
  it('puts the names in', () => {
    const query = 'SELECT count({property}) FROM ${object} WHERE "{property}" IS NULL';
    expect(fillQuery(query, 'flights', 'select')).toBe(
      'SELECT count("select") FROM "flights" WHERE "select" IS NULL',
    );
    expect(fillQuery('SELECT {property} FROM {object}', 't')).toBe('SELECT {property} FROM "t"');
    expect(fillQuery('SELECT {property} FROM {object}', '{property}', 'x')).toBe(
      'SELECT "x" FROM "{property}"',
    );
  });

  it('makes one table and one column of any names', async () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'));
    await fc.assert(
      fc.asyncProperty(name, name, async (object, property) => {
        const parsed = JSON.parse(
          await serialize(fillQuery('SELECT {property} FROM {object}', object, property)),
        );
        const { select_list: figures, from_table: table } = parsed.statements[0].node;
        expect(figures).toHaveLength(1);
        expect(figures[0].column_names).toEqual([property]);
        expect(table).toMatchObject({ type: 'BASE_TABLE', table_name: object, schema_name: '' });
      }),
      { numRuns: 300 },
    );
  });
});
