import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../actions/validate-data/compatibility/change.ts';
import { compare } from '../../actions/validate-data/compatibility/compare.ts';
import { KINDS } from '../../actions/validate-data/compatibility/kinds.ts';
import { type Contract, type DataContract, readContract } from '../../core/formats/contract.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Document = { [key: string]: Json };

/** A contract that uses nearly all that the standard has. */
function full(): Document {
  return {
    apiVersion: 'v3.2.0',
    kind: 'DataContract',
    id: 'contract-1',
    version: '1.2.3',
    status: 'active',
    name: 'Flights',
    domain: 'operations',
    tags: ['a'],
    description: { purpose: 'train' },
    servers: [
      { server: 'files', type: 'local', path: 'data/*.csv', format: 'csv', description: 'here' },
      { server: 'warehouse', type: 'postgres', host: 'db', port: 5432, database: 'd', schema: 's' },
    ],
    schema: [
      {
        name: 'flights',
        physicalName: 'FLIGHTS',
        physicalType: 'table',
        description: 'One row a flight.',
        customProperties: [
          { property: 'greenlight.extraColumns', value: 'ignore' },
          { property: 'greenlight.quasiIdentifiers', value: ['origin', 'note'] },
          { property: 'greenlight.groupKey', value: 'origin' },
          { property: 'team.note', value: 'x', description: 'y' },
        ],
        quality: [
          { metric: 'rowCount', mustBeGreaterThan: 100 },
          { type: 'sql', name: 'no holes', query: 'select count(*) from {object}', mustBe: 0 },
          { type: 'text', description: 'in words' },
          {
            metric: 'duplicateValues',
            arguments: { properties: ['id', 'note'] },
            mustBe: 0,
            severity: 'info',
          },
        ],
        relationships: [{ from: ['flights.origin', 'flights.note'], to: ['airports.code', 'airports.name'] }],
        properties: [
          { name: 'id', logicalType: 'integer', primaryKey: true, primaryKeyPosition: 1, required: true },
          {
            name: 'delay',
            id: 'delay-id',
            logicalType: 'integer',
            physicalType: 'INT',
            unique: true,
            logicalTypeOptions: { minimum: -60, maximum: 600, multipleOf: 2, format: 'i32' },
            customProperties: [{ property: 'unit', value: 'minutes' }],
            quality: [
              { metric: 'nullValues', mustBeLessThan: 5, unit: 'percent', id: 'nulls' },
              { metric: 'invalidValues', arguments: { validValues: [1, 2] }, mustBe: 0 },
            ],
          },
          {
            name: 'origin',
            logicalType: 'string',
            required: true,
            classification: 'internal',
            encryptedName: 'origin_enc',
            tags: ['t'],
            examples: ['ABC'],
            logicalTypeOptions: { minLength: 3, maxLength: 3, pattern: '^[A-Z]+$' },
            enum: [{ value: 'ABC', label: 'first' }, { value: 'DEF' }],
            relationships: [{ to: 'airports.code' }],
            customProperties: [{ property: 'greenlight.masking', value: 'hashed' }],
          },
          {
            name: 'note',
            logicalType: 'string',
            transformLogic: 'trim(raw)',
            semanticType: 'dimension',
            logicalTypeOptions: { format: 'email' },
          },
          {
            name: 'at',
            logicalType: 'timestamp',
            logicalTypeOptions: { minimum: '2001-01-01T00:00:00Z', exclusiveMaximum: '2002-01-01T00:00:00Z' },
          },
          {
            name: 'legs',
            logicalType: 'array',
            logicalTypeOptions: { minItems: 1, maxItems: 9, uniqueItems: true },
            items: {
              logicalType: 'object',
              logicalTypeOptions: { required: ['stop'] },
              properties: [{ name: 'stop', logicalType: 'string', logicalTypeOptions: { maxLength: 5 } }],
            },
          },
          {
            name: 'tariff',
            logicalType: 'map',
            map: {
              key: { logicalType: 'string' },
              value: { logicalType: 'number', logicalTypeOptions: { minimum: 0 } },
            },
          },
          {
            name: 'place',
            logicalType: 'object',
            properties: [{ name: 'zone', logicalType: 'time', required: true }],
          },
        ],
      },
      {
        name: 'airports',
        id: 'airports-id',
        properties: [
          { name: 'code', logicalType: 'string', primaryKey: true },
          { name: 'name', logicalType: 'string' },
        ],
      },
    ],
    slaProperties: [
      { property: 'latency', value: 4, unit: 'h', element: 'flights.at' },
      { property: 'availability', value: '99.9%' },
      { property: 'retention', value: 3, unit: 'y' },
    ],
  };
}

const copy = <T>(value: T): T => structuredClone(value);

/** A contract without its text: places are all the file's. */
function contractOf(document: unknown, file = 'c.yaml'): Contract {
  return { file, document: document as DataContract, placeOf: () => ({ file }) };
}

const seen = new Set<string>();

function changesBetween(old: unknown, next: unknown): readonly Change[] {
  const changes = compare(contractOf(old), contractOf(next));
  for (const { kind } of changes) seen.add(kind);
  return changes;
}

