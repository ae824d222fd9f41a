import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import action from '../../actions/validate-data/main.ts';
import { perform } from '../../cli/perform.ts';
import { makeHost } from '../../core/toolkit/host.ts';
import { openEngine } from '../../core/toolkit/table/open.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const cli = path.join(ROOT, 'dist', 'cli.js');

/** Values that stand nowhere but in the data: texts, numbers, moments, personal data. */
const TEXTS = [
  'zqxmarker',
  'zqxmarker@example.com',
  'ZQXMARKER "quoted", and cut',
  "zqxmarker'; DROP",
  '<b>zqxmarker</b>',
  '+27 82 481 5162',
  '4815162481516',
];
const WHOLE = ['48151623', '-48151623', '4815162342481516234'];
const DECIMAL = ['4815162.25', '48151.625e2'];
const DAYS = ['1948-11-15', '2148-11-15'];
const MOMENTS = ['1948-11-15T23:42:08Z', '2148-11-15 23:42:08'];
const MARKERS = [...TEXTS, ...WHOLE, ...DECIMAL, ...DAYS, ...MOMENTS];

/** What shows that a value came out, in whatever writing. */
const LEAK =
  /zqxmarker|48.?151.?62|481.?51.?62|4\.8151|[12][19]48-11-15|[12][19]48.?11.?15|15.?11.?[12][19]48|enF4bWFya2Vy|eHFtYXJrZX|6e7178/i;

/** The first leak with what stands around it; undefined where there is none. */
function leakIn(text: string): string | undefined {
  const found = LEAK.exec(text);
  return found === null ? undefined : text.slice(Math.max(0, found.index - 80), found.index + 80);
}

let root: string;
let temporary: string;
let inputs: Set<string>;
const before = process.env['TMPDIR'];
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'markers-'));
  temporary = mkdtempSync(path.join(tmpdir(), 'markers-tmp-'));
  process.env['TMPDIR'] = temporary;
  inputs = new Set();
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(root, { recursive: true, force: true });
  rmSync(temporary, { recursive: true, force: true });
});

function put(name: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
  inputs.add(name);
}

/** Name and text of every file below a folder but the inputs. */
function filesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .filter((name) => folder !== root || !inputs.has(name))
    .map((name) => `${name}\n${readFileSync(path.join(folder, name), 'latin1')}`)
    .join('\n');
}

/** Runs the action in this process: all that came out. A bug would be thrown. */
async function run(
  given: Record<string, string>,
): Promise<{ readonly code: number; readonly everything: string }> {
  const said: unknown[] = [];
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  const host = makeHost({}, root, '.greenlight/out', log, (report) => JSON.stringify(report));
  const code = await perform(action, host, {
    input: (name) => ({ ...given, 'report-json': 'copy.json' })[name],
    show: async (report, file) => void said.push(report, file),
    outputs: (values) => said.push(values),
    annotate: (annotation) => said.push(annotation),
  });
  return { code, everything: [JSON.stringify(said), filesIn(root), filesIn(temporary)].join('\n') };
}

async function expectNoLeak(given: Record<string, string>, codes: readonly number[] = [1, 3]): Promise<void> {
  const { code, everything } = await run(given);
  expect(leakIn(everything)).toBe(undefined);
  expect(codes).toContain(code);
  expect(everything).toContain('report.html');
  expect(readdirSync(temporary)).toEqual([]);
}

const SQL = [
  'SELECT max(s) FROM {object}',
  'SELECT sum(i) FROM {object}',
  'SELECT CAST(max(s) AS INTEGER) FROM {object}',
  'SELECT count(*) FROM {object} WHERE CAST(s AS DATE) > current_date',
  'SELECT error(max(s)) FROM {object}',
  "SELECT count(*) FROM {object} WHERE regexp_matches('x', s)",
  'SELECT max(s) FROM {object} UNION ALL SELECT min(s) FROM {object}',
];

