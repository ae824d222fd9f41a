import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { duckDbGround } from '../../actions/validate-data/duckdb-ground.ts';
import { judge } from '../../actions/validate-data/judge.ts';
import { inputOutcomes } from '../../actions/validate-data/model-inputs.ts';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { splitRules } from '../../actions/validate-data/splits.ts';
import { readContract } from '../../core/formats/contract.ts';
import type { LockInput } from '../../core/formats/lock.ts';
import { type DataTable, openEngine, openTable } from '../../core/toolkit/table/open.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'rules-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const NOW = new Date('2026-03-01T00:00:00Z');

/** A contract whose tables have these properties (YAML flow), with further keys of the table or of the contract. */
function contractOf(tables: Record<string, string>, table = '', rest = ''): string {
  const schema = Object.entries(tables).map(
    ([name, properties]) =>
      `  - name: ${name}\n    properties:\n${properties.replaceAll(/^/gm, '      ')}\n${table}`,
  );
  return `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n${schema.join('\n')}\n${rest}`;
}

interface Judged {
  /** `pass`, or `fail 2 [1,3]` with the count and the records; the reason where there is one. */
  readonly [rule: string]: string;
}

/** What becomes of each rule of the first table, by its id without the table's name. */
async function outcomes(contract: string, files: Record<string, string>, format = 'csv'): Promise<Judged> {
  await using engine = await openEngine({ threads: 1 });
  const tables = new Map<string, DataTable>();
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, `${name}.${format}`);
    if (format === 'parquet') await parquet(file, content);
    else await writeFile(file, content);
    tables.set(name, await openTable(file, { name: `${name}.${format}`, engine }));
  }
  const read = readContract(contract, 'c.yaml');
  const [name = ''] = Object.keys(files);
  const index = read.document.schema?.findIndex((table) => table.name === name) ?? -1;
  const table = tables.get(name) as DataTable;
  const runQuery = async () => ({ value: undefined, reason: 'no queries here' });
  const { outcomes } = await judge(duckDbGround(table, tables, runQuery), rulesOf(read, index, NOW));
  return Object.fromEntries(
    outcomes.map(({ rule, status, count, reason, failing, places }) => {
      const where = places.length > 0 ? ` [${places.map(({ record }) => record).join(',')}]` : '';
      const told = status === 'pass' ? '' : (reason ?? (failing ? `${count}${where}` : `of ${count}`));
      return [rule.id.replace(`${name}.`, ''), `${status} ${told}`.trim()];
    }),
  );
}

async function parquet(file: string, select: string): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
}

