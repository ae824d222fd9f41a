import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { NO_BOOLEAN, NO_DATE } from '../../core/toolkit/table/columns.ts';
import { parseCsvHeader } from '../../core/toolkit/table/csv.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { readColumns } from '../../core/toolkit/table/read-columns.ts';
import { linesOfRecords } from '../../core/toolkit/table/records.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'table-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function file(ending: string, content: string | Uint8Array): string {
  const name = path.join(folder, `${files++}.${ending}`);
  writeFileSync(name, content);
  return name;
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return 'none';
  } catch (thrown) {
    return (thrown as { code?: string }).code ?? String(thrown);
  }
}

const header = (text: string) => parseCsvHeader(Buffer.from(text), 'x.csv');

describe('a CSV header', () => {
  it('gives names and delimiter', () => {
    expect(header('\ufeffa,"b,""c""",d e\r\n1,2,3\r\n')).toEqual({
      delimiter: ',',
      quote: '"',
      header: true,
      names: ['a', 'b,"c"', 'd e'],
    });
    expect(header('a;b;c,d\n')).toMatchObject({ delimiter: ';', names: ['a', 'b', 'c,d'] });
    expect(header('a')).toMatchObject({ delimiter: ',', names: ['a'] });
  });

  it('refuses names twice without naming them', () => {
    expect(() => header('secret,b,secret\n')).toThrow('x.csv names its columns 1 and 3 alike');
  });

  it('says which delimiter seems right', () => {
    expect(() => parseCsvHeader(Buffer.from('a;b;c\n1;2;3\n'), 'x.csv', { delimiter: ',' })).toThrow(
      'x.csv has one column with the delimiter `,`; with `;` it has 3',
    );
    expect(parseCsvHeader(Buffer.from('"a;b"\n'), 'x.csv', { delimiter: ',' }).names).toEqual(['a;b']);
  });

  it('may be left out: names are given or numbered', () => {
    const read = (names?: readonly string[]) =>
      parseCsvHeader(Buffer.from('1,2\n'), 'x.csv', { header: false, ...(names && { names }) }).names;
    expect(read()).toEqual(['c1', 'c2']);
    expect(read(['n', 't'])).toEqual(['n', 't']);
    expect(() => read(['n'])).toThrow('the first record of x.csv has 2 cells; 1 columns are declared for it');
  });

  it.each([[{ delimiter: ';;' }], [{ delimiter: 'é' }], [{ quote: '«' }]])(
    'refuses the option %o',
    (options) => {
      expect(() => parseCsvHeader(Buffer.from('a,b\n'), 'x.csv', options)).toThrow('is one ASCII character');
    },
  );

  it.each([
    [{ delimiter: ',', quote: ',' }, 'the quote of a CSV file is its delimiter `,`'],
    [{ nullValues: ['a,b'] }, 'a null value of a CSV file holds its delimiter or its quote'],
    [{ nullValues: ['"'] }, 'a null value of a CSV file holds its delimiter or its quote'],
  ])('refuses %o, which no file can be read by', (options, message) => {
    expect(() => parseCsvHeader(Buffer.from('a,b\n'), 'x.csv', options)).toThrow(message);
  });

  it.each([
    ['an empty first line', '\n1,2\n', 'the first line of x.csv is empty'],
    ['a mark and nothing else', '\ufeff', 'the first line of x.csv is empty'],
    ['an open quote', '"a,b\n1,2\n', 'x.csv has no complete record in its first mebibyte'],
  ])('is missed in a file with %s', (_, text, message) => {
    expect(() => header(text)).toThrow(message);
  });
});

