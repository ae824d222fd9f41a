import { type BadInput, TWO } from './case.ts';
import { contract, MARKER as M } from './run.ts';

function sql(query: string, rest = 'mustBe: 0'): string {
  return contract(
    '- { name: a, logicalType: integer }',
    `quality: [{ type: sql, query: '${query.replaceAll("'", "''")}', ${rest} }]`,
  );
}

const MILLION = `a\n${'1\n'.repeat(1_000_000)}`;

/** Queries that are no rules, each with what is said of it. */
const REFUSED: readonly (readonly [query: string, reason: string])[] = [
  [
    "SELECT count(*) FROM read_csv('/etc/passwd')",
    'the query was refused: it reads from the function `read_csv`; SQL rules read tables of the contract alone',
  ],
  [
    "SELECT count(*) FROM '/etc/passwd'",
    'the query was refused: the table `/etc/passwd` is none of the contract’s',
  ],
  [
    "SELECT count(*) FROM read_text('c.yaml')",
    'the query was refused: it reads from the function `read_text`; SQL rules read tables of the contract alone',
  ],
  [
    "SELECT count(*) FROM glob('/*')",
    'the query was refused: it reads from the function `glob`; SQL rules read tables of the contract alone',
  ],
  ["ATTACH 'x.db'", 'the query was refused: it is no SELECT; a rule is one SELECT'],
  ["COPY (SELECT 1) TO 'x.csv'", 'the query was refused: it is no SELECT; a rule is one SELECT'],
  ['SELECT 0; DROP TABLE t', 'the query was refused: it is no SELECT; a rule is one SELECT'],
  ['CREATE TABLE x AS SELECT 1', 'the query was refused: it is no SELECT; a rule is one SELECT'],
  ['INSTALL httpfs', 'the query was refused: it is no SELECT; a rule is one SELECT'],
  ["SET memory_limit = '100GB'", 'the query was refused: it is no SELECT; a rule is one SELECT'],
  [
    "SELECT getenv('HOME') = ''",
    'the query was refused: it calls `getenv`, which is none of the functions that SQL rules may call',
  ],
  [
    'SELECT sleep_ms(60000)',
    'the query was refused: it calls `sleep_ms`, which is none of the functions that SQL rules may call',
  ],
  ['SELECT count(*) FROM nothing', 'the query was refused: the table `nothing` is none of the contract’s'],
  [
    'SELECT sum(nothing) FROM t',
    'the query was not brought to an end: it names `nothing`, which is no column of its tables',
  ],
  [
    `SELEKT ${'x'}`,
    'the query was refused: it can’t be parsed as SQL of DuckDB, from line 1, column 1 of the query on',
  ],
  ['', 'the query was refused: it holds 0 statements; a rule is one SELECT'],
  ['SELECT a FROM t WHERE a > 5', 'the query was refused: it gives no row; a rule’s query gives one'],
  [
    'SELECT max(a) FROM t WHERE a > 5',
    'the query was refused: it gives NULL; a rule’s query gives a number or a boolean',
  ],
];

export const QUERIES: readonly BadInput[] = [
  {
    name: 'SQL that reads, lists, attaches, writes, installs, sets, sleeps, or gives no figure',
    contract: contract(
      '- { name: a, logicalType: integer }',
      `quality:\n${REFUSED.map(([query]) => `  - { type: sql, query: ${JSON.stringify(query)}, mustBe: 0 }`).join('\n')}`,
    ),
    files: { 'd.csv': 'a\n1\n' },
    findings: REFUSED.map(([, reason], index) => `t.quality[${index}] error: ${reason}`),
  },
  {
    name: 'SQL that allocates gigabytes',
    findings: [
      't.quality[0] error: the query was refused: it calls `repeat`, which is none of the functions that SQL rules may call',
    ],
    contract: sql("SELECT sum(length(repeat('x', 1000000000 + a))) FROM t"),
    make: ({ put }) => put('d.csv', `a\n${Array.from({ length: 64 }, (_, index) => index).join('\n')}\n`),
    data: 'd.csv',
  },
  {
    name: 'SQL that returns a million rows',
    findings: ['t.quality[0] error: the query was refused: it gives several rows; a rule’s query gives one'],
    contract: sql('SELECT a FROM t'),
    make: ({ put }) => put('d.csv', MILLION),
    data: 'd.csv',
  },
  {
    name: 'SQL that returns a text',
    findings: [
      't.quality[0] error: the query was refused: it gives a value of the type VARCHAR; a rule’s query gives a number or a boolean',
      't.extraColumns warn: not declared: b',
    ],
    contract: sql(`SELECT max(b) FROM t`),
    files: { 'd.csv': `a,b\n1,${M}\n` },
  },
  {
    name: 'SQL whose cast fails on a value',
    findings: [
      't.quality[0] error: the query was not brought to an end: a value has another form than the type that the query casts it to; try_cast gives NULL there',
      't.extraColumns warn: not declared: b',
    ],
    contract: sql('SELECT sum(CAST(b AS INTEGER)) FROM t'),
    files: { 'd.csv': `a,b\n1,${M}\n` },
  },
  {
    name: 'a table of the contract that is not there',
    findings: ['contract/no-table c.yaml:6:1'],
    contract: TWO,
    files: { 'd.csv': 'a,b\n1,x\n' },
    args: ['validate-data', '--contract', 'c.yaml', '--data', 'd.csv', '--table', 'nothing'],
  },
  {
    name: 'a foreign key into a table without data',
    findings: ['t.a.relationships[0] error: there is no data of the table u to look the keys up in'],
    contract: `${contract('- { name: a, logicalType: integer, relationships: [{ to: u.k }] }')}  - name: u\n    properties: [{ name: k, logicalType: integer }]\n`,
    files: { 'd.csv': 'a\n1\n' },
    args: ['validate-data', '--contract', 'c.yaml', '--data', 'd.csv', '--table', 't'],
  },
];
