import { GreenlightError } from '../../../core/kernel/errors.ts';
import { toText, type Value } from './expressions.ts';

export type Combination = Readonly<Record<string, Value>>;

/** The legs of `strategy.matrix`, by GitHub's rules for `include` and `exclude`. */
export function expandMatrix(matrix: Value): readonly Combination[] {
  const { include = [], exclude = [], ...vectors } = isObject(matrix) ? matrix : bad('it is not a mapping');
  let combinations: Combination[] = Object.keys(vectors).length === 0 ? [] : [{}];
  for (const [key, values] of Object.entries(vectors)) {
    if (!Array.isArray(values) || values.length === 0) bad(`'${key}' has no values`);
    combinations = combinations.flatMap((it) =>
      (values as Value[]).map((value) => ({ ...it, [key]: value })),
    );
  }
  const excluded = objects(exclude);
  combinations = combinations.filter((it) => !excluded.some((out) => agrees(out, it, Object.keys(out))));

  const added: Combination[] = [];
  const grown = combinations.map((it) => ({ ...it }));
  for (const extra of objects(include)) {
    const shared = Object.keys(extra).filter((key) => key in vectors);
    const hosts = grown.filter((_, index) => agrees(extra, combinations[index] ?? {}, shared));
    for (const host of hosts) Object.assign(host, extra);
    if (hosts.length === 0) added.push(extra);
  }
  const legs = [...grown, ...added];
  return legs.length === 0 ? bad('it has no combinations') : legs;
}

/** The end of a leg's name: ` (LAS, 3)`. */
export function legSuffix(combination: Combination): string {
  const values = Object.values(combination).map(toText);
  return values.length === 0 ? '' : ` (${values.join(', ')})`;
}

function agrees(a: Combination, b: Combination, keys: readonly string[]): boolean {
  return keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

function objects(value: Value): readonly Combination[] {
  return Array.isArray(value) && value.every(isObject)
    ? value
    : bad('include and exclude are lists of mappings');
}

function isObject(value: Value): value is Combination {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

function bad(what: string): never {
  throw new GreenlightError({ code: 'runner/matrix', message: `the matrix can't be used: ${what}` });
}