/** A contract with every kind of rule that a flat table can break. */
function flat(sql: readonly string[]): string {
  const queries = sql
    .map((query) => `      - { type: sql, query: ${JSON.stringify(query)}, mustBe: 3 }\n`)
    .join('');
  const custom = (implementation: string): string =>
    `      - { type: custom, engine: greenlight, implementation: { ${implementation}, mustBe: 3 } }\n`;
  return `apiVersion: v3.2.0
kind: DataContract
id: t
version: 1.0.0
status: active
slaProperties:
  - { property: freshness, value: 1, unit: d, element: t.at }
  - { property: retention, value: 1, unit: y, element: t.d }
schema:
  - name: t
    customProperties:
      - { property: greenlight.quasiIdentifiers, value: [s, d] }
      - { property: greenlight.extraColumns, value: fail }
    quality:
      - { metric: duplicateValues, arguments: { properties: [i, s] }, mustBe: 0 }
      - { metric: duplicateValues, arguments: { properties: [i, s] }, mustBeLessThan: 1, unit: percent }
      - { metric: rowCount, mustBeBetween: [1000, 2000] }
${queries}${custom('metric: sum, property: i')}${custom('metric: average, property: n')}${custom('metric: quantile, property: n, at: 0.5')}${custom('metric: ratio, property: n, over: i')}${custom('metric: rowsPerGroup, properties: [s]')}    properties:
      - { name: i, logicalType: integer, required: true, unique: true, logicalTypeOptions: { minimum: 1, maximum: 5, multipleOf: 2 } }
      - { name: n, logicalType: number, logicalTypeOptions: { exclusiveMinimum: 0, exclusiveMaximum: 1 } }
      - name: s
        logicalType: string
        primaryKey: true
        logicalTypeOptions: { minLength: 3, maxLength: 4, pattern: '^[a-c]+$', format: email }
        enum: [{ value: abc }]
        relationships: [{ type: foreignKey, to: u.id }]
        quality:
          - { metric: invalidValues, arguments: { validValues: [a, b, c, d, e, f, g, h, i], pattern: '^.$' }, mustBe: 0, severity: warning }
          - { metric: missingValues, arguments: { missingValues: [null, '', n/a] }, mustBe: 0 }
          - { metric: nullValues, mustBe: 0 }
          - { metric: duplicateValues, mustBe: 0, customProperties: [{ property: greenlight.warnAt, value: { mustBeLessThan: 0 } }] }
      - { name: d, logicalType: date, logicalTypeOptions: { minimum: '2001-01-01', maximum: '2001-12-31' } }
      - { name: at, logicalType: timestamp, physicalType: bigint, logicalTypeOptions: { minimum: '2001-01-01T00:00:00Z', maximum: '2001-12-31T00:00:00Z', timezone: true } }
      - { name: b, logicalType: boolean }
      - { name: h, customProperties: [{ property: greenlight.masking, value: hashed }] }
      - { name: m, customProperties: [{ property: greenlight.masking, value: masked }] }
      - { name: c, encryptedName: e, classification: zqunknown }
      - { name: gone, required: true }
  - name: u
    properties: [{ name: id, unique: true, primaryKey: true }]
`;
}

const HEADER = ['i', 'n', 's', 'd', 'at', 'b', 'h', 'm', 'c', 'e', 'free', 'phone'];

/** Cells of a row: markers that have the column's form, and such that have not. */
const ROW = fc.tuple(
  ...HEADER.map((name) => {
    const fitting =
      { i: WHOLE.slice(0, 2), n: DECIMAL, d: DAYS, at: MOMENTS, s: TEXTS, phone: TEXTS.slice(5) }[name] ??
      MARKERS;
    return fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...fitting) }, fc.constantFrom(...MARKERS, ''));
  }),
);

const quoted = (cell: string): string => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
const csv = (rows: readonly (readonly string[])[], header: readonly string[] = HEADER): string =>
  `${[header, ...rows].map((row) => row.map(quoted).join(',')).join('\n')}\n`;

/** Ways in which a text file is broken; `at` is a record. */
const BROKEN: Readonly<Record<string, (text: string) => string | Uint8Array>> = {
  'is whole': (text) => text,
  'has a short record': (text) => `${text}zqxmarker,48151623\n`,
  'has a long record': (text) => `${text}${'zqxmarker,'.repeat(20)}\n`,
  'has a quote that is not closed': (text) => `${text}48151623,"zqxmarker\n${text}`,
  'has text after a quote': (text) => `${text}"zqxmarker"48151623,1,2,3,4,5,6,7,8,9,10,11\n`,
  'has bytes that are no UTF-8': (text) =>
    Buffer.concat([Buffer.from(text), Buffer.from('zqxmarker,'), Buffer.from([0xff, 0xfe, 0x0a])]),
  'has NUL bytes': (text) => text.replace('\n', '\n\0zqxmarker\0'),
  'has no header': (text) => text.slice(text.indexOf('\n') + 1),
  'has other delimiters': (text) => text.replaceAll(',', ';'),
  'is UTF-16 cut in the middle': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').subarray(0, -3),
};

