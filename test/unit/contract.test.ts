import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { own, ownPath, readContract } from '../../core/formats/contract.ts';
import { lintContract } from '../../core/formats/contract-lint.ts';
import { OWN_PROPERTIES } from '../../core/formats/contract-model.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { formatPlace } from '../../core/kernel/place.ts';

const HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n';

const JSON_HEAD = '{"apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0"}';

function faults(body: string): string[] {
  try {
    readContract(HEAD + body, 'c.yaml');
    return [];
  } catch (thrown) {
    return userErrors(thrown).map((error) => {
      const place = error.place === undefined ? '' : formatPlace(error.place);
      return `${error.code} ${place} ${error.message} ${error.mend ?? ''}`.trim();
    });
  }
}

function property(lines: string): string {
  return `schema:\n  - name: t\n    properties:\n      - name: a\n${lines.replaceAll(/^/gm, '        ')}\n`;
}

describe('a contract', () => {
  it('is read with the places of its parts', () => {
    const contract = readContract(HEAD + property('logicalType: integer'), 'c.yaml');
    expect(contract.document.schema?.[0]?.properties?.[0]?.logicalType).toBe('integer');
    expect(contract.placeOf(['schema', 0, 'properties', 0, 'logicalType'])).toEqual({
      file: 'c.yaml',
      line: 9,
      column: 22,
    });
  });

  it('names the nearest known key for an unknown one, with its place', () => {
    expect(faults(property('requierd: true'))).toEqual([
      expect.stringMatching(/^contract\/unknown-key c\.yaml:9:9 .*`requierd`.* did you mean `required`\?$/),
    ]);
  });

  it('tells every fault at once', () => {
    const found = faults(
      `${property('logicalType: text\nuniqe: true')}      - name: a\n        logicalTypeOptions: { pattern: "[" }\n`,
    );
    expect(found.map((fault) => fault.split(' ')[0]).sort()).toEqual([
      'contract/bad-pattern',
      'contract/bad-value',
      'contract/duplicate-name',
      'contract/missing-key',
      'contract/unknown-key',
    ]);
  });

  it.each([
    ['a key twice', property('required: true\nrequired: false'), 'contract/yaml-duplicate-key'],
    [
      'options of another type',
      property('logicalType: integer\nlogicalTypeOptions: { minLength: 2 }'),
      'contract/unknown-key',
    ],
    [
      'a bound of another type',
      property("logicalType: integer\nlogicalTypeOptions: { minimum: '2' }"),
      'contract/wrong-type',
    ],
    ['a rule without an operator', property('quality: [{ metric: nullValues }]'), 'contract/bad-operator'],
    [
      'a rule with two',
      property('quality: [{ metric: nullValues, mustBe: 0, mustNotBe: 1 }]'),
      'contract/bad-operator',
    ],
    ['a metric that is none', property('quality: [{ metric: nulls, mustBe: 0 }]'), 'contract/bad-value'],
    [
      'a rule in words with an operator',
      property('quality: [{ type: text, mustBe: 0 }]'),
      'contract/bad-operator',
    ],
    [
      'an unknown property of ours',
      property('customProperties: [{ property: greenlight.extra, value: 1 }]'),
      'contract/unknown-property',
    ],
    [
      'a pattern that only the flag-less grammar has',
      property('logicalType: string\nlogicalTypeOptions: { pattern: "\\\\-" }'),
      undefined,
    ],
  ])('with %s', (_, body, code) => {
    expect(faults(body).map((fault) => fault.split(' ')[0])).toEqual(code === undefined ? [] : [code]);
  });

  it('has a version of the standard that is read', () => {
    expect(() => readContract(HEAD.replace('v3.1.0', 'v2.2.2'), 'c.yaml')).toThrow(/apiVersion/);
  });

  it('is read from JSON as well, with places', () => {
    const text = JSON.stringify(
      { ...JSON.parse(JSON_HEAD), schema: [{ name: 't', colour: 'red' }] },
      null,
      2,
    );
    expect(() => readContract(JSON_HEAD, 'c.json')).not.toThrow();
    expect(() => readContract(text, 'c.json')).toThrow(/unknown key `colour`/);
  });

  it.each([
    ['an alias', 'name: &n x\ntenant: *n\n', /^contract\/yaml-alias c\.yaml:6:9 /],
    [
      'a quoted text that goes on at the indent of its key',
      'description:\n  usage: "one\n  two"\n  purpose: p\n',
      /^contract\/yaml-unclosed-quote c\.yaml:6:\d+ .*indented deeper.*block/,
    ],
    ['a quoted text without an end', 'name: "one\ntenant: t\n', /^contract\/yaml-unclosed-quote /],
    ['another document', 'name: x\n---\nname: y\n', /^contract\/several-documents /],
    [
      'a whole number that a double does not hold',
      property('logicalType: integer\nlogicalTypeOptions: { maximum: 9007199254740993 }'),
      /^contract\/yaml-inexact-number c\.yaml:10:\d+ .*would not be kept exactly/,
    ],
    [
      'a number that is none',
      property('logicalType: number\nlogicalTypeOptions: { maximum: .inf }'),
      /^contract\/yaml-inexact-number .*no finite number/,
    ],
    ['a version without quotes', 'tenant: 1.0\n', /^contract\/wrong-type c\.yaml:5:9 .* put it in quotes$/],
    [
      'a team that is a text',
      'team: us\n',
      /^contract\/wrong-type c\.yaml:5:7 `team` must be of type object or array/,
    ],
    [
      'a member without a name',
      'team: [{ role: owner }]\n',
      /^contract\/missing-key .*`team\.0` lacks `username`/,
    ],
    [
      'a slip of the keyboard in a value',
      property('logicalType: interger'),
      /^contract\/bad-value .*did you mean `integer`\?$/,
    ],
    [
      'a server without what its type needs',
      'servers: [{ server: s, type: local, path: p }]\n',
      /^contract\/missing-key c\.yaml:5:11 a server of type local needs `format`/,
    ],
    [
      'a server twice',
      'servers: [{ server: s, type: custom }, { server: s, type: custom }]\n',
      /^contract\/duplicate-name /,
    ],
    [
      'an id twice',
      'roles: [{ role: a, id: r }, { role: b, id: r }]\n',
      /^contract\/duplicate-name .*id `r`/,
    ],
    [
      'items of a text',
      property('logicalType: string\nitems: { logicalType: string }'),
      /^contract\/unknown-key c\.yaml:10:\d+ `items` is a key of `logicalType: array` alone/,
    ],
    [
      'a pattern that is none, deep within',
      property(
        'logicalType: array\nitems: { logicalType: object, properties: [{ name: x, logicalType: string, logicalTypeOptions: { pattern: "(" } }] }',
      ),
      /^contract\/bad-pattern c\.yaml:10:/,
    ],
    [
      'a rule of old',
      property('quality: [{ type: library, rule: nullCheck, mustBe: 0 }]'),
      /^contract\/missing-key .*needs `metric` write `metric`/,
    ],
    [
      'a foreign key of one column to a list',
      'schema: [{ name: t, relationships: [{ from: t.a, to: [u.a] }] }]\n',
      /^contract\/bad-relationship /,
    ],
    [
      'a property of ours with another value',
      'schema: [{ name: t, customProperties: [{ property: greenlight.extraColumns, value: no }] }]\n',
      /^contract\/bad-value c\.yaml:5:\d+ .*valid: fail, warn, ignore$/,
    ],
    [
      'a property of ours elsewhere',
      property('customProperties: [{ property: greenlight.extraColumns, value: fail }]'),
      /^contract\/unknown-property .*a property has no property/,
    ],
    [
      'a second threshold of two operators',
      property(
        'quality: [{ metric: nullValues, mustBe: 0, customProperties: [{ property: greenlight.warnAt, value: { mustBe: 0, mustNotBe: 1 } }] }]',
      ),
      /^contract\/bad-value .*value/,
    ],
    [
      'a server of a type that every object has',
      'servers: [{ server: s, type: constructor }]\n',
      /^contract\/bad-value /,
    ],
    [
      'a rule of a type that every object has',
      property('quality: [{ type: constructor, metric: rowCount, mustBe: 1 }]'),
      /^contract\/bad-value /,
    ],
    [
      'a property of ours that every object has',
      property('customProperties: [{ property: greenlight.constructor, value: 1 }]'),
      /^contract\/unknown-property /,
    ],
    ['a key that forges a line', '"name\\n::error::x": y\n', /^contract\/unknown-key .*`name ::error::x`/],
  ])('tells of %s in one fault', (_, body, told) => {
    const found = faults(body);
    expect(found).toEqual([expect.stringMatching(told)]);
  });

  it('may have a rule of 3.0 under that version, and is told what to write', () => {
    const old = `${HEAD.replace('v3.1.0', 'v3.0.2')}${property('quality: [{ rule: duplicateCount, mustBe: 0 }, { type: library, rule: own }]')}`;
    expect(lintContract(readContract(old, 'c.yaml')).map(({ code, mend }) => `${code} ${mend}`)).toEqual([
      'contract/old-rule write `metric: duplicateValues` and an operator',
      'contract/old-rule write `metric`, or `type: text` for words',
    ]);
  });

  it('may use what version 3.2.0 got after its first schema', () => {
    const body = `servers:
  - { server: a, type: iceberg, catalog: c, catalogUrl: 'https://catalog.example', namespace: n, warehouse: w }
  - { server: b, type: hana, host: h, port: '\${PORT}', database: d, schema: s }
  - { server: c, type: exasol, host: h }
  - { server: d, type: teradata, host: h }
  - { server: e, type: local, path: p, format: csv, encoding: UTF-8 }
schema:
  - name: t-1
    deprecated: true
    relationships: [{ id: r, from: t-1.a-b, to: 'other.yml#schema/u/properties/v' }]
    properties:
      - name: a-b
        deprecated: false
        logicalType: vector
        logicalTypeOptions: { dimensions: 384, elementType: float32, distanceMetric: cosine, normalized: true, embeddingModel: m, embeddingModelVersion: '2' }
        customProperties: [{ property: x, value: 1, vendor: soda }]
slaProperties: [{ property: latency, value: 1, customProperties: [{ property: x, value: 1 }], authoritativeDefinitions: [{ url: u, type: t }] }]
`;
    expect(faults(body)).toEqual([]);
    expect(faults(body.replace('cosine', 'cosinus'))).toHaveLength(1);
    expect(faults(body.replace('dimensions: 384, ', ''))).toHaveLength(1);
  });

  it('has no depth that overflows', () => {
    const deep = `name: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`;
    expect(faults(deep)).toEqual([expect.stringContaining('contract/yaml-too-deep')]);
  });

  it('is not expanded: an alias in an alias is refused, whatever it would grow to', () => {
    const lines = Array.from({ length: 30 }, (_, at) => `t${at + 1}: &t${at + 1} [*t${at}, *t${at}]`);
    const found = faults(`t0: &t0 [x]\n${lines.join('\n')}\n`);
    expect(found).toHaveLength(60);
    expect(found.every((fault) => fault.startsWith('contract/yaml-alias'))).toBe(true);
  });

  it('is read in time in proportion to its length, and has an end', () => {
    const started = performance.now();
    const keys = Array.from({ length: 40_000 }, (_, at) => `  k${at}: 1\n`).join('');
    expect(faults(`description:\n${keys}`)).toEqual([]);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(faults(`# ${'x'.repeat(5 << 20)}`)).toEqual([expect.stringContaining('contract/too-long')]);
  });

  it('may have a pattern that backtracks: it is read, never run', () => {
    const started = performance.now();
    expect(faults(property('logicalType: string\nlogicalTypeOptions: { pattern: "^(a+)+$" }'))).toEqual([]);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('may have 2,000 columns, and tells the fault in the last', () => {
    const columns = Array.from(
      { length: 2000 },
      (_, at) =>
        `      - name: c${at}\n        logicalType: number\n        logicalTypeOptions: { minimum: 0, maximum: ${at === 1999 ? '"x"' : at} }\n`,
    ).join('');
    const started = performance.now();
    const found = faults(`schema:\n  - name: t\n    properties:\n${columns}`);
    expect(found).toEqual([expect.stringMatching(/^contract\/wrong-type c\.yaml:6007:\d+ /)]);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('gives its own properties with their types and paths', () => {
    const { document } = readContract(
      `${HEAD}schema: [{ name: t, customProperties: [{ property: other, value: 1 }, { property: greenlight.quasiIdentifiers, value: [a, b] }] }]\n`,
      'c.yaml',
    );
    const table = document.schema?.[0] ?? { name: '' };
    expect(own(table, 'quasiIdentifiers')).toEqual(['a', 'b']);
    expect(ownPath(table, 'quasiIdentifiers')).toEqual(['customProperties', 1, 'value']);
    expect(own(table, 'groupKey')).toBeUndefined();
    expect(ownPath(table, 'groupKey')).toBeUndefined();
  });

  it('is shown by its page, which names every property of ours', () => {
    const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/contracts.md'), 'utf8');
    const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    const contract = readContract(example, 'docs/contracts.md');
    expect(contract.document.schema?.[0]?.properties).toHaveLength(3);
    expect(lintContract(contract)).toEqual([]);
    const table = [...page.matchAll(/^\| `greenlight\.(\w+)` +\| ([\w ]+?) +\|/gm)].map(
      ([, name, of]) => `${of}: ${name}`,
    );
    const known = Object.entries(OWN_PROPERTIES).flatMap(([of, names]) =>
      names.map((name) => `${of}: ${name}`),
    );
    expect(table).toEqual(known);
  });
});
