import type { BadInput } from './case.ts';
import { contract, MARKER as M, written } from './run.ts';

const bound = (rest: string): string => contract(`- { name: a, ${rest} }`);

export const VALUES: readonly BadInput[] = [
  {
    name: 'integers beyond 2^53 against a bound',
    exit: 1,
    findings: ['t.a.maximum fail 2/3 d.csv:3#2 d.csv:4#3'],
    contract: bound('logicalType: integer, logicalTypeOptions: { maximum: 9007199254740991 }'),
    files: { 'd.csv': 'a\n9007199254740991\n9007199254740992\n9007199254740993\n' },
  },
  {
    name: 'a bound beyond 2^53',
    findings: ['contract/yaml-inexact-number c.yaml:9:73'],
    says: [/beyond ±9007199254740991 and would not be kept exactly/],
    contract: bound('logicalType: integer, logicalTypeOptions: { maximum: 9007199254740992 }'),
    files: { 'd.csv': 'a\n9007199254740993\n' },
  },
  {
    name: 'a bound beyond 2^53 as a text',
    findings: ['contract/wrong-type c.yaml:9:73'],
    contract: bound('logicalType: integer, logicalTypeOptions: { maximum: "9007199254740992" }'),
    files: { 'd.csv': 'a\n9007199254740992\n9007199254740993\n' },
  },
  {
    name: 'integers beyond 2^53 that differ by one',
    exit: 1,
    findings: ['t.a.unique fail 1/3 d.csv:4#3'],
    contract: bound('logicalType: integer, unique: true'),
    files: { 'd.csv': 'a\n9007199254740992\n9007199254740993\n9007199254740993\n' },
  },
  {
    name: 'NDJSON integers beyond 2^53 that differ by one',
    exit: 1,
    findings: ['t.a.unique fail 1/3 d.ndjson:3#3'],
    contract: bound('logicalType: integer, unique: true'),
    files: { 'd.ndjson': '{"a":9007199254740992}\n{"a":9007199254740993}\n{"a":9007199254740993}\n' },
  },
  {
    name: 'integers beyond 64 bits',
    exit: 1,
    findings: ['t.a.type fail 3/5 d.csv:3#2 d.csv:5#4 d.csv:6#5'],
    contract: bound('logicalType: integer'),
    files: {
      'd.csv':
        'a\n9223372036854775807\n9223372036854775808\n-9223372036854775808\n-9223372036854775809\n99999999999999999999999999999999999999999\n',
    },
  },
  {
    name: 'integers beyond 64 bits in NDJSON',
    exit: 1,
    findings: ['t.a.type fail 2/3 d.ndjson:2#2 d.ndjson:3#3'],
    contract: bound('logicalType: integer'),
    files: {
      'd.ndjson':
        '{"a":9223372036854775807}\n{"a":9223372036854775808}\n{"a":99999999999999999999999999999999999999999}\n',
    },
  },
  {
    name: 'integers of u64',
    exit: 1,
    findings: ['t.a.format fail 2/3 d.csv:3#2 d.csv:4#3'],
    contract: bound('logicalType: integer, logicalTypeOptions: { format: u64 }'),
    files: { 'd.csv': 'a\n18446744073709551615\n18446744073709551616\n-1\n' },
  },
  {
    name: 'numbers beyond a double',
    exit: 1,
    findings: ['t.a.type fail 4/6 d.csv:3#2 d.csv:4#3 d.csv:5#4 d.csv:6#5'],
    contract: bound('logicalType: number'),
    files: { 'd.csv': 'a\n1e308\n1e309\nNaN\ninf\n-1e999\n1e-400\n' },
  },
  {
    name: 'dates at the ends of time',
    exit: 1,
    findings: ['t.a.type fail 6/8 d.csv:4#3 d.csv:5#4 d.csv:6#5 d.csv:7#6 d.csv:8#7 d.csv:9#8'],
    contract: bound('logicalType: date'),
    files: {
      'd.csv':
        'a\n0001-01-01\n9999-12-31\n10000-01-01\n0000-01-01\n-0001-01-01\n0001-01-01 (BC)\ninfinity\nepoch\n',
    },
  },
  {
    name: 'dates at the ends of time against bounds',
    exit: 1,
    findings: ['t.a.exclusiveMaximum fail 1/3 d.csv:3#2'],
    contract: bound(
      "logicalType: date, logicalTypeOptions: { minimum: '0001-01-01', exclusiveMaximum: '9999-12-31' }",
    ),
    files: { 'd.csv': 'a\n0001-01-01\n9999-12-31\n9999-12-30\n' },
  },
  {
    name: 'a bound at a day that is none',
    findings: ['t.a.minimum error: not evaluated: a value for the date column that has not its form'],
    contract: bound("logicalType: date, logicalTypeOptions: { minimum: '2001-02-30' }"),
    files: { 'd.csv': 'a\n2001-01-01\n' },
  },
  {
    name: 'dates of Parquet at the ends of time',
    exit: 1,
    findings: [
      't.a.minimum fail 2/6 d.parquet#4 d.parquet#6',
      't.a.maximum fail 2/6 d.parquet#3 d.parquet#5',
    ],
    contract: bound(
      "logicalType: date, logicalTypeOptions: { maximum: '9999-12-31', minimum: '0001-01-01' }",
    ),
    make: async ({ put }) =>
      put(
        'd.parquet',
        await written(
          "SELECT unnest([DATE '0001-01-01', DATE '9999-12-31', DATE '10000-01-01', DATE '0001-12-31 (BC)', DATE 'infinity', DATE '-infinity']) AS a",
        ),
      ),
    data: 'd.parquet',
  },
  {
    name: 'times in zones',
    exit: 1,
    findings: [
      't.a.type fail 5/7 d.csv:4#3 d.csv:5#4 d.csv:6#5 d.csv:7#6 d.csv:8#7',
      't.a.minimum fail 1/7 d.csv:2#1',
    ],
    contract: bound("logicalType: timestamp, logicalTypeOptions: { minimum: '2001-01-01T00:00:00Z' }"),
    files: {
      'd.csv':
        'a\n2001-01-01T01:00:00+02:00\n2000-12-31T23:00:00-01:00\n2001-01-01T00:00:00+24:00\n2001-01-01T00:00:00 Europe/Berlin\n2001-01-01T00:00:00+0200\n2001-01-01T00:00:60Z\n2001-01-01T24:00:00Z\n',
    },
  },
  {
    name: 'moments at the ends of time',
    exit: 1,
    findings: ['t.a.type fail 3/7 d.csv:6#5 d.csv:7#6 d.csv:8#7'],
    contract: bound('logicalType: timestamp'),
    files: {
      'd.csv':
        'a\n0001-01-01T00:00:00Z\n9999-12-31T23:59:59.999999999Z\n0001-01-01T00:00:00+14:00\n9999-12-31T23:59:59-14:00\n10000-01-01T00:00:00Z\n0000-01-01T00:00:00Z\ninfinity\n',
    },
  },
  {
    name: 'an unknown zone',
    findings: ['t.a.type error: not evaluated: the zone `Mars/Olympus`'],
    contract: bound('logicalType: timestamp, logicalTypeOptions: { defaultTimezone: Mars/Olympus }'),
    files: { 'd.csv': 'a\n2001-01-01T00:00:00\n' },
  },
  {
    name: 'a pattern that backtracks',
    exit: 1,
    findings: ['t.a.pattern fail 1/1 d.csv:2#1'],
    contract: bound("logicalType: string, logicalTypeOptions: { pattern: '^(a+)+$' }"),
    files: { 'd.csv': `a\n${'a'.repeat(5000)}!\n` },
  },
  {
    name: 'a pattern with a look-ahead',
    findings: ['t.a.pattern error: not evaluated: `(?=` in a pattern'],
    contract: bound("logicalType: string, logicalTypeOptions: { pattern: '^(?=a)' }"),
    files: { 'd.csv': 'a\nx\n' },
  },
  {
    name: 'a pattern that is none',
    findings: ['contract/bad-pattern c.yaml:9:72'],
    says: [/no regular expression of ECMA-262/],
    contract: bound("logicalType: string, logicalTypeOptions: { pattern: '(' }"),
    files: { 'd.csv': 'a\nx\n' },
  },
  {
    name: 'a pattern of a thousand repeats of a thousand',
    findings: ['t.a.pattern error: not evaluated: `{1000}` in a pattern'],
    contract: bound("logicalType: string, logicalTypeOptions: { pattern: '^((a{1000}){1000}){1000}$' }"),
    files: { 'd.csv': 'a\nx\n' },
  },
  {
    name: 'a pattern and what is beyond two bytes',
    exit: 0,
    findings: [],
    contract: bound("logicalType: string, logicalTypeOptions: { pattern: '^.$' }"),
    files: { 'd.csv': 'a\nx\n\u{1f600}\n' },
  },
  {
    name: 'bounds in the wrong order',
    findings: ['t.a.maximum error: not evaluated: a range with nothing in it'],
    contract: bound('logicalType: integer, logicalTypeOptions: { minimum: 5, maximum: 1 }'),
    files: { 'd.csv': 'a\n3\n' },
  },
  {
    name: 'NUL in what a contract lists',
    contract: contract(
      '- { name: a, logicalType: string, logicalTypeOptions: { pattern: "^x\\0?" }, quality: [{ metric: invalidValues, mustBe: 0, arguments: { validValues: ["x\\0y", "\\0"] } }] }',
    ),
    files: { 'd.ndjson': '{"a": "x\\u0000y"}\n{"a": "x"}\n{"a": "\\u0000"}\n' },
    exit: 1,
    findings: ['t.a.pattern fail 1/3 d.ndjson:3#3', 't.a.quality[0] fail 1/3 d.ndjson:2#2'],
  },
  {
    name: 'a bound in the column’s own format at a day that is none',
    contract: bound("logicalType: date, logicalTypeOptions: { format: dd/MM/yyyy, minimum: '30/02/2001' }"),
    files: { 'd.csv': 'a\n01/01/1999\n' },
    findings: ['t.a.minimum error: not evaluated: a value for the date column that has not its form'],
  },
  {
    name: 'a list where no list can be',
    contract: bound('logicalType: array, required: true'),
    files: { 'd.csv': `a,b\n${M},x\n,y\n` },
    exit: 1,
    findings: [
      't.a.type fail: a cell of a CSV file holds no array',
      't.a.required fail 1/2 d.csv:3#2',
      't.extraColumns warn: not declared: b',
    ],
  },
  {
    name: 'options that a type does not have',
    contract: bound("logicalType: boolean, logicalTypeOptions: { minLength: 1, pattern: '^t' }"),
    files: { 'd.csv': 'a\ntrue\n' },
    findings: [
      't.a.minLength error: not evaluated: an option that boolean does not have',
      't.a.pattern error: not evaluated: an option that boolean does not have',
    ],
  },
  {
    name: 'an offset for a zone',
    contract: bound("logicalType: timestamp, logicalTypeOptions: { defaultTimezone: '+02:00' }"),
    files: { 'd.csv': 'a\n2001-01-01T00:00:00\n' },
    findings: ['t.a.type error: not evaluated: the zone `+02:00`'],
  },
  {
    name: 'a retention that is longer than time',
    contract: `${bound('logicalType: date')}slaProperties: [{ property: retention, value: 1e300, unit: y, element: t.a }]\n`,
    files: { 'd.csv': 'a\n2001-01-01\n' },
    findings: [
      't.slaProperties[0].retention error: not evaluated: `1e+300 y`, which began before the year 1',
    ],
  },
];