describe('options of text cells', () => {
  const one = async (property: string, cells: readonly string[]) =>
    outcomes(contractOf({ t: `- { name: a, ${property} }` }), { t: `a\n${cells.join('\n')}\n` });

  it('dates and times with a format of Java', async () => {
    const dates = await one(
      "logicalType: date, logicalTypeOptions: { format: 'dd/MM/yyyy', minimum: '01/02/2020', maximum: '2020-12-31' }",
      ['01/02/2020', '31/01/2020', '31/02/2020', '2020-03-01', '1/3/2020', '01/01/2021'],
    );
    expect(dates).toMatchObject({
      'a.type': 'fail 3 [3,4,5]',
      'a.minimum': 'fail 1 [2]',
      'a.maximum': 'fail 1 [6]',
    });
    const times = await one("logicalType: time, logicalTypeOptions: { format: 'h:mm a' }", [
      '9:30 AM',
      '13:30 PM',
      '09:3 AM',
    ]);
    expect(times['a.type']).toBe('fail 2 [2,3]');
    const stamps = await one(
      "logicalType: timestamp, logicalTypeOptions: { format: \"yyyy-MM-dd'T'HH:mm:ss.SSSXXX\", exclusiveMinimum: '2020-01-01T00:00:00Z' }",
      ['2020-01-01T01:00:00.000+02:00', '2020-01-01T00:00:00.001Z', '2020-01-01 00:00:00'],
    );
    expect(stamps).toMatchObject({ 'a.type': 'fail 1 [3]', 'a.exclusiveMinimum': 'fail 1 [1]' });
  });

  it('what the engine writes and no calendar knows', async () => {
    const cells = [
      'infinity',
      '-infinity',
      '10000-01-01 00:00:00',
      '0044-03-15 (BC) 00:00:00',
      '2001-02-03 04:05:06',
    ];
    expect((await one('logicalType: timestamp', cells))['a.type']).toBe('fail 4 [1,2,3,4]');
    const days = ['infinity', '10000-01-01', '0044-03-15 (BC)', '2001-02-03'];
    expect((await one('logicalType: date', days))['a.type']).toBe('fail 3 [1,2,3]');
  });

  it('zones of timestamps', async () => {
    const cells = ['2020-06-01T00:00:00Z', '2020-06-01T00:00:00', '2020-06-01T00:00:00+02:00'];
    expect(
      (await one('logicalType: timestamp, logicalTypeOptions: { timezone: true }', cells))['a.type'],
    ).toBe('fail 1 [2]');
    expect(
      (await one('logicalType: timestamp, logicalTypeOptions: { timezone: false }', cells))['a.type'],
    ).toBe('fail 2 [1,3]');
    const zoned = await one(
      "logicalType: timestamp, logicalTypeOptions: { defaultTimezone: Europe/Berlin, minimum: '2020-05-31T23:00:00Z' }",
      cells,
    );
    expect(zoned['a.minimum']).toBe('fail 2 [2,3]');
  });

  it('formats of integers and numbers', async () => {
    const integers = ['127', '128', '-129', '9223372036854775808', '18446744073709551616', '1.5'];
    const format = async (name: string) =>
      (await one(`logicalType: integer, logicalTypeOptions: { format: ${name} }`, integers))['a.format'];
    expect(await format('i8')).toBe('fail 5 [2,3,4,5,6]');
    expect(await format('u8')).toBe('fail 4 [3,4,5,6]');
    expect(await format('i64')).toBe('fail 3 [4,5,6]');
    expect(await format('u64')).toBe('fail 3 [3,5,6]');
    expect(await format('i128')).toBe('fail 1 [6]');
    expect(await format('u128')).toBe('fail 2 [3,6]');
    const numbers = await one('logicalType: number, logicalTypeOptions: { format: f32, multipleOf: 0.1 }', [
      '0.3',
      '0.35',
      '1e39',
      '-123456.7',
    ]);
    expect(numbers).toMatchObject({ 'a.format': 'fail 1 [3]', 'a.multipleOf': 'fail 1 [2]' });
  });

  it('ipv6', async () => {
    const addresses = [
      '::1',
      '2001:db8::8:800:200c:417a',
      '::ffff:192.0.2.1',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7',
    ];
    const ipv6 = await one('logicalType: string, logicalTypeOptions: { format: ipv6 }', addresses);
    expect(ipv6['a.format']).toBe('fail 3 [4,5,6]');
  });
});

