import { gzipSync } from 'node:zlib';
import { type BadInput, ROWS, TWO } from './case.ts';
import { contract, MARKER as M, written } from './run.ts';

export const CSV: readonly BadInput[] = [
  {
    name: 'an empty file',
    findings: ['data/empty-file d.csv'],
    says: [/d.csv is empty/],
    files: { 'd.csv': '' },
  },
  {
    name: 'a file of one byte order mark',
    findings: ['data/no-header d.csv:1'],
    files: { 'd.csv': '\ufeff' },
  },
  {
    name: 'a header and nothing else',
    findings: [
      't.a.type error: there are no rows to judge',
      't.b.type error: there are no rows to judge',
      't.privacy.undeclared error: there are no rows to judge',
    ],
    says: [/there are no rows to judge/],
    files: { 'd.csv': 'a,b\n' },
  },
  { name: 'blank lines alone', findings: ['data/no-header d.csv:1'], files: { 'd.csv': '\n\n\n' } },
  {
    name: 'no header',
    findings: ['data/other-columns'],
    says: [/none of the 2 columns that the contract declares/, /a CSV begins with a header/],
    files: { 'd.csv': `1,${M}\n2,${M}\n` },
  },
  {
    name: 'short records',
    findings: ['data/ragged-rows d.csv:3#2'],
    says: [/2 records with fewer cells than there are columns/, /as many cells as the header/],
    files: { 'd.csv': `a,b\n1,${M}\n2\n3\n` },
  },
  {
    name: 'long records',
    findings: ['data/ragged-rows d.csv:2#1'],
    says: [
      /one record with more cells than there are columns/,
      /put cells that hold the delimiter in quotes/,
    ],
    files: { 'd.csv': `a,b\n1,${M},${M}\n2,x\n` },
  },
  {
    name: 'a delimiter that is not the declared one',
    findings: ['data/wrong-delimiter d.csv:1'],
    says: [/one column with the delimiter `,`; with `;` it has 2/, /declare the delimiter `;`/],
    files: { 'd.csv': `a;b\n1;${M}\n` },
    contract: `${TWO}servers:\n  - { server: s, type: local, path: d.csv, format: csv, delimiter: "," }\n`,
    args: ['validate-data', '--contract', 'c.yaml'],
  },
  {
    name: 'a delimiter that nobody uses',
    findings: ['data/other-columns'],
    files: { 'd.csv': `a:b\n1:${M}\n` },
  },
  {
    name: 'a column twice',
    findings: ['data/duplicate-column d.csv:1'],
    says: [/names its columns 2 and 3 alike/],
    files: { 'd.csv': `a,b,b\n1,${M},${M}\n` },
  },
  {
    name: 'a column twice, quoted once',
    findings: ['data/duplicate-column d.csv:1'],
    files: { 'd.csv': `a,b,"b"\n1,${M},${M}\n` },
  },
  { name: 'swapped headers, right by name', exit: 0, findings: [], files: { 'd.csv': `b,a\n${M},1\n` } },
  {
    name: 'swapped headers, wrong by name',
    exit: 1,
    findings: ['t.a.type fail 2/2 d.csv:2#1 d.csv:3#2'],
    files: { 'd.csv': `b,a\n1,${M}\n2,${M}\n` },
  },
  {
    name: 'UTF-8, then Latin-1',
    findings: ['data/undecodable d.csv:3#2'],
    says: [/bytes that are not UTF-8/, /write the whole file in one encoding/],
    files: {
      'd.csv': Buffer.concat([Buffer.from(`a,b\n1,Zürich ${M}\n2,`), Buffer.from(`Genève ${M}\n`, 'latin1')]),
    },
  },
  {
    name: 'UTF-16 without a mark',
    findings: ['data/nul d.csv:1#0'],
    says: [/it looks like UTF-16 without a byte order mark/],
    files: { 'd.csv': Buffer.from(`a,b\n1,${M}\n`, 'utf16le') },
  },
  {
    name: 'UTF-32',
    findings: ['data/encoding d.csv'],
    says: [/d.csv is UTF-32/, /write it as UTF-8/],
    files: { 'd.csv': Buffer.of(0xff, 0xfe, 0, 0, 0x61, 0, 0, 0) },
  },
  {
    name: 'UTF-16 that ends in half a unit',
    findings: ['data/undecodable d.csv:3#2'],
    files: { 'd.csv': Buffer.concat([Buffer.from(`\ufeffa,b\n1,${M}\n`, 'utf16le'), Buffer.of(0x31)]) },
  },
  {
    name: 'a NUL byte',
    findings: ['data/nul d.csv:3#2'],
    says: [/a NUL byte/],
    files: { 'd.csv': `a,b\n1,${M}\n2,x\0y\n` },
  },
  {
    name: 'a byte order mark in the middle',
    exit: 1,
    findings: ['t.a.type fail 1/3 d.csv:3#2'],
    files: { 'd.csv': `a,b\n1,x\n\ufeff2,y\n3,\ufeffz\n` },
  },
  {
    name: 'a line over 16 MiB',
    findings: ['data/line-too-long d.csv:2#1'],
    says: [/a record of more than 16 MiB/, /a quote or a brace that is not closed/],
    make: ({ put }) => put('d.csv', `a,b\n1,${M}${'x'.repeat(17 << 20)}\n2,y\n`),
    data: 'd.csv',
  },
  {
    name: 'a line over 32 MiB, which the engine passes over with all that follow',
    findings: ['data/line-too-long d.csv:3#2'],
    make: ({ put }) => put('d.csv', `a,b\n1,x\n2,${M}${'y'.repeat(33 << 20)}\n${M},z\n`),
    data: 'd.csv',
  },
  {
    name: 'a header over 1 MiB',
    findings: ['data/no-header d.csv:1'],
    make: ({ put }) => put('d.csv', `a,b${'x'.repeat(2 << 20)}\n1,y\n`),
    data: 'd.csv',
  },
  {
    name: 'multi-line cells',
    exit: 1,
    findings: ['t.a.maximum fail 2/3 d.csv:5#2 d.csv:8#3'],
    contract: contract(
      '- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 2 } }\n- { name: b, logicalType: string }',
    ),
    files: { 'd.csv': `a,b\n1,"x\r\n\r\n${M}"\n3,"y\n"\n\n4,"z"\n` },
  },
  {
    name: 'lone CR as line ends',
    exit: 1,
    findings: ['t.a.maximum fail 1/2 d.csv:3#2'],
    contract: contract(
      '- { name: a, logicalType: integer, logicalTypeOptions: { maximum: 2 } }\n- { name: b, logicalType: string }',
    ),
    files: { 'd.csv': `a,b\r1,x\r3,${M}\r` },
  },
  {
    name: 'line ends of two kinds',
    findings: ['data/mixed-line-ends d.csv:3#2'],
    says: [/another line end than the first has/],
    files: { 'd.csv': `a,b\r\n1,x\r\n2,${M}\n` },
  },
  {
    name: 'a lone CR among LF',
    findings: ['data/mixed-line-ends d.csv:2#1'],
    files: { 'd.csv': `a,b\n1,x\r2,${M}\n` },
  },
  {
    name: 'a quote that is not closed',
    findings: ['data/bad-quotes d.csv:3#2'],
    says: [/a quote that is not closed or not doubled/],
    files: { 'd.csv': `a,b\n1,x\n2,"${M}\n3,z\n` },
  },
  {
    name: 'a quote in the middle of a cell',
    findings: ['data/bad-quotes d.csv:2#1'],
    files: { 'd.csv': `a,b\n1,"x"${M}\n` },
  },
  {
    name: 'a quote in an unquoted cell',
    exit: 0,
    findings: [],
    files: { 'd.csv': `a,b\n1,x"${M}\n2,"y"\n` },
  },
  {
    name: 'quotes escaped by a backslash',
    findings: ['data/bad-quotes d.csv:2#1'],
    files: { 'd.csv': `a,b\n1,"x\\"${M}"\n` },
  },
  {
    name: 'blanks around cells',
    exit: 1,
    findings: ['t.a.type fail 2/2 d.csv:2#1 d.csv:3#2'],
    files: { 'd.csv': `a,b\n 1, ${M}\n2 ,x\n` },
  },
  {
    name: 'a Parquet file that is called CSV',
    findings: ['data/other-format d.csv'],
    says: [/is Parquet by its first bytes/],
    make: async ({ put }) => put('d.csv', await written(`SELECT 1 AS a, '${M}' AS b`)),
    data: 'd.csv',
  },
  {
    name: 'a gzip file that is called CSV',
    findings: ['data/other-format d.csv'],
    says: [/is gzip by its first bytes/],
    files: { 'd.csv': gzipSync(ROWS) },
  },
  {
    name: 'random bytes that are called CSV',
    findings: ['data/undecodable d.csv:1#0'],
    files: {
      'd.csv': Buffer.from(Array.from({ length: 4096 }, (_, index) => ((index * 37 + 11) % 251) + 1)),
    },
  },
];
