import path from 'node:path/posix';
import { GreenlightError, throwIfAny } from '../kernel/errors.ts';
import type { Place } from '../kernel/place.ts';
import { checkFormat } from '../kernel/schema.ts';
import { type Path, type Positioned, readYaml } from '../kernel/yaml.ts';
import schema from './schemas/pipeline.schema.json' with { type: 'json' };
import type { PipelineFile, PipelineFileOut, PipelineFileStage } from './schemas/pipeline.types.ts';

/** A training pipeline: what dvc.yaml declares, its paths told from the repository's root with forward slashes. */
export interface Pipeline {
  readonly file: string;
  /** Each stage after those whose outs it reads; otherwise in the file's order. */
  readonly stages: readonly PipelineStage[];
}

export interface PipelineStage {
  readonly name: string;
  /** Command lines, run one after another; the first that fails ends the stage. */
  readonly commands: readonly string[];
  /** The folder in which they run; `.` is the repository's root. */
  readonly folder: string;
  readonly deps: readonly PipelinePath[];
  readonly params: readonly PipelineParams[];
  /** What the stage writes, metrics among them. */
  readonly outs: readonly PipelinePath[];
}

/** A file or a folder, and where the pipeline names it. */
export interface PipelinePath {
  readonly path: string;
  readonly place: Place;
}

/** Which parameters of a file a stage reads. */
export interface PipelineParams {
  readonly file: string;
  /** Dotted keys; undefined means the whole file. */
  readonly keys: readonly string[] | undefined;
  readonly place: Place;
}

/** What DVC knows (its schema.py, 3.x) and this reader does not: told apart from a slip of the keyboard. */
const NOT_SUPPORTED = {
  file: ['vars', 'params', 'metrics', 'plots', 'artifacts', 'datasets'],
  stage: ['foreach', 'do', 'matrix', 'vars', 'frozen', 'always_changed', 'plots', 'meta'],
  out: ['persist', 'checkpoint', 'remote', 'push', 'type', 'labels', 'meta'],
} as const;

/**
 * Reads the stages of a dvc.yaml and puts them in order. Throws, every fault at once and with its place:
 * `pipeline/not-supported` for what DVC has and this reader does not, `pipeline/unknown-key` and the like for what DVC does not know
 * either, `pipeline/outside`, `pipeline/shared-out` (two stages write one place) and `pipeline/cycle`.
 */
export function readPipeline(text: string, file: string): Pipeline {
  const document = readYaml(text, file, 'pipeline');
  throwIfAny(notSupported(document));
  const { stages } = checkFormat<PipelineFile>(document, schema, 'pipeline');
  const errors: GreenlightError[] = [];
  const read = Object.entries(stages).flatMap(([name, stage]) =>
    stage === undefined ? [] : [readStage(name, stage, document, errors)],
  );
  throwIfAny(errors);
  throwIfAny(sharedOuts(read));
  return { file, stages: inOrder(read, document) };
}

/**
 * The parameters that a stage reads, as `file:dotted.key`. `read` gives a parameter file's document. Throws `params/missing-key`,
 * `params/not-a-map`, and `params/not-exact` for a number that JSON can't carry unchanged.
 */
export function readParams(
  stage: PipelineStage,
  read: (file: string) => Positioned,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const { file, keys, place } of stage.params) {
    const document = read(file);
    if (!isRecord(document.value)) {
      throw new GreenlightError({
        code: 'params/not-a-map',
        message: `${file} holds no parameters by name`,
        place: document.placeOf([]),
      });
    }
    for (const key of keys ?? Object.keys(document.value)) {
      const value = keys === undefined ? document.value[key] : lookUp(document.value, key);
      if (value === undefined) {
        throw new GreenlightError({
          code: 'params/missing-key',
          message: `the stage \`${stage.name}\` reads the parameter \`${key}\`, which ${file} does not have`,
          place,
        });
      }
      checkExact(value, [key], document);
      values[`${file}:${key}`] = value;
    }
  }
  return values;
}

