import { existsSync } from 'node:fs';
import path from 'node:path';
import { LOCK_FILE, type Lock, type LockModel, readLock } from '../../core/formats/lock.ts';
import type { ManifestModel, NamedModel } from '../../core/formats/manifest.ts';
import {
  overlap,
  type Pipeline,
  type PipelineStage,
  readParams,
  readPipeline,
} from '../../core/formats/pipeline.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { type Positioned, readYaml } from '../../core/kernel/yaml.ts';
import { readRepositoryFile } from '../../core/toolkit/files.ts';
import type { StageDefinition } from './compare.ts';

/** What is to be run for one model, read whole before anything runs. */
export interface Plan {
  readonly name: string;
  readonly model: ManifestModel;
  readonly pipeline: Pipeline;
  /** One a stage of the pipeline, in its order. */
  readonly definitions: readonly StageDefinition[];
}

/** Reads the pipeline and its parameters in `folder`. Throws `manifest/no-training`, `pipeline/no-model`, `pipeline/…`, `params/…`. */
export async function readPlan(folder: string, { name, model }: NamedModel): Promise<Plan> {
  if (model.training === undefined) {
    throw new GreenlightError({
      code: 'manifest/no-training',
      message: `the manifest does not say how \`${name}\` is trained`,
      mend: 'add `training: { pipeline: dvc.yaml, reproduce: bytes }` to the model',
    });
  }
  const file = model.training.pipeline;
  const pipeline = readPipeline(await readRepositoryFile(folder, file, 'the pipeline'), file);
  const written = path.posix.normalize(model.model);
  if (!pipeline.stages.some(({ outs }) => outs.some((out) => overlap(out.path, written)))) {
    throw new GreenlightError({
      code: 'pipeline/no-model',
      message: `no stage of ${file} writes the model ${model.model}`,
      mend: `list ${model.model} under the \`outs\` of the stage that writes it`,
    });
  }
  const parameters = await readParameterFiles(folder, pipeline.stages);
  const definitions = pipeline.stages.map((stage) => ({
    name: stage.name,
    cmd: stage.commands.join('\n'),
    params: readParams(stage, parameters),
  }));
  return { name, model, pipeline, definitions };
}

async function readParameterFiles(
  folder: string,
  stages: readonly PipelineStage[],
): Promise<(file: string) => Positioned> {
  const documents = new Map<string, Positioned>();
  for (const { file } of stages.flatMap(({ params }) => params)) {
    if (documents.has(file)) continue;
    documents.set(
      file,
      readYaml(await readRepositoryFile(folder, file, 'the parameter file'), file, 'params'),
    );
  }
  return (file) => {
    const document = documents.get(file);
    if (document === undefined) throw new Error(`${file} was not read`);
    return document;
  };
}

/** The lock in `folder`; undefined where there is none. */
export async function readLockIn(folder: string): Promise<Lock | undefined> {
  if (!existsSync(path.join(folder, LOCK_FILE))) return undefined;
  return readLock(await readRepositoryFile(folder, LOCK_FILE, 'the lock'));
}

/** What the lock in `folder` says of a model. Throws `lock/missing-model`. */
export async function readLocked(folder: string, name: string): Promise<LockModel> {
  const locked = (await readLockIn(folder))?.models[name];
  if (locked !== undefined) return locked;
  throw new GreenlightError({
    code: 'lock/missing-model',
    message: `${LOCK_FILE} at this commit does not say what \`${name}\` is`,
    place: { file: LOCK_FILE },
    mend: `run \`greenlight reproduce-training --model ${name} --write-lock\` and commit ${LOCK_FILE}`,
  });
}
