import { rmSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BadInput, ROWS, TWO } from './bad-input/case.ts';
import { CONTRACTS } from './bad-input/contracts.ts';
import { CSV } from './bad-input/csv.ts';
import { FILES } from './bad-input/files.ts';
import { JSON_FILES } from './bad-input/json.ts';
import { NAMES } from './bad-input/names.ts';
import { PACKED } from './bad-input/packed.ts';
import { PARQUET } from './bad-input/parquet.ts';
import { QUERIES } from './bad-input/queries.ts';
import { greenlight, MARKER, type Run, STACK_TRACE, workspace } from './bad-input/run.ts';
import { VALUES } from './bad-input/values.ts';

/** Longer than the limit at which a run is killed. */
const PATIENCE = 120_000;

async function runOf(input: BadInput): Promise<Run> {
  const space = workspace();
  try {
    space.put('c.yaml', input.contract ?? TWO);
    for (const [name, content] of Object.entries(input.files ?? {})) space.put(name, content);
    await input.make?.(space);
    const data = input.data ?? Object.keys(input.files ?? {})[0] ?? 'd.csv';
    return await greenlight(
      space.folder,
      input.args ?? ['validate-data', '--contract', 'c.yaml', '--data', data],
    );
  } finally {
    rmSync(space.folder, { recursive: true, force: true });
  }
}

describe.concurrent.each([
  ['CSV', CSV],
  ['a packed file', PACKED],
  ['Parquet', PARQUET],
  ['JSON', JSON_FILES],
  ['a source', FILES],
  ['a value', VALUES],
  ['a name', NAMES],
  ['SQL', QUERIES],
  ['a contract', CONTRACTS],
] as const)('%s', (_, inputs) => {
  it.each(inputs.map((input) => [input.name, input] as const))(
    '%s',
    { timeout: PATIENCE },
    async (_, input) => {
      const run = await runOf(input);
      const { exit = 3, findings, says = [] } = input;
      const wanted = findings.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line)));
      expect({ exit: run.code, findings: run.findings }).toEqual({ exit, findings: wanted });
      for (const words of says) expect(run.stdout + run.stderr).toMatch(words);
      expect(run.everything).not.toContain(MARKER);
      expect(run.everything).not.toMatch(STACK_TRACE);
    },
  );
});

it('two runs at once in one workspace both come to their end', { timeout: PATIENCE }, async () => {
  const space = workspace();
  space.put('c.yaml', TWO);
  space.put('d.csv', ROWS);
  const args = ['validate-data', '--contract', 'c.yaml', '--data', 'd.csv'];
  const runs = await Promise.all([greenlight(space.folder, args), greenlight(space.folder, args)]);
  expect(runs.map(({ code, verdict }) => [code, verdict])).toEqual([
    [0, 'pass'],
    [0, 'pass'],
  ]);
  expect(runs[0]?.everything).not.toContain('.partial');
  rmSync(space.folder, { recursive: true, force: true });
});

// A second judge, written plainly over the rows: the counts of all three formats must be its own.

interface Row {
  readonly k: number | null;
  readonly n: number | null;
  readonly s: string | null;
  readonly d: string | null;
  /** A key of the other table, or none. */
  readonly f: number | null;
}

const KNOWN = [1, 2, 3, 4, 5];
const ENUM = ['a', 'bb', '', 'x,y', 'é'];

const RULES = `apiVersion: v3.2.0
kind: DataContract
id: t
version: 1.0.0
status: active
schema:
  - name: t
    quality:
      - { metric: duplicateValues, mustBe: 0, arguments: { properties: [k, s] } }
    properties:
      - name: k
        logicalType: integer
        required: true
        unique: true
        logicalTypeOptions: { minimum: -2, exclusiveMaximum: 4, multipleOf: 2 }
      - name: n
        logicalType: number
        logicalTypeOptions: { maximum: 1.5, exclusiveMinimum: -0.5 }
        quality: [{ metric: nullValues, unit: percent, mustBeLessThan: 30 }]
      - name: s
        logicalType: string
        enum: [${ENUM.map((value) => `{ value: ${JSON.stringify(value)} }`).join(', ')}]
        logicalTypeOptions: { minLength: 1, maxLength: 2, pattern: '^[a-z]+,?' }
        quality: [{ metric: missingValues, arguments: { missingValues: [null, ''] }, unit: percent, mustBeLessOrEqualTo: 50 }]
      - name: d
        logicalType: date
        logicalTypeOptions: { minimum: '2001-01-01', maximum: '2001-12-31' }
      - { name: f, logicalType: integer, relationships: [{ to: u.id }] }
  - name: u
    properties: [{ name: id, logicalType: integer, primaryKey: true }]
`;

