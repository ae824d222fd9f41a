import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE, readLock } from '../../core/formats/lock.ts';
import { MANIFEST_FILE, type NamedModel } from '../../core/formats/manifest.ts';
import { type ReleaseFile, writeReleaseManifest } from '../../core/formats/release.ts';
import { PREDICATES, readStatement } from '../../core/formats/statement.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { RELEASE_MANIFEST } from '../../core/ledger/releases.ts';
import { digestFile, sha256 } from '../../core/toolkit/digest.ts';
import { inside, posix, readRepositoryFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { assetName, byAsset } from './decide.ts';

/** A file of the release and where its bytes lie. */
export interface Piece extends ReleaseFile {
  readonly from: string;
}

/** Everything that a release carries, hashed again here. */
export interface Candidate {
  readonly model: string;
  readonly digest: string;
  readonly commit: string;
  readonly pieces: readonly Piece[];
  /** release.json. */
  readonly manifest: string;
}

/** The digest that the checkout's lock names; undefined where there is none yet. */
export async function lockedDigest(host: Host, model: string): Promise<string | undefined> {
  const text = await host.git.show('HEAD', LOCK_FILE);
  return text === undefined ? undefined : readLock(text).models[model]?.model.sha256;
}

/**
 * Gathers what the jobs of this run judged and hashes all of it again. Throws `evidence/digest-mismatch` where the model is not the
 * lock's, `release/not-judged` where a statement is missing, of another digest or did not pass, `release/unsafe-model`.
 */
export async function gather({ name, model }: NamedModel, digest: string, host: Host): Promise<Candidate> {
  const folders = {
    train: await host.take(name, 'reproduce-training'),
    data: await host.take(name, 'validate-data'),
    evaluation: await host.take(name, 'evaluate-model'),
  };
  const modelFile = path.join(folders.train, path.basename(model.model));
  const found = (await digestFile(modelFile)).sha256;
  if (found !== digest) {
    throw new GreenlightError({
      code: 'evidence/digest-mismatch',
      message: `the model that arrived is ${found}, ${LOCK_FILE} names ${digest}`,
      mend: 'run the release again: the lock decides what is released',
    });
  }
  await refuseUnsafe(modelFile);
  await requireStatement(folders.train, PREDICATES.training, digest);
  await requireStatement(folders.evaluation, PREDICATES.evaluation, digest);
  await requireStatement(folders.data, PREDICATES.contract, undefined);

  const piece = async (role: ReleaseFile['role'], from: string, prefix: string): Promise<Piece> => {
    const shown = posix(path.relative(host.root, from));
    return { role, path: shown, asset: assetName(prefix, shown), ...(await digestFile(from)), from };
  };
  const repository = async (role: ReleaseFile['role'], file: string | undefined): Promise<Piece[]> =>
    file === undefined ? [] : [await piece(role, inside(host.root, file, `the ${role}`), '')];
  const contracts = new Set([model.data.train.contract, model.data.test.contract]);
  const pieces = [
    await piece('model', modelFile, ''),
    ...(await repository('manifest', MANIFEST_FILE)),
    ...(await repository('lock', LOCK_FILE)),
    ...(await repository('policy', model.evaluation?.policy)),
    ...(await Promise.all([...contracts].map((file) => repository('contract', file)))).flat(),
    await piece('profile', path.join(folders.data, 'profile.json'), ''),
    await piece('probe', path.join(folders.evaluation, 'probe.json'), ''),
  ];
  for (const [action, folder] of [
    ['reproduce-training', folders.train],
    ['validate-data', folders.data],
    ['evaluate-model', folders.evaluation],
  ] as const) {
    pieces.push(await piece('statement', path.join(folder, 'statement.json'), action));
    pieces.push(await piece('report', path.join(folder, 'report.json'), action));
    pieces.push(await piece('report', path.join(folder, 'report.html'), action));
  }
  const commit = await host.git.commit('HEAD');
  const files = byAsset(pieces.map(({ from: _, ...file }) => file)) as [ReleaseFile, ...ReleaseFile[]];
  const manifest = writeReleaseManifest({
    schema: 'greenlight.release/v1',
    model: name,
    digest,
    commit,
    files,
  });
  return { model: name, digest, commit, pieces, manifest };
}

/** The assets of a candidate by name: its pieces and release.json. */
export function assetsOf({ pieces, manifest }: Candidate): { name: string; sha256: string }[] {
  return [
    ...pieces.map(({ asset, sha256 }) => ({ name: asset, sha256 })),
    { name: RELEASE_MANIFEST, sha256: sha256(manifest) },
  ];
}

async function requireStatement(folder: string, type: string, digest: string | undefined): Promise<void> {
  const file = path.join(folder, 'statement.json');
  const statement = readStatement(
    await readRepositoryFile(folder, 'statement.json', 'the statement'),
    posix(file),
  );
  const { verdict, humanReview } = statement.predicate as { verdict?: unknown; humanReview?: unknown };
  const passed =
    type === PREDICATES.training ||
    verdict === 'pass' ||
    (verdict === 'inconclusive' && humanReview === true);
  const about = digest === undefined || statement.subject.some((subject) => subject.digest.sha256 === digest);
  if (statement.predicateType === type && about && passed) return;
  throw new GreenlightError({
    code: 'release/not-judged',
    message: !about
      ? `the ${type} statement is about another model than the one to release`
      : `the ${type} statement does not say that the judgement passed`,
    mend: 'only what was judged in this run and passed is released',
  });
}

/** Refuses pickles by content (protocol 2 and later open with 0x80, zip archives hold them in torch's files) and what is no ONNX. */
async function refuseUnsafe(file: string): Promise<void> {
  const head = (await readFile(file)).subarray(0, 4);
  const pickle = head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5;
  const archive = head.toString('latin1').startsWith('PK');
  // An ONNX ModelProto opens with field 1, ir_version, as a varint (onnx.proto).
  if (!pickle && !archive && head[0] === 0x08) return;
  throw new GreenlightError({
    code: 'release/unsafe-model',
    message:
      pickle || archive
        ? 'the model file is a pickle or an archive of one: loading it can run code'
        : 'the model file is no ONNX file',
    mend: 'let training write ONNX',
  });
}
