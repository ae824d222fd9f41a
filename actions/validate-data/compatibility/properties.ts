import type { ContractItem, ContractProperty, ContractQuality } from '../../../core/formats/contract.ts';
import { eachPair, type Note, type Spot, shown, under } from './change.ts';
import { classificationMove } from './classification.ts';
import {
  compareCustom,
  compareFields,
  compareValues,
  declared,
  ELEMENT_FIELDS,
  type Field,
  flag,
} from './fields.ts';
import type { ChangeKind } from './kinds.ts';
import { compareOptions } from './options.ts';
import { identity } from './pairs.ts';
import { compareQuality, standing } from './quality.ts';
import { compareRelationships } from './relationships.ts';

const FIELDS = {
  ...ELEMENT_FIELDS,
  primaryKey: 'aside',
  primaryKeyPosition: 'aside',
  logicalType: typeKind,
  logicalTypeOptions: 'aside',
  required: 'aside',
  unique: 'aside',
  partitioned: flag('layout-changed', 'layout-changed'),
  partitionKeyPosition: 'layout-changed',
  classification: classificationKind,
  encryptedName: declared('masking'),
  transformSourceObjects: 'meaning-changed',
  transformLogic: 'meaning-changed',
  transformDescription: 'words-changed',
  examples: 'words-changed',
  criticalDataElement: 'words-changed',
  semanticType: (old, next) =>
    (old === 'measure') === (next === 'measure') ? 'words-changed' : 'meaning-changed',
  enum: 'aside',
  properties: 'aside',
  items: 'aside',
  map: 'aside',
} as const satisfies Readonly<Record<keyof ContractItem | 'context', Field>>;

/** Two values of one thing, before and after. */
interface Sides<T> {
  readonly old: T;
  readonly next: T;
}

type PropertyList = readonly ContractProperty[] | undefined;

/**
 * Compares the properties of a table or an object: by id, else by name. `closed` says where columns that are not declared fail.
 */
export function compareProperties(
  lists: Sides<PropertyList>,
  closed: Sides<boolean>,
  spot: Spot,
  note: Note,
): void {
  const sole = { old: soleKey(lists.old), next: soleKey(lists.next) };
  const matched: (Sides<ContractProperty> & { readonly at: Spot })[] = [];
  eachPair<ContractProperty>(
    { ...lists, key: 'properties' },
    [({ id }) => id, ({ name }) => name],
    ({ name }) => name,
    spot,
    (old, next, at) => {
      if (old !== undefined && next !== undefined) matched.push({ old, next, at });
      else if (next !== undefined) note(addedKind(next, closed.old), at, `property ${next.name} added`);
      else if (old !== undefined) {
        const kind = closed.next ? 'property-removed-from-closed-table' : 'property-removed';
        note(kind, at, `property ${old.name} removed`);
      }
    },
  );
  const sameKey = compareKey(lists, matched, spot, note);
  for (const { old, next, at } of matched) {
    compareNames(old, next, at, note);
    compareProperty(old, next, { old: sole.old === old, next: sole.next === next }, at, note);
    const differs = old.primaryKey !== next.primaryKey || old.primaryKeyPosition !== next.primaryKeyPosition;
    if (sameKey && differs) note('words-changed', under(at, 'primaryKey'), 'primary key written otherwise');
  }
}

function addedKind(property: ContractProperty, closed: boolean): ChangeKind {
  const rules: readonly ContractQuality[] = property.quality ?? [];
  const demands =
    property.required === true ||
    property.primaryKey === true ||
    rules.some((rule) => standing(rule) === 'fails');
  if (demands) return closed ? 'required-property-added-to-closed-table' : 'required-property-added';
  return closed ? 'property-added-to-closed-table' : 'property-added';
}