/** What changes when `edit` is made to one column `x` of a table `t`. */
function column(old: object, next: object): string[] {
  const contract = (property: object): object => ({
    version: '1.0.0',
    schema: [{ name: 't', properties: [{ name: 'x', ...property }] }],
  });
  return changesBetween(contract(old), contract(next)).map(({ path, kind }) => `${path} ${kind}`);
}

const breaks = (changes: readonly Change[], side: 'producer' | 'consumer'): boolean =>
  changes.some((change) => change[side] === 'breaking');

describe('the full contract of these tests', () => {
  it('is one', () => {
    expect(readContract(JSON.stringify(full()), 'full.json').document.schema).toHaveLength(2);
  });
});

describe('every edit is named', () => {
  it('and nothing else: a contract has no change against itself', () => {
    expect(changesBetween(full(), full())).toEqual([]);
  });

  it.each(readExamples())('nor has %s of the standard', (_, text) => {
    const contract = readContract(text, 'example.yaml');
    expect(compare(contract, contract)).toEqual([]);
  });

  it('and the order of named things is none', () => {
    const reordered = full();
    const turn = (value: Json): void => {
      if (Array.isArray(value)) for (const one of value) turn(one);
      if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
      for (const key of [
        'schema',
        'properties',
        'quality',
        'servers',
        'slaProperties',
        'enum',
        'relationships',
        'customProperties',
      ]) {
        const list = value[key];
        if (Array.isArray(list)) list.reverse();
      }
      for (const [key, one] of Object.entries(value)) if (key !== 'arguments') turn(one);
    };
    turn(reordered);
    expect(changesBetween(full(), reordered)).toEqual([]);
  });

  it('wherever it is', () => {
    const edits = allEdits(full());
    expect(edits.length).toBeGreaterThan(300);
    for (const { document, about, told } of edits) {
      const changes = changesBetween(full(), document);
      expect(changes.length, told).toBeGreaterThan(0);
      const named = changes.some(({ path: at }) => at.startsWith(about));
      expect(named, `${told}: ${changes.map((change) => change.path).join(', ')}`).toBe(true);
      expect(changesBetween(document, full()).length, `${told}, backwards`).toBeGreaterThan(0);
    }
  });
});

describe('an empty list', () => {
  it.each(['servers', 'slaProperties', 'customProperties'])('%s of a contract is told from none', (key) => {
    expect(changesBetween({}, { [key]: [] })).toMatchObject([{ path: key, kind: 'words-changed' }]);
    expect(changesBetween({ [key]: [] }, {})).toMatchObject([{ path: key, kind: 'words-changed' }]);
  });
  it.each(['quality', 'relationships', 'customProperties'])('%s of a table is told from none', (key) => {
    const [none, empty] = [{ schema: [{ name: 't' }] }, { schema: [{ name: 't', [key]: [] }] }];
    expect(changesBetween(none, empty)).toMatchObject([{ path: `t.${key}`, kind: 'words-changed' }]);
    expect(changesBetween(empty, none)).toMatchObject([{ path: `t.${key}`, kind: 'words-changed' }]);
  });
  it.each(['properties', 'quality', 'relationships', 'customProperties'])(
    '%s of a column is told from none',
    (key) => {
      expect(column({}, { [key]: [] })).toEqual([`t.x.${key} words-changed`]);
      expect(column({ [key]: [] }, {})).toEqual([`t.x.${key} words-changed`]);
    },
  );
});

describe('two edits', () => {
  it('are never taken for one contract', () => {
    const edits = allEdits(full());
    const one = fc.constantFrom(...edits);
    fc.assert(
      fc.property(one, one, (a, b) => {
        fc.pre(JSON.stringify(a.document) !== JSON.stringify(b.document));
        expect(changesBetween(a.document, b.document).length, `${a.told}, ${b.told}`).toBeGreaterThan(0);
      }),
      { numRuns: 300 },
    );
  });
});

interface Edit {
  readonly document: Document;
  /** What the path of the change begins with. */
  readonly about: string;
  readonly told: string;
}

/** All single edits of a document: each value changed, each member removed, an unknown member added to each object. */
function allEdits(document: Document): Edit[] {
  const edits: Edit[] = [];
  const add = (
    path: (string | number)[],
    about: string,
    told: string,
    edit: (owner: never, key: never) => void,
  ): void => {
    const edited = copy(document);
    let owner: Json = edited;
    for (const step of path.slice(0, -1)) owner = (owner as never)[step];
    edit(owner as never, path.at(-1) as never);
    edits.push({ document: edited, about, told: `${path.join('.')} ${told}` });
  };
  const walk = (value: Json, at: (string | number)[], about: string): void => {
    if (at.length > 0 && at[0] !== 'version') {
      // What the standard asks for can't be removed.
      if (!['name', 'server', 'property', 'to'].includes(String(at.at(-1))))
        add(at, ownerOf(about, at), 'removed', (owner: Json[] | Document, key: never) => {
          if (Array.isArray(owner)) owner.splice(key, 1);
          else delete owner[key];
        });
      const other = otherValue(value);
      if (other !== undefined)
        add(at, ownerOf(about, at), 'changed', (owner: Record<string, Json>, key: never) => {
          owner[key] = other;
        });
    }
    if (typeof value !== 'object' || value === null) return;
    for (const [key, one] of Object.entries(value)) {
      const step = Array.isArray(value) ? Number(key) : key;
      walk(one as Json, [...at, step], nameOf(one as Json, about, at, step));
    }
  };
  walk(document, [], '');
  return edits;
}

