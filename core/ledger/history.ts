import type { LedgerRecord } from '../formats/record.ts';

/**
 * Pure readings of the records of one (environment, model), oldest first.
 * "Live" has one definition: the last digest that a `rollout` or a `rollback` put there and no later record ended, where
 * `rejected` and `rollback` end the digest that they name.
 */

/** The `rollout` record of the digest that is live; undefined where none is. */
export function live<R extends LedgerRecord>(records: readonly R[]): R | undefined {
  return standing(records)[0];
}

/** The `rollout` record of the digest that was live before and may serve again; undefined where there is none. */
export function previousLive<R extends LedgerRecord>(records: readonly R[]): R | undefined {
  return standing(records)[1];
}

/** What one step back would leave, and the `rollout` record of what it would restore. */
export interface Rollback<R extends LedgerRecord> {
  /** The digest that is left: the candidate of an unfinished roll-out, else what is live. */
  readonly left: string;
  readonly restored: R;
}

/** One step back from where the records end; undefined where there is nothing to go back to. */
export function rollbackTarget<R extends LedgerRecord>(records: readonly R[]): Rollback<R> | undefined {
  const [current, before] = standing(records);
  const candidate = lastProgress(records)?.started.digest;
  if (candidate !== undefined && current !== undefined) return { left: candidate, restored: current };
  if (current === undefined || before === undefined) return undefined;
  return { left: current.digest, restored: before };
}

/** Digests that get no traffic here whatever main declares. */
export function rejected(records: readonly LedgerRecord[]): ReadonlySet<string> {
  return new Set(records.filter((record) => record.kind === 'rejected').map((record) => record.digest));
}

/** Digests that a rollback left and no later `override` freed: they may not start again. */
export function rolledBack(records: readonly LedgerRecord[]): ReadonlySet<string> {
  const left = new Set<string>();
  for (const { kind, digest } of records) {
    if (kind === 'rollback') left.add(digest);
    if (kind === 'override') left.delete(digest);
  }
  return left;
}

/** A roll-out that has begun and not ended. */
export interface Progress<R extends LedgerRecord> {
  readonly started: R;
  /** The last `step`; undefined before the first. */
  readonly step: R | undefined;
}

/** The unfinished roll-out, if the records end in one. A later start of another digest replaces an earlier one. */
export function lastProgress<R extends LedgerRecord>(records: readonly R[]): Progress<R> | undefined {
  let progress: Progress<R> | undefined;
  for (const record of records) {
    const isCandidate = progress?.started.digest === record.digest;
    switch (record.kind) {
      case 'started':
        progress = { started: record, step: undefined };
        break;
      case 'step':
        if (progress !== undefined && isCandidate) progress = { ...progress, step: record };
        break;
      case 'rollout':
        progress = undefined;
        break;
      case 'rejected':
      case 'rollback':
      case 'hold':
        if (isCandidate) progress = undefined;
    }
  }
  return progress;
}

/** The server's time since which `digest` has been live without a break; undefined where it is not live. */
export function soakedSince(records: readonly LedgerRecord[], digest: string): Date | undefined {
  let since: string | undefined;
  records.forEach((record, index) => {
    const isLive = live(records.slice(0, index + 1))?.digest === digest;
    if (!isLive) since = undefined;
    else since ??= record.at;
  });
  return since === undefined ? undefined : new Date(since);
}

/** The `rollout` records of the digests that may be live, the live one first, each digest once. */
function standing<R extends LedgerRecord>(records: readonly R[]): readonly R[] {
  const ended = new Set<string>();
  const found = new Map<string, R>();
  for (const [index, record] of [...records.entries()].reverse()) {
    const put =
      record.kind === 'rollout' ? record.digest : record.kind === 'rollback' ? record.restored : undefined;
    if (put !== undefined && !ended.has(put) && !found.has(put)) {
      const rollout = records
        .slice(0, index + 1)
        .findLast((earlier) => earlier.kind === 'rollout' && earlier.digest === put);
      if (rollout !== undefined) found.set(put, rollout);
    }
    if (record.kind === 'rejected' || record.kind === 'rollback') ended.add(record.digest);
  }
  return [...found.values()];
}