/** Compares a property, or what stands for one in arrays and maps, its name aside. `sole` says where it is the whole primary key. */
export function compareProperty(
  old: ContractItem,
  next: ContractItem,
  sole: Sides<boolean>,
  spot: Spot,
  note: Note,
): void {
  compareFields(old, next, FIELDS, spot, note);
  compareRequired(old, next, spot, note);
  compareUnique(old, next, sole, spot, note);
  compareOptions(old, next, spot, note);
  compareEnum(old, next, spot, note);
  compareCustom(old, next, customField, spot, note);
  compareRelationships({ old: old.relationships, next: next.relationships }, spot, note);
  compareQuality({ old: old.quality, next: next.quality }, spot, note);
  compareNested({ old: old.items, next: next.items }, under(spot, 'items'), note);
  const map = under(spot, 'map');
  compareNested({ old: old.map?.key, next: next.map?.key }, under(map, 'key'), note);
  compareNested({ old: old.map?.value, next: next.map?.value }, under(map, 'value'), note);
  compareProperties({ old: old.properties, next: next.properties }, { old: false, next: false }, spot, note);
}

function compareNested({ old, next }: Sides<ContractItem | undefined>, spot: Spot, note: Note): void {
  if (old !== undefined && next !== undefined) {
    compareValues('words-changed', 'name', old.name, next.name, under(spot, 'name'), note);
    compareValues(
      'physical-name-changed',
      'physicalName',
      old.physicalName,
      next.physicalName,
      under(spot, 'physicalName'),
      note,
    );
    compareProperty(old, next, { old: false, next: false }, spot, note);
  } else if (next !== undefined) note('nested-declared', spot, 'what is inside is declared');
  else if (old !== undefined) note('nested-dropped', spot, 'what is inside is no longer declared');
}

function compareNames(old: ContractProperty, next: ContractProperty, spot: Spot, note: Note): void {
  if (old.name !== next.name) {
    const kind = columnOf(old) === columnOf(next) ? 'property-relabelled' : 'property-renamed';
    note(kind, spot, `renamed from ${old.name} to ${next.name}`);
  }
  comparePhysicalName(old, next, spot, note);
}

/** What a table or a property is called in the data. */
function columnOf({ name, physicalName = name }: Named): string {
  return physicalName;
}

interface Named {
  readonly name: string;
  readonly physicalName?: string;
}

/** Compares `physicalName` of two tables or properties. */
export function comparePhysicalName(old: Named, next: Named, spot: Spot, note: Note): void {
  if (old.physicalName === next.physicalName) return;
  const [from, to] = [columnOf(old), columnOf(next)];
  const at = under(spot, 'physicalName');
  if (from === to) note('words-changed', at, `name in the data still ${to}`);
  else note('physical-name-changed', at, `name in the data changed from ${from} to ${to}`);
}

// --- required, unique, keys -------------------------------------------------------------------------------------------

function compareRequired(old: ContractItem, next: ContractItem, spot: Spot, note: Note): void {
  if (old.required === next.required) return;
  const [before, after] = [old, next].map(
    ({ required, primaryKey }) => required === true || primaryKey === true,
  );
  const at = under(spot, 'required');
  if (before === after) note('words-changed', at, 'required written otherwise');
  else if (after) note('became-required', at, 'it may no longer be empty');
  else note('became-optional', at, 'it may be empty now');
}

function compareUnique(
  old: ContractItem,
  next: ContractItem,
  sole: Sides<boolean>,
  spot: Spot,
  note: Note,
): void {
  if (old.unique === next.unique) return;
  const [before, after] = [old.unique === true || sole.old, next.unique === true || sole.next];
  const at = under(spot, 'unique');
  if (before === after) note('words-changed', at, 'unique written otherwise');
  else if (after) note('unique-declared', at, 'it must be unique now');
  else note('unique-dropped', at, 'it need not be unique any more');
}

/** The columns of the primary key in their order; those without a position come last, in the order of the text. */
function keyOf(list: PropertyList): ContractProperty[] {
  const position = ({ primaryKeyPosition = -1 }: ContractProperty): number =>
    primaryKeyPosition < 1 ? Infinity : primaryKeyPosition;
  const keys = (list ?? []).filter(({ primaryKey }) => primaryKey === true);
  return keys.sort((a, b) => (position(a) < position(b) ? -1 : position(a) > position(b) ? 1 : 0));
}

function soleKey(list: PropertyList): ContractProperty | undefined {
  const [first, second] = keyOf(list);
  return second === undefined ? first : undefined;
}

