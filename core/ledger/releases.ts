import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type ReleaseFile,
  type ReleaseManifest,
  readReleaseManifest,
  writeReleaseManifest,
} from '../formats/release.ts';
import { GreenlightError } from '../kernel/errors.ts';
import { digestFile, sha256 } from '../toolkit/digest.ts';
import { writeWhole } from '../toolkit/files.ts';
import type { Github } from '../toolkit/github.ts';

/** The asset that lists all others. */
export const RELEASE_MANIFEST = 'release.json';

/** The tag of the release that carries a digest. A name, not an identity: what is inside is compared with the digest. */
export function releaseTag(model: string, digest: string): string {
  return `${model}-${digest.slice(0, 12)}`;
}

/** A published release of a model. */
export interface ModelRelease {
  readonly tag: string;
  readonly url: string;
  /** The server's time, RFC 3339. */
  readonly publishedAt: string;
  readonly manifest: ReleaseManifest;
  /** The id of each asset by its name. */
  readonly assets: ReadonlyMap<string, number>;
}

/**
 * The published release of a digest; undefined where there is none (a draft is none). Throws `release/incomplete` where it lacks
 * release.json, `evidence/digest-mismatch` where that tells of another model or digest.
 */
export async function findRelease(
  github: Github,
  model: string,
  digest: string,
): Promise<ModelRelease | undefined> {
  const { owner, repo } = github;
  const tag = releaseTag(model, digest);
  const found = await github.find(`read the release ${tag}`, (octokit) =>
    octokit.rest.repos.getReleaseByTag({ owner, repo, tag }),
  );
  if (found === undefined || found.data.draft) return undefined;
  const assets = new Map(found.data.assets.map((asset) => [asset.name, asset.id]));
  const text = (await collect(await openAsset(github, tag, assets, RELEASE_MANIFEST))).toString('utf8');
  const manifest = readReleaseManifest(text, RELEASE_MANIFEST);
  requireManifestOf(manifest, model, digest);
  return {
    tag,
    url: found.data.html_url,
    publishedAt: found.data.published_at ?? found.data.created_at,
    manifest,
    assets,
  };
}

/** The release of a digest. Throws `release/missing` where there is none. */
export async function requireRelease(github: Github, model: string, digest: string): Promise<ModelRelease> {
  const release = await findRelease(github, model, digest);
  if (release !== undefined) return release;
  throw new GreenlightError({
    code: 'release/missing',
    message: `there is no published release ${releaseTag(model, digest)} that carries ${digest}`,
    mend: 'run the release workflow for the commit whose greenlight.lock names this digest',
  });
}

/** The files that a release lists under a role. */
export function filesOf(release: ModelRelease, role: ReleaseFile['role']): readonly ReleaseFile[] {
  return release.manifest.files.filter((file) => file.role === role);
}

/**
 * Brings an asset into a file, streamed; the file is there whole and with the sha256 that release.json lists, or not at all.
 * `which` is an asset's name or a role that one file has. Throws `release/incomplete` and `evidence/digest-mismatch`.
 */
