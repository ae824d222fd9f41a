import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { duckDbGround } from '../../actions/validate-data/duckdb-ground.ts';
import type { Ground } from '../../actions/validate-data/ground.ts';
import { judge } from '../../actions/validate-data/judge.ts';
import action from '../../actions/validate-data/main.ts';
import { postgresGround } from '../../actions/validate-data/postgres-ground.ts';
import { toAre } from '../../actions/validate-data/postgres-patterns.ts';
import { postgresQueries } from '../../actions/validate-data/postgres-queries.ts';
import { openQueries } from '../../actions/validate-data/queries.ts';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { perform } from '../../cli/perform.ts';
import { type ContractTable, readContract } from '../../core/formats/contract.ts';
import { readActionReport } from '../../core/formats/report.ts';
import { makeHost } from '../../core/toolkit/host.ts';
import { type DataTable, openEngine, openTable } from '../../core/toolkit/table/open.ts';
import { openPostgres, type Postgres } from '../../core/toolkit/table/postgres/client.ts';
import { describePostgresTable, type PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import { identifier, literal } from '../../core/toolkit/table/sql.ts';
import { startPostgres, type TestServer, unavailable } from '../postgres/server.ts';

const why = unavailable();
if (why !== undefined) console.warn(`skipped: ${why}`);

const READER = 'a reader’s secret';
let server: TestServer;
let folder: string;
beforeAll(async () => {
  if (why !== undefined) return;
  server = await startPostgres();
  await server.run(`CREATE ROLE reader LOGIN PASSWORD '${READER}'`);
  folder = await mkdtemp(path.join(tmpdir(), 'two-engines-'));
}, 60_000);
afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

const NOW = new Date('2026-03-01T00:00:00Z');

function contractOf(tables: Record<string, string>, rest = ''): string {
  const schema = Object.entries(tables).map(
    ([name, properties]) => `  - name: ${name}\n    properties:\n${properties.replaceAll(/^/gm, '      ')}\n`,
  );
  return `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n${schema.join('\n')}\n${rest}`;
}

/** The rows of one table: columns with their types in PostgreSQL and in Parquet, and the SELECT (of both) that gives them. */
interface Rows {
  /** `name type`, as CREATE TABLE takes it. */
  readonly columns: readonly string[];
  /** Cells as texts that both engines cast; null is NULL. */
  readonly rows: readonly (readonly (string | null)[])[];
}

interface Judged {
  readonly rows: number;
  /** `fail 2 [1,3]`: what became of each rule, with its count and the numbers of the rows. */
  readonly rules: Readonly<Record<string, string>>;
}

async function told(
  ground: Ground,
  contract: string,
  name: string,
  rowOf: (place: string | number) => number,
): Promise<Judged> {
  const read = readContract(contract, 'c.yaml');
  const index = read.document.schema?.findIndex((table) => table.name === name) ?? -1;
  const { rows, outcomes } = await judge(ground, rulesOf(read, index, NOW));
  const rules = outcomes.map(({ rule, status, count, reason, failing, places }) => {
    const at = places.map(({ record, row }) => rowOf(row ?? record ?? -1));
    const said = status === 'pass' ? '' : (reason ?? (failing ? `${count} [${at}]` : `of ${count}`));
    return [rule.id.replace(`${name}.`, ''), `${status} ${said}`.trim()] as const;
  });
  return { rows, rules: Object.fromEntries(rules) };
}

const noQueries = async () => ({ value: undefined, reason: 'no queries here' });

async function inPostgres(
  contract: string,
  data: Record<string, Rows>,
  role: 'reader' | 'admin' = 'reader',
  asked: readonly ContractTable[] = [],
): Promise<Judged> {
  const numbers = new Map<string, number>();
  const [first = ''] = Object.keys(data);
  for (const [name, { columns, rows }] of Object.entries(data)) {
    const cells = rows.map(
      (row) => `(${row.map((cell) => (cell === null ? 'NULL' : literal(cell))).join(', ')})`,
    );
    await server.run(
      `DROP TABLE IF EXISTS ${identifier(name)}`,
      `CREATE TABLE ${identifier(name)} (${columns.join(', ')})`,
      ...cells.map((cell) => `INSERT INTO ${identifier(name)} VALUES ${cell}`),
      `GRANT SELECT ON ${identifier(name)} TO reader`,
    );
    if (name === first) {
      const places = await server.run(
        `SELECT CAST(ctid AS text) AS place FROM ${identifier(name)} ORDER BY ctid`,
      );
      for (const [index, { place }] of places.entries()) numbers.set(String(place), index + 1);
    }
  }
  await using postgres = await (role === 'reader' ? open() : open(server.user, server.password));
  const tables = new Map<string, PostgresTable>();
  for (const name of Object.keys(data))
    tables.set(name, await describePostgresTable(postgres, 'public', name));
  const table = tables.get(first) as PostgresTable;
  return await told(
    postgresGround(postgres, table, tables, postgresQueries(postgres, asked, tables)),
    contract,
    first,
    (place) => numbers.get(String(place)) ?? -1,
  );
}

function open(user = 'reader', password = READER) {
  const address = { server: 'test', host: '127.0.0.1', port: server.port, database: 'postgres' };
  return openPostgres(address, { PGHOST: '127.0.0.1', PGUSER: user, PGPASSWORD: password });
}

const ROW = 2 ** 32;

async function inFiles(
  contract: string,
  data: Record<string, Rows>,
  format: 'csv' | 'parquet',
  asked: readonly ContractTable[] = [],
): Promise<Judged> {
  await using engine = await openEngine({ threads: 1 });
  const tables = new Map<string, DataTable>();
  for (const [name, rows] of Object.entries(data)) {
    const file = path.join(folder, `${name}.${format}`);
    await (format === 'csv' ? csv(file, rows) : parquet(file, rows));
    tables.set(name, await openTable(file, { name, engine }));
  }
  const [first = ''] = Object.keys(data);
  const table = tables.get(first) as DataTable;
  const opened = asked.flatMap((declared) => {
    const found = tables.get(declared.name);
    return found === undefined ? [] : [{ declared, table: found }];
  });
  await using queries = openQueries(opened);
  const ground = duckDbGround(table, tables, queries.run);
  return await told(ground, contract, first, (record) => Number(record) % ROW);
}

function namesOf({ columns }: Rows): string[] {
  return columns.map(
    (column) =>
      /^"([^"]*)"|^\S+/
        .exec(column)
        ?.slice(0)
        .findLast((part) => part !== undefined) ?? '',
  );
}

