import type { ReleaseFile } from '../../core/formats/release.ts';

/** An asset that the release must have. */
export interface WantedAsset {
  readonly name: string;
  readonly sha256: string;
}

/** An asset as the server tells of it. */
export interface PresentAsset {
  readonly id: number;
  readonly name: string;
  /** `starter` is what a failed upload leaves behind. */
  readonly state: string;
  /** 64 hex digits; undefined where the server does not say. */
  readonly sha256: string | undefined;
}

/** A release of the tag as the server tells of it. */
export interface PresentRelease {
  readonly id: number;
  readonly draft: boolean;
  readonly assets: readonly PresentAsset[];
}

/** One thing to do; they are done in order, and the server is asked again after a failure. */
export type Step =
  | { readonly kind: 'create-draft' }
  /** Two runs made one each at once: the older one stays. */
  | { readonly kind: 'delete-draft'; readonly release: number }
  | { readonly kind: 'delete-asset'; readonly asset: PresentAsset }
  | { readonly kind: 'upload'; readonly release: number; readonly name: string }
  | { readonly kind: 'publish'; readonly release: number };

export type Decision =
  | { readonly kind: 'steps'; readonly steps: readonly Step[] }
  | { readonly kind: 'done'; readonly release: number }
  /** The tag is published with other content: never mended in place. */
  | { readonly kind: 'conflict'; readonly names: readonly string[] };

/**
 * What brings the releases of a tag to one published release of just the wanted assets: complete or absent. A draft is filled,
 * held against the server's own digests, and published last; what is published already is compared and left alone.
 */
export function decide(wanted: readonly WantedAsset[], present: readonly PresentRelease[]): Decision {
  const published = present.find((release) => !release.draft);
  if (published !== undefined) {
    const names = differing(wanted, published);
    return names.length === 0 ? { kind: 'done', release: published.id } : { kind: 'conflict', names };
  }
  const [draft, ...others] = [...present].sort((a, b) => a.id - b.id);
  if (draft === undefined) return { kind: 'steps', steps: [{ kind: 'create-draft' }] };
  const surplus = others.map(({ id }): Step => ({ kind: 'delete-draft', release: id }));
  const wrong = draft.assets
    .filter((asset) => !wanted.some((want) => matches(want, asset)))
    .map((asset): Step => ({ kind: 'delete-asset', asset }));
  const missing = wanted
    .filter((want) => !draft.assets.some((asset) => matches(want, asset)))
    .map(({ name }): Step => ({ kind: 'upload', release: draft.id, name }));
  const steps = [...surplus, ...wrong, ...missing];
  return { kind: 'steps', steps: steps.length > 0 ? steps : [{ kind: 'publish', release: draft.id }] };
}

function matches(want: WantedAsset, asset: PresentAsset): boolean {
  return asset.name === want.name && asset.state === 'uploaded' && asset.sha256 === want.sha256;
}

function differing(wanted: readonly WantedAsset[], { assets }: PresentRelease): string[] {
  const missing = wanted
    .filter((want) => !assets.some((asset) => matches(want, asset)))
    .map(({ name }) => name);
  const foreign = assets
    .filter(({ name }) => !wanted.some((want) => want.name === name))
    .map(({ name }) => name);
  return [...missing, ...foreign];
}

/** The asset's name of a file: assets are flat, and GitHub renames what is not of these characters. */
export function assetName(folder: string, file: string): string {
  const base = file.slice(file.lastIndexOf('/') + 1);
  return flat(folder === '' ? base : `${folder}-${base}`);
}

/** The files under names of their own: those that would share one, such as a contract and a policy, are named by their whole path. */
export function distinct<T extends ReleaseFile>(files: readonly T[]): T[] {
  return files.map((file) =>
    files.some((other) => other !== file && other.asset === file.asset)
      ? { ...file, asset: flat(file.path).replace(/^[.-]+/, '') }
      : file,
  );
}

function flat(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, '-');
}

/** The files of a release in the order that its page lists them. */
export function byAsset(files: readonly ReleaseFile[]): ReleaseFile[] {
  return [...files].sort((a, b) => (a.asset < b.asset ? -1 : a.asset > b.asset ? 1 : 0));
}
