import { canonicalJson } from '../kernel/json.ts';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/report.schema.json' with { type: 'json' };
import type { ActionReport } from './schemas/report.types.ts';

export type { ActionReport, ReportSubject } from './schemas/report.types.ts';

/** Reads report.json. Throws `report/…` errors with their places. */
export function readActionReport(text: string, file: string): ActionReport {
  return readFormat<ActionReport>(text, file, schema, 'report');
}

/** The canonical bytes of report.json. */
export function writeActionReport(value: ActionReport): string {
  return canonicalJson(value);
}
