import { createHash } from 'node:crypto';
import {
  type CallContext,
  caller,
  invalid,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { NO_SHA } from '../git.ts';
import { moveRef } from '../refs.ts';
import { drawRepository, drawUser } from '../shapes/basic.ts';
import { drawAsset, drawRelease } from '../shapes/releases.ts';
import { type Asset, fullName, type Release } from '../state.ts';
import { actorOf } from '../world.ts';

/** Drafts are for those who may write. */
function seesDrafts(call: CallContext): boolean {
  const { token, world, repository } = call;
  if (token === null) return false;
  return token.kind === 'person'
    ? world.mayWrite(repository, token.user)
    : token.repository === fullName(repository) && token.permissions?.contents === 'write';
}

function releaseOf(call: CallContext): Release {
  const release = call.repository.releases.find((each) => each.id === Number(call.params.release_id));
  if (release === undefined || (release.draft && !seesDrafts(call))) throw notFound();
  return release;
}

function assetOf(call: CallContext): { release: Release; asset: Asset } {
  for (const release of call.repository.releases)
    for (const asset of release.assets)
      if (asset.id === Number(call.params.asset_id) && (!release.draft || seesDrafts(call)))
        return { release, asset };
  throw notFound();
}

/** A draft becomes a release: its tag is made where it is not there yet, and it is locked where the repository says so. */
async function publish(call: CallContext, release: Release): Promise<void> {
  const { world, repository } = call;
  const token = caller(call);
  const taken = repository.releases.some(
    (each) => each !== release && !each.draft && each.tagName === release.tagName,
  );
  if (taken) throw invalid({ resource: 'Release', field: 'tag_name', code: 'already_exists' });
  const ref = `refs/tags/${release.tagName}`;
  if ((await repository.git.ref(ref)) === null) {
    const after = await repository.git.resolve(release.target);
    if (after === null) throw invalid({ resource: 'Release', field: 'target_commitish', code: 'invalid' });
    await moveRef(world, repository, token, { ref, before: NO_SHA, after });
  }
  release.draft = false;
  release.publishedAt = world.clock.now();
  release.immutable = repository.immutableReleases;
  if (release.immutable) repository.immutableTags.add(release.tagName);
  const sha = (await repository.git.resolve(ref)) ?? NO_SHA;
  const payload = {
    action: 'published',
    release: drawRelease(world, repository, release),
    repository: drawRepository(world, repository),
    sender: drawUser(world, token.user),
  };
  for (const action of ['published', release.prerelease ? 'prereleased' : 'released'])
    world.emit({
      name: 'release',
      action,
      repository: fullName(repository),
      actor: actorOf(token),
      ref,
      sha,
      paths: [],
      payload: { ...payload, action },
    });
}

function checkTag(call: CallContext, release: Release | null, tag: string): void {
  const held = call.repository.immutableTags.has(tag) && !(release?.immutable && release.tagName === tag);
  if (held)
    throw invalid({
      resource: 'Release',
      field: 'tag_name',
      code: 'custom',
      message: 'tag_name was used by an immutable release',
    });
}

const releaseOperations: readonly Operation[] = [
  operation('repos/create-release', writes('contents'), async (call) => {
    const { world, repository, body } = call;
    checkTag(call, null, body.tag_name);
    if (body.generate_release_notes === true || body.discussion_category_name !== undefined)
      throw new Refusal(422, 'The forge makes no release notes or discussions.');
    if (
      body.draft !== true &&
      repository.releases.some((each) => !each.draft && each.tagName === body.tag_name)
    )
      throw invalid({ resource: 'Release', field: 'tag_name', code: 'already_exists' });
    const now = world.clock.now();
    const release: Release = {
      id: world.id(),
      tagName: body.tag_name,
      target: body.target_commitish ?? repository.defaultBranch,
      name: body.name ?? null,
      body: body.body ?? null,
      draft: true,
      prerelease: body.prerelease ?? false,
      immutable: false,
      author: caller(call).user,
      createdAt: now,
      updatedAt: now,
      publishedAt: null,
      assets: [],
    };
    if (body.draft !== true) await publish(call, release);
    repository.releases.push(release);
    return { status: 201, body: drawRelease(world, repository, release) };
  }),

  operation('repos/list-releases', reads('contents'), (call) => {
    const seen = call.repository.releases.filter((release) => !release.draft || seesDrafts(call)).reverse();
    const { items, headers } = page(call, seen, (release) =>
      drawRelease(call.world, call.repository, release),
    );
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-release', reads('contents'), (call) => ({
    status: 200,
    body: drawRelease(call.world, call.repository, releaseOf(call)),
  })),

  operation('repos/get-release-by-tag', reads('contents'), (call) => {
    const release = call.repository.releases.find((each) => !each.draft && each.tagName === call.params.tag);
    if (release === undefined) throw notFound();
    return { status: 200, body: drawRelease(call.world, call.repository, release) };
  }),

  operation('repos/get-latest-release', reads('contents'), (call) => {
    const release = call.repository.releases.findLast((each) => !each.draft && !each.prerelease);
    if (release === undefined) throw notFound();
    return { status: 200, body: drawRelease(call.world, call.repository, release) };
  }),

  operation('repos/update-release', writes('contents'), async (call) => {
    const { world, repository, body } = call;
    const release = releaseOf(call);
    if (release.immutable) {
      const locked =
        (body.tag_name !== undefined && body.tag_name !== release.tagName) ||
        (body.target_commitish !== undefined && body.target_commitish !== release.target);
      if (locked)
        throw invalid({
          resource: 'Release',
          field: 'tag_name',
          code: 'custom',
          message: 'tag_name cannot be changed when release is immutable',
        });
      if (body.draft === true)
        throw invalid({
          resource: 'Release',
          field: 'state',
          code: 'custom',
          message: 'state cannot be changed when release is immutable',
        });
    }
    if (body.tag_name !== undefined) {
      checkTag(call, release, body.tag_name);
      release.tagName = body.tag_name;
    }
    if (body.target_commitish !== undefined) release.target = body.target_commitish;
    if (body.name !== undefined) release.name = body.name;
    if (body.body !== undefined) release.body = body.body;
    if (body.prerelease !== undefined) release.prerelease = body.prerelease;
    release.updatedAt = world.clock.now();
    if (body.draft === false && release.draft) await publish(call, release);
    else if (body.draft === true) release.draft = true;
    return { status: 200, body: drawRelease(world, repository, release) };
  }),

  operation('repos/delete-release', writes('contents'), (call) => {
    const release = releaseOf(call);
    call.repository.releases.splice(call.repository.releases.indexOf(release), 1);
    return { status: 204 };
  }),
];

