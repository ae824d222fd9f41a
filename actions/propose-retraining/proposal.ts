import { LOCK_FILE, type LockModel, readLock, withModel, writeLock } from '../../core/formats/lock.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { readYaml } from '../../core/kernel/yaml.ts';

/** The parameters that a retraining moves. */
export const PARAMS_FILE = 'params.yaml';

/** What the retraining job made. The job ran the team's own code, so its files are read as data of unknown origin. */
export interface Retrained {
  readonly lock: string;
  /** Undefined where the training has no params.yaml. */
  readonly params: string | undefined;
}

/** A model's retraining against the base branch. */
export interface Proposal {
  readonly before: LockModel | undefined;
  readonly after: LockModel;
  /** The files of the pull request. */
  readonly files: Readonly<Record<string, string>>;
}

/** Bytes; params.yaml is read by people. */
const MOST_PARAMS = 256 * 1024;

/**
 * What the pull request is to contain; undefined where the base branch's lock already names the model. Only this model's entry is taken
 * from the job's lock and put into the base's: what else the job wrote there reaches no one. Throws `lock/…`, `lock/not-this-model` and
 * `params/…`.
 */
export function makeProposal(
  model: string,
  modelPath: string,
  retrained: Retrained,
  baseLock: string | undefined,
): Proposal | undefined {
  const after = readLock(retrained.lock).models[model];
  if (after === undefined || after.model.path !== modelPath) {
    throw new GreenlightError({
      code: 'lock/not-this-model',
      message: `the retraining job's ${LOCK_FILE} has no entry of ${model} for ${modelPath}`,
      mend: 'let `reproduce-training` with `retrain-as-of` write it in the same run',
    });
  }
  const base = baseLock === undefined ? undefined : readLock(baseLock);
  const before = base?.models[model];
  if (before?.model.sha256 === after.model.sha256) return undefined;
  const files: Record<string, string> = { [LOCK_FILE]: writeLock(withModel(base, model, after)) };
  if (retrained.params !== undefined) files[PARAMS_FILE] = checkedParams(retrained.params);
  return { before, after, files };
}

function checkedParams(text: string): string {
  if (Buffer.byteLength(text) > MOST_PARAMS) {
    throw new GreenlightError({
      code: 'params/too-large',
      message: `the retraining job's ${PARAMS_FILE} has more than ${MOST_PARAMS / 1024} KiB`,
    });
  }
  readYaml(text, PARAMS_FILE, 'params');
  return text;
}
