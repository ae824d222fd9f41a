import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { onnx } from 'onnx-proto';

/** An ONNX model `late = sigmoid(distance × slope)`; each slope is another digest. */
export function tinyModel(slope: number): { bytes: Uint8Array; digest: string } {
  const float = onnx.TensorProto.DataType.FLOAT;
  const tensor = (name: string): onnx.IValueInfoProto => ({
    name,
    type: { tensorType: { elemType: float, shape: { dim: [{ dimParam: 'rows' }, { dimValue: 1 }] } } },
  });
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph: {
      name: 'tiny',
      input: [tensor('distance')],
      output: [tensor('late')],
      initializer: [{ name: 'slope', dataType: float, dims: [1], floatData: [slope] }],
      node: [
        { opType: 'Mul', input: ['distance', 'slope'], output: ['scaled'] },
        { opType: 'Sigmoid', input: ['scaled'], output: ['late'] },
      ],
    },
  });
  const bytes = onnx.ModelProto.encode(model).finish();
  return { bytes, digest: createHash('sha256').update(bytes).digest('hex') };
}

/** What the model answers for a distance. */
export function answerOf(slope: number, distance: number): number {
  return 1 / (1 + Math.exp(-distance * slope));
}

/** The `inputs` of one row. */
export function row(distance: number): { name: string; datatype: 'FP32'; shape: number[]; data: number[] }[] {
  return [{ name: 'distance', datatype: 'FP32', shape: [1, 1], data: [distance] }];
}

/** Puts a model into a server's folder. */
export async function place(folder: string, served: string, bytes: Uint8Array): Promise<void> {
  await mkdir(path.join(folder, served), { recursive: true });
  await writeFile(path.join(folder, served, 'model.onnx'), bytes);
}
