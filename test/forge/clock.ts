import type { Clock } from './types.ts';

/** A clock that starts at `start` and runs with real time. */
export function createClock(start: Date): Clock {
  let offset = start.getTime() - Date.now();
  return {
    now: () => new Date(Date.now() + offset),
    set: (date) => {
      offset = date.getTime() - Date.now();
    },
    advance: (milliseconds) => {
      offset += milliseconds;
    },
  };
}

/** A time as GitHub writes it: whole seconds, UTC. */
export function timestamp(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

export function timestampOrNull(date: Date | null): string | null {
  return date === null ? null : timestamp(date);
}
