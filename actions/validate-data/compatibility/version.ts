import { type ChangeKind, effectOf } from './kinds.ts';

/** How far a version must move, or moved. */
export type Bump = 'none' | 'patch' | 'minor' | 'major';

/** From the least to the most. */
export const BUMPS: readonly Bump[] = ['none', 'patch', 'minor', 'major'];

/** How a version moved from one contract to the next; `unknown` where one of them is no semantic version. */
export type Move = Bump | 'back' | 'unknown';

interface Version {
  readonly core: readonly [major: bigint, minor: bigint, patch: bigint];
  readonly pre: readonly string[];
}

/** The pattern of semver.org, section "Is there a suggested regular expression". */
const SEMVER =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+[0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*)?$/;

function parse(text: string): Version | undefined {
  const match = SEMVER.exec(text);
  if (match === null) return undefined;
  const [, major = '0', minor = '0', patch = '0', pre = ''] = match;
  return { core: [BigInt(major), BigInt(minor), BigInt(patch)], pre: pre === '' ? [] : pre.split('.') };
}

/** Whether a text is a version by Semantic Versioning 2.0.0. */
export function isSemver(text: string): boolean {
  return parse(text) !== undefined;
}

/** The bump that a contract's changes ask for: the largest of any of them. */
export function bumpNeeded(changes: readonly { readonly kind: ChangeKind }[]): Bump {
  const ranks = changes.map(({ kind }) => BUMPS.indexOf(effectOf(kind).bump));
  return BUMPS[Math.max(0, ...ranks)] ?? 'none';
}

/**
 * The bump that is asked for at this version. Before 1.0.0 the minor number stands for what breaks and the patch number for the
 * rest, as package managers read `^0.y.z` (Semantic Versioning 2.0.0, item 4, leaves it open).
 */
export function bumpAt(version: string, needed: Bump): Bump {
  if (parse(version)?.core[0] !== 0n) return needed;
  return needed === 'major' ? 'minor' : needed === 'minor' ? 'patch' : needed;
}

/**
 * How far the version moved, by the order of Semantic Versioning 2.0.0, item 11. A step from one pre-release to the next, or to
 * its release, counts as major: a pre-release promises nothing yet (item 9). Build metadata is no move.
 */
export function moveOf(old: string, next: string): Move {
  const from = parse(old);
  const to = parse(next);
  if (from === undefined || to === undefined) return old === next ? 'none' : 'unknown';
  const order = precedence(from, to);
  if (order > 0) return 'back';
  if (order === 0) return 'none';
  const at = from.core.findIndex((number, index) => number !== to.core[index]);
  return (['major', 'minor', 'patch'] as const)[at] ?? 'major';
}

/** The least version that moves as far; undefined where `version` is no semantic version. */
export function nextVersion(version: string, bump: Bump): string | undefined {
  const [major, minor, patch] = parse(version)?.core ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return undefined;
  if (bump === 'major') return `${major + 1n}.0.0`;
  if (bump === 'minor') return `${major}.${minor + 1n}.0`;
  return bump === 'patch' ? `${major}.${minor}.${patch + 1n}` : version;
}

function precedence(a: Version, b: Version): number {
  for (const [index, number] of a.core.entries()) {
    const other = b.core[index] ?? 0n;
    if (number !== other) return number < other ? -1 : 1;
  }
  if (a.pre.length === 0 || b.pre.length === 0) return Math.sign(b.pre.length - a.pre.length);
  for (const [index, part] of a.pre.entries()) {
    const other = b.pre[index];
    if (other === undefined) return 1;
    const order = identifierOrder(part, other);
    if (order !== 0) return order;
  }
  return a.pre.length < b.pre.length ? -1 : 0;
}

function identifierOrder(a: string, b: string): number {
  if (a === b) return 0;
  const numeric = [a, b].map((part) => /^\d+$/.test(part));
  if (numeric[0] && numeric[1]) return BigInt(a) < BigInt(b) ? -1 : 1;
  if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
  return a < b ? -1 : 1;
}
