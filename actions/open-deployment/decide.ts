import { type ManifestEnvironment, milliseconds } from '../../core/formats/manifest.ts';
import type { LedgerRecord } from '../../core/formats/record.ts';
import { live, rejected, rolledBack, soakedSince } from '../../core/ledger/history.ts';

/** A published release that an environment could take. */
export interface Candidate {
  readonly digest: string;
  readonly release: string;
}

/** One rung of the ladder as it is. */
export interface Rung {
  readonly environment: string;
  readonly settings: ManifestEnvironment;
  /** The ledger of this environment, oldest record first. */
  readonly records: readonly LedgerRecord[];
  /** The ledger of the environment that `after` names. */
  readonly before: readonly LedgerRecord[];
  /** What the lock on main names, where it is published. */
  readonly released: Candidate | undefined;
  /** The digest that the deployment file on main names. */
  readonly declared: string | undefined;
}

export type Decision =
  | { readonly kind: 'offer'; readonly candidate: Candidate }
  /** `barred` is a digest that may not be offered: an open pull request of it is closed. */
  | { readonly kind: 'nothing'; readonly reason: string; readonly barred?: string }
  /** Main names a digest that may not serve: the pull request of this branch is roll-out's revert. */
  | { readonly kind: 'leave'; readonly reason: string };

/**
 * What an environment should be offered: on the first rung what the lock on main names, on the others what has been live and has soaked
 * on the rung before. Never what was rejected here or what a rollback left.
 */
export function decide(rung: Rung, now: Date): Decision {
  const { environment, settings, records, before, released, declared } = rung;
  const barred = new Set([...rejected(records), ...rolledBack(records)]);
  if (declared !== undefined && barred.has(declared)) {
    return {
      kind: 'leave',
      reason: `main names ${short(declared)}, which may not serve in ${environment}: its revert comes first`,
    };
  }
  const from = settings.after;
  const source = from === undefined ? undefined : live(before);
  const candidate =
    from === undefined
      ? released
      : source === undefined
        ? undefined
        : { digest: source.digest, release: source.release ?? '' };
  if (candidate === undefined) {
    return {
      kind: 'nothing',
      reason:
        from === undefined ? 'the model that the lock names is not released' : `nothing is live in ${from}`,
    };
  }
  if (barred.has(candidate.digest)) {
    return {
      kind: 'nothing',
      reason: `${short(candidate.digest)} was rejected or rolled back in ${environment}`,
      barred: candidate.digest,
    };
  }
  if (live(records)?.digest === candidate.digest) {
    return { kind: 'nothing', reason: `${short(candidate.digest)} is live in ${environment}` };
  }
  if (declared === candidate.digest) {
    return {
      kind: 'nothing',
      reason: `main names ${short(candidate.digest)} already: roll-out brings it to ${environment}`,
    };
  }
  const left = from === undefined ? 0 : soakLeft(before, candidate.digest, settings.soak, now);
  if (left > 0)
    return { kind: 'nothing', reason: `${short(candidate.digest)} soaks in ${from} for ${words(left)} more` };
  return { kind: 'offer', candidate };
}

function soakLeft(
  before: readonly LedgerRecord[],
  digest: string,
  soak: string | undefined,
  now: Date,
): number {
  const since = soakedSince(before, digest);
  if (since === undefined) return Number.POSITIVE_INFINITY;
  return since.getTime() + (soak === undefined ? 0 : milliseconds(soak)) - now.getTime();
}

/** A digest as people read it. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

function words(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** The environments so that each stands after the one that it names in `after`; those of a cycle or of an unknown `after` are left over. */
export function ladder(environments: Readonly<Record<string, ManifestEnvironment>>): {
  rungs: string[];
  left: string[];
} {
  const rungs: string[] = [];
  let left = Object.keys(environments);
  for (;;) {
    const next = left.filter((name) => {
      const after = environments[name]?.after;
      return after === undefined || rungs.includes(after);
    });
    if (next.length === 0) return { rungs, left };
    rungs.push(...next);
    left = left.filter((name) => !next.includes(name));
  }
}