/** The name under which GitHub keeps an asset: odd characters become dots. */
function assetName(name: string): string {
  return name
    .replace(/[^A-Za-z0-9_.@+-]+/g, '.')
    .replace(/\.{2,}/g, '.')
    .replace(/^\.+|\.+$/g, '');
}

/** Puts an asset into a release; an empty one of state `starter` is what an upload that broke off leaves. */
export function putAsset(call: CallContext, state: Asset['state']): { release: Release; asset: Asset } {
  const { world, bytes } = call;
  const release = releaseOf(call);
  if (release.immutable) throw new Refusal(422, 'Cannot upload assets to an immutable release.');
  const { searchParams } = call.url;
  const name = assetName(searchParams.get('name') ?? '');
  if (name === '') throw invalid({ resource: 'ReleaseAsset', field: 'name', code: 'missing_field' });
  if (release.assets.some((each) => each.name === name))
    throw invalid({ resource: 'ReleaseAsset', field: 'name', code: 'already_exists' });
  if (state === 'uploaded' && bytes.length === 0)
    throw new Refusal(400, 'Bad Content-Length: must not be empty');
  const now = world.clock.now();
  const asset: Asset = {
    id: world.id(),
    name,
    label: searchParams.get('label') ?? '',
    state,
    contentType: String(call.headers['content-type'] ?? 'application/octet-stream'),
    bytes: state === 'starter' ? Buffer.alloc(0) : bytes,
    digest: state === 'starter' ? null : `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    downloads: 0,
    uploader: caller(call).user,
    createdAt: now,
    updatedAt: now,
  };
  release.assets.push(asset);
  return { release, asset };
}

const assetOperations: readonly Operation[] = [
  operation('repos/upload-release-asset', writes('contents'), (call) => {
    const { release, asset } = putAsset(call, 'uploaded');
    return { status: 201, body: drawAsset(call.world, call.repository, release, asset) };
  }),

  operation('repos/list-release-assets', reads('contents'), (call) => {
    const release = releaseOf(call);
    const { items, headers } = page(call, release.assets, (asset) =>
      drawAsset(call.world, call.repository, release, asset),
    );
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-release-asset', reads('contents'), (call) => {
    const { release, asset } = assetOf(call);
    if (!String(call.headers.accept).includes('octet-stream'))
      return { status: 200, body: drawAsset(call.world, call.repository, release, asset) };
    if (asset.state !== 'uploaded') throw notFound();
    asset.downloads += 1;
    return {
      status: 302,
      headers: { location: call.world.sign(asset.bytes, asset.contentType, asset.name) },
    };
  }),

  operation('repos/update-release-asset', writes('contents'), (call) => {
    const { release, asset } = assetOf(call);
    if (release.immutable) throw new Refusal(422, 'Cannot update assets of an immutable release.');
    if (call.body.name !== undefined) asset.name = assetName(call.body.name);
    if (call.body.label !== undefined) asset.label = call.body.label;
    asset.updatedAt = call.world.clock.now();
    return { status: 200, body: drawAsset(call.world, call.repository, release, asset) };
  }),

  operation('repos/delete-release-asset', writes('contents'), (call) => {
    const { release, asset } = assetOf(call);
    if (release.immutable) throw new Refusal(422, 'Cannot delete asset from an immutable release.');
    release.assets.splice(release.assets.indexOf(asset), 1);
    return { status: 204 };
  }),
];

export const releaseRelatedOperations: readonly Operation[] = [...releaseOperations, ...assetOperations];
