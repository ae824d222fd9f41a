import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/release.schema.json' with { type: 'json' };
import type { ReleaseManifest } from './schemas/release.types.ts';

export type { ReleaseFile, ReleaseManifest } from './schemas/release.types.ts';

/** Reads release.json. Throws `release/…` errors with their places. */
export function readReleaseManifest(text: string, file: string): ReleaseManifest {
  return readFormat<ReleaseManifest>(text, file, schema, 'release');
}

/** The canonical bytes of release.json. */
export function writeReleaseManifest(value: ReleaseManifest): string {
  return canonicalJson(value);
}
