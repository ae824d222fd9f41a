import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLASSIFICATION_LEVELS } from '../../actions/validate-data/compatibility/classification.ts';
import { duckDbGround } from '../../actions/validate-data/duckdb-ground.ts';
import { judge, type RuleOutcome } from '../../actions/validate-data/judge.ts';
import type { Condition } from '../../actions/validate-data/plan.ts';
import { PERSONAL_CATEGORIES } from '../../actions/validate-data/privacy/categories.ts';
import { notEncrypted, notHashed, notMasked } from '../../actions/validate-data/privacy/disguise.ts';
import { likenessOf } from '../../actions/validate-data/privacy/likeness.ts';
import { privacyRules, SMALLEST_GROUP } from '../../actions/validate-data/privacy/rules.ts';
import { searchedFiles, takeSample } from '../../actions/validate-data/privacy/sample.ts';
import { SAMPLE_SIZE } from '../../actions/validate-data/privacy/searched.ts';
import { privacyOutcomes } from '../../actions/validate-data/privacy/undeclared.ts';
import { levelOf } from '../../actions/validate-data/privacy/vocabulary.ts';
import { readClassification } from '../../core/formats/classification.ts';
import { readContract } from '../../core/formats/contract.ts';
import schema from '../../core/formats/schemas/classification.schema.json' with { type: 'json' };
import { userErrors } from '../../core/kernel/errors.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { detectionLine, iban, labelledColumns, measureDetection } from './privacy-labelled.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'privacy-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(name: string, content: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

async function putParquet(name: string, select: string): Promise<string> {
  const file = path.join(folder, name);
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
  connection.closeSync();
  instance.closeSync();
  return file;
}

function contractOf(properties: string, table = ''): ReturnType<typeof readContract> {
  const text = `apiVersion: v3.1.0\nkind: DataContract\nid: t\nversion: 1.0.0\nstatus: active\nschema:\n  - name: people\n${table}    properties:\n${properties.replaceAll(/^/gm, '      ')}\n`;
  return readContract(text, 'c.yaml');
}

