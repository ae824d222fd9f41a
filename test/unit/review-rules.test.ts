import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duckDbGround } from '../../actions/validate-data/duckdb-ground.ts';
import { rowOf, summaryOf } from '../../actions/validate-data/findings.ts';
import { judge, type RuleOutcome } from '../../actions/validate-data/judge.ts';
import { postgresCondition } from '../../actions/validate-data/postgres.ts';
import { profileOf, profileTypes } from '../../actions/validate-data/profile.ts';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { shownColumns, withValues } from '../../actions/validate-data/values.ts';
import { readContract } from '../../core/formats/contract.ts';
import { gateQuery } from '../../core/toolkit/table/contract-query/gate.ts';
import { type DataTable, openEngine, openTable } from '../../core/toolkit/table/open.ts';
import type { PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import { gatePostgresQuery } from '../../core/toolkit/table/postgres/gate.ts';

let folder: string;
let connection: DuckDBConnection;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'review-rules-'));
  connection = await (await DuckDBInstance.create(':memory:')).connect();
});
afterAll(async () => {
  connection.closeSync();
  await rm(folder, { recursive: true, force: true });
});

const NOW = new Date('2026-03-01T00:00:00Z');

/** A contract whose tables have these properties (YAML flow). */
function contractOf(tables: Record<string, string>) {
  const schema = Object.entries(tables).map(
    ([name, properties]) => `  - name: ${name}\n    properties:\n${properties.replaceAll(/^/gm, '      ')}\n`,
  );
  return readContract(
    `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n${schema.join('')}`,
    'c.yaml',
  );
}

async function judged(table: DataTable, properties: string): Promise<readonly RuleOutcome[]> {
  const runQuery = async () => ({ value: 1, shown: true }) as never;
  const ground = duckDbGround(table, new Map(), runQuery);
  return (await judge(ground, rulesOf(contractOf({ t: properties }), 0, NOW))).outcomes;
}

/** What becomes of the rules of a Parquet file: `pass`, or the status with count or reason. */
async function ofParquet(properties: string, select: string): Promise<Record<string, string>> {
  const file = path.join(folder, 't.parquet');
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  await using engine = await openEngine({ threads: 1 });
  await using table = await openTable(file, { name: 't.parquet', engine });
  const outcomes = await judged(table, properties);
  return Object.fromEntries(
    outcomes.map(({ rule, status, reason, count }) => [
      rule.id.replace('t.', ''),
      status === 'pass' ? status : `${status} ${reason ?? count}`,
    ]),
  );
}

describe('values that are asked for', () => {
  it.each([
    ['an array', 'logicalType: array, items: { logicalType: string, classification: pii }'],
    [
      'an object',
      'logicalType: object, properties: [{ name: b, logicalType: object, properties: [{ name: c, encryptedName: d }] }]',
    ],
    [
      'a map',
      'logicalType: map, map: { key: { logicalType: string }, value: { logicalType: string, customProperties: [{ property: greenlight.masking, value: masked }] } }',
    ],
  ])('are not those of %s with something hidden in it', (_, property) => {
    const contract = contractOf({ t: `- { name: a, ${property} }\n- { name: z, logicalType: string }` });
    expect(() => shownColumns(contract, ['a'])).toThrow('classified, encrypted or masked');
    expect(shownColumns(contract, ['z'])).toEqual(new Map([['t', new Set(['z'])]]));
  });

  it('are those of the table that has the property, and of no other', () => {
    const contract = contractOf({
      one: '- { name: mail, physicalName: m }',
      two: '- { name: note, physicalName: m }\n- { name: c }',
    });
    expect(shownColumns(contract, ['mail'])).toEqual(new Map([['one', new Set(['m'])]]));
  });

  it('are not those of a column that another table hides', () => {
    const contract = contractOf({
      one: '- { name: mail, physicalName: m }',
      two: '- { name: email, physicalName: m, classification: pii }',
    });
    expect(() => shownColumns(contract, ['mail'])).toThrow('classified, encrypted or masked');
  });

  it('are of the file that the place names, not of one whose name ends so', async () => {
    const data = path.join(folder, 'ends');
    await mkdir(path.join(data, 'x'), { recursive: true });
    await writeFile(path.join(data, 'ab.csv'), 'a\n1\n');
    await writeFile(path.join(data, 'b.csv'), 'a\n9\n');
    await writeFile(path.join(data, 'x/b.csv'), 'a\n8\n');
    await using table = await openTable(data, { name: 'ends' });
    const outcomes = await judged(
      table,
      '- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 5 } }',
    );
    const told = await withValues(table, outcomes, new Set(['a']));
    const { places, values } = told.find(({ rule }) => rule.id === 't.a.maximum') as RuleOutcome;
    expect(places.map(({ file }) => file)).toEqual(['ends/b.csv', 'ends/x/b.csv']);
    expect(values).toEqual(['9', '8']);

    await using globbed = await openTable(path.join(data, '*b.csv'), { name: '*b.csv' });
    expect(globbed.files.map((file) => path.basename(file))).toEqual(['ab.csv', 'b.csv']);
    const at = [{ ...(outcomes[0] as RuleOutcome), places: [{ file: 'b.csv', record: 1 }] }];
    expect(await withValues(globbed, at, new Set(['a']))).toMatchObject([{ values: ['9'] }]);
  });
});

