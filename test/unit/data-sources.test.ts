import {
  copyFileSync,
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
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { csvFaults } from '../../core/toolkit/table/csv-faults.ts';
import { type OpenOptions, openEngine, openTable } from '../../core/toolkit/table/open.ts';
import { plainText } from '../../core/toolkit/table/plain.ts';
import { readColumns } from '../../core/toolkit/table/read-columns.ts';
import { scanRecords } from '../../core/toolkit/table/records.ts';
import { openScratch } from '../../core/toolkit/table/scratch.ts';

const root = mkdtempSync(path.join(tmpdir(), 'sources-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes files under a new folder and gives its path. */
function folder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const base = mkdtempSync(path.join(root, 'f-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
    writeFileSync(path.join(base, name), content);
  }
  return base;
}

async function parquet(files: Readonly<Record<string, string>>): Promise<string> {
  const base = folder({});
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  for (const [name, select] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
    await connection.run(`COPY (${select}) TO '${path.join(base, name)}' (FORMAT parquet)`);
  }
  return base;
}

interface Seen {
  readonly columns: readonly string[];
  /** Of the numbered relation, which holds the same as the plain one. */
  readonly rows: readonly (readonly unknown[])[];
  readonly places: readonly string[];
  readonly warnings: readonly string[];
}

/** All that a source holds, named from its folder. */
async function seen(base: string, source: string, options: OpenOptions = {}): Promise<Seen> {
  await using table = await openTable(path.join(base, source), { name: source, ...options });
  const cells = table.columns.map(({ sql }) => sql).join(', ');
  const numbered = await table.query(`SELECT record, ${cells} FROM ${table.from('record')}`);
  const rows = numbered.map(([, ...row]) => row);
  expect(await table.query(`SELECT ${cells} FROM ${table.from()}`)).toEqual(rows);
  const places = await table.places(numbered.map(([record]) => Number(record)));
  return {
    columns: table.columns.map(({ name, type }) => (type === undefined ? name : `${name} ${type}`)),
    rows,
    places: [...places.values()].map(({ file, line, record }) => `${file}:${line ?? ''} ${record}`),
    warnings: table.warnings.map(({ message }) => message),
  };
}

async function problem(base: string, source: string, options: OpenOptions = {}) {
  try {
    await seen(base, source, options);
  } catch (thrown) {
    const { code, message, place, mend } = thrown as Record<'code' | 'message' | 'mend', string> & {
      place: unknown;
    };
    return { code, message, place, mend };
  }
  return undefined;
}

describe('CSV files', () => {
  it('match their columns by name, whatever the order; a missing one is NULL and said', async () => {
    const base = folder({ 'b.csv': 'b,a\n2,1\n', 'a.csv': 'a,b\n10,20\n', 'c.csv': 'a,c\n7,8\n' });
    expect(await seen(base, '*.csv')).toEqual({
      columns: ['a', 'b', 'c'],
      rows: [
        ['10', '20', null],
        ['1', '2', null],
        ['7', null, '8'],
      ],
      places: ['a.csv:2 1', 'b.csv:2 1', 'c.csv:2 1'],
      warnings: [
        'a.csv lacks `c`, which other files have: NULL in its rows',
        'b.csv lacks `c`, which other files have: NULL in its rows',
        'c.csv lacks `b`, which other files have: NULL in its rows',
      ],
    });
  });

  it.each([
    ['UTF-8 with a mark, CR LF and cells of several lines', '\ufeffa,b\r\n1,"x\r\ny"\r\n2,ž\r\n', {}],
    ['UTF-16 LE by its mark', Buffer.from('\ufeffa,b\r\n1,"x\r\ny"\r\n2,ž\r\n', 'utf16le'), {}],
    ['UTF-16 BE by its mark', Buffer.from('\ufeffa,b\r\n1,"x\r\ny"\r\n2,ž\r\n', 'utf16le').swap16(), {}],
    [
      'UTF-16 LE as declared',
      Buffer.from('a,b\r\n1,"x\r\ny"\r\n2,ž\r\n', 'utf16le'),
      { csv: { encoding: 'UTF-16LE' } },
    ],
  ])('are read in %s, with the lines of the file', async (_, content, options) => {
    expect(await seen(folder({ 'd.csv': content }), 'd.csv', options)).toMatchObject({
      columns: ['a', 'b'],
      rows: [
        ['1', 'x\r\ny'],
        ['2', 'ž'],
      ],
      places: ['d.csv:2 1', 'd.csv:4 2'],
    });
  });

  it('are read as declared', async () => {
    const base = folder({
      'latin.csv': Buffer.from('a\ncaf\u00e9\n', 'latin1'),
      'quotes.csv': "a|b\n'x|y'|''\nNA|'NA'\n",
      'none.csv': '"x,2\n3,4\n',
      'tab.tsv': 'a\tb,c\n1\t2\n',
    });
    expect((await seen(base, 'latin.csv', { csv: { encoding: 'latin-1' } })).rows).toEqual([['café']]);
    expect((await seen(base, 'quotes.csv', { csv: { quote: "'", nullValues: ['NA'] } })).rows).toEqual([
      ['x|y', ''],
      [null, 'NA'],
    ]);
    const none = { csv: { header: false, quote: '', names: ['n', 't'] } };
    expect(await seen(base, 'none.csv', none)).toMatchObject({
      columns: ['n', 't'],
      rows: [
        ['"x', '2'],
        ['3', '4'],
      ],
      places: ['none.csv:1 1', 'none.csv:2 2'],
    });
    expect((await seen(base, 'tab.tsv')).columns).toEqual(['a', 'b,c']);
  });

  it('with a header and nothing else have no rows', async () => {
    expect(await seen(folder({ 'd.csv': 'a,b\n' }), 'd.csv')).toMatchObject({
      columns: ['a', 'b'],
      rows: [],
    });
  });

  it('may name columns as SQL does, as a path, or as we do', async () => {
    const base = folder({ 'd.csv': 'select,"a ""b""",a.b,naïve,record,c0,"from,x"\n1,2,3,4,5,6,7\n' });
    expect(await seen(base, 'd.csv')).toMatchObject({
      columns: ['select', 'a "b"', 'a.b', 'naïve', 'record', 'c0', 'from,x'],
      rows: [['1', '2', '3', '4', '5', '6', '7']],
    });
  });

  it.each([
    [
      'another encoding after a multi-line cell',
      Buffer.from('a,b\n1,"x\ny"\n\n2,\xe9\n', 'latin1'),
      {},
      'undecodable',
      5,
      2,
    ],
    [
      'half of a UTF-16 pair',
      Buffer.from('\ufeffa,b\r\n1,x\r\n2,\ud800q\r\n', 'utf16le'),
      {},
      'undecodable',
      3,
      2,
    ],
    [
      'an odd byte at the end of UTF-16',
      Buffer.concat([Buffer.from('\ufeffa\n1\n', 'utf16le'), Buffer.of(65)]),
      {},
      'undecodable',
      3,
      2,
    ],
    ['a character cut at the end', Buffer.from([0x61, 0x0a, 0x31, 0x0a, 0xc3]), {}, 'undecodable', 3, 2],
    ['a NUL byte', 'a,b\n1,x\n2,y\0\n', {}, 'nul', 3, 2],
  ])('with %s are placed', async (_, content, options, code, line, record) => {
    const found = await problem(folder({ 'd.csv': content }), 'd.csv', options);
    expect(found).toMatchObject({ code: `data/${code}`, place: { file: 'd.csv', line, record } });
  });

  it.each([
    ['a\u0000', { encoding: 'windows-1252' }, 'the encoding windows-1252 of d.csv is not read'],
    ['\ufeffa', { encoding: 'latin-1' }, 'd.csv is declared as latin-1; its byte order mark says utf-8'],
    ['a', { encoding: 'utf-16' }, 'd.csv has no byte order mark of UTF-16'],
    [Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0]), {}, 'd.csv is UTF-32'],
  ])('in an encoding that is not read are an error', async (content, csv, message) => {
    expect(await problem(folder({ 'd.csv': content }), 'd.csv', { csv })).toMatchObject({
      code: 'data/encoding',
      message,
    });
  });

  it('in UTF-16 without a mark are recognised by their NUL bytes', async () => {
    const found = await problem(folder({ 'd.csv': Buffer.from('a,b\n1,2\n', 'utf16le') }), 'd.csv');
    expect(found?.mend).toBe('it looks like UTF-16 without a byte order mark: declare utf-16le or utf-16be');
  });

  it('name the file of a glob that is ragged, and its rows exactly', async () => {
    const base = folder({ 'a.csv': 'a,b\n1,2\n', 'b.csv': `a,b\n1,2\n${'MARKER\n'.repeat(5000)}` });
    expect(await problem(base, '*.csv')).toMatchObject({
      code: 'data/ragged-rows',
      message: 'b.csv has 5000 records with fewer cells than there are columns; the first is here',
      place: { file: 'b.csv', line: 3, record: 2 },
    });
  });
});

describe('our reading of records', () => {
  it('is that of the engine: the same count where it reads a file, a fault where it gives up', async () => {
    const token = fc.constantFrom('a', ',', ',', '"', '\n', '\n', ' ', '""', 'x,y', '"q"', ',"r\ns"', '\t');
    const form = { format: 'csv', delimiter: ',', quote: '"', columns: 2, header: true } as const;
    const base = folder({});
    const file = path.join(base, 'd.csv');
    await using engine = await openEngine();
    await fc.assert(
      fc.asyncProperty(
        fc.array(token, { minLength: 1, maxLength: 12 }),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (tokens, end) => {
          writeFileSync(file, `a,b\n${tokens.join('')}`.replaceAll('\n', end));
          await using table = await openTable(file, { engine });
          const counted = engine.attempt(`SELECT count(*), count(c0), count(c1) FROM ${table.from()}`);
          const rows = await counted.then((counts) => Number(counts[0]?.[0])).catch(() => 'given up');
          const faults = await csvFaults(file, form);
          let records = 0;
          await scanRecords(file, form, (record) => {
            records = record;
            return true;
          });
          expect(faults.length > 0 ? 'given up' : records).toBe(rows);
        },
      ),
      { numRuns: 250 },
    );
  });
});

describe('transcoding', () => {
  it('keeps every text, wherever its chunks are cut', async () => {
    const unit = fc
      .string({ unit: 'grapheme', maxLength: 40 })
      .map((text) => text.replaceAll(/[\0\r\n",\ufeff]/g, ''));
    await fc.assert(
      fc.asyncProperty(fc.array(unit, { minLength: 1, maxLength: 20 }), fc.nat(3), async (texts, pad) => {
        // A mebibyte is what is read at once: the texts lie across its end.
        const filler = `${'x'.repeat((1 << 19) - 30 - pad)}`;
        const text = `\ufeffa\n${filler}\n${texts.map((item) => `"${item}"\n`).join('')}`;
        const base = folder({ 'd.csv': Buffer.from(text, 'utf16le') });
        const { rows } = await seen(base, 'd.csv');
        expect(rows.map(([cell]) => cell)).toEqual([filler, ...texts]);
        rmSync(base, { recursive: true });
      }),
      { numRuns: 15 },
    );
  });
});

describe('a text in UTF-8', () => {
  it('is one, wherever its chunks are cut', async () => {
    for (const pad of [1, 2, 3, 4]) {
      const text = `a\n${'x'.repeat((1 << 20) - 2 - pad)}😀ž\n`;
      expect((await seen(folder({ 'd.csv': text }), 'd.csv')).rows).toHaveLength(1);
    }
  });
});

describe('compressed files', () => {
  const csv = Buffer.from(`a,b\n${Array.from({ length: 5000 }, (_, i) => `${i},v${i % 7}\n`).join('')}`);
  const gz = gzipSync(csv);
  const zst = zstdCompressSync(csv, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
  const flipped = (bytes: Buffer, at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };

  it.each([
    ['d.csv.gz', gz],
    ['d.csv.gz', Buffer.concat([gzipSync(csv.subarray(0, 999)), gzipSync(csv.subarray(999))])],
    ['d.csv.zst', zst],
  ])('are read: %s', async (name, content) => {
    const { rows, places } = await seen(folder({ [name]: content }), name);
    expect(rows.length).toBe(5000);
    expect(places[4999]).toBe(`${name}:5001 5000`);
  });

  it.each([
    ['gzip without its end', 'd.csv.gz', gz.subarray(0, -8)],
    ['gzip cut in half', 'd.csv.gz', gz.subarray(0, gz.length / 2)],
    ['gzip with another checksum', 'd.csv.gz', flipped(gz, gz.length - 6)],
    ['gzip with another size', 'd.csv.gz', flipped(gz, gz.length - 2)],
    ['gzip with something after it', 'd.csv.gz', Buffer.concat([gz, Buffer.from('more')])],
    ['gzip that is none', 'd.csv.gz', csv],
    ['zstd without its end', 'd.csv.zst', zst.subarray(0, -3)],
    ['zstd with another byte', 'd.csv.zst', flipped(zst, zst.length / 2)],
    ['zstd with another checksum', 'd.csv.zst', flipped(zst, zst.length - 2)],
    ['zstd with something after it', 'd.csv.zst', Buffer.concat([zst, Buffer.from('more')])],
  ])('that are damaged are an error: %s', async (_, name, content) => {
    expect(await problem(folder({ [name]: content }), name)).toMatchObject({
      code: 'data/damaged',
      place: { file: name },
    });
  });

  it('of nothing are empty', async () => {
    expect(await problem(folder({ 'd.csv.gz': gzipSync('') }), 'd.csv.gz')).toMatchObject({
      code: 'data/empty-file',
    });
  });

  it('that grow beyond measure are stopped', async () => {
    const base = folder({ 'd.csv.gz': gzipSync(Buffer.alloc(4 << 20, 'x\n')) });
    const file = path.join(base, 'd.csv.gz');
    const { size } = statSync(file);
    const work = plainText(
      { path: file, name: 'd.csv.gz', size, compression: 'gzip', partitions: new Map() },
      0,
      { format: 'csv', csv: {}, folder: base, growth: { ratio: 100, free: 1 << 20 } },
    );
    await expect(work).rejects.toMatchObject({
      code: 'data/unpacks-too-large',
      message: 'd.csv.gz unpacks to more than 100 times its size',
    });
  });

  it('of JSON give the lines of the text', async () => {
    const base = folder({
      'd.ndjson.gz': gzipSync('{"a":1}\n\n{"a":2}\n'),
      'd.json.gz': gzipSync('[{"a":1},\n{"a":2}]'),
    });
    expect((await seen(base, 'd.ndjson.gz')).places).toEqual(['d.ndjson.gz:1 1', 'd.ndjson.gz:3 2']);
    expect((await seen(base, 'd.json.gz')).places).toEqual(['d.json.gz:1 1', 'd.json.gz:2 2']);
  });
});

describe('JSON', () => {
  it('is read from an array, each object a record with its line', async () => {
    const text =
      '\ufeff[{"a":1,"b":"]"},\n\n {"a":12345678901234567890123,"c":[{"d":"\\"{"}]}, {"a":null}\n]\n';
    expect(await seen(folder({ 'd.json': text }), 'd.json')).toMatchObject({
      columns: ['a', 'b', 'c'],
      rows: [
        ['1', '"]"', null],
        ['12345678901234567890123', null, '[{"d":"\\"{"}]'],
        [null, null, null],
      ],
      places: ['d.json:1 1', 'd.json:3 2', 'd.json:3 3'],
    });
  });

  it('is read by lines, keys of any name', async () => {
    const text = '\ufeff{"a.b":1,"a/b":2,"a~b":3,"select":4,"":5,"a\\"b":6,"ž":9007199254740993}\n';
    expect(await seen(folder({ 'd.ndjson': text }), 'd.ndjson')).toMatchObject({
      columns: ['', 'a"b', 'a.b', 'a/b', 'a~b', 'select', 'ž'],
      rows: [['5', '6', '1', '2', '3', '4', '9007199254740993']],
    });
  });

  it('has keys that look like numbers, and keys that differ in case alone', async () => {
    const text = '{"b":1,"2":2,"10":3,"B":4,"__proto__":5}\n{"10":6,"2":null}\n';
    expect(await seen(folder({ 'd.ndjson': text }), 'd.ndjson')).toMatchObject({
      columns: ['10', '2', 'B', '__proto__', 'b'],
      rows: [
        ['3', '2', '4', '5', '1'],
        ['6', null, null, null, null],
      ],
    });
  });

  it('may hold CR between its parts, and blank lines', async () => {
    const text = ' \t\r\n{"a":\r1}\r\n\r\n{"a":2}\n';
    expect((await seen(folder({ 'd.ndjson': text }), 'd.ndjson')).places).toEqual([
      'd.ndjson:2 1',
      'd.ndjson:4 2',
    ]);
  });

  it('of several files has the keys of all', async () => {
    const base = folder({ '1.ndjson': '{"a":1}\n', '2.ndjson': '{"b":1}\n\n{"a":3}\n' });
    expect(await seen(base, '*.ndjson')).toEqual({
      columns: ['a', 'b'],
      rows: [
        ['1', null],
        [null, '1'],
        ['3', null],
      ],
      places: ['1.ndjson:1 1', '2.ndjson:1 1', '2.ndjson:3 2'],
      warnings: ['1.ndjson lacks `b`, which other files have: NULL in its rows'],
    });
  });

  it.each([
    ['a broken element', 'd.json', '[{"a":1},\n{"a":tru},\n{"a":3}]', 'bad-json', 2, 2],
    ['a cut end', 'd.json', '[{"a":1},\n{"a":2', 'bad-json', 2, 2],
    ['no end of the array', 'd.json', '[{"a":1}', 'bad-json', 1, 1],
    ['a missing comma', 'd.json', '[{"a":1},{"b":2}\n{"a":2}]', 'bad-json', 1, 2],
    ['an element that is no object', 'd.json', '[{"a":1},\n5,\n{"a":2}]', 'bad-json', 2, 2],
    ['a broken line', 'd.ndjson', '{"a":1}\n\n {"a":\n{"a":2}\n', 'bad-json', 3, 2],
    ['two objects on a line', 'd.ndjson', '{"a":1}{"a":2}\n', 'bad-json', 1, 1],
    ['a key twice', 'd.ndjson', '{"a":1}\n{"a":2,"a":3}\n', 'duplicate-key', 2, 2],
    [
      'a line of more than 16 MiB',
      'd.ndjson',
      `{"a":1}\n{"a":"${'x'.repeat(17 << 20)}"}\n`,
      'line-too-long',
      2,
      2,
    ],
    [
      'a byte that is not UTF-8',
      'd.ndjson',
      Buffer.from('{"a":1}\n{"a":"\xe9"}\n', 'latin1'),
      'undecodable',
      2,
      2,
    ],
  ])('with %s is an error with its place', async (_, name, content, code, line, record) => {
    expect(await problem(folder({ [name]: content }), name)).toMatchObject({
      code: `data/${code}`,
      place: { file: name, line, record },
    });
  });

  it('that is one object, or nothing, is an error', async () => {
    const base = folder({ 'one.json': '{"a":1}\n{"a":2}\n', 'none.json': '[]', 'blank.ndjson': '\n\n' });
    expect(await problem(base, 'one.json')).toMatchObject({
      message: 'one.json is not one array of JSON objects',
    });
    expect(await problem(base, 'none.json')).toMatchObject({ code: 'data/no-columns' });
    expect(await problem(base, 'blank.ndjson')).toMatchObject({ code: 'data/no-columns' });
  });

  it('whose keys are data is an error', async () => {
    const text = Array.from({ length: 10_001 }, (_, index) => `{"k${index}":1}\n`).join('');
    expect(await problem(folder({ 'd.ndjson': text }), 'd.ndjson')).toMatchObject({
      message: 'the objects have 10001 keys in all, more than 10000',
    });
  });
});

describe('Parquet files', () => {
  it('are each described by itself and joined by name; whole numbers and decimals are widened', async () => {
    const base = await parquet({
      'a.parquet': 'SELECT 1::INTEGER AS a, 1.5::DECIMAL(4,1) AS d',
      'b.parquet': 'SELECT 2.25::DECIMAL(10,2) AS d, 9007199254740993::BIGINT AS a',
      'c.parquet': 'SELECT 7::UBIGINT AS a, 8 AS c',
    });
    expect(await seen(base, '*.parquet')).toEqual({
      columns: ['a HUGEINT', 'd DECIMAL(10,2)', 'c INTEGER'],
      rows: [
        ['1', '1.50', null],
        ['9007199254740993', '2.25', null],
        ['7', null, 8],
      ],
      places: ['a.parquet: 1', 'b.parquet: 1', 'c.parquet: 1'],
      warnings: [
        'a.parquet lacks `c`, which other files have: NULL in its rows',
        'b.parquet lacks `c`, which other files have: NULL in its rows',
        'c.parquet lacks `d`, which other files have: NULL in its rows',
      ],
    });
  });

  it.each([
    ['INTEGER', 'VARCHAR', 'SELECT 1::INTEGER AS a', "SELECT '1' AS a"],
    ['BIGINT', 'DOUBLE', 'SELECT 1::BIGINT AS a', 'SELECT 1.0::DOUBLE AS a'],
    [
      'TIMESTAMP',
      'TIMESTAMP WITH TIME ZONE',
      "SELECT TIMESTAMP '2001-01-01' AS a",
      "SELECT TIMESTAMPTZ '2001-01-01 00:00:00Z' AS a",
    ],
    ['DECIMAL(38,0)', 'DECIMAL(4,2)', 'SELECT 1::DECIMAL(38,0) AS a', 'SELECT 1::DECIMAL(4,2) AS a'],
  ])('with %s in one and %s in another are an error', async (one, other, first, second) => {
    expect(
      await problem(await parquet({ 'x.parquet': first, 'y.parquet': second }), '*.parquet'),
    ).toMatchObject({
      code: 'data/types-differ',
      message: `the column \`a\` is ${one} in x.parquet and ${other} in y.parquet`,
      place: { file: 'y.parquet', field: 'a' },
    });
  });

  it('may name columns as the engine does, and by case alone', async () => {
    const base = await parquet({
      'd.parquet': 'SELECT 1 AS "select", 2 AS "a.b", 3 AS "record", 4 AS "q""r", 5 AS c0 FROM range(2)',
      'r.parquet': 'SELECT 1 AS file_row_number, 2 AS file_index, 3 AS filename FROM range(2)',
    });
    expect(await seen(base, 'd.parquet')).toMatchObject({
      columns: ['select INTEGER', 'a.b INTEGER', 'record INTEGER', 'q"r INTEGER', 'c0 INTEGER'],
      rows: [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 4, 5],
      ],
      places: ['d.parquet: 1', 'd.parquet: 2'],
    });
    expect(await seen(base, 'r.parquet')).toMatchObject({
      rows: [
        [1, 2, 3],
        [1, 2, 3],
      ],
      places: ['r.parquet: 1', 'r.parquet: 2'],
    });
  });

  it('may have columns that differ in case alone', async () => {
    const base = await parquet({ 'd.parquet': 'SELECT 1 AS delay_x, 2 AS "DELAY_Y"' });
    const file = path.join(base, 'd.parquet');
    const bytes = readFileSync(file).toString('latin1').replaceAll('DELAY_Y', 'DELAY_X');
    writeFileSync(file, Buffer.from(bytes, 'latin1'));
    expect(await seen(base, 'd.parquet')).toMatchObject({
      columns: ['delay_x INTEGER', 'DELAY_X INTEGER'],
      rows: [[1, 2]],
    });
  });

  it('keep numbers beyond 2^53 and the ends of time', async () => {
    const ends =
      "SELECT 9223372036854775807 AS n, DATE '5881580-07-10' AS late, DATE '5877642-06-25 (BC)' AS early";
    const base = await parquet({ 'd.parquet': ends });
    expect((await seen(base, 'd.parquet')).rows).toEqual([
      ['9223372036854775807', '5881580-07-10', '5877642-06-25 (BC)'],
    ]);
  });

  it('of nothing are empty', async () => {
    expect(await problem(folder({ 'd.parquet': '' }), 'd.parquet')).toMatchObject({
      code: 'data/empty-file',
    });
  });

  it('of which one is cut or damaged are an error that names it', async () => {
    const base = await parquet({ 'a.parquet': 'SELECT i, hash(i) AS h FROM range(100000) AS t(i)' });
    const whole = path.join(base, 'a.parquet');
    const bytes = readFileSync(whole);
    const bad = path.join(base, 'b.parquet');
    writeFileSync(bad, bytes.subarray(0, bytes.length / 2));
    const damaged = { code: 'data/damaged', place: { file: 'b.parquet' } };
    expect(await problem(base, '*.parquet')).toMatchObject(damaged);
    copyFileSync(whole, bad);
    writeFileSync(bad, Buffer.from(bytes).fill(7, 1000, 40_000));
    expect(await problem(base, '*.parquet')).toMatchObject(damaged);
  });
});

describe('folders and globs', () => {
  it('hold the files of one format below them, in the order of their names', async () => {
    const base = folder({
      'd/b/2.csv': 'a\n3\n',
      'd/b/10.csv': 'a\n2\n',
      'd/a.csv': 'a\n1\n',
      'd/_SUCCESS': '',
      'd/.hidden.csv': 'a\n9\n',
      'd/notes.md': 'x',
    });
    expect(await seen(base, 'd')).toMatchObject({
      rows: [['1'], ['2'], ['3']],
      places: ['d/a.csv:2 1', 'd/b/10.csv:2 1', 'd/b/2.csv:2 1'],
      warnings: ['d/notes.md is no data file by its ending and is not read'],
    });
    expect((await seen(base, 'd/*/*.csv')).rows).toEqual([['2'], ['3']]);
  });

  it('give the partitions of their paths as columns of texts', async () => {
    const files = {
      'd/year=2001/kind=a%2Fb/x.csv': 'n\n1\n',
      'd/year=02002/kind=__HIVE_DEFAULT_PARTITION__/x.csv': 'n\n2\n',
    };
    const expected = {
      columns: ['n', 'year', 'kind'],
      rows: [
        ['2', '02002', null],
        ['1', '2001', 'a/b'],
      ],
    };
    expect(await seen(folder(files), 'd')).toMatchObject(expected);
    expect(await seen(folder(files), 'd/year=*/*/*.csv')).toMatchObject(expected);
    const base = await parquet({
      'd/year=2001/x.parquet': 'SELECT 1 AS n',
      'd/year=2002/x.parquet': 'SELECT 2 AS n',
    });
    expect(await seen(base, 'd')).toMatchObject({
      columns: ['n INTEGER', 'year'],
      rows: [
        [1, '2001'],
        [2, '2002'],
      ],
    });
    const columns = await readColumns(path.join(base, 'd'), ['year', 'n']);
    expect(columns.column('year')).toMatchObject({ kind: 'number', values: Float64Array.of(2001, 2002) });
  });

  it('may have names that look like patterns', async () => {
    const base = folder({
      'd[1].csv': 'a\n1\n',
      'd1.csv': 'a\n9\n',
      's*r/x?.csv': 'a\n2\n',
      'star/xy.csv': 'a\n9\n',
    });
    expect((await seen(base, 'd[1].csv')).rows).toEqual([['1']]);
    expect((await seen(base, 's*r/x?.csv')).rows).toEqual([['2']]);
  });

  it.each([
    ['a column and a partition of one name', { 'd/year=1/x.csv': 'a,year\n1,2\n' }, 'd', 'partition-column'],
    [
      'other partitions',
      { 'd/year=1/x.csv': 'a\n1\n', 'd/month=1/x.csv': 'a\n1\n' },
      'd',
      'partitions-differ',
    ],
    ['several formats', { 'd/a.csv': 'a\n1\n', 'd/b.ndjson': '{}' }, 'd', 'mixed-formats'],
    ['no data', { 'd/readme.md': 'x' }, 'd', 'no-files'],
    ['nothing', {}, 'd/*.csv', 'no-files'],
    ['an empty file', { 'd/a.csv': 'a\n1\n', 'd/b.csv': '' }, 'd/*.csv', 'empty-file'],
    ['a file of no known format', { 'd/a.csv': 'a\n1\n', 'd/b.xls': 'x' }, 'd/*', 'unknown-format'],
    ['gzip under another name', { 'd.csv': gzipSync('a\n1\n') }, 'd.csv', 'other-format'],
    ['a spreadsheet under another name', { 'd.csv': 'PK\x03\x04' }, 'd.csv', 'other-format'],
    ['compressed Parquet', { 'd.parquet.gz': 'x' }, 'd.parquet.gz', 'unknown-format'],
  ])('with %s are an error', async (_, files, source, code) => {
    expect(await problem(folder(files as Record<string, string>), source)).toMatchObject({
      code: `data/${code}`,
    });
  });

  it('of more than 10,000 files are an error', async () => {
    const base = folder(
      Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`${index}.csv`, 'a\n'])),
    );
    expect(await problem(base, '*.csv')).toMatchObject({ code: 'data/too-many-files' });
  });

  it('with a pointer that was not fetched say what to run', async () => {
    const lfs = 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n';
    const base = folder({
      'a/x.csv': 'a\n1\n',
      'a/y.csv.dvc': '',
      'b.dvc': '',
      'c.csv.dvc': '',
      'l/x.csv': 'a\n1\n',
      'l/y.csv': lfs,
    });
    expect(await problem(base, 'a')).toMatchObject({
      code: 'data/not-found',
      mend: 'run `dvc pull y.csv.dvc` in its folder: DVC keeps the data',
    });
    expect(await problem(base, 'a/*.csv')).toMatchObject({ message: 'the data file a/y.csv does not exist' });
    expect(await problem(base, 'b/*.csv')).toMatchObject({
      mend: 'run `dvc pull b.dvc` in its folder: DVC keeps the data',
    });
    expect(await problem(base, 'c.csv')).toMatchObject({
      mend: 'run `dvc pull c.csv.dvc` in its folder: DVC keeps the data',
    });
    expect(await problem(base, 'l/*.csv')).toMatchObject({
      code: 'data/lfs-pointer',
      place: { file: 'l/y.csv' },
    });
  });
});

describe('an engine', () => {
  it('joins two tables, and each error names its own file', async () => {
    const base = folder({ 'a.csv': 'k,v\n1,x\n2,y\n', 'b.csv': 'k\n2\n', 'bad.csv': 'k,v\n1\n' });
    await using engine = await openEngine();
    const open = (name: string) => openTable(path.join(base, name), { name, engine });
    await using a = await open('a.csv');
    await using b = await open('b.csv');
    await using bad = await open('bad.csv');
    const joined = `SELECT a.c1 FROM ${a.from()} AS a JOIN ${b.from()} AS b ON a.c0 = b.c0`;
    expect(await b.query(joined)).toEqual([['y']]);
    await expect(a.query(`SELECT count(c0) FROM ${bad.from()}`)).rejects.toMatchObject({
      place: { file: 'bad.csv' },
    });
  });

  it('hides what DuckDB says of a row, while streaming too', async () => {
    const base = folder({ 'd.csv': `a,b\n${'1,2\n'.repeat(400_000)}MARKER\n` });
    await using table = await openTable(path.join(base, 'd.csv'), { name: 'd.csv' });
    // The engine reads a part of the file before the first chunk is asked for; a stream that fails then just ends.
    const drained = async (): Promise<void> => {
      for await (const chunk of table.stream(`SELECT c0, c1 FROM ${table.from()}`, 400_001)) void chunk;
    };
    await expect(drained()).rejects.toMatchObject({ code: 'data/ragged-rows' });
  });

  it('names no value of a row in an error of the engine', async () => {
    await using engine = await openEngine();
    await expect(engine.query("SELECT CAST('MARKER' AS INTEGER)")).rejects.toMatchObject({
      code: 'data/unreadable',
      message: "the data can't be read: Conversion Error of the data engine",
    });
  });
});

describe('a copy of a file', () => {
  it('lies in the engine’s folder while the table is open, for its owner alone', async () => {
    const file = path.join(folder({ 'd.csv.gz': gzipSync('a\n1\n') }), 'd.csv.gz');
    await using engine = await openEngine();
    const copies = (): readonly string[] =>
      readdirSync(engine.folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
        name.endsWith('.csv'),
      );
    const table = await openTable(file, { engine });
    const [copy = ''] = copies();
    expect(statSync(path.join(engine.folder, copy)).mode & 0o777).toBe(0o600);
    await table[Symbol.asyncDispose]();
    expect(copies()).toEqual([]);
  });
});

describe('the private folder', () => {
  it('is readable by its owner alone, outside the workspace, and gone when disposed', async () => {
    const scratch = await openScratch();
    expect(statSync(scratch.folder).mode & 0o777).toBe(0o700);
    expect(path.basename(scratch.folder)).toContain(`-${process.pid}-`);
    expect(scratch.folder.startsWith(process.cwd())).toBe(false);
    await scratch[Symbol.asyncDispose]();
    expect(existsSync(scratch.folder)).toBe(false);
  });

  it('of a process that was killed is swept at the next start; that of one that lives is not', async () => {
    const { spawnSync, spawn } = await import('node:child_process');
    const home = folder({});
    const script = path.join(import.meta.dirname, '../../core/toolkit/table/scratch.ts');
    const run = (then: string): readonly string[] => [
      '--input-type=module',
      '-e',
      `const { openScratch } = await import(${JSON.stringify(script)}); console.log((await openScratch()).folder); ${then}`,
    ];
    const env = { ...process.env, TMPDIR: home, RUNNER_TEMP: '' };
    spawnSync(process.execPath, run("process.kill(process.pid, 'SIGKILL')"), { env });
    const [dead] = readdirSync(home);
    expect(dead).toMatch(/^greenlight-/);
    const living = spawn(process.execPath, run('setInterval(() => {}, 1000)'), { env });
    await new Promise((done) => living.stdout.once('data', done));
    const kept = readdirSync(home);
    expect(kept).toHaveLength(1);
    expect(kept).not.toContain(dead);
    spawnSync(process.execPath, run('process.exit(0)'), { env });
    expect(readdirSync(home)).toEqual(kept);
    living.kill();
  });
});
