import { type BadInput, cut, flipped, ROWS } from './case.ts';
import { contract, MARKER as M, written } from './run.ts';

const PARQUET_SELECT = `SELECT i::INTEGER AS a, '${M}' || i AS b FROM range(1000) AS t(i)`;

export const PARQUET: readonly BadInput[] = [
  {
    name: 'Parquet, cut short',
    findings: ['data/damaged d.parquet'],
    says: [/can't be read as Parquet: it is cut short or damaged/],
    make: async ({ put }) => put('d.parquet', cut(await written(PARQUET_SELECT), 100)),
    data: 'd.parquet',
  },
  {
    name: 'Parquet with a damaged page',
    findings: ['data/damaged d.parquet'],
    contract: contract(
      '- { name: a, logicalType: integer, unique: true }\n- { name: b, logicalType: string, logicalTypeOptions: { minLength: 1 } }',
    ),
    make: async ({ put }) =>
      put('d.parquet', flipped(await written(PARQUET_SELECT, 'FORMAT parquet, COMPRESSION gzip'), 300)),
    data: 'd.parquet',
  },
  {
    name: 'Parquet with a footer longer than the file',
    findings: ['data/damaged d.parquet'],
    make: async ({ put }) => {
      const whole = Buffer.from(await written(PARQUET_SELECT));
      whole.writeUInt32LE(0x7fffffff, whole.length - 8);
      put('d.parquet', whole);
    },
    data: 'd.parquet',
  },
  {
    name: 'Parquet with a group of a negative number of rows',
    findings: ['data/unreadable'],
    make: async ({ put }) => {
      const whole = Buffer.from(await written(PARQUET_SELECT));
      // The number in Thrift's compact form: 1000 as a zigzag varint, of which the lowest bit is the sign.
      const count = whole.lastIndexOf(Buffer.from([0x16, 0xd0, 0x0f])) + 1;
      whole.writeUInt8(0xd1, count);
      put('d.parquet', whole);
    },
    data: 'd.parquet',
  },
  {
    name: 'Parquet marks around nothing',
    findings: ['data/damaged d.parquet'],
    files: { 'd.parquet': 'PAR1\0\0\0\0PAR1' },
  },
  {
    name: 'Parquet of another type than declared',
    exit: 1,
    findings: ['t.a.type fail: the file has VARCHAR', 't.b.type fail: the file has INTEGER'],
    make: async ({ put }) => put('d.parquet', await written(`SELECT '${M}' AS a, 1 AS b`)),
    data: 'd.parquet',
  },
  {
    name: 'Parquet of another physical type than declared',
    exit: 1,
    findings: ['t.a.physicalType fail: the file has SMALLINT'],
    contract: contract('- { name: a, logicalType: integer, physicalType: BIGINT }'),
    make: async ({ put }) => put('d.parquet', await written('SELECT 1::SMALLINT AS a')),
    data: 'd.parquet',
  },
  {
    name: 'Parquet without rows',
    findings: [
      't.a.type error: there are no rows to judge',
      't.b.type error: there are no rows to judge',
      't.privacy.undeclared error: there are no rows to judge',
    ],
    make: async ({ put }) => put('d.parquet', await written("SELECT 1 AS a, '' AS b WHERE false")),
    data: 'd.parquet',
  },
  { name: 'CSV that is called Parquet', findings: ['data/damaged d.parquet'], files: { 'd.parquet': ROWS } },
  {
    name: 'two Parquet files of other types',
    findings: ['data/types-differ p/2.parquet'],
    says: [/the column `a` is INTEGER in p\/1.parquet and VARCHAR in p\/2.parquet/],
    make: async ({ put }) => {
      put('p/1.parquet', await written("SELECT 1 AS a, 'x' AS b"));
      put('p/2.parquet', await written("SELECT '1' AS a, 'x' AS b"));
    },
    data: 'p/*.parquet',
  },
  {
    name: 'NaN and infinities in Parquet',
    exit: 1,
    findings: ['t.a.type fail 3/4 d.parquet#2 d.parquet#3 d.parquet#4'],
    contract: contract('- { name: a, logicalType: number, logicalTypeOptions: { maximum: 1 } }'),
    make: async ({ put }) =>
      put('d.parquet', await written("SELECT unnest(['1', 'NaN', 'Infinity', '-Infinity']::DOUBLE[]) AS a")),
    data: 'd.parquet',
  },
];
