import type { BadInput } from './case.ts';
import { contract, MARKER as M, written } from './run.ts';

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
const WIDE = Array.from({ length: 2000 }, (_, index) => `c${index}`);

function yaml(text: string): string {
  return JSON.stringify(text);
}

export const NAMES: readonly BadInput[] = [
  {
    name: 'columns of odd names, right',
    exit: 0,
    findings: [],
    contract: contract(
      ODD_NAMES.map(
        (name) =>
          `- { name: ${yaml(name)}, logicalType: integer, required: true, unique: true, logicalTypeOptions: { minimum: 0 } }`,
      ).join('\n'),
    ),
    files: {
      'd.csv': `${ODD_NAMES.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')}\n${ODD_NAMES.map((_, index) => index).join(',')}\n`,
    },
  },
  {
    name: 'columns of odd names, each with its bad cell',
    contract: contract(
      ODD_NAMES.map((name) => `- { name: ${yaml(name)}, logicalType: integer }`).join('\n'),
      `quality: [{ metric: duplicateValues, mustBe: 0, arguments: { properties: [${ODD_NAMES.map(yaml).join(', ')}] } }]`,
    ),
    files: {
      'd.csv': `${ODD_NAMES.map((name) => `"${name.replaceAll('"', '""')}"`).join(',')}\n${ODD_NAMES.map(() => M).join(',')}\n`,
    },
    exit: 1,
  },
  {
    name: 'columns of odd names in NDJSON',
    contract: contract(
      ODD_NAMES.map((name) => `- { name: ${yaml(name)}, logicalType: integer, unique: true }`).join('\n'),
    ),
    files: { 'd.ndjson': `{${ODD_NAMES.map((name) => `${yaml(name)}: "${M}"`).join(', ')}}\n` },
    exit: 1,
  },
  {
    name: 'columns of odd names in Parquet',
    contract: contract(
      ODD_NAMES.filter((name) => name !== 'A')
        .map(
          (name) =>
            `- { name: ${yaml(name)}, logicalType: integer, unique: true, logicalTypeOptions: { minimum: 1 } }`,
        )
        .join('\n'),
    ),
    make: async ({ put }) =>
      put(
        'd.parquet',
        await written(
          `SELECT ${ODD_NAMES.filter((name) => name !== 'A')
            .map((name) => `0 AS "${name.replaceAll('"', '""')}"`)
            .join(', ')}`,
        ),
      ),
    data: 'd.parquet',
    exit: 1,
  },
  {
    name: 'a name composed otherwise',
    exit: 1,
    findings: [
      't.é.present fail: it is missing; the data has `é`, which looks the same and is written `e\\u{301}`, not `\\u{e9}`',
      't.é.type fail: the column é is missing',
      't.extraColumns warn: not declared: é',
    ],
    contract: contract(`- { name: ${NFC}, logicalType: integer }\n- { name: b, logicalType: string }`),
    files: { 'd.csv': `${NFD},b\n1,x\n` },
  },
  {
    name: 'a name with a zero-width space',
    findings: [
      't.a.present fail: it is missing; the data has `a​`, which looks the same and is written `a\\u{200b}`, not `a`',
      't.a.type fail: the column a is missing',
      't.extraColumns warn: not declared: a​',
    ],
    files: { 'd.csv': 'a\u200b,b\n1,x\n' },
    exit: 1,
  },
  {
    name: 'names that differ in case alone',
    findings: [
      't.a.present fail: it is missing; the data has `A`',
      't.a.type fail: the column a is missing',
      't.extraColumns warn: not declared: A',
    ],
    files: { 'd.csv': 'A,b\n1,x\n' },
    exit: 1,
  },
  {
    name: 'names with blanks around them',
    findings: ['data/other-columns'],
    files: { 'd.csv': 'a , b\n1,x\n' },
  },
  {
    name: '2,000 columns, right',
    exit: 0,
    findings: [],
    contract: contract(
      WIDE.map(
        (name) =>
          `- { name: ${name}, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0, maximum: 9 } }`,
      ).join('\n'),
    ),
    make: ({ put }) => put('d.csv', `${WIDE.join(',')}\n${WIDE.map(() => 1).join(',')}\n`),
    data: 'd.csv',
  },
  {
    name: '2,000 columns of bad cells',
    contract: contract(
      WIDE.map(
        (name) =>
          `- { name: ${name}, logicalType: integer, required: true, logicalTypeOptions: { minimum: 0, maximum: 9 } }`,
      ).join('\n'),
    ),
    make: ({ put }) => put('d.csv', `${WIDE.join(',')}\n${WIDE.map(() => M).join(',')}\n`),
    data: 'd.csv',
    exit: 1,
  },
  {
    name: '2,000 columns of NDJSON',
    contract: contract(
      WIDE.map((name) => `- { name: ${name}, logicalType: integer, required: true }`).join('\n'),
    ),
    make: ({ put }) =>
      put(
        'd.ndjson',
        `{${WIDE.map((name, index) => `"${name}": ${index === 7 ? '"x"' : index}`).join(', ')}}\n`,
      ),
    data: 'd.ndjson',
    exit: 1,
  },
];
