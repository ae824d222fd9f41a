import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { type BadInput, TWO } from './case.ts';
import { WIDE } from './names.ts';
import { contract } from './run.ts';

const CHECK = ['contract', 'check', 'c.yaml'];
/** What would be 9 to the 9th values. */
const ALIASES = `a: &a [${Array(9).fill('x').join(', ')}]
${[...'bcdefghi']
  .map(
    (key, index) => `${key}: &${key} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(', ')}]
`,
  )
  .join('')}`;

export const CONTRACTS: readonly BadInput[] = [
  {
    name: 'no contract',
    findings: ['file/not-found'],
    says: [/the contract nothing.yaml does not exist/],
    make: ({ folder }) => {
      mkdirSync(path.join(folder, 'x'));
    },
    args: ['contract', 'check', 'nothing.yaml'],
  },
  {
    name: 'a contract that is a folder',
    findings: ['file/unreadable'],
    says: [/the contract x is a folder/],
    make: ({ folder }) => {
      mkdirSync(path.join(folder, 'x'));
    },
    args: ['contract', 'check', 'x'],
  },
  {
    name: 'a contract that is a folder, to validate-data',
    findings: ['file/unreadable'],
    make: ({ folder }) => {
      mkdirSync(path.join(folder, 'x'));
    },
    args: ['validate-data', '--contract', 'x', '--data', 'd.csv'],
  },
  { name: 'a contract below a file', findings: ['file/not-found'], args: ['contract', 'check', 'c.yaml/x'] },
  {
    name: 'a contract that is a link to itself',
    findings: ['file/unreadable'],
    says: [/the contract x is a link to itself/],
    make: ({ folder }) => {
      symlinkSync('x', path.join(folder, 'x'));
    },
    args: ['contract', 'check', 'x'],
  },
  {
    name: 'a contract of a name longer than names are',
    findings: ['file/unreadable'],
    args: ['contract', 'check', 'x'.repeat(300)],
  },
  {
    name: 'an empty contract',
    findings: ['contract/empty-file c.yaml:1:1'],
    says: [/c.yaml is empty/],
    contract: '',
    args: CHECK,
  },
  {
    name: 'a contract of blanks and comments',
    findings: ['contract/empty-file c.yaml:1:1'],
    contract: '# nothing\n\n',
    args: CHECK,
  },
  {
    name: 'a binary contract',
    findings: ['file/undecodable c.yaml'],
    contract: Buffer.from(Array.from({ length: 2048 }, (_, index) => (index * 151 + 7) % 256)),
    args: CHECK,
  },
  {
    name: 'a contract in Latin-1',
    findings: ['file/undecodable c.yaml'],
    says: [/the contract c.yaml is not UTF-8/, /save it as UTF-8/],
    contract: Buffer.from(TWO.replace('id: t', 'id: zürich'), 'latin1'),
    args: CHECK,
  },
  {
    name: 'a contract in UTF-16',
    findings: ['file/undecodable c.yaml'],
    contract: Buffer.from(`\ufeff${TWO}`, 'utf16le'),
    args: CHECK,
  },
  {
    name: 'a contract with a NUL',
    exit: 0,
    findings: [],
    contract: TWO.replace('id: t', 'id: "t\0"'),
    args: CHECK,
  },
  {
    name: 'a list as contract',
    findings: ['contract/wrong-type c.yaml:1:1'],
    contract: '- a\n- b\n',
    args: CHECK,
  },
  {
    name: 'a number as contract',
    findings: ['contract/wrong-type c.yaml:1:1'],
    contract: '42\n',
    args: CHECK,
  },
  {
    name: 'a contract indented by tabs',
    findings: ['contract/yaml-tab-as-indent c.yaml:3:1'],
    contract: 'kind: DataContract\nschema:\n\t- name: t\n',
    args: CHECK,
  },
  {
    name: 'a key twice',
    findings: ['contract/yaml-duplicate-key c.yaml:4:1'],
    says: [/the key `id` is there twice/],
    contract: TWO.replace('id: t', 'id: t\nid: u'),
    args: CHECK,
  },
  {
    name: 'an unknown key',
    findings: ['contract/unknown-key c.yaml:5:1'],
    says: [/unknown key `statos`/, /did you mean `status`\?/],
    contract: TWO.replace('status: active', 'statos: active'),
    args: CHECK,
  },
  {
    name: 'aliases that grow',
    findings: Array.from(
      { length: 72 },
      (_, index) => `contract/yaml-alias c.yaml:${2 + Math.floor(index / 9)}:${8 + 4 * (index % 9)}`,
    ),
    says: [/aliases .* are not read here/, /write the value out/],
    contract: `${ALIASES}${TWO}`,
    args: CHECK,
  },
  {
    name: 'an alias to itself',
    findings: ['contract/yaml-alias c.yaml:12:12'],
    contract: `${TWO}description: &x\n  purpose: *x\n`,
    args: CHECK,
  },
  {
    name: 'a contract nested a hundred thousand deep',
    findings: [/^contract\/yaml-too-deep c\.yaml:1:\d+$/],
    says: [/this is nested too deep to be read/],
    contract: `a: ${'['.repeat(100_000)}`,
    args: CHECK,
  },
  {
    name: 'a contract of maps nested deep',
    findings: [/^contract\/yaml-too-deep c\.yaml:1:\d+$/],
    says: [/this is nested too deep to be read/],
    contract: `a: ${'{a: '.repeat(10_000)}`,
    args: CHECK,
  },
  {
    name: 'a contract indented deep',
    findings: ['contract/too-long c.yaml'],
    contract: Array.from({ length: 3000 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''),
    args: CHECK,
  },
  {
    name: 'a key of a megabyte',
    findings: ['contract/yaml-key-over-1024-chars c.yaml:11:1'],
    contract: `${TWO}${'k'.repeat(1 << 20)}: 1\n`,
    args: CHECK,
  },
  {
    name: 'a value of a megabyte',
    findings: ['contract/unknown-key c.yaml:11:1'],
    contract: `${TWO}status2: ${'k'.repeat(1 << 20)}\n`,
    args: CHECK,
  },
  {
    name: 'ten thousand unknown keys',
    findings: Array.from({ length: 10_000 }, (_, index) => `contract/unknown-key c.yaml:${11 + index}:1`),
    contract: `${TWO}${Array.from({ length: 10_000 }, (_, index) => `k${index}: 1\n`).join('')}`,
    args: CHECK,
  },
  {
    name: 'a tag of another language',
    findings: ['contract/yaml-tag-resolve-failed c.yaml:11:14'],
    contract: `${TWO}description: !!python/object/apply:os.system ["id"]\n`,
    args: CHECK,
  },
  {
    name: 'a prototype as key',
    findings: ['contract/unknown-key c.yaml:11:1'],
    contract: `${TWO}__proto__: { x: 1 }\n`,
    args: CHECK,
  },
  {
    name: 'merge keys',
    findings: ['contract/unknown-key c.yaml:11:1'],
    contract: `${TWO}<<: { x: 1 }\n`,
    args: CHECK,
  },
  {
    name: 'two documents',
    findings: ['contract/several-documents c.yaml:11:1'],
    says: [/one document a file/],
    contract: `${TWO}---\n${TWO}`,
    args: CHECK,
  },
  {
    name: 'a contract in JSON, cut short',
    findings: ['contract/yaml-bad-indent c.yaml:1:37', 'contract/yaml-missing-char c.yaml:1:37'],
    contract: '{"kind": "DataContract", "schema": [',
    args: CHECK,
  },
  {
    name: 'a version of the future',
    findings: ['contract/bad-value c.yaml:1:13'],
    contract: TWO.replace('v3.1.0', 'v9.0.0'),
    args: CHECK,
  },
  {
    name: 'columns of one name',
    findings: ['contract/duplicate-name c.yaml:10:17'],
    says: [/the property `a` is there twice/],
    contract: contract('- { name: a }\n- { name: a }'),
    args: CHECK,
  },
  {
    name: 'no tables',
    findings: ['contract/no-table c.yaml:1:1'],
    says: [/the contract has 0 tables/, /declare the table under `schema`/],
    contract: TWO.slice(0, TWO.indexOf('schema')),
    args: ['validate-data', '--contract', 'c.yaml', '--data', 'd.csv'],
  },
  {
    name: '2,000 columns in a contract',
    exit: 0,
    findings: [],
    contract: contract(WIDE.map((name) => `- { name: ${name}, logicalType: integer }`).join('\n')),
    args: CHECK,
  },
];