describe('what is looked for', () => {
  it('is seen in every writing, and not where it is not', () => {
    for (const marker of MARKERS) expect(leakIn(`x ${marker} y`)).not.toBe(undefined);
    for (const marker of TEXTS.slice(0, 3))
      expect(leakIn(Buffer.from(marker.toLowerCase()).toString('base64'))).not.toBe(undefined);
    expect(leakIn('4,815,162 48 151 623 4.8151623e7')).not.toBe(undefined);
    expect(leakIn(flat(SQL))).toBe(undefined);
    expect(leakIn(JSON.stringify(BROKEN))).toBe(undefined);
  });

  it('is looked for in files that are left behind', async () => {
    put('c.yaml', flat([]));
    put('t.csv', csv([]));
    writeFileSync(path.join(temporary, 'left'), 'zqxmarker');
    const { everything } = await run({ contract: 'c.yaml', data: 't=t.csv' });
    expect(leakIn(everything)).not.toBe(undefined);
  });
});

describe('no value comes out', () => {
  it.each(Object.entries(BROKEN))('of a CSV file that %s', async (_, breaks) => {
    put('c.yaml', flat([]));
    put('u.csv', 'id\nzqxmarkerother\nzqxmarkerother\n');
    await fc.assert(
      fc.asyncProperty(fc.array(ROW, { minLength: 1, maxLength: 12 }), async (rows) => {
        put('t.csv', breaks(csv(rows)));
        await expectNoLeak({ contract: 'c.yaml', data: 't=t.csv, u=u.csv', profile: 'false' });
      }),
      { numRuns: 6 },
    );
  });

  it.each(SQL)('of the SQL rule %s', async (query) => {
    put('c.yaml', flat([query]));
    put(
      't.csv',
      csv([
        [
          '48151623',
          '4815162.25',
          'zqxmarker',
          '1948-11-15',
          MOMENTS[0] ?? '',
          'x',
          'x',
          'x',
          'x',
          'x',
          'x',
          'x',
        ],
      ]),
    );
    await expectNoLeak({ contract: 'c.yaml', data: 't=t.csv' });
  });

  it('of objects, lists and maps in NDJSON and JSON', async () => {
    put('c.yaml', NESTED);
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(...MARKERS),
      fc.constantFrom<unknown>(48151623, 4815162.25, null, true),
    );
    const record = fc.record(
      {
        o: fc.oneof(leaf, fc.record({ a: leaf, 'x y': leaf }), fc.array(leaf)),
        l: fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.record({ a: leaf })), { maxLength: 3 })),
        m: fc.oneof(leaf, fc.dictionary(fc.constantFrom('k1', 'k2'), leaf)),
        s: leaf,
      },
      { requiredKeys: ['s'] },
    );
    const fault = fc.constantFrom(
      '',
      '{"s": "zqxmarker',
      '"zqxmarker"',
      '{"s": "zqxmarker", "s": 48151623}',
      '[48151623]',
      '{"s": zqxmarker}',
      'zqxmarker',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 6 }), fault, async (records, broken) => {
        put('t.ndjson', `${records.map((one) => JSON.stringify(one)).join('\n')}\n${broken}\n`);
        await expectNoLeak({ contract: 'c.yaml', data: 't.ndjson' }, [0, 1, 3]);
        put(
          't.json',
          `[${[...records.map((one) => JSON.stringify(one)), ...(broken === '' ? [] : [broken])].join(',\n')}]`,
        );
        await expectNoLeak({ contract: 'c.yaml', data: 't.json' }, [0, 1, 3]);
      }),
      { numRuns: 25 },
    );
  });

  it('of Parquet, typed or text, whole or damaged', async () => {
    put('c.yaml', flat([]));
    const typed = `SELECT 48151623 AS i, 4815162.25 AS n, 'zqxmarker' AS s, DATE '1948-11-15' AS d, TIMESTAMP '1948-11-15 23:42:08' AS at,
      true AS b, 'zqxmarker@example.com' AS h, 'zqxmarker' AS m, 'zqxmarker' AS c, 'zqxmarker' AS e, {'mail': 'zqxmarker@example.com'} AS free, [4815162481516] AS phone FROM range(40)`;
    const text = `SELECT ${HEADER.map((name, index) => `'${(MARKERS[index] ?? '').replaceAll("'", "''")}' AS "${name}"`).join(', ')} FROM range(40)`;
    for (const select of [typed, text]) {
      await parquet('t.parquet', select);
      await expectNoLeak({ contract: 'c.yaml', data: 't=t.parquet' });
      const whole = readFileSync(path.join(root, 't.parquet'));
      for (const damaged of [whole.subarray(0, whole.length - 9), whole.subarray(0, 40), garbled(whole)]) {
        put('t.parquet', damaged);
        await expectNoLeak({ contract: 'c.yaml', data: 't=t.parquet' });
      }
    }
  });

  it('of Parquet whose values the engine’s own functions refuse', async () => {
    const rules: readonly (readonly [type: string, value: string, rules: string])[] = [
      [
        'timestamp',
        "TIMESTAMP '294247-01-10 04:00:54.775806'",
        'minimum: "2001-01-01T00:00:00Z", defaultTimezone: America/New_York',
      ],
      ['number', '1.7e308::DOUBLE', 'multipleOf: 0.1'],
      ['integer', '170141183460469231731687303715884105727::HUGEINT', 'multipleOf: 3'],
      ['integer', '18446744073709551615::UBIGINT', 'maximum: 5'],
    ];
    for (const [type, value, options] of rules) {
      const sum =
        type === 'timestamp'
          ? ''
          : `    quality: [{ type: custom, engine: greenlight, implementation: { metric: sum, property: v, mustBe: 3 } }]\n`;
      put(
        'c.yaml',
        `apiVersion: v3.2.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n  - name: t\n${sum}    properties:\n      - { name: v, logicalType: ${type}, logicalTypeOptions: { ${options} } }\n`,
      );
      await parquet('t.parquet', `SELECT ${value} AS v FROM range(3)`);
      const { code, everything } = await run({ contract: 'c.yaml', data: 't.parquet' });
      expect(everything).not.toMatch(
        /294247|9223372036|170141183|1\.?701411|18446744|1\.?8446|1\.7e|17000000/,
      );
      // The engine's own message, whatever it quotes.
      expect(everything).not.toMatch(/date overflows|Out of Range/);
      expect([1, 3]).toContain(code);
    }
  });

  it('of files that belong together and differ, or are packed and damaged', async () => {
    put('c.yaml', flat([]));
    const rows = csv([HEADER.map((_, index) => MARKERS[index] ?? '')]);
    put('many/a.csv', rows);
    put('many/b.csv', csv([['zqxmarker', '48151623']], ['s', 'other']));
    await expectNoLeak({ contract: 'c.yaml', data: 't=many' });
    const packed = gzipSync(rows.repeat(50));
    for (const damaged of [packed, packed.subarray(0, packed.length - 5), garbled(packed)]) {
      put('t.csv.gz', damaged);
      await expectNoLeak({ contract: 'c.yaml', data: 't=t.csv.gz' });
    }
  });

  it('in the profile of few rows', async () => {
    put('c.yaml', flat([]));
    put('t.csv', csv(Array.from({ length: 19 }, () => HEADER.map((_, index) => MARKERS[index] ?? ''))));
    const { everything } = await run({ contract: 'c.yaml', data: 't=t.csv', profile: 'true' });
    expect(leakIn(everything)).toBe(undefined);
  });
});

