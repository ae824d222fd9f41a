import { existsSync } from 'node:fs';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { digestFile } from '../../core/toolkit/digest.ts';
import { inside, posix } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { prepareData } from '../../core/toolkit/prepare.ts';
import type { EvaluatedData } from './evaluation.ts';
import { inputFile, type Task } from './task.ts';

/** The data to evaluate on: the input's file as it lies there, else the manifest's, brought and held against the lock. */
export async function findData(task: Task, host: Host): Promise<EvaluatedData> {
  const { manifest, dataFile, name } = task;
  if (dataFile !== undefined || manifest === undefined) {
    const given = dataFile ?? '';
    return digested(inputFile(host, given), posix(given));
  }
  await prepareData(host, name, manifest, { verifyLock: true });
  const { path } = manifest.data[manifest.evaluation?.data ?? 'test'];
  return digested(inside(host.root, path, 'the data file'), path);
}

async function digested(file: string, name: string): Promise<EvaluatedData> {
  if (!existsSync(file)) {
    throw new GreenlightError({
      code: 'data/not-found',
      message: `the data file ${name} does not exist`,
      mend: 'check the path, or bring it with `data.fetch` of greenlight.yaml',
    });
  }
  return { name, file, sha256: (await digestFile(file)).sha256 };
}