async function csv(file: string, data: Rows): Promise<void> {
  const quote = (cell: string | null): string => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`);
  const lines = [namesOf(data), ...data.rows].map((row) => row.map(quote).join(','));
  await writeFile(file, `${lines.join('\n')}\n`);
}

async function parquet(file: string, data: Rows): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("SET TimeZone = 'UTC'");
  const types = data.columns.map((column) => column.replace(/^("[^"]*"|\S+) /, ''));
  const names = namesOf(data);
  const cells = data.rows.map(
    (row) => `(${row.map((cell) => (cell === null ? 'NULL' : literal(cell))).join(', ')})`,
  );
  const columns = names.map((name, index) => `CAST(column${index} AS ${types[index]}) AS "${name}"`);
  const source = names.map((_, index) => `column${index}`);
  await connection.run(
    `COPY (SELECT ${columns.join(', ')} FROM (VALUES ${cells.join(', ')}) AS v(${source.join(', ')})) TO '${file}' (FORMAT parquet)`,
  );
}

const FLIGHTS = {
  flights: `- name: id
  logicalType: integer
  primaryKey: true
  required: true
- name: carrier
  logicalType: string
  physicalType: text
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
      'carrier text',
      'delay integer',
      'price numeric(8,2)',
      'day date',
      'at timestamp',
      'late boolean',
      'tail text',
      'extra text',
    ],
    rows: [
      ['1', 'AA', '10', '0.25', '2026-01-01', '2026-01-01 00:00:00', 'true', 'N1', 'x'],
      ['2', 'UA', '-65', '999.75', '2025-12-31', '2026-02-01 00:30:00', 'false', 'N2', 'x'],
      ['2', 'DLX', '7', '0.00', '2027-01-01', '2026-02-01 01:00:00', null, 'N2', null],
      ['4', 'dl', null, null, null, null, 'true', 'NA', 'x'],
      ['5', null, '10', '0.30', '2024-02-29', '2026-01-31 23:59:59.5', 'true', '', 'x'],
      ['6', 'ZZ', '1005', '5.00', '2026-02-28', '2026-01-01 00:00:00', 'true', 'N10', 'x'],
      ['7', 'AA', '10', '5.00', '2026-02-28', '2026-01-01 00:00:00', 'true', 'n1', 'x'],
      ['8', 'AA\n', '0', '5.00', '2026-02-28', '2026-01-01 00:00:00', 'true', null, 'x'],
    ],
  },
  carriers: { columns: ['code text'], rows: [['AA'], ['UA'], [null], ['DLX']] },
};

describe.skipIf(why !== undefined)('the same rules', () => {
  it('find the same in PostgreSQL, Parquet and CSV', async () => {
    const contract = contractOf(FLIGHTS, SLA);
    const [table, columnar, plain] = [
      await inPostgres(contract, DATA),
      await inFiles(contract, DATA, 'parquet'),
      await inFiles(contract, DATA, 'csv'),
    ];
    expect(table.rows).toBe(8);
    expect({ ...table.rules, 'carrier.physicalType': '' }).toEqual({
      ...plain.rules,
      'carrier.physicalType': '',
    });
    expect(table).toEqual(columnar);
    expect(table.rules).toMatchObject({ primaryKey: 'fail 1 [3]', 'delay.multipleOf': 'fail 1 [3]' });
  });
  it('find the same in rows and bounds of any make', async () => {
    const cell = <T>(of: fc.Arbitrary<T>) => fc.option(of, { freq: 5 });
    const row = fc.tuple(
      cell(fc.integer({ min: -20, max: 20 }).map(String)),
      cell(fc.integer({ min: -2000, max: 2000 }).map((n) => (n / 100).toFixed(2))),
      cell(
        fc.oneof(
          fc.double({ noNaN: true, min: -1e6, max: 1e6 }).map(String),
          fc.constantFrom('NaN', 'Infinity', '0.5'),
        ),
      ),
      cell(fc.string({ unit: fc.constantFrom('a', 'B', ' ', 'é', '😀', "'", '\n', '_', '%'), maxLength: 4 })),
      cell(
        fc
          .integer({ min: 0, max: 800 })
          .map((days) => new Date(Date.UTC(2024, 0, 1 + days)).toISOString().slice(0, 10)),
      ),
    );
    const bounds = fc.record({
      least: fc.integer({ min: -20, max: 20 }),
      most: fc.double({ noNaN: true, min: -20, max: 20 }),
      multiple: fc.constantFrom(1, 2, 7, 0.5, 0.25, 0.1),
      longest: fc.integer({ min: 0, max: 4 }),
      texts: fc.uniqueArray(fc.constantFrom('a', 'B', '', ' ', 'aa', 'é', '%', '_', "'", 'aB', 'Ba', ' a'), {
        minLength: 1,
      }),
      pattern: fc.constantFrom('^a', '\\\\s', '[^a]$', '^.{2}$', '\\\\bB'),
      day: fc.constantFrom('2024-02-29', '2025-01-01', '2026-01-01'),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 12 }),
        bounds,
        async (rows, { least, most, multiple, longest, texts, pattern, day }) => {
          const unique =
            'quality: [{ metric: duplicateValues, mustBe: 0 }, { metric: nullValues, mustBeLessThan: 20, unit: percent }]';
          const contract = contractOf({
            t: `- { name: i, logicalType: integer, logicalTypeOptions: { minimum: ${least}, exclusiveMaximum: ${most}, multipleOf: ${multiple} }, ${unique} }
- { name: n, logicalType: number, logicalTypeOptions: { exclusiveMinimum: ${least}, maximum: ${most} }, ${unique} }
- { name: f, logicalType: number, logicalTypeOptions: { minimum: ${least}, maximum: ${most}, multipleOf: ${multiple} }, ${unique} }
- { name: s, logicalType: string, required: true, enum: ${JSON.stringify(texts.map((value) => ({ value })))}, logicalTypeOptions: { minLength: 1, maxLength: ${longest}, pattern: "${pattern}" }, ${unique} }
- { name: d, logicalType: date, logicalTypeOptions: { minimum: '${day}' }, ${unique} }`,
          });
          const columns = ['i integer', 'n numeric(8,2)', 'f double precision', 's text', 'd date'];
          const data = { t: { columns, rows } };
          expect(await inPostgres(contract, data)).toEqual(await inFiles(contract, data, 'parquet'));
        },
      ),
      { numRuns: 15 },
    );
  }, 120_000);
});