describe('the command', () => {
  const cases: Readonly<Record<string, () => string>> = {
    'broken rules': () => {
      put('t.csv', csv([HEADER.map((_, index) => MARKERS[index] ?? '')]));
      return 't=t.csv';
    },
    'ragged records': () => {
      put('t.csv', `${csv([])}zqxmarker,48151623\n`);
      return 't=t.csv';
    },
    'bad JSON': () => {
      put('t.ndjson', '{"s": "zqxmarker", "i": 48151623\n');
      return 't=t.ndjson';
    },
    'no header': () => {
      put('t.csv', 'zqxmarker,48151623\n1948-11-15,zqxmarker\n');
      return 't=t.csv';
    },
  };

  it.each(Object.entries(cases))('says none on either stream, and leaves none: %s', (_, make) => {
    put('c.yaml', flat(SQL));
    const data = make();
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [cli, 'validate-data', '--contract', 'c.yaml', '--data', data, '--report-json', 'copy.json'],
      { cwd: root, encoding: 'utf8', env: { ...process.env, TMPDIR: temporary } },
    );
    const everything = [stdout, stderr, filesIn(root), filesIn(temporary)].join('\n');
    expect(leakIn(everything)).toBe(undefined);
    expect(`${stdout}${stderr}`).not.toMatch(/\n\s+at .*:\d+:\d+/);
    expect([1, 3]).toContain(status);
    expect(readdirSync(temporary).filter((name) => name.startsWith('greenlight-'))).toEqual([]);
  });
});

