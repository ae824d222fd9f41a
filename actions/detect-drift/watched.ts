import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {
  ladderEnds,
  MANIFEST_FILE,
  type ManifestModel,
  type ManifestMonitoring,
  type NamedModel,
} from '../../core/formats/manifest.ts';
import { type Profile, readProfile } from '../../core/formats/profile.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { live, readLedger } from '../../core/ledger/ledger.ts';
import { assetText, downloadAsset, requireRelease } from '../../core/ledger/releases.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';

/** The model that is watched. */
export interface Watched {
  readonly bytes: Uint8Array;
  readonly sha256: string;
  /** Where it is live; undefined for a file of the caller's. */
  readonly environment: string | undefined;
  /** What its training data looked like; undefined for a file of the caller's without a profile. */
  readonly profile: Profile | undefined;
}

/** The files that the caller gave instead of what is live. */
export async function watchedFile(
  root: string,
  modelFile: string,
  profileFile: string | undefined,
): Promise<Watched> {
  const bytes = await readGiven(root, modelFile, 'live-model');
  const profile =
    profileFile === undefined
      ? undefined
      : readProfile((await readGiven(root, profileFile, 'profile')).toString('utf8'), profileFile);
  return { bytes, sha256: sha256(bytes), environment: undefined, profile };
}

/** What is live by the ledger, from its release, every byte held against its digest. Throws `drift/nothing-live`. */
export async function watchedLive(
  { name, model }: NamedModel,
  monitoring: ManifestMonitoring,
  github: Github,
  token: string | undefined,
  host: Host,
): Promise<Watched> {
  const environment = monitoring.environment ?? watchedEnd(model.environments ?? {});
  const ledger = await readLedger(host.git, { fetch: true, token });
  const record = live(ledger.records(environment, name));
  if (record === undefined) {
    throw new GreenlightError({
      code: 'drift/nothing-live',
      message: `the ledger has no model of ${name} that is live in ${environment}, so there is none to watch`,
      mend: 'roll one out first',
    });
  }
  const release = await requireRelease(github, name, record.digest);
  const profile = readProfile(await assetText(github, release, 'profile'), 'profile.json');
  const folder = await mkdtemp(path.join(os.tmpdir(), 'greenlight-watched-'));
  try {
    const file = path.join(folder, 'model.onnx');
    await downloadAsset(github, release, 'model', file);
    const bytes = await readFile(file);
    if (sha256(bytes) !== record.digest) {
      throw new GreenlightError({
        code: 'evidence/digest-mismatch',
        message: `the model file of the release ${release.tag} is not the model that is live, ${record.digest}`,
        mend: 'find out who changed the release',
      });
    }
    return { bytes, sha256: record.digest, environment, profile };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The ladder's end, where nothing else is named. Throws `manifest/no-watched-environment` where that is not one. */
function watchedEnd(environments: NonNullable<ManifestModel['environments']>): string {
  const ends = ladderEnds(environments);
  const [end] = ends;
  if (end !== undefined && ends.length === 1) return end;
  throw new GreenlightError({
    code: 'manifest/no-watched-environment',
    message: `the environments have ${ends.length} ends: ${ends.join(', ') || 'none'}`,
    place: { file: MANIFEST_FILE },
    mend: 'name one in monitoring.environment',
  });
}

async function readGiven(root: string, file: string, input: string): Promise<Buffer> {
  try {
    return await readFile(path.resolve(root, file));
  } catch (cause) {
    throw new GreenlightError({
      code: 'input/file-not-found',
      message: `the file ${file} of the input \`${input}\` can't be read`,
      mend: 'check the path',
      cause,
    });
  }
}