describe.skipIf(why !== undefined)('nested cells', () => {
  const ORDERS = `- { name: id, logicalType: integer }
- name: lines
  logicalType: array
  required: true
  logicalTypeOptions: { minItems: 1, maxItems: 2, uniqueItems: true }
  items:
    logicalType: object
    properties:
      - { name: sku, logicalType: string, required: true, logicalTypeOptions: { pattern: '^[A-Z]+$' } }
      - { name: qty, logicalType: integer, logicalTypeOptions: { minimum: 1 }, quality: [{ metric: missingValues, arguments: { missingValues: [null, 7] }, mustBe: 0 }] }
      - { name: at, logicalType: timestamp, logicalTypeOptions: { maximum: '2026-01-01T00:00:00Z' } }
- name: address
  logicalType: object
  logicalTypeOptions: { required: [zip], minProperties: 1, maxProperties: 2 }
  properties:
    - { name: city, logicalType: string, required: true }
    - { name: zip, logicalType: string, unique: true, enum: [{ value: '1' }, { value: '3' }] }
- name: scores
  logicalType: map
  map:
    key: { logicalType: string, logicalTypeOptions: { maxLength: 2 } }
    value: { logicalType: number, logicalTypeOptions: { maximum: 1 } }
- name: embedding
  logicalType: vector
  logicalTypeOptions: { dimensions: 2 }`;
  const ROWS: readonly (readonly [lines: unknown, address: unknown, scores: unknown, embedding: unknown])[] =
    [
      [[{ sku: 'A', qty: 1, at: '2025-01-01T00:00:00Z' }], { city: 'x', zip: '1' }, { a: 0.5 }, [0.1, 2]],
      [
        [
          { sku: 'A', qty: 1 },
          { sku: 'A', qty: 1 },
          { sku: 'B', at: '2026-01-01 00:00:01' },
        ],
        { city: 'x' },
        { abc: 1 },
        [1, 2],
      ],
      [[], { zip: '3' }, { a: 1.5 }, [1, 2, 3]],
      [null, { city: 'x', zip: '4' }, null, null],
      [[{ qty: 0 }], { city: 'x', zip: '5', more: 1 }, {}, []],
      [[{ sku: 'a', qty: 7, at: 'x' }], { city: 'x', zip: '1' }, { a: 'x' }, [1, 'x']],
      [{}, [], [], {}],
      [[{ sku: 1, qty: 1.5 }, 3], { city: 1, zip: null }, { a: null }, ['1', null]],
      ['text', 1, true, 'x'],
    ];

  it('of jsonb and json are judged as those of JSON lines are', async () => {
    const contract = contractOf({ t: ORDERS });
    const names = ['lines', 'address', 'scores', 'embedding'];
    const objects = ROWS.map((cells, index) => ({
      id: index + 1,
      ...Object.fromEntries(cells.map((cell, at) => [names[at], cell])),
    }));
    const file = path.join(folder, 'nested.ndjson');
    await writeFile(file, objects.map((one) => `${JSON.stringify(one)}\n`).join(''));
    await using table = await openTable(file, { name: 'nested' });
    const ground = duckDbGround(table, new Map([['t', table]]), noQueries);
    const files = await told(ground, contract, 't', (record) => Number(record) % ROW);
    for (const type of ['jsonb', 'json']) {
      const rows = ROWS.map((cells, index) => [
        `${index + 1}`,
        ...cells.map((cell) => (cell === null ? null : JSON.stringify(cell))),
      ]);
      const data = { t: { columns: ['id integer', ...names.map((name) => `${name} ${type}`)], rows } };
      expect(await inPostgres(contract, data)).toEqual(files);
    }
    expect(files.rules).toMatchObject({
      'lines.items.sku.pattern': 'fail 1 [6]',
      'address.zip.unique': 'fail 1 [6]',
      'lines.type': 'fail 2 [7,9]',
    });
  });

  it('of arrays are read as JSON', async () => {
    const contract = contractOf({
      t: `- { name: tags, logicalType: array, physicalType: 'text[]', logicalTypeOptions: { uniqueItems: true }, items: { logicalType: string, logicalTypeOptions: { maxLength: 1 } } }
- { name: v, logicalType: vector, physicalType: 'real[]', logicalTypeOptions: { dimensions: 2 } }
- { name: days, logicalType: array, items: { logicalType: date, logicalTypeOptions: { minimum: '2026-01-01' } } }
- { name: n, logicalType: array, items: { logicalType: integer, required: true } }`,
    });
    const rows = [
      ['{a,b}', '{1,2}', '{2026-01-01}', '{1}'],
      ['{a,a}', '{1}', '{2025-12-31,2026-01-01}', '{1,NULL}'],
      ['{ab}', null, '{}', '{}'],
      [null, '{NaN,1}', null, '{1.5}'],
    ];
    const { rules } = await inPostgres(contract, {
      t: { columns: ['tags text[]', 'v float4[]', 'days date[]', 'n numeric[]'], rows },
    });
    expect(rules).toMatchObject({
      'tags.physicalType': 'pass',
      'tags.uniqueItems': 'fail 1 [2]',
      'tags.items.maxLength': 'fail 1 [3]',
      'v.physicalType': 'pass',
      'v.type': 'fail 1 [4]',
      'v.dimensions': 'fail 1 [2]',
      'days.items.minimum': 'fail 1 [2]',
      'n.items.required': 'fail 1 [2]',
      'n.items.type': 'fail 1 [4]',
    });
  });
});

describe.skipIf(why !== undefined)('values that stand for missing', () => {
  it('are those of the column’s type, whatever else the contract lists', async () => {
    const metric =
      "quality: [{ metric: missingValues, arguments: { missingValues: [null, '', 0, true, NA] }, mustBe: 0 }]";
    const types = { n: 'integer', f: 'number', b: 'boolean', d: 'date', s: 'string' };
    const contract = contractOf({
      t: Object.entries(types)
        .map(([name, type]) => `- { name: ${name}, logicalType: ${type}, ${metric} }`)
        .join('\n'),
    });
    const data = {
      t: {
        columns: ['n integer', 'f double precision', 'b boolean', 'd date', 's text'],
        rows: [
          ['0', '0', 'true', '2026-01-01', 'true'],
          ['1', '1', 'false', null, 'x'],
          [null, null, null, null, '0'],
        ],
      },
    };
    const told = await inPostgres(contract, data);
    expect(told).toEqual(await inFiles(contract, data, 'parquet'));
    expect(told.rules).toMatchObject({
      'n.quality[0]': 'fail 2 [1,3]',
      'f.quality[0]': 'fail 2 [1,3]',
      'b.quality[0]': 'fail 2 [1,3]',
      'd.quality[0]': 'fail 2 [2,3]',
      's.quality[0]': 'fail 2 [1,3]',
    });
  });
});

