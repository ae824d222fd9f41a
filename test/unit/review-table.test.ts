import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { toRe2 } from '../../actions/validate-data/patterns.ts';
import { emptyRanges } from '../../core/formats/contract-thresholds.ts';
import { cellOf } from '../../core/toolkit/table/cells.ts';
import { nestedCell } from '../../core/toolkit/table/nested.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { timePattern } from '../../core/toolkit/table/time-pattern.ts';

const root = mkdtempSync(path.join(tmpdir(), 'review-table-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Writes files under a new folder and gives its path. */
function folder(files: Readonly<Record<string, string>>): string {
  const base = mkdtempSync(path.join(root, 'f-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(base, name)), { recursive: true });
    writeFileSync(path.join(base, name), content);
  }
  return base;
}

async function thrownBy(source: string): Promise<unknown> {
  try {
    await using table = await openTable(source, { name: 'd' });
    await table.query(`SELECT count(*) FROM ${table.from()}`);
    return undefined;
  } catch (thrown) {
    const { code, place } = thrown as { code: string; place: { line?: number; record?: number } };
    return { code, line: place.line, record: place.record };
  }
}

describe('partitions', () => {
  it.each([
    ['csv', 'x\n1\n'],
    ['ndjson', '{"x":"1"}\n'],
  ])(
    'of %s files are bound by their keys where files nest them in another order',
    async (ending, content) => {
      const base = folder({ [`a=1/b=200/x.${ending}`]: content, [`b=200/a=1/x.${ending}`]: content });
      await using table = await openTable(base);
      const sql = table.columns.filter(({ partition }) => partition).map((column) => column.sql);
      expect(table.columns.map(({ name }) => name)).toEqual(['x', 'a', 'b']);
      const same = [
        ['1', '200'],
        ['1', '200'],
      ];
      expect(await table.query(`SELECT ${sql} FROM ${table.from()}`)).toEqual(same);
      expect(await table.query(`SELECT ${sql} FROM ${table.from('record')}`)).toEqual(same);
    },
  );
});

describe('patterns of times', () => {
  it.each(['yyyy-DDD', 'EEE dd MMM yyyy', 'EEEE dd MMM yyyy'])('%s is refused', (pattern) => {
    expect(timePattern(pattern)).toHaveProperty('construct');
  });

  it.each([
    ['HH:mm dd.MM.uuuu', '00:00 01.01.', '1000', '0000'],
    ['dd.MM.yyyy', '01.01.', '0001', '0000'],
    ['yyyy-MM-dd HH:mm:ssxxx', '2001-01-01 00:00:00', '+15:59', '+16:00'],
    ['yyyy-MM-dd HH:mm:ssXXX', '2001-01-01 00:00:00', '-15:00', '+99:00'],
    ['yyyy-MM-dd HH:mm:ssXX', '2001-01-01 00:00:00', '+0100', '+0160'],
    ['yyyy-MM-dd HH:mm:ssxx', '2001-01-01 00:00:00', '-0000', '-2000'],
    ['yyyy-MM-dd HH:mm:ssZ', '2001-01-01 00:00:00', '+1559', '+9900'],
  ])('%s bounds the year and the offset', async (pattern, moment, there, beyond) => {
    const base = folder({ 'd.csv': `at\n${moment}${there}\n${moment}${beyond}\n` });
    await using table = await openTable(path.join(base, 'd.csv'));
    const [column] = table.columns;
    if (column === undefined) throw new Error('no column');
    const { value } = cellOf(table, column, 'timestamp', { pattern });
    expect(await table.query(`SELECT ${value} IS NOT NULL FROM ${table.from()}`)).toEqual([[true], [false]]);
    const read = timePattern(pattern);
    if ('construct' in read) throw new Error(read.construct);
    expect([read.tells(moment + there), read.tells(moment + beyond)]).toEqual([true, false]);
  });
});

describe('a large CSV file', () => {
  it('is read where a thread would begin within a quoted cell', async () => {
    const rows = 600_000;
    const lines = Array.from({ length: rows }, (_, id) => `${id},"12 Main St\nSpringfield, IL"\n`).join('');
    // The first of DuckDB's buffers ends at a place that depends on the header's length.
    const base = folder({ 'd.csv': `id,${'t'.repeat(25)}\n${lines}` });
    await using table = await openTable(path.join(base, 'd.csv'), { threads: 2 });
    const cells = table.columns.map(({ sql }) => `count(DISTINCT ${sql})`).join(', ');
    expect(await table.query(`SELECT count(*), ${cells} FROM ${table.from()}`)).toEqual([
      [`${rows}`, `${rows}`, '1'],
    ]);
    const [[last] = []] = await table.query(`SELECT max(record) FROM ${table.from('record')}`);
    expect(Number(last)).toBe(rows);
    // What one thread passes over is found all the same, in the file and beside it.
    const quotes = { code: 'data/bad-quotes', line: 2 * rows + 2, record: rows + 1 };
    const open = folder({ 'd.csv': `id,t\n${lines}7,"x\n` });
    expect(await thrownBy(path.join(open, 'd.csv'))).toEqual(quotes);
    writeFileSync(path.join(base, 'e.csv'), `id,${'t'.repeat(25)}\n7,"x\n`);
    expect(await thrownBy(base)).toEqual({ ...quotes, line: 2, record: 1 });
  });
});

describe('JSON', () => {
  it.each([
    '{"a":1,}',
    '{"a":[1,2 , ]}',
    '{"a":NaN}',
    '{"a":[-nan,1]}',
    '{"a":{"b":Infinity}}',
    '{"a":-inf}',
  ])('is not %s', async (bad) => {
    const good = '{"a":"NaN, ]\\" Inf,}","b":[true,false,null,-1E5]}';
    const base = folder({
      'd.ndjson': `${good}\n\n${bad}\n`,
      'd.json': `[${good},\n${bad}]`,
      'good.json': `[${good}]`,
    });
    const where = { code: 'data/bad-json', record: 2 };
    expect(await thrownBy(path.join(base, 'd.ndjson'))).toEqual({ ...where, line: 3 });
    expect(await thrownBy(path.join(base, 'd.json'))).toEqual({ ...where, line: 2 });
    expect(await thrownBy(path.join(base, 'good.json'))).toBeUndefined();
  });

  it.each([
    '{"a":{"k":1,"l":{"k":2},"k":3}}',
    '{"a":[{"k":1},{"k":1,"k":[]}]}',
    '{"a":{"é\\"":1,"l":"k", "\\u00e9\\u0022" : 1}}',
  ])('has no key twice in an object within a cell: %s', async (bad) => {
    const good = '{"a":{"k":{"k":["k","k"],"l":"l"},"l":"k","K":1},"k":[{"k":1},{"k":"k"}]}';
    const base = folder({ 'd.ndjson': `${good}\n${bad}\n`, 'd.json': `[${good},\n${bad}]` });
    const found = { code: 'data/duplicate-key', line: 2, record: 2 };
    expect(await thrownBy(path.join(base, 'd.ndjson'))).toEqual(found);
    expect(await thrownBy(path.join(base, 'd.json'))).toEqual(found);
  });

  it('is read alike wherever its bytes are cut', async () => {
    // A mebibyte is what is read at once: the keys lie across its end.
    for (const pad of [0, 1, 2, 3, 5, 8, 9, 10]) {
      const filler = 'x'.repeat((1 << 20) - 24 + pad);
      const text = (second: string): string => `{"f":"${filler}","a":{"key":1,"${second}":2}}\n`;
      const base = folder({ 'good.ndjson': text('kez'), 'bad.ndjson': text('key') });
      expect(await thrownBy(path.join(base, 'good.ndjson'))).toBeUndefined();
      expect(await thrownBy(path.join(base, 'bad.ndjson'))).toMatchObject({ code: 'data/duplicate-key' });
    }
  });

  it('has no vector with a number that is not finite', async () => {
    const base = folder({
      'd.ndjson': '{"v":[1,-2.5,1e300]}\n{"v":[1,1e999]}\n{"v":[1,null]}\n{"v":["1"]}\n',
    });
    await using table = await openTable(path.join(base, 'd.ndjson'));
    const { conforms } = nestedCell({ sql: 'c0', storage: 'json' }, 'vector');
    const judged = await table.query(`SELECT ${conforms} FROM ${table.from()}`);
    expect(judged.flat()).toEqual([true, false, false, false]);
  });
});

describe('ranges in which nothing lies', () => {
  it.each([
    [{ minimum: '02.01.2001', maximum: '01.02.2001' }, 0],
    [{ minimum: '2001-01-01T01:00:00+02:00', maximum: '2001-01-01T00:30:00Z' }, 0],
    [{ minimum: '12:00:00Z', maximum: '12:00:00.5Z' }, 0],
    [{ minimum: '2001-02-02', maximum: '2001-01-03' }, 1],
    [{ minimum: '2001-01-01T00:00:00Z', exclusiveMaximum: '2001-01-01T00:00:00Z' }, 1],
    [{ exclusiveMinimum: '10:00:00', maximum: '09:00:00' }, 1],
    [{ minimum: 10, maximum: 9 }, 1],
  ])('%o', (options, empty) => {
    expect(emptyRanges(options)).toHaveLength(empty);
  });
});

describe('a class of a pattern', () => {
  it.each([
    '^[.-\\w]+$',
    '^[\\s-a]+$',
    '^[\\w-.]+$',
    '^[a-c-\\d]+$',
    '^[\\d-a-z]+$',
    '^[\\d--a]+$',
    '^[\\s-\\d]+$',
    '^[-a-c]+$',
    '^[a-c-]+$',
    '^[^+--\\d]+$',
  ])('%s means in RE2 what it means in JavaScript', async (source) => {
    const rewritten = toRe2(source);
    if (!('pattern' in rewritten)) throw new Error(rewritten.construct);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const alphabet = [...'abcez019+,-./ \u00a0\ufeff'];
    const texts = fc.sample(fc.array(fc.constantFrom(...alphabet), { minLength: 1, maxLength: 3 }), 200);
    const all = [...alphabet, ...texts.map((parts) => parts.join(''))];
    const list = all.map((text) => `'${text}'`).join(', ');
    const pattern = rewritten.pattern.replaceAll("'", "''");
    const asked = `SELECT list_transform([${list}], lambda t: regexp_matches(t, '${pattern}'))`;
    const [[matched] = []] = (await connection.runAndReadAll(asked)).getRowsJson();
    expect(matched).toEqual(all.map((text) => new RegExp(source).test(text)));
  });
});
