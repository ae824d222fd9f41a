import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import action from '../../actions/validate-data/main.ts';
import { perform } from '../../cli/perform.ts';
import { readProfile } from '../../core/formats/profile.ts';
import { readActionReport } from '../../core/formats/report.ts';
import { readStatement } from '../../core/formats/statement.ts';
import type { Report } from '../../core/kernel/blocks.ts';
import type { Annotation } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { makeHost } from '../../core/toolkit/host.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'validate-data-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(name: string, content: string | Uint8Array): void {
  mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
  writeFileSync(path.join(root, name), content);
}

interface Result {
  readonly code: number;
  readonly verdict: string;
  readonly findings: readonly Record<string, unknown>[];
  readonly annotations: readonly Annotation[];
  readonly outputs: Readonly<Record<string, string>>;
  /** Everything that came out: report, annotations, log, files. */
  readonly everything: string;
}

async function run(inputs: Record<string, string>, env: NodeJS.ProcessEnv = {}): Promise<Result> {
  const said: string[] = [];
  const annotations: Annotation[] = [];
  let outputs: Readonly<Record<string, string>> = {};
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  const code = await perform(
    action,
    makeHost(env, root, '.greenlight/out', log, () => ''),
    {
      input: (name) => inputs[name],
      show: async (report: Report) => void said.push(JSON.stringify(report)),
      outputs: (values) => {
        outputs = values;
      },
      annotate: (annotation) => annotations.push(annotation),
    },
  );
  const folder = path.join(root, '.greenlight/out/validate-data');
  const files = readdirSync(folder).map((name) => readFileSync(path.join(folder, name), 'utf8'));
  const report = readActionReport(readFileSync(path.join(folder, 'report.json'), 'utf8'), 'report.json');
  return {
    code,
    verdict: report.verdict,
    findings: report.findings as unknown as readonly Record<string, unknown>[],
    annotations,
    outputs,
    everything: [...said, ...files, JSON.stringify(annotations), JSON.stringify(outputs)].join('\n'),
  };
}

function contract(properties: string, rest = ''): string {
  return `apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nschema:\n  - name: t\n${rest}    properties:\n${properties.replaceAll(/^/gm, '      ')}\n`;
}

const ADHOC = { contract: 'c.yaml', data: 'd.csv' };

