import type { ContractCustomProperty } from '../../../core/formats/contract.ts';
import { eachPair, type Note, type Spot, under, valueChange } from './change.ts';
import type { Direction } from './directions.ts';
import type { ChangeKind } from './kinds.ts';
import { identity } from './pairs.ts';

/** The kinds of a change by what it does to what is accepted. */
export interface Kinds {
  readonly tighter: ChangeKind;
  readonly looser: ChangeKind;
  readonly other: ChangeKind;
}

/** How a field of the contract is compared; `aside` where something else does. Values given to a function differ, as texts do. */
export type Field = ChangeKind | Kinds | 'aside' | ((old: unknown, next: unknown) => ChangeKind);

/** The kinds that begin with a word: `pattern-declared`, `pattern-dropped`, `pattern-changed`. */
export function declared(word: 'pattern' | 'physical-type' | 'type' | 'masking' | 'own-property'): Kinds {
  return { tighter: `${word}-declared`, looser: `${word}-dropped`, other: `${word}-changed` };
}

/** A promise that is off by default. */
export function flag(tighter: ChangeKind, looser: ChangeKind): Field {
  return (old, next) => {
    if ((old === true) === (next === true)) return 'words-changed';
    return next === true ? tighter : looser;
  };
}

/** What tables and properties have in common. */
export const ELEMENT_FIELDS = {
  id: 'words-changed',
  name: 'aside',
  physicalName: 'aside',
  physicalType: declared('physical-type'),
  description: 'words-changed',
  businessName: 'words-changed',
  synonyms: 'words-changed',
  authoritativeDefinitions: 'words-changed',
  tags: 'words-changed',
  customProperties: 'aside',
  relationships: 'aside',
  quality: 'aside',
  deprecated: flag('deprecation-changed', 'deprecation-changed'),
  context: 'words-changed',
} as const satisfies Readonly<Record<string, Field>>;

/** The kind of a change of this direction; what accepts the same as before was only written otherwise. */
export function kindOf(direction: Direction, kinds: Kinds): ChangeKind {
  return direction === 'same' ? 'words-changed' : kinds[direction];
}

/** Compares the fields of two objects, each by its own rule. A field that no rule knows is taken for what breaks both. */
export function compareFields(
  old: object,
  next: object,
  fields: Readonly<Record<string, Field>>,
  spot: Spot,
  note: Note,
): void {
  for (const key of keysOf(old, next)) {
    compareValues(
      fields[key] ?? 'meaning-changed',
      key,
      get(old, key),
      get(next, key),
      under(spot, key),
      note,
    );
  }
}

/** Compares two values under one name by a field's rule. */
export function compareValues(
  field: Field,
  name: string,
  old: unknown,
  next: unknown,
  spot: Spot,
  note: Note,
): void {
  if (field === 'aside') {
    // In an empty list nothing is left for others to compare.
    if (isNoneAndEmpty(old, next) || isNoneAndEmpty(next, old))
      note('words-changed', spot, `${name} written otherwise`);
    return;
  }
  if (identity(old) !== identity(next)) note(fieldKind(field, old, next), spot, valueChange(name, old, next));
}

function isNoneAndEmpty(one: unknown, other: unknown): boolean {
  return one === undefined && Array.isArray(other) && other.length === 0;
}

function fieldKind(field: Exclude<Field, 'aside'>, old: unknown, next: unknown): ChangeKind {
  if (typeof field === 'string') return field;
  if (typeof field === 'function') return field(old, next);
  if (old === undefined) return field.tighter;
  return next === undefined ? field.looser : field.other;
}

/** All keys of both, those of `next` first, in the order of the text. */
export function keysOf(old: object, next: object): string[] {
  return [...new Set([...Object.keys(next), ...Object.keys(old)])];
}

export function get(of: object, key: string): unknown {
  return (of as Readonly<Record<string, unknown>>)[key];
}

/** Compares `customProperties` by name; `fieldOf` gives the rule of each. What else stands beside a value is words. */
export function compareCustom(
  old: WithCustom,
  next: WithCustom,
  fieldOf: (property: string) => Field,
  spot: Spot,
  note: Note,
): void {
  eachPair<ContractCustomProperty>(
    { old: old.customProperties, next: next.customProperties, key: 'customProperties' },
    [({ property }) => property],
    ({ property }) => property,
    spot,
    (before, after, at) => {
      const name = (after ?? before)?.property ?? '';
      if (identity(before?.value) !== identity(after?.value))
        compareValues(fieldOf(name), name, before?.value, after?.value, at, note);
      else if (identity(before) !== identity(after)) note('words-changed', at, `${name} described otherwise`);
    },
  );
}

interface WithCustom {
  readonly customProperties?: readonly ContractCustomProperty[];
}