describe('the folder of what is spilled', () => {
  let home: string;
  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), 'spill-'));
  });
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('is for its owner alone, and gone afterwards', async () => {
    const engine = await openEngine({ memory: 64, threads: 1 });
    expect(engine.folder.startsWith(temporary)).toBe(true);
    expect(statSync(engine.folder).mode & 0o777).toBe(0o700);
    await engine.query(
      "CREATE TEMP TABLE t AS SELECT md5(i::VARCHAR) || repeat('zqxmarker', 20) AS s FROM range(600000) t(i)",
    );
    const spilled = readdirSync(engine.folder, { recursive: true });
    expect(spilled.length).toBeGreaterThan(1);
    await engine[Symbol.asyncDispose]();
    expect(existsSync(engine.folder)).toBe(false);
  });

  it('of a process that was killed is swept by the next one', () => {
    const scratch = path.join(ROOT, 'core/toolkit/table/scratch.ts');
    const start = (then: string): string =>
      spawnSync(
        process.execPath,
        [
          '--input-type=module',
          '-e',
          `const { openScratch } = await import(${JSON.stringify(scratch)}); const { folder } = await openScratch(); console.log(folder); ${then}`,
        ],
        { encoding: 'utf8', cwd: root, env: { ...process.env, TMPDIR: home } },
      ).stdout.trim();
    const killed = start(
      "const { writeFileSync } = await import('node:fs'); writeFileSync(folder + '/rows', 'zqxmarker'); process.kill(process.pid, 'SIGKILL');",
    );
    expect(existsSync(path.join(killed, 'rows'))).toBe(true);
    const next = start('');
    expect(next).not.toBe('');
    expect(readdirSync(home)).toEqual([]);
  });
});

const NESTED = `apiVersion: v3.2.0
kind: DataContract
id: t
version: 1.0.0
status: active
schema:
  - name: t
    properties:
      - name: o
        logicalType: object
        logicalTypeOptions: { maxProperties: 1, required: [z] }
        properties:
          - { name: a, logicalType: integer, required: true, logicalTypeOptions: { maximum: 5 } }
          - { name: z, logicalType: date, customProperties: [{ property: greenlight.masking, value: encrypted }] }
      - name: l
        logicalType: array
        logicalTypeOptions: { maxItems: 1, uniqueItems: true }
        items: { logicalType: string, logicalTypeOptions: { maxLength: 2, pattern: '^q' } }
      - name: m
        logicalType: map
        map: { key: { logicalType: string }, value: { logicalType: number, logicalTypeOptions: { minimum: 1e12 } } }
      - { name: s, logicalType: string, unique: true, logicalTypeOptions: { format: uuid } }
`;

async function parquet(name: string, select: string): Promise<void> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (${select}) TO '${path.join(root, name)}' (FORMAT parquet, COMPRESSION uncompressed)`,
  );
  connection.closeSync();
  instance.closeSync();
  inputs.add(name);
}

/** Bytes with some in the middle changed. */
function garbled(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let index = 30; index < Math.min(copy.length - 12, 300); index += 7)
    copy[index] = (copy[index] ?? 0) ^ 0x55;
  return copy;
}
