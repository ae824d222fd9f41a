import { type Bounds, boundDirection, type Scale } from './bounds.ts';
import { type Note, type Spot, under } from './change.ts';
import { type Direction, ofSets } from './directions.ts';
import {
  compareFields,
  compareValues,
  declared,
  type Field,
  flag,
  get,
  type Kinds,
  kindOf,
} from './fields.ts';
import type { ChangeKind } from './kinds.ts';
import { identity } from './pairs.ts';

const LOWER: Kinds = { tighter: 'minimum-raised', looser: 'minimum-lowered', other: 'bound-changed' };
const UPPER: Kinds = { tighter: 'maximum-lowered', looser: 'maximum-raised', other: 'bound-changed' };

const FORMAT: Kinds = { tighter: 'format-tightened', looser: 'format-loosened', other: 'format-changed' };

/** The two options of one side of a range; sizes have no exclusive one. */
const SIDES = [
  { side: 'lower', inclusive: 'minimum', exclusive: 'exclusiveMinimum' },
  { side: 'upper', inclusive: 'maximum', exclusive: 'exclusiveMaximum' },
  { side: 'lower', inclusive: 'minLength' },
  { side: 'upper', inclusive: 'maxLength' },
  { side: 'lower', inclusive: 'minItems' },
  { side: 'upper', inclusive: 'maxItems' },
  { side: 'lower', inclusive: 'minProperties' },
  { side: 'upper', inclusive: 'maxProperties' },
] as const;

const FIELDS: Readonly<Record<string, Field>> = {
  ...Object.fromEntries(SIDES.map(({ inclusive }) => [inclusive, 'aside' as const])),
  exclusiveMinimum: 'aside',
  exclusiveMaximum: 'aside',
  required: 'aside',
  multipleOf: multiple,
  pattern: declared('pattern'),
  format: 'aside',
  timezone: flag('time-zone-changed', 'time-zone-changed'),
  defaultTimezone: (old, next) =>
    (old ?? 'Etc/UTC') === (next ?? 'Etc/UTC') ? 'words-changed' : 'time-zone-changed',
  uniqueItems: flag('unique-declared', 'unique-dropped'),
  dimensions: 'vector-changed',
  elementType: 'vector-changed',
  distanceMetric: 'vector-changed',
  normalized: 'vector-changed',
  embeddingModel: 'vector-changed',
  embeddingModelVersion: 'vector-changed',
};

/** What a property says of its type. */
export interface Typed {
  readonly logicalType?: string;
  readonly logicalTypeOptions?: object;
}

/** Compares `logicalTypeOptions`; the paths leave that word out. */
export function compareOptions(old: Typed, next: Typed, spot: Spot, note: Note): void {
  const [olds, nexts] = [old.logicalTypeOptions ?? {}, next.logicalTypeOptions ?? {}];
  const at: Spot = { ...under(spot, 'logicalTypeOptions'), path: spot.path };
  for (const side of SIDES) compareSide(side, old, next, at, note);
  compareFormat(old, next, at, note);
  compareMembers(get(olds, 'required'), get(nexts, 'required'), at, note);
  compareFields(olds, nexts, FIELDS, at, note);
  if (Object.keys(olds).length + Object.keys(nexts).length === 0) {
    const [name, here] = ['logicalTypeOptions', under(spot, 'logicalTypeOptions')] as const;
    compareValues('words-changed', name, old.logicalTypeOptions, next.logicalTypeOptions, here, note);
  }
}

function compareSide(
  { side, ...keys }: (typeof SIDES)[number],
  old: Typed,
  next: Typed,
  spot: Spot,
  note: Note,
): void {
  const names = Object.values(keys);
  const [olds, nexts] = [old.logicalTypeOptions ?? {}, next.logicalTypeOptions ?? {}];
  const changed = names.filter((key) => identity(get(olds, key)) !== identity(get(nexts, key)));
  const shown = changed.find((key) => get(nexts, key) !== undefined) ?? changed[0];
  if (shown === undefined) return;
  const isSize = !('exclusive' in keys);
  const boundsOf = (options: object): Bounds => ({
    inclusive: get(options, keys.inclusive) ?? (isSize && side === 'lower' ? 0 : undefined),
    exclusive: isSize ? undefined : get(options, keys.exclusive),
  });
  const scale = isSize ? 'integer' : commonScale(old, next);
  const given = [olds, nexts].map((options) => names.some((key) => get(options, key) !== undefined));
  const unscaled: Direction = given[0] === given[1] ? 'other' : given[1] ? 'tighter' : 'looser';
  const direction =
    scale === undefined ? unscaled : boundDirection(side, boundsOf(olds), boundsOf(nexts), scale);
  const kind = kindOf(direction, side === 'lower' ? LOWER : UPPER);
  note(kind, under(spot, shown), boundChange(side, kind, names, olds, nexts));
}

/** What bounds of both sides are measured on; undefined where they have no common scale. */
function commonScale(old: Typed, next: Typed): Scale | undefined {
  const [a, b] = [scaleOf(old), scaleOf(next)];
  if (a === b) return a;
  return a === 'time' || b === 'time' ? undefined : 'number';
}

