import onnxProto from 'onnx-proto';
import type { Column, Columns } from '../../core/toolkit/table/columns.ts';

const { onnx } = onnxProto;
const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

/** A value of a graph: its name, its element type by its number in onnx.proto, its dimensions. */
export function value(
  name: string,
  type: number,
  shape: readonly (number | string)[],
): onnxProto.onnx.IValueInfoProto {
  const dim = shape.map((size) => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }));
  return { name, type: { tensorType: { elemType: type, shape: { dim } } } };
}

export const FLOAT = DataType.FLOAT;
export const DOUBLE = DataType.DOUBLE;
export const INT32 = DataType.INT32;
export const INT64 = DataType.INT64;
export const STRING = DataType.STRING;
export const BOOL = DataType.BOOL;

/** The bytes of a model with one graph. */
export function modelBytes(
  graph: onnxProto.onnx.IGraphProto,
  opsets: readonly { domain: string; version: number }[] = [
    { domain: '', version: 13 },
    { domain: 'ai.onnx.ml', version: 2 },
  ],
): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: 7,
    producerName: 'test',
    producerVersion: '1',
    opsetImport: opsets.map(({ domain, version }) => ({ domain, version })),
    graph: { name: 'graph', ...graph },
  }).finish();
}

/** score = sigmoid(scale x): one float input `x` of shape [rows, 1]. */
export function sigmoidModel(scale = 1): Uint8Array {
  return modelBytes({
    input: [value('x', FLOAT, ['n', 1])],
    output: [value('score', FLOAT, ['n', 1])],
    initializer: [{ name: 'scale', dataType: FLOAT, dims: [1], floatData: [scale] }],
    node: [
      { opType: 'Mul', input: ['x', 'scale'], output: ['z'] },
      { opType: 'Sigmoid', input: ['z'], output: ['score'] },
    ],
  });
}

/** score = sigmoid(x + effect[place]): a float, and a text that the graph encodes; unknown texts count 0. */
export function placeModel(effects: Readonly<Record<string, number>>): Uint8Array {
  return modelBytes({
    input: [value('x', FLOAT, ['n', 1]), value('place', STRING, ['n', 1])],
    output: [value('score', FLOAT, ['n', 1])],
    node: [
      {
        opType: 'LabelEncoder',
        domain: 'ai.onnx.ml',
        input: ['place'],
        output: ['effect'],
        attribute: [
          {
            name: 'keys_strings',
            type: AttributeType.STRINGS,
            strings: Object.keys(effects).map((key) => new TextEncoder().encode(key)),
          },
          { name: 'values_floats', type: AttributeType.FLOATS, floats: Object.values(effects) },
          { name: 'default_float', type: AttributeType.FLOAT, f: 0 },
        ],
      },
      { opType: 'Add', input: ['x', 'effect'], output: ['z'] },
      { opType: 'Sigmoid', input: ['z'], output: ['score'] },
    ],
  });
}

/** A classifier as scikit-learn's converter writes it: labels, and probabilities as a sequence of maps (ZipMap). */
export function zipMapModel(): Uint8Array {
  const map = { keyType: INT64, valueType: { tensorType: { elemType: FLOAT } } };
  return modelBytes({
    input: [value('x', FLOAT, ['n', 1])],
    output: [
      value('label', INT64, ['n']),
      { name: 'probabilities', type: { sequenceType: { elemType: { mapType: map } } } },
    ],
    node: [
      {
        opType: 'LinearClassifier',
        domain: 'ai.onnx.ml',
        input: ['x'],
        output: ['label', 'raw'],
        attribute: [
          { name: 'coefficients', type: AttributeType.FLOATS, floats: [-1, 1] },
          { name: 'intercepts', type: AttributeType.FLOATS, floats: [0, 0] },
          { name: 'classlabels_ints', type: AttributeType.INTS, ints: [0, 1] },
          { name: 'post_transform', type: AttributeType.STRING, s: new TextEncoder().encode('LOGISTIC') },
        ],
      },
      {
        opType: 'ZipMap',
        domain: 'ai.onnx.ml',
        input: ['raw'],
        output: ['probabilities'],
        attribute: [{ name: 'classlabels_int64s', type: AttributeType.INTS, ints: [0, 1] }],
      },
    ],
  });
}

/** Columns from arrays. */
export function columnsOf(rows: number, named: Readonly<Record<string, Column>>): Columns {
  return {
    rows,
    column(name) {
      const column = named[name];
      if (column === undefined) throw new TypeError(`no column ${name}`);
      return column;
    },
  };
}

export function numbers(values: readonly number[], nulls?: readonly number[]): Column {
  return {
    kind: 'number',
    values: Float64Array.from(values),
    nulls: nulls === undefined ? undefined : Uint8Array.from(nulls),
  };
}

export function texts(values: readonly (string | null)[]): Column {
  const dictionary = [...new Set(values.filter((text) => text !== null))];
  return {
    kind: 'text',
    codes: Int32Array.from(values, (text) => (text === null ? -1 : dictionary.indexOf(text))),
    dictionary,
  };
}
