import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ladderEnds, type ManifestModel } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { type Ledger, live, readLedger } from '../../core/ledger/ledger.ts';
import { downloadAsset, requireRelease } from '../../core/ledger/releases.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { inputFile, type Task } from './task.ts';

/** A model's bytes and what they are. */
export interface ModelBytes {
  readonly bytes: Uint8Array;
  readonly sha256: string;
}

/** What the candidate is compared with. */
export type Baseline =
  | ({ readonly kind: 'environment'; readonly environment: string } & ModelBytes)
  | ({ readonly kind: 'file'; readonly file: string } & ModelBytes)
  | { readonly kind: 'nothing'; readonly why: string };

/**
 * The model that is live in the last environment of the ladder, by the ledger, its bytes taken from its release and hashed again.
 * Nothing is live only where the ledger was read and says so, or where there can be none; what can't be read is an error.
 */
export async function readBaseline(
  task: Task,
  liveModel: string | undefined,
  token: string | undefined,
  host: Host,
): Promise<Baseline> {
  if (liveModel !== undefined) {
    const bytes = await readModelFile(inputFile(host, liveModel), liveModel);
    return { kind: 'file', file: liveModel, bytes, sha256: sha256(bytes) };
  }
  const environment = lastEnvironment(task.manifest?.environments ?? {});
  if (environment === undefined) return { kind: 'nothing', why: 'no environment is declared' };
  const ledger = await openLedger(token, host);
  if (ledger === undefined) return { kind: 'nothing', why: 'this repository has no remote, so no ledger' };
  const record = live(ledger.records(environment, task.name));
  if (record === undefined) return { kind: 'nothing', why: `the ledger has no roll-out in ${environment}` };
  const bytes = await releasedModel(task.name, record.digest, token, host);
  return { kind: 'environment', environment, bytes, sha256: record.digest };
}

/** The environment that no other one comes after. Throws `manifest/several-ladders` where that is not one. */
export function lastEnvironment(
  environments: NonNullable<ManifestModel['environments']>,
): string | undefined {
  const last = ladderEnds(environments);
  if (last.length === 1 || Object.keys(environments).length === 0) return last[0];
  throw new GreenlightError({
    code: 'manifest/several-ladders',
    message: `the environments have ${last.length} ends: ${last.join(', ') || 'none'}`,
    mend: 'make them one ladder with `after`',
  });
}

/** Undefined on a laptop, in a repository that has no remote and never had a ledger. */
async function openLedger(token: string | undefined, host: Host): Promise<Ledger | undefined> {
  if (host.onRunner) return readLedger(host.git, { fetch: true, token });
  const remote = await host.git.try('remote', 'get-url', 'origin');
  if (remote.code === 0) return readLedger(host.git, { fetch: true });
  try {
    return await readLedger(host.git, { fetch: false });
  } catch (error) {
    if (error instanceof GreenlightError && error.code === 'ledger/not-fetched') return undefined;
    throw error;
  }
}

async function releasedModel(
  name: string,
  digest: string,
  token: string | undefined,
  host: Host,
): Promise<Uint8Array> {
  const github = await host.github(token);
  const release = await requireRelease(github, name, digest);
  const folder = await mkdtemp(path.join(os.tmpdir(), 'greenlight-live-'));
  try {
    const file = path.join(folder, 'model.onnx');
    await downloadAsset(github, release, 'model', file);
    const bytes = await readFile(file);
    requireDigest(bytes, digest, `the released model that is live`);
    return bytes;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Throws `evidence/digest-mismatch`. */
export function requireDigest(bytes: Uint8Array, expected: string, what: string): void {
  const found = sha256(bytes);
  if (found === expected) return;
  throw new GreenlightError({
    code: 'evidence/digest-mismatch',
    message: `${what} has the sha256 ${found}, expected is ${expected}`,
    mend: 'find out which of the two was meant; nothing was evaluated',
  });
}

/** The bytes of a model file. Throws `model/not-found`. */
export async function readModelFile(file: string, name: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new GreenlightError({
      code: 'model/not-found',
      message: `the model file ${name} can't be read`,
      mend: 'check the path',
      cause,
    });
  }
}
