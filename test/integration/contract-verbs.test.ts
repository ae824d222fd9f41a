import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';

const cli = path.resolve(import.meta.dirname, '../../dist/cli.js');

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'contract-verbs-'));
  put('flights.csv', CSV);
  put('flights.ndjson', NDJSON);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT 1 + i AS id, 'f' || i AS code, i / 2.0 AS delay, i > 1 AS late, DATE '2001-01-01' + i::INTEGER AS day,
       TIMESTAMP '2001-01-01 08:00:00' AS at, NULLIF(i, 2) AS gate, NULL::INTEGER AS nothing, [i, i + 1] AS legs,
       {'from': 'A', 'via "x"': i} AS route, MAP {'k': i} AS extra, 1.25::DECIMAL(9, 2) AS price
     FROM range(5) AS t(i)) TO '${path.join(folder, 'flights.parquet')}' (FORMAT parquet)`,
  );
  connection.closeSync();
  instance.closeSync();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const CSV = `flight_id,zip,delay,late,day,at,note,nothing,"a ""b"".c",select
1,01234,1.5,true,2001-01-01,2001-01-01T08:00:00Z,"x, y",,1,1
2,01235,-2,false,2001-01-02,2001-01-01 09:00:00,,,2,4
3,99999,3e2,TRUE,2001-02-28,2001-01-01T10:00:00Z,"",,3,4
`;
const NDJSON = `{"id": 1, "name": "x", "when": "2001-01-01", "mixed": 1, "list": [1, 2], "thing": {"a": 1}, "some": null}
{"id": 2, "name": "y", "when": "2001-01-02", "mixed": "1", "list": [], "thing": {}}
`;

function put(name: string, content: string): void {
  writeFileSync(path.join(folder, name), content);
}

function greenlight(...args: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  });
  return { code: status, out: stdout, err: stderr };
}

interface Inferred {
  readonly schema: readonly { readonly properties: readonly Readonly<Record<string, unknown>>[] }[];
}

function inferred(data: string): ReadonlyMap<unknown, Readonly<Record<string, unknown>>> {
  const { code, out, err } = greenlight('contract', 'infer', data);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  put(`${data}.odcs.yaml`, out);
  const contract = parse(out) as Inferred;
  return new Map(contract.schema[0]?.properties.map(({ name, ...rest }) => [name, rest]));
}

describe('contract infer', () => {
  it('finds types, keys and nullability of a CSV file', () => {
    expect(Object.fromEntries(inferred('flights.csv'))).toEqual({
      flight_id: { logicalType: 'integer', primaryKey: true, required: true, unique: true },
      zip: { logicalType: 'string', required: true },
      delay: { logicalType: 'number', required: true },
      late: { logicalType: 'boolean', required: true },
      day: { logicalType: 'date', required: true },
      at: { logicalType: 'timestamp', required: true },
      note: { logicalType: 'string' },
      nothing: { logicalType: 'string' },
      'a "b".c': { logicalType: 'integer', required: true },
      select: { logicalType: 'integer', required: true },
    });
  });

  it('finds those of a Parquet file, nested ones too', () => {
    const columns = inferred('flights.parquet');
    expect(columns.get('id')).toEqual({
      logicalType: 'integer',
      primaryKey: true,
      required: true,
      unique: true,
    });
    expect(columns.get('delay')).toEqual({ logicalType: 'number', required: true });
    expect(columns.get('gate')).toEqual({ logicalType: 'integer' });
    expect(columns.get('nothing')).toEqual({ logicalType: 'integer' });
    expect(columns.get('legs')).toEqual({
      logicalType: 'array',
      items: { logicalType: 'integer' },
      required: true,
    });
    expect(columns.get('route')).toMatchObject({
      logicalType: 'object',
      properties: [
        { name: 'from', logicalType: 'string' },
        { name: 'via "x"', logicalType: 'integer' },
      ],
    });
    expect(columns.get('extra')).toMatchObject({
      logicalType: 'map',
      map: { key: { logicalType: 'string' }, value: { logicalType: 'integer' } },
    });
  });

  it('finds those of an NDJSON file, and says nothing of a column of two types', () => {
    expect(Object.fromEntries(inferred('flights.ndjson'))).toEqual({
      id: { logicalType: 'integer', primaryKey: true, required: true, unique: true },
      name: { logicalType: 'string', required: true },
      when: { logicalType: 'date', required: true },
      mixed: { required: true },
      list: { logicalType: 'array', required: true },
      thing: { logicalType: 'object', required: true },
      some: expect.anything(),
    });
  });

  it.each(['flights.csv', 'flights.parquet', 'flights.ndjson'])('gives a contract that %s keeps', (data) => {
    inferred(data);
    const contract = `${data}.odcs.yaml`;
    expect(greenlight('contract', 'check', contract, '--strict')).toMatchObject({ code: 0, err: '' });
    const judged = greenlight(
      'validate-data',
      '--contract',
      contract,
      '--data',
      data,
      '--report-json',
      'r.json',
    );
    const report = JSON.parse(readFileSync(path.join(folder, 'r.json'), 'utf8'));
    expect({ verdict: report.verdict, findings: report.findings }).toEqual({ verdict: 'pass', findings: [] });
    expect(judged.code).toBe(0);
  });

  it('prints no value of the data', () => {
    const { out } = greenlight('contract', 'infer', 'flights.csv');
    for (const value of ['01234', '3e2', '2001-01-01', 'x, y']) expect(out).not.toContain(value);
  });

  it('ends without a stack where there are no such data', () => {
    const { code, err } = greenlight('contract', 'infer', 'absent.csv');
    expect(code).toBe(3);
    expect(err).toMatch(/^error: .*absent\.csv.*\[data\/not-found\]/);
    expect(err).not.toContain('    at ');
  });
});

describe('contract check', () => {
  const HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\n';
  const DANGLING = `${HEAD}slaDefaultElement: t.x\nschema: [{ name: t, properties: [{ name: a, logicalType: string }] }]\n`;

  it('passes what is sound, and says what is in it', () => {
    put('sound.yaml', DANGLING.replace('t.x', 't.a'));
    expect(greenlight('contract', 'check', 'sound.yaml')).toEqual({
      code: 0,
      out: 'sound.yaml is a contract of ODCS v3.1.0: 1 table, 3 rules (3 judged), no warnings\n',
      err: '',
    });
  });

  it("warns of what can't be carried out, and fails of it with --strict", () => {
    put('dangling.yaml', DANGLING);
    const lax = greenlight('contract', 'check', 'dangling.yaml');
    expect(lax.code).toBe(0);
    expect(lax.err).toMatch(
      /^warning: dangling\.yaml:5:20: .*`t\.x` \[contract\/dangling-reference\]\n {2}→ /,
    );
    const strict = greenlight('contract', 'check', '--strict', 'dangling.yaml');
    expect(strict.code).toBe(3);
    expect(strict.err).toMatch(/^error: dangling\.yaml:5:20: /);
  });

  it('warns of every rule that validate-data would not judge, and of a contract without any', () => {
    put(
      'custom.yaml',
      `${HEAD}schema: [{ name: t, quality: [{ type: custom, engine: soda, implementation: x }], properties: [{ name: a }] }]\n`,
    );
    expect(greenlight('contract', 'check', 'custom.yaml').err).toMatch(
      /custom\.yaml:5:\d+: .*soda.*\[contract\/not-judged\]/,
    );
    put('nothing.yaml', HEAD);
    expect(greenlight('contract', 'check', 'nothing.yaml').err).toContain('[contract/nothing-judged]');
  });

  it('tells every fault at once, each with its place', () => {
    put(
      'wrong.yaml',
      `${HEAD}colour: red\nschema: [{ name: t, properties: [{ name: a, logicalType: text }, { name: a }] }]\n`,
    );
    const { code, out, err } = greenlight('contract', 'check', 'wrong.yaml');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err.match(/^error: wrong\.yaml:\d+:\d+: /gm)).toHaveLength(3);
    expect(err).not.toContain('    at ');
  });

  it.each([
    [
      'a file that is not there',
      ['absent.yaml'],
      /^error: .*absent\.yaml does not exist \[file\/not-found\]/,
    ],
    ['a folder', ['.'], /^error: .* is a folder \[file\/unreadable\]/],
    ['no file', [], /^error: it takes one contract \[cli\/bad-flag\]/],
    ['a flag that is none', ['--stritc', 'x'], /^error: .*\[cli\/bad-flag\]/],
  ])('ends without a stack for %s', (_, args, message) => {
    const { code, err } = greenlight('contract', 'check', ...args);
    expect(code).toBe(3);
    expect(err).toMatch(message);
    expect(err).not.toContain('    at ');
  });

  it('compiles no schema at run time: there is no compiler in its bundle', () => {
    const index = path.resolve(import.meta.dirname, '../../dist/index.js');
    expect(readFileSync(index, 'utf8')).not.toContain('schema with key or id');
    expect(execFileSync(process.execPath, [cli, 'contract', '--help'], { encoding: 'utf8' })).toContain(
      'infer DATA',
    );
  });
});
