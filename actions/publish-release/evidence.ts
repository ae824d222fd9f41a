import { existsSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE } from '../../core/formats/lock.ts';
import { MANIFEST_FILE, type NamedModel } from '../../core/formats/manifest.ts';
import { type ReleaseFile, type ReleaseManifest, writeReleaseManifest } from '../../core/formats/release.ts';
import { GreenlightError, throwIfAny } from '../../core/kernel/errors.ts';
import { missingLinks } from '../../core/ledger/evidence.ts';
import { type Link, link } from '../../core/ledger/links.ts';
import { checkRepositoryFiles, readEvidence, statementLinks } from '../../core/ledger/release-links.ts';
import { RELEASE_MANIFEST } from '../../core/ledger/releases.ts';
import { digestFile, sha256 } from '../../core/toolkit/digest.ts';
import { inside, posix } from '../../core/toolkit/files.ts';
import type { Git } from '../../core/toolkit/git.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { assetName, byAsset, distinct } from './decide.ts';

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

/**
 * Gathers what the jobs of this run judged, hashes all of it again and holds it against the merged commit. Throws
 * `evidence/digest-mismatch` where the model is not the lock's, `evidence/missing` where a job left a file out,
 * `release/unsafe-model`, and what {@link requireChain} throws.
 */
export async function gather({ name, model }: NamedModel, digest: string, host: Host): Promise<Candidate> {
  const folders = {
    'reproduce-training': await host.take(name, 'reproduce-training'),
    'validate-data': await host.take(name, 'validate-data'),
    'evaluate-model': await host.take(name, 'evaluate-model'),
  };
  const piece = async (role: ReleaseFile['role'], from: string, prefix: string): Promise<Piece> => {
    const shown = posix(path.relative(host.root, from));
    if (!existsSync(from)) throw missing(role, shown);
    return { role, path: shown, asset: assetName(prefix, shown), ...(await digestFile(from)), from };
  };
  const repository = async (role: ReleaseFile['role'], file: string | undefined): Promise<Piece[]> =>
    file === undefined ? [] : [await piece(role, inside(host.root, file, `the ${role}`), '')];

  const trained = await piece(
    'model',
    path.join(folders['reproduce-training'], path.basename(model.model)),
    '',
  );
  if (trained.sha256 !== digest) throw otherModel(trained.sha256, digest);
  await refuseUnsafe(trained.from);
  const contracts = new Set([model.data.train.contract, model.data.test.contract]);
  const gathered = [
    trained,
    ...(await repository('manifest', MANIFEST_FILE)),
    ...(await repository('lock', LOCK_FILE)),
    ...(await repository('policy', model.evaluation?.policy)),
    ...(await Promise.all([...contracts].map((file) => repository('contract', file)))).flat(),
    await piece('profile', path.join(folders['validate-data'], 'profile.json'), ''),
    await piece('probe', path.join(folders['evaluate-model'], 'probe.json'), ''),
  ];
  for (const [action, folder] of Object.entries(folders)) {
    gathered.push(await piece('statement', path.join(folder, 'statement.json'), action));
    gathered.push(await piece('report', path.join(folder, 'report.json'), action));
    gathered.push(await piece('report', path.join(folder, 'report.html'), action));
  }
  const pieces = distinct(gathered);
  const commit = await host.git.commit('HEAD');
  const files = byAsset(pieces.map(({ from: _, ...file }) => file)) as [ReleaseFile, ...ReleaseFile[]];
  const manifest: ReleaseManifest = { schema: 'greenlight.release/v1', model: name, digest, commit, files };
  await requireChain(host.git, manifest, pieces);
  return { model: name, digest, commit, pieces, manifest: writeReleaseManifest(manifest) };
}

/** The assets of a candidate by name: its pieces and release.json. */
export function assetsOf({ pieces, manifest }: Candidate): { name: string; sha256: string }[] {
  return [
    ...pieces.map(({ asset, sha256 }) => ({ name: asset, sha256 })),
    { name: RELEASE_MANIFEST, sha256: sha256(manifest) },
  ];
}

/**
 * Refuses what `greenlight verify` would find broken once it is published. Throws `release/not-judged` where a statement is missing,
 * of another digest or did not pass, and for each link that does not fit the commit and its lock one error, whose message names the
 * file: `evidence/release-mismatch` (a file of the repository), `evidence/evaluation-mismatch` (policy, data),
 * `evidence/contract-mismatch` (contract, data), `evidence/training-mismatch` (commit, lock, pipeline), `evidence/data-mismatch`
 * (what training read).
 */
async function requireChain(git: Git, manifest: ReleaseManifest, pieces: readonly Piece[]): Promise<void> {
  const { model, digest } = manifest;
  const places = new Map(pieces.map(({ asset, from }) => [asset, from]));
  const evidence = await readEvidence(git, model, manifest, ({ asset }) =>
    readFile(places.get(asset) ?? asset, 'utf8'),
  );
  // What a policy leaves to a person is published too: they decide in the deployment's pull request.
  const reviewed = true;
  const unjudged = missingLinks(evidence.statements, digest, reviewed);
  if (unjudged.length > 0) {
    throw new GreenlightError({
      code: 'release/not-judged',
      message: unjudged.join('; '),
      mend: 'only what was judged in this run and passed is released',
    });
  }
  const links = [
    await link('release', undefined, (says) => checkRepositoryFiles(git, manifest, says)),
    ...(await statementLinks(git, { model, digest }, evidence, { reviewed, data: 'none' })),
  ];
  throwIfAny(links.filter(({ state }) => state !== 'holds').map(mismatch));
}

/** The jobs of one run all work on the merged commit. */
const AGAIN =
  'run the release again: training and judging must be of this commit, its policy, contracts and lock';

function mismatch({ name, problems }: Link): GreenlightError {
  const what = name === 'release' ? 'the release' : `the statement of the ${name}`;
  return new GreenlightError({
    code: `evidence/${name}-mismatch`,
    message: `${what} does not fit: ${problems.join('; ')}`,
    mend: AGAIN,
  });
}

function otherModel(found: string, digest: string): GreenlightError {
  return new GreenlightError({
    code: 'evidence/digest-mismatch',
    message: `the model that arrived is ${found}, ${LOCK_FILE} names ${digest}`,
    mend: AGAIN,
  });
}

function missing(role: string, file: string): GreenlightError {
  return new GreenlightError({
    code: 'evidence/missing',
    message: `the ${role} ${file} is not here`,
    mend: 'see what the jobs before this one say: each must leave its files',
  });
}

/** Refuses pickles by content (protocol 2 and later open with 0x80, zip archives hold them in torch's files) and what is no ONNX. */
async function refuseUnsafe(file: string): Promise<void> {
  const head = await firstBytes(file, 4);
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

async function firstBytes(file: string, count: number): Promise<Buffer> {
  await using handle = await open(file);
  const { bytesRead, buffer } = await handle.read(Buffer.alloc(count), 0, count, 0);
  return buffer.subarray(0, bytesRead);
}