/** Compares the primary keys; a column that was only renamed stays the same column. Returns whether nothing changed. */
function compareKey(
  lists: Sides<PropertyList>,
  matched: readonly Sides<ContractProperty>[],
  spot: Spot,
  note: Note,
): boolean {
  const renamed = new Map(matched.map(({ old, next }) => [old, next]));
  const [olds, nexts] = [keyOf(lists.old), keyOf(lists.next)];
  const before = olds.map((property) => renamed.get(property) ?? property);
  if (before.length === nexts.length && before.every((property, index) => property === nexts[index]))
    return true;
  const names = (keys: readonly ContractProperty[]): string => keys.map(({ name }) => name).join(', ');
  const at: Spot = {
    path: spot.path === '' ? 'primaryKey' : `${spot.path}.primaryKey`,
    old: placeOfKey(spot.old, lists.old, olds),
    next: placeOfKey(spot.next, lists.next, nexts),
  };
  if (olds.length === 0) note('key-declared', at, `primary key (${names(nexts)}) declared`);
  else if (nexts.length === 0) note('key-dropped', at, `primary key (${names(olds)}) removed`);
  else {
    const same = before.length === nexts.length && before.every((property) => nexts.includes(property));
    note(
      same ? 'key-reordered' : 'key-changed',
      at,
      `primary key changed from (${names(olds)}) to (${names(nexts)})`,
    );
  }
  return false;
}

function placeOfKey(
  path: Spot['old'],
  list: PropertyList,
  [first]: readonly ContractProperty[],
): Spot['old'] {
  if (path === undefined || first === undefined) return path;
  return [...path, 'properties', list?.indexOf(first) ?? 0, 'primaryKey'];
}

// --- types, sets, words -----------------------------------------------------------------------------------------------

function typeKind(old: unknown, next: unknown): ChangeKind {
  if (old === undefined) return 'type-declared';
  if (next === undefined) return 'type-dropped';
  if (old === 'integer' && next === 'number') return 'type-widened';
  return old === 'number' && next === 'integer' ? 'type-narrowed' : 'type-changed';
}

function classificationKind(old: unknown, next: unknown): ChangeKind {
  const move = classificationMove(
    old === undefined ? undefined : String(old),
    next === undefined ? undefined : String(next),
  );
  return move === 'same' ? 'words-changed' : `classification-${move}`;
}

function compareEnum(old: ContractItem, next: ContractItem, spot: Spot, note: Note): void {
  const at = under(spot, 'enum');
  if (old.enum === undefined || next.enum === undefined) {
    if (next.enum !== undefined) note('enum-declared', at, `limited to ${next.enum.length} values`);
    else if (old.enum !== undefined)
      note('enum-dropped', at, `no longer limited to ${old.enum.length} values`);
    return;
  }
  // null among the values changes nothing: whether a cell may be empty is said by `required`.
  const valuesOf = (list: NonNullable<ContractItem['enum']>) =>
    new Map(list.flatMap(({ value }) => (value === null ? [] : [[identity(value), value] as const])));
  const [olds, nexts] = [valuesOf(old.enum), valuesOf(next.enum)];
  const added = [...nexts].flatMap(([key, value]) => (olds.has(key) ? [] : [value]));
  const removed = [...olds].flatMap(([key, value]) => (nexts.has(key) ? [] : [value]));
  if (added.length > 0) note('enum-values-added', at, `${valueList(added)} may be written now`);
  if (removed.length > 0) note('enum-values-removed', at, `${valueList(removed)} may no longer be written`);
  const words = (list: readonly object[]): string => identity(list.map(identity).sort());
  if (added.length + removed.length === 0 && words(old.enum) !== words(next.enum))
    note('words-changed', at, 'enum values described otherwise');
}

function valueList(values: readonly unknown[]): string {
  const text = shown(values);
  const word = values.length === 1 ? 'value' : 'values';
  return text === undefined ? `${values.length} ${word}` : `the ${word} ${text}`;
}

function customField(property: string): Field {
  if (property === 'greenlight.masking') return declared('masking');
  if (property.startsWith('greenlight.')) return declared('own-property');
  return /^units?$/i.test(property) ? 'unit-changed' : 'words-changed';
}
