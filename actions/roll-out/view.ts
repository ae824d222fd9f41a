import type { Deployment } from '../../core/formats/deployment.ts';
import type { LedgerApproval, TrafficCounts } from '../../core/formats/record.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import {
  lastProgress,
  live,
  type NewRecord,
  type Progress,
  previousLive,
  rejected,
  rolledBack,
  type StoredRecord,
  soakedSince,
} from '../../core/ledger/ledger.ts';
import type { Canary } from './canary.ts';
import { type Readiness, type Shares, servedName, type Traffic } from './target.ts';

/** What main says and what was asked for. */
export interface Desired {
  readonly environment: string;
  readonly model: string;
  /** deploy/<environment>/<model>.yaml; undefined where main has none. */
  readonly deployment: Deployment | undefined;
  /** Milliseconds that a release soaks here before a later environment takes it; undefined where none does. */
  readonly soak: number | undefined;
  /** One step back was asked for; the reason tells this request from any other. */
  readonly rollback: { readonly reason: string } | undefined;
}

/** Something that must hold before a candidate starts, with what is missing. */
export type Check<T> =
  | { readonly holds: true; readonly of: T }
  | { readonly holds: false; readonly verdict: Verdict; readonly reasons: readonly string[] };

/** What is, as far as it could be read. */
export interface Is {
  readonly records: readonly StoredRecord[];
  readonly traffic: Traffic | { readonly unreachable: string };
  /** Of what is live, was live before and is declared, by digest. */
  readonly ready: ReadonlyMap<string, Readiness>;
  /** Of the unfinished roll-out. */
  readonly canary: Canary | undefined;
  /** The release of the declared digest and its chain of evidence; undefined where nobody needs it. */
  readonly evidence: Check<{ readonly release: string }> | undefined;
  /** The decision on the declared digest; undefined where nobody needs it. */
  readonly approval: Check<LedgerApproval | undefined> | undefined;
  /** True once the revert pull request was brought up to date in this run. */
  readonly reverted: boolean;
}

/** One thing to do, in the order of the list. */
export type Action =
  | { readonly do: 'place'; readonly digest: string }
  | { readonly do: 'weight'; readonly generation: number; readonly shares: Shares }
  | { readonly do: 'record'; readonly event: NewRecord }
  | { readonly do: 'withdraw'; readonly served: string }
  | { readonly do: 'revert'; readonly left: string; readonly live: string; readonly release: string };

/** How far what is is from what should be; `unknown` where it could not be told. */
export type State = 'in-sync' | 'pending' | 'git-behind' | 'drifted' | 'unknown';

/** What is to be done next and why. */
export interface Decision {
  readonly actions: readonly Action[];
  readonly state: State;
  /** What the run ends in if it ends here. */
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** Only traffic is missing: look again soon. */
  readonly waits: boolean;
}

/** Everything that the rules look at. */
export interface View {
  readonly desired: Desired;
  readonly is: Is;
  readonly traffic: Traffic;
  readonly now: Date;
  /** The number of the ledger's last record. */
  readonly n: number;
  readonly declared: string | undefined;
  readonly live: StoredRecord | undefined;
  readonly previous: StoredRecord | undefined;
  readonly progress: Progress<StoredRecord> | undefined;
}

export function viewOf(desired: Desired, is: Is, traffic: Traffic, now: Date): View {
  return {
    desired,
    is,
    traffic,
    now,
    n: is.records.length,
    declared: declaredDigest(desired.deployment),
    live: live(is.records),
    previous: previousLive(is.records),
    progress: lastProgress(is.records),
  };
}

/** What brings the traffic to `wanted` under the ledger's own number; nothing where it is there. */
export function mend(view: View, wanted: Shares): Action[] {
  const absent = Object.keys(wanted).filter(
    (digest) => (wanted[digest] ?? 0) > 0 && view.is.ready.get(digest) === 'absent',
  );
  const places = absent.map((digest): Action => ({ do: 'place', digest }));
  return serves(view, wanted) ? places : [...places, weight(view.n, wanted)];
}

/** Served models of no use any more: all but the live one, the one before it until this one has soaked, and what is on its way. */
export function withdrawals(view: View): Action[] {
  const { desired, is, traffic, now, live, previous } = view;
  const since = live === undefined ? undefined : soakedSince(is.records, live.digest);
  const soaked =
    desired.soak !== undefined && since !== undefined && now.getTime() - since.getTime() >= desired.soak;
  const kept = [live?.digest, soaked ? undefined : previous?.digest].filter((digest) => digest !== undefined);
  const names = new Set(kept.map((digest) => servedName(desired.model, digest)));
  return traffic.placed
    .filter((served) => !names.has(served) && !traffic.weights.has(served))
    .map((served) => ({ do: 'withdraw', served }));
}

/** The router's counters of the two that a canary compares. */
export function counters(
  traffic: Traffic,
  model: string,
  candidate: string,
  liveDigest: string | undefined,
): TrafficCounts {
  const of = (digest: string | undefined): TrafficCounts['live'] =>
    (digest === undefined ? undefined : traffic.counts.get(servedName(model, digest))) ?? {
      requests: 0,
      errors: 0,
    };
  return { candidate: of(candidate), live: of(liveDigest) };
}

/** Whether the router gives each digest just this share, and nothing to any other. */
export function serves({ desired, traffic }: View, wanted: Shares): boolean {
  const entries = Object.entries(wanted).filter(([, percent]) => percent > 0);
  return (
    entries.length === traffic.weights.size &&
    entries.every(([digest, percent]) => traffic.weights.get(servedName(desired.model, digest)) === percent)
  );
}

/** Whether the ledger bars a digest from traffic here: it was rejected, or left by a rollback. */
export function isBarred({ is }: View, digest: string): boolean {
  return rejected(is.records).has(digest) || rolledBack(is.records).has(digest);
}

/** Whether the router gives a digest traffic. */
export function isGiven({ desired, traffic }: View, digest: string): boolean {
  return traffic.weights.has(servedName(desired.model, digest));
}

/** Traffic under the number of the ledger's record that it belongs to. */
export function weight(generation: number, wanted: Shares): Action {
  return { do: 'weight', generation, shares: wanted };
}

export function key({ environment, model }: Desired): Pick<NewRecord, 'environment' | 'model'> {
  return { environment, model };
}

/** The members that have a value: a record has no others. */
export function defined(event: { [K in keyof NewRecord]: NewRecord[K] | undefined }): NewRecord {
  return Object.fromEntries(
    Object.entries(event).filter(([, value]) => value !== undefined),
  ) as unknown as NewRecord;
}

/** There is more to do. */
export function todo(state: State, reason: string, actions: readonly Action[]): Decision {
  return { actions, state, verdict: 'inconclusive', reasons: [reason], waits: false };
}

/** There is nothing to do, or nothing that this run can do. */
export function settled(state: State, verdict: Verdict, ...reasons: string[]): Decision {
  return { actions: [], state, verdict, reasons, waits: false };
}

/** The digest that a deployment file names, as everything else writes it: without `sha256:`. */
export function declaredDigest(deployment: Deployment): string;
export function declaredDigest(deployment: Deployment | undefined): string | undefined;
export function declaredDigest(deployment: Deployment | undefined): string | undefined {
  return deployment?.digest.slice('sha256:'.length);
}

export function short(digest: string): string {
  return digest.slice(0, 12);
}