describe.skipIf(why !== undefined)('texts in PostgreSQL', () => {
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
      ],
      number: ['1', '.5', '5.', '1e3', '-1E-3', 'NaN', 'inf', '1e308', '1e309', '1e-400', '.', '1_0', '0x1F'],
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
      ],
      timestamp: [
        '2026-01-01T00:00:00Z',
        '2026-01-01 00:00:00',
        '2026-01-01 24:00:00',
        '2026-01-01T00:00:00.123456+05:30',
        '2026-01-01T00:00',
        '2026-02-30 00:00:00',
        '2026-01-01 00:00:60',
      ],
      time: ['00:00:00', '23:59:59.999', '24:00:00', '1:00:00', '12:00'],
    };
    for (const [type, some] of Object.entries(cells)) {
      const contract = contractOf({
        t: `- { name: n, logicalType: integer }\n- { name: a, logicalType: ${type} }`,
      });
      const rows = some.map((cell, index) => [String(index), cell]);
      const data = { t: { columns: ['n integer', 'a text'], rows } };
      expect({ type, ...(await inPostgres(contract, data)) }).toEqual({
        type,
        ...(await inFiles(contract, data, 'csv')),
      });
    }
  });

  it('of any make have the types that they have in CSV', async () => {
    const two = fc.integer({ min: 0, max: 70 }).map((n) => String(n).padStart(2, '0'));
    const day = fc
      .tuple(fc.constantFrom('2024', '2023', '1900', '0001', '9999', '24'), two, two)
      .map((parts) => parts.join('-'));
    const clock = fc
      .tuple(
        fc.integer({ min: 0, max: 25 }).map((n) => String(n).padStart(2, '0')),
        two,
        two,
        fc.constantFrom('', '.5', '.123456', '.'),
      )
      .map(([h, m, s, part]) => `${h}:${m}:${s}${part}`);
    const offset = fc.constantFrom('', 'Z', '+02:00', '-11:30', '+2', 'z', ' UTC');
    const number = fc.stringMatching(/^[+-]?[0-9]{0,20}[.]?[0-9]{0,3}([eE][+-]?[0-9]{1,3})?$/);
    const text = fc.oneof(
      day,
      clock,
      number,
      fc.tuple(day, fc.constantFrom('T', ' ', 't'), clock, offset).map((parts) => parts.join('')),
      fc.stringMatching(/^[ tTrueFfals]{0,6}$/),
    );
    const types = ['integer', 'number', 'boolean', 'date', 'timestamp', 'time'];
    const contract = contractOf({
      t: types.map((type) => `- { name: ${type}, logicalType: ${type} }`).join('\n'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 30, maxLength: 60 }), async (cells) => {
        const data = {
          t: {
            columns: types.map((type) => `"${type}" text`),
            rows: cells.map((cell) => types.map(() => cell)),
          },
        };
        expect({ cells, ...(await inPostgres(contract, data)) }).toEqual({
          cells,
          ...(await inFiles(contract, data, 'csv')),
        });
      }),
      { numRuns: 10 },
    );
  }, 120_000);

  it('are held against bounds of their type, their zones heeded', async () => {
    const contract = contractOf({
      t: `- { name: n, logicalType: integer, logicalTypeOptions: { minimum: 2, format: i8 } }
- { name: at, logicalType: timestamp, unique: true, logicalTypeOptions: { timezone: true, minimum: '2026-01-01T00:00:00Z' } }
- { name: d, logicalType: date, quality: [{ metric: missingValues, arguments: { missingValues: ['-'] }, mustBe: 0 }] }`,
    });
    const rows = [
      ['1', '2026-01-01T00:00:00+01:00', '2026-01-01'],
      ['128', '2026-01-01T01:00:00+01:00', '-'],
      ['3', '2026-01-01T00:00:00Z', null],
      ['+3', '2026-01-01T00:00:00', 'x'],
    ];
    const data = { t: { columns: ['n text', 'at varchar(40)', 'd text'], rows } };
    const told = await inPostgres(contract, data);
    expect(told).toEqual(await inFiles(contract, data, 'csv'));
    expect(told.rules).toMatchObject({
      'n.minimum': 'fail 1 [1]',
      'n.format': 'fail 1 [2]',
      'at.type': 'fail 1 [4]',
      'at.minimum': 'fail 1 [1]',
      'at.unique': 'fail 1 [3]',
      'd.type': 'fail 2 [2,4]',
      'd.quality[0]': 'fail 1 [2]',
    });
  });
});

