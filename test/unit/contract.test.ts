import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readContract } from '../../core/formats/contract.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { formatPlace } from '../../core/kernel/place.ts';

const HEAD = 'apiVersion: v3.1.0\nkind: DataContract\nid: x\nversion: 1.0.0\n';

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

  const examples = path.resolve(import.meta.dirname, '../../../shared/odcs/examples');
  if (!existsSync(examples)) console.log("skipped: the standard's examples are not beside this repository");
  it.skipIf(!existsSync(examples))("takes the standard's examples", () => {
    const refused = readdirSync(examples).flatMap((name) => {
      try {
        readContract(readFileSync(path.join(examples, name), 'utf8'), name);
        return [];
      } catch (thrown) {
        return userErrors(thrown).map(
          (error) => `${name}:${error.place?.line} ${error.code} ${error.message}`,
        );
      }
    });
    expect(refused).toEqual([]);
  });
});