describe('quality rules', () => {
  const rule = async (quality: string, cells: readonly string[], type = 'string') =>
    (
      await outcomes(contractOf({ t: `- { name: a, logicalType: ${type}, quality: [${quality}] }` }), {
        t: `a\n${cells.join('\n')}\n`,
      })
    )['a.quality[0]'];

  it('with valid values and a pattern hold both', async () => {
    const both = "{ metric: invalidValues, arguments: { validValues: [ab, cd], pattern: '^a' }, mustBe: 0 }";
    expect(await rule(both, ['ab', 'cd', 'ax', ''])).toBe('fail 2 [2,3]');
  });

  it('with a second threshold warn before they fail', async () => {
    const twice = (count: number) =>
      rule(
        '{ metric: missingValues, unit: percent, mustBeLessThan: 50, customProperties: [{ property: greenlight.warnAt, value: { mustBeLessThan: 20 } }] }',
        [...Array(count).fill('""'), ...Array(10 - count).fill('x')],
      );
    expect(await twice(1)).toBe('pass');
    expect(await twice(3)).toBe('warn 3 [1,2,3]');
    expect(await twice(6)).toBe('fail 6 [1,2,3,4,5,6]');
  });

  it('in percent of duplicates', async () => {
    expect(
      await rule('{ metric: duplicateValues, unit: percent, mustBeLessOrEqualTo: 25 }', ['a', 'a', 'b', 'c']),
    ).toBe('pass');
    expect(
      await rule('{ metric: duplicateValues, unit: percent, mustBeLessThan: 25 }', ['a', 'a', 'b', 'c']),
    ).toBe('fail 1 [2]');
  });

  const custom = (implementation: string) =>
    `{ type: custom, engine: greenlight, implementation: { ${implementation} } }`;

  it('of our own engine tell no figure but counts', async () => {
    const numbers = ['1', '2', '3', '10'];
    expect(await rule(custom('metric: sum, property: a, mustBe: 16'), numbers, 'integer')).toBe('pass');
    expect(await rule(custom('metric: sum, property: a, mustBeLessThan: 16'), numbers, 'integer')).toBe(
      'fail compared; the figure is withheld',
    );
    expect(
      await rule(custom('metric: average, property: a, mustBeBetween: [3.9, 4.1]'), numbers, 'number'),
    ).toBe('pass');
    expect(await rule(custom('metric: quantile, at: 0.5, property: a, mustBe: 2.5'), numbers, 'number')).toBe(
      'pass',
    );
    expect(await rule(custom('metric: ratio, property: a, over: a, mustBe: 1'), numbers, 'number')).toBe(
      'pass',
    );
    expect(
      await rule(custom('metric: rowsPerGroup, properties: [a], mustBeGreaterThan: 1'), ['x', 'x', 'y']),
    ).toBe('fail of 1');
    expect(await rule(custom('metric: sum, property: a, mustBe: 0'), ['', 'x'], 'integer')).toBe(
      'error there are no values to judge',
    );
  });
});

