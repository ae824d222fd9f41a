import { GreenlightError } from '../../kernel/errors.ts';
import {
  bytesOf,
  concat,
  type Field,
  fields,
  lengthField,
  NotProtobuf,
  text,
  varintField,
} from './protobuf.ts';

/** Tensor element types by their number in onnx.proto (TensorProto.DataType). */
const ELEMENT_TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
] as const;

export type ElementType = (typeof ELEMENT_TYPES)[number] | 'other';

/** A tensor that a model takes or gives. */
export interface TensorInfo {
  readonly name: string;
  readonly type: ElementType;
  /** Numbers, or names of dimensions that are open ('' unnamed); undefined where the rank is open. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** What an ONNX file says about itself. */
export interface ModelInfo {
  readonly irVersion: number;
  readonly producer: string;
  /** Operator sets by domain; `''` is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  /** What has to be fed: graph inputs without a value of their own. */
  readonly inputs: readonly TensorInfo[];
  /** Maps (ZipMap) stand as the tensor they are made of. */
  readonly outputs: readonly TensorInfo[];
}

/** The deepest graph within a graph (If, Loop, Scan) that is read. */
const MAX_DEPTH = 20;

/**
 * Reads an ONNX file's description (onnx.proto, ModelProto). Throws `model/not-onnx`, and `model/external-data` where weights
 * stand in other files, which the model's digest would not cover.
 */
export function readModelInfo(bytes: Uint8Array): ModelInfo {
  return guarded(() => {
    const model = readModel(bytes);
    for (const field of model.graph) refuseExternalData(field, 0);
    const initialised = new Set(all(model.graph, 5).map((tensor) => textField(tensor.bytes, 8)));
    const zipped = new Set(zipMaps(model.graph).map((node) => node.output));
    return {
      irVersion: model.irVersion,
      producer: [textField(bytes, 2), textField(bytes, 3)].filter((part) => part !== '').join(' '),
      opsets: model.opsets,
      inputs: all(model.graph, 11)
        .map(({ bytes }) => tensorInfo(bytes))
        .filter(({ name }) => !initialised.has(name)),
      outputs: all(model.graph, 12).map(({ bytes }) => {
        const info = tensorInfo(bytes);
        return zipped.has(info.name) ? { ...info, type: 'float32', shape: ['', ''] } : info;
      }),
    };
  });
}

/**
 * The model with every ZipMap replaced by an Identity of the same names: what was a sequence of maps, which onnxruntime-node can't
 * return, becomes the tensor [rows, classes] that it was made of. A model without ZipMap comes back as it is.
 */
export function withoutZipMaps(bytes: Uint8Array): Uint8Array {
  return guarded(() => {
    const { graph, opsets, graphField } = readModel(bytes);
    const nodes = zipMaps(graph);
    if (nodes.length === 0) return bytes;
    const byStart = new Map(nodes.map((node) => [node.field.start, node]));
    const names = new Set(nodes.map((node) => node.output));
    const parts = graph.map((field) => {
      const node = field.number === 1 ? byStart.get(field.start) : undefined;
      if (node !== undefined) return identity(node);
      if (field.number === 12) {
        const { name } = tensorInfo(field.bytes);
        if (names.has(name)) return floatOutput(name);
      }
      return graphField.bytes.subarray(field.start, field.end);
    });
    const rewritten = [bytes.subarray(0, graphField.start), lengthField(7, concat(parts))];
    rewritten.push(bytes.subarray(graphField.end));
    if (opsets[''] === undefined) rewritten.push(lengthField(8, varintField(2, IDENTITY_OPSET)));
    return concat(rewritten);
  });
}

/** The ai.onnx operator set that is imported for Identity where a model of ai.onnx.ml alone has none. */
const IDENTITY_OPSET = 13;

interface ModelParts {
  readonly irVersion: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly graphField: Field;
  readonly graph: readonly Field[];
}

function readModel(bytes: Uint8Array): ModelParts {
  const model = [...fields(bytes)];
  const graphField = model.find((field) => field.number === 7);
  const irVersion = model.find((field) => field.number === 1)?.integer ?? 0;
  if (graphField === undefined || irVersion === 0) throw new NotProtobuf('no graph');
  const graph = [...fields(graphField.bytes)];
  if (all(graph, 1).length === 0 || all(graph, 12).length === 0) throw new NotProtobuf('an empty graph');
  const opsets = Object.fromEntries(
    all(model, 8).map((field) => [
      textField(field.bytes, 1),
      [...fields(field.bytes)].find((part) => part.number === 2)?.integer ?? 0,
    ]),
  );
  return { irVersion, opsets, graphField, graph };
}

interface ZipMapNode {
  readonly field: Field;
  readonly input: string;
  readonly output: string;
}

function zipMaps(graph: readonly Field[]): ZipMapNode[] {
  return all(graph, 1)
    .filter((field) => textField(field.bytes, 4) === 'ZipMap')
    .map((field) => ({ field, input: textField(field.bytes, 1), output: textField(field.bytes, 2) }));
}

function identity({ input, output }: ZipMapNode): Uint8Array {
  const node = [
    lengthField(1, bytesOf(input)),
    lengthField(2, bytesOf(output)),
    lengthField(4, bytesOf('Identity')),
  ];
  return lengthField(1, concat(node));
}

function floatOutput(name: string): Uint8Array {
  const tensor = lengthField(1, varintField(1, 1));
  return lengthField(12, concat([lengthField(1, bytesOf(name)), lengthField(2, tensor)]));
}

function tensorInfo(valueInfo: Uint8Array): TensorInfo {
  const name = textField(valueInfo, 1);
  const tensor = sub(sub(valueInfo, 2), 1);
  if (tensor === undefined) return { name, type: 'other', shape: undefined };
  const element = [...fields(tensor)].find((field) => field.number === 1)?.integer ?? 0;
  const shape = sub(tensor, 2);
  return {
    name,
    type: ELEMENT_TYPES[element] ?? 'other',
    shape: shape && all(fields(shape), 1).map(dimension),
  };
}

function dimension({ bytes }: Field): number | string {
  const parts = [...fields(bytes)];
  const size = parts.find((part) => part.number === 1);
  return size === undefined ? textField(bytes, 2) : size.integer;
}

/** Looks through the tensors of a graph and of the graphs within its nodes (data_location, field 14, 1 is external). */
function refuseExternalData(field: Field, depth: number): void {
  if (depth > MAX_DEPTH) throw new NotProtobuf('graphs within graphs without end');
  if (field.number === 5) refuseExternalTensor(field.bytes);
  if (field.number !== 1) return;
  for (const attribute of all(fields(field.bytes), 5)) {
    for (const part of fields(attribute.bytes)) {
      if (part.number === 5 || part.number === 10) refuseExternalTensor(part.bytes);
      if (part.number === 6 || part.number === 11) {
        for (const inner of fields(part.bytes)) refuseExternalData(inner, depth + 1);
      }
    }
  }
}

function refuseExternalTensor(tensor: Uint8Array): void {
  for (const { number, integer } of fields(tensor)) {
    if (number === 14 && integer === 1) {
      throw new GreenlightError({
        code: 'model/external-data',
        message: 'the model keeps weights in other files, which its digest does not cover',
        mend: 'export it into one file (with PyTorch: `external_data=False`)',
      });
    }
  }
}

function all(message: Iterable<Field>, number: number): Field[] {
  return [...message].filter((field) => field.number === number);
}

function sub(message: Uint8Array | undefined, number: number): Uint8Array | undefined {
  return message && all(fields(message), number)[0]?.bytes;
}

function textField(message: Uint8Array, number: number): string {
  const bytes = sub(message, number);
  return bytes === undefined ? '' : text(bytes);
}

function guarded<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof NotProtobuf)) throw cause;
    throw new GreenlightError({
      code: 'model/not-onnx',
      message: `the model is not an ONNX file (${cause.message})`,
      mend: 'export the model to ONNX',
      cause,
    });
  }
}