// Each tells a cell of `flights` by the number of rows up to it.
const LEAKS = [
  'SELECT count(*) FROM (SELECT row_number() OVER () AS r FROM flights a, airports b) AS x WHERE r <= (SELECT max(delay) FROM flights)',
  'SELECT count(*) FROM (SELECT row_number() OVER () AS r FROM airports) AS x WHERE r <= 5',
  'SELECT count(*) FROM flights a, flights b WHERE a.delay > 3',
  'WITH f AS (SELECT * FROM flights) SELECT count(*) FROM f a CROSS JOIN f b',
  'SELECT count(*) FROM airports WHERE code <= (SELECT max(delay) FROM flights)',
  'SELECT count(*) FROM airports WHERE code <= ANY (SELECT delay FROM flights)',
  'SELECT count(*) FROM airports WHERE EXISTS (SELECT 1 FROM flights WHERE delay >= code)',
  'SELECT count(*) FROM airports, (SELECT max(delay) AS m FROM flights) AS f WHERE code <= m',
  'SELECT count(*) FROM airports, flights WHERE code - delay < 0',
  'SELECT count(*) FROM airports, flights WHERE greatest(code, delay) = delay',
  'SELECT sum(CASE WHEN code <= delay THEN 1 ELSE 0 END) FROM airports, flights',
  'SELECT (SELECT count(*) FROM airports WHERE code <= o.delay) FROM flights AS o',
  'WITH x AS (SELECT row_number() OVER () AS r FROM airports) SELECT (SELECT count(*) FROM x WHERE r < 3)',
];
const COUNTS = [
  'SELECT count(*) FROM flights AS f JOIN airports AS a ON f.origin = a.code AND NOT f.delay IS NULL WHERE f.delay > 15',
  'SELECT count(*) FROM flights WHERE origin NOT IN (SELECT code FROM airports)',
  'SELECT count(*) FROM flights WHERE NOT EXISTS (SELECT 1 FROM airports WHERE code = origin)',
  'SELECT count(*) FROM flights WHERE delay > day - 3',
  'SELECT count(*) FROM (SELECT origin FROM flights GROUP BY origin HAVING count(*) > 1) AS x',
  'SELECT 1.0 * (SELECT count(*) FROM flights WHERE delay > 1) / (SELECT count(*) FROM flights)',
  'SELECT sum(CASE WHEN origin = code THEN 1 ELSE 0 END) FROM airports, flights',
];

