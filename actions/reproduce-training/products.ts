import { copyFile, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE, type LockModel } from '../../core/formats/lock.ts';
import { writeStatement } from '../../core/formats/statement.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { digestFile, sha256 } from '../../core/toolkit/digest.ts';
import { writeWhole } from '../../core/toolkit/files.ts';
import type { Candidate } from './candidate.ts';
import type { Trace } from './compare.ts';
import type { Plan } from './plan.ts';
import { provenance } from './provenance.ts';

/** What the lock keeps of a rebuild that came to its end. */
export function lockModel({ definitions, data, environment, stages, model, inputs }: Trace): LockModel {
  if (data === undefined || environment === undefined || model === undefined) {
    throw new Error('the rebuild did not come to its end');
  }
  return {
    model,
    ...(inputs === undefined ? {} : { inputs: inputs.map((input) => ({ ...input })) }),
    data: { ...data },
    environment: { ...environment },
    stages: definitions.map((definition) => {
      const ran = stages.find(({ name }) => name === definition.name);
      if (ran?.outs === undefined) throw new Error(`the stage ${definition.name} was not run`);
      return { ...definition, deps: [...ran.deps], outs: [...ran.outs] };
    }),
  };
}

/**
 * Writes to `out`, for later jobs of this run, the model file under its own name and statement.json, its provenance. `lock` is the
 * text of the lock that the outcome equals.
 */
export async function writeProducts(
  { commit, uncommitted, writeLock }: Candidate,
  { name, model, pipeline }: Plan,
  trained: LockModel,
  lock: string,
  clone: string,
  out: string,
): Promise<void> {
  const product = path.join(out, path.basename(model.model));
  await mkdir(out, { recursive: true });
  await copyFile(path.join(clone, model.model), product);
  if ((await digestFile(product)).sha256 !== trained.model.sha256) {
    throw new GreenlightError({
      code: 'evidence/digest-mismatch',
      message: `${model.model} changed after the last stage had ended`,
      mend: 'let no stage leave a process behind that still writes',
    });
  }
  const digest = async (file: string): Promise<string> => (await digestFile(path.join(clone, file))).sha256;
  const changes = (writeLock ? uncommitted : []).map(async (file) => ({
    path: file,
    sha256: await digest(file).catch(ignoreAbsent),
  }));
  const statement = provenance(name, trained, {
    commit,
    pipeline: pipeline.file,
    pipelineSha256: await digest(pipeline.file),
    lockSha256: sha256(lock),
    changes: await Promise.all(changes),
  });
  await writeWhole(path.join(out, 'statement.json'), writeStatement(statement));
}

/** Writes to `out` what propose-retraining puts into its pull request: the lock, and params.yaml where there is one. */
export async function writeProposal(lock: string, clone: string, out: string): Promise<void> {
  await writeWhole(path.join(out, LOCK_FILE), lock);
  await copyFile(path.join(clone, 'params.yaml'), path.join(out, 'params.yaml')).catch(ignoreAbsent);
}

function ignoreAbsent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  return undefined;
}
