import { type BadInput, ROWS } from './case.ts';
import { contract, MARKER as M } from './run.ts';

export const JSON_FILES: readonly BadInput[] = [
  {
    name: 'a JSON array, cut short',
    findings: ['data/bad-json d.json:2#2'],
    says: [/no well-formed JSON: it is cut short, or wrong here/],
    files: { 'd.json': `[{"a": 1, "b": "${M}"},\n {"a": 2, "b": "${M}` },
  },
  {
    name: 'a JSON array that is not closed',
    findings: ['data/bad-json d.json:1#1'],
    files: { 'd.json': `[{"a": 1, "b": "${M}"}` },
  },
  {
    name: 'text after a JSON array',
    findings: ['data/bad-json d.json:1#1'],
    files: { 'd.json': `[{"a": 1, "b": "x"}]\n${M}` },
  },
  {
    name: 'one JSON object',
    findings: ['data/bad-json d.json:1'],
    says: [/is not one array of JSON objects/, /let the name end with .ndjson/],
    files: { 'd.json': `{"a": 1, "b": "${M}"}` },
  },
  {
    name: 'an array of arrays',
    findings: ['data/bad-json d.json:1#1'],
    files: { 'd.json': `[[1, "${M}"]]` },
  },
  {
    name: 'an empty array',
    findings: ['data/no-columns d.json'],
    says: [/no object with a key/],
    files: { 'd.json': '[]' },
  },
  {
    name: 'single quotes',
    findings: ['data/bad-json d.json:1#1'],
    files: { 'd.json': `[{'a': 1, 'b': '${M}'}]` },
  },
  {
    name: 'JSON with NaN',
    findings: ['data/bad-json d.json:2#2'],
    says: [/write null for a number that is none/],
    files: { 'd.json': `[{"a": 1, "b": "x"},\n{"a": NaN, "b": "${M}"}]` },
  },
  {
    name: 'NDJSON with a comma before a bracket',
    findings: ['data/bad-json d.ndjson:2#2'],
    files: { 'd.ndjson': `{"a": 1, "b": "x"}\n{"a": 2, "b": "${M}", }\n` },
  },
  {
    name: 'NDJSON with blank lines, right',
    exit: 0,
    findings: [],
    files: { 'd.ndjson': `{"a": 1, "b": "x"}\n\n  \n{"a": 2, "b": "${M}"}\n\n` },
  },
  {
    name: 'NDJSON with a line that is no object',
    findings: ['data/bad-json d.ndjson:2#2'],
    says: [/write one JSON object a line/],
    files: { 'd.ndjson': `{"a": 1, "b": "x"}\n["${M}"]\n` },
  },
  {
    name: 'NDJSON with a line that is cut short',
    findings: ['data/bad-json d.ndjson:3#2'],
    files: { 'd.ndjson': `{"a": 1, "b": "x"}\n\n{"a": 2, "b": "${M}\n{"a": 3, "b": "y"}\n` },
  },
  {
    name: 'NDJSON with two objects a line',
    findings: ['data/bad-json d.ndjson:1#1'],
    files: { 'd.ndjson': `{"a": 1, "b": "x"} {"a": 2, "b": "${M}"}\n` },
  },
  {
    name: 'NDJSON with nested values where there should be none',
    exit: 1,
    findings: ['t.a.type fail 1/2 d.ndjson:1#1', 't.b.type fail 1/2 d.ndjson:1#1'],
    files: { 'd.ndjson': `{"a": {"x": 1}, "b": ["${M}"]}\n{"a": 1, "b": "x"}\n` },
  },
  {
    name: 'NDJSON with a key twice',
    findings: ['data/duplicate-key d.ndjson:2#2'],
    says: [/objects with a key twice, 1 in all/],
    files: { 'd.ndjson': `{"a": 1, "b": "x"}\n{"a": 1, "b": "${M}", "b": "y"}\n` },
  },
  {
    name: 'NDJSON with a key twice, nested',
    findings: ['data/duplicate-key d.ndjson:1#1'],
    contract: contract('- { name: a, logicalType: integer }\n- { name: o, logicalType: object }'),
    files: { 'd.ndjson': `{"a": 1, "o": {"x": 1, "x": 2}}\n` },
  },
  {
    name: 'NDJSON with a line over 16 MiB',
    findings: ['data/line-too-long d.ndjson:2#2'],
    make: ({ put }) => put('d.ndjson', `{"a": 1, "b": "${M}"}\n{"a": 2, "b": "${'x'.repeat(17 << 20)}"}\n`),
    data: 'd.ndjson',
  },
  {
    name: 'NDJSON nested thousands deep',
    exit: 1,
    findings: ['t.b.type fail 1/1 d.ndjson:1#1'],
    make: ({ put }) => put('d.ndjson', `{"a": 1, "b": ${'['.repeat(20_000)}${']'.repeat(20_000)}}\n`),
    data: 'd.ndjson',
  },
  {
    name: 'numbers as texts',
    exit: 1,
    findings: [
      't.a.type fail 3/3 d.ndjson:1#1 d.ndjson:2#2 d.ndjson:3#3',
      't.b.type fail 2/3 d.ndjson:2#2 d.ndjson:3#3',
    ],
    files: { 'd.ndjson': `{"a": "12", "b": "x"}\n{"a": 1.0, "b": 3}\n{"a": 1e3, "b": true}\n` },
  },
  {
    name: 'half of a surrogate pair',
    findings: ['data/bad-json d.ndjson:1#1'],
    files: { 'd.ndjson': '{"a": 1, "b": "\\ud800"}\n{"a": 2, "b": "x"}\n' },
  },
  { name: 'NUL as an escape', exit: 0, findings: [], files: { 'd.ndjson': '{"a": 1, "b": "x\\u0000y"}\n' } },
  {
    name: 'CSV that is called NDJSON',
    findings: ['data/bad-json d.ndjson:1#1'],
    files: { 'd.ndjson': ROWS },
  },
];