/** Whether two paths are the same place or one lies inside the other. */
export function overlap(one: string, other: string): boolean {
  return (
    one === other ||
    one.startsWith(`${other}/`) ||
    other.startsWith(`${one}/`) ||
    one === '.' ||
    other === '.'
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function lookUp(value: unknown, key: string): unknown {
  let at = value;
  for (const part of key.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<string, unknown>)[part];
  }
  return at;
}

function checkExact(value: unknown, at: Path, document: Positioned): void {
  if (typeof value === 'number') {
    if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return;
    throw new GreenlightError({
      code: 'params/not-exact',
      message: `the parameter \`${at.join('.')}\` is a number that JSON can't carry unchanged`,
      place: document.placeOf(at.join('.').split('.')),
      mend: 'write it as a text, in quotes',
    });
  }
  if (typeof value === 'object' && value !== null) {
    for (const [key, member] of Object.entries(value)) checkExact(member, [...at, key], document);
  }
}

function notSupported(document: Positioned): GreenlightError[] {
  const errors: GreenlightError[] = [];
  const refuse = (what: string, at: Path, part: 'key' | 'value', mend: string): void => {
    errors.push(
      new GreenlightError({
        code: 'pipeline/not-supported',
        message: `${what} is not supported yet`,
        place: document.placeOf(at, part),
        mend,
      }),
    );
  };
  const refuseKeys = (value: unknown, keys: readonly string[], at: Path): void => {
    if (!isRecord(value)) return;
    for (const key of keys) {
      if (Object.hasOwn(value, key))
        refuse(`DVC's \`${key}\``, [...at, key], 'key', INSTEAD[key] ?? `remove \`${key}\``);
    }
  };
  const root = document.value;
  refuseKeys(root, NOT_SUPPORTED.file, []);
  for (const [name, stage] of Object.entries(members(root, 'stages'))) {
    const at: Path = ['stages', name];
    refuseKeys(stage, NOT_SUPPORTED.stage, at);
    for (const list of ['outs', 'metrics']) {
      for (const [index, out] of Object.entries(members(stage, list))) {
        for (const [file, options] of Object.entries(isRecord(out) ? out : {})) {
          refuseKeys(options, NOT_SUPPORTED.out, [...at, list, index, file]);
        }
      }
    }
    for (const [index, dep] of Object.entries(members(stage, 'deps'))) {
      if (typeof dep === 'string' && dep.includes('://')) {
        refuse(
          'a dependency outside the repository',
          [...at, 'deps', index],
          'value',
          'let `data.fetch` bring the file',
        );
      }
    }
  }
  for (const [file, at] of paramFiles(root)) {
    if (/\.(ya?ml|json)$/.test(file)) continue;
    refuse(`a parameter file like \`${file}\``, at, 'key', 'keep the parameters in a YAML or JSON file');
  }
  for (const at of templates(root, [])) {
    refuse('templating (`${…}`)', at, 'value', 'write the value out; the script can read params.yaml itself');
  }
  return errors;
}

/** What to write instead of a key of DVC. */
const INSTEAD: Readonly<Record<string, string>> = {
  foreach: 'write a stage for each item',
  do: 'write a stage for each item',
  matrix: 'write a stage for each combination',
  vars: 'write the values out',
  frozen: 'remove it: every stage runs in a reproduction',
  always_changed: 'remove it: every stage runs in a reproduction',
  plots: 'list the files under `outs`',
  persist: 'remove it: a stage starts without its old outs',
};

function members(value: unknown, key: string): Record<string, unknown> | readonly unknown[] {
  const member = isRecord(value) ? value[key] : undefined;
  return isRecord(member) || Array.isArray(member) ? member : {};
}

function paramFiles(root: unknown): [file: string, at: Path][] {
  return Object.entries(members(root, 'stages')).flatMap(([name, stage]) =>
    Object.entries(members(stage, 'params')).flatMap(([index, item]) =>
      Object.keys(isRecord(item) ? item : {}).map((file): [string, Path] => [
        file,
        ['stages', name, 'params', index, file],
      ]),
    ),
  );
}

/** The paths of all texts with `${`. */
function templates(value: unknown, at: Path): Path[] {
  if (typeof value === 'string') return value.includes('${') ? [at] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    ...(key.includes('${') ? [[...at, key]] : []),
    ...templates(member, [...at, key]),
  ]);
}

