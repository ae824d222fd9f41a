import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/record.schema.json' with { type: 'json' };
import type { LedgerRecord } from './schemas/record.types.ts';

export type {
  LedgerApproval,
  LedgerRecord,
  LedgerReview,
  TrafficCount,
  TrafficCounts,
} from './schemas/record.types.ts';

/** Reads a ledger record. Throws `ledger/…` errors with their places. */
export function readLedgerRecord(text: string, file: string): LedgerRecord {
  return readFormat<LedgerRecord>(text, file, schema, 'ledger');
}

/** The canonical bytes of a ledger record. */
export function writeLedgerRecord(value: LedgerRecord): string {
  return canonicalJson(value);
}

/** The file of a record on the ledger's branch. */
export function recordPath(
  record: Pick<LedgerRecord, 'environment' | 'model' | 'n' | 'kind' | 'digest'>,
): string {
  return `${record.environment}/${record.model}/${record.n}-${record.kind}-${record.digest.slice(0, 12)}.json`;
}
