import { describe, expect, it } from 'vitest';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { readContract } from '../../core/formats/contract.ts';
import { lintContract } from '../../core/formats/contract-lint.ts';
import { formatPlace } from '../../core/kernel/place.ts';

const HEAD = 'apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\n';

function warnings(body: string): string[] {
  return lintContract(readContract(HEAD + body, 'c.yaml')).map(
    ({ code, message, place, mend }) =>
      `${code} ${place === undefined ? '' : formatPlace(place)} ${message} → ${mend}`,
  );
}

function table(lines: string): string {
  return `schema:\n  - name: t\n${lines.replaceAll(/^/gm, '    ')}\n`;
}

function property(lines: string): string {
  return table(`properties:\n  - name: a\n${lines.replaceAll(/^/gm, '    ')}`);
}

function quality(rule: string): string {
  return table(`quality: [{ metric: nullValues, ${rule} }]`);
}

describe('what can be read and not be meant', () => {
  it('is nothing in a sound contract', () => {
    expect(
      warnings(
        property(
          'logicalType: integer\nlogicalTypeOptions: { minimum: 0, maximum: 0 }\nquality: [{ metric: nullValues, mustBe: 0 }]',
        ),
      ),
    ).toEqual([]);
  });

  it('is an unknown key of a server, with the nearest one that its type has', () => {
    expect(
      warnings('servers: [{ server: s, type: local, path: p, format: csv, delimeter: ";", colour: red }]'),
    ).toEqual([
      expect.stringMatching(
        /^contract\/unknown-server-key c\.yaml:5:\d+ .*`delimeter`.* did you mean `delimiter`\?$/,
      ),
      expect.stringMatching(/^contract\/unknown-server-key .*`colour`.*customProperties/),
    ]);
    expect(
      warnings('servers: [{ server: s, type: local, path: p, format: csv, delimiter: ";", header: true }]'),
    ).toEqual([]);
    expect(warnings('servers: [{ server: s, type: kafka, host: h, delimiter: ";" }]')).toHaveLength(1);
  });

  it.each([
    [
      'a service level of a column',
      `slaProperties: [{ property: latency, value: 1, unit: d, element: t.b }]\n`,
    ],
    ['a service level of a table', `slaProperties: [{ property: availability, value: 1, element: u }]\n`],
    ['the default of service levels', 'slaDefaultElement: t.b\n'],
  ])('is %s that is not declared', (_, levels) => {
    expect(warnings(levels + property('logicalType: date'))).toEqual([
      expect.stringContaining('contract/dangling-reference'),
    ]);
  });

  it('is not an element that is declared', () => {
    expect(
      warnings(
        `slaProperties: [{ property: latency, value: 1, unit: d, element: "t.a, a, t" }]\n${property('logicalType: date')}`,
      ),
    ).toEqual([]);
  });

  it('is a property of ours or an encrypted one that is not declared', () => {
    const own = table(
      'customProperties: [{ property: greenlight.quasiIdentifiers, value: [a, birth] }, { property: greenlight.groupKey, value: birthh }]\nproperties: [{ name: a, encryptedName: b }, { name: birth }]',
    );
    expect(warnings(own)).toEqual([
      expect.stringMatching(/`birthh`.*did you mean `birth`\?$/),
      expect.stringMatching(/^contract\/dangling-reference .*`b`/),
    ]);
  });

  it.each([
    'mustBe: -1',
    'mustBeLessThan: 0',
    'mustBeGreaterThan: 100, unit: percent',
    'mustBeBetween: [-5, -1]',
    'mustBe: 0, customProperties: [{ property: greenlight.warnAt, value: { mustBe: -1 } }]',
  ])('is a rule that no data can keep: %s', (rule) => {
    expect(warnings(quality(rule)).map((warning) => warning.split(' ')[0])).toEqual(['contract/never-holds']);
  });

  it.each([
    'mustBeGreaterOrEqualTo: 0',
    'mustBeGreaterThan: -1',
    'mustNotBe: -1',
    'mustNotBeBetween: [-5, -1]',
    'mustBeLessOrEqualTo: 100, unit: percent',
    'mustBeBetween: [0, 100], unit: percent',
    'mustBe: 0, customProperties: [{ property: greenlight.warnAt, value: { mustBeGreaterOrEqualTo: 0 } }]',
  ])('is a rule that no data can break, which is never judged: %s', (rule) => {
    const body = property(`quality: [{ metric: nullValues, ${rule} }]`);
    const contract = readContract(HEAD + body, 'c.yaml');
    const checks = rulesOf(contract, 0, new Date(0)).map(({ check }) => check);
    expect(checks).toContainEqual({
      kind: 'unsupported',
      reason: expect.stringContaining('a threshold that no data can break'),
    });
  });

  it.each([
    'mustBe: 0',
    'mustBeGreaterThan: 0',
    'mustBeLessOrEqualTo: 100',
    'mustBeBetween: [0, 99], unit: percent',
  ])('is no rule like %s', (rule) => {
    expect(warnings(quality(rule))).toEqual([]);
  });

  it.each([
    ['number', '{ minimum: 2, maximum: 1 }', 'reversed-range'],
    ['number', '{ exclusiveMinimum: 1, maximum: 1 }', 'reversed-range'],
    ['date', "{ minimum: '2002-01-01', maximum: '2001-01-01' }", 'reversed-range'],
    ['string', '{ minLength: 3, maxLength: 2 }', 'reversed-range'],
    ['string', '{ minLength: 0 }', undefined],
    ['boolean', '{ minimum: 1 }', 'unread-option'],
    ['number', '{ minimum: 1, maximum: 1 }', undefined],
  ])('is a range of a %s with nothing in it: %s', (type, options, code) => {
    const codes = warnings(property(`logicalType: ${type}\nlogicalTypeOptions: ${options}`)).map(
      (warning) => warning.split(' ')[0],
    );
    expect(codes).toEqual(code === undefined ? [] : [`contract/${code}`]);
  });

  it('is the same in what is nested', () => {
    const nested = property(
      'logicalType: array\nitems: { logicalType: object, logicalTypeOptions: { required: [y] }, properties: [{ name: x, logicalType: string, logicalTypeOptions: { minLength: 2, maxLength: 1 } }] }',
    );
    expect(warnings(nested)).toEqual([
      expect.stringContaining('contract/dangling-reference'),
      expect.stringContaining('contract/reversed-range'),
    ]);
  });

  it('is two properties of one column, and a value that is there twice', () => {
    const twice = table(
      'properties: [{ name: a }, { name: b, physicalName: a }, { name: c, logicalType: integer, enum: [{ value: 1 }, { value: 1, label: one }] }]',
    );
    expect(warnings(twice).map((warning) => warning.split(' ')[0])).toEqual([
      'contract/same-column',
      'contract/same-value',
    ]);
  });
});