describe('a data set', () => {
  it('that keeps its contract passes, with evidence and profile', async () => {
    put(
      'c.yaml',
      contract(
        '- { name: a, logicalType: integer, required: true, unique: true }\n- { name: b, logicalType: string, logicalTypeOptions: { maxLength: 2 } }',
      ),
    );
    put(
      'd.csv',
      `a,b\n${Array.from({ length: 60 }, (_, i) => `${i},${i % 2 === 0 ? 'x' : 'y'}`).join('\n')}\n`,
    );
    const result = await run({ ...ADHOC, profile: 'true' });
    expect(result).toMatchObject({
      code: 0,
      verdict: 'pass',
      findings: [],
      annotations: [],
      outputs: { verdict: 'pass', 'failing-rules': '0' },
    });
    const out = (name: string): string =>
      readFileSync(path.join(root, '.greenlight/out/validate-data', name), 'utf8');
    const statement = readStatement(out('statement.json'), 'statement.json');
    expect(statement.subject).toEqual([
      { name: 'd.csv', digest: { sha256: sha256(readFileSync(path.join(root, 'd.csv'))) } },
    ]);
    expect(readProfile(out('profile.json'), 'profile.json')).toMatchObject({
      rows: 60,
      columns: [
        { name: 'a', type: 'number', edges: [19, 39], counts: [20, 20, 20] },
        { name: 'b', type: 'category', categories: { x: 30, y: 30 }, other: 0 },
      ],
    });
    const first = out('statement.json');
    await run(ADHOC);
    expect(out('statement.json')).toBe(first);
  });

  it('that breaks it fails; rule, file, record and line are named', async () => {
    put(
      'c.yaml',
      contract(
        '- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 5 } }\n- { name: note, logicalType: string }',
      ),
    );
    put('d.csv', 'a,note\n1,"two\nlines"\n\n77001,x\n,y\n88002,z\n');
    const result = await run(ADHOC);
    expect(result).toMatchObject({ code: 1, verdict: 'fail', outputs: { 'failing-rules': '1' } });
    expect(result.findings).toMatchObject([
      {
        kind: 'rule-broken',
        rule: 't.a.maximum',
        count: 2,
        rows: 4,
        contract: { file: 'c.yaml', line: 8 },
        places: [
          { file: 'd.csv', line: 5, record: 2, field: 'a' },
          { file: 'd.csv', line: 7, record: 4, field: 'a' },
        ],
      },
    ]);
    expect(result.annotations).toMatchObject([{ level: 'error', place: { file: 'c.yaml', line: 8 } }]);
    expect(result.everything).not.toMatch(/77001|88002/);
  });

  it('with a renamed column fails once, not once a rule', async () => {
    put(
      'c.yaml',
      contract(
        '- { name: delay, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0 } }\n- { name: b }',
      ),
    );
    put('d.csv', 'Delay,b\n1,2\n');
    const result = await run(ADHOC);
    expect(result.verdict).toBe('fail');
    expect(result.findings.map(({ rule, reason }) => [rule, reason])).toEqual([
      ['t.delay.present', 'it is missing; the data has `Delay`'],
      ['t.delay.type', 'the column delay is missing'],
      ['t.delay.minimum', 'the column delay is missing'],
      ['t.delay.required', 'the column delay is missing'],
      ['t.extraColumns', 'not declared: Delay'],
    ]);
    expect(result.annotations.map(({ level }) => level)).toEqual(['error', 'warning']);
  });

  it('whose columns are swapped is read by name', async () => {
    put('c.yaml', contract('- { name: a, logicalType: integer }\n- { name: b, logicalType: string }'));
    put('d.csv', 'b,a\nx,1\n');
    expect((await run(ADHOC)).verdict).toBe('pass');
  });

  it('without a header is an error that names none of its cells', async () => {
    put('c.yaml', contract('- { name: a }\n- { name: b }'));
    put('d.csv', 'marker-1,marker-2\nx,y\n');
    const result = await run(ADHOC);
    expect(result).toMatchObject({ code: 3, findings: [{ code: 'data/other-columns' }] });
    expect(result.everything).not.toContain('marker');
  });

  it('without rows, or with a rule that is not judged, is an error', async () => {
    put('c.yaml', contract('- { name: a, logicalType: integer }'));
    put('d.csv', 'a\n');
    expect((await run(ADHOC)).verdict).toBe('error');
    put('c.yaml', contract('- { name: a, quality: [{ type: custom, engine: soda, implementation: x }] }'));
    put('d.csv', 'a\n1\n');
    expect(await run(ADHOC)).toMatchObject({
      code: 3,
      findings: [{ kind: 'rule-not-judged', rule: 't.a.quality[0]' }],
    });
  });

  it('of a contract with nothing to judge is an error', async () => {
    put(
      'c.yaml',
      contract(
        '- { name: a, semanticType: measure }',
        '    customProperties: [{ property: greenlight.extraColumns, value: ignore }]\n',
      ),
    );
    put('d.csv', 'a\n1\n');
    expect((await run(ADHOC)).verdict).toBe('error');
  });

  it.each(['info', 'warning', 'error'])('that breaks a rule of severity %s', async (severity) => {
    put(
      'c.yaml',
      contract(
        `- { name: a, quality: [{ metric: nullValues, mustBe: 0, severity: ${severity} }] }\n- { name: b }`,
      ),
    );
    put('d.csv', 'a,b\n,1\n');
    expect((await run(ADHOC)).verdict).toBe(severity === 'error' ? 'fail' : 'pass');
  });

  it('in Parquet is judged by its types and cut short is an error', async () => {
    const file = path.join(root, 'd.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT i AS a, CASE i WHEN 2 THEN 'nan'::DOUBLE ELSE i END AS b, i::VARCHAR AS c FROM range(5) t(i)) TO '${file}'`,
    );
    put(
      'c.yaml',
      contract(
        '- { name: a, logicalType: integer, physicalType: int, logicalTypeOptions: { maximum: 2 } }\n- { name: b, logicalType: number }\n- { name: c, logicalType: integer }',
      ),
    );
    const result = await run({ contract: 'c.yaml', data: 'd.parquet' });
    expect(
      result.findings.map(({ rule, count, reason, places }) => [
        rule,
        count ?? reason,
        (places as { record: number }[]).map(({ record }) => record),
      ]),
    ).toEqual([
      ['t.a.maximum', 2, [4, 5]],
      ['t.a.physicalType', 'the file has BIGINT', []],
      ['t.b.type', 1, [3]],
      ['t.c.type', 'the file has VARCHAR', []],
    ]);
    truncateSync(file, 200);
    expect(await run({ contract: 'c.yaml', data: 'd.parquet' })).toMatchObject({
      code: 3,
      findings: [{ code: 'data/damaged' }],
    });
  });

  it('outside the repository is an error', async () => {
    put('c.yaml', contract('- { name: a }'));
    expect(await run({ contract: 'c.yaml', data: '../d.csv' })).toMatchObject({
      code: 3,
      findings: [{ code: 'file/outside' }],
    });
  });
});

