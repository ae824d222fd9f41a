import { readFile } from 'node:fs/promises';
import type { Columns } from '../table/columns.ts';
import { openModel, type ScoreOptions } from './session.ts';

/** The probability of the positive class, a row each, by the model in a file. Throws as {@link openModel} and its `score` do. */
export async function scoreRows(
  modelFile: string,
  columns: Columns,
  options: ScoreOptions = {},
): Promise<Float32Array> {
  await using model = await openModel(await readFile(modelFile));
  return await model.score(columns, options);
}