/** The path of a named table or property; anything else belongs to what it stands in. */
function nameOf(
  value: Json,
  about: string,
  owner: readonly (string | number)[],
  step: string | number,
): string {
  if (step === 'items' || step === 'map' || owner.at(-1) === 'map') return `${about}.${step}`;
  const named = ['schema', 'properties'].includes(String(owner.at(-1)));
  if (!named || typeof value !== 'object' || value === null || Array.isArray(value)) return about;
  return about === '' ? String(value['name']) : `${about}.${value['name']}`;
}

/** A name that was edited is told under the new one, a key is the table's: what is sure is the owner. */
function ownerOf(about: string, at: readonly (string | number)[]): string {
  const isName =
    ['name', 'primaryKey', 'primaryKeyPosition'].includes(String(at.at(-1))) ||
    ['schema', 'properties'].includes(String(at.at(-2)));
  return isName ? about.split('.').slice(0, -1).join('.') : about;
}

function otherValue(value: Json): Json | undefined {
  if (typeof value === 'number') return value + 1;
  if (typeof value === 'string') return `${value}x`;
  if (typeof value === 'boolean') return !value;
  return undefined;
}

function readExamples(): [string, string][] {
  const folder = path.resolve(import.meta.dirname, '../../examples/flight-delay/contracts');
  return [['flights.odcs.yaml', readFileSync(path.join(folder, 'flights.odcs.yaml'), 'utf8')]];
}

// --- one column against brute force -----------------------------------------------------------------------------------

interface OneColumn {
  readonly logicalType: 'integer' | 'number' | 'string';
  readonly required?: boolean;
  readonly enum?: readonly { readonly value: number | string }[];
  readonly logicalTypeOptions?: Readonly<Record<string, number>>;
}

const bound = fc.integer({ min: -8, max: 8 }).map((half) => half / 2);

function optionsOf(
  keys: readonly string[],
  values: fc.Arbitrary<number>,
): fc.Arbitrary<Record<string, number>> {
  return fc
    .record(Object.fromEntries(keys.map((key) => [key, values])), { requiredKeys: [] })
    .map((options) => options as Record<string, number>);
}

const numbers: fc.Arbitrary<OneColumn> = fc.record(
  {
    logicalType: fc.constantFrom('integer' as const, 'number' as const),
    required: fc.boolean(),
    enum: fc
      .uniqueArray(fc.integer({ min: -3, max: 3 }), { minLength: 1 })
      .map((all) => all.map((value) => ({ value }))),
    logicalTypeOptions: optionsOf(['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'], bound),
  },
  { requiredKeys: ['logicalType'] },
);

const texts: fc.Arbitrary<OneColumn> = fc.record(
  {
    logicalType: fc.constant('string' as const),
    required: fc.boolean(),
    enum: fc
      .uniqueArray(fc.constantFrom('', 'a', 'bb', 'ccc'), { minLength: 1 })
      .map((all) => all.map((value) => ({ value }))),
    logicalTypeOptions: optionsOf(['minLength', 'maxLength'], fc.nat(4)),
  },
  { requiredKeys: ['logicalType'] },
);

const NUMBERS = Array.from({ length: 41 }, (_, index) => (index - 20) / 4);
const TEXTS = ['', 'a', 'x', 'bb', 'yy', 'ccc', 'zzz', 'dddd', 'eeeee'];

/** Whether a cell keeps what one column says: written apart from the code that compares. */
function keeps(
  cell: number | string | null,
  { logicalType, required, enum: set, logicalTypeOptions = {} }: OneColumn,
): boolean {
  if (cell === null) return required !== true;
  if (set !== undefined && !set.some(({ value }) => value === cell)) return false;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength } = logicalTypeOptions;
  if (typeof cell === 'string') return cell.length >= (minLength ?? 0) && cell.length <= (maxLength ?? 99);
  if (logicalType === 'integer' && !Number.isInteger(cell)) return false;
  if (minimum !== undefined && cell < minimum) return false;
  if (maximum !== undefined && cell > maximum) return false;
  if (exclusiveMinimum !== undefined && cell <= exclusiveMinimum) return false;
  return exclusiveMaximum === undefined || cell < exclusiveMaximum;
}

function columnChanges(old: OneColumn, next: OneColumn): readonly Change[] {
  const of = (property: OneColumn): object => ({
    schema: [{ name: 't', properties: [{ name: 'x', ...property }] }],
  });
  return changesBetween(of(old), of(next));
}