function judged(rows: readonly Row[]): Readonly<Record<string, number>> {
  const count = <T>(pick: (row: Row) => T | null, broken: (value: T) => boolean): number =>
    rows.map(pick).filter((value) => value !== null && broken(value)).length;
  const repeats = (keys: readonly (string | null)[]): number => {
    const whole = keys.filter((key) => key !== null);
    return whole.length - new Set(whole).size;
  };
  const k = (row: Row): number | null => row.k;
  const n = (row: Row): number | null => row.n;
  const s = (row: Row): string | null => row.s;
  const d = (row: Row): string | null => row.d;
  const nulls = rows.filter((row) => row.n === null).length;
  const missing = rows.filter((row) => row.s === null || row.s === '').length;
  return {
    't.k.minimum': count(k, (value) => value < -2),
    't.k.exclusiveMaximum': count(k, (value) => value >= 4),
    't.k.multipleOf': count(k, (value) => value % 2 !== 0),
    't.k.required': rows.filter((row) => row.k === null).length,
    't.k.unique': repeats(rows.map((row) => (row.k === null ? null : String(row.k)))),
    't.n.maximum': count(n, (value) => value > 1.5),
    't.n.exclusiveMinimum': count(n, (value) => value <= -0.5),
    't.n.quality[0]': nulls / rows.length < 0.3 ? 0 : nulls,
    't.s.minLength': count(s, (value) => [...value].length < 1),
    't.s.maxLength': count(s, (value) => [...value].length > 2),
    't.s.pattern': count(s, (value) => !/^[a-z]+,?/.test(value)),
    't.s.enum': count(s, (value) => !ENUM.includes(value)),
    't.s.quality[0]': missing / rows.length <= 0.5 ? 0 : missing,
    't.d.minimum': count(d, (value) => value < '2001-01-01'),
    't.d.maximum': count(d, (value) => value > '2001-12-31'),
    't.f.relationships[0]': count(
      (row) => row.f,
      (value) => !KNOWN.includes(value),
    ),
    't.quality[0]': repeats(
      rows.map((row) => (row.k === null || row.s === null ? null : JSON.stringify([row.k, row.s]))),
    ),
  };
}

const rowsOf = fc.array(
  fc.record<Row>({
    k: fc.constantFrom(null, -4, -2, 0, 1, 2, 4, 6),
    n: fc.constantFrom(null, -0.5, -0.25, 0, 1.5, 1.75, 1e300),
    s: fc.constantFrom(null, '', 'a', 'bb', 'x,y', 'é', '\u{1f600}', 'A"', 'l\nl', 'abc'),
    d: fc.constantFrom(
      null,
      '2000-12-31',
      '2001-01-01',
      '2001-12-31',
      '2002-02-28',
      '9999-12-31',
      '0001-01-01',
    ),
    f: fc.constantFrom(null, 1, 3, 5, 6, -1),
  }),
  { minLength: 1, maxLength: 40 },
);

function csvOf(rows: readonly Row[]): string {
  const cell = (value: string | number | null): string =>
    value === null
      ? ''
      : value === '' || /[",\n]/.test(String(value))
        ? `"${String(value).replaceAll('"', '""')}"`
        : String(value);
  return `k,n,s,d,f\n${rows.map(({ k, n, s, d, f }) => [k, n, s, d, f].map(cell).join(',')).join('\n')}\n`;
}

/** One Parquet file a list of rows, typed as the contract says. */
async function writeParquet(folder: string, tables: readonly (readonly Row[])[]): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const text = (value: string | null): string => (value === null ? 'NULL' : `'${value}'`);
  for (const [index, rows] of tables.entries()) {
    const values = rows.map(
      ({ k, n, s, d, f }) => `(${[k ?? 'NULL', n ?? 'NULL', text(s), text(d), f ?? 'NULL'].join(', ')})`,
    );
    const select = `SELECT k::BIGINT AS k, n::DOUBLE AS n, s::VARCHAR AS s, d::DATE AS d, f::INTEGER AS f FROM (VALUES ${values.join(', ')}) AS r(k, n, s, d, f)`;
    await connection.run(`COPY (${select}) TO '${path.join(folder, `${index}.parquet`)}' (FORMAT parquet)`);
  }
  connection.closeSync();
  instance.closeSync();
}

it('the counts of random tables are those of a plain judge, in CSV, NDJSON and Parquet', {
  timeout: PATIENCE,
}, async () => {
  const space = workspace();
  space.put('c.yaml', RULES);
  space.put('u.csv', `id\n${KNOWN.join('\n')}\n`);
  const tables = fc.sample(rowsOf, { numRuns: 6, seed: 20010101 });
  await writeParquet(space.folder, tables);
  for (const [index, rows] of tables.entries()) {
    space.put(`${index}.csv`, csvOf(rows));
    space.put(`${index}.ndjson`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const expected = Object.fromEntries(Object.entries(judged(rows)).filter(([, broken]) => broken > 0));
    for (const format of ['csv', 'ndjson', 'parquet']) {
      const data = `t=${index}.${format},u=u.csv`;
      const { findings } = await greenlight(space.folder, [
        'validate-data',
        '--contract',
        'c.yaml',
        '--data',
        data,
      ]);
      const counts = findings.map((line) => /^(\S+) fail (\d+)\//.exec(line)?.slice(1) ?? [line, '?']);
      const found = Object.fromEntries(counts.map(([rule, count]) => [rule, Number(count)]));
      expect({ data, found }).toEqual({ data, found: expected });
    }
  }
  rmSync(space.folder, { recursive: true, force: true });
});