describe('nested cells', () => {
  const ORDERS = `- name: id
  logicalType: integer
- name: lines
  logicalType: array
  required: true
  logicalTypeOptions: { minItems: 1, maxItems: 2, uniqueItems: true }
  items:
    logicalType: object
    properties:
      - { name: sku, logicalType: string, required: true, logicalTypeOptions: { pattern: '^[A-Z]+$' } }
      - { name: qty, logicalType: integer, logicalTypeOptions: { minimum: 1 } }
- name: address
  logicalType: object
  logicalTypeOptions: { required: [zip], minProperties: 1, maxProperties: 2 }
  properties:
    - { name: city, logicalType: string, required: true }
    - { name: zip, logicalType: string, unique: true }
- name: scores
  logicalType: map
  map:
    key: { logicalType: string, logicalTypeOptions: { maxLength: 2 } }
    value: { logicalType: number, logicalTypeOptions: { maximum: 1 } }
- name: embedding
  logicalType: vector
  logicalTypeOptions: { dimensions: 2 }`;
  const EXPECTED = {
    'id.type': 'pass',
    'lines.type': 'pass',
    'lines.required': 'fail 1 [4]',
    'lines.minItems': 'fail 1 [3]',
    'lines.maxItems': 'fail 1 [2]',
    'lines.uniqueItems': 'fail 1 [2]',
    'lines.items.sku.required': 'fail 1 [5]',
    'lines.items.sku.pattern': 'fail 1 [6]',
    'lines.items.qty.minimum': 'fail 1 [5]',
    'address.required.zip': 'fail 1 [2]',
    'address.city.required': 'fail 1 [3]',
    'address.zip.unique': 'fail 1 [6]',
    'scores.map.key.maxLength': 'fail 1 [2]',
    'scores.map.value.maximum': 'fail 1 [3]',
    'embedding.dimensions': 'fail 1 [3]',
  };

  it('of JSON lines', async () => {
    const rows = [
      {
        id: 1,
        lines: [{ sku: 'A', qty: 1 }],
        address: { city: 'x', zip: '1' },
        scores: { a: 0.5 },
        embedding: [0.1, 2],
      },
      {
        id: 2,
        lines: [{ sku: 'A', qty: 1 }, { sku: 'A', qty: 1 }, { sku: 'B' }],
        address: { city: 'x' },
        scores: { abc: 1 },
        embedding: [1, 2],
      },
      { id: 3, lines: [], address: { zip: '3' }, scores: { a: 1.5 }, embedding: [1, 2, 3] },
      { id: 4, lines: null, address: { city: 'x', zip: '4' } },
      { id: 5, lines: [{ qty: 0 }], address: { city: 'x', zip: '5' } },
      { id: 6, lines: [{ sku: 'a' }], address: { city: 'x', zip: '1' } },
    ];
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    expect(await outcomes(contractOf({ t: ORDERS }), { t: `${lines}\n` }, 'ndjson')).toMatchObject(EXPECTED);
  });

  it('of other types are told', async () => {
    const lines = [
      { id: 1, lines: {}, address: [], scores: [], embedding: [1, 'x'] },
      { id: 2, lines: [{ sku: 1 }], address: { city: 1 }, scores: { a: 'x' }, embedding: [1, 2] },
    ];
    const text = lines.map((row) => JSON.stringify(row)).join('\n');
    expect(await outcomes(contractOf({ t: ORDERS }), { t: `${text}\n` }, 'ndjson')).toMatchObject({
      'lines.type': 'fail 1 [1]',
      'lines.items.sku.type': 'fail 1 [2]',
      'address.type': 'fail 1 [1]',
      'address.city.type': 'fail 1 [2]',
      'scores.type': 'fail 1 [1]',
      'scores.map.value.type': 'fail 1 [2]',
      'embedding.type': 'fail 1 [1]',
    });
  });

  it('of Parquet', async () => {
    const row = (
      id: number,
      lines: string,
      address: string,
      scores = "MAP {'a': 0.5::DOUBLE}",
      embedding = '[1, 2]::FLOAT[]',
    ) =>
      `SELECT ${id} AS id, ${lines}::STRUCT(sku VARCHAR, qty INTEGER)[] AS lines, ${address}::STRUCT(city VARCHAR, zip VARCHAR) AS address, ${scores} AS scores, ${embedding} AS embedding`;
    const rows = [
      row(1, "[{sku: 'A', qty: 1}]", "{city: 'x', zip: '1'}"),
      row(
        2,
        "[{sku: 'A', qty: 1}, {sku: 'A', qty: 1}, {sku: 'B', qty: NULL}]",
        "{city: 'x', zip: NULL}",
        "MAP {'abc': 1::DOUBLE}",
      ),
      row(3, '[]', "{city: NULL, zip: '3'}", "MAP {'a': 1.5::DOUBLE}", '[1, 2, 3]::FLOAT[]'),
      row(4, 'NULL', "{city: 'x', zip: '4'}"),
      row(5, '[{sku: NULL, qty: 0}]', "{city: 'x', zip: '5'}"),
      row(6, "[{sku: 'a', qty: NULL}]", "{city: 'x', zip: '1'}"),
    ];
    expect(
      await outcomes(contractOf({ t: ORDERS }), { t: rows.join(' UNION ALL ') }, 'parquet'),
    ).toMatchObject(EXPECTED);
  });

  it('are none of a CSV file', async () => {
    const told = await outcomes(contractOf({ t: '- { name: a, logicalType: array }' }), { t: 'a\n[1]\n' });
    expect(told['a.type']).toBe('fail a cell of a CSV file holds no array');
  });
});

