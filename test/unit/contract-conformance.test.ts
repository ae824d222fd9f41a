import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2019, type ValidateFunction } from 'ajv/dist/2019.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type Contract, checkContract, readContract } from '../../core/formats/contract.ts';
import { lintContract } from '../../core/formats/contract-lint.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { FULL } from './contract-full.ts';

const shared = path.resolve(import.meta.dirname, '../../../shared/odcs');
const absent = !existsSync(shared);
if (absent) console.log("skipped: the standard's schemas and examples are not beside this repository");

/** Why ours and the standard's schema 3.2.0 disagree on a mutant: a pattern over its name, and what ours says. */
const DIFFERENCES: readonly {
  readonly mutant: RegExp;
  readonly ours: 'accepts' | 'refuses';
  readonly why: string;
}[] = [
  {
    mutant: /^servers\.\d+: unknown key$/,
    ours: 'accepts',
    why: 'an unknown key of a server is a warning of `contract check`: teams keep options of their readers there',
  },
  {
    mutant: /: without logicalType$/,
    ours: 'accepts',
    why: 'by a slip the schema 3.2.0 asks for `map` wherever `logicalType` is left out; 3.0 and 3.1 do not, nor does the text',
  },
  {
    mutant: /^schema\.0\.properties\.9: without logicalType$/,
    ours: 'refuses',
    why: 'the same slip: `map` goes with `logicalType: map` alone',
  },
  {
    mutant: /\.arguments\.validValues: wrong type$/,
    ours: 'refuses',
    why: "the schema leaves a metric's arguments open, the text says that these are lists",
  },
];

interface Mutant {
  /** `schema.0.name: wrong type`. */
  readonly name: string;
  readonly value: unknown;
}

/** Every value replaced by one of another type and by a word, every key taken out, every object given a key that is none. */
function* mutants(root: unknown): Generator<Mutant> {
  for (const [steps, value] of nodes(root, [])) {
    const name = steps.join('.') || '(root)';
    const put = (replacement: unknown): unknown => replaced(root, steps, replacement);
    yield { name: `${name}: wrong type`, value: put(Array.isArray(value) ? 7 : [[]]) };
    if (typeof value === 'string') {
      yield { name: `${name}: a number`, value: put(7) };
      yield { name: `${name}: another word`, value: put('bananas !') };
    } else if (typeof value === 'number' || typeof value === 'boolean') {
      yield { name: `${name}: a text`, value: put('x') };
    }
    if (typeof value === 'number') yield { name: `${name}: below zero`, value: put(-1.5) };
    if (Array.isArray(value)) yield { name: `${name}: empty`, value: put([]) };
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      yield { name: `${name}: unknown key`, value: put({ ...value, zebra: 1 }) };
      for (const key of Object.keys(value)) {
        const { [key]: _, ...rest } = value as Record<string, unknown>;
        yield { name: `${name}: without ${key}`, value: put(rest) };
      }
    }
  }
}

type Steps = readonly (string | number)[];

function* nodes(value: unknown, steps: Steps): Generator<readonly [Steps, unknown]> {
  yield [steps, value];
  if (typeof value !== 'object' || value === null) return;
  const parts = Array.isArray(value) ? value.entries() : Object.entries(value);
  for (const [step, part] of parts) yield* nodes(part, [...steps, step]);
}

function replaced(value: unknown, [step, ...rest]: Steps, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[step] = replaced(copy[step], rest, replacement);
  return copy;
}

function read(value: unknown): Contract {
  return checkContract({ file: 'c.yaml', value, placeOf: () => ({ file: 'c.yaml' }) });
}

function oursAccepts(value: unknown): boolean {
  try {
    read(value);
    return true;
  } catch (thrown) {
    if (userErrors(thrown).length === 0) throw thrown;
    return false;
  }
}

/** A version of the standard's schema. Dates and addresses are annotations in its draft of JSON Schema. */
function standard(version: string): ValidateFunction {
  return new Ajv2019({ strict: false, validateFormats: false }).compile(schema(version));
}

function schema(version: string): object {
  return JSON.parse(readFileSync(path.join(shared, `schema/odcs-json-schema-v${version}.json`), 'utf8'));
}

const ADDED_IN_32 = ['context', 'synonyms', 'enum', 'semanticType', 'workgroup', 'map'];

/** A contract without some keys, and without the properties that are of type map. */
function without(value: unknown, keys: readonly string[]): unknown {
  if (Array.isArray(value))
    return value.filter((one) => one?.logicalType !== 'map').map((one) => without(one, keys));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(kept.map(([key, part]) => [key, without(part, keys)]));
}

/** The names of all properties that a JSON Schema knows. */
function propertyNames(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties' && !Array.isArray(value)) {
      for (const name of Object.keys(value)) found.add(name);
      for (const part of Object.values(value)) propertyNames(part, found);
    } else propertyNames(value, found);
  }
  return found;
}

describe.skipIf(absent)('our reading of contracts against the standard', () => {
  const folder = path.join(shared, 'examples');
  const newest = absent ? undefined : standard('3.2.0');
  it.each(absent ? [] : readdirSync(folder))('takes the example %s', (name) => {
    const text = readFileSync(path.join(folder, name), 'utf8');
    expect(() => readContract(text, name)).not.toThrow();
    expect(newest?.(parse(text))).toBe(true);
  });

  it('is tried with every key that the standard has', () => {
    const used = new Set([...nodes(FULL, [])].map(([steps]) => String(steps.at(-1))));
    expect([...propertyNames(schema('3.2.0'))].filter((name) => !used.has(name))).toEqual([]);
  });

  it('knows every key that the standard has for a server', () => {
    const codes = lintContract(read(FULL)).map(({ code }) => code);
    expect(codes).not.toContain('contract/unknown-server-key');
  });

  it('takes and refuses what the standard takes and refuses, but for the differences listed', () => {
    expect(newest?.(FULL), JSON.stringify(newest?.errors)).toBe(true);
    expect(oursAccepts(FULL)).toBe(true);
    const used = new Set<RegExp>();
    let refused = 0;
    const unexplained: string[] = [];
    for (const { name, value } of mutants(FULL)) {
      const [theirs, ours] = [newest?.(value), oursAccepts(value)];
      if (!theirs && !ours) refused++;
      if (theirs === ours) continue;
      const side = ours ? 'accepts' : 'refuses';
      const known = DIFFERENCES.find(
        (difference) => difference.ours === side && difference.mutant.test(name),
      );
      if (known === undefined) unexplained.push(`${name}: ours ${side}`);
      else used.add(known.mutant);
    }
    expect(unexplained).toEqual([]);
    expect(DIFFERENCES.filter(({ mutant }) => !used.has(mutant))).toEqual([]);
    expect(refused).toBeGreaterThan(1000);
  });

  it('takes what version 3.1.0 takes', () => {
    const takes = standard('3.1.0');
    const older = { ...(without(FULL, ADDED_IN_32) as object), apiVersion: 'v3.1.0' };
    expect(takes(older), JSON.stringify(takes.errors)).toBe(true);
    const refused = [...mutants(older)]
      .filter(({ value }) => takes(value) && !oursAccepts(value))
      .map(({ name }) => name);
    // `items` without `logicalType: array` says nothing, and that schema lets it stand.
    expect(refused.filter((name) => !/validValues: wrong type$|: without logicalType$/.test(name))).toEqual(
      [],
    );
  });
});
