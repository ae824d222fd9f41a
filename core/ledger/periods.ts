import type { LedgerApproval, LedgerRecord } from '../formats/record.ts';
import { live } from './history.ts';

/** How a digest's time in an environment ended. */
export type Ending =
  | { readonly how: 'replaced'; readonly by: string }
  | { readonly how: 'rolled-back' | 'rejected'; readonly reason: string | undefined }
  /** A candidate that another one, or a hold, ended before it was live. */
  | { readonly how: 'given-up'; readonly reason: string | undefined };

/** A time in which a digest had traffic in one environment. */
export interface Period {
  readonly digest: string;
  readonly release: string | undefined;
  /** A candidate got part of the traffic and was never live in this period. */
  readonly as: 'live' | 'candidate';
  /** Server's times, RFC 3339 in UTC. */
  readonly from: string;
  /** Undefined where it has not ended. */
  readonly until: string | undefined;
  readonly ending: Ending | undefined;
  /** The decision that its roll-out rested on; undefined where the ledger holds none. */
  readonly approval: LedgerApproval | undefined;
}

/**
 * What had traffic when, oldest first, from the records of one (environment, model). An unended `live` period is of the digest that
 * {@link live} names and there is one at most; a candidate's period becomes a live one at its `rollout`.
 */
export function periods(records: readonly LedgerRecord[]): readonly Period[] {
  const ended: Period[] = [];
  let current: Period | undefined;
  let candidate: Period | undefined;
  for (const [index, record] of records.entries()) {
    const begin = (digest: string, as: Period['as']): Period => ({
      digest,
      as,
      from: record.at,
      until: undefined,
      ending: undefined,
      ...decisionOn(records.slice(0, index + 1), digest),
    });
    const end = (period: Period, ending: Ending): void => {
      ended.push({ ...period, until: record.at, ending });
    };
    const ending = endingOf(record);
    if (candidate?.digest === record.digest && ending !== undefined) {
      end(candidate, ending);
      candidate = undefined;
    } else if (candidate?.digest === record.digest && record.kind === 'rollout') candidate = undefined;
    if (record.kind === 'started') {
      if (candidate !== undefined)
        end(candidate, { how: 'given-up', reason: `${record.digest.slice(0, 12)} was started` });
      candidate = begin(record.digest, 'candidate');
    }
    const now = live(records.slice(0, index + 1))?.digest;
    if (now === current?.digest) continue;
    if (current !== undefined)
      end(
        current,
        record.digest === current.digest && ending !== undefined
          ? ending
          : { how: 'replaced', by: now ?? record.digest },
      );
    current = now === undefined ? undefined : begin(now, 'live');
  }
  const open = [current, candidate].filter((period) => period !== undefined);
  return [...ended, ...open].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
}

function endingOf({ kind, reason }: LedgerRecord): Ending | undefined {
  switch (kind) {
    case 'rejected':
      return { how: 'rejected', reason };
    case 'rollback':
      return { how: 'rolled-back', reason };
    case 'hold':
      return { how: 'given-up', reason };
    default:
      return undefined;
  }
}

function decisionOn(records: readonly LedgerRecord[], digest: string): Pick<Period, 'release' | 'approval'> {
  const of = records.filter((record) => record.digest === digest);
  return {
    release: of.findLast(({ release }) => release !== undefined)?.release,
    approval: of.findLast(({ approval }) => approval !== undefined)?.approval,
  };
}

/** How a period ended, in words; empty where it has not. */
export function endingText({ ending }: Period): string {
  if (ending === undefined) return '';
  if (ending.how === 'replaced') return `replaced by ${ending.by.slice(0, 12)}`;
  const words = { 'rolled-back': 'rolled back', rejected: 'rejected', 'given-up': 'given up' } as const;
  return ending.reason === undefined ? words[ending.how] : `${words[ending.how]}: ${ending.reason}`;
}