describe('foreign keys', () => {
  const TABLES = {
    orders:
      '- { name: customer, logicalType: integer, relationships: [{ to: customers.id }] }\n- { name: part, logicalType: string }',
    customers: '- { name: id, logicalType: integer }\n- { name: part, logicalType: string }',
  };

  it('are looked up in the other table; NULL is none', async () => {
    const files = {
      orders: 'customer,part\n1,a\n+1,b\n3,a\n,a\nx,a\n',
      customers: 'id,part\n01,a\n2,b\n,c\n',
    };
    expect(await outcomes(contractOf(TABLES), files)).toMatchObject({
      'customer.relationships[0]': 'fail 1 [3]',
      'customer.type': 'fail 1 [5]',
    });
  });

  it('of several columns go together', async () => {
    const key =
      '    relationships: [{ from: [orders.customer, orders.part], to: [customers.id, customers.part] }]';
    const contract = contractOf(TABLES).replace('  - name: customers', `${key}\n  - name: customers`);
    const files = { orders: 'customer,part\n1,a\n1,b\n2,b\n', customers: 'id,part\n1,a\n2,b\n' };
    expect((await outcomes(contract, files))['relationships[0]']).toBe('fail 1 [2]');
  });

  it('without the other table are an error', async () => {
    const told = await outcomes(contractOf(TABLES), { orders: 'customer,part\n1,a\n' });
    expect(told['customer.relationships[0]']).toContain('no data of the table customers');
  });
});

describe('service levels', () => {
  const levels = (levels: string) =>
    contractOf({ t: '- { name: at, logicalType: timestamp }' }, '', `slaProperties:\n${levels}`);
  const files = { t: 'at\n2026-02-27T12:00:00Z\n2025-01-01T00:00:00Z\n' };

  it('of age and retention are judged by the clock', async () => {
    const judged = await outcomes(
      levels(
        '  - { property: latency, value: 2, unit: d, element: t.at }\n  - { property: freshness, value: 12, unit: h, element: t.at }\n  - { property: retention, value: 1, unit: y, element: t.at }\n  - { property: retention, value: 24, unit: M, element: t.at }',
      ),
      files,
    );
    expect(judged).toMatchObject({
      'slaProperties[0].latency': 'pass',
      'slaProperties[1].freshness': 'fail no row is newer than 12 h',
      'slaProperties[2].retention': 'fail 1 [2]',
      'slaProperties[3].retention': 'pass',
    });
  });

  it('that data can’t show are stated, unknown ones an error', async () => {
    const judged = await outcomes(
      levels(
        '  - { property: availability, value: 99.9, unit: percent }\n  - { property: shininess, value: 1 }\n  - { property: latency, value: 2, unit: moons, element: t.at }\n  - { property: latency, value: 2, unit: d }\n  - { property: latency, value: 2, unit: d, element: other.at }',
      ),
      files,
    );
    expect(judged['slaProperties[0].availability']).toContain('stated');
    expect(judged['slaProperties[1].shininess']).toContain('error');
    expect(judged['slaProperties[2].latency']).toContain('as a length of time');
    expect(judged['slaProperties[3].latency']).toContain('element');
    expect(judged['slaProperties[4].latency']).toContain('names no table');
  });
});

describe('uniqueness', () => {
  const CONTRACT = contractOf({
    t: '- { name: n, logicalType: integer, unique: true }\n- { name: s, logicalType: string, unique: true }\n- { name: d, logicalType: date, primaryKey: true }\n- { name: w, logicalType: integer, unique: true }',
  });

  it('counts the rows after the first, exactly, by bitmap and by hash', async () => {
    const rows = [
      '1,a,2020-01-01,1',
      '2,b,2020-01-02,9000000000000000000',
      '2,a,2020-01-01,9000000000000000000',
      ',,2020-01-03,-9000000000000000000',
      ',a,2020-01-03,',
      'x,c,,2',
      'x,d,x,3',
    ];
    expect(await outcomes(CONTRACT, { t: `n,s,d,w\n${rows.join('\n')}\n` })).toMatchObject({
      'n.unique': 'fail 1 [3]',
      's.unique': 'fail 2 [3,5]',
      primaryKey: 'fail 2 [3,5]',
      'w.unique': 'fail 1 [3]',
      'd.primaryKey': 'fail 1 [6]',
    });
  });
});