function readStage(
  name: string,
  stage: PipelineFileStage,
  document: Positioned,
  errors: GreenlightError[],
): PipelineStage {
  const at: Path = ['stages', name];
  const fromRoot = (
    base: string,
    file: string,
    where: Path,
    part: 'key' | 'value' = 'value',
  ): PipelinePath => {
    const joined = path.normalize(path.join(base, file)).replace(/(?<=.)\/$/, '');
    const place = document.placeOf(where, part);
    if (path.isAbsolute(file) || /^[A-Za-z]:|\\/.test(file) || joined === '..' || joined.startsWith('../')) {
      errors.push(
        new GreenlightError({
          code: 'pipeline/outside',
          message: `\`${file}\` is no path inside the repository`,
          place,
          mend: 'give a relative path with forward slashes',
        }),
      );
    }
    return { path: joined, place };
  };
  const folder = fromRoot(path.dirname(document.file), stage.wdir ?? '.', [...at, 'wdir']).path;
  const outs = (list: 'outs' | 'metrics'): PipelinePath[] =>
    (stage[list] ?? []).map((out, index) => fromRoot(folder, outPath(out), [...at, list, index]));
  return {
    name,
    commands: typeof stage.cmd === 'string' ? [stage.cmd] : stage.cmd,
    folder,
    deps: (stage.deps ?? []).map((dep, index) => fromRoot(folder, dep, [...at, 'deps', index])),
    params: (stage.params ?? []).flatMap((item, index): PipelineParams[] => {
      const where: Path = [...at, 'params', index];
      if (typeof item === 'string') {
        const { path: file, place } = fromRoot(folder, 'params.yaml', where);
        return [{ file, keys: [item], place }];
      }
      return Object.entries(item).map(([file, keys]) => {
        const { path: from, place } = fromRoot(folder, file, [...where, file], 'key');
        return { file: from, keys: keys ?? undefined, place };
      });
    }),
    outs: [...outs('outs'), ...outs('metrics')],
  };
}

function outPath(out: PipelineFileOut): string {
  return typeof out === 'string' ? out : (Object.keys(out)[0] ?? '');
}

function sharedOuts(stages: readonly PipelineStage[]): GreenlightError[] {
  const errors: GreenlightError[] = [];
  const seen: { readonly stage: string; readonly path: string }[] = [];
  for (const { name, outs } of stages) {
    for (const out of outs) {
      const other = seen.find((earlier) => overlap(earlier.path, out.path));
      if (other !== undefined) {
        const message =
          other.stage === name
            ? `the stage \`${name}\` names \`${out.path}\` and \`${other.path}\`, which overlap`
            : `the stages \`${other.stage}\` and \`${name}\` both write \`${out.path}\``;
        errors.push(
          new GreenlightError({
            code: 'pipeline/shared-out',
            message,
            place: out.place,
            mend: 'give each stage outs of its own',
          }),
        );
      }
      seen.push({ stage: name, path: out.path });
    }
  }
  return errors;
}

/** Kahn's algorithm; of the stages that could come next, the first in the file does. Throws `pipeline/cycle`. */
function inOrder(stages: readonly PipelineStage[], document: Positioned): PipelineStage[] {
  const ordered: PipelineStage[] = [];
  let waiting = stages;
  while (waiting.length > 0) {
    const next = waiting.find((stage) => waiting.every((other) => !reads(stage, other)));
    if (next === undefined) {
      const names = waiting
        .filter((stage) => waiting.some((other) => reads(other, stage)))
        .map(({ name }) => `\`${name}\``);
      throw new GreenlightError({
        code: 'pipeline/cycle',
        message: `no stage can come first: ${names.join(', ')} ${names.length === 1 ? 'reads its own out' : 'wait for each other'}`,
        place: document.placeOf(['stages', waiting[0]?.name ?? ''], 'key'),
        mend: 'let no stage read what it or a later stage writes',
      });
    }
    ordered.push(next);
    waiting = waiting.filter((stage) => stage !== next);
  }
  return ordered;
}

/** Whether `stage` reads, as a dependency or as parameters, what `other` writes. */
function reads(stage: PipelineStage, other: PipelineStage): boolean {
  const inputs = [...stage.deps.map((dep) => dep.path), ...stage.params.map(({ file }) => file)];
  return other.outs.some((out) => inputs.some((input) => overlap(input, out.path)));
}
