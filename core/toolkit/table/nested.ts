import type { Cell, Storage } from './cells.ts';
import { type Held, readHeld } from './held.ts';
import { literal } from './sql.ts';

/** The types of cells that hold others, by ODCS's names. */
export type NestedType = 'object' | 'array' | 'map' | 'vector';

export const NESTED_TYPES: readonly NestedType[] = ['object', 'array', 'map', 'vector'];

/** From a cell to what is within: the value of a key, or each item, key or value in turn. */
export type Step = { readonly key: string } | { readonly each: 'item' | 'key' | 'value' };

/** A cell, or what is within one: its SQL, and what holds it. */
export interface Spot {
  readonly sql: string;
  readonly storage: Storage;
}

/** The SQL of a cell read as a nested type; a CSV file holds none, but NULL. */
export interface NestedCell extends Pick<Cell, 'isNull'> {
  /** True for a cell that is not NULL and has the type; undefined where the storage says so for all cells. */
  readonly conforms: string | undefined;
  /** The number of items, of keys, or of fields that are not NULL. */
  readonly size: string;
  /** The number of distinct items. */
  readonly distinct: string;
  /** Whether a key is there and its value is not NULL. */
  has(key: string): string;
}

/** Whether what holds a cell can hold a nested type. */
export function holdsNested(storage: Storage, type: NestedType): boolean {
  if (storage === 'csv') return false;
  if (storage === 'json') return true;
  const held = readHeld(storage.type);
  if (type === 'object') return held.kind === 'struct';
  if (type === 'map') return held.kind === 'map';
  if (type === 'array') return held.kind === 'list';
  return (
    held.kind === 'list' && /^(FLOAT|DOUBLE|U?(TINYINT|SMALLINT|INTEGER|BIGINT))$/.test(typeText(held.of))
  );
}

export function nestedCell({ sql, storage }: Spot, type: NestedType): NestedCell {
  if (storage === 'csv')
    return {
      isNull: `${sql} IS NULL`,
      conforms: 'false',
      size: 'NULL',
      distinct: 'NULL',
      has: () => 'false',
    };
  return storage === 'json' ? jsonNested(sql, type) : typedNested(sql, storage, type);
}

function jsonNested(sql: string, type: NestedType): NestedCell {
  const kind = `json_type(${sql})`;
  const listed = type === 'array' || type === 'vector';
  const items = `json_extract(${sql}, '$[*]')`;
  // A number such as 1e999 is no finite double.
  const isNumber = `json_type(item) IN ('BIGINT', 'UBIGINT', 'DOUBLE') AND isfinite(TRY_CAST(item AS DOUBLE))`;
  const numbers = `len(list_filter(${items}, lambda item: NOT coalesce(${isNumber}, false))) = 0`;
  return {
    isNull: `(${sql} IS NULL OR ${kind} = 'NULL')`,
    conforms: `(${kind} = '${listed ? 'ARRAY' : 'OBJECT'}'${type === 'vector' ? ` AND ${numbers}` : ''})`,
    size: listed ? `json_array_length(${sql})` : `len(json_keys(${sql}))`,
    distinct: `len(list_distinct(${items}))`,
    has: (key) => `coalesce(json_type(json_extract(${sql}, ${pointer(key)})) <> 'NULL', false)`,
  };
}

function typedNested(sql: string, storage: { readonly type: string }, type: NestedType): NestedCell {
  const held = readHeld(storage.type);
  const numbers = `len(list_filter(${sql}, lambda item: coalesce(NOT isfinite(CAST(item AS DOUBLE)), true))) = 0`;
  const fields = held.kind === 'struct' ? [...held.fields.keys()] : [];
  const has = (key: string): string =>
    held.kind === 'map'
      ? `(map_contains(${sql}, ${literal(key)}))`
      : fields.includes(key)
        ? `(struct_extract(${sql}, ${literal(key)}) IS NOT NULL)`
        : 'false';
  const present = fields.map((key) => `CASE WHEN ${has(key)} THEN 1 ELSE 0 END`);
  return {
    isNull: `${sql} IS NULL`,
    conforms: type === 'vector' ? `(${numbers})` : undefined,
    size:
      held.kind === 'struct'
        ? `(${present.join(' + ')})`
        : held.kind === 'map'
          ? `cardinality(${sql})`
          : `len(${sql})`,
    distinct: `len(list_distinct(${sql}))`,
    has,
  };
}

/** The spot that a key leads to; undefined where what holds the cell has no such key. */
export function field({ sql, storage }: Spot, key: string): Spot | undefined {
  if (storage === 'csv') return undefined;
  if (storage === 'json') return { sql: `json_extract(${sql}, ${pointer(key)})`, storage };
  const held = readHeld(storage.type);
  const of = held.kind === 'struct' ? held.fields.get(key) : undefined;
  return of === undefined
    ? undefined
    : { sql: `struct_extract(${sql}, ${literal(key)})`, storage: { type: typeText(of) } };
}

/** The list of what is within a cell, and what holds each of it; undefined where there is no such list. */
export function each(
  { sql, storage }: Spot,
  what: 'item' | 'key' | 'value',
): { readonly list: string; readonly storage: Storage } | undefined {
  if (storage === 'csv') return undefined;
  if (storage === 'json') {
    if (what === 'key')
      return { list: `list_transform(json_keys(${sql}), lambda name: to_json(name))`, storage };
    return { list: `json_extract(${sql}, '${what === 'item' ? '$[*]' : '$.*'}')`, storage };
  }
  const held = readHeld(storage.type);
  if (what === 'item' && held.kind === 'list') return { list: sql, storage: { type: typeText(held.of) } };
  if (what === 'key' && held.kind === 'map')
    return { list: `map_keys(${sql})`, storage: { type: typeText(held.key) } };
  if (what === 'value' && held.kind === 'map')
    return { list: `map_values(${sql})`, storage: { type: typeText(held.value) } };
  return undefined;
}

/** What holds the cells at the end of a path; undefined where the path leads nowhere. */
export function storageAt(storage: Storage, path: readonly Step[]): Storage | undefined {
  let spot: Spot | undefined = { sql: '', storage };
  for (const step of path) {
    if (spot === undefined) return undefined;
    if ('key' in step) spot = field(spot, step.key);
    else {
      const within = each(spot, step.each);
      spot = within === undefined ? undefined : { sql: '', storage: within.storage };
    }
  }
  return spot?.storage;
}

function pointer(key: string): string {
  return literal(`/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
}

/** The type as DuckDB writes it. */
function typeText(held: Held): string {
  switch (held.kind) {
    case 'scalar':
      return held.type;
    case 'list':
      return `${typeText(held.of)}[${held.length ?? ''}]`;
    case 'map':
      return `MAP(${typeText(held.key)}, ${typeText(held.value)})`;
    case 'struct':
      return `STRUCT(${[...held.fields].map(([name, of]) => `"${name.replaceAll('"', '""')}" ${typeText(of)}`).join(', ')})`;
  }
}
