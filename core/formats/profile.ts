import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/profile.schema.json' with { type: 'json' };
import type { Profile } from './schemas/profile.types.ts';

export type { Profile, ProfileColumn } from './schemas/profile.types.ts';

/** Reads profile.json. Throws `profile/…` errors with their places. */
export function readProfile(text: string, file: string): Profile {
  return readFormat<Profile>(text, file, schema, 'profile');
}

/** The canonical bytes of profile.json. */
export function writeProfile(value: Profile): string {
  return canonicalJson(value);
}
