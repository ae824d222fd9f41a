import onnxProto from 'onnx-proto';
import { COLUMNS, codeCount } from './learner.mjs';

const { onnx } = onnxProto;
const { FLOAT, INT64, STRING } = onnx.TensorProto.DataType;
const { INT, INTS, STRINGS } = onnx.AttributeProto.AttributeType;
const ROWS = 'rows';

/**
 * The bytes of an ONNX model (IR 8, opset 15, ai.onnx.ml 2) of a fitted model. Each column is an input of shape
 * [rows, 1], int64 or string; the output `late_probability` is float of the same shape.
 */
export function toOnnx({ vocabulary, bias, tables }) {
  const nodes = [];
  const constants = [];
  const add = (opType, inputs, output, rest = {}) => {
    nodes.push(onnx.NodeProto.create({ opType, input: inputs, output: [output], name: output, ...rest }));
    return output;
  };
  const integer = (value) => {
    const name = `int_${value}`;
    if (!constants.some((constant) => constant.name === name)) {
      constants.push(
        onnx.TensorProto.create({ name, dataType: INT64, rawData: bytes(BigInt64Array.of(BigInt(value))) }),
      );
    }
    return name;
  };
  const floats = (name, values, dims) => {
    constants.push(
      onnx.TensorProto.create({ name, dims, dataType: FLOAT, rawData: bytes(Float32Array.from(values)) }),
    );
    return name;
  };

  for (const [name, { names, least, most, width }] of Object.entries(COLUMNS)) {
    if (names) {
      add('LabelEncoder', [name], `${name}_code`, {
        domain: 'ai.onnx.ml',
        attribute: labels(vocabulary[name]),
      });
    } else {
      const steps = width === 1 ? name : add('Div', [name, integer(width)], `${name}_steps`);
      add('Clip', [steps, integer(least), integer(most)], `${name}_code`);
    }
  }
  const terms = tables.map(({ columns, weights }) => {
    const table = columns.join('_');
    const place = columns
      .map((name) => `${name}_code`)
      .reduce((sofar, code, at) => {
        const row = add('Mul', [sofar, integer(codeCount(columns[at], vocabulary))], `${table}_row_${at}`);
        return add('Add', [row, code], `${table}_place_${at}`);
      });
    return add('Gather', [floats(`${table}_weights`, weights, [weights.length]), place], `${table}_term`);
  });
  const margin = add('Sum', [floats('bias', [bias], [1]), ...terms], 'margin');
  add('Sigmoid', [margin], 'late_probability');

  const graph = onnx.GraphProto.create({
    name: 'flight-delay',
    node: nodes,
    initializer: constants,
    input: Object.entries(COLUMNS).map(([name, { names }]) => port(name, names ? STRING : INT64)),
    output: [port('late_probability', FLOAT)],
  });
  const model = onnx.ModelProto.create({
    irVersion: 8,
    producerName: 'flight-delay',
    opsetImport: [
      { domain: '', version: 15 },
      { domain: 'ai.onnx.ml', version: 2 },
    ],
    graph,
  });
  return onnx.ModelProto.encode(model).finish();
}

function labels(names) {
  return [
    { name: 'keys_strings', type: STRINGS, strings: names.map((name) => Buffer.from(name)) },
    { name: 'values_int64s', type: INTS, ints: names.map((_, index) => index + 1) },
    { name: 'default_int64', type: INT, i: 0 },
  ];
}

function port(name, elemType) {
  return { name, type: { tensorType: { elemType, shape: { dim: [{ dimParam: ROWS }, { dimValue: 1 }] } } } };
}

function bytes(array) {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}
