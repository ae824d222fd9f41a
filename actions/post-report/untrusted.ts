import { Ajv } from 'ajv';
import type { ActionReport } from '../../core/formats/report.ts';
import schema from '../../core/formats/schemas/report.schema.json' with { type: 'json' };
import { reportArtifactName } from '../../core/toolkit/artifacts.ts';

/** What an artifact of the run turned out to be. */
export type Found =
  | { readonly kind: 'report'; readonly artifact: string; readonly report: ActionReport }
  /** It can't be read, or is no report: said, never passed over. */
  | { readonly kind: 'unreadable'; readonly artifact: string; readonly why: string };

/**
 * The first fault ends the check. readActionReport tells every fault with its place, for people who mend a file; what somebody made
 * to be read at great cost gets neither that time nor that memory.
 */
const isReport = new Ajv({ strict: false, strictNumbers: true }).compile<ActionReport>(schema);

/** Reads the bytes of an artifact that anybody may have made, under any name. Never throws. */
export function readUntrusted(artifact: string, bytes: Uint8Array): Found {
  const unreadable = (why: string): Found => ({ kind: 'unreadable', artifact, why });
  const value = parse(bytes);
  if (value === undefined) return unreadable('it is no JSON text');
  if (!isReport(value)) {
    const [fault] = isReport.errors ?? [];
    return unreadable(
      `it breaks the schema of report.json at ${fault?.instancePath === '' ? '/' : fault?.instancePath.slice(0, 100)}`,
    );
  }
  if (reportArtifactName(value.model, value.action) !== artifact)
    return unreadable('it tells of another model or action than its name');
  return { kind: 'report', artifact, report: value };
}

/** Undefined where the bytes are no UTF-8 or no JSON. */
function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
