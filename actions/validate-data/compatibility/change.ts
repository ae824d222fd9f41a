import type { Contract } from '../../../core/formats/contract.ts';
import type { Place } from '../../../core/kernel/place.ts';
import type { Path } from '../../../core/kernel/yaml.ts';
import { type ChangeKind, type Class, effectOf } from './kinds.ts';
import { type KeyOf, pair } from './pairs.ts';

/** One change between two contracts. */
export interface Change {
  /** What it is about, by the names that the contract gives: `flights.delay.maximum`, `servers.production.format`. */
  readonly path: string;
  readonly kind: ChangeKind;
  readonly producer: Class;
  readonly consumer: Class;
  /** What happened, in words made of the contracts' text alone: `maximum raised from 60 to 90`. */
  readonly what: string;
  /** In the new contract; for what it no longer has, in the old one. */
  readonly place: Place;
}

/** Where something stands in both contracts. A side is undefined where it is not there. */
export interface Spot {
  readonly path: string;
  readonly old: Path | undefined;
  readonly next: Path | undefined;
}

/** Writes a change down. */
export type Note = (kind: ChangeKind, spot: Spot, what: string) => void;

/** A member of what stands at `spot`, under `key` in both texts and under `name` in the path. */
export function under(spot: Spot, key: string, name = key): Spot {
  return {
    path: below(spot.path, name),
    old: spot.old && [...spot.old, key],
    next: spot.next && [...spot.next, key],
  };
}

/** Two lists that stand under one key. */
export interface Lists<T> {
  readonly old: readonly T[] | undefined;
  readonly next: readonly T[] | undefined;
  readonly key: string;
}

/**
 * Goes through two lists, matched by `keys` (pairs.ts): one visit a pair, one a removed or added member. `nameOf` names a member in
 * the path; a list's own name is in it only where `nameOf` puts it there.
 */
export function eachPair<T extends object>(
  { old: olds = [], next: nexts = [], key }: Lists<T>,
  keys: readonly KeyOf<T>[],
  nameOf: (member: T) => string,
  spot: Spot,
  visit: (old: T | undefined, next: T | undefined, at: Spot) => void,
): void {
  const { pairs, removed, added } = pair(olds, nexts, keys);
  const all: (readonly [number | undefined, number | undefined])[] = [
    ...pairs,
    ...added.map((index) => [undefined, index] as const),
    ...removed.map((index) => [index, undefined] as const),
  ];
  for (const [o, n] of all) {
    const old = o === undefined ? undefined : olds[o];
    const next = n === undefined ? undefined : nexts[n];
    const one = next ?? old;
    if (one === undefined) continue;
    visit(old, next, {
      path: below(spot.path, nameOf(one)),
      old: o === undefined ? undefined : spot.old && [...spot.old, key, o],
      next: n === undefined ? undefined : spot.next && [...spot.next, key, n],
    });
  }
}

function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

/** A list of changes and the hand that writes it. */
export function notebook(old: Contract, next: Contract): { note: Note; changes: Change[] } {
  const changes: Change[] = [];
  const note: Note = (kind, spot, what) => {
    const { producer, consumer } = effectOf(kind);
    const place = spot.next === undefined ? old.placeOf(spot.old ?? []) : next.placeOf(spot.next);
    changes.push({ path: spot.path, kind, producer, consumer, what, place });
  };
  return { note, changes };
}

const LONGEST = 40;

/** A value of a contract in a sentence; undefined where it is too long or too deep for one. */
export function shown(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const parts = value.map(shown);
    const text = parts.join(', ');
    return parts.includes(undefined) || text.length > LONGEST ? undefined : text;
  }
  if (value === null) return 'null';
  if (value === undefined || typeof value === 'object') return undefined;
  const text = String(value).replaceAll(/\s+/g, ' ').trim();
  return text === '' || text.length > LONGEST ? undefined : text;
}

/** A change of a value in words: `physicalType changed from INT to BIGINT`, `unit d removed`. */
export function valueChange(name: string, old: unknown, next: unknown): string {
  const [from, to] = [shown(old), shown(next)];
  if (old === undefined) return to === undefined ? `${name} added` : `${name} ${to} added`;
  if (next === undefined) return from === undefined ? `${name} removed` : `${name} ${from} removed`;
  if (from === undefined || to === undefined || from === to) return `${name} changed`;
  return `${name} changed from ${from} to ${to}`;
}
