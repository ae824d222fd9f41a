import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/lock.schema.json' with { type: 'json' };
import type { Lock, LockModel } from './schemas/lock.types.ts';

export type { Lock, LockFile, LockInput, LockModel, LockStage } from './schemas/lock.types.ts';

/** The lock's path in a repository. */
export const LOCK_FILE = 'greenlight.lock';

/** Reads greenlight.lock. Throws `lock/…` errors with their places. */
export function readLock(text: string, file = LOCK_FILE): Lock {
  return readFormat<Lock>(text, file, schema, 'lock');
}

/** The sha256 that a lock's text names for a model; undefined where there is no lock yet or it has no entry of that model. */
export function lockedDigest(text: string | undefined, model: string): string | undefined {
  return text === undefined ? undefined : readLock(text).models[model]?.model.sha256;
}

/** The canonical bytes of a lock. */
export function writeLock(lock: Lock): string {
  return canonicalJson(lock);
}

/** The lock with one model replaced. */
export function withModel(lock: Lock | undefined, name: string, model: LockModel): Lock {
  return { schema: 'greenlight.lock/v1', models: { ...lock?.models, [name]: model } };
}