export async function downloadAsset(
  github: Github,
  release: ModelRelease,
  which: string,
  toFile: string,
): Promise<void> {
  const file = listed(release, which);
  const stream = await openAsset(github, release.tag, release.assets, file.asset);
  await mkdir(path.dirname(toFile), { recursive: true });
  const partial = `${toFile}.${randomBytes(6).toString('hex')}.partial`;
  const hash = createHash('sha256');
  try {
    await pipeline(
      stream,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(partial),
    );
    const found = hash.digest('hex');
    if (found !== file.sha256)
      throw mismatch(release.tag, file.asset, `its sha256 is ${found}, listed is ${file.sha256}`);
    await rename(partial, toFile);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** The text of a small asset, verified like {@link downloadAsset}. */
export async function assetText(github: Github, release: ModelRelease, which: string): Promise<string> {
  const file = listed(release, which);
  const bytes = await collect(await openAsset(github, release.tag, release.assets, file.asset));
  const found = sha256(bytes);
  if (found !== file.sha256)
    throw mismatch(release.tag, file.asset, `its sha256 is ${found}, listed is ${file.sha256}`);
  return bytes.toString('utf8');
}

/** Brings every asset of a release into a folder, for {@link readReleaseFolder}. Throws like {@link downloadAsset}. */
export async function downloadRelease(
  github: Github,
  model: string,
  digest: string,
  folder: string,
): Promise<void> {
  const release = await requireRelease(github, model, digest);
  for (const asset of release.assets.keys()) {
    const file = path.join(folder, asset);
    if (release.manifest.files.some((each) => each.asset === asset))
      await downloadAsset(github, release, asset, file);
    else await writeWhole(file, await collect(await openAsset(github, release.tag, release.assets, asset)));
  }
}

/**
 * release.json of a folder that holds a release's assets, every one of them hashed. Throws `release/incomplete` where an asset is
 * missing, `evidence/digest-mismatch` where one has other bytes, is not listed, or release.json tells of another model.
 */
export async function readReleaseFolder(
  folder: string,
  model: string,
  digest: string,
): Promise<ReleaseManifest> {
  const tag = releaseTag(model, digest);
  const present = new Set(await readdir(folder));
  if (!present.has(RELEASE_MANIFEST)) throw incomplete(tag, `no asset ${RELEASE_MANIFEST}`);
  const text = await readFile(path.join(folder, RELEASE_MANIFEST), 'utf8');
  const manifest = readReleaseManifest(text, RELEASE_MANIFEST);
  requireManifestOf(manifest, model, digest);
  if (writeReleaseManifest(manifest) !== text)
    throw mismatch(tag, RELEASE_MANIFEST, 'it is not canonical JSON');
  for (const { asset, sha256: wanted, size } of manifest.files) {
    if (!present.has(asset)) throw incomplete(tag, `no asset ${asset}`);
    const found = await digestFile(path.join(folder, asset));
    if (found.sha256 !== wanted || found.size !== size)
      throw mismatch(tag, asset, `its sha256 is ${found.sha256}, listed is ${wanted}`);
  }
  const unlisted = [...present].find(
    (asset) => asset !== RELEASE_MANIFEST && !manifest.files.some((file) => file.asset === asset),
  );
  if (unlisted !== undefined) throw mismatch(tag, unlisted, `${RELEASE_MANIFEST} does not list it`);
  return manifest;
}

function requireManifestOf(manifest: ReleaseManifest, model: string, digest: string): void {
  const tag = releaseTag(model, digest);
  if (manifest.model !== model || manifest.digest !== digest) {
    throw mismatch(
      tag,
      RELEASE_MANIFEST,
      `it tells of ${manifest.model} ${manifest.digest}, wanted is ${model} ${digest}`,
    );
  }
  if (!manifest.files.some((file) => file.role === 'model' && file.sha256 === digest)) {
    throw mismatch(tag, RELEASE_MANIFEST, 'it lists no model file of its own digest');
  }
}

function listed(release: ModelRelease, which: string): ReleaseFile {
  const { files } = release.manifest;
  const byRole = files.filter((file) => file.role === which);
  const file =
    files.find((candidate) => candidate.asset === which) ?? (byRole.length === 1 ? byRole[0] : undefined);
  if (file !== undefined) return file;
  throw incomplete(
    release.tag,
    byRole.length === 0 ? `no file ${which}` : `${byRole.length} files of the role ${which}`,
  );
}

async function openAsset(
  github: Github,
  tag: string,
  assets: ReadonlyMap<string, number>,
  name: string,
): Promise<AsyncIterable<Uint8Array>> {
  const { owner, repo } = github;
  const id = assets.get(name);
  if (id === undefined) throw incomplete(tag, `no asset ${name}`);
  const response = await github.attempt(`download ${name} of the release ${tag}`, (octokit) =>
    octokit.rest.repos.getReleaseAsset({
      owner,
      repo,
      asset_id: id,
      headers: { accept: 'application/octet-stream' },
      request: { parseSuccessResponseBody: false },
    }),
  );
  // Unparsed, `data` is the body's stream, whatever the generated types say.
  return response.data as unknown as AsyncIterable<Uint8Array>;
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function incomplete(tag: string, what: string): GreenlightError {
  return new GreenlightError({
    code: 'release/incomplete',
    message: `the release ${tag} has ${what}`,
    mend: 'a release is complete or absent: delete this one and run the release workflow again',
  });
}

function mismatch(tag: string, asset: string, why: string): GreenlightError {
  return new GreenlightError({
    code: 'evidence/digest-mismatch',
    message: `${asset} of the release ${tag} is not what was judged: ${why}`,
    mend: 'delete the release and run the release workflow again; find out who changed it',
  });
}
