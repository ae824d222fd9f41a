import { GreenlightError } from '../../core/kernel/errors.ts';
import { requireColumns } from '../../core/toolkit/onnx/feeds.ts';
import type { OnnxModel } from '../../core/toolkit/onnx/session.ts';
import { type Column, type Columns, NO_BOOLEAN, NO_DATE } from '../../core/toolkit/table/columns.ts';
import { openTable } from '../../core/toolkit/table/open.ts';
import { readColumns } from '../../core/toolkit/table/read-columns.ts';
import type { Measured, Slices } from '../../policies/measured.ts';
import { type Policy, policyColumns } from '../../policies/policy.ts';
import type { Grouping } from '../../policies/statistics/groups.ts';

/** The slice of the rows that have no value in its column. */
export const NO_VALUE = '(no value)';

/** The data file, and its name in messages. */
export interface DataSource {
  readonly file: string;
  readonly name: string;
}

/** Reads the columns that models and policy need. Throws `model/missing-input` before anything is read. */
export async function readData(
  data: DataSource,
  label: string,
  policy: Policy,
  models: readonly OnnxModel[],
): Promise<Columns> {
  const inputs = models.flatMap((model) => model.info.inputs);
  {
    await using table = await openTable(data.file, { name: data.name });
    requireColumns(
      inputs,
      table.columns.map((column) => column.name),
    );
  }
  const names = [label, ...policyColumns(policy), ...inputs.map((input) => input.name)];
  return await readColumns(data.file, names, { name: data.name });
}

/**
 * What the policy judges. Throws `data/bad-label` where the label is not 0 or 1 in every row, `data/one-class` where it is the same in
 * all, `data/no-cluster` where a row has no value in the policy's `independent_by`.
 */
export function measure(
  columns: Columns,
  label: string,
  policy: Policy,
  candidate: Float32Array,
  live: Float32Array | undefined,
): Measured {
  const slices = new Map<string, Slices>();
  for (const { by } of policy.gates) {
    if (by !== undefined && !slices.has(by.column)) {
      slices.set(by.column, slicesOf(columns.column(by.column)));
    }
  }
  return {
    labels: labelsOf(columns, label),
    candidate,
    live,
    clusters: policy.independentBy === undefined ? undefined : clustersOf(columns, policy.independentBy),
    slices,
  };
}

function labelsOf(columns: Columns, name: string): Uint8Array {
  const column = columns.column(name);
  if (column.kind !== 'number' && column.kind !== 'boolean') {
    throw new GreenlightError({
      code: 'data/bad-label',
      message: `the label \`${name}\` holds ${column.kind} values`,
      mend: 'a label is 0 or 1, or a boolean',
    });
  }
  const { values } = column;
  const nulls = column.kind === 'number' ? column.nulls : undefined;
  const labels = new Uint8Array(columns.rows);
  let broken = 0;
  let positives = 0;
  for (let i = 0; i < columns.rows; i++) {
    const value = values[i] ?? Number.NaN;
    if (nulls?.[i] === 1 || (value !== 0 && value !== 1)) broken++;
    else {
      labels[i] = value;
      positives += value;
    }
  }
  if (broken > 0) {
    throw new GreenlightError({
      code: 'data/bad-label',
      message: `${broken} of ${columns.rows} rows have a label \`${name}\` that is neither 0 nor 1`,
      mend: 'a label is 0 or 1, or a boolean, in every row',
    });
  }
  if (positives === 0 || positives === columns.rows) {
    throw new GreenlightError({
      code: 'data/one-class',
      message: `the label \`${name}\` is the same in all ${columns.rows} rows`,
      mend: 'evaluate on data that hold both classes',
    });
  }
  return labels;
}

function clustersOf(columns: Columns, name: string): Grouping {
  const { codes, count } = groupsOf(columns.column(name));
  const without = codes.reduce((sum, code) => sum + (code < 0 ? 1 : 0), 0);
  if (without === 0) return { codes, count };
  throw new GreenlightError({
    code: 'data/no-cluster',
    message: `${without} of ${codes.length} rows have no value in \`${name}\`, which the policy names in independent_by`,
    mend: 'require the column in the data contract',
  });
}

/** Rows without a value become a slice of their own: a gate by slice judges every row. */
function slicesOf(column: Column): Slices {
  const { codes, count, names } = groupsOf(column);
  if (!codes.includes(-1)) return { codes, count, names };
  return {
    codes: codes.map((code) => (code < 0 ? count : code)),
    count: count + 1,
    names: [...names, NO_VALUE],
  };
}

/** A column's distinct values as codes; -1 where a row has none. */
function groupsOf(column: Column): Slices {
  switch (column.kind) {
    case 'text':
      return { codes: column.codes, count: column.dictionary.length, names: column.dictionary };
    case 'number':
      return distinct(column.values, (_, i) => column.nulls?.[i] === 1, String);
    case 'date':
      return distinct(
        column.days,
        (day) => day === NO_DATE,
        (day) => new Date(day * 86_400_000).toISOString().slice(0, 10),
      );
    case 'boolean':
      return distinct(
        column.values,
        (value) => value === NO_BOOLEAN,
        (value) => (value === 1 ? 'true' : 'false'),
      );
  }
}

function distinct(
  values: Float64Array | Int32Array | Uint8Array,
  missing: (value: number, index: number) => boolean,
  nameOf: (value: number) => string,
): Slices {
  const found = new Map<number, number>();
  const codes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (missing(value, i)) {
      codes[i] = -1;
      continue;
    }
    let code = found.get(value);
    if (code === undefined) {
      code = found.size;
      found.set(value, code);
    }
    codes[i] = code;
  }
  return { codes, count: found.size, names: Array.from(found.keys(), nameOf) };
}
