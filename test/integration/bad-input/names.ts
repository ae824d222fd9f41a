import type { BadInput } from './case.ts';
import { contract, MARKER as M, written } from './run.ts';

/** One letter, composed and in two parts. */
const NFC = '\u00e9';
const NFD = 'e\u0301';
const ODD_NAMES = [
  'select',
  'record',
  'greenlight value 0',
  'item0',
  'word0',
  'c0',
  'a.b',
  'a"b',
  "a'b",
  'a,b',
  'a\\b',
  ' a ',
  '\u202eabc',
  '\u{1f600}',
  'a\u200bb',
  NFC,
  NFD,
  '__proto__',
  'constructor',
  'count(*)',
  'rowid',
  'A',
  '$1',
  '?',
  '--',
  ';',
  '{object}',
  '`x`',
  'a\tb',
  'toString',
  'j',
  't',
  'value',
];
/** In a Parquet file names that differ in case alone are renamed by the engine that writes it. */
const PARQUET_NAMES = ODD_NAMES.filter((name) => name !== 'A');
export const WIDE = Array.from({ length: 2000 }, (_, index) => `c${index}`);

/** Properties of these names, each with the same rest. */
function integers(names: readonly string[], rest = ''): string {
  return names.map((name) => `- { name: ${JSON.stringify(name)}, logicalType: integer${rest} }`).join('\n');
}

function csv(names: readonly string[], cell: (index: number) => string): string {
  const quoted = names.map((name) => `"${name.replaceAll('"', '""')}"`);
  return `${quoted.join(',')}\n${names.map((_, index) => cell(index)).join(',')}\n`;
}

function ndjson(names: readonly string[], cell: (index: number) => unknown): string {
  return `${JSON.stringify(Object.fromEntries(names.map((name, index) => [name, cell(index)])))}\n`;
}

function each(names: readonly string[], broken: string): readonly string[] {
  return names.map((name) => `t.${name}.${broken}`);
}

export const NAMES: readonly BadInput[] = [
  {
    name: 'columns of odd names, right',
    contract: contract(
      integers(ODD_NAMES, ', required: true, unique: true, logicalTypeOptions: { minimum: 0 }'),
    ),
    files: { 'd.csv': csv(ODD_NAMES, String) },
    exit: 0,
    findings: [],
  },
  {
    name: 'columns of odd names, each with its bad cell',
    contract: contract(
      integers(ODD_NAMES),
      `quality: [{ metric: duplicateValues, mustBe: 0, arguments: { properties: ${JSON.stringify(ODD_NAMES)} } }]`,
    ),
    files: { 'd.csv': csv(ODD_NAMES, () => M) },
    exit: 1,
    findings: each(ODD_NAMES, 'type fail 1/1 d.csv:2#1'),
  },
  {
    name: 'columns of odd names in NDJSON',
    contract: contract(integers(ODD_NAMES, ', unique: true')),
    files: { 'd.ndjson': ndjson(ODD_NAMES, () => M) },
    exit: 1,
    findings: each(ODD_NAMES, 'type fail 1/1 d.ndjson:1#1'),
  },
  {
    name: 'columns of odd names in Parquet',
    contract: contract(integers(PARQUET_NAMES, ', unique: true, logicalTypeOptions: { minimum: 1 }')),
    make: async ({ put }) => {
      const columns = PARQUET_NAMES.map((name) => `0 AS "${name.replaceAll('"', '""')}"`);
      put('d.parquet', await written(`SELECT ${columns.join(', ')}`));
    },
    data: 'd.parquet',
    exit: 1,
    findings: each(PARQUET_NAMES, 'minimum fail 1/1 d.parquet#1'),
  },
  {
    name: 'a name composed otherwise',
    contract: contract(integers([NFC, 'b'])),
    files: { 'd.csv': `${NFD},b\n1,2\n` },
    exit: 1,
    findings: [
      `t.${NFC}.present fail: it is missing; the data has \`${NFD}\`, which looks the same and is written \`e\\u{301}\`, not \`\\u{e9}\``,
      `t.${NFC}.type fail: the column ${NFC} is missing`,
      `t.extraColumns warn: not declared: ${NFD}`,
    ],
  },
  {
    name: 'a name with a zero-width space',
    files: { 'd.csv': 'a\u200b,b\n1,x\n' },
    exit: 1,
    findings: [
      't.a.present fail: it is missing; the data has `a\u200b`, which looks the same and is written `a\\u{200b}`, not `a`',
      't.a.type fail: the column a is missing',
      't.extraColumns warn: not declared: a\u200b',
    ],
  },
  {
    name: 'names that differ in case alone',
    files: { 'd.csv': 'A,b\n1,x\n' },
    exit: 1,
    findings: [
      't.a.present fail: it is missing; the data has `A`',
      't.a.type fail: the column a is missing',
      't.extraColumns warn: not declared: A',
    ],
  },
  {
    name: 'names with blanks around them',
    files: { 'd.csv': 'a , b\n1,x\n' },
    findings: ['data/other-columns'],
    says: [/none of the 2 columns that the contract declares/, /a CSV begins with a header/],
  },
  {
    name: '2,000 columns, right',
    contract: contract(integers(WIDE, ', required: true, logicalTypeOptions: { minimum: 0, maximum: 9 }')),
    files: { 'd.csv': csv(WIDE, () => '1') },
    exit: 0,
    findings: [],
  },
  {
    name: '2,000 columns of bad cells',
    contract: contract(integers(WIDE, ', required: true, logicalTypeOptions: { minimum: 0, maximum: 9 }')),
    files: { 'd.csv': csv(WIDE, () => M) },
    exit: 1,
    findings: each(WIDE, 'type fail 1/1 d.csv:2#1'),
  },
  {
    name: '300 keys of NDJSON',
    contract: contract(integers(WIDE.slice(0, 300), ', required: true')),
    files: { 'd.ndjson': ndjson(WIDE.slice(0, 300), (index) => (index === 7 ? M : index)) },
    exit: 1,
    findings: ['t.c7.type fail 1/1 d.ndjson:1#1'],
  },
  {
    name: 'rows of many keys, of which nothing but the number is asked',
    contract: contract(
      '- { name: c1, logicalType: string, classification: public }',
      'customProperties: [{ property: greenlight.extraColumns, value: ignore }]\nquality: [{ metric: rowCount, mustBe: 5 }]',
    ),
    files: { 'd.ndjson': ndjson(WIDE.slice(0, 300), () => 'x'.repeat(9)).repeat(4) },
    exit: 1,
    findings: ['t.quality[0] fail 4/4'],
  },
  {
    name: '2,000 keys in each of 700 objects of NDJSON',
    contract: contract(integers(WIDE, ', required: true')),
    files: { 'd.ndjson': ndjson(WIDE, (index) => (index % 900 === 7 ? M : index)).repeat(700) },
    exit: 1,
    findings: ['c7', 'c907', 'c1807'].map((name) => new RegExp(`^t.${name}.type fail 700/700 d.ndjson:1#1 `)),
  },
];
