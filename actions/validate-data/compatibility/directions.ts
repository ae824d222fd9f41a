/** How what is accepted changed: less than before, more, both less here and more there (or it can't be told), or not at all. */
export type Direction = 'same' | 'tighter' | 'looser' | 'other';

/** Two changes of one thing taken together. */
export function join(a: Direction, b: Direction): Direction {
  if (a === b || b === 'same') return a;
  return a === 'same' ? b : 'other';
}

export function flip(direction: Direction): Direction {
  if (direction === 'tighter') return 'looser';
  return direction === 'looser' ? 'tighter' : direction;
}

/** Of sets of accepted things: more members are looser. */
export function ofSets(old: ReadonlySet<string>, next: ReadonlySet<string>): Direction {
  const lost = [...old].some((member) => !next.has(member));
  const won = [...next].some((member) => !old.has(member));
  if (lost && won) return 'other';
  return lost ? 'tighter' : won ? 'looser' : 'same';
}

/** Numbers that compare with each other: JavaScript orders numbers and big integers together, exactly. */
export type Numeric = number | bigint;

/** Of a floor that a number must reach: higher is tighter. */
export function ofFloors(old: Numeric, next: Numeric): Direction {
  return old < next ? 'tighter' : old > next ? 'looser' : 'same';
}

/** An interval of accepted numbers; an open end is not accepted itself. */
export interface Span {
  readonly low: Numeric;
  readonly lowOpen: boolean;
  readonly high: Numeric;
  readonly highOpen: boolean;
}

/** Of unions of intervals that neither overlap nor touch: an interval lies in a union if it lies in one of its parts. */
export function ofSpans(old: readonly Span[], next: readonly Span[]): Direction {
  const tighter = next.every((span) => old.some((outer) => inside(span, outer)));
  const looser = old.every((span) => next.some((outer) => inside(span, outer)));
  if (tighter && looser) return 'same';
  return tighter ? 'tighter' : looser ? 'looser' : 'other';
}

function inside(inner: Span, outer: Span): boolean {
  const low = inner.low > outer.low || (inner.low === outer.low && (inner.lowOpen || !outer.lowOpen));
  const high = inner.high < outer.high || (inner.high === outer.high && (inner.highOpen || !outer.highOpen));
  return low && high;
}