describe('physical lines', () => {
  const cell = fc.constantFrom('', 'x', 'a"b', 'two\nlines', 'two\r\nlines', ',', '""');
  const quote = (text: string): string => (/["\n\r,]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

  it('are those at which records begin', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ cells: fc.tuple(cell, cell), blank: fc.boolean() }), {
          minLength: 1,
          maxLength: 12,
        }),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (records, end) => {
          let text = `a,b${end}`;
          const expected = new Map<number, number>();
          for (const [index, { cells, blank }] of records.entries()) {
            if (blank) text += end;
            expected.set(index + 1, text.split(/\r\n|\n|\r/).length);
            text += cells.map(quote).join(',') + end;
          }
          const found = await linesOfRecords(file('csv', text), [...expected.keys()], {
            format: 'csv',
            delimiter: ',',
            quote: '"',
            columns: 2,
            header: true,
          });
          expect([...found]).toEqual([...expected]);
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('a data file', () => {
  it.each([
    ['not there', () => path.join(folder, 'absent.csv'), 'data/not-found'],
    ['empty', () => file('csv', ''), 'data/empty-file'],
    [
      'a Git LFS pointer',
      () => file('parquet', 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n'),
      'data/lfs-pointer',
    ],
    ['no Parquet', () => file('parquet', 'PAR1 and then something else'), 'data/damaged'],
    ['of no known format', () => file('xlsx', 'x'), 'data/unknown-format'],
    ['no JSON lines', () => file('ndjson', '{"a":1}\n{"a":\n'), 'data/bad-json'],
    [
      'of a line over 32 MiB',
      () => file('csv', `a,b\n1,${'x'.repeat(33 << 20)}\n2,y\n`),
      'data/line-too-long',
    ],
  ])('that is %s is an error', async (_, make, code) => {
    expect(await codeOf(openTable(make()))).toBe(code);
  });

  it.each([
    ['a short record', 'a,b\n1,2\n3\n', 'data/ragged-rows'],
    ['a long record', 'a,b\n1,2\n3,4,5\n', 'data/ragged-rows'],
    ['an open quote', 'a,b\n1,2\n"3,4\n', 'data/bad-quotes'],
    ['a quote that is not doubled', 'a,b\n1,2\n"3"x,4\n', 'data/bad-quotes'],
    ['line ends of two kinds', 'a,b\n1,2\r\n3,4\n', 'data/mixed-line-ends'],
    ['a record of more than 16 MiB', `a,b\n1,2\n3,"${'x\n'.repeat(9 << 20)}"\n`, 'data/line-too-long'],
  ])('with %s is an error', async (_, content, code) => {
    const read = async (): Promise<void> => {
      await using table = await openTable(file('csv', content));
      await table.query(`SELECT count(c0), count(c1) FROM ${table.from()}`);
    };
    expect(await codeOf(read())).toBe(code);
  });

  it('names the place of a ragged record, not its cells', async () => {
    await using table = await openTable(file('csv', 'a,b\n"x\ny",2\n\nMARKER\n'), { name: 'd.csv' });
    await expect(table.query(`SELECT * FROM ${table.from()}`)).rejects.toMatchObject({
      message: 'd.csv has one record with fewer cells than there are columns; the first is here',
      place: { file: 'd.csv', line: 5, record: 2 },
    });
  });
});

describe('columns', () => {
  const rows = [
    { n: 1.5, t: 'b', d: '2001-02-03', b: true },
    { n: null, t: null, d: null, b: null },
    { n: -2, t: 'a', d: '1969-12-31', b: false },
  ];

  async function expectRows(name: string): Promise<void> {
    const columns = await readColumns(name, ['n', 't', 'd', 'b']);
    expect(columns.rows).toBe(3);
    expect(columns.column('n')).toEqual({
      kind: 'number',
      values: Float64Array.of(1.5, 0, -2),
      nulls: Uint8Array.of(0, 1, 0),
    });
    expect(columns.column('t')).toEqual({
      kind: 'text',
      codes: Int32Array.of(1, -1, 0),
      dictionary: ['a', 'b'],
    });
    expect(columns.column('d')).toEqual({ kind: 'date', days: Int32Array.of(11_356, NO_DATE, -1) });
    expect(columns.column('b')).toEqual({ kind: 'boolean', values: Uint8Array.of(1, NO_BOOLEAN, 0) });
  }

  it('of CSV, NDJSON and Parquet are the same', async () => {
    await expectRows(file('csv', 'n,t,d,b\n1.5,b,2001-02-03,true\n,,,\n-2,a,1969-12-31,false\n'));
    await expectRows(file('ndjson', `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`));
    const parquet = path.join(folder, 'columns.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(
      `COPY (SELECT * FROM (VALUES (1.5::DOUBLE, 'b', DATE '2001-02-03', true), (NULL, NULL, NULL, NULL), (-2, 'a', DATE '1969-12-31', false)) AS v(n, t, d, b)) TO '${parquet}'`,
    );
    await expectRows(parquet);
  });

  it('that are not there are an error with the nearest', async () => {
    const name = file('csv', 'delay,origin\n1,a\n');
    await expect(readColumns(name, ['dealy'])).rejects.toMatchObject({
      code: 'data/no-column',
      mend: 'did you mean `delay`?',
    });
  });

  it('are typed by all their rows, not by the first', async () => {
    const empty = ','.repeat(3);
    const name = file(
      'csv',
      `late,mixed,none,when\n${`1,1,,2001-01-01\n`.replace(/^1/, '')}${`${empty}\n`.repeat(3000)}7,x,,2001-01-01T10:00:00Z\n`,
    );
    const columns = await readColumns(name, ['late', 'mixed', 'none', 'when']);
    expect(['late', 'mixed', 'none', 'when'].map((column) => columns.column(column).kind)).toEqual([
      'number',
      'text',
      'text',
      'text',
    ]);
  });

  it('keep the order of 10,000 rows', async () => {
    const name = file('csv', `i\n${Array.from({ length: 10_000 }, (_, i) => i).join('\n')}\n`);
    const column = (await readColumns(name, ['i'])).column('i');
    expect(column.kind === 'number' && column.values.every((value, index) => value === index)).toBe(true);
  });
});
