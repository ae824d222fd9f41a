import type { LedgerRecord } from '../formats/record.ts';
import { readLedgerRecord, recordPath, writeLedgerRecord } from '../formats/record.ts';
import { GreenlightError } from '../kernel/errors.ts';
import { sha256 } from '../toolkit/digest.ts';

/** A record as the ledger's branch holds it. */
export interface StoredRecord extends LedgerRecord {
  /** Its path on the branch. */
  readonly file: string;
  /** The sha256 of its file, which the next record names. */
  readonly sha256: string;
}

/** A file of the ledger's branch. */
export interface LedgerFile {
  readonly file: string;
  readonly text: string;
}

/** What happened to one model in one environment. */
export interface LedgerKey {
  readonly environment: string;
  readonly model: string;
}

/** An event before the ledger has given it its number, its predecessor and its time. */
export type NewRecord = Omit<LedgerRecord, 'schema' | 'n' | 'previous' | 'at'>;

export function sameKey(a: LedgerKey, b: LedgerKey): boolean {
  return a.environment === b.environment && a.model === b.model;
}

/**
 * The records of each (environment, model), oldest first. Every file must be canonical, stand at its own path, carry the number
 * after its predecessor's and its predecessor's sha256. Throws `ledger/broken-chain`, naming the file that does not fit.
 */
export function verifyChains(files: readonly LedgerFile[]): readonly (readonly StoredRecord[])[] {
  const chains = new Map<string, StoredRecord[]>();
  const stored = files.map(readStored).sort((a, b) => a.n - b.n);
  for (const record of stored) {
    const key = `${record.environment}/${record.model}`;
    const chain = chains.get(key) ?? [];
    chains.set(key, chain);
    const last = chain.at(-1);
    const expected = chain.length + 1;
    if (record.n !== expected)
      throw broken(record.file, `record ${expected} of ${key} is expected here, this is ${record.n}`);
    if (record.previous !== (last?.sha256 ?? null)) {
      throw broken(record.file, `it names another predecessor than ${last?.file ?? 'none'}`);
    }
    if (
      record.kind === 'rollback' &&
      !chain.some((earlier) => earlier.kind === 'rollout' && earlier.digest === record.restored)
    ) {
      throw broken(record.file, 'it restores a model that was never live here');
    }
    chain.push(record);
  }
  return [...chains.values()];
}

/** The record that follows `chain`, as it is stored. `at` is RFC 3339 in UTC. */
export function nextRecord(
  chain: readonly StoredRecord[],
  event: NewRecord,
  at: string,
): StoredRecord & { readonly text: string } {
  const record: LedgerRecord = {
    schema: 'greenlight.record/v1',
    ...event,
    n: chain.length + 1,
    previous: chain.at(-1)?.sha256 ?? null,
    at,
  };
  const text = writeLedgerRecord(record);
  return { ...record, file: recordPath(record), sha256: sha256(text), text };
}

function readStored({ file, text }: LedgerFile): StoredRecord {
  const record = readLedgerRecord(text, file);
  if (recordPath(record) !== file) throw broken(file, `its content belongs at ${recordPath(record)}`);
  if (writeLedgerRecord(record) !== text) throw broken(file, 'it is not canonical JSON');
  return { ...record, file, sha256: sha256(text) };
}

function broken(file: string, why: string): GreenlightError {
  return new GreenlightError({
    code: 'ledger/broken-chain',
    message: `the ledger's record ${file} does not fit: ${why}`,
    place: { file },
    mend: 'find out who changed the branch greenlight/ledger; nothing is rolled out until its chain holds again',
  });
}
