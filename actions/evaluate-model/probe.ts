import type { Probe, ProbeTensor } from '../../core/formats/probe.ts';
import { type FeedType, makeFeed } from '../../core/toolkit/onnx/feeds.ts';
import type { OnnxModel } from '../../core/toolkit/onnx/session.ts';
import { type Column, type Columns, NO_BOOLEAN } from '../../core/toolkit/table/columns.ts';

/** The shares at which numbers are taken: from low to high, so that the scores differ. */
const QUANTILES = [0.1, 0.3, 0.5, 0.7, 0.9];

/** The largest difference between two builds of a runtime that is still the same answer. */
const TOLERANCE = 1e-5;

/** A text that fewer rows hold may point at a person. */
const COMMON_ROWS = 10;

const DATATYPES: Readonly<Record<FeedType, ProbeTensor['datatype']>> = {
  float32: 'FP32',
  float64: 'FP64',
  int32: 'INT32',
  int64: 'INT64',
  bool: 'BOOL',
  string: 'BYTES',
};

/**
 * Rows that nobody is, and what the model answers: numbers are rounded quantiles of each column by itself, texts the most common
 * ones. A server that serves the digest must answer the same.
 */
export async function makeProbe(
  model: OnnxModel,
  digest: string,
  output: string,
  columns: Columns,
): Promise<Probe> {
  const rows = QUANTILES.length;
  const synthetic = new Map(
    model.info.inputs.map(({ name }) => [name, syntheticColumn(columns.column(name))]),
  );
  const probeColumns: Columns = {
    rows,
    column(name) {
      const column = synthetic.get(name);
      if (column === undefined) throw new TypeError(`the probe has no column ${name}`);
      return column;
    },
  };
  const inputs = model.info.inputs.map((input): ProbeTensor => {
    const feed = makeFeed(input, probeColumns, rows);
    return {
      name: feed.name,
      datatype: DATATYPES[feed.type],
      shape: feed.dims(rows),
      data: Array.from(feed.fill(0, rows) as Iterable<number | bigint | string>, (value) => {
        if (typeof value === 'string') return value;
        return feed.type === 'bool' ? value === 1 : Number(value);
      }),
    };
  });
  const expected = await model.run(probeColumns, output);
  return {
    schema: 'greenlight.probe/v1',
    digest,
    inputs,
    output,
    expected: [...expected],
    tolerance: TOLERANCE,
  };
}

function syntheticColumn(column: Column): Column {
  switch (column.kind) {
    case 'number': {
      const { values, nulls } = column;
      const present = values.filter((value, i) => nulls?.[i] !== 1 && Number.isFinite(value)).sort();
      return {
        kind: 'number',
        values: Float64Array.from(QUANTILES, (q) => rounded(present, q)),
        nulls: undefined,
      };
    }
    case 'text': {
      const common = commonTexts(column.codes, column.dictionary);
      return {
        kind: 'text',
        codes: Int32Array.from(QUANTILES, (_, i) => i % common.length),
        dictionary: common,
      };
    }
    case 'boolean': {
      const both = column.values.some((value) => value !== NO_BOOLEAN && value !== column.values[0]);
      return {
        kind: 'boolean',
        values: Uint8Array.from(QUANTILES, (_, i) => (both ? i % 2 : (column.values[0] ?? 0))),
      };
    }
    case 'date':
      return column;
  }
}

/** A quantile to two significant digits, so that it is no row's own value. */
function rounded(sorted: Float64Array, share: number): number {
  const value = sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const coarse = Number(value.toPrecision(2));
  return Number.isInteger(value) ? Math.round(coarse) : coarse;
}

function commonTexts(codes: Int32Array, dictionary: readonly string[]): readonly string[] {
  const counts = new Int32Array(dictionary.length);
  for (const code of codes) if (code >= 0) counts[code] = (counts[code] ?? 0) + 1;
  const common = [...counts.keys()]
    .filter((code) => (counts[code] ?? 0) >= COMMON_ROWS)
    .sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0) || a - b)
    .slice(0, QUANTILES.length)
    .map((code) => dictionary[code] ?? '');
  return common.length === 0 ? [''] : common;
}
