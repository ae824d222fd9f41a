import { MANIFEST_FILE, readManifest } from '../../core/formats/manifest.ts';
import { isExpired, readWaivers, WAIVERS_FILE, type Waiver } from '../../core/formats/waiver.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { fileAt } from '../../core/toolkit/contents.ts';
import type { Github } from '../../core/toolkit/github.ts';

/** The accepted breaks of contracts that a release was made under and that hold still. */
export type WaiversInForce =
  /** The first to expire first. */
  | { readonly kind: 'known'; readonly waivers: readonly Waiver[] }
  | { readonly kind: 'unknown'; readonly why: string };

/** Reads the waivers of a commit, from the file that its own manifest names. What can't be read holds no offer back: a reviewer is told. */
export async function waiversInForce(github: Github, commit: string, now: Date): Promise<WaiversInForce> {
  const manifest = await fileAt(github, commit, MANIFEST_FILE);
  if (manifest === undefined) return { kind: 'unknown', why: `its commit has no ${MANIFEST_FILE}` };
  try {
    const named = readManifest(manifest).waivers;
    const text = await fileAt(github, commit, named ?? WAIVERS_FILE);
    if (text === undefined && named !== undefined)
      return { kind: 'unknown', why: `its commit has no ${named}, which ${MANIFEST_FILE} names` };
    const waivers = text === undefined ? [] : readWaivers(text, named);
    const inForce = waivers.filter((waiver) => !isExpired(waiver, now));
    return { kind: 'known', waivers: inForce.toSorted((a, b) => a.expires.localeCompare(b.expires)) };
  } catch (error) {
    const [first] = userErrors(error);
    if (first === undefined || first.code.startsWith('github/')) throw error;
    return { kind: 'unknown', why: first.message };
  }
}
