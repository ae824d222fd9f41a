import { type ManifestEnvironment, milliseconds } from '../../core/formats/manifest.ts';
import type { LedgerRecord } from '../../core/formats/record.ts';
import { live, rejected, rolledBack, soakedSince } from '../../core/ledger/history.ts';

/** A pull request of a rung and the digest that it offers. */
export interface Offer {
  readonly number: number;
  readonly digest: string;
}

/** One rung of the ladder as it is. */
export interface Rung {
  readonly environment: string;
  readonly settings: Pick<ManifestEnvironment, 'after' | 'soak'>;
  /** The ledger of this environment, oldest record first. */
  readonly records: readonly LedgerRecord[];
  /** The ledger of the environment that `after` names; empty on the first rung. */
  readonly before: readonly LedgerRecord[];
  /** The digest that the lock on main names, where it is published. */
  readonly released: string | undefined;
  /** The digest that the deployment file on main names. */
  readonly declared: string | undefined;
  /** The open pull request; undefined where there is none, or where it offers no digest that can be read. */
  readonly open: Offer | undefined;
  /** The pull requests that a person closed without merging them. */
  readonly refused: readonly Offer[];
}

export type Decision =
  /** The one pull request should offer this digest. */
  | { readonly kind: 'offer'; readonly digest: string }
  /** The open pull request offers what may not be merged: it is closed for this reason. */
  | { readonly kind: 'close'; readonly number: number; readonly reason: string }
  /** Nothing is to be offered, and an open pull request stays as it is. */
  | { readonly kind: 'nothing'; readonly reason: string };

/**
 * All the rules of what an environment is offered: on the first rung what the lock on main names, on a later one what is live and has
 * soaked on the rung before. Level-based: from what is, what should be.
 *
 * Never offered is what was rejected or rolled back here or on the rung before, what is live or declared here already, what a person
 * closed, and what is older than what is live here: back goes roll-out alone. An open pull request stands while its digest could still
 * be merged, so a newer one that soaks does not take it away.
 */
export function decide(rung: Rung, now: Date): Decision {
  const { environment, records, declared, open } = rung;
  if (declared !== undefined && isBarred(records, declared)) {
    // The branch is roll-out's: its revert makes main say what serves.
    const reason = `main names ${short(declared)}, which may not serve in ${environment}: its revert comes first`;
    return { kind: 'nothing', reason };
  }
  const candidate = candidateOf(rung);
  const missing = candidate === undefined ? nobody(rung) : whyNot(rung, candidate, now);
  if (candidate !== undefined && missing === undefined) return { kind: 'offer', digest: candidate };
  const reason = open === undefined ? undefined : objection(rung, open.digest);
  if (open !== undefined && reason !== undefined) return { kind: 'close', number: open.number, reason };
  return { kind: 'nothing', reason: missing ?? '' };
}

/** The digest whose turn it is on a rung, whether or not it may be offered; undefined where there is none. */
export function candidateOf({
  settings,
  before,
  released,
}: Pick<Rung, 'settings' | 'before' | 'released'>): string | undefined {
  return settings.after === undefined ? released : live(before)?.digest;
}

function nobody({ settings }: Rung): string {
  return settings.after === undefined
    ? 'the model that the lock names is not released'
    : `nothing is live in ${settings.after}`;
}

/** What keeps a candidate from being offered; undefined where nothing does. */
function whyNot(rung: Rung, digest: string, now: Date): string | undefined {
  return objection(rung, digest) ?? refusal(rung, digest) ?? soaking(rung, digest, now);
}

/** What keeps a digest from being merged here, offered or not. */
function objection(rung: Rung, digest: string): string | undefined {
  const { environment, settings, records, before, declared } = rung;
  const name = short(digest);
  if (isBarred(records, digest)) return `${name} was rejected or rolled back in ${environment}`;
  if (settings.after !== undefined && isBarred(before, digest))
    return `${name} was rejected or rolled back in ${settings.after}`;
  const serving = live(records)?.digest;
  if (serving === digest) return `${name} is live in ${environment}`;
  if (declared === digest) return `main names ${name} already: roll-out brings it to ${environment}`;
  if (serving !== undefined && rank(before, digest) < rank(before, serving)) {
    return `${name} is older than ${short(serving)}, which is live in ${environment}: only a rollback goes back`;
  }
  return undefined;
}

function refusal({ refused }: Rung, digest: string): string | undefined {
  const offer = refused.find((each) => each.digest === digest);
  return offer === undefined
    ? undefined
    : `a person closed #${offer.number}, which offered ${short(digest)}: it is not offered again unless #${offer.number} is reopened`;
}

function soaking({ settings, before }: Rung, digest: string, now: Date): string | undefined {
  if (settings.after === undefined) return undefined;
  const since = soakedSince(before, digest);
  if (since === undefined) return `${short(digest)} is not live in ${settings.after}`;
  const left =
    since.getTime() + (settings.soak === undefined ? 0 : milliseconds(settings.soak)) - now.getTime();
  return left > 0 ? `${short(digest)} soaks in ${settings.after} for ${words(left)} more` : undefined;
}

/** Where a digest stands in the order in which the rung before took its models; -1 where it never did. What a rollback restored keeps its place. */
function rank(before: readonly LedgerRecord[], digest: string): number {
  return before.findLastIndex((record) => record.kind === 'rollout' && record.digest === digest);
}

function isBarred(records: readonly LedgerRecord[], digest: string): boolean {
  return rejected(records).has(digest) || rolledBack(records).has(digest);
}

/** A digest as people read it. */
export function short(digest: string): string {
  return digest.slice(0, 12);
}

function words(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  if (minutes === 1) return '1 minute';
  return minutes < 120 ? `${minutes} minutes` : `${Math.ceil(minutes / 60)} hours`;
}

/** The environments so that each stands after the one that it names in `after`; those of a cycle or of an unknown `after` are left over. */
export function ladder(
  environments: Readonly<Record<string, Pick<ManifestEnvironment, 'after'> | undefined>>,
): {
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