describe('the classes of changes', () => {
  it.each([
    ['numbers', numbers, [...NUMBERS, null]],
    ['texts', texts, [...TEXTS, null]],
  ] as const)('never call compatible what breaks: every cell, on %s', (_, columns, cells) => {
    fc.assert(
      fc.property(columns, columns, (old, next) => {
        const changes = columnChanges(old, next);
        const lost = cells.filter((cell) => keeps(cell, old) && !keeps(cell, next));
        const won = cells.filter((cell) => keeps(cell, next) && !keeps(cell, old));
        if (lost.length > 0) expect(breaks(changes, 'producer')).toBe(true);
        if (won.length > 0) expect(breaks(changes, 'consumer')).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('do not cry wolf: one edit of a bound breaks only where a cell tells them apart', () => {
    const key = fc.constantFrom('minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum');
    const type = fc.constantFrom('integer' as const, 'number' as const);
    fc.assert(
      fc.property(type, key, fc.option(bound), key, fc.option(bound), (logicalType, was, from, is, to) => {
        const one = (name: string, value: number | null): OneColumn => ({
          logicalType,
          ...(value === null ? {} : { logicalTypeOptions: { [name]: value } }),
        });
        const [old, next] = [one(was, from), one(is, to)];
        const changes = columnChanges(old, next);
        const cells = NUMBERS;
        expect(breaks(changes, 'producer')).toBe(
          cells.some((cell) => keeps(cell, old) && !keeps(cell, next)),
        );
        expect(breaks(changes, 'consumer')).toBe(
          cells.some((cell) => keeps(cell, next) && !keeps(cell, old)),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['numbers', numbers],
    ['texts', texts],
  ] as const)('mirror each other: what tightens forwards loosens backwards, on %s', (_, columns) => {
    fc.assert(
      fc.property(columns, columns, (old, next) => {
        const [forwards, backwards] = [columnChanges(old, next), columnChanges(next, old)];
        expect(breaks(forwards, 'producer')).toBe(breaks(backwards, 'consumer'));
        expect(breaks(forwards, 'consumer')).toBe(breaks(backwards, 'producer'));
      }),
      { numRuns: 500 },
    );
  });
});

describe('a column', () => {
  it.each([
    [{ required: true }, {}, ['t.x.required became-optional']],
    [{ primaryKey: true }, { primaryKey: true, required: true }, ['t.x.required words-changed']],
    [{ unique: true }, { primaryKey: true }, ['t.primaryKey key-declared', 't.x.unique words-changed']],
    [{ logicalType: 'integer' }, { logicalType: 'number' }, ['t.x.logicalType type-widened']],
    [{ logicalType: 'integer' }, { logicalType: 'string' }, ['t.x.logicalType type-changed']],
    [
      { logicalType: 'integer', logicalTypeOptions: { minimum: 1 } },
      { logicalType: 'integer', logicalTypeOptions: { exclusiveMinimum: 0 } },
      ['t.x.exclusiveMinimum words-changed'],
    ],
    [
      { logicalType: 'date', logicalTypeOptions: { minimum: '2001-01-01' } },
      { logicalType: 'date', logicalTypeOptions: { minimum: '2000-12-31' } },
      ['t.x.minimum minimum-lowered'],
    ],
    [
      { logicalType: 'timestamp', logicalTypeOptions: { maximum: '2001-01-01T12:00:00+02:00' } },
      { logicalType: 'timestamp', logicalTypeOptions: { maximum: '2001-01-01 10:00' } },
      ['t.x.maximum words-changed'],
    ],
    [
      { logicalType: 'time', logicalTypeOptions: { maximum: '09:00' } },
      { logicalType: 'time', logicalTypeOptions: { maximum: '09:00:00.1' } },
      ['t.x.maximum maximum-raised'],
    ],
    [
      { logicalType: 'date', logicalTypeOptions: { format: 'dd.MM.yyyy', minimum: '01.02.2001' } },
      { logicalType: 'date', logicalTypeOptions: { format: 'dd.MM.yyyy', minimum: '02.01.2001' } },
      ['t.x.minimum bound-changed'],
    ],
    [
      { logicalType: 'date', logicalTypeOptions: { format: 'dd.MM.yyyy' } },
      { logicalType: 'date', logicalTypeOptions: { format: 'dd.MM.yyyy', maximum: '02.01.2001' } },
      ['t.x.maximum maximum-lowered'],
    ],
    [
      { logicalTypeOptions: { multipleOf: 0.1 } },
      { logicalTypeOptions: { multipleOf: 0.3 } },
      ['t.x.multipleOf multiple-tightened'],
    ],
    [
      { logicalType: 'integer' },
      { logicalType: 'integer', logicalTypeOptions: { format: 'i64' } },
      ['t.x.format words-changed'],
    ],
    [
      { logicalType: 'integer' },
      { logicalType: 'integer', logicalTypeOptions: { format: 'i32' } },
      ['t.x.format format-tightened'],
    ],
    [
      { logicalType: 'string' },
      { logicalType: 'string', logicalTypeOptions: { format: 'email' } },
      ['t.x.format format-tightened'],
    ],
    [
      { logicalTypeOptions: { format: 'u8' } },
      { logicalTypeOptions: { format: 'i16' } },
      ['t.x.format format-loosened'],
    ],
    [
      { logicalTypeOptions: { format: 'u8' } },
      { logicalTypeOptions: { format: 'i8' } },
      ['t.x.format format-changed'],
    ],
    [
      { logicalTypeOptions: { required: ['a', 'b'] } },
      { logicalTypeOptions: { required: ['b', 'c'] } },
      ['t.x.required.c became-required', 't.x.required.a became-optional'],
    ],
    [
      { classification: 'PII' },
      { classification: 'restricted' },
      ['t.x.classification classification-lowered'],
    ],
    [{ classification: 'pii' }, { classification: 'Personal' }, ['t.x.classification words-changed']],
    [{}, { classification: 'special-category' }, ['t.x.classification classification-raised']],
    [{ classification: 'public' }, {}, ['t.x.classification classification-lowered']],
    [
      { classification: 'tier-2' },
      { classification: 'public' },
      ['t.x.classification classification-unclear'],
    ],
    [{}, { classification: 'public' }, ['t.x.classification classification-declared']],
    [{}, { deprecated: true }, ['t.x.deprecated deprecation-changed']],
    [{}, { partitioned: true }, ['t.x.partitioned layout-changed']],
    [{ partitioned: false }, {}, ['t.x.partitioned words-changed']],
    [{}, { logicalTypeOptions: {} }, ['t.x.logicalTypeOptions words-changed']],
    [{ logicalTypeOptions: {} }, {}, ['t.x.logicalTypeOptions words-changed']],
    [{ items: { logicalTypeOptions: {} } }, { items: {} }, ['t.x.items.logicalTypeOptions words-changed']],
    [{ items: {} }, {}, ['t.x.items nested-dropped']],
    [
      { logicalTypeOptions: { timezone: true, defaultTimezone: 'Etc/UTC' } },
      { logicalTypeOptions: { defaultTimezone: 'Europe/Paris' } },
      ['t.x.defaultTimezone time-zone-changed', 't.x.timezone time-zone-changed'],
    ],
    [
      { logicalType: 'vector', logicalTypeOptions: { dimensions: 384 } },
      { logicalType: 'vector', logicalTypeOptions: { dimensions: 768 } },
      ['t.x.dimensions vector-changed'],
    ],
    [{ physicalName: 'X' }, { physicalName: 'x' }, ['t.x.physicalName physical-name-changed']],
    [{}, { physicalName: 'x' }, ['t.x.physicalName words-changed']],
    [
      { customProperties: [{ property: 'unit', value: 'mile' }] },
      { customProperties: [{ property: 'unit', value: 'km' }] },
      ['t.x.unit unit-changed'],
    ],
    [{ enum: [{ value: 'a' }] }, { enum: [{ value: 'a' }, { value: null }] }, ['t.x.enum words-changed']],
    [
      { enum: [{ value: 'a' }, { value: 1 }] },
      { enum: [{ value: 'a' }, { value: '1' }] },
      ['t.x.enum enum-values-added', 't.x.enum enum-values-removed'],
    ],
  ])('%o → %o', (old, next, expected) => {
    expect(column(old, next)).toEqual(expected);
  });

  it('that is renamed keeps its history by id, and its data by physicalName', () => {
    const table = (...properties: object[]): object => ({ schema: [{ name: 't', properties }] });
    const kinds = (old: object, next: object): string[] =>
      changesBetween(old, next).map(({ path, kind }) => `${path} ${kind}`);
    expect(kinds(table({ id: '1', name: 'a' }), table({ id: '1', name: 'b' }))).toEqual([
      't.b property-renamed',
    ]);
    expect(
      kinds(
        table({ id: '1', name: 'a', physicalName: 'p' }),
        table({ id: '1', name: 'b', physicalName: 'p' }),
      ),
    ).toEqual(['t.b property-relabelled']);
    expect(
      kinds(
        table({ id: '1', name: 'a' }, { id: '2', name: 'b' }),
        table({ id: '1', name: 'b' }, { id: '2', name: 'a' }),
      ),
    ).toEqual(['t.b property-renamed', 't.a property-renamed']);
    expect(kinds(table({ name: 'a' }), table({ name: 'b' }))).toEqual([
      't.b property-added',
      't.a property-removed',
    ]);
    expect(
      kinds(table({ id: '1', name: 'a', primaryKey: true }), table({ id: '1', name: 'b', primaryKey: true })),
    ).toEqual(['t.b property-renamed']);
  });

  it('is added or removed with regard to extra columns', () => {
    const table = (extra: string, ...properties: object[]): object => ({
      schema: [
        { name: 't', customProperties: [{ property: 'greenlight.extraColumns', value: extra }], properties },
      ],
    });
    const kinds = (extra: string, old: object[], next: object[]): string[] =>
      changesBetween(table(extra, ...old), table(extra, ...next)).map(({ kind }) => kind);
    const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c', required: true }];
    expect(kinds('warn', [a], [a, b, c])).toEqual(['property-added', 'required-property-added']);
    expect(kinds('fail', [a], [a, b, c])).toEqual([
      'property-added-to-closed-table',
      'required-property-added-to-closed-table',
    ]);
    expect(kinds('warn', [a, b], [a])).toEqual(['property-removed']);
    expect(kinds('fail', [a, b], [a])).toEqual(['property-removed-from-closed-table']);
  });

  it('that is not declared is met as the table says', () => {
    const kinds = (from: string | undefined, to: string | undefined): string[] => {
      const table = (value: string | undefined): object => ({
        schema: [
          { name: 't', ...(value && { customProperties: [{ property: 'greenlight.extraColumns', value }] }) },
        ],
      });
      return changesBetween(table(from), table(to)).map(({ path, kind }) => `${path} ${kind}`);
    };
    const at = 't.greenlight.extraColumns';
    expect(kinds('warn', 'fail')).toEqual([`${at} extra-columns-forbidden`]);
    expect(kinds('fail', undefined)).toEqual([`${at} extra-columns-allowed`]);
    expect(kinds(undefined, 'ignore')).toEqual([`${at} extra-columns-warning-changed`]);
    expect(kinds(undefined, 'warn')).toEqual([`${at} words-changed`]);
  });

  it('of the key is compared as part of the key', () => {
    const table = (...keys: [string, number][]): object => ({
      schema: [
        {
          name: 't',
          properties: ['a', 'b'].map((name) => {
            const at = keys.find(([key]) => key === name)?.[1];
            return at === undefined ? { name } : { name, primaryKey: true, primaryKeyPosition: at };
          }),
        },
      ],
    });
    const kinds = (old: object, next: object): string[] => changesBetween(old, next).map(({ kind }) => kind);
    expect(kinds(table(), table(['a', 1]))).toEqual(['key-declared']);
    expect(kinds(table(['a', 1]), table())).toEqual(['key-dropped']);
    expect(kinds(table(['a', 1]), table(['a', 1], ['b', 2]))).toEqual(['key-changed']);
    expect(kinds(table(['a', 1], ['b', 2]), table(['a', 2], ['b', 1]))).toEqual(['key-reordered']);
    expect(kinds(table(['a', 1], ['b', 2]), table(['a', 3], ['b', 4]))).toEqual([
      'words-changed',
      'words-changed',
    ]);
  });
});

describe('quality rules', () => {
  const rules = (old: object[], next: object[]): string[] => {
    const table = (quality: object[]): object => ({ schema: [{ name: 't', quality }] });
    return changesBetween(table(old), table(next)).map(({ path, kind }) => `${path} ${kind}`);
  };
  const rows = (rule: object): object => ({ metric: 'rowCount', ...rule });
  const bad = (validValues: unknown[], rule: object = { mustBe: 0 }): object => ({
    metric: 'invalidValues',
    arguments: { validValues },
    ...rule,
  });

  const missing = (missingValues: unknown[]): object => ({
    metric: 'missingValues',
    arguments: { missingValues },
    mustBe: 0,
  });

  it.each([
    [[rows({ mustBeGreaterThan: 5 })], [rows({ mustBeGreaterOrEqualTo: 6 })], ['words-changed']],
    [[rows({ mustBeGreaterThan: 5 })], [rows({ mustBeGreaterThan: 6 })], ['quality-rule-tightened']],
    [[rows({ mustBeBetween: [1, 9] })], [rows({ mustBeBetween: [1, 10] })], ['quality-rule-loosened']],
    [[rows({ mustBeBetween: [1, 9] })], [rows({ mustBeBetween: [2, 10] })], ['quality-rule-changed']],
    [[rows({ mustNotBe: 0 })], [rows({ mustBeGreaterThan: 0 })], ['words-changed']],
    [[rows({ mustBeLessThan: 0.5 })], [rows({ mustBe: 0 })], ['words-changed']],
    [[rows({ mustBe: 3 })], [rows({ mustBe: 3, severity: 'low' })], ['quality-rule-loosened']],
    [[rows({ mustBe: 3, severity: 'low' })], [rows({ mustBe: 4 })], ['quality-rule-tightened']],
    [
      [rows({ mustBe: 3, severity: 'low' })],
      [rows({ mustBe: 4, severity: 'info' })],
      ['quality-warning-changed'],
    ],
    [[rows({ mustBe: 3 })], [rows({ mustBe: 3, type: 'library', unit: 'rows' })], ['words-changed']],
    [[rows({ mustBe: 3, unit: 'percent' })], [rows({ mustBe: 3 })], ['quality-rule-changed']],
    [[bad(['a'])], [bad(['a', 'b'])], ['quality-rule-loosened']],
    [[bad(['a', 'b'])], [bad(['a'])], ['quality-rule-tightened']],
    [[bad(['a', 'b'], { mustBe: 3 })], [bad(['a'], { mustBe: 3 })], ['quality-rule-changed']],
    [[missing(['n/a'])], [missing(['n/a', '-'])], ['quality-rule-tightened']],
    [[missing(['', null, 'n/a'])], [{ metric: 'missingValues', mustBe: 0 }], ['quality-rule-loosened']],
    [[], [rows({ mustBe: 3 })], ['quality-rule-added']],
    [[], [rows({ mustBe: 3, severity: 'warn' })], ['quality-warning-changed']],
    [[rows({ mustBe: 3 })], [], ['quality-rule-removed']],
    [[{ type: 'text', description: 'a' }], [], ['quality-rule-removed']],
    [[{ type: 'text', description: 'a' }], [{ type: 'text', description: 'b' }], ['words-changed']],
    [
      [{ type: 'text', name: 'n', description: 'a' }],
      [{ type: 'text', name: 'n', description: 'b' }],
      ['words-changed'],
    ],
    [
      [{ type: 'sql', id: 'q', query: 'select 1', mustBe: 1 }],
      [{ type: 'sql', id: 'q', query: 'select 2', mustBe: 1 }],
      ['quality-rule-changed'],
    ],
    [
      [{ type: 'sql', id: 'q', query: 'select 1', mustBe: 'a' }],
      [{ type: 'sql', id: 'q', query: 'select 1', mustBe: 'b' }],
      ['quality-rule-changed'],
    ],
    [[rows({ mustBe: 3 })], [rows({ mustBe: 3, schedule: '0 2 * * *' })], ['quality-schedule-changed']],
  ])('%o → %o', (old, next, expected) => {
    expect(
      rules(old, next)
        .map((text) => text.split(' ').at(-1))
        .sort(),
    ).toEqual([...expected].sort());
  });

  it('are matched by id, else name, else by what they measure; their order is no change', () => {
    const [low, high] = [rows({ mustBeGreaterThan: 10 }), rows({ mustBeLessThan: 99 })];
    expect(rules([low, high], [high, low])).toEqual([]);
    expect(rules([low, high], [rows({ mustBeLessThan: 90 }), low])).toEqual([
      't.quality.rowCount quality-rule-tightened',
    ]);
    const [a, b] = [
      { ...low, name: 'a' },
      { ...high, name: 'b' },
    ];
    expect(
      rules(
        [a, b],
        [
          { ...b, mustBeLessThan: 100 },
          { ...a, mustBeGreaterThan: 11 },
        ],
      ),
    ).toEqual(['t.quality.b quality-rule-loosened', 't.quality.a quality-rule-tightened']);
    expect(rules([a, b], [{ ...b, mustBeLessThan: 100 }, a])).toEqual(['t.quality.b quality-rule-loosened']);
    expect(rules([{ ...low, id: '1' }], [{ ...low, id: '1', metric: 'duplicateValues' }])).toEqual([
      't.quality.1 quality-rule-changed',
    ]);
  });

  it('accept what the direction says: brute force over row counts', () => {
    const counts = Array.from({ length: 14 }, (_, index) => index);
    const operand = fc.integer({ min: -1, max: 11 });
    const pairs = fc
      .tuple(operand, operand)
      .map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as [number, number]);
    const rule = fc.oneof(
      ...(
        [
          'mustBe',
          'mustNotBe',
          'mustBeGreaterThan',
          'mustBeGreaterOrEqualTo',
          'mustBeLessThan',
          'mustBeLessOrEqualTo',
        ] as const
      ).map((operator) => operand.map((value) => ({ operator, low: value, high: value }))),
      ...(['mustBeBetween', 'mustNotBeBetween'] as const).map((operator) =>
        pairs.map(([low, high]) => ({ operator, low, high })),
      ),
    );
    type Rule = { operator: string; low: number; high: number };
    const accepts = ({ operator, low, high }: Rule, count: number): boolean =>
      ({
        mustBe: count === low,
        mustNotBe: count !== low,
        mustBeGreaterThan: count > low,
        mustBeGreaterOrEqualTo: count >= low,
        mustBeLessThan: count < low,
        mustBeLessOrEqualTo: count <= low,
        mustBeBetween: count >= low && count <= high,
        mustNotBeBetween: count < low || count > high,
      })[operator] ?? false;
    const written = ({ operator, low, high }: Rule): object =>
      rows({ [operator]: operator.endsWith('Between') ? [low, high] : low });
    fc.assert(
      fc.property(rule, rule, (old, next) => {
        const table = (one: Rule): object => ({ schema: [{ name: 't', quality: [written(one)] }] });
        const changes = changesBetween(table(old), table(next));
        expect(breaks(changes, 'producer')).toBe(
          counts.some((count) => accepts(old, count) && !accepts(next, count)),
        );
        expect(breaks(changes, 'consumer')).toBe(
          counts.some((count) => accepts(next, count) && !accepts(old, count)),
        );
      }),
      { numRuns: 1000 },
    );
  });
});

describe('service levels, servers, foreign keys', () => {
  const levels = (old: object[], next: object[]): string[] =>
    changesBetween({ slaProperties: old }, { slaProperties: next }).map(
      ({ path, kind }) => `${path} ${kind}`,
    );

  it.each([
    [
      { property: 'latency', value: 4, unit: 'h' },
      { property: 'latency', value: 240, unit: 'min' },
      'words-changed',
    ],
    [
      { property: 'latency', value: 4, unit: 'h' },
      { property: 'ly', value: 1, unit: 'd' },
      'service-level-relaxed',
    ],
    [
      { property: 'latency', value: 4, unit: 'm' },
      { property: 'latency', value: 1, unit: 'h' },
      'service-level-relaxed',
    ],
    [
      { property: 'availability', value: '99.9%' },
      { property: 'availability', value: '99.5%' },
      'service-level-relaxed',
    ],
    [{ property: 'errorRate', value: 1 }, { property: 'errorRate', value: 0.5 }, 'service-level-tightened'],
    [
      { property: 'endOfLife', value: '2030-01-01' },
      { property: 'endOfLife', value: '2029-01-01' },
      'service-level-relaxed',
    ],
    [
      { property: 'retention', value: 3, unit: 'y' },
      { property: 'retention', value: 24, unit: 'months' },
      'service-level-changed',
    ],
    [
      { property: 'retention', value: 3, unit: 'y' },
      { property: 'retention', value: 48, unit: 'months' },
      'service-level-relaxed',
    ],
    [
      { property: 'retention', value: 60, unit: 'd' },
      { property: 'retention', value: 2, unit: 'M' },
      'words-changed',
    ],
    [{ property: 'sparkle', value: 3 }, { property: 'sparkle', value: 4 }, 'service-level-changed'],
  ])('%o → %o', (old, next, expected) => {
    expect(levels([old], [next]).at(-1)).toMatch(new RegExp(`${expected}$`));
  });

  it('of one property on two elements stay apart', () => {
    const of = (element: string, value: number): object => ({
      property: 'latency',
      value,
      unit: 'h',
      element,
    });
    expect(levels([of('a', 1), of('b', 2)], [of('b', 2), of('a', 3)])).toEqual([
      'slaProperties.latency.value service-level-relaxed',
    ]);
    expect(levels([of('a', 1)], [of('b', 1)])).toEqual([
      'slaProperties.latency service-level-added',
      'slaProperties.latency service-level-removed',
    ]);
  });

  it('compare servers by name', () => {
    const files = { server: 'files', type: 'local', path: 'a.csv', format: 'csv' };
    const kinds = (old: object[], next: object[]): string[] =>
      changesBetween({ servers: old }, { servers: next }).map(({ path, kind }) => `${path} ${kind}`);
    expect(kinds([files], [{ ...files, format: 'parquet' }])).toEqual([
      'servers.files.format server-changed',
    ]);
    expect(kinds([files], [{ ...files, description: 'x' }])).toEqual([
      'servers.files.description words-changed',
    ]);
    expect(kinds([files], [files, { ...files, server: 'b' }])).toEqual(['servers.b server-added']);
    expect(kinds([files], [])).toEqual(['servers.files server-removed']);
    const custom = [{ property: 'delimiter', value: ';' }];
    expect(kinds([files], [{ ...files, customProperties: custom }])).toEqual([
      'servers.files.delimiter server-changed',
    ]);
  });

  it('compare foreign keys by what they join', () => {
    const kinds = (old: object[], next: object[]): string[] =>
      changesBetween(
        { schema: [{ name: 't', relationships: old }] },
        { schema: [{ name: 't', relationships: next }] },
      ).map(({ path, kind }) => `${path} ${kind}`);
    const key = { from: 't.a', to: 'u.b' };
    expect(kinds([key], [{ from: ['t.a'], to: ['u.b'], type: 'foreignKey' }])).toEqual([
      't.relationships.u.b words-changed',
    ]);
    expect(kinds([key], [{ ...key, to: 'u.c' }])).toEqual([
      't.relationships.u.c relationship-added',
      't.relationships.u.b relationship-removed',
    ]);
    expect(kinds([{ ...key, id: '1' }], [{ ...key, id: '1', to: 'u.c' }])).toEqual([
      't.relationships.u.c relationship-changed',
    ]);
  });
});

describe('the contract itself', () => {
  it.each([
    [{ id: 'a' }, { id: 'b' }, 'id contract-id-changed'],
    [{ status: 'active' }, { status: 'retired' }, 'status contract-retired'],
    [{ status: 'active' }, { status: 'deprecated' }, 'status status-changed'],
    [{ description: { purpose: 'a' } }, { description: { purpose: 'b' } }, 'description words-changed'],
  ])('%o → %o', (old, next, expected) => {
    expect(changesBetween(old, next).map(({ path, kind }) => `${path} ${kind}`)).toEqual([expected]);
  });

  it('is not changed by its version, which is judged apart', () => {
    expect(changesBetween({ version: '1.0.0' }, { version: '2.0.0' })).toEqual([]);
  });
});

describe('a change', () => {
  it('names its place in the new contract, and what is gone its place in the old one', () => {
    const text = (lines: string[]): string =>
      [
        'apiVersion: v3.1.0',
        'kind: DataContract',
        'id: a',
        'version: 1.0.0',
        'status: active',
        'schema:',
        '  - name: t',
        '    properties:',
        ...lines,
      ].join('\n');
    const old = readContract(
      text(['      - name: a', '      - name: b', '        required: true']),
      'old.yaml',
    );
    const next = readContract(text(['      - name: b', '        required: false']), 'new.yaml');
    const told = compare(old, next).map(({ path: at, place, what }) => [at, place.file, place.line, what]);
    expect(told).toEqual([
      ['t.a', 'old.yaml', 9, 'property a removed'],
      ['t.b.required', 'new.yaml', 10, 'it may be empty now'],
    ]);
  });
});

describe('the kinds of changes', () => {
  it('were all met in these tests', () => {
    expect(Object.keys(KINDS).filter((kind) => !seen.has(kind))).toEqual([]);
  });
});
