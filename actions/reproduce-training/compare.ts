import type { LockFile, LockInput, LockModel, LockStage } from '../../core/formats/lock.ts';
import { canonicalJson } from '../../core/kernel/json.ts';

/** What the pipeline says of a stage before anything runs. */
export type StageDefinition = Pick<LockStage, 'name' | 'cmd' | 'params'>;

/** What a rebuild saw. Parts that it did not come to are absent: it stops where an input is not the lock's. */
export interface Trace {
  readonly definitions: readonly StageDefinition[];
  readonly data?: Readonly<Record<string, LockFile>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** In the order in which they ran; without outs where the stage was not run. */
  readonly stages: readonly StageTrace[];
  /** The model that the last stage left; absent where the rebuild did not come to it. */
  readonly model?: LockFile;
  /** What the model has to be fed; absent where it is no ONNX file. */
  readonly inputs?: readonly LockInput[];
}

export interface StageTrace {
  readonly name: string;
  readonly deps: readonly LockFile[];
  readonly outs?: readonly LockFile[];
}

/** One way in which a rebuild is not what the lock says; digests are sha256, absent where there is no such file. */
export type Difference =
  /** Another stage at the same place of the order; absent where one order is shorter. */
  | { readonly kind: 'stage'; readonly locked: string | undefined; readonly found: string | undefined }
  | { readonly kind: 'command'; readonly stage: string; readonly locked: string; readonly found: string }
  | {
      readonly kind: 'parameter';
      readonly stage: string;
      readonly name: string;
      readonly locked: unknown;
      readonly found: unknown;
    }
  | ({ readonly kind: 'data'; readonly name: string } & FileDifference)
  | ({ readonly kind: 'input'; readonly stage: string } & FileDifference)
  | ({ readonly kind: 'output'; readonly stage: string } & FileDifference)
  | ({ readonly kind: 'model' } & FileDifference)
  /** What the model has to be fed, where the lock says so. */
  | { readonly kind: 'inputs'; readonly locked: string; readonly found: string };

interface FileDifference {
  readonly path: string;
  readonly locked: string | undefined;
  readonly found: string | undefined;
}

/** A setting or version that is not the one under which the lock was written. It explains; it does not judge. */
export interface EnvironmentDifference {
  readonly kind: 'environment';
  readonly name: string;
  readonly locked: string | undefined;
  readonly found: string | undefined;
}

/**
 * Everything in which a rebuild differs from the lock at level `bytes`, the first cause first: what is declared, the data, then stage
 * by stage the inputs before the outputs, the model. Empty for a trace that ended with a model means: reproduced.
 */
export function compare(locked: LockModel, trace: Trace): Difference[] {
  const stages = trace.stages.flatMap((stage) => {
    const before = locked.stages.find(({ name }) => name === stage.name);
    if (before === undefined) return [];
    return [...inputDifferences(before, stage), ...outputDifferences(before, stage)];
  });
  const model = trace.model === undefined ? [] : fileDifferences([locked.model], [trace.model]);
  return [
    ...definitionDifferences(locked.stages, trace.definitions),
    ...(trace.data === undefined ? [] : dataDifferences(locked, trace.data)),
    ...stages,
    ...model.map((difference) => ({ kind: 'model' as const, ...difference })),
    ...signatureDifferences(locked, trace),
  ];
}

/** A lock that says of the same model that it is fed otherwise was not written by us. */
function signatureDifferences(locked: LockModel, { model, inputs }: Trace): Difference[] {
  if (locked.inputs === undefined || locked.model.sha256 !== model?.sha256) return [];
  const [before, now] = [canonicalJson(locked.inputs), canonicalJson(inputs ?? [])];
  return before === now ? [] : [{ kind: 'inputs', locked: before, found: now }];
}

/** What can be told without running anything: the stages and their order, their commands, their parameters. */
export function definitionDifferences(
  locked: readonly StageDefinition[],
  found: readonly StageDefinition[],
): Difference[] {
  const differences: Difference[] = [];
  for (let at = 0; at < Math.max(locked.length, found.length); at++) {
    const before = locked[at];
    const now = found[at];
    if (before === undefined || now === undefined || before.name !== now.name) {
      // What follows is another pipeline: its stages can't be set side by side.
      return [...differences, { kind: 'stage', locked: before?.name, found: now?.name }];
    }
    const stage = now.name;
    if (before.cmd !== now.cmd) {
      differences.push({ kind: 'command', stage, locked: before.cmd, found: now.cmd });
    }
    differences.push(...parameterDifferences(stage, before.params, now.params));
  }
  return differences;
}

/** The data files that are not the lock's. */
export function dataDifferences(locked: LockModel, found: Readonly<Record<string, LockFile>>): Difference[] {
  const names = new Set([...Object.keys(found), ...Object.keys(locked.data)]);
  return [...names].flatMap((name) =>
    fileDifferences(listed(locked.data[name]), listed(found[name])).map((difference) => ({
      kind: 'data' as const,
      name,
      ...difference,
    })),
  );
}

/** The files that a stage is about to read and that are not the lock's. */
export function inputDifferences(locked: LockStage, found: StageTrace): Difference[] {
  return fileDifferences(locked.deps, found.deps).map((difference) => ({
    kind: 'input',
    stage: found.name,
    ...difference,
  }));
}

function outputDifferences(locked: LockStage, found: StageTrace): Difference[] {
  if (found.outs === undefined) return [];
  return fileDifferences(locked.outs, found.outs).map((difference) => ({
    kind: 'output',
    stage: found.name,
    ...difference,
  }));
}

/** What differs between the environments of two trainings; nothing where one of them is not known. */
export function environmentDifferences(
  locked: LockModel['environment'] | undefined,
  found: Readonly<Record<string, string>> | undefined,
): EnvironmentDifference[] {
  if (locked === undefined || found === undefined) return [];
  const names = new Set([...Object.keys(found), ...Object.keys(locked)]);
  return [...names]
    .sort()
    .flatMap((name) =>
      locked[name] === found[name]
        ? []
        : [{ kind: 'environment', name, locked: locked[name], found: found[name] }],
    );
}

function listed(file: LockFile | undefined): LockFile[] {
  return file === undefined ? [] : [file];
}

function fileDifferences(locked: readonly LockFile[], found: readonly LockFile[]): FileDifference[] {
  const before = new Map(locked.map((file) => [file.path, file.sha256]));
  const now = new Map(found.map((file) => [file.path, file.sha256]));
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((path) =>
    before.get(path) === now.get(path) ? [] : [{ path, locked: before.get(path), found: now.get(path) }],
  );
}

/** The parameters that differ, each at its deepest key: `params.yaml:train.passes`. */
function parameterDifferences(stage: string, locked: object, found: object, prefix = ''): Difference[] {
  const before = new Map<string, unknown>(Object.entries(locked));
  const now = new Map<string, unknown>(Object.entries(found));
  return [...new Set([...now.keys(), ...before.keys()])].flatMap((key): Difference[] => {
    const [was, is] = [before.get(key), now.get(key)];
    if (isMap(was) && isMap(is)) return parameterDifferences(stage, was, is, `${prefix}${key}.`);
    return same(was, is)
      ? []
      : [{ kind: 'parameter', stage, name: `${prefix}${key}`, locked: was, found: is }];
  });
}

function isMap(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function same(one: unknown, other: unknown): boolean {
  if (one === undefined || other === undefined) return one === other;
  return canonicalJson(one) === canonicalJson(other);
}