// A second judge, written plainly in JavaScript over the records: its counts must be the engine's.
type Cell = string | null;
const INTEGER = /^[+-]?[0-9]+$/;
const NUMBER = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$/;
const isInteger = (cell: string): boolean =>
  INTEGER.test(cell) && BigInt.asIntN(64, BigInt(cell.replace('+', ''))) === BigInt(cell.replace('+', ''));
const isDay = (cell: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(cell) &&
  !Number.isNaN(Date.parse(cell)) &&
  new Date(cell).toISOString().startsWith(cell);
const count = (cells: readonly Cell[], broken: (cell: string) => boolean): number =>
  cells.filter((cell) => cell !== null && broken(cell)).length;
const repeats = (keys: readonly (string | null)[]): number => {
  const present = keys.filter((key) => key !== null);
  return present.length - new Set(present).size;
};

function naive(rows: readonly (readonly [Cell, Cell, Cell, Cell])[]): Record<string, number> {
  const [i, n, s, d] = [0, 1, 2, 3].map((column) => rows.map((row) => row[column] ?? null)) as [
    Cell[],
    Cell[],
    Cell[],
    Cell[],
  ];
  const known = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
  return {
    't.i.type': count(i, (cell) => !isInteger(cell)),
    't.i.minimum': count(i, (cell) => isInteger(cell) && BigInt(cell.replace('+', '')) < -3n),
    't.i.exclusiveMaximum': count(i, (cell) => isInteger(cell) && BigInt(cell.replace('+', '')) >= 12n),
    't.i.multipleOf': count(i, (cell) => isInteger(cell) && BigInt(cell.replace('+', '')) % 2n !== 0n),
    't.i.required': i.filter((cell) => cell === null).length,
    't.i.unique': repeats(
      i.map((cell) => (cell !== null && isInteger(cell) ? String(BigInt(cell.replace('+', ''))) : null)),
    ),
    't.n.type': count(n, (cell) => !NUMBER.test(cell) || !Number.isFinite(Number(cell))),
    't.n.maximum': count(
      n,
      (cell) => NUMBER.test(cell) && Number.isFinite(Number(cell)) && Number(cell) > 1.5,
    ),
    't.n.exclusiveMinimum': count(
      n,
      (cell) => NUMBER.test(cell) && Number.isFinite(Number(cell)) && Number(cell) <= -0.5,
    ),
    't.s.minLength': count(s, (cell) => [...cell].length < 1),
    't.s.maxLength': count(s, (cell) => [...cell].length > 2),
    't.s.pattern': count(s, (cell) => !/^[a-z]/u.test(cell)),
    't.s.quality[0]': count(s, (cell) => !known.includes(cell)),
    't.s.quality[1]': s.filter((cell) => cell === null || cell === '' || cell === 'n/a').length,
    't.d.type': count(d, (cell) => !isDay(cell)),
    't.d.minimum': count(d, (cell) => isDay(cell) && cell < '2001-01-01'),
    't.quality[0]': repeats(
      rows.map(([a, , c]) =>
        a !== null && isInteger(a) && c !== null
          ? JSON.stringify([String(BigInt(a.replace('+', ''))), c])
          : null,
      ),
    ),
  };
}

const RULES = contract(
  `- { name: i, logicalType: integer, required: true, unique: true, logicalTypeOptions: { minimum: -3, exclusiveMaximum: 12, multipleOf: 2 } }
- { name: n, logicalType: number, logicalTypeOptions: { maximum: 1.5, exclusiveMinimum: -0.5 } }
- name: s
  logicalType: string
  logicalTypeOptions: { minLength: 1, maxLength: 2, pattern: '^[a-z]' }
  quality:
    - { metric: invalidValues, arguments: { validValues: [a, b, c, d, e, f, g, h, i] }, mustBe: 0 }
    - { metric: missingValues, arguments: { missingValues: [null, '', n/a] }, mustBe: 0 }
- { name: d, logicalType: date, logicalTypeOptions: { minimum: '2001-01-01' } }`,
  '    quality: [{ metric: duplicateValues, arguments: { properties: [i, s] }, mustBe: 0 }]\n',
);

const quote = (cell: Cell): string =>
  cell === null ? '' : cell === '' || /[",\n\r]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;

describe('counts', () => {
  const integer = fc.constantFrom(
    '0',
    '1',
    '-4',
    '+12',
    '007',
    '1.5',
    '1e3',
    ' 9 ',
    '0x1F',
    '9223372036854775807',
    '9223372036854775808',
    'x',
    '',
    '1_0',
    null,
  );
  const number = fc.constantFrom(
    '1.5',
    '1.6',
    '-.5',
    '2.',
    '1e3',
    '1e999',
    'nan',
    'inf',
    'Infinity',
    ' 1',
    '0x1',
    '',
    null,
    '.',
  );
  const text = fc.constantFrom(
    'a',
    'i',
    'zz',
    'abc',
    '',
    'n/a',
    '\u{1F600}\u{1F600}',
    'a,b',
    'a"',
    'l\nl',
    'É',
    null,
  );
  const day = fc.constantFrom(
    '2001-01-01',
    '2000-02-30',
    '2000-12-31',
    '2001-1-1',
    'infinity',
    '2001-01-01 ',
    '2001-01-01T00:00:00',
    '0044-03-15',
    null,
  );

  it('are those of a plain judge', async () => {
    put('c.yaml', RULES);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(integer, number, text, day), { minLength: 1, maxLength: 25 }),
        async (rows) => {
          put('d.csv', `i,n,s,d\n${rows.map((row) => row.map(quote).join(',')).join('\n')}\n`);
          const { findings } = await run(ADHOC);
          const expected = Object.entries(naive(rows)).filter(([, broken]) => broken > 0);
          expect(Object.fromEntries(findings.map(({ rule, count }) => [rule, count]))).toEqual(
            Object.fromEntries(expected),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('of moments heed the zone', async () => {
    const options = "{ minimum: '2001-01-01T00:00:00Z', exclusiveMaximum: '2001-01-02 00:00:00' }";
    put(
      'c.yaml',
      contract(`- { name: at, logicalType: timestamp, logicalTypeOptions: ${options} }\n- { name: b }`),
    );
    const cells = [
      '2001-01-01 00:00:00',
      '2001-01-01T00:30:00+01:00',
      '2001-01-02T00:30:00.5+01:00',
      '2001-01-02T00:00:00',
      '2001-01-01',
      '2001-01-01 24:00:00',
    ];
    put('d.csv', `at,b\n${cells.map((cell) => `${cell},1\n`).join('')}`);
    const { findings } = await run(ADHOC);
    expect(
      findings.map(({ rule, places }) => [
        rule,
        (places as { record: number }[]).map(({ record }) => record),
      ]),
    ).toEqual([
      ['t.at.type', [5, 6]],
      ['t.at.minimum', [2]],
      ['t.at.exclusiveMaximum', [4]],
    ]);
  });

  it('of NDJSON go by the types of JSON', async () => {
    put(
      'c.yaml',
      contract(
        '- { name: i, logicalType: integer }\n- { name: s, logicalType: string }\n- { name: a/b~c, logicalType: boolean, required: true }',
      ),
    );
    put('d.ndjson', '{"i": 1, "s": "x", "a/b~c": true}\n\n{"i": "12", "s": 3, "a/b~c": null}\n{"i": 1.5}\n');
    const result = await run({ contract: 'c.yaml', data: 'd.ndjson' });
    expect(
      result.findings.map(({ rule, count, places }) => [
        rule,
        count,
        (places as { record: number; line: number }[]).map(({ record, line }) => [record, line]),
      ]),
    ).toEqual([
      [
        't.i.type',
        2,
        [
          [2, 3],
          [3, 4],
        ],
      ],
      ['t.s.type', 1, [[2, 3]]],
      [
        't.a/b~c.required',
        2,
        [
          [2, 3],
          [3, 4],
        ],
      ],
    ]);
  });
});

describe('values', () => {
  const MARKER = 'MARKER4711';
  const cell = fc.constantFrom(
    MARKER,
    `${MARKER},${MARKER}`,
    `"${MARKER}`,
    '4711.4711',
    '47114711',
    `2001-01-01 ${MARKER}`,
    '',
  );

  it('never come out, whatever is broken', async () => {
    put('c.yaml', RULES);
    const record = fc.oneof(
      fc.tuple(cell, cell, cell, cell).map((cells) => cells.map(quote).join(',')),
      fc.tuple(cell, cell).map((cells) => cells.join(',')),
      fc.constant(`"${MARKER}`),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(record, { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (records, badBytes) => {
          const text = Buffer.from(`i,n,s,d\n${records.join('\n')}\n`);
          put(
            'd.csv',
            badBytes ? Buffer.concat([text, Buffer.from(`1,${MARKER},`), Buffer.from([0xff, 0x0a])]) : text,
          );
          const result = await run(ADHOC);
          expect(result.verdict).not.toBe('pass');
          expect(result.everything).not.toMatch(/MARKER|4711\.4711|47114711/);
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('a model', () => {
  const MANIFEST = `models:
  late:
    setup: "echo setup >> ran.txt"
    data:
      fetch: "echo fetch >> ran.txt"
      train: { path: train.csv, contract: c.yaml }
      test: { path: test.csv, contract: c.yaml }
    model: late.onnx
`;
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-C', root, '-c', 'user.name=data-scientist', '-c', 'user.email=ds@example.com', ...args],
      { encoding: 'utf8' },
    );

  beforeEach(() => {
    put('greenlight.yaml', MANIFEST);
    put('c.yaml', contract('- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 5 } }'));
    put('train.csv', 'a\n1\n');
    put('test.csv', 'a\n2\n');
  });

  it('has both its data sets judged, after one setup and fetch', async () => {
    expect(await run({})).toMatchObject({ code: 0, verdict: 'pass' });
    put('test.csv', 'a\n9\n');
    expect((await run({ model: 'late' })).findings).toMatchObject([
      { kind: 'rule-broken', data: 'test.csv', count: 1 },
    ]);
    expect(
      readFileSync(path.join(root, 'ran.txt'), 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['setup', 'fetch', '']);
  });

  it('is not judged again by a pull request that changes neither contract nor data', async () => {
    const lock = (model: string): string => {
      const data = Object.fromEntries(
        ['train', 'test'].map((set) => {
          const bytes = readFileSync(path.join(root, `${set}.csv`));
          return [set, { path: `${set}.csv`, sha256: sha256(bytes), size: bytes.length }];
        }),
      );
      const entry = {
        model: { path: 'late.onnx', sha256: model.repeat(64), size: 1 },
        data,
        stages: [],
        environment: {},
      };
      return JSON.stringify({ schema: 'greenlight.lock/v1', models: { late: entry } });
    };
    put('greenlight.lock', lock('0'));
    git('init', '-q', '-b', 'main');
    git('add', 'greenlight.yaml', 'c.yaml', 'greenlight.lock');
    git('commit', '-q', '-m', 'base');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    put('greenlight.lock', lock('1'));
    const pull = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };
    expect(await run({}, pull)).toMatchObject({ code: 0, verdict: 'pass' });
    expect(existsSync(path.join(root, 'ran.txt'))).toBe(false);
    const [bytes, other] = [readFileSync(path.join(root, 'test.csv')), 'a\n9\n'];
    put('test.csv', other);
    expect((await run({}, pull)).verdict).toBe('error');
    put('test.csv', bytes);
    rmSync(path.join(root, 'ran.txt'));
    rmSync(path.join(root, '.greenlight/prepared'), { recursive: true });
    await run({ full: 'true' }, pull);
    expect(existsSync(path.join(root, 'ran.txt'))).toBe(true);
    put('test.csv', 'a\n9\n');
    put('greenlight.lock', lock('1'));
    expect(await run({}, pull)).toMatchObject({
      code: 1,
      findings: [{ kind: 'rule-broken', data: 'test.csv' }],
    });
  });

  it('is held against what its lock says it is fed, and its test data against its training data', async () => {
    const inputs = [
      { name: 'a', type: 'int64' },
      { name: 'b', type: 'string', shape: ['N', 1] },
    ];
    const model = { path: 'late.onnx', sha256: '0'.repeat(64), size: 1 };
    const lock = {
      schema: 'greenlight.lock/v1',
      models: { late: { model, inputs, data: {}, stages: [], environment: {} } },
    };
    put('greenlight.lock', JSON.stringify(lock));
    put('test.csv', 'a\n2\n1\n');
    expect(await run({})).toMatchObject({
      code: 1,
      findings: [
        { kind: 'rule-broken', rule: 't.splits.rows', count: 1, places: [{ file: 'test.csv', record: 2 }] },
        { kind: 'rule-broken', rule: 't.model.a', reason: expect.stringContaining('may be empty') },
        { kind: 'rule-broken', rule: 't.model.b', reason: expect.stringContaining('no column `b`') },
      ],
    });
  });

  it('whose data are not those of the lock is an error', async () => {
    const lock = (text: string) => ({
      schema: 'greenlight.lock/v1',
      models: {
        late: {
          model: { path: 'late.onnx', sha256: '0'.repeat(64), size: 1 },
          data: { train: { path: 'train.csv', sha256: sha256(text), size: 1 } },
          stages: [],
          environment: {},
        },
      },
    });
    put('greenlight.lock', JSON.stringify(lock('a\n1\n')));
    expect((await run({})).verdict).toBe('pass');
    put('greenlight.lock', JSON.stringify(lock('other')));
    expect(await run({})).toMatchObject({ code: 3, findings: [{ code: 'lock/data-changed' }] });
  });

  it('is judged by the base branch’s contract on a pull request, whatever the pull request makes of it', async () => {
    git('init', '-q', '-b', 'main');
    git('add', 'greenlight.yaml', 'c.yaml');
    git('commit', '-q', '-m', 'base');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    put('train.csv', 'a\n9\n');
    put('c.yaml', contract('- { name: a, logicalType: integer }'));
    put('lax.yaml', contract('- { name: a }'));
    const pull = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };
    const edited = await run({}, pull);
    expect(edited.findings).toMatchObject([
      { kind: 'contract-edited', contract: 'c.yaml', standing: 'edited' },
      {
        kind: 'contract-break',
        level: 'fail',
        change: { path: 't.a.maximum', place: { file: 'c.yaml' } },
      },
      { kind: 'contract-version', level: 'fail' },
      { kind: 'rule-broken', rule: 't.a.maximum', data: 'train.csv' },
    ]);
    put(
      'c.yaml',
      contract('- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 5, minimum: 4 } }'),
    );
    put('train.csv', 'a\n3\n');
    expect((await run({}, pull)).findings).toContainEqual(
      expect.objectContaining({
        kind: 'rule-broken',
        rule: 't.a.minimum',
        data: 'train.csv',
        proposed: true,
      }),
    );
    put('train.csv', 'a\n9\n');
    put('greenlight.yaml', MANIFEST.replaceAll('c.yaml', 'lax.yaml'));
    const other = (await run({}, pull)).findings;
    for (const finding of [
      { kind: 'contract-edited', contract: 'c.yaml' },
      { kind: 'contract-break', level: 'fail' },
      { kind: 'rule-broken', rule: 't.a.maximum' },
    ])
      expect(other).toContainEqual(expect.objectContaining(finding));
    rmSync(path.join(root, 'lax.yaml'));
    expect(await run({}, pull)).toMatchObject({ code: 3, findings: [{ code: 'file/not-found' }] });
    put('lax.yaml', contract('- { name: a }'));
    expect((await run({}, pull)).verdict).toBe('fail');
    expect((await run({})).verdict).toBe('pass');
  });
});

describe('an edit of a contract', () => {
  const pull = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };
  const own = (bound: number, version: string): string =>
    contract(`- { name: a, logicalType: integer, logicalTypeOptions: { maximum: ${bound} } }`).replace(
      '1.0.0',
      version,
    );

  it('that breaks needs a waiver and a version that says so', async () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=x', '-c', 'user.email=x@x.test', ...args], { cwd: root });
    put('c.yaml', own(5, '1.0.0'));
    put('d.csv', 'a\n1\n');
    git('init', '-q', '-b', 'main');
    git('add', 'c.yaml');
    git('commit', '-q', '-m', 'base');
    git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    put('c.yaml', own(9, '2.0.0'));
    const open = await run(ADHOC, pull);
    expect(open).toMatchObject({ code: 1, verdict: 'fail' });
    expect(open.annotations).toMatchObject([
      {
        level: 'error',
        message: expect.stringContaining('no waiver accepts it'),
        place: { file: 'c.yaml', line: 8 },
      },
    ]);
    const [, broken] = open.findings as readonly { readonly change?: { readonly kind: string } }[];
    const waiver = (expires: string): string =>
      `waivers:\n  - { scope: t.a.*, change: ${broken?.change?.kind}, owner: '@model-owner', reason: the new gauge, expires: ${expires} }\n`;
    put('greenlight.waivers.yaml', waiver('2999-12-31'));
    const waived = await run(ADHOC, pull);
    expect(waived).toMatchObject({ code: 0, verdict: 'pass' });
    expect(waived.everything).toContain('the new gauge');
    put(
      'greenlight.yaml',
      'waivers: none.yaml\nmodels: { late: { data: { train: { path: x }, test: { path: x } }, model: m.onnx } }\n',
    );
    expect((await run(ADHOC, pull)).findings).toMatchObject([{ code: 'file/not-found' }]);
    rmSync(path.join(root, 'greenlight.yaml'));
    put('greenlight.waivers.yaml', waiver('2001-12-31'));
    expect((await run(ADHOC, pull)).verdict).toBe('fail');
    put('greenlight.waivers.yaml', waiver('2999-12-31'));
    put('c.yaml', own(9, '1.1.0'));
    expect(await run(ADHOC, pull)).toMatchObject({
      verdict: 'fail',
      findings: [
        { kind: 'contract-edited' },
        { level: 'waived' },
        { kind: 'contract-version', level: 'fail' },
      ],
    });
  });
});

describe('the tables of a contract', () => {
  const TWO = `apiVersion: v3.2.0
kind: DataContract
id: t
version: 1.0.0
status: active
servers:
  - { server: here, type: local, path: 'data/{model}.csv', format: csv }
schema:
  - name: orders
    properties:
      - { name: id, logicalType: integer, primaryKey: true }
      - { name: customer, logicalType: integer, relationships: [{ to: customers.id }] }
    quality:
      - { type: sql, query: 'SELECT count(*) FROM {object} WHERE id < 0', mustBe: 0 }
      - { type: sql, query: 'SELECT max(o.id) FROM orders o JOIN customers c ON c.id = o.customer', mustBeLessThan: 2 }
      - { type: sql, query: "SELECT count(*) FROM 'data/orders.csv'", mustBe: 0 }
  - name: customers
    properties:
      - { name: id, logicalType: integer, unique: true }
`;

  it('are found by a server of the contract and judged together, SQL rules too', async () => {
    put('c.yaml', TWO);
    put('data/orders.csv', 'id,customer\n1,1\n2,2\n3,9\n');
    put('data/customers.csv', 'id\n1\n2\n');
    const result = await run({ contract: 'c.yaml' });
    expect(result).toMatchObject({ code: 3, verdict: 'error' });
    expect(result.findings).toMatchObject([
      {
        kind: 'rule-broken',
        rule: 'orders.customer.relationships[0]',
        count: 1,
        places: [{ record: 3, line: 4 }],
      },
      { kind: 'rule-broken', rule: 'orders.quality[1]', reason: 'compared; the figure is withheld' },
      { kind: 'rule-not-judged', rule: 'orders.quality[2]' },
    ]);
  });

  it('are named by the input `data`', async () => {
    put('c.yaml', TWO.replace(/ {6}- \{ type: sql, query: "SELECT count\(\*\) FROM 'data.*\n/, ''));
    put('a.csv', 'id,customer\n1,1\n');
    put('b.csv', 'id\n1\n');
    expect(await run({ contract: 'c.yaml', data: 'orders=a.csv, customers=b.csv' })).toMatchObject({
      code: 0,
      verdict: 'pass',
    });
    expect((await run({ contract: 'c.yaml', data: 'orders=a.csv,orders=a.csv' })).findings).toMatchObject([
      { code: 'input/bad-value' },
    ]);
    expect(await run({ contract: 'c.yaml', data: 'a.csv' })).toMatchObject({
      code: 3,
      findings: [{ code: 'contract/no-table' }],
    });
    expect(await run({ contract: 'c.yaml', data: 'a.csv', table: 'orders' })).toMatchObject({
      code: 3,
      findings: [
        { kind: 'rule-not-judged', rule: 'orders.customer.relationships[0]' },
        { kind: 'rule-not-judged' },
      ],
    });
  });
});

describe('values that are asked for', () => {
  const CONTRACT = contract(
    '- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 5 } }\n- { name: b, logicalType: string, classification: pii, logicalTypeOptions: { maxLength: 3 } }',
  );

  it('are shown, and of no other column', async () => {
    put('c.yaml', CONTRACT);
    put('d/1.csv', 'a,b\n1,marker-one\n');
    put('d/2.csv', 'a,b\n2,x\n77001,marker-two\n');
    const result = await run({ contract: 'c.yaml', data: 'd', 'show-values': 'a' });
    expect(result.everything).toContain('77001');
    expect(result.everything).not.toContain('marker');
    expect((await run({ contract: 'c.yaml', data: 'd' })).everything).not.toContain('77001');
  });

  it('can’t be those of a classified column', async () => {
    put('c.yaml', CONTRACT);
    put('d.csv', 'a,b\n1,marker-one\n');
    const result = await run({ ...ADHOC, 'show-values': 'b' });
    expect(result).toMatchObject({ code: 3, findings: [{ code: 'input/bad-value' }] });
    expect((await run({ ...ADHOC, 'show-values': 'aa' })).findings).toMatchObject([
      { mend: 'did you mean `a`?' },
    ]);
  });
});

describe('what a review of the rules found', () => {
  const MAXIMUM = 'logicalType: integer, logicalTypeOptions: { maximum: 5 }';

  it('shows values of the table and the file that they were asked for of', async () => {
    const head = 'apiVersion: v3.2.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n';
    const table = (name: string, property: string): string =>
      `  - name: ${name}\n    properties:\n      - { name: ${property}, physicalName: a, ${MAXIMUM} }\n`;
    put('c.yaml', `${head}${table('one', 'a')}${table('two', 'other')}`);
    put('one.csv', 'a\n77001\n');
    put('two.csv', 'a\n88002\n');
    const data = 'one=one.csv, two=two.csv';
    const result = await run({ contract: 'c.yaml', data, 'show-values': 'a' });
    expect(result.everything).toContain('77001');
    expect(result.everything).not.toContain('88002');

    put('c.yaml', contract(`- { name: a, ${MAXIMUM} }`));
    put('xone.csv', 'a\n1\n');
    const globbed = await run({ contract: 'c.yaml', data: '*one.csv', 'show-values': 'a' });
    expect(globbed.everything).toContain('77001');
  });

  it('names the file of a row where the data is made of several', async () => {
    put('c.yaml', contract(`- { name: a, ${MAXIMUM} }`));
    put('d/1.csv', 'a\n1\n');
    put('d/2.csv', 'a\n2\n7\n');
    const result = await run({ contract: 'c.yaml', data: 'd' });
    expect(result.annotations).toMatchObject([
      { message: 'd: a ≤ 5: 1 of 3 rows (33.33 %), the first in d/2.csv, record 2 (line 3)' },
    ]);
    expect(result.everything).toContain('"d/2.csv, record 2 (line 3)"');
    put('d.csv', 'a\n7\n');
    const [alone] = (await run(ADHOC)).annotations;
    expect(alone?.message).toMatch(/the first in record 1 \(line 2\)$/);
  });

  it('counts the markers of missing values in a typed column, and tells a figure of SQL as one', async () => {
    const quality =
      "quality: [{ metric: missingValues, arguments: { missingValues: ['1900-01-01'] }, mustBe: 0 }, { type: sql, query: 'SELECT count(*) FROM {object} WHERE day IS NULL', mustBe: 0 }]";
    put('c.yaml', contract(`- { name: day, logicalType: date, ${quality} }`));
    const file = path.join(root, 'd.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT unnest([DATE '1900-01-01', DATE '2026-01-01', NULL]) AS day) TO '${file}' (FORMAT parquet)`,
    );
    const result = await run({ contract: 'c.yaml', data: 'd.parquet' });
    expect(result.findings).toMatchObject([
      { rule: 't.day.quality[0]', count: 1, places: [{ record: 1 }] },
      { rule: 't.day.quality[1]', count: 1 },
    ]);
    expect(result.everything).toContain('the figure is 1');
  });
});