const told = (outcomes: readonly RuleOutcome[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    outcomes.map(({ rule, status, reason, count, places }) => [
      rule.id.replace('people.privacy.', ''),
      [status, reason ?? count, ...places.map(({ record }) => `#${record}`)].join(' ').trim(),
    ]),
  );

/** What is sought in a file, by the outcome's id. */
async function sought(
  file: string,
  properties: string,
  options: { readonly rows: number; readonly words?: ReturnType<typeof readClassification> },
): Promise<Readonly<Record<string, string>>> {
  await using table = await openTable(file, { threads: 1 });
  return told(await privacyOutcomes(searchedFiles(table), contractOf(properties), 0, options));
}

const EMAILS = Array.from({ length: 12 }, (_, n) => `zq${n}marker@example.com`);

describe('personal data', () => {
  it.each([1, 2])('is found by its values and names, and little else is (seed %d)', async (seed) => {
    const detection = await measureDetection(likenessOf, seed);
    console.log(detectionLine(detection));
    expect(detection.personal).toBeGreaterThan(250);
    expect(detection.decoys).toBeGreaterThan(500);
    expect(detection.recall, detection.missed.join('\n')).toBeGreaterThanOrEqual(0.95);
    expect(detection.falseAlarms, detection.alarmed.join('\n')).toBeLessThanOrEqual(0.02);
  });

  it('has the same labelled columns for the same seed, and others for another', () => {
    expect(labelledColumns(3, 1)).toEqual(labelledColumns(3, 1));
    expect(labelledColumns(4, 1)).not.toEqual(labelledColumns(3, 1));
  });

  it.each([
    [
      'payment cards of which every tenth passes by chance',
      'x',
      (n: number) => String(4_000_000_000_000_000 + n),
      undefined,
    ],
    ['versions of four numbers', 'x', (n: number) => `1.${n % 9}.0.${n % 40}`, undefined],
    [
      'addresses that a name calls a version',
      'fw_version',
      (n: number) => `1.${n % 9}.0.${n % 255}`,
      undefined,
    ],
    ['flags under the name of an address', 'email', (n: number) => (n % 2 === 0 ? 'yes' : 'no'), undefined],
    ['IBANs without their check digits', 'x', (n: number) => `GB00NWBK${60_161_331_926_819 + n}`, undefined],
    ['IBANs of one country', 'x', (n: number) => iban('GB', `NWBK${60_161_331_926_819 + n}`), 'IBANs'],
    [
      'phone numbers of one country that they don’t name',
      'x',
      (n: number) => `082 ${200 + n} 4567`,
      'phone numbers',
    ],
    ['what is about personal data', 'has_diagnosis', () => 'chronic', undefined],
    ['personal data by its name', 'main_diagnosis', () => 'chronic', 'data concerning health'],
    [
      'hashes under the name of an address',
      'email',
      (n: number) => `9f86d081884c7d65${n}`,
      'e-mail addresses',
    ],
  ])('is told from others: %s', async (_, name, value, what) => {
    const values = new Map(Array.from({ length: 200 }, (_, n) => [value(n), 1]));
    expect((await likenessOf({ name, values }))?.what).toBe(what);
  });

  it('is a failure where most values are it, a warning where some are', async () => {
    const values = (emails: number) =>
      new Map([
        ...EMAILS.slice(0, emails).map((email) => [email, 1] as const),
        ['none', 20 - emails] as const,
      ]);
    const status = async (name: string, emails: number) =>
      (await likenessOf({ name, values: values(emails) }))?.status;
    expect(await status('x', 12)).toBe('fail');
    expect(await status('x', 9)).toBe('warn');
    expect(await status('email', 9)).toBe('fail');
    expect(await status('x', 2)).toBe(undefined);
  });
});

describe('a column without a classification', () => {
  const csv = `id,mail,note\n${EMAILS.map((email, n) => `${n},${email},x`).join('\n')}\n`;

  it('that holds personal data fails, with the share and no value', async () => {
    const file = await put('a.csv', csv);
    const found = await sought(file, '- { name: id }\n- { name: mail }\n- { name: note }', { rows: 12 });
    expect(found).toEqual({
      'undeclared.mail':
        'fail 100 % of 12 sampled values (of 12 rows) look like e-mail addresses; say what it is by `classification`',
    });
    expect(JSON.stringify(found)).not.toContain('marker');
  });

  it('passes once it has one, or is hidden', async () => {
    const file = await put('a.csv', csv);
    const pass = { undeclared: 'stated sought in 2 columns, in a sample of 12 of 12 rows: none found' };
    const rest = '- { name: id }\n- { name: note }';
    expect(await sought(file, `${rest}\n- { name: mail, classification: pii }`, { rows: 12 })).toEqual(pass);
    const hidden = '- name: mail\n  customProperties: [{ property: greenlight.masking, value: hashed }]';
    expect(await sought(file, `${rest}\n${hidden}`, { rows: 12 })).toEqual(pass);
    expect(await sought(file, `${rest}\n- { name: x, encryptedName: mail }`, { rows: 12 })).toEqual(pass);
    expect(await sought(file, `${rest}\n- { name: mail, classification: '' }`, { rows: 12 })).toMatchObject({
      'undeclared.mail': expect.stringContaining('fail'),
    });
  });

  it('that the contract does not have is one too; its place is that of the properties', async () => {
    const file = await put('a.csv', csv);
    await using table = await openTable(file);
    const contract = contractOf('- { name: id }');
    const [outcome] = await privacyOutcomes(searchedFiles(table), contract, 0, { rows: 12 });
    expect(outcome).toMatchObject({ status: 'fail', rule: { place: { file: 'c.yaml', line: 9 } } });
  });

  it('is sought within JSON objects and lists, by its keys', async () => {
    const lines = EMAILS.map((email, n) =>
      JSON.stringify({
        customer: { name: 'x', contact: [{ mail: email }] },
        tags: ['a'],
        n,
        born: { first_name: 'q' },
      }),
    );
    const file = await put('a.ndjson', `${lines.join('\n')}\n`);
    expect(await sought(file, '- { name: n }', { rows: 12 })).toEqual({
      'undeclared.customer.contact[].mail': expect.stringMatching(/^fail 100 % of 12 .* e-mail/),
      'undeclared.born.first_name': expect.stringMatching(/^warn it is named like names of people/),
    });
    const nested = `- name: customer\n  logicalType: object\n  properties:\n    - name: contact\n      logicalType: array\n      items: { logicalType: object, properties: [{ name: mail, classification: personal }] }\n- { name: born, classification: personal }`;
    expect(await sought(file, nested, { rows: 12 })).toMatchObject({
      undeclared: expect.stringContaining('stated'),
    });
  });

  it('is sought in numbers and structs of Parquet', async () => {
    const file = await putParquet(
      'a.parquet',
      "SELECT 4111111111111111::BIGINT AS a, 4111111111111111::DOUBLE AS b, {'at': '192.168.1.201'} AS c, DATE '2001-01-01' AS dob, 1.5::DOUBLE AS d FROM range(20)",
    );
    expect(await sought(file, '- { name: a }', { rows: 20 })).toEqual({
      'undeclared.a': expect.stringMatching(/^fail .* payment card/),
      'undeclared.b': expect.stringMatching(/^fail .* payment card/),
      'undeclared.c.at': expect.stringMatching(/^fail .* IP/),
      'undeclared.dob': expect.stringMatching(/^warn .*named like dates/),
    });
  });

  it('of no rows is not judged', async () => {
    const file = await put('none.csv', 'id,mail\n');
    expect(await sought(file, '- { name: id }', { rows: 0 })).toEqual({
      undeclared: 'error there are no rows to judge',
    });
  });
});

describe('the sample', () => {
  const ROWS = 60_000;
  const select = `SELECT i AS id, CASE WHEN i % 1500 = 77 THEN 'zq' || i || '@example.com' END AS rare, 'n' || i AS note FROM range(${ROWS}) t(i)`;

  it('is the same by any number of threads and from either format, and no larger than it may be', async () => {
    const parquet = await putParquet('s.parquet', select);
    const csv = path.join(folder, 's.csv');
    await putParquet('s2.parquet', select);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (FROM '${parquet}') TO '${csv}' (HEADER)`);
    connection.closeSync();
    const samples: unknown[] = [];
    for (const [file, threads] of [
      [parquet, 1],
      [parquet, 4],
      [csv, 1],
      [csv, 4],
    ] as const) {
      await using table = await openTable(file, { threads });
      const columns = table.columns.filter(({ name }) => name !== 'id');
      await using sample = await takeSample(table, columns, ROWS);
      expect(sample.rows).toBeLessThanOrEqual(SAMPLE_SIZE);
      expect(sample.rows).toBeGreaterThan(0.95 * SAMPLE_SIZE);
      samples.push(
        await Promise.all(columns.map(async (column) => [...(await sample.valuesOf(column.name))])),
      );
    }
    const [first, ...others] = samples;
    for (const other of others) expect(other).toEqual(first);
  });

  it('takes rows from all over', async () => {
    const file = await putParquet('s.parquet', select);
    await using table = await openTable(file);
    const [id] = table.columns;
    if (id === undefined) throw new Error('no column');
    await using sample = await takeSample(table, [id], ROWS);
    const taken = [...(await sample.valuesOf(id.name)).keys()].map(Number);
    const tenths = Map.groupBy(taken, (value) => Math.floor((10 * value) / ROWS));
    for (const tenth of tenths.values()) expect(Math.abs(tenth.length - taken.length / 10)).toBeLessThan(200);
    // About one row of three is taken: not always the first, nor always the last.
    const places = Map.groupBy(taken, (value) => value % 3);
    expect(places.size).toBe(3);
    for (const same of places.values()) expect(same.length).toBeGreaterThan(SAMPLE_SIZE / 6);
  });

  it('of many files is no larger, and the same by any number of threads', async () => {
    const many = path.join(folder, 'many');
    await mkdir(many, { recursive: true });
    const lines = Array.from({ length: 1333 }, (_, n) => `n${n}`);
    for (let file = 0; file < 30; file++)
      await writeFile(
        path.join(many, `${file}.csv`),
        `id\n${lines.map((line) => `${file}${line}\n`).join('')}`,
      );
    const samples: unknown[] = [];
    for (const threads of [1, 4]) {
      await using table = await openTable(many, { threads });
      await using sample = await takeSample(table, table.columns, 30 * 1333);
      expect(sample.rows).toBeLessThanOrEqual(SAMPLE_SIZE);
      expect(sample.rows).toBeGreaterThan(0.95 * SAMPLE_SIZE);
      for (const column of table.columns) samples.push([...(await sample.valuesOf(column.name))]);
    }
    expect(samples[1]).toEqual(samples[0]);
  });

  it('of a column with few values among many rows is the same by any number of threads, too', async () => {
    const file = await putParquet(
      'sparse.parquet',
      "SELECT CASE WHEN i % 24 = 5 THEN 'n' || i END AS rare FROM range(600000) t(i)",
    );
    const samples: unknown[] = [];
    for (const threads of [1, 4]) {
      await using table = await openTable(file, { threads });
      await using sample = await takeSample(table, table.columns, 600_000);
      for (const column of table.columns) samples.push([...(await sample.valuesOf(column.name))]);
    }
    expect(samples[0]).toHaveLength(SAMPLE_SIZE);
    expect(samples[1]).toEqual(samples[0]);
  });

  it('of a nearly empty column is taken from the values that there are', async () => {
    const file = await putParquet('s.parquet', select);
    expect(await sought(file, '- { name: id }\n- { name: note }', { rows: ROWS })).toEqual({
      'undeclared.rare': expect.stringMatching(/^fail 100 % of 40 sampled values \(of 60000 rows\)/),
    });
  });
});

/** What a condition without types says of a text, by the patterns' own language. */
function holds(condition: Condition, text: string): boolean {
  switch (condition.is) {
    case 'any':
      return condition.of.some((one) => holds(one, text));
    case 'shorter':
      return text.length < condition.bound;
    case 'no-match':
      return !new RegExp(condition.pattern).test(text);
    default:
      throw new Error(condition.is);
  }
}

const OF = { column: 'c', type: 'string' } as const;

describe('a column that is declared hidden', () => {
  const personal = fc.constantFrom(
    'zq.marker@example.com',
    'a.rather.long.name.of.somebody@mail.example.co.za',
    '+27 82 123 4567',
    '4111 1111 1111 1111',
    '4111111111111111',
    'DE89370400440532013000',
    'GB29NWBK60161331926819',
    'PL61109010140000071219812874',
    '192.168.1.201',
    '8001015009087',
    'Maria Garcia',
    'x',
    '',
  );

  it('is encrypted if it is random, and not if it is text, encoded or not', () => {
    const bytes = fc
      .uint8Array({ minLength: 16, maxLength: 80 })
      .filter((list) => new Set(list).size > 12 && list.some((byte) => byte > 127));
    fc.assert(
      fc.property(bytes, (list) => {
        const buffer = Buffer.from(list);
        for (const encoding of ['base64', 'base64url', 'hex'] as const)
          expect(holds(notEncrypted(OF), buffer.toString(encoding))).toBe(false);
        expect(holds(notEncrypted(OF), buffer.toString('hex').toUpperCase())).toBe(false);
      }),
    );
    fc.assert(
      fc.property(personal, (text) => {
        expect(holds(notEncrypted(OF), text)).toBe(true);
      }),
    );
    const long = fc.string({ minLength: 28, maxLength: 80 });
    fc.assert(
      fc.property(long, (text) => {
        for (const encoding of ['base64', 'hex'] as const)
          expect(holds(notEncrypted(OF), Buffer.from(text).toString(encoding))).toBe(true);
      }),
    );
  });

  it('is hashed if all values are as long as the first', () => {
    const sha = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08';
    const md5 = '098f6bcd4621d373cade4e832627b4f6';
    expect(holds(notHashed(OF, sha), sha)).toBe(false);
    expect(holds(notHashed(OF, sha), sha.toUpperCase())).toBe(true);
    expect(holds(notHashed(OF, sha), md5)).toBe(true);
    expect(holds(notHashed(OF, md5), md5)).toBe(false);
    expect(holds(notHashed(OF, undefined), md5)).toBe(false);
    const base64 = Buffer.from(sha, 'hex').toString('base64');
    expect(holds(notHashed(OF, base64), base64)).toBe(false);
    const bcrypt = `$2b$10$${'N9qo8uLOickgx2ZMRZoMye'.padEnd(53, 'x')}`;
    expect(holds(notHashed(OF, bcrypt), bcrypt)).toBe(false);
    for (const first of [sha, undefined, 'zq.marker@example.com'])
      fc.assert(
        fc.property(personal, (text) => {
          expect(holds(notHashed(OF, first), text)).toBe(true);
        }),
      );
  });

  it('is masked if each value has a mask and no long run of digits', () => {
    for (const text of [
      'j***@example.com',
      '411111******1111',
      '+27 82 *** **67',
      'XXXX-1234',
      '[REDACTED]',
      '•••',
    ])
      expect(holds(notMasked(OF), text)).toBe(false);
    expect(holds(notMasked(OF), '1234567*')).toBe(true);
    expect(holds(notMasked(OF), '123456*')).toBe(false);
    fc.assert(
      fc.property(
        personal.filter((text) => text !== 'x'),
        (text) => {
          expect(holds(notMasked(OF), text)).toBe(true);
        },
      ),
    );
  });

  it('is tested on all rows, which are placed, by the scan of all rules', async () => {
    const digest = (n: number) => n.toString(16).padStart(64, '0');
    const rows = Array.from({ length: 300 }, (_, n) => [
      n === 250 ? 'zq.marker@example.com' : digest(n),
      n === 299 ? 'zqmarker' : createHash('sha256').update(`${n}`).digest('base64'),
      'a*b',
    ]);
    const file = await put('h.csv', `h,e,m\n${rows.map((row) => row.join(',')).join('\n')}\n`);
    const masking = (name: string, how: string) =>
      `- name: ${name}\n  customProperties: [{ property: greenlight.masking, value: ${how} }]`;
    const contract = contractOf(
      `${masking('h', 'hashed')}\n${masking('e', 'encrypted')}\n${masking('m', 'masked')}\n- { name: z, encryptedName: gone }`,
    );
    await using table = await openTable(file, { threads: 1 });
    const rules = await privacyRules(contract, 0, table);
    const { outcomes } = await judge(duckDbGround(table, new Map(), noQueries), rules);
    expect(told(outcomes)).toMatchObject({
      'hashed.h': 'fail 1 #251',
      'encrypted.e': 'fail 1 #300',
      'masked.m': 'pass 0',
      'encrypted.gone': 'fail the column gone is missing',
    });
    expect(rules[0]?.place).toMatchObject({ file: 'c.yaml', line: 10 });
  });

  it('is an error as bytes, and fails as numbers', async () => {
    const file = await putParquet('b.parquet', "SELECT 'x'::BLOB AS a, 7::BIGINT AS b");
    const masking = 'customProperties: [{ property: greenlight.masking, value: hashed }]';
    await using table = await openTable(file, { threads: 1 });
    const rules = await privacyRules(
      contractOf(`- name: a\n  ${masking}\n- name: b\n  ${masking}`),
      0,
      table,
    );
    const { outcomes } = await judge(duckDbGround(table, new Map(), noQueries), rules);
    expect(told(outcomes)).toMatchObject({
      'hashed.a': expect.stringContaining('error'),
      'hashed.b': expect.stringContaining('fail'),
    });
  });
});

describe('quasi-identifiers', () => {
  const table = '    customProperties: [{ property: greenlight.quasiIdentifiers, value: [age, zip] }]\n';
  const judged = async (lonely: number) => {
    const rows = Array.from({ length: 40 }, (_, n) => `${n < lonely ? 99 : 30},8001`);
    const file = await put('q.csv', `age,zip\n${rows.join('\n')}\n`);
    await using opened = await openTable(file, { threads: 1 });
    const contract = contractOf('- { name: age, logicalType: integer }\n- { name: zip }', table);
    const rules = await privacyRules(contract, 0, opened);
    return told((await judge(duckDbGround(opened, new Map(), noQueries), rules)).outcomes);
  };

  it('leave no group smaller than five', async () => {
    expect(SMALLEST_GROUP).toBe(5);
    expect(await judged(4)).toEqual({ quasiIdentifiers: 'fail 4' });
    expect(await judged(5)).toEqual({ quasiIdentifiers: 'pass 5' });
  });
});

describe('words of classification', () => {
  it('are those of the levels, of laws and of the team', () => {
    expect(levelOf('PII')).toBe('personal');
    expect(levelOf('Medical-Record_Number')).toBe('personal');
    expect(levelOf('trade union membership')).toBe('special category');
    expect(levelOf('amber')).toBe(undefined);
    const team = readClassification('words: { Amber_Data: restricted, pii: public }');
    expect(levelOf('amber-data', team)).toBe('restricted');
    expect(levelOf('pii', team)).toBe('public');
  });

  it('that nobody knows are a warning, until the team gives them a level', async () => {
    const file = await put('w.csv', 'a\n1\n');
    const properties = '- { name: a, classification: amber }';
    expect(await sought(file, properties, { rows: 1 })).toEqual({
      'classification.a': 'warn no level is known for `amber`: give it one in greenlight.classification.yaml',
    });
    const words = readClassification('words: { amber: internal }');
    expect(await sought(file, properties, { rows: 1, words })).toEqual({});
  });

  it('have the levels of the vocabulary in the team’s file', () => {
    expect(schema.properties.words.additionalProperties.enum).toEqual(
      CLASSIFICATION_LEVELS.map(({ level }) => level),
    );
  });

  it('of the laws agree with the levels where both have them, and each law is whole', () => {
    const levels = new Map(
      CLASSIFICATION_LEVELS.flatMap(({ level, words }) => words.map((word) => [word, level])),
    );
    const clauses = PERSONAL_CATEGORIES.flatMap(({ clauses }) => clauses);
    for (const { words, level } of PERSONAL_CATEGORIES)
      for (const word of words) expect([word, levels.get(word) ?? level]).toEqual([word, level]);
    expect(clauses.filter((clause) => clause.startsWith('HIPAA')).sort()).toEqual(
      [...'ABCDEFGHIJKLMNOPQR'].map((letter) => `HIPAA (${letter})`),
    );
    expect(clauses.filter((clause) => clause === 'GDPR 9(1)')).toHaveLength(8);
    // Health and sex life are one of its seven.
    expect(clauses.filter((clause) => clause === 'POPIA 26')).toHaveLength(8);
  });

  it('are refused with their places where the file is wrong', () => {
    const codes = (text: string) => {
      try {
        readClassification(text);
        return [];
      } catch (thrown) {
        return userErrors(thrown).map(({ code, place }) => [code, place?.line]);
      }
    };
    expect(codes('words: { a b: personal, A-B: public }')).toEqual([['classification/word-twice', 1]]);
    expect(codes('words:\n  amber: red\n')).toHaveLength(1);
    expect(codes('word: {}')).not.toEqual([]);
    expect(codes('words: {}')).toEqual([]);
  });

  it('are all on the page', async () => {
    const page = await readFile(path.resolve(import.meta.dirname, '../../docs/privacy.md'), 'utf8');
    const [, table = ''] = /<!-- categories -->\n(.*)<!-- \/categories -->/s.exec(page) ?? [];
    const rows = table
      .split('\n')
      .slice(3)
      .filter((line) => line.startsWith('|'))
      .map((line) =>
        line
          .split('|')
          .slice(1, -1)
          .map((cell) => cell.trim()),
      );
    expect(rows).toEqual(
      PERSONAL_CATEGORIES.map(({ what, clauses, level, words }) => [
        what,
        clauses.join(', '),
        level,
        words.join(', '),
      ]),
    );
  });
});

async function noQueries(): Promise<never> {
  throw new Error('no queries here');
}
