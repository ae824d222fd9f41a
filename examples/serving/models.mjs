import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

/** What a client did wrong; anything else that is thrown is the server's own fault. */
export class RequestError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** Datatypes of the Open Inference Protocol with ONNX Runtime's names for them and how their values are held. */
const DATATYPES = {
  BOOL: { onnx: 'bool', hold: (data) => Uint8Array.from(data, Number) },
  INT8: { onnx: 'int8', hold: (data) => Int8Array.from(data) },
  INT16: { onnx: 'int16', hold: (data) => Int16Array.from(data) },
  INT32: { onnx: 'int32', hold: (data) => Int32Array.from(data) },
  INT64: { onnx: 'int64', hold: (data) => BigInt64Array.from(data, BigInt) },
  UINT8: { onnx: 'uint8', hold: (data) => Uint8Array.from(data) },
  FP32: { onnx: 'float32', hold: (data) => Float32Array.from(data) },
  FP64: { onnx: 'float64', hold: (data) => Float64Array.from(data) },
  BYTES: { onnx: 'string', hold: (data) => data.map(String) },
};
const BY_ONNX = new Map(Object.entries(DATATYPES).map(([name, { onnx }]) => [onnx, name]));

/** The models in a folder, one subfolder each with a `model.onnx`. */
export class Models {
  /** name → { session, sha256 } of what is loaded, { reason } of what could not be. */
  #entries = new Map();
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  /** Every model that lies in the folder, loaded or not. */
  async index() {
    const entries = await readdir(this.#folder, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isDirectory() && existsSync(this.#file(entry.name)))
      .map((entry) => entry.name);
    return names.sort().map((name) => ({
      name,
      state: this.isReady(name) ? 'READY' : 'UNAVAILABLE',
      reason: this.#entries.get(name)?.reason ?? '',
    }));
  }

  isReady(name) {
    return this.#entries.get(name)?.session !== undefined;
  }

  /** Loads a model, or loads it again; what is served is exactly the bytes that were hashed. */
  async load(name) {
    let bytes;
    try {
      bytes = await readFile(this.#file(name));
    } catch {
      throw new RequestError(404, `there is no file ${name}/model.onnx`);
    }
    try {
      const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1, interOpNumThreads: 1 });
      this.#entries.set(name, { session, sha256: createHash('sha256').update(bytes).digest('hex') });
    } catch (error) {
      this.#entries.set(name, { reason: error.message });
      throw new RequestError(400, `${name} can't be loaded: ${error.message}`);
    }
  }

  async unload(name) {
    const entry = this.#entries.get(name);
    this.#entries.delete(name);
    await entry?.session?.release();
  }

  metadata(name) {
    const { session, sha256 } = this.#ready(name);
    const tensors = (list) =>
      list
        .filter((tensor) => tensor.isTensor)
        .map((tensor) => ({
          name: tensor.name,
          datatype: BY_ONNX.get(tensor.type) ?? tensor.type,
          shape: tensor.shape.map((size) => (typeof size === 'number' ? size : -1)),
        }));
    return {
      name,
      platform: 'onnxruntime_onnx',
      inputs: tensors(session.inputMetadata),
      outputs: tensors(session.outputMetadata),
      parameters: { sha256 },
    };
  }

  /** One inference: a request and a response body of the Open Inference Protocol. */
  async infer(name, request) {
    const { session } = this.#ready(name);
    const feeds = {};
    for (const input of request?.inputs ?? []) feeds[input.name] = toTensor(input);
    const missing = session.inputNames.filter((input) => feeds[input] === undefined);
    if (missing.length > 0) throw new RequestError(400, `these inputs are missing: ${missing.join(', ')}`);
    const wanted = request.outputs?.map((output) => output.name);
    const results = await session.run(
      feeds,
      wanted ?? session.outputMetadata.filter((o) => o.isTensor).map((o) => o.name),
    );
    return {
      model_name: name,
      ...(request.id === undefined ? {} : { id: request.id }),
      outputs: Object.entries(results).map(([output, tensor]) => ({
        name: output,
        datatype: BY_ONNX.get(tensor.type),
        shape: [...tensor.dims],
        data: tensor.type === 'bool' ? Array.from(tensor.data, Boolean) : Array.from(tensor.data, plain),
      })),
    };
  }

  #ready(name) {
    const entry = this.#entries.get(name);
    if (entry?.session === undefined) throw new RequestError(404, `the model ${name} is not loaded`);
    return entry;
  }

  #file(name) {
    return path.join(this.#folder, name, 'model.onnx');
  }
}

function toTensor({ name, datatype, shape, data }) {
  const type = DATATYPES[datatype];
  if (type === undefined) throw new RequestError(400, `the input ${name} has an unknown datatype`);
  try {
    return new Tensor(type.onnx, type.hold(data.flat(Number.POSITIVE_INFINITY)), shape);
  } catch {
    throw new RequestError(400, `the input ${name} does not fit its datatype and shape`);
  }
}

function plain(value) {
  return typeof value === 'bigint' ? Number(value) : value;
}
