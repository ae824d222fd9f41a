/** The members of two lists, matched. */
export interface Pairing {
  readonly pairs: readonly (readonly [old: number, next: number])[];
  readonly removed: readonly number[];
  readonly added: readonly number[];
}

/** What a member is known by; undefined where it has no such key. */
export type KeyOf<T> = (member: T) => string | undefined;

/**
 * Matches members of two lists: first those that are the same whole, then by each key in turn, in order of the lists where a key
 * occurs several times. So the order of a list is no change. Members are given and returned by index; pairs in the order of `next`.
 */
export function pair<T>(old: readonly T[], next: readonly T[], keys: readonly KeyOf<T>[]): Pairing {
  const pairs: [number, number][] = [];
  const olds = new Set(old.keys());
  const nexts = new Set(next.keys());
  for (const keyOf of [identity, ...keys]) {
    const waiting = new Map<string, number[]>();
    for (const index of olds) {
      const key = keyOf(old[index] as T);
      if (key !== undefined) waiting.set(key, [...(waiting.get(key) ?? []), index]);
    }
    for (const index of nexts) {
      const key = keyOf(next[index] as T);
      const match = key === undefined ? undefined : waiting.get(key)?.shift();
      if (match === undefined) continue;
      pairs.push([match, index]);
      olds.delete(match);
      nexts.delete(index);
    }
  }
  return { pairs: pairs.sort(([, a], [, b]) => a - b), removed: [...olds], added: [...nexts] };
}

/** One text for equal values: keys sorted, big integers told apart from texts. */
export function identity(value: unknown): string {
  return (
    JSON.stringify(value, (_, member: unknown) => {
      if (typeof member === 'bigint') return { bigint: String(member) };
      if (typeof member !== 'object' || member === null || Array.isArray(member)) return member;
      return Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)));
    }) ?? 'undefined'
  );
}