describe('the figure of a SQL rule', () => {
  async function duckDb(query: string): Promise<unknown> {
    const result = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [query]);
    const columns = { flights: ['origin', 'delay', 'day'], airports: ['code'] };
    const tables = Object.entries(columns).map(([name, names]) => ({
      name,
      from: `from ${name}`,
      columns: names.map((column) => ({ name: column, sql: column })),
      files: [],
    }));
    return gateQuery(query, String(result.getRowsJson()[0]?.[0]), tables);
  }
  const postgres = (query: string) => gatePostgresQuery(query, ['flights', 'airports']);

  it.each(LEAKS)('is withheld: %s', async (query) => {
    expect(await duckDb(query)).toMatchObject({ kind: 'passed', counts: false });
    if (!query.includes('greatest'))
      expect(await postgres(query)).toMatchObject({ kind: 'passed', counts: false });
  });

  it.each(COUNTS)('is shown: %s', async (query) => {
    expect(await duckDb(query)).toMatchObject({ kind: 'passed', counts: true });
    expect(await postgres(query)).toMatchObject({ kind: 'passed', counts: true });
  });

  it('is withheld in PostgreSQL where a limit is read from rows', async () => {
    const rows = 'SELECT count(*) FROM (SELECT code FROM airports LIMIT (SELECT count(*) FROM flights)) AS x';
    expect(await postgres(rows)).toMatchObject({ kind: 'passed', counts: false });
    const fixed = 'SELECT count(*) FROM (SELECT code FROM airports LIMIT 3) AS x';
    expect(await postgres(fixed)).toMatchObject({ kind: 'passed', counts: true });
    const first = 'SELECT (SELECT count(*) FROM airports) OFFSET (SELECT max(delay) FROM flights)';
    expect(await postgres(first)).toMatchObject({ kind: 'passed', counts: false });
  });

  it('is called a figure, not rows', async () => {
    const file = path.join(folder, 'figure.csv');
    await writeFile(file, 'a\n1\n2\n3\n');
    await using table = await openTable(file, { name: 'figure.csv' });
    const outcomes = await judged(
      table,
      "- { name: a, logicalType: integer, quality: [{ type: sql, query: 'SELECT 1', mustBe: 0 }, { metric: rowCount, mustBe: 2 }] }",
    );
    const told = outcomes
      .filter(({ rule }) => rule.id.includes('quality'))
      .map((outcome) => summaryOf({ rows: 3, data: 'figure.csv' }, outcome));
    expect(told[0]).toBe('the figure is 1');
  });
});

describe('missing values over typed columns', () => {
  const missing = (type: string, values: string) =>
    `- { name: a, logicalType: ${type}, quality: [{ metric: missingValues, arguments: { missingValues: [${values}] }, mustBe: 0 }] }`;

  it.each([
    ['date', "'1900-01-01', 'N/A'", "DATE '1900-01-01'"],
    ['integer', "'-999'", '-999'],
    ['integer', '-999', '-999'],
    ['integer', "'-999', '99999999999999999999999999999999999999999'", 'CAST(-999 AS BIGINT)'],
    ['number', "'-9.50', '', '1e999'", 'CAST(-9.5 AS DECIMAL(6,2))'],
    ['number', "'-1'", 'CAST(-1 AS DOUBLE)'],
    ['boolean', "'False'", 'false'],
    ['timestamp', "'1900-01-01T00:00:00Z'", "TIMESTAMP '1900-01-01 00:00:00'"],
    ['time', "'00:00:00'", "TIME '00:00:00'"],
    ['string', "'-'", "'-'"],
  ])('count a %s of %s', async (type, values, stored) => {
    const rules = await ofParquet(missing(type, values), `SELECT ${stored} AS a UNION ALL SELECT NULL`);
    expect(rules['a.quality[0]']).toBe('fail 1');
  });

  it('that have not the type’s form are none of it', async () => {
    const rules = await ofParquet(missing('integer', "'N/A', '1.0', true"), 'SELECT 1 AS a');
    expect(rules['a.quality[0]']).toBe('pass');
  });

  it('are written for PostgreSQL too', () => {
    const table = (base: string) =>
      ({ from: 't', columns: [{ name: 'a', type: base, base }] }) as unknown as PostgresTable;
    const condition = (type: 'date' | 'integer', values: string[]) =>
      ({ is: 'missing', of: { column: 'a', type }, values }) as const;
    const date = condition('date', ['1900-01-01', 'N/A']);
    expect(postgresCondition(table('date'), date)).toMatch(/IN \(CAST\('1900-01-01' AS date\)\)/);
    expect(postgresCondition(table('int4'), condition('integer', ['-999', 'x']))).toContain(
      `IN (CAST('-999' AS numeric))`,
    );
    expect(postgresCondition(table('int4'), condition('integer', ['x']))).toBe('false');
  });
});

