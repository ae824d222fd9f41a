import { type Direction, flip, type Numeric, ofFloors } from './directions.ts';

/** One side of a range: the bound that may be reached, and the one that may not. */
export interface Bounds {
  readonly inclusive: unknown;
  readonly exclusive: unknown;
}

/** What the numbers of a bound are: whole, with a fraction, or points in time. */
export type Scale = 'integer' | 'number' | 'time';

/**
 * How one side of a range changed. Whole numbers above 0 are those from 1 on, so on integers `exclusiveMinimum: 0` and `minimum: 1` are the
 * same. `other` where the bounds can't be compared.
 */
export function boundDirection(side: 'lower' | 'upper', old: Bounds, next: Bounds, scale: Scale): Direction {
  const before = strictest(side, old, scale);
  const after = strictest(side, next, scale);
  if (before === 'unclear' || after === 'unclear') return 'other';
  // An upper bound is a floor, seen in the mirror.
  const moved = ofFloors(before.at, after.at);
  const direction = side === 'lower' ? moved : flip(moved);
  if (direction !== 'same' || before.open === after.open) return direction;
  return after.open ? 'tighter' : 'looser';
}

interface Limit {
  readonly at: Numeric;
  readonly open: boolean;
}

function strictest(
  side: 'lower' | 'upper',
  { inclusive, exclusive }: Bounds,
  scale: Scale,
): Limit | 'unclear' {
  const limits: Limit[] = [];
  for (const [value, open] of [
    [inclusive, false],
    [exclusive, true],
  ] as const) {
    if (value === undefined) continue;
    const at = scale === 'time' ? pointInTime(value) : numeric(value);
    if (at === undefined) return 'unclear';
    limits.push(scale === 'integer' ? whole(side, { at, open }) : { at, open });
  }
  const none: Limit = { at: side === 'lower' ? -Infinity : Infinity, open: false };
  return limits.reduce((best, limit) => {
    const further = side === 'lower' ? limit.at > best.at : limit.at < best.at;
    return further || (limit.at === best.at && limit.open) ? limit : best;
  }, none);
}

function whole(side: 'lower' | 'upper', limit: Limit): Limit {
  const { at, open } = limit;
  if (typeof at === 'bigint') {
    const step = side === 'lower' ? 1n : -1n;
    return { at: open ? at + step : at, open: false };
  }
  if (Math.abs(at) > Number.MAX_SAFE_INTEGER) return limit;
  if (side === 'lower') return { at: open ? Math.floor(at) + 1 : Math.ceil(at), open: false };
  return { at: open ? Math.ceil(at) - 1 : Math.floor(at), open: false };
}

function numeric(value: unknown): Numeric | undefined {
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

const DATE = /^([+-]?\d{4,6})-(\d\d)-(\d\d)(?:[T ](.+))?$/;
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:?\d\d)?$/;

/** Nanoseconds since 1970, or since midnight for a time of day; a text without a zone is taken as UTC. Undefined for what is no such text. */
function pointInTime(value: unknown): bigint | undefined {
  if (typeof value !== 'string') return undefined;
  const date = DATE.exec(value);
  const clock = CLOCK.exec(date === null ? value : (date[4] ?? '00:00'));
  if (clock === null) return undefined;
  const [, hours, minutes, seconds = '0', fraction = '', zone = 'Z'] = clock;
  const shift =
    zone === 'Z' ? 0 : Number(`${zone[0]}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2)));
  const inDay = (Number(hours) * 60 + Number(minutes) - shift) * 60 + Number(seconds);
  const nanoseconds = BigInt(inDay) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'));
  if (date === null) return nanoseconds;
  const days = new Date(0);
  days.setUTCFullYear(Number(date[1]), Number(date[2]) - 1, Number(date[3]));
  return Number.isNaN(days.getTime()) ? undefined : BigInt(days.getTime()) * 1_000_000n + nanoseconds;
}
