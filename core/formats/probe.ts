import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/probe.schema.json' with { type: 'json' };
import type { Probe } from './schemas/probe.types.ts';

export type { Probe, ProbeTensor } from './schemas/probe.types.ts';

/** Reads probe.json. Throws `probe/…` errors with their places. */
export function readProbe(text: string, file: string): Probe {
  return readFormat<Probe>(text, file, schema, 'probe');
}

/** The canonical bytes of probe.json. */
export function writeProbe(value: Probe): string {
  return canonicalJson(value);
}
