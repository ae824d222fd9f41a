import type { NestedType, Step } from '../nested.ts';
import { identifier, literal } from '../sql.ts';

/** A cell, or what is within one: its SQL, and its type as Trino writes it. */
export interface TrinoSpot {
  readonly sql: string;
  readonly type: string;
}

/** The SQL of a cell read as a nested type. */
export interface TrinoNested {
  readonly isNull: string;
  /** True for a cell that is not NULL and has the type; undefined where the stored type says so for all cells. */
  readonly conforms: string | undefined;
  /** The number of items, of keys, or of fields that are not NULL. */
  readonly size: string;
  /** True where an item is there twice; NULLs are none. */
  readonly repeats: string;
  /** Whether a key is there; of a row, and is not NULL. */
  has(key: string): string;
}

type Structure =
  | { readonly kind: 'array'; readonly of: string }
  | { readonly kind: 'map'; readonly key: string; readonly value: string }
  /** Types by the names of fields in lower case. */
  | { readonly kind: 'row'; readonly fields: ReadonlyMap<string, string> };

/** How a field stands in a row: Trino writes names without quotes, blanks and all. */
const FIELD =
  /^(?:(.+) )?((?:array|map|row)\(.*\)|(?:time|timestamp)(?:\(\d+\))?(?: with time zone)?|interval \w+ to \w+|(?:var)?char(?:\(\d+\))?|decimal\(\d+, ?\d+\)|[a-z0-9]+)$/s;
const NUMBERS = ['tinyint', 'smallint', 'integer', 'bigint', 'real', 'double'];

/** Whether a stored type can hold a nested type. JSON can hold all, and is not read. */
export function holdsNestedInTrino(type: string, nested: NestedType): boolean {
  const held = structureOf(type);
  if (nested === 'object') return held?.kind === 'row';
  if (nested === 'vector') return held?.kind === 'array' && NUMBERS.includes(held.of);
  return held?.kind === nested;
}

/** The type at the end of a path; undefined where the path leads nowhere. */
export function typeAt(type: string, path: readonly Step[]): string | undefined {
  let spot: TrinoSpot | undefined = { sql: '', type };
  for (const step of path) {
    if (spot === undefined) return undefined;
    spot = 'key' in step ? fieldOf(spot, step.key) : eachOf(spot, step.each);
  }
  return spot?.type;
}

/** The spot that a key leads to; undefined where there is no such field. Names of fields have no case. */
export function fieldOf({ sql, type }: TrinoSpot, key: string): TrinoSpot | undefined {
  const held = structureOf(type);
  const of = held?.kind === 'row' ? held.fields.get(key.toLowerCase()) : undefined;
  return of === undefined ? undefined : { sql: `(${sql}).${identifier(key)}`, type: of };
}

/** An array of what is within a cell, with the type of each; undefined where there is no such. */
export function eachOf({ sql, type }: TrinoSpot, what: 'item' | 'key' | 'value'): TrinoSpot | undefined {
  const held = structureOf(type);
  if (what === 'item' && held?.kind === 'array') return { sql, type: held.of };
  if (what === 'key' && held?.kind === 'map') return { sql: `map_keys(${sql})`, type: held.key };
  if (what === 'value' && held?.kind === 'map') return { sql: `map_values(${sql})`, type: held.value };
  return undefined;
}

export function nestedAt({ sql, type }: TrinoSpot, nested: NestedType): TrinoNested {
  const held = structureOf(type);
  const fields = held?.kind === 'row' ? [...held.fields.keys()] : [];
  const has = (key: string): string => {
    if (held?.kind === 'map')
      return `contains(transform(map_keys(${sql}), name -> CAST(name AS varchar)), ${literal(key)})`;
    return fields.includes(key.toLowerCase()) ? `((${sql}).${identifier(key)} IS NOT NULL)` : 'false';
  };
  const present = fields.map((key) => `CASE WHEN ${has(key)} THEN 1 ELSE 0 END`);
  const there = `filter(${sql}, item -> item IS NOT NULL)`;
  return {
    isNull: `${sql} IS NULL`,
    conforms:
      nested === 'vector'
        ? `none_match(${sql}, item -> item IS NULL OR NOT is_finite(CAST(item AS double)))`
        : undefined,
    size: held?.kind === 'row' ? `(${present.join(' + ')})` : `cardinality(${sql})`,
    repeats: `cardinality(array_distinct(${there})) < cardinality(${there})`,
    has,
  };
}

function structureOf(type: string): Structure | undefined {
  const [, kind, inner] = /^(array|map|row)\((.*)\)$/s.exec(type) ?? [];
  const parts = inner === undefined ? [] : partsOf(inner);
  const [first = '', second] = parts;
  if (kind === 'array') return { kind, of: first };
  if (kind === 'map' && second !== undefined) return { kind, key: first, value: second };
  if (kind !== 'row') return undefined;
  const fields = parts.flatMap((part) => {
    const [, name, of] = FIELD.exec(part) ?? [];
    return name === undefined || of === undefined ? [] : [[name.toLowerCase(), of] as const];
  });
  return { kind, fields: new Map(fields) };
}

/** What commas part, those within brackets aside. */
function partsOf(inner: string): readonly string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < inner.length; at += 1) {
    const character = inner[at];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (character !== ',' || depth > 0) continue;
    parts.push(inner.slice(from, at).trim());
    from = at + 1;
  }
  return [...parts, inner.slice(from).trim()];
}