describe('a quantile', () => {
  it('of decimals is not cut to their scale', async () => {
    const median = (expected: number) =>
      ofParquet(
        `- { name: a, logicalType: number, quality: [{ type: custom, engine: greenlight, implementation: { metric: quantile, at: 0.5, property: a, mustBe: ${expected} } }] }`,
        'SELECT CAST(unnest([1.1, 1.2]) AS DECIMAL(3,1)) AS a',
      );
    expect((await median(1.15))['a.quality[0]']).toBe('pass');
    expect((await median(1.1))['a.quality[0]']).toMatch(/^fail/);
  });
});

describe('a column without a logicalType over another stored type', () => {
  it('has its rules fail, and says why', async () => {
    const rules = await ofParquet(
      '- { name: id, physicalType: BIGINT, unique: true, required: true, quality: [{ metric: duplicateValues, severity: warning, mustBe: 0 }] }',
      'SELECT CAST(1 AS BIGINT) AS id',
    );
    expect(rules).toMatchObject({ 'id.physicalType': 'pass', 'id.required': 'pass' });
    expect(rules['id.quality[0]']).toMatch(/^fail id is read as string/);
    expect(rules['id.unique']).toMatch(/^fail id is read as string, and the file has BIGINT: .*logicalType/);
  });

  it('leaves it to the rule of the type where there is one', async () => {
    const file = path.join(folder, 'follows.parquet');
    await connection.run(`COPY (SELECT 'x' AS a) TO '${file}' (FORMAT parquet)`);
    await using table = await openTable(file, { name: 'follows.parquet' });
    const outcomes = await judged(
      table,
      '- { name: a, logicalType: integer, unique: true }\n- { name: b, unique: true }',
    );
    const told = outcomes.map(({ rule, status, follows }) => [rule.id, status, follows]);
    expect(told).toEqual([
      ['t.a.present', 'pass', false],
      ['t.a.type', 'fail', false],
      ['t.a.unique', 'fail', true],
      ['t.b.present', 'fail', false],
      ['t.b.unique', 'fail', true],
      ['t.extraColumns', 'pass', false],
    ]);
  });
});

describe('the place of a row', () => {
  it('names the file where the data is made of several', () => {
    expect(rowOf({ file: 'd/b.csv', record: 2, line: 3 }, 'd/*.csv')).toBe('d/b.csv, record 2 (line 3)');
    expect(rowOf({ file: 'd/b.parquet', record: 2 }, 'd')).toBe('d/b.parquet, record 2');
    expect(rowOf({ file: 'd.csv', record: 2, line: 3 }, 'd.csv')).toBe('record 2 (line 3)');
    expect(rowOf({ file: 'postgresql', row: 7 } as never, 't')).toBe('row 7');
  });
});

describe('a profile', () => {
  it('reads columns in the form that the contract gives them', async () => {
    const file = path.join(folder, 'profile.csv');
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${10 + (i % 20)}.01.2026,${18446744073709551000n + BigInt(i)}`,
    );
    await writeFile(file, `day,big\n${rows.join('\n')}\n`);
    await using table = await openTable(file, { name: 'profile.csv' });
    const contract = contractOf({
      t: '- { name: day, logicalType: date, logicalTypeOptions: { format: dd.MM.yyyy } }\n- { name: big, logicalType: integer, logicalTypeOptions: { format: u64 } }',
    });
    const [declared] = contract.document.schema ?? [];
    if (declared === undefined) throw new Error('a contract without a table');
    const uses = profileTypes(declared, new Set(), new Map());
    const { columns } = await profileOf(table, uses, { sha256: '0'.repeat(64), rows: 40 });
    expect(columns).toMatchObject([
      { name: 'day', type: 'time', nulls: 0, until: '2026-01-29' },
      { name: 'big', type: 'number', nulls: 0 },
    ]);
  });
});
