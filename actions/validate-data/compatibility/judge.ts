import { isExpired, type Waiver } from '../../../core/formats/waiver.ts';
import type { Place } from '../../../core/kernel/place.ts';
import { nearest } from '../../../core/kernel/schema.ts';
import type { Change } from './change.ts';
import { KINDS } from './kinds.ts';
import { BUMPS, type Bump, bumpAt, bumpNeeded, isSemver, type Move, moveOf, nextVersion } from './version.ts';

/** The versions that two contracts give themselves, and where the new one stands. */
export interface Versions {
  readonly old: string;
  readonly next: string;
  readonly place: Place;
}

/** What is said of the changes of one contract. `fail` stops, `warn` and `waived` do not. */
export type ChangeFinding =
  | {
      readonly kind: 'contract-break';
      readonly level: 'fail' | 'waived';
      readonly change: Change;
      /** The waiver that accepts it; of a break that none does, an expired one that did. */
      readonly waiver?: Waiver;
    }
  | {
      readonly kind: 'contract-version';
      readonly level: 'pass' | 'warn' | 'fail';
      readonly from: string;
      readonly to: string;
      readonly moved: Move;
      readonly needed: Bump;
      readonly text: string;
      readonly place: Place;
    }
  | {
      readonly kind: 'contract-waiver';
      readonly level: 'warn';
      readonly waiver: Waiver;
      readonly text: string;
      readonly place: Place;
    };

/**
 * Judges the changes of one contract: each break needs a waiver that holds at `now`, and the version must have moved as far as the
 * changes ask. A waiver changes nothing about the version: it accepts a break, and does not hide it. Waivers that name another contract
 * are left alone; of the others those that have expired or accept nothing here are said.
 */
export function judgeChanges(
  changes: readonly Change[],
  versions: Versions,
  waivers: readonly Waiver[],
  now: Date,
): readonly ChangeFinding[] {
  const here = waivers.filter(({ contract = versions.place.file }) => contract === versions.place.file);
  const breaks = changes
    .filter(({ producer, consumer }) => producer === 'breaking' || consumer === 'breaking')
    .map((change): ChangeFinding => {
      const fitting = here.filter((waiver) => accepts(waiver, change));
      const holding = fitting.find((waiver) => !isExpired(waiver, now));
      const waiver = holding ?? fitting[0];
      return {
        kind: 'contract-break',
        level: holding === undefined ? 'fail' : 'waived',
        change,
        ...(waiver === undefined ? {} : { waiver }),
      };
    });
  return [...breaks, versionFinding(changes, versions), ...idle(here, changes, now)];
}

/** Whether nothing stops these changes. */
export function changesPass(findings: readonly ChangeFinding[]): boolean {
  return findings.every(({ level }) => level !== 'fail');
}

function accepts({ scope, change }: Waiver, { path, kind }: Change): boolean {
  return change === kind && matches(scope, path);
}

/** Whether a path is what `scope` describes, `*` being any run of characters; in linear time, whatever the scope. */
function matches(scope: string, path: string): boolean {
  const [head = '', ...parts] = scope.split('*');
  const tail = parts.pop();
  if (tail === undefined) return path === scope;
  if (!path.startsWith(head)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = path.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return path.length - tail.length >= at && path.endsWith(tail);
}

function idle(waivers: readonly Waiver[], changes: readonly Change[], now: Date): ChangeFinding[] {
  return waivers.flatMap((waiver): ChangeFinding[] => {
    const about = { kind: 'contract-waiver', level: 'warn', waiver, place: waiver.place } as const;
    const name = `the waiver of ${waiver.scope} (${waiver.change})`;
    if (isExpired(waiver, now)) return [{ ...about, text: `${name} expired on ${waiver.expires}` }];
    if (changes.some((change) => accepts(waiver, change))) return [];
    if (Object.hasOwn(KINDS, waiver.change))
      return [{ ...about, text: `${name} accepts no change that is here` }];
    const near = nearest(waiver.change, Object.keys(KINDS));
    const mend = near === undefined ? '' : `; did you mean ${near}?`;
    return [{ ...about, text: `${name} names no kind of change${mend}` }];
  });
}

function versionFinding(changes: readonly Change[], { old, next, place }: Versions): ChangeFinding {
  const needed = bumpAt(old, bumpNeeded(changes));
  const moved = moveOf(old, next);
  const about = { kind: 'contract-version', from: old, to: next, moved, needed, place } as const;
  const asked = `the changes ask for a ${needed} version`;
  if (moved === 'back')
    return { ...about, level: 'fail', text: `the version went back from ${old} to ${next}` };
  if (moved !== 'unknown' && BUMPS.indexOf(moved) < BUMPS.indexOf(needed)) {
    const write = nextVersion(old, needed);
    const mend = write === undefined ? '' : `: write ${write}`;
    const text =
      moved === 'none'
        ? `the version is still ${next}`
        : `the version moved from ${old} to ${next} (${moved})`;
    return { ...about, level: 'fail', text: `${text}, but ${asked}${mend}` };
  }
  const odd = [old, next].find((version) => !isSemver(version));
  if (odd !== undefined) {
    const text = `the version ${odd} is no semantic version, so it can't say what the changes mean`;
    return { ...about, level: 'warn', text: `${text}; write one like 1.0.0` };
  }
  const text = old === next ? `version ${next}` : `version ${old} → ${next} (${moved})`;
  return { ...about, level: 'pass', text: needed === 'none' ? text : `${text}; ${asked}` };
}
