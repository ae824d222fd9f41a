import type { SampledValues } from './likeness.ts';

/** A column, or a part of it that holds single values: `customer.email`, `tags[]`. */
export interface Leaf extends SampledValues {
  /** The keys that lead to it from the column; undefined stands for each item of a list. */
  readonly path: readonly (string | undefined)[];
}

/** More parts than this are no structure: keys are data there, such as a map's. */
const MOST_LEAVES = 500;

/** Takes JSON values apart: the single values within objects and lists, by where they lie. */
export function leavesOf(column: string, values: ReadonlyMap<string, number>): readonly Leaf[] {
  const leaves = new Map<string, { path: readonly (string | undefined)[]; values: Map<string, number> }>();
  const add = (path: readonly (string | undefined)[], value: string, rows: number): void => {
    const whole = leaves.size < MOST_LEAVES ? path : path.slice(0, 1);
    const key = JSON.stringify(whole);
    const leaf = leaves.get(key) ?? { path: whole, values: new Map<string, number>() };
    leaf.values.set(value, (leaf.values.get(value) ?? 0) + rows);
    leaves.set(key, leaf);
  };
  const walk = (value: unknown, path: readonly (string | undefined)[], rows: number): void => {
    if (value === null) return;
    if (Array.isArray(value)) for (const item of value) walk(item, [...path, undefined], rows);
    else if (typeof value === 'object')
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key], rows);
    else add(path, String(value), rows);
  };
  for (const [text, rows] of values) walk(parsed(text), [], rows);
  return [...leaves.values()].map(({ path, values }) => ({
    name: path.findLast((key) => key !== undefined) ?? column,
    path,
    values,
  }));
}

/** A text that was cut is sought in as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
