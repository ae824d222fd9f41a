import { GreenlightError } from '../kernel/errors.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/manifest.schema.json' with { type: 'json' };
import type { Manifest, ManifestModel } from './schemas/manifest.types.ts';

export type {
  Manifest,
  ManifestDataset,
  ManifestEnvironment,
  ManifestEvaluation,
  ManifestModel,
  ManifestMonitoring,
  ManifestTarget,
} from './schemas/manifest.types.ts';

/** The manifest's path in a repository. */
export const MANIFEST_FILE = 'greenlight.yaml';

/** A model of the manifest under its name. */
export interface NamedModel {
  readonly name: string;
  readonly model: ManifestModel;
}

/** Reads greenlight.yaml. Throws `manifest/…` errors with their places. */
export function readManifest(text: string, file = MANIFEST_FILE): Manifest {
  return readFormat<Manifest>(text, file, schema, 'manifest');
}

/**
 * The model that an action works on: the one named, or the only one.
 * Throws `manifest/unknown-model` or `manifest/ambiguous-model`, naming the models that there are.
 */
export function selectModel(manifest: Manifest, name: string | undefined): NamedModel {
  const names = Object.keys(manifest.models);
  const chosen = name ?? (names.length === 1 ? names[0] : undefined);
  if (chosen === undefined) {
    throw new GreenlightError({
      code: 'manifest/ambiguous-model',
      message: `${MANIFEST_FILE} has ${names.length} models`,
      mend: `set the input \`model\` to one of: ${names.join(', ')}`,
    });
  }
  const model = manifest.models[chosen];
  if (model === undefined) {
    throw new GreenlightError({
      code: 'manifest/unknown-model',
      message: `${MANIFEST_FILE} has no model \`${chosen}\``,
      mend: `it has: ${names.join(', ')}`,
    });
  }
  return { name: chosen, model };
}

/** The environments that no other one comes after: one where they make one ladder. */
export function ladderEnds(environments: NonNullable<ManifestModel['environments']>): string[] {
  const followed = new Set(Object.values(environments).map((environment) => environment?.after));
  return Object.keys(environments).filter((name) => !followed.has(name));
}

const UNITS = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** The milliseconds of a duration such as `30m`, `24h`, `7d`; the schema has checked its form. */
export function milliseconds(duration: string): number {
  const unit = duration.slice(-1) as keyof typeof UNITS;
  return Number(duration.slice(0, -1)) * UNITS[unit] * 1000;
}