describe.skipIf(why !== undefined)('patterns', () => {
  /** Whether PostgreSQL finds a pattern of ECMA-262 in texts; the construct that is refused. */
  async function found(
    postgres: Postgres,
    pattern: string,
    texts: readonly string[],
  ): Promise<readonly boolean[] | string> {
    const rewritten = toAre(pattern);
    if ('construct' in rewritten) return rewritten.construct;
    const asked = texts.map((_, index) => `($${index + 2} COLLATE "C") ~ $1`);
    const [row = []] = await postgres.query(`SELECT ${asked.join(', ')}`, [rewritten.pattern, ...texts]);
    return row.map((cell) => cell === 't');
  }

  const TEXTS = [
    '',
    'a',
    'A',
    'ab',
    'ba',
    'a b',
    'a\n',
    '\n',
    'aé',
    'éa',
    '\u00a0',
    '٣',
    '1',
    '-',
    ']',
    '[',
    '\\',
    '^',
    '.',
    'a-b',
    '😀',
    '_',
    'b\u2028',
    '\ufeff',
    'a\u0001',
  ];

  it('mean what ECMA-262 says', async () => {
    await using postgres = await open();
    for (const pattern of [
      '^a$',
      'a|',
      '^.$',
      '^[^a]$',
      '\\bb',
      'a\\b',
      '\\B',
      '^\\s$',
      '^\\S+$',
      '^\\w+$',
      '\\W',
      '^\\d$',
      '[\\s]',
      '^[\\d\\-a]+$',
      '[a-]',
      '[-a]',
      '[^-a]',
      '[a\\]]',
      '[[]',
      '[[:alpha:]',
      '[.-]',
      '[\\^]',
      '[\\\\]',
      'a{1,2}?',
      '(a)(b)?',
      '^(?:a|b)+$',
      '^$',
      '\\u0061',
      '\\u{1f600}',
      '\\x61',
      '^[\\u0001-\\u0010a]*$',
      '\\.',
      '[a-c-e]',
    ]) {
      const told = await found(postgres, pattern, TEXTS);
      expect([pattern, told]).toEqual([pattern, TEXTS.map((one) => new RegExp(pattern, 'u').test(one))]);
    }
  });

  it('are refused where PostgreSQL can’t mean the same', () => {
    const refused = [
      '(?=a)',
      '(?<!a)',
      '(?<n>a)',
      '(a)\\1',
      '\\p{L}',
      '\\cA',
      '[^]',
      '[\\D]',
      '[\\w-z]',
      '[\\b]',
      'a{256}',
      'a{1,300}',
      '(?i:a)',
      '\\k<n>',
      '\\0',
    ];
    for (const pattern of refused) expect([pattern, 'construct' in toAre(pattern)]).toEqual([pattern, true]);
  });

  it('of any make mean what JavaScript says', async () => {
    await using postgres = await open();
    const { atom } = fc.letrec<{ atom: string; sequence: string }>((tie) => ({
      atom: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(
          'a',
          'b',
          '.',
          '\\d',
          '\\w',
          '\\s',
          '\\W',
          '\\S',
          '\\D',
          '[ab]',
          '[^a-b]',
          '[\\w\\-]',
          '[^\\s]',
          '[-\\]]',
          '\\b',
          '\\B',
          '^',
          '$',
          '\\-',
          '\\u0061',
          ']',
          '\\{',
        ),
        tie('sequence').map((inner) => `(${inner})`),
        fc
          .tuple(tie('sequence'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '{2,}'))
          .map(([inner, many]) => `(?:${inner})${many}`),
      ),
      sequence: fc
        .array(fc.oneof(tie('atom'), fc.constant('|')), { maxLength: 4 })
        .map((parts) => parts.join('')),
    }));
    const texts = fc.array(
      fc.string({
        unit: fc.constantFrom('a', 'b', '-', ' ', '\n', 'é', '1', ']', '_', '\u2028'),
        maxLength: 6,
      }),
      { minLength: 4, maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(atom, { minLength: 1, maxLength: 4 }), texts, async (atoms, some) => {
        const pattern = atoms.join('');
        const told = await found(postgres, pattern, some);
        expect(told).toEqual(some.map((one) => new RegExp(pattern).test(one)));
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe.skipIf(why !== undefined)('tables in PostgreSQL', () => {
  it('have names, numbers and types of their own', async () => {
    const contract = contractOf({
      'we"ird.t': `- { name: select, logicalType: integer, logicalTypeOptions: { maximum: 5 } }
- { name: 'q"u.o''te', logicalType: string, required: true }
- { name: größe, logicalType: number, logicalTypeOptions: { maximum: 2.5, multipleOf: 0.1 } }
- { name: f, logicalType: number }
- { name: e, logicalType: string, physicalType: mood, enum: [{ value: good }] }
- { name: u, logicalType: string, physicalType: uuid, logicalTypeOptions: { format: uuid } }
- { name: d, logicalType: date, required: true }
- { name: at, logicalType: timestamp, physicalType: timestamptz(3), logicalTypeOptions: { timezone: true, maximum: '2026-01-01T00:00:00Z' } }
- { name: c, logicalType: string, physicalType: char(3), logicalTypeOptions: { maxLength: 1 } }
- { name: wrong, logicalType: integer, physicalType: varchar }
- { name: list, logicalType: array, required: true, items: { logicalType: integer } }
- { name: doc, logicalType: object, properties: [{ name: a, logicalType: integer }] }
- { name: money, logicalType: number, physicalType: moneyed }`,
    });
    const columns = [
      '"select" int',
      '"q""u.o\'te" text',
      '"größe" numeric',
      'f float4',
      'e mood',
      'u uuid',
      'd date',
      'at timestamptz(3)',
      'c char(3)',
      'wrong bytea',
      'list int[]',
      'doc jsonb',
      'money money',
    ];
    const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
    const rows = [
      [
        '1',
        'a',
        '2.3',
        '1',
        'good',
        uuid,
        '2026-01-01',
        '2026-01-01T00:00:00Z',
        'a',
        'x',
        '{1}',
        '{"a": 1}',
        '1',
      ],
      [
        '6',
        null,
        'NaN',
        'NaN',
        'bad',
        null,
        'infinity',
        '2026-01-01T01:00:00+02:00',
        'ab',
        'x',
        null,
        null,
        '1',
      ],
      ['7', 'b', '2.55', 'Infinity', null, null, null, '2026-01-01T01:00:00Z', null, 'x', '{}', '{}', '1'],
    ];
    await server.run('DROP TYPE IF EXISTS mood CASCADE', "CREATE TYPE mood AS ENUM ('good', 'bad')");
    const { rules } = await inPostgres(contract, { 'we"ird.t': { columns, rows } });
    expect(rules).toMatchObject({
      'select.maximum': 'fail 2 [2,3]',
      'q"u.o\'te.required': 'fail 1 [2]',
      'größe.type': 'fail 1 [2]',
      'größe.maximum': 'fail 1 [3]',
      'größe.multipleOf': 'fail 1 [3]',
      'f.type': 'fail 2 [2,3]',
      'e.physicalType': 'pass',
      'e.enum': 'fail 1 [2]',
      'u.type': 'pass',
      'u.physicalType': 'pass',
      'u.format': 'pass',
      'd.type': 'fail 1 [2]',
      'd.required': 'fail 1 [3]',
      'at.physicalType': 'pass',
      'at.maximum': 'fail 1 [3]',
      'c.physicalType': 'pass',
      'c.maxLength': 'fail 1 [2]',
      'wrong.type': 'fail the table has bytea',
      'wrong.physicalType': 'fail the table has bytea',
      'list.type': 'pass',
      'list.required': 'fail 1 [2]',
      'doc.type': 'pass',
      'doc.a.type': 'pass',
      'money.type': 'fail the table has money',
      'money.physicalType': 'warn the name moneyed is not known; the table has money',
    });
  });

  it('hold integers in numeric, and whole numbers beyond 64 bits', async () => {
    const contract = contractOf({
      t: '- { name: a, logicalType: integer, physicalType: numeric }\n- { name: b, logicalType: integer }\n- { name: c, logicalType: integer, physicalType: decimal(20), unique: true, logicalTypeOptions: { format: u64 } }',
    });
    const rows = [
      ['1', '1', '18446744073709551615'],
      ['1.5', '2', '18446744073709551616'],
      ['Infinity', '3', '18446744073709551615'],
    ];
    const { rules } = await inPostgres(contract, {
      t: { columns: ['a numeric', 'b numeric(8,2)', 'c numeric(20,0)'], rows },
    });
    expect(rules).toMatchObject({
      'a.type': 'fail 2 [2,3]',
      'a.physicalType': 'pass',
      'b.type': 'fail the table has numeric(8,2)',
      'c.physicalType': 'pass',
      'c.unique': 'fail 1 [3]',
      'c.format': 'fail 1 [2]',
    });
  });

  it('are scanned once, and once more for each uniqueness and foreign key', async () => {
    const contract = contractOf(FLIGHTS);
    await inPostgres(contract, DATA);
    await using postgres = await open();
    const asked: string[] = [];
    const counting = {
      ...postgres,
      query(sql: string) {
        asked.push(sql);
        return postgres.query(sql);
      },
    };
    const tables = new Map<string, PostgresTable>();
    for (const name of ['flights', 'carriers'])
      tables.set(name, await describePostgresTable(postgres, 'public', name));
    const table = tables.get('flights') as PostgresTable;
    const ground = postgresGround(counting, table, tables, noQueries);
    const passing = rulesOf(readContract(contract, 'c.yaml'), 0, NOW).filter(
      ({ id }) => id.endsWith('.type') || /unique|primaryKey|relationships/.test(id),
    );
    await judge(ground, passing);
    // One scan, three uniquenesses, one foreign key; then where the broken ones lie.
    expect(asked.filter((sql) => !sql.includes(' AS place'))).toHaveLength(1 + 2 + 1);
  });

  it('have more conditions than a SELECT has columns', async () => {
    const names = Array.from({ length: 700 }, (_, index) => `c${index}`);
    const contract = contractOf({
      t: names
        .map(
          (name) =>
            `- { name: ${name}, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0, maximum: 9 } }`,
        )
        .join('\n'),
    });
    const rows = [
      names.map(() => '1'),
      names.map((_, index) => (index === 699 ? '10' : index === 650 ? null : '2')),
    ];
    const { rules } = await inPostgres(contract, {
      t: { columns: names.map((name) => `${name} int`), rows },
    });
    expect(Object.entries(rules).filter(([, told]) => told !== 'pass')).toEqual([
      ['c650.required', 'fail 1 [2]'],
      ['c699.maximum', 'fail 1 [2]'],
    ]);
  });

  it('that are views are counted and not located, that are empty are an error', async () => {
    await server.run(
      'DROP VIEW IF EXISTS v',
      'CREATE VIEW v AS SELECT n FROM generate_series(1, 3) AS n',
      'GRANT SELECT ON v TO reader',
      'DROP TABLE IF EXISTS empty',
      'CREATE TABLE empty (n int)',
      'GRANT SELECT ON empty TO reader',
    );
    await using postgres = await open();
    const told_ = async (name: string) => {
      const table = await describePostgresTable(postgres, 'public', name);
      const ground = postgresGround(postgres, table, new Map([[name, table]]), noQueries);
      return told(
        ground,
        contractOf({ [name]: '- { name: n, logicalType: integer, logicalTypeOptions: { maximum: 1 } }' }),
        name,
        () => 0,
      );
    };
    expect((await told_('v')).rules).toMatchObject({ 'n.maximum': 'fail 2 []' });
    expect((await told_('empty')).rules).toMatchObject({ 'n.maximum': 'error there are no rows to judge' });
  });
});

describe.skipIf(why !== undefined)('SQL rules', () => {
  const DATA: Record<string, Rows> = {
    orders: {
      columns: ['id integer', 'amount numeric(8,2)', 'customer text'],
      rows: [
        ['1', '10.50', 'a'],
        ['2', '-1', 'b'],
        ['3', null, 'zz'],
        ['4', '2', 'zz'],
      ],
    },
    customers: { columns: ['cid text'], rows: [['a'], ['b']] },
  };

  /** What becomes of rules `mustBe: 2` in PostgreSQL and over Parquet. */
  async function both(
    queries: readonly string[],
    role: 'reader' | 'admin' = 'reader',
  ): Promise<readonly (readonly [postgres: string, files: string])[]> {
    const quality = queries.map((query) => `{ type: sql, query: ${JSON.stringify(query)}, mustBe: 2 }`);
    const contract = contractOf({
      orders: `- { name: id, logicalType: integer }\n- { name: total, physicalName: amount, logicalType: number, quality: [${quality.join(', ')}] }\n- { name: customer, logicalType: string }`,
      customers: '- { name: cid, logicalType: string }',
    });
    const schema = readContract(contract, 'c.yaml').document.schema ?? [];
    const table = await inPostgres(contract, DATA, role, schema);
    const files = await inFiles(contract, DATA, 'parquet', schema);
    return queries.map((_, index) => {
      const rule = `total.quality[${index}]`;
      return [table.rules[rule] ?? '', files.rules[rule] ?? ''];
    });
  }

  it('give the same figures as over files, shown where they are counts', async () => {
    const queries = {
      'SELECT count(*) FROM {object} WHERE {property} > 0': 'pass',
      'SELECT count(*) FROM orders o LEFT JOIN customers c ON o.customer = c.cid WHERE c.cid IS NULL; -- done':
        'pass',
      'SELECT count(*) FROM "orders"': 'fail of 4',
      'SELECT max(total) FROM orders': 'fail compared; the figure is withheld',
      'WITH o AS (SELECT amount AS a FROM orders) SELECT round(100.0 * sum(CASE WHEN a < 0 THEN 1 ELSE 0 END) / count(*), 0) FROM o':
        'fail of 25',
      'SELECT id FROM orders': 'error the query was refused: it gives several rows; a rule’s query gives one',
      'SELECT id, id FROM orders':
        'error the query was refused: it gives 2 columns; a rule’s query gives one',
      'SELECT max(id) FROM orders WHERE id > 9':
        'error the query was refused: it gives NULL; a rule’s query gives a number or a boolean',
      'SELECT count(*) = 4 FROM orders': 'error what was measured can’t be held against that',
    };
    const found = await both(Object.keys(queries));
    expect(found).toEqual(Object.values(queries).map((expected) => [expected, expected]));
  });

  it('that are refused, fail or take too long leave the transaction to the others', async () => {
    const found = await both([
      'DELETE FROM orders',
      'SELECT 1 / (id - id) FROM orders',
      'SELECT count(*) FROM orders WHERE nothing = 1',
      'SELECT max(customer) FROM orders',
      'SELECT count(*) FROM customers',
    ]);
    expect(found.map(([postgres]) => postgres)).toEqual([
      'error the query was refused: it is no SELECT; a rule is one SELECT',
      'error the query was stopped: it divides by zero: put the divisor in nullif(…, 0)',
      'error the query was stopped: it names a column that none of its tables has',
      'error the query was refused: it gives a value of the type text; a rule’s query gives a number or a boolean',
      'pass',
    ]);
    await using postgres = await open();
    expect(await postgres.attempt('SELECT pg_sleep(60)', 0.1)).toEqual({ state: '57014' });
    expect(await postgres.query("SELECT current_setting('statement_timeout')")).toEqual([['10min']]);
    expect(await server.run('SELECT count(*) AS n FROM orders')).toEqual([{ n: '4' }]);
  });

  it('are run for no superuser', async () => {
    expect((await both(['SELECT count(*) FROM orders'], 'admin'))[0]?.[0]).toBe(
      'error not evaluated: SQL rules are run for no superuser; let PGUSER be a role that may only read',
    );
  });
});

describe.skipIf(why !== undefined)('validate-data on a server', () => {
  const MARKER = 'zq-marker-value';

  interface Result {
    readonly code: number;
    readonly error: string | undefined;
    /** All that came out: report, annotations, log, files. */
    readonly everything: string;
    readonly findings: readonly Record<string, unknown>[];
  }

  function contractAt(
    change: string,
    properties = '- { name: n, logicalType: integer }',
    table = 't',
  ): string {
    const server = `{ server: prod, type: postgresql, host: 127.0.0.1, port: ${instance.port}, database: postgres, schema: public${change} }`;
    return contractOf({ [table]: properties }, `servers: [${server}]\n`);
  }

  let instance: TestServer;
  beforeAll(() => {
    instance = server;
  });
  afterEach(() => void vi.unstubAllEnvs());

  /** Runs the action as the shell door does. */
  async function run(
    contract: string,
    env: Record<string, string | undefined> = {},
    inputs: Record<string, string> = {},
  ): Promise<Result> {
    const root = await mkdtemp(path.join(folder, 'run-'));
    await writeFile(path.join(root, 'c.yaml'), contract);
    const all = { PGHOST: '127.0.0.1', PGUSER: 'reader', PGPASSWORD: READER, ...env };
    for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
    const said: string[] = [];
    const log = { info: (words: string) => said.push(words), warn: (words: string) => said.push(words) };
    const code = await perform(
      action,
      makeHost({}, root, 'out', log, () => ''),
      {
        input: (name) => ({ contract: 'c.yaml', server: 'prod', ...inputs })[name],
        show: async (report) => void said.push(JSON.stringify(report)),
        outputs: (values) => said.push(JSON.stringify(values)),
        annotate: (annotation) => said.push(JSON.stringify(annotation)),
      },
    );
    const out = path.join(root, 'out', 'validate-data');
    const names = await readdir(out);
    const files = await Promise.all(names.map((name) => readFile(path.join(out, name), 'utf8')));
    const report = readActionReport(await readFile(path.join(out, 'report.json'), 'utf8'), 'report.json');
    const findings = report.findings as unknown as readonly Record<string, unknown>[];
    const error = findings.find(({ kind }) => kind === 'error')?.['code'];
    return { code, error: error as string | undefined, everything: [...said, ...files].join('\n'), findings };
  }

  it('judges, and tells rows by their place and no value', async () => {
    await server.run(
      'DROP TABLE IF EXISTS t',
      'CREATE TABLE t (n int, s text, m text)',
      `INSERT INTO t VALUES (1, 'ok', NULL), (2, '${MARKER}', '${MARKER}'), (2, '${MARKER}', 'x')`,
      'GRANT SELECT ON t TO reader',
    );
    const properties = `- { name: n, logicalType: integer, primaryKey: true, logicalTypeOptions: { maximum: 1 } }
- { name: s, logicalType: string, physicalType: int, unique: true, enum: [{ value: ok }], logicalTypeOptions: { maxLength: 3, pattern: '^ok$' } }
- { name: m, logicalType: date, required: true }`;
    const told = await run(contractAt('', properties));
    expect(told.code).toBe(1);
    expect(told.everything).not.toContain(MARKER);
    expect(told.everything).not.toContain(READER);
    expect(told.findings.find(({ rule }) => rule === 't.s.pattern')).toMatchObject({
      count: 2,
      rows: 3,
      places: [
        { file: 'prod/public.t', row: '(0,2)', field: 's' },
        { file: 'prod/public.t', row: '(0,3)', field: 's' },
      ],
    });
    const statement = told.everything;
    expect(statement).toContain('"type": "postgresql"');
    expect(await run(contractAt(''), {}, { profile: 'true' })).toMatchObject({
      code: 3,
      error: 'input/of-files',
    });
  });

  it('seeks personal data in columns that say nothing, of tables and views', async () => {
    await server.run(
      'DROP VIEW IF EXISTS people_seen',
      'DROP TABLE IF EXISTS people',
      'CREATE TABLE people (id int, mail text, doc jsonb, seen inet, rare varchar(40), note text)',
      `INSERT INTO people SELECT i, '${MARKER}' || i || '@example.com', jsonb_build_object('at', jsonb_build_array('${MARKER}' || i || '@example.org')),
         CAST('10.0.0.1' AS inet) + i, CASE WHEN i % 3000 = 7 THEN '${MARKER}' || i || '@example.net' END, 'n' || i FROM generate_series(1, 30000) i`,
      'CREATE VIEW people_seen AS SELECT id, mail, note FROM people',
      'GRANT SELECT ON people, people_seen TO reader',
    );
    const properties = '- { name: id, logicalType: integer }';
    const found = async (table: string): Promise<Record<string, string>> => {
      const { everything, findings } = await run(contractAt('', properties, table));
      expect(everything).not.toContain(MARKER);
      const personal = findings.filter(({ rule }) => String(rule).includes('.privacy.'));
      return Object.fromEntries(
        personal.map(({ rule, level, reason }) => [
          String(rule).replace(`${table}.privacy.`, ''),
          `${level} ${reason}`,
        ]),
      );
    };
    const all = await found('people');
    const mails = /^fail 100 % of 1[09]\d{3} sampled values \(of 30000 rows\) look like e-mail/;
    expect(all).toEqual({
      'undeclared.mail': expect.stringMatching(mails),
      'undeclared.doc.at[]': expect.stringMatching(mails),
      'undeclared.seen': expect.stringMatching(/IP addresses/),
      'undeclared.rare': expect.stringMatching(/^fail .* of 10 sampled values/),
    });
    expect(await found('people')).toEqual(all);
    expect(await found('people_seen')).toEqual({ 'undeclared.mail': expect.stringMatching(mails) });
    const declared = ['mail', 'doc', 'seen', 'rare'].map(
      (name) => `\n- { name: ${name}, classification: pii }`,
    );
    const { everything } = await run(contractAt('', `${properties}${declared.join('')}`, 'people'));
    expect(everything).toMatch(/sought in 2 columns, in a sample of 19\d{3} of 30000 rows: none found/);
  });

  it('seeks in the columns alone that the role may read, and names the others', async () => {
    await server.run(
      'DROP TABLE IF EXISTS partly',
      'DROP TYPE IF EXISTS contact',
      'CREATE TYPE contact AS (mail text)',
      'CREATE TABLE partly (id int, mail text, secret text, doc json, who contact)',
      `INSERT INTO partly SELECT i, '${MARKER}' || i || '@example.com', 'x', '{"a":"x\\u0000\\ud800"}', CAST(ROW('x') AS contact) FROM generate_series(1, 50) i`,
      'GRANT SELECT (id, mail, doc, who) ON partly TO reader',
    );
    const { findings, everything } = await run(
      contractAt('', '- { name: id, logicalType: integer }', 'partly'),
    );
    expect(everything).not.toContain(MARKER);
    expect(findings.filter(({ kind }) => kind === 'rule-broken').map(({ rule }) => rule)).toEqual([
      'partly.extraColumns',
      'partly.privacy.undeclared.mail',
    ]);
    expect(everything).toContain('nothing was looked at of secret, who');
  });

  it('holds columns that are declared hidden, and groups of people, against their rules', async () => {
    await server.run(
      'DROP TABLE IF EXISTS hidden',
      'CREATE TABLE hidden (card text, town text)',
      `INSERT INTO hidden SELECT CASE WHEN i = 3 THEN '${MARKER}' ELSE '****1234' END, CASE WHEN i < 3 THEN 'few' ELSE 'many' END FROM generate_series(1, 20) i`,
      'GRANT SELECT ON hidden TO reader',
    );
    const properties = `- { name: card, logicalType: string, customProperties: [{ property: greenlight.masking, value: masked }] }
- { name: town, logicalType: string, classification: public }`;
    const contract = contractAt('', properties, 'hidden').replace(
      '  - name: hidden\n',
      '  - name: hidden\n    customProperties: [{ property: greenlight.quasiIdentifiers, value: [town] }]\n',
    );
    const { findings, everything } = await run(contract);
    expect(everything).not.toContain(MARKER);
    expect(findings.filter(({ kind }) => kind === 'rule-broken')).toMatchObject([
      { rule: 'hidden.privacy.masked.card', count: 1, rows: 20 },
      { rule: 'hidden.privacy.quasiIdentifiers' },
    ]);
  });

  it('says what is wrong with server, credentials and table, and prints no secret', async () => {
    await server.run(
      'DROP TABLE IF EXISTS t',
      'CREATE TABLE t (n int)',
      'GRANT SELECT ON t TO reader',
      'DROP TABLE IF EXISTS hidden',
      'CREATE TABLE hidden (n int)',
      'DROP TABLE IF EXISTS policed',
      'CREATE TABLE policed (n int)',
      'ALTER TABLE policed ENABLE ROW LEVEL SECURITY',
      'GRANT SELECT ON policed TO reader',
      'DROP DATABASE IF EXISTS latin',
      "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0",
    );
    const secret = 'not-the-password';
    const cases: readonly (readonly [
      code: string,
      contract: string,
      env?: Record<string, string | undefined>,
    ])[] = [
      ['server/refused-credentials', contractAt(''), { PGPASSWORD: secret }],
      ['server/refused-credentials', contractAt(''), { PGUSER: 'nobody', PGPASSWORD: secret }],
      ['server/no-credentials', contractAt(''), { PGUSER: undefined }],
      ['server/other-host', contractAt(''), { PGHOST: undefined, PGPASSWORD: secret }],
      ['server/other-host', contractAt('').replace('127.0.0.1', 'localhost'), { PGPASSWORD: secret }],
      ['server/unreachable', contractAt('').replace(`${server.port}`, '1'), { PGPASSWORD: secret }],
      [
        'server/not-encrypted',
        contractAt('').replace('127.0.0.1', '0.0.0.0'),
        { PGHOST: '0.0.0.0', PGPASSWORD: secret },
      ],
      ['server/no-database', contractAt('').replace('database: postgres', 'database: nowhere')],
      ['server/encoding', contractAt('').replace('database: postgres', 'database: latin')],
      ['data/no-table', contractAt('', undefined, 'T')],
      ['data/no-table', contractAt('').replace('schema: public', 'schema: nowhere')],
      ['server/forbidden', contractAt('', undefined, 'hidden')],
      ['server/forbidden', contractAt('', undefined, 'policed')],
      ['data/other-columns', contractAt('', '- { name: other, logicalType: integer }')],
    ];
    for (const [code, contract, env] of cases) {
      const told = await run(contract, env);
      expect([code, told.error, told.code]).toEqual([code, code, 3]);
      expect(told.everything).not.toContain(secret);
      expect(told.everything).not.toContain('node_modules');
    }
  });

  it('runs out of the bundle, SQL rules too', async () => {
    await server.run(
      'DROP TABLE IF EXISTS t',
      'CREATE TABLE t (n int)',
      'INSERT INTO t VALUES (1), (2)',
      'GRANT SELECT ON t TO reader',
    );
    const rule = "{ type: sql, query: 'SELECT count(*) FROM {object} WHERE {property} > 1', mustBe: 0 }";
    const root = await mkdtemp(path.join(folder, 'bundle-'));
    await writeFile(
      path.join(root, 'c.yaml'),
      contractAt('', `- { name: n, logicalType: integer, quality: [${rule}] }`),
    );
    const cli = path.resolve(import.meta.dirname, '../../dist/cli.js');
    const { status, stdout } = spawnSync(
      process.execPath,
      [cli, 'validate-data', '--contract', 'c.yaml', '--server', 'prod'],
      {
        cwd: root,
        encoding: 'utf8',
        env: { PATH: process.env['PATH'], PGHOST: '127.0.0.1', PGUSER: 'reader', PGPASSWORD: READER },
      },
    );
    expect(stdout).toContain('the figure is 1');
    expect(status).toBe(1);
  });

  it('stops what takes too long, and says that a server is gone in the middle of a query', async () => {
    const address = { server: 'test', host: '127.0.0.1', port: server.port, database: 'postgres' };
    const env = { PGHOST: '127.0.0.1', PGUSER: 'reader', PGPASSWORD: READER };
    await using slow = await openPostgres(address, env, { connect: 5000, statement: 100 });
    await expect(slow.query('SELECT pg_sleep(60)')).rejects.toMatchObject({ code: 'server/timeout' });
    await using second = await startPostgres();
    await second.run(`CREATE ROLE reader LOGIN PASSWORD '${READER}'`);
    await using lost = await openPostgres({ ...address, port: second.port }, env);
    const asked = lost.query('SELECT pg_sleep(60)');
    second.crash();
    await expect(asked).rejects.toMatchObject({ code: 'server/lost' });
    await expect(lost.query('SELECT 1')).rejects.toMatchObject({ code: 'server/lost' });
  });

  it('waits for no server that falls silent', async () => {
    const sockets: Socket[] = [];
    let silent = false;
    const proxy = createServer((client) => {
      sockets.push(client);
      if (silent) return;
      const upstream = connect(server.port, '127.0.0.1');
      sockets.push(upstream);
      client.on('data', (chunk) => silent || upstream.write(chunk));
      upstream.on('data', (chunk) => silent || client.write(chunk));
      for (const socket of [client, upstream]) socket.on('error', () => {});
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    const address = { server: 'test', host: '127.0.0.1', port, database: 'postgres' };
    const env = { PGHOST: '127.0.0.1', PGUSER: 'reader', PGPASSWORD: READER };
    const limits = { connect: 500, statement: 200 };
    const postgres = await openPostgres(address, env, limits);
    silent = true;
    await expect(postgres.query('SELECT 1')).rejects.toMatchObject({ code: 'server/timeout' });
    await postgres[Symbol.asyncDispose]();
    await expect(openPostgres(address, env, limits)).rejects.toMatchObject({ code: 'server/unreachable' });
    for (const socket of sockets) socket.destroy();
    proxy.close();
  });

  it('can’t write, and hides what PostgreSQL says of values', async () => {
    await using postgres = await open();
    const failed = (sql: string) => postgres.query(sql).catch((thrown) => `${thrown.code} ${thrown.message}`);
    expect(await failed(`SELECT CAST('${MARKER}' AS int)`)).toMatch(/^data\/unreadable (?!.*marker)/);
    await using other = await open();
    await expect(other.query('CREATE TEMP TABLE x (n int)')).rejects.toThrow('25006');
    await using third = await open();
    await expect(third.query('SELECT 1; SELECT 2')).rejects.toThrow('42601');
  });
});