function scaleOf({ logicalType, logicalTypeOptions = {} }: Typed): Scale | undefined {
  if (logicalType === 'integer') return 'integer';
  if (logicalType !== 'date' && logicalType !== 'timestamp' && logicalType !== 'time') return 'number';
  const zone = get(logicalTypeOptions, 'defaultTimezone') ?? 'Etc/UTC';
  // A format of its own has an order that is not known here; neither has a zone other than UTC.
  const plain =
    get(logicalTypeOptions, 'format') === undefined && ['UTC', 'Etc/UTC', 'Z'].includes(String(zone));
  return plain ? 'time' : undefined;
}

const SIGNS: Readonly<Record<string, string>> = {
  exclusiveMinimum: '>',
  exclusiveMaximum: '<',
};

function boundChange(
  side: 'lower' | 'upper',
  kind: ChangeKind,
  names: readonly string[],
  old: object,
  next: object,
): string {
  const [inclusive = ''] = names;
  const plain = [old, next].every((options) =>
    names.every((key) => key === inclusive || get(options, key) === undefined),
  );
  const signOf = (key: string): string => (plain ? '' : `${SIGNS[key] ?? (side === 'lower' ? '≥' : '≤')} `);
  const told = (options: object): string => {
    const given = names.filter((key) => get(options, key) !== undefined);
    return given.map((key) => `${signOf(key)}${get(options, key)}`).join(' and ') || 'none';
  };
  const verb = kind.endsWith('raised') ? 'raised' : kind.endsWith('lowered') ? 'lowered' : 'changed';
  return `${inclusive} ${verb} from ${told(old)} to ${told(next)}`;
}

function compareFormat(old: Typed, next: Typed, spot: Spot, note: Note): void {
  const [from, to] = [old, next].map((side) => get(side.logicalTypeOptions ?? {}, 'format'));
  const temporal = [old, next].some(({ logicalType = '' }) =>
    ['date', 'timestamp', 'time'].includes(logicalType),
  );
  const field: Field = temporal
    ? 'format-changed'
    : () => kindOf(formatDirection(held(old, from), held(next, to)), FORMAT);
  compareFields({ format: from }, { format: to }, { format: field }, spot, note);
}

/** The format that holds where none is given: of whole numbers 64 bits (docs/contracts.md), of others a double. */
function held({ logicalType }: Typed, format: unknown): string | undefined {
  if (format !== undefined) return String(format);
  return logicalType === 'integer' ? 'i64' : logicalType === 'number' ? 'f64' : undefined;
}

function formatDirection(old: string | undefined, next: string | undefined): Direction {
  if (old === undefined) return 'tighter';
  if (next === undefined) return 'looser';
  const [from, to] = [numbersOf(old), numbersOf(next)];
  if (from === undefined || to === undefined) return 'other';
  const within = to.low >= from.low && to.high <= from.high;
  const around = from.low >= to.low && from.high <= to.high;
  return within && around ? 'same' : within ? 'tighter' : around ? 'looser' : 'other';
}

/** The numbers that a format such as `i16`, `u8` or `f32` can hold. Of floats the exponent's bits stand for the range (IEEE 754). */
function numbersOf(format: string): { readonly low: bigint; readonly high: bigint } | undefined {
  if (format === 'f32') return { low: -(2n ** 128n), high: 2n ** 128n };
  if (format === 'f64') return { low: -(2n ** 1024n), high: 2n ** 1024n };
  const [, sign, bits = ''] = /^([iu])(8|16|32|64|128)$/.exec(format) ?? [];
  if (sign === undefined) return undefined;
  const size = BigInt(bits);
  return sign === 'u'
    ? { low: 0n, high: 2n ** size - 1n }
    : { low: -(2n ** (size - 1n)), high: 2n ** (size - 1n) - 1n };
}

/** The members that an object must have: `required` of its options. */
function compareMembers(old: unknown, next: unknown, spot: Spot, note: Note): void {
  const [olds, nexts] = [old, next].map((list) => new Set((list ?? []) as readonly string[]));
  if (olds === undefined || nexts === undefined || identity(old) === identity(next)) return;
  if (ofSets(olds, nexts) === 'same')
    note('words-changed', under(spot, 'required'), 'required written otherwise');
  for (const name of nexts) {
    if (!olds.has(name)) note('became-required', memberSpot(spot, name), `${name} is required now`);
  }
  for (const name of olds) {
    if (!nexts.has(name)) note('became-optional', memberSpot(spot, name), `${name} is no longer required`);
  }
}

function memberSpot(spot: Spot, name: string): Spot {
  const list = under(spot, 'required');
  return { ...list, path: `${list.path}.${name}` };
}

function multiple(old: unknown, next: unknown): ChangeKind {
  if (old === undefined) return 'multiple-tightened';
  if (next === undefined) return 'multiple-loosened';
  const [from, to] = decimals(String(old), String(next));
  if (from === undefined || to === undefined || from === 0n || to === 0n) return 'multiple-changed';
  if (from === to) return 'words-changed';
  if (to % from === 0n) return 'multiple-tightened';
  return from % to === 0n ? 'multiple-loosened' : 'multiple-changed';
}

/** Two decimal numbers as whole numbers of the same small unit, since 0.3 is no multiple of 0.1 in binary. */
function decimals(a: string, b: string): (bigint | undefined)[] {
  const parts = [a, b].map((text) => /^-?(\d+)(?:\.(\d+))?$/.exec(text));
  const digits = Math.max(...parts.map((match) => match?.[2]?.length ?? 0));
  return parts.map((match) =>
    match === null ? undefined : BigInt(match[1] + (match[2] ?? '').padEnd(digits, '0')),
  );
}
