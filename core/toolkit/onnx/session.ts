import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { GreenlightError, messageOf } from '../../kernel/errors.ts';
import { loadOnnxRuntime } from '../natives.ts';
import type { Columns } from '../table/columns.ts';
import { makeFeed } from './feeds.ts';
import { type ModelInfo, readModelInfo, type TensorInfo, withoutZipMaps } from './model-info.ts';

/** Rows in one call of the runtime. With one thread the scores are the same bits for any number. */
const BATCH = 8192;

/** How rows are scored. */
export interface ScoreOptions {
  /** The output that holds the probability of the positive class; may be left out where there is one float output. */
  readonly output?: string | undefined;
  readonly batch?: number | undefined;
}

/** A loaded model. */
export interface OnnxModel extends AsyncDisposable {
  readonly info: ModelInfo;
  /** The output that scores are read from. Throws `model/no-output` and `model/ambiguous-output`. */
  output(name: string | undefined): TensorInfo;
  /**
   * One score a row: the value of an output of shape [rows] or [rows, 1], the second column of one of shape [rows, 2].
   * Throws `model/missing-input`, `model/wrong-type`, `model/null-input`, `model/row-count`, `model/nan-score`.
   */
  score(columns: Columns, options?: ScoreOptions): Promise<Float32Array>;
  /** An output's whole tensor for few rows, in one call. */
  run(columns: Columns, output: string): Promise<readonly number[]>;
}

interface Batch {
  readonly from: number;
  readonly rows: number;
  readonly tensor: Tensor | undefined;
}

/** Loads a model from its bytes, on the CPU and one thread. Throws `model/not-onnx`, `model/external-data`, `model/not-loadable`. */
export async function openModel(bytes: Uint8Array): Promise<OnnxModel> {
  const info = readModelInfo(bytes);
  const runtime = await loadOnnxRuntime();
  const session = await loading(() =>
    runtime.InferenceSession.create(withoutZipMaps(bytes), {
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4,
    }),
  );
  const output = (name: string | undefined): TensorInfo => chooseOutput(info, name);
  async function* batches(name: string, columns: Columns, batch: number): AsyncGenerator<Batch> {
    const feeds = info.inputs.map((input) => makeFeed(input, columns, batch));
    for (let from = 0; from < columns.rows; from += batch) {
      const rows = Math.min(batch, columns.rows - from);
      const tensors = Object.fromEntries(
        feeds.map((feed) => [
          feed.name,
          new runtime.Tensor(feed.type, feed.fill(from, rows), feed.dims(rows)),
        ]),
      );
      const result = await running(() => session.run(tensors, [name]));
      yield { from, rows, tensor: result[name] };
    }
  }
  return {
    info,
    output,
    async score(columns, { output: wanted, batch = BATCH } = {}) {
      const { name } = output(wanted);
      const scores = new Float32Array(columns.rows);
      for await (const { from, rows, tensor } of batches(name, columns, batch)) {
        takeScores(tensor, name, rows, scores, from);
      }
      refuseNaN(scores);
      return scores;
    },
    async run(columns, name) {
      const values: number[] = [];
      for await (const { tensor } of batches(name, columns, columns.rows))
        values.push(...floatsOf(tensor, name));
      return values;
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

async function loading(create: () => Promise<InferenceSession>): Promise<InferenceSession> {
  try {
    return await create();
  } catch (cause) {
    throw new GreenlightError({
      code: 'model/not-loadable',
      message: `ONNX Runtime can't load the model: ${messageOf(cause)}`,
      mend: 'export the model with operators and an opset that ONNX Runtime supports',
      cause,
    });
  }
}

function chooseOutput({ outputs }: ModelInfo, name: string | undefined): TensorInfo {
  const floats = outputs.filter(({ type }) => type === 'float32' || type === 'float64');
  const [first, second] = floats;
  const names = floats.map((output) => `\`${output.name}\``).join(', ') || 'none';
  if (name !== undefined) {
    const found = floats.find((output) => output.name === name);
    if (found !== undefined) return found;
    throw new GreenlightError({
      code: 'model/no-output',
      message: `the model has no float output \`${name}\``,
      mend: `its float outputs: ${names}`,
    });
  }
  if (first !== undefined && second === undefined) return first;
  throw new GreenlightError({
    code: first === undefined ? 'model/no-output' : 'model/ambiguous-output',
    message: `the model has ${floats.length} float outputs: ${names}`,
    mend: 'name the one that holds the probability of the positive class: `score: <output>`',
  });
}

async function running(
  run: () => Promise<InferenceSession.ReturnType>,
): Promise<InferenceSession.ReturnType> {
  try {
    return await run();
  } catch (cause) {
    // The runtime's words may quote values of the rows: only its first line up to a quote is passed on.
    const [words = ''] = messageOf(cause).split(/["'\n]/);
    throw new GreenlightError({
      code: 'model/run-failed',
      message: `the model could not score the rows: ${words.trim()}`,
      mend: 'run the model on these rows in the language it was trained in',
      cause,
    });
  }
}

function takeScores(
  tensor: Tensor | undefined,
  output: string,
  rows: number,
  scores: Float32Array,
  from: number,
): void {
  const [count, width = 1, ...rest] = tensor?.dims ?? [];
  if (count !== rows) {
    throw new GreenlightError({
      code: 'model/row-count',
      message: `the output \`${output}\` has the shape [${tensor?.dims.join(', ')}] for ${rows} rows`,
      mend: 'a score a row is needed',
    });
  }
  if (rest.length > 0 || width > 2) {
    throw new GreenlightError({
      code: 'model/output-shape',
      message: `the output \`${output}\` has the shape [${tensor?.dims.join(', ')}]`,
      mend: 'binary models are supported: an output of shape [rows], [rows, 1] or [rows, 2]',
    });
  }
  const data = floatsOf(tensor, output);
  for (let i = 0; i < rows; i++) scores[from + i] = data[i * width + width - 1] ?? Number.NaN;
}

function floatsOf(tensor: Tensor | undefined, output: string): Float32Array | Float64Array {
  const data = tensor?.data;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  throw new TypeError(`the output ${output} is no float tensor`);
}

function refuseNaN(scores: Float32Array): void {
  let broken = 0;
  for (const score of scores) if (!Number.isFinite(score)) broken++;
  if (broken === 0) return;
  throw new GreenlightError({
    code: 'model/nan-score',
    message: `the model gives ${broken} of ${scores.length} rows a score that is no number`,
    mend: 'find the rows by scoring them in the language the model was trained in; missing inputs are the usual cause',
  });
}