describe('train and test', () => {
  const judgeSplits = async (keys: string, own: string, train: string, test: string) => {
    const contract = `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n    customProperties: [${own}]\n    properties:\n      - { name: k, logicalType: integer${keys} }\n      - { name: at, logicalType: timestamp }\n      - { name: who, logicalType: string }\n`;
    await using engine = await openEngine({ threads: 1 });
    const open = async (name: string, rows: string) => {
      await writeFile(path.join(folder, name), `k,at,who\n${rows}`);
      return openTable(path.join(folder, name), { engine });
    };
    const training = await open('train.csv', train);
    const table = await open('test.csv', test);
    const runQuery = async () => ({ value: undefined, reason: 'no queries here' });
    const ground = duckDbGround(table, new Map([['train', training]]), runQuery);
    const { outcomes } = await judge(ground, splitRules(readContract(contract, 'c.yaml'), 0));
    return Object.fromEntries(
      outcomes.map(({ rule, status, count, places }) => [
        rule.id.replace('t.splits.', ''),
        status === 'pass' ? status : `${status} ${count} [${places.map(({ record }) => record)}]`,
      ]),
    );
  };
  const TRAIN = '1,2020-01-01T00:00:00Z,a\n2,2020-01-05T00:00:00Z,b\n,,\n';

  it('share no key, no moment and no group', async () => {
    const own =
      '{ property: greenlight.timeColumn, value: at }, { property: greenlight.groupKey, value: who }';
    const test =
      '+2,2020-01-05T02:00:00+02:00,c\n3,2020-01-06T00:00:00Z,b\n4,2020-01-07T00:00:00Z,\n,2019-12-31T00:00:00Z,d\n';
    expect(await judgeSplits(', primaryKey: true', own, TRAIN, test)).toEqual({
      key: 'fail 1 [1]',
      time: 'fail 1 [1]',
      group: 'fail 1 [2]',
    });
  });

  it('share no row where there is no key, NULLs compared as values', async () => {
    const test = '01,2020-01-01 00:00:00,a\n2,2020-01-05T00:00:00Z,B\n,,\n';
    expect(await judgeSplits('', '', TRAIN, test)).toEqual({ rows: 'fail 2 [1,3]' });
    expect(await judgeSplits('', '', TRAIN, '9,2020-01-01T00:00:00Z,a\n')).toEqual({ rows: 'pass' });
  });
});

describe('the inputs of a model', () => {
  const judged = (property: string, input: LockInput) => {
    const contract = readContract(contractOf({ t: `- { name: hour${property} }` }), 'c.yaml');
    const [outcome] = inputOutcomes(contract, 0, [input]);
    return `${outcome?.status} ${outcome?.reason ?? ''}`.trim();
  };
  const input = (type: string, shape?: (number | string)[], name = 'hour'): LockInput => ({
    name,
    type,
    ...(shape === undefined ? {} : { shape }),
  });

  it.each([
    [', logicalType: integer, required: true', input('int64', ['N', 1])],
    [', logicalType: integer', input('float32', ['?'])],
    [', logicalType: number', input('float64')],
    [', logicalType: string, primaryKey: true', input('string', ['N', '?'])],
    [', logicalType: boolean, required: true', input('float32', ['N'])],
  ])('are fed by %s', (property, of) => {
    expect(judged(property, of)).toBe('pass');
  });

  it.each([
    [', logicalType: integer', input('int64', ['N', 1], 'hours'), 'no column `hours`; did you mean `hour`?'],
    [', logicalType: number, required: true', input('int64'), 'does not feed int64'],
    [', logicalType: timestamp, required: true', input('string'), 'does not feed string'],
    ['', input('float32'), 'a column of type string'],
    [', logicalType: integer', input('int32'), 'may be empty'],
    [', logicalType: boolean', input('float32'), 'may be empty'],
    [', logicalType: number', input('float32', ['N', 3]), 'the shape [N, 3]'],
    [', logicalType: number', input('float32', [8, 1]), 'exactly 8 rows'],
  ])('are not fed by %s', (property, of, reason) => {
    expect(judged(property, of)).toMatch(/^fail /);
    expect(judged(property, of)).toContain(reason);
  });
});

