import path from 'node:path';
import type { ManifestModel, ManifestMonitoring } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { inside } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { requireColumns } from '../../core/toolkit/onnx/feeds.ts';
import type { OnnxModel } from '../../core/toolkit/onnx/session.ts';
import { type Columns, NO_BOOLEAN, NO_DATE } from '../../core/toolkit/table/columns.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { readColumns } from '../../core/toolkit/table/read-columns.ts';
import { fetchEnvironment, runTeamCommand } from '../../core/toolkit/team-command.ts';
import { NO_LABEL } from './calibration.ts';

/** A data file and its name in messages. */
export interface DataFile {
  readonly file: string;
  readonly name: string;
}

/** Brings the production rows until before the day `asOf`, with the team's own commands; a file of the caller's is there already. */
export async function bringData(
  host: Host,
  model: ManifestModel,
  monitoring: ManifestMonitoring,
  given: string | undefined,
  asOf: string,
): Promise<DataFile> {
  if (given !== undefined) return { file: path.resolve(host.root, given), name: given };
  const env = { ...fetchEnvironment(process.env), GREENLIGHT_AS_OF: asOf };
  for (const [what, command] of [
    ['setup', model.setup],
    ['monitoring.fetch', monitoring.fetch],
  ] as const) {
    if (command !== undefined) await runTeamCommand(what, command, { folder: host.root, env, log: host.log });
  }
  const name = monitoring.data.path;
  return { file: inside(host.root, name, 'the monitoring data'), name };
}

/** Reads what the model, the truth and the windows need, once. Throws `model/missing-input` before anything is read. */
export async function readProduction(
  { file, name }: DataFile,
  time: string,
  label: string,
  model: OnnxModel,
): Promise<Columns> {
  {
    await using table = await openTable(file, { name });
    requireColumns(
      model.info.inputs,
      table.columns.map((column) => column.name),
    );
  }
  return readColumns(file, [time, label, ...model.info.inputs.map((input) => input.name)], { name });
}

/** Each row's day since 1970-01-01. Throws `data/bad-time`: a row without a day would be in no window, and nobody would know. */
export function daysOf(columns: Columns, time: string): Int32Array {
  const column = columns.column(time);
  const without = column.kind === 'date' ? column.days.filter((day) => day === NO_DATE).length : columns.rows;
  if (column.kind === 'date' && without === 0) return column.days;
  throw new GreenlightError({
    code: 'data/bad-time',
    message: `${without} of ${columns.rows} rows have no date or timestamp in \`${time}\`, which monitoring.time names`,
    mend: 'give every row one, such as 2001-05-28',
  });
}

/** The truth of each row, {@link NO_LABEL} where it is not known yet. Throws `data/bad-label` for what is neither 0 nor 1. */
export function labelsOf(columns: Columns, label: string): Uint8Array {
  const column = columns.column(label);
  const labels = new Uint8Array(columns.rows);
  let bad = 0;
  for (let i = 0; i < labels.length; i++) {
    const missing =
      (column.kind === 'number' && column.nulls?.[i] === 1) ||
      (column.kind === 'boolean' && column.values[i] === NO_BOOLEAN) ||
      (column.kind === 'text' && column.codes[i] === -1);
    const value = column.kind === 'number' || column.kind === 'boolean' ? column.values[i] : undefined;
    if (missing) labels[i] = NO_LABEL;
    else if (value === 0 || value === 1) labels[i] = value;
    else bad++;
  }
  if (bad === 0) return labels;
  throw new GreenlightError({
    code: 'data/bad-label',
    message: `${bad} of ${columns.rows} rows have a label \`${label}\` that is neither 0 nor 1`,
    mend: 'a label is 0 or 1, or a boolean; empty where it is not known yet',
  });
}
