import { existsSync } from 'node:fs';
import { lstat, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { LockFile, LockInput, LockModel } from '../../core/formats/lock.ts';
import type { ManifestModel } from '../../core/formats/manifest.ts';
import type { PipelinePath, PipelineStage } from '../../core/formats/pipeline.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { digestFile } from '../../core/toolkit/digest.ts';
import { inside, posix } from '../../core/toolkit/files.ts';
import type { Log } from '../../core/toolkit/log.ts';
import { fetchEnvironment, runTeamCommand } from '../../core/toolkit/team-command.ts';
import {
  dataDifferences,
  definitionDifferences,
  inputDifferences,
  type StageTrace,
  type Trace,
} from './compare.ts';
import { describeEnvironment, stageEnvironment } from './environment.ts';
import type { Plan } from './plan.ts';

/** Where a rebuild works. */
export interface Workshop {
  /** A clean clone. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
}

/**
 * Runs setup, fetch and the stages in order, and tells what went in and came out. Held against `locked`, it runs nothing when the
 * declared stages are other, and stops before the first stage that would read another input: what came out could not be compared.
 * Throws `lock/data-changed`, `data/missing`, `pipeline/missing-dep`, `pipeline/missing-out`, `command/failed`.
 */
export async function rebuild(plan: Plan, locked: LockModel | undefined, workshop: Workshop): Promise<Trace> {
  const { definitions, pipeline, model } = plan;
  if (locked !== undefined && definitionDifferences(locked.stages, definitions).length > 0)
    return { definitions, stages: [] };

  await bringData(plan, workshop);
  const data = await digestData(model.data, workshop.folder);
  if (locked !== undefined) requireLockedData(plan.name, locked, data);

  const env = stageEnvironment(workshop.env);
  const commands = pipeline.stages.flatMap((stage) => stage.commands);
  const environment = await describeEnvironment(commands, env, workshop.folder);
  const stages: StageTrace[] = [];
  for (const stage of pipeline.stages) {
    const deps = await digestDeps(stage, workshop.folder);
    const before = locked?.stages.find(({ name }) => name === stage.name);
    if (before !== undefined && inputDifferences(before, { name: stage.name, deps }).length > 0) {
      return { definitions, data, environment, stages: [...stages, { name: stage.name, deps }] };
    }
    await runStage(stage, env, workshop);
    stages.push({ name: stage.name, deps, outs: await digestOuts(stage, workshop.folder) });
  }
  const [file] = await digestPath(workshop.folder, model.model, 'the model');
  if (file === undefined) {
    throw new GreenlightError({
      code: 'pipeline/missing-out',
      message: `no stage wrote the model ${model.model}`,
    });
  }
  const inputs = await inputsOf(path.join(workshop.folder, model.model));
  return { definitions, data, environment, stages, model: file, ...(inputs === undefined ? {} : { inputs }) };
}

/** What an ONNX file has to be fed; undefined for a file that is none, which evaluate-model refuses. */
async function inputsOf(file: string): Promise<readonly LockInput[] | undefined> {
  if (path.extname(file) !== '.onnx') return undefined;
  const { readModelInfo } = await import('../../core/toolkit/onnx/model-info.ts');
  const bytes = await readFile(file);
  try {
    return readModelInfo(bytes).inputs.map(({ name, type, shape }) => ({
      name,
      type,
      ...(shape === undefined ? {} : { shape: shape.map((size) => (size === '' ? '?' : size)) }),
    }));
  } catch (thrown) {
    if (thrown instanceof GreenlightError) return undefined;
    throw thrown;
  }
}

async function bringData({ model }: Plan, { folder, env, log }: Workshop): Promise<void> {
  const steps = [
    { what: 'setup', command: model.setup },
    { what: 'data.fetch', command: model.data.fetch },
  ];
  for (const { what, command } of steps) {
    if (command === undefined) continue;
    await runTeamCommand(what, command, { folder, env: fetchEnvironment(env), log });
  }
}

async function digestData(data: ManifestModel['data'], folder: string): Promise<Record<string, LockFile>> {
  const digests: Record<string, LockFile> = {};
  for (const name of ['train', 'test'] as const) {
    const [file, second] = await digestPath(folder, data[name].path, 'the data file');
    if (file === undefined || second !== undefined) {
      throw new GreenlightError({
        code: 'data/missing',
        message: `${data[name].path}, the data set \`${name}\`, is ${file === undefined ? 'not there' : 'no single file'} in a clean clone`,
        mend:
          data.fetch === undefined
            ? 'give the model `data.fetch`, a command that brings it'
            : 'mend `data.fetch` so that it writes this file',
      });
    }
    digests[name] = file;
  }
  return digests;
}

function requireLockedData(name: string, locked: LockModel, data: Readonly<Record<string, LockFile>>): void {
  const differences = dataDifferences(locked, data).flatMap((difference) =>
    difference.kind === 'data' ? [difference] : [],
  );
  if (differences.length === 0) return;
  const files = differences.map(
    ({ path: file, locked: was = 'absent', found = 'absent' }) =>
      `${file}: the lock says ${was}, here ${found}`,
  );
  throw new GreenlightError({
    code: 'lock/data-changed',
    message: `the data are not those that the lock pins\n${files.join('\n')}`,
    mend: `where they changed on purpose, run \`greenlight reproduce-training --model ${name} --write-lock\`; else mend \`data.fetch\``,
  });
}

async function runStage(
  stage: PipelineStage,
  env: NodeJS.ProcessEnv,
  { folder, log }: Workshop,
): Promise<void> {
  // An out that is in Git, as metrics often are, must not stand in for one that the stage did not write.
  for (const out of stage.outs) {
    await rm(inside(folder, out.path, 'the out'), { recursive: true, force: true });
  }
  const what = `the stage ${stage.name}`;
  const cwd = inside(folder, stage.folder, 'the folder of the stage');
  for (const command of stage.commands) await runTeamCommand(what, command, { folder: cwd, env, log });
}

async function digestDeps(stage: PipelineStage, folder: string): Promise<LockFile[]> {
  return digestAll(stage.deps, folder, (dep) => ({
    code: 'pipeline/missing-dep',
    message: `the stage \`${stage.name}\` needs \`${dep.path}\`, which is not there in a clean clone`,
    mend: 'commit it, let `data.fetch` or `setup` bring it, or list it as an out of the stage that writes it',
  }));
}

async function digestOuts(stage: PipelineStage, folder: string): Promise<LockFile[]> {
  return digestAll(stage.outs, folder, (out) => ({
    code: 'pipeline/missing-out',
    message: `the stage \`${stage.name}\` ended well and did not write \`${out.path}\``,
    mend: 'write the file there, or take it from the `outs`',
  }));
}

async function digestAll(
  paths: readonly PipelinePath[],
  folder: string,
  missing: (path: PipelinePath) => { code: string; message: string; mend: string },
): Promise<LockFile[]> {
  const files: LockFile[] = [];
  for (const declared of paths) {
    const found = await digestPath(folder, declared.path, 'the path');
    if (found.length === 0) throw new GreenlightError({ ...missing(declared), place: declared.place });
    files.push(...found);
  }
  return files;
}

/** A file, or every file of a folder sorted by path; none where there is nothing. */
async function digestPath(folder: string, declared: string, what: string): Promise<LockFile[]> {
  const absolute = inside(folder, declared, what);
  if (!existsSync(absolute)) return [];
  const files = (await stat(absolute)).isDirectory() ? await filesIn(absolute) : [absolute];
  const digests: LockFile[] = [];
  for (const file of files) {
    const relative = posix(path.relative(folder, file));
    inside(folder, relative, what);
    if (!(await stat(file).catch(() => undefined))?.isFile()) {
      throw new GreenlightError({
        code: 'pipeline/not-supported',
        message: `${relative} is no ordinary file: links to folders or to nothing can't be hashed`,
        mend: 'put a file or a folder there',
      });
    }
    digests.push({ path: relative, ...(await digestFile(file)) });
  }
  return digests;
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = [];
  const names = (await readdir(folder)).sort();
  for (const name of names) {
    const entry = path.join(folder, name);
    if (name === '.git' || name === '.greenlight') continue;
    if ((await lstat(entry)).isDirectory()) files.push(...(await filesIn(entry)));
    else files.push(entry);
  }
  return files;
}