describe('what a contract says twice', () => {
  const unjudged = async (property: string, rest = '') =>
    (await outcomes(contractOf({ t: `- { name: a, ${property} }` }, rest), { t: 'a\n1\n' })) as Record<
      string,
      string
    >;

  it('is an error where it does not fit together', async () => {
    const zone =
      "logicalType: timestamp, logicalTypeOptions: { format: 'yyyy-MM-dd HH:mm:ss', timezone: true }";
    expect((await unjudged(zone))['a.type']).toContain('says otherwise');
    const share =
      "logicalType: integer, quality: [{ type: sql, query: 'SELECT count(*) FROM t', unit: percent, mustBe: 1 }]";
    expect((await unjudged(share))['a.quality[0]']).toContain('no count of rows');
    const key = 'logicalType: object, properties: [{ name: k, logicalType: integer, primaryKey: true }]';
    expect((await unjudged(key))['a.k.primaryKey.unique']).toContain('within a cell');
  });

  it('warns at the second threshold of a custom rule', async () => {
    const implementation = 'implementation: { metric: sum, property: a, mustBeLessThan: 100 }';
    const second = 'customProperties: [{ property: greenlight.warnAt, value: { mustBeLessThan: 1 } }]';
    const rule = `logicalType: integer, quality: [{ type: custom, engine: greenlight, ${implementation}, ${second} }]`;
    expect((await unjudged(rule))['a.quality[0]']).toContain('warn');
  });

  it('holds 64 bits over types that hold more', async () => {
    const contract = contractOf({
      t: '- { name: a, logicalType: integer, logicalTypeOptions: { format: i64 } }',
    });
    const wide = 'SELECT 18446744073709551615::UBIGINT AS a UNION ALL SELECT 1::UBIGINT';
    expect((await outcomes(contract, { t: wide }, 'parquet'))['a.format']).toBe('fail 1 [1]');
  });
});

describe('structure', () => {
  it('of a range with nothing in it is an error, not a failure of the data', async () => {
    const options = '{ minimum: 5, maximum: 1, multipleOf: 2 }';
    const contract = contractOf({ t: `- { name: a, logicalType: integer, logicalTypeOptions: ${options} }` });
    expect(await outcomes(contract, { t: 'a\n3\n' })).toMatchObject({
      'a.maximum': expect.stringContaining('error'),
      'a.multipleOf': 'fail 1 [1]',
    });
  });

  it('without rows is an error, in Parquet too', async () => {
    const contract = contractOf({ t: '- { name: a, logicalType: integer }' });
    const none = 'error there are no rows to judge';
    expect((await outcomes(contract, { t: 'a\n' }))['a.type']).toBe(none);
    expect((await outcomes(contract, { t: 'SELECT 1 AS a WHERE false' }, 'parquet'))['a.type']).toBe(none);
  });

  it('names the likeliest slip among the columns that nobody declares', async () => {
    const contract = contractOf({ t: '- { name: é }\n- { name: b }\n- { name: colour }' });
    const told = await outcomes(contract, { t: 'e\u0301,b,color\n1,2,3\n' });
    expect(told['é.present']).toContain('written `e\\u{301}`, not `\\u{e9}`');
    expect(told['colour.present']).toContain('the data has `color`');
  });
});
