import type { CellForm, CellType } from '../cells.ts';
import type { NestedType, Step } from '../nested.ts';
import { identifier, literal } from '../sql.ts';
import { type PostgresCell, textValue } from './cells.ts';
import type { PostgresColumn } from './describe.ts';

/** Whether a column's cells hold others: JSON or arrays. Both are read as JSON. */
export function isNestedColumn({ base }: PostgresColumn): boolean {
  return base === 'json' || base === 'jsonb' || base.startsWith('_');
}

/** The SQL of a nested column's cell as jsonb. */
export function jsonOf({ name, base }: PostgresColumn): string {
  const sql = identifier(name);
  if (base === 'jsonb') return sql;
  return base === 'json' ? `CAST(${sql} AS jsonb)` : `to_jsonb(${sql})`;
}

/** The value of a key; NULL where there is none. */
export function keyOf(json: string, key: string): string {
  return `(${json} -> ${literal(key)})`;
}

/** What each item, key or value within is, as rows of one column `json` of the alias; none where the cell holds none. */
export function eachOf(json: string, { each }: Extract<Step, { each: unknown }>, alias: string): string {
  const empty = each === 'item' ? '[]' : '{}';
  const there = `CASE WHEN ${isKind(json, each === 'item' ? 'array' : 'object')} THEN ${json} ELSE '${empty}' END`;
  switch (each) {
    case 'item':
      return `jsonb_array_elements(${there}) AS ${alias}(json)`;
    case 'key':
      return `(SELECT to_jsonb(key) AS json FROM jsonb_object_keys(${there}) AS keys(key)) AS ${alias}`;
    case 'value':
      return `(SELECT value AS json FROM jsonb_each(${there})) AS ${alias}`;
  }
}

export function isKind(json: string, kind: 'array' | 'object' | 'string' | 'number' | 'boolean'): string {
  return `jsonb_typeof(${json}) = '${kind}'`;
}

/** A JSON value read as a plain type. */
export function jsonCell(json: string, type: CellType, form: CellForm = {}): PostgresCell {
  const text = `((${json} #>> '{}') COLLATE "C")`;
  const kind = type === 'boolean' ? 'boolean' : type === 'integer' || type === 'number' ? 'number' : 'string';
  return {
    isNull: isNull(json),
    value: `CASE WHEN ${isKind(json, kind)} THEN ${textValue(text, type, form)} END`,
    exact: false,
    float: false,
    text,
  };
}

/** A JSON value read as a nested type. */
export interface NestedJson {
  readonly isNull: string;
  /** True for a value that has the type. */
  readonly conforms: string;
  /** The number of items or keys; asked of what conforms alone. */
  readonly size: string;
  readonly distinct: string;
  /** Whether a key is there and its value is not null. */
  has(key: string): string;
}

export function nestedJson(json: string, type: NestedType): NestedJson {
  const listed = type === 'array' || type === 'vector';
  const kind = isKind(json, listed ? 'array' : 'object');
  const items = eachOf(json, { each: 'item' }, 'items');
  const numbers = `NOT EXISTS (SELECT FROM ${items} WHERE NOT ${isKind('items.json', 'number')})`;
  const keys = eachOf(json, { each: 'key' }, 'names');
  return {
    isNull: isNull(json),
    conforms: type === 'vector' ? `(${kind} AND ${numbers})` : `(${kind})`,
    size: `(SELECT count(*) FROM ${listed ? items : keys})`,
    distinct: `(SELECT count(DISTINCT items.json) FROM ${items})`,
    has: (key) => `coalesce(jsonb_typeof(${keyOf(json, key)}) <> 'null', false)`,
  };
}

function isNull(json: string): string {
  return `(${json} IS NULL OR jsonb_typeof(${json}) = 'null')`;
}
