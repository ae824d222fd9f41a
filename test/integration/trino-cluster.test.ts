import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMATS } from '../../actions/validate-data/formats.ts';
import { privacyOutcomes } from '../../actions/validate-data/privacy/undeclared.ts';
import { toJoni } from '../../actions/validate-data/trino-patterns.ts';
import { trinoQueries } from '../../actions/validate-data/trino-queries.ts';
import { searchedTrino } from '../../actions/validate-data/trino-search.ts';
import { readContract } from '../../core/formats/contract.ts';
import { openTrino } from '../../core/toolkit/table/trino/client.ts';
import { describeTrinoTable, type TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { cluster, noCluster } from '../trino/cluster.ts';
import { PATTERNS, somePattern, someTexts, TEXTS } from '../trino/patterns.ts';
import { contractOf, inFiles, inParquet, inTrino, type Rows } from '../trino/suite.ts';

const why = noCluster();
if (why !== undefined) console.warn(`skipped: ${why}`);

const ADDRESS = {
  server: 'test',
  host: '127.0.0.1',
  port: cluster().port,
  catalog: 'memory',
  schema: 'default',
};

const FLIGHTS = {
  flights: `- name: id
  logicalType: integer
  primaryKey: true
  required: true
- name: carrier
  logicalType: string
  physicalType: varchar
  enum: [{ value: AA }, { value: UA }, { value: DL }]
  logicalTypeOptions: { minLength: 2, maxLength: 2, pattern: '^[A-Z]+$' }
  relationships: [{ to: carriers.code }]
- name: delay
  logicalType: integer
  logicalTypeOptions: { minimum: -60, maximum: 1000, multipleOf: 5 }
  quality:
    - { metric: nullValues, mustBeLessThan: 10, unit: percent }
    - { metric: duplicateValues, mustBe: 0 }
    - { type: custom, engine: greenlight, implementation: { metric: average, property: delay, mustBeBetween: [50, 60] } }
    - { type: custom, engine: greenlight, implementation: { metric: quantile, at: 0.5, property: delay, mustBe: 10 } }
    - { type: custom, engine: greenlight, implementation: { metric: quantile, at: 0.9, property: delay, mustBeBetween: [407.99, 408.01] } }
    - { type: custom, engine: greenlight, implementation: { metric: sum, property: delay, mustBe: 977 } }
    - { type: custom, engine: greenlight, implementation: { metric: rowsPerGroup, properties: [carrier], mustBeGreaterThan: 1 } }
- name: price
  logicalType: number
  logicalTypeOptions: { exclusiveMinimum: 0, maximum: 999.5, multipleOf: 0.25 }
- name: day
  logicalType: date
  logicalTypeOptions: { minimum: '2026-01-01', maximum: '2026-12-31' }
- name: at
  logicalType: timestamp
  logicalTypeOptions: { defaultTimezone: Europe/Berlin, exclusiveMaximum: '2026-02-01T00:00:00Z' }
- name: clock
  logicalType: time
  logicalTypeOptions: { maximum: '12:00:00' }
- name: late
  logicalType: boolean
- name: tail
  logicalType: string
  unique: true
  quality:
    - { metric: missingValues, arguments: { missingValues: [null, '', NA] }, mustBe: 0 }
    - { metric: invalidValues, arguments: { validValues: [N1, N2, N3, N4, N5, N6, N7, N8, N9, N10] }, mustBe: 0 }
- { name: gone, logicalType: string }`,
  carriers: '- { name: code, logicalType: string }',
};
const SLA = `slaProperties:
  - { property: latency, value: 2, unit: d, element: flights.day }
  - { property: retention, value: 1, unit: y, element: flights.day }`;
const DATA: Record<string, Rows> = {
  flights: {
    columns: [
      'id integer',
      'carrier varchar',
      'delay integer',
      'price decimal(8,2)',
      'day date',
      'at timestamp',
      'clock time',
      'late boolean',
      'tail varchar',
      'extra varchar',
    ],
    rows: [
      ['1', 'AA', '10', '0.25', '2026-01-01', '2026-01-01 00:00:00', '00:00:00', 'true', 'N1', 'x'],
      ['2', 'UA', '-65', '999.75', '2025-12-31', '2026-02-01 00:30:00', '12:00:00', 'false', 'N2', 'x'],
      ['2', 'DLX', '7', '0.00', '2027-01-01', '2026-02-01 01:00:00', '12:00:00.5', null, 'N2', null],
      ['4', 'dl', null, null, null, null, null, 'true', 'NA', 'x'],
      ['5', null, '10', '0.30', '2024-02-29', '2026-01-31 23:59:59.5', '23:59:59', 'true', '', 'x'],
      ['6', 'ZZ', '1005', '5.00', '2026-02-28', '2026-01-01 00:00:00', '01:00:00', 'true', 'N10', 'x'],
      ['7', 'AA', '10', '5.00', '2026-02-28', '2026-01-01 00:00:00', '01:00:00', 'true', 'n1', 'x'],
      ['8', 'AA\n', '0', '5.00', '2026-02-28', '2026-01-01 00:00:00', '01:00:00', 'true', null, 'x'],
    ],
  },
  carriers: { columns: ['code varchar'], rows: [['AA'], ['UA'], [null], ['DLX']] },
};

describe.skipIf(why !== undefined)('the same rules', () => {
  it('find the same in Trino, Parquet and CSV', async () => {
    const contract = contractOf(FLIGHTS, SLA);
    const table = await inTrino(cluster(), contract, DATA);
    expect(table.rows).toBe(8);
    expect(table.rules).toEqual((await inFiles(contract, DATA, 'parquet')).rules);
    const plain = await inFiles(contract, DATA, 'csv');
    expect({ ...table.rules, 'carrier.physicalType': '' }).toEqual({
      ...plain.rules,
      'carrier.physicalType': '',
    });
  });
});

describe.skipIf(why !== undefined)('tables in Trino', () => {
  it('have names, numbers and types of their own', async () => {
    const contract = contractOf({
      'we"ird.t': `- { name: SELECT, logicalType: integer, logicalTypeOptions: { maximum: 5 } }
- { name: 'q"u.o''te', logicalType: string, required: true }
- { name: Größe, logicalType: number, logicalTypeOptions: { maximum: 2.5, multipleOf: 0.1 } }
- { name: f, logicalType: number, logicalTypeOptions: { maximum: 1 } }
- { name: r, logicalType: number, physicalType: float, logicalTypeOptions: { multipleOf: 0.5 } }
- { name: wide, logicalType: integer, physicalType: 'decimal(38)', unique: true, logicalTypeOptions: { minimum: -5, format: u64 } }
- { name: huge, logicalType: number, logicalTypeOptions: { maximum: 0.5 } }
- { name: u, logicalType: string, physicalType: uuid, logicalTypeOptions: { format: uuid } }
- { name: At, logicalType: timestamp, physicalType: timestamp(6) with time zone, logicalTypeOptions: { timezone: true, maximum: '2026-01-01T00:00:00Z' } }
- { name: c, logicalType: string, physicalType: char(3), enum: [{ value: a }], logicalTypeOptions: { maxLength: 1 } }
- { name: wrong, logicalType: integer, physicalType: varchar }
- { name: list, logicalType: array, required: true, items: { logicalType: integer } }
- { name: doc, logicalType: object, properties: [{ name: a, logicalType: integer }] }
- { name: odd, logicalType: string, physicalType: oddity }
- { name: json, logicalType: object, required: true }
- { name: at, logicalType: timestamp }`,
    });
    const columns = [
      '"select" integer',
      '"q""u.o\'te" varchar',
      '"größe" decimal(10,4)',
      'f double',
      'r real',
      'wide decimal(38,0)',
      'huge decimal(38,0)',
      'u uuid',
      'at timestamp(6) with time zone',
      'c char(3)',
      'wrong varbinary',
      'list array(integer)',
      'doc row(a integer)',
      'odd varchar',
      'json json',
    ];
    const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    const nines = '9'.repeat(38);
    const cells = (...values: readonly string[]): string =>
      values
        .map((value, at) => `CAST(${value} AS ${columns[at]?.replace(/^("[^"]*"("[^"]*")*|\S+) /, '')})`)
        .join(', ');
    const name = '"we""ird.t"';
    await cluster().run(
      `DROP TABLE IF EXISTS ${name}`,
      `CREATE TABLE ${name} (${columns.join(', ')})`,
      `INSERT INTO ${name} VALUES (${cells('1', "'a'", '2.3', '1', '1', "DECIMAL '18446744073709551615'", '0', `'${uuid}'`, "'2026-01-01 00:00:00 UTC'", "'a'", "X'00'", 'ARRAY[1]', 'ROW(1)', "'x'", "JSON '{}'")})`,
      `INSERT INTO ${name} VALUES (${cells('6', 'NULL', '2.55', 'nan()', 'infinity()', 'NULL', 'NULL', 'NULL', "'2026-01-01 01:00:00 +02:00'", "'ab'", 'NULL', 'NULL', 'NULL', 'NULL', 'NULL')})`,
      `INSERT INTO ${name} VALUES (${cells('7', "'b'", 'NULL', '2e0', '0.3', `DECIMAL '${nines}'`, `DECIMAL '${nines}'`, 'NULL', "'2026-01-01 01:00:00 UTC'", 'NULL', 'NULL', 'ARRAY[]', 'NULL', 'NULL', 'NULL')})`,
    );
    const { rules } = await inTrino(cluster(), contract, {}, ['we"ird.t']);
    expect(rules).toMatchObject({
      'SELECT.maximum': 'fail 2',
      'q"u.o\'te.required': 'fail 1',
      'Größe.maximum': 'fail 1',
      'Größe.multipleOf': 'fail 1',
      'f.type': 'fail 1',
      'f.maximum': 'fail 1',
      'r.type': 'fail 1',
      'r.physicalType': 'pass',
      'r.multipleOf': 'fail 1',
      'wide.physicalType': 'pass',
      'wide.unique': 'pass',
      'wide.minimum': 'pass',
      'wide.format': 'fail 1',
      'huge.maximum': 'fail 1',
      'u.type': 'pass',
      'u.physicalType': 'pass',
      'u.format': 'pass',
      'At.physicalType': 'pass',
      'At.maximum': 'fail 1',
      'c.physicalType': 'pass',
      'c.enum': 'fail 1',
      'c.maxLength': 'fail 1',
      'wrong.type': 'fail the table has varbinary',
      'wrong.physicalType': 'fail the table has varbinary',
      'list.type': 'pass',
      'list.required': 'fail 1',
      'doc.a.type': 'pass',
      'json.type': 'error not evaluated: what is within JSON in Trino',
      'json.required': 'fail 2',
      'odd.physicalType': 'warn the name oddity is not known; the table has varchar',
      'at.present': 'fail it is missing',
    });
  });

  it('hold rows, arrays and maps, whose parts are judged', async () => {
    const contract = contractOf({
      t: `- name: doc
  logicalType: object
  logicalTypeOptions: { minProperties: 2, required: [code] }
  properties:
    - { name: code, logicalType: string, required: true, logicalTypeOptions: { pattern: '^[A-Z]+$' }, unique: true }
    - { name: At Day, logicalType: date, logicalTypeOptions: { minimum: '2026-01-01' } }
    - name: stops
      logicalType: array
      logicalTypeOptions: { minItems: 1, maxItems: 2, uniqueItems: true }
      items:
        logicalType: object
        properties:
          - { name: place, logicalType: string, required: true, enum: [{ value: a }, { value: b }] }
          - { name: minutes, logicalType: number, logicalTypeOptions: { maximum: 10 } }
    - { name: nowhere, logicalType: string }
- name: tags
  logicalType: map
  required: true
  logicalTypeOptions: { maxEntries: 1 }
  map: { key: { logicalType: string, logicalTypeOptions: { maxLength: 1 } }, value: { logicalType: integer, logicalTypeOptions: { minimum: 0 } } }
- name: embedding
  logicalType: vector
  logicalTypeOptions: { dimensions: 2 }
- { name: text, logicalType: array, items: { logicalType: string } }`,
    });
    const rows: readonly (readonly [doc: string, tags: string, embedding: string])[] = [
      ["code: 'A', day: DATE '2026-01-01', stops: [{place: 'a', minutes: 1e0}]", "'k': 1", '1e0, 2e0'],
      [
        "code: 'b', day: DATE '2025-12-31', stops: [{place: 'c', minutes: 11e0}, {place: NULL, minutes: NULL}, NULL]",
        "'kk': -1, 'j': 2",
        '1e0',
      ],
      ['code: NULL, day: NULL, stops: []', '', '1e0, NULL'],
      [
        "code: 'A', day: NULL, stops: [{place: 'a', minutes: 1e0}, {place: 'a', minutes: 1e0}]",
        "'k': NULL",
        "1e0, CAST('NaN' AS double)",
      ],
      ['NULL', 'NULL', 'NULL'],
    ];
    const duck = rows.map(([doc, tags, embedding]) => {
      const cells = [
        doc === 'NULL' ? 'NULL' : `{${doc.replace('day:', '"At Day":')}}`,
        tags === 'NULL' ? 'NULL' : `MAP {${tags}}`,
        embedding === 'NULL' ? 'NULL' : `[${embedding}]`,
      ];
      const types = [
        'STRUCT(code VARCHAR, "At Day" DATE, stops STRUCT(place VARCHAR, minutes DOUBLE)[])',
        'MAP(VARCHAR, BIGINT)',
        'DOUBLE[]',
      ];
      return `SELECT ${['doc', 'tags', 'embedding'].map((name, at) => `CAST(${cells[at]} AS ${types[at]}) AS ${name}`).join(', ')}, 'x' AS text`;
    });
    const types = [
      'row(code varchar, "At Day" date, stops array(row(place varchar, minutes double)))',
      'map(varchar, bigint)',
      'array(double)',
    ];
    const trino = rows.map(([doc, tags, embedding]) => {
      const inner = doc
        .replaceAll(/\{place: (.*?), minutes: (.*?)\}/g, 'ROW($1, $2)')
        .replace('[', 'ARRAY[')
        .replaceAll(/(code|day|stops): /g, '');
      const entries = tags === '' ? [] : tags.split(', ').map((entry) => entry.split(': '));
      const cells = [
        doc === 'NULL' ? 'NULL' : `ROW(${inner})`,
        tags === 'NULL'
          ? 'NULL'
          : `MAP(ARRAY[${entries.map(([key]) => key)}], ARRAY[${entries.map(([, value]) => value)}])`,
        embedding === 'NULL' ? 'NULL' : `ARRAY[${embedding}]`,
      ];
      return `SELECT ${cells.map((cell, at) => `CAST(${cell} AS ${types[at]})`).join(', ')}, 'x'`;
    });
    await cluster().run(
      'DROP TABLE IF EXISTS t',
      `CREATE TABLE t (doc ${types[0]}, tags ${types[1]}, embedding ${types[2]}, text varchar)`,
      `INSERT INTO t ${trino.join(' UNION ALL ')}`,
    );
    const told = await inTrino(cluster(), contract, {}, ['t']);
    const columnar = await inParquet(contract, duck.join(' UNION ALL '));
    const sameWords = (rules: typeof told.rules) =>
      Object.entries(rules).map(
        ([rule, said]) => `${rule}: ${said.replace(/the (file|table) has .*/, 'other')}`,
      );
    expect(sameWords(told.rules)).toEqual(sameWords(columnar.rules));
    expect(told.rules).toMatchObject({ 'doc.code.pattern': 'fail 1', 'embedding.type': 'fail 2' });
  });

  it('have more conditions than one statement takes', async () => {
    const names = Array.from({ length: 700 }, (_, index) => `c${index}`);
    const property = (name: string): string =>
      `- { name: ${name}, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0, maximum: 9 } }`;
    const rows = [names.map(() => '1'), names.map((_, at) => (at === 699 ? '10' : at === 650 ? null : '2'))];
    const data = { t: { columns: names.map((name) => `${name} integer`), rows } };
    const { rules } = await inTrino(cluster(), contractOf({ t: names.map(property).join('\n') }), data);
    expect(Object.entries(rules).filter(([, told]) => told !== 'pass')).toEqual([
      ['c650.required', 'fail 1'],
      ['c699.maximum', 'fail 1'],
    ]);
  }, 120_000);

  it('have keys of several columns, in which NULL is no value', async () => {
    const contract = `${contractOf({
      t: `- { name: a, logicalType: integer, primaryKey: true, primaryKeyPosition: 1 }
- { name: b, logicalType: string, primaryKey: true, primaryKeyPosition: 2 }`,
      p: '- { name: x, logicalType: integer }\n- { name: y, logicalType: string }',
    }).replace(
      '  - name: p',
      "    relationships: [{ from: ['t.a', 't.b'], to: ['p.x', 'p.y'] }]\n  - name: p",
    )}`;
    const data = {
      t: {
        columns: ['a integer', 'b varchar'],
        rows: [
          ['1', 'x'],
          ['1', 'x'],
          ['1', null],
          ['1', null],
          ['2', 'x'],
          ['1', 'y'],
          ['2', 'x'],
          ['2', 'x'],
        ],
      },
      p: {
        columns: ['x bigint', 'y varchar'],
        rows: [
          ['1', 'x'],
          ['1', 'x'],
          ['2', null],
          ['1', 'y'],
          [null, 'x'],
        ],
      },
    };
    const told = await inTrino(cluster(), contract, data);
    expect(told).toEqual(await inFiles(contract, data, 'parquet'));
    expect(told.rules).toMatchObject({ primaryKey: 'fail 3', 'relationships[0]': 'fail 3' });
  });

  it('that are empty are an error', async () => {
    const contract = contractOf({ t: '- { name: n, logicalType: integer, required: true }' });
    const { rules } = await inTrino(cluster(), contract, { t: { columns: ['n integer'], rows: [] } });
    expect(rules).toMatchObject({ 'n.required': 'error there are no rows to judge' });
  });
});

describe.skipIf(why !== undefined)('personal data in Trino', () => {
  it('are sought in columns of all types, in the same sample each time', async () => {
    const properties = '- { name: id, logicalType: integer }';
    const contract = readContract(contractOf({ people: properties }), 'c.yaml');
    await cluster().run(
      'DROP TABLE IF EXISTS people',
      `CREATE TABLE people AS SELECT i AS id, CAST('a' || CAST(i AS varchar) || '@example.com' AS varchar(60)) AS mail,
      JSON_PARSE('{"at":["b' || CAST(i AS varchar) || '@example.org"]}') AS doc, CAST('93.184.' || CAST(i / 200 AS varchar) || '.' || CAST(i % 200 AS varchar) AS ipaddress) AS seen,
      IF(i % 3000 = 7, 'c' || CAST(i AS varchar) || '@example.net') AS rare, CAST(i AS double) AS x, date '2026-01-01' AS day, now() AS at, uuid() AS u,
      to_utf8('bytes') AS bytes, ARRAY['d' || CAST(i AS varchar) || '@example.com'] AS list, 'n' || CAST(i AS varchar) AS note
      FROM UNNEST(sequence(1, 10000)) AS a(i) CROSS JOIN UNNEST(sequence(1, 3)) AS b(j)`,
    );
    await using trino = await openTrino(ADDRESS, { env: { TRINO_USER: 'tests' } });
    const seen = async () => {
      const searched = searchedTrino(trino, await describeTrinoTable(trino, 'people'));
      const outcomes = await privacyOutcomes(searched, contract, 0, { rows: 30_000 });
      return outcomes.map(
        ({ rule, status, reason }) => `${rule.id.slice('people.privacy.'.length)} ${status} ${reason}`,
      );
    };
    const first = await seen();
    expect(first).toEqual([
      'undeclared.unread stated nothing was looked at of list',
      expect.stringMatching(/^undeclared.mail fail 100 % of (19|20)\d{3} .* e-mail/),
      expect.stringMatching(/^undeclared.doc.at\[\] fail .* e-mail/),
      expect.stringMatching(/^undeclared.seen .* IP addresses/),
      expect.stringMatching(/^undeclared.rare fail 100 % of 12 sampled values .* e-mail/),
    ]);
    expect(await seen()).toEqual(first);
  });
});

describe.skipIf(why !== undefined)('a statement of a real Trino', () => {
  const LONG = 'SELECT count(DISTINCT comment) FROM tpch.sf100.lineitem';
  const open = (statement: number) =>
    openTrino(ADDRESS, { env: { TRINO_USER: 'tests' }, limits: { statement, grace: 60_000 } });

  it('ends at its time', async () => {
    await using trino = await open(1000);
    await expect(trino.query(LONG)).rejects.toMatchObject({ code: 'server/timeout' });
  });

  it('ends where it is given up', async () => {
    await using trino = await open(60_000);
    const marked = `${LONG} -- ${Date.now()}`;
    const signal = AbortSignal.timeout(500);
    await expect(trino.query(marked, { signal })).rejects.toMatchObject({ name: 'TimeoutError' });
    const told = await cluster().run(
      `SELECT error_code FROM system.runtime.queries WHERE query = '${marked}'`,
    );
    expect(told).toEqual([['USER_CANCELED']]);
  });

  it('writes nothing', async () => {
    for (const sql of ['CREATE TABLE written AS SELECT 1 AS x', 'DROP TABLE t', 'CREATE SCHEMA written']) {
      await using trino = await open(60_000);
      expect([sql, await trino.attempt(sql)]).toEqual([sql, { code: 'READ_ONLY_VIOLATION' }]);
    }
    await expect(cluster().run('SELECT * FROM written')).rejects.toMatchObject({ code: 'TABLE_NOT_FOUND' });
  });

  it('is of a catalog and a table that are there', async () => {
    await using trino = await open(60_000);
    await expect(describeTrinoTable(trino, 'flihgts')).rejects.toMatchObject({ code: 'data/no-table' });
    const nowhere = await openTrino({ ...ADDRESS, catalog: 'nowhere' }, { env: { TRINO_USER: 'tests' } });
    await expect(describeTrinoTable(nowhere, 't')).rejects.toMatchObject({ code: 'server/no-database' });
  });
});

describe.skipIf(why !== undefined)('SQL rules in Trino', () => {
  const contract = contractOf({
    Orders: `- { name: Amount, physicalName: amt, logicalType: integer }`,
    customers: '- { name: id, logicalType: integer }',
  });

  async function answers(queries: readonly string[]): Promise<readonly unknown[]> {
    await cluster().run(
      ...['orders', 'customers', 'secrets'].map((name) => `DROP TABLE IF EXISTS ${name}`),
      'DROP VIEW IF EXISTS seen',
      'CREATE TABLE orders AS SELECT * FROM (VALUES 1, 2, NULL) AS t(amt)',
      'CREATE TABLE customers AS SELECT 7 AS id',
      "CREATE TABLE secrets AS SELECT 'SECRET' AS word",
    );
    const open = (to: typeof ADDRESS) => openTrino(to, { env: { TRINO_USER: 'tests' } });
    await using trino = await open(ADDRESS);
    const declared = readContract(contract, 'c.yaml').document.schema ?? [];
    const tables = new Map<string, TrinoTable>();
    for (const { name } of declared) tables.set(name, await describeTrinoTable(trino, name));
    const run = trinoQueries(ADDRESS, declared, tables, open);
    const told: unknown[] = [];
    for (const text of queries) {
      const figure = await run({ text, object: 'Orders', property: 'amt' });
      told.push(
        figure.value === undefined
          ? figure.reason
          : figure.shown
            ? figure.value
            : `${figure.value}, withheld`,
      );
    }
    return told;
  }

  it('give a number or a boolean of the contract’s tables', async () => {
    const queries: Record<string, unknown> = {
      'SELECT count(*) FROM {object}': 3,
      'SELECT count({property}) FROM {object} -- all': 2,
      'SELECT COUNT(DISTINCT "amt") AS n FROM orders WHERE amount > 0': 2,
      'SELECT max({property}) FROM {object}': '2, withheld',
      'SELECT avg(CAST(amt AS decimal(5,2))) FROM orders': '1.5, withheld',
      'WITH o AS (SELECT * FROM orders) SELECT count(*) > 2 FROM o': 'true, withheld',
      "SELECT count(*) FROM orders WHERE ';' = ')'": 0,
      "SELECT count(*) FROM orders WHERE amt IN (SELECT id FROM customers) OR ';' = ')'": '0, withheld',
      'SELECT count(*) FROM orders UNION ALL SELECT 1 WHERE false': '3, withheld',
    };
    const told = await answers(Object.keys(queries));
    expect(Object.keys(queries).map((query, at) => [query, told[at]])).toEqual(Object.entries(queries));
  });

  it('are refused or stopped, and told why', async () => {
    const queries: Record<string, string> = {
      'SELECT count(*) FROM secrets': 'refused: it reads a table that the contract does not declare',
      'SELECT count(*) FROM tpch.tiny.nation': 'refused: it reads a table that the contract does not declare',
      'SELECT count(*) FROM information_schema.tables':
        'refused: it reads a table that the contract does not declare',
      'SELECT (SELECT word FROM secrets)': 'refused: it reads a table that the contract does not declare',
      'SELECT count(*) FROM nowhere': 'stopped: it names a table that is not there',
      'SELECT count(*) FROM TABLE(sequence(1, 3))': 'refused: it uses a table function',
      'DROP TABLE orders': 'refused: it is no SELECT',
      'SELECT 1; DROP TABLE orders': 'refused: it holds a semicolon',
      'SELECT 1) AS a(value), (SELECT 2': 'refused: its brackets do not match',
      'SELECT 1 FROM orders) AS f(value) WHERE (1 = 1': 'refused: its brackets do not match',
      "SELECT 'x": 'refused: it has a quote or a comment that is not closed',
      'SELECT amt, amt FROM orders': 'stopped: it gives several columns',
      'SELECT 1 FROM orders': 'refused: it gives several rows',
      'SELECT 1 WHERE false': 'refused: it gives no row',
      'SELECT max(amt) FROM orders WHERE false': 'refused: it gives NULL',
      "SELECT 'SECRET'": 'refused: it gives a value of the type varchar',
      'SELECT nan()': 'refused: it gives an infinity or NaN',
      'SELECT 9007199254740993': 'refused: it gives a number beyond 2^53',
      'SELECT 1 / (count(*) - 3) FROM orders': 'stopped: it divides by zero',
      "SELECT CAST('SECRET' || CAST(max(amt) AS varchar) AS integer) FROM orders":
        'stopped: Trino can’t run it (INVALID_CAST_ARGUMENT)',
    };
    const told = await answers(Object.keys(queries));
    expect(
      Object.keys(queries).map((query, at) => [query, String(told[at]).includes(queries[query] ?? '?')]),
    ).toEqual(Object.keys(queries).map((query) => [query, true]));
    expect(told.filter((reason) => String(reason).includes('SECRET'))).toEqual([]);
  });
});

describe.skipIf(why !== undefined)('texts in Trino', () => {
  it('are read by the forms of cells in CSV', async () => {
    const cells: Record<string, readonly (string | null)[]> = {
      integer: [
        '1',
        '+1',
        '-0',
        '1.5',
        '1e3',
        ' 9 ',
        '',
        '9223372036854775807',
        '9223372036854775808',
        '٣',
        null,
        '1\n',
      ],
      number: [
        '1',
        '.5',
        '5.',
        '1e3',
        '-1E-3',
        'NaN',
        'Infinity',
        '1e308',
        '1e309',
        '1e-400',
        '.',
        '1_0',
        '0x1F',
        '1d',
        '1f',
      ],
      boolean: ['true', 'FALSE', 't', '1', 'yes', 'False '],
      date: [
        '2024-02-29',
        '2023-02-29',
        '2100-02-29',
        '2000-02-29',
        '2026-04-31',
        '2026-13-01',
        '2026-1-1',
        '9999-12-31',
        '2026-01-01\n',
        '0000-01-01',
      ],
      timestamp: [
        '2026-01-01T00:00:00Z',
        '2026-01-01 00:00:00',
        '2026-01-01 24:00:00',
        '2026-01-01T00:00:00.123456+05:30',
        '2026-01-01 00:00:00.123456789',
        '2026-01-01T00:00',
        '2026-02-30 00:00:00',
        '2026-01-01 00:00:60',
        '0000-01-01 00:00:00',
      ],
      time: ['00:00:00', '23:59:59.999', '24:00:00', '1:00:00', '12:00'],
    };
    for (const [type, some] of Object.entries(cells)) {
      const contract = contractOf({
        t: some.map((_, at) => `- { name: c${at}, logicalType: ${type} }`).join('\n'),
      });
      const data = {
        t: { columns: some.map((_, at) => `c${at} varchar`), rows: [some, some.map(() => null)] },
      };
      expect({ type, ...(await inTrino(cluster(), contract, data)) }).toEqual({
        type,
        ...(await inFiles(contract, data, 'csv')),
      });
    }
  });

  it('are held against bounds of their type, their zones heeded', async () => {
    const contract = contractOf({
      t: `- { name: n, logicalType: integer, logicalTypeOptions: { minimum: 2, format: i8 } }
- { name: at, logicalType: timestamp, unique: true, logicalTypeOptions: { timezone: true, minimum: '2026-01-01T00:00:00Z' } }
- { name: local, logicalType: timestamp, logicalTypeOptions: { defaultTimezone: Europe/Berlin, maximum: '2026-01-01T00:00:00Z' } }
- { name: d, logicalType: date, quality: [{ metric: missingValues, arguments: { missingValues: ['-'] }, mustBe: 0 }] }
- { name: x, logicalType: number, logicalTypeOptions: { multipleOf: 0.1, maximum: 2.5 } }`,
    });
    const rows = [
      ['1', '2026-01-01T00:00:00+01:00', '2026-01-01 01:00:00', '2026-01-01', '2.3'],
      ['128', '2026-01-01T01:00:00+01:00', '2026-01-01 01:00:01', '-', '2.25'],
      ['3', '2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', null, '2.6'],
      ['+3', '2026-01-01T00:00:00', '2026-07-01T00:00:00Z', 'x', '1e-1'],
    ];
    const columns = ['n varchar', 'at varchar(40)', 'local varchar', 'd varchar', 'x varchar'];
    const told = await inTrino(cluster(), contract, { t: { columns, rows } });
    expect(told).toEqual(await inFiles(contract, { t: { columns, rows } }, 'csv'));
    expect(told.rules).toMatchObject({
      'n.format': 'fail 1',
      'at.unique': 'fail 1',
      'local.maximum': 'fail 3',
    });
  });
});

describe.skipIf(why !== undefined)('patterns in Trino', () => {
  /** What Trino finds of patterns in texts. */
  async function found(patterns: readonly string[], texts: readonly string[]): Promise<readonly unknown[]> {
    const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;
    const asked = patterns.map((pattern) => {
      const rewritten = toJoni(pattern);
      if ('construct' in rewritten) return `'${rewritten.construct.replaceAll("'", "''")}'`;
      // Of a column, since Trino works constants out otherwise.
      return `array_join(array_agg(regexp_like(text, ${quoted(rewritten.pattern)}) ORDER BY n), ' ')`;
    });
    const rows = texts.map((text, n) => `(${n}, ${quoted(text)})`);
    const [row = []] = await cluster().run(
      `SELECT ${asked.join(', ')} FROM (VALUES ${rows.join(', ')}) AS t(n, text)`,
    );
    return row;
  }

  function inJs(pattern: string, texts: readonly string[], flags: string): string {
    return texts.map((text) => new RegExp(pattern, flags).test(text)).join(' ');
  }

  it('mean what ECMA-262 says', async () => {
    const told = await found(PATTERNS, TEXTS);
    expect(PATTERNS.map((pattern, at) => [pattern, told[at]])).toEqual(
      PATTERNS.map((pattern) => [pattern, inJs(pattern, TEXTS, 'u')]),
    );
  });

  it('of formats mean what ECMA-262 says', async () => {
    const patterns = Object.values(FORMATS).filter(
      (one) => one !== undefined && one !== 'stated',
    ) as string[];
    const texts = [
      'a.b+c@x-y.example',
      'a@b@c',
      'a-b.example',
      '-a.example',
      '1.2.3.256',
      '1.2.3.4',
      '::1',
      '2001:db8::8:800:200c:417a',
      '::ffff:1.2.3.4',
      '1::2::3',
      'http://example.org/a?b=c#d%20[]',
      'http://example.org/a b',
      'YWI=',
      'YWJj',
      'YWJ',
      'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
      '',
      'é',
    ];
    const told = await found(patterns, texts);
    expect(patterns.map((pattern, at) => [pattern, told[at]])).toEqual(
      patterns.map((pattern) => [pattern, inJs(pattern, texts, '')]),
    );
  });

  it('of any make mean what JavaScript says', async () => {
    const patterns = fc.array(somePattern(), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(patterns, someTexts(), async (some, texts) => {
        const told = await found(some, texts);
        expect(some.map((pattern, at) => [pattern, told[at]])).toEqual(
          some.map((pattern) => [pattern, inJs(pattern, texts, '')]),
        );
      }),
      { numRuns: 40 },
    );
  }, 240_000);
});
