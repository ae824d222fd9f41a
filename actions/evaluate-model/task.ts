import path from 'node:path';
import { LOCK_FILE, type LockModel, readLock } from '../../core/formats/lock.ts';
import { MANIFEST_FILE, type ManifestModel, readManifest } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { inside, readRepositoryFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import type { Policy } from '../../policies/policy.ts';
import { readPolicy } from '../../policies/read.ts';

/** The inputs of the action, as text. */
export interface Inputs {
  readonly model: string | undefined;
  readonly 'model-file': string | undefined;
  readonly data: string | undefined;
  readonly policy: string | undefined;
  readonly label: string | undefined;
  readonly score: string | undefined;
  readonly 'live-model': string | undefined;
  readonly token: string | undefined;
}

/** Where the policy's words come from. */
export type PolicySource =
  /** The checkout's own binds. */
  | { readonly kind: 'own' }
  /** A pull request: the base branch's binds; `edited` where the checkout's differs. */
  | { readonly kind: 'base'; readonly edited: boolean }
  /** A pull request that brings the first policy. */
  | { readonly kind: 'first' };

/** What is to be evaluated, by what rules. */
export interface Task {
  readonly name: string;
  /** Undefined where everything came by inputs. */
  readonly manifest: ManifestModel | undefined;
  /** The model's file; undefined where reproduce-training of this run made it. */
  readonly modelFile: string | undefined;
  readonly dataFile: string | undefined;
  readonly label: string;
  readonly score: string | undefined;
  readonly policy: Policy;
  readonly policyFile: string;
  readonly policyText: string;
  readonly policySource: PolicySource;
  readonly lock: LockModel | undefined;
}

/**
 * Reads what is to be done from the inputs and, for what they leave out, from greenlight.yaml. In a pull request the evaluation's
 * rules (policy, label, score) are the base branch's, where it has them.
 */
export async function readTask(inputs: Inputs, host: Host): Promise<Task> {
  const { 'model-file': modelFile, data: dataFile } = inputs;
  const byInputs = inputs.model === undefined && modelFile !== undefined && dataFile !== undefined;
  const named =
    byInputs && inputs.policy !== undefined && inputs.label !== undefined
      ? undefined
      : await host.model(inputs.model);
  const name = named?.name ?? path.parse(modelFile ?? '').name;
  const rules = await evaluationRules(named?.model, name, host);
  const policyFile = required(inputs.policy ?? rules?.policy, 'policy', 'the path of an EvaluationPolicy');
  const label = required(inputs.label ?? rules?.label, 'label', 'the column that holds the truth');
  const { text, source } = await bindingPolicy(policyFile, host);
  return {
    name,
    manifest: named?.model,
    modelFile,
    dataFile,
    label,
    score: inputs.score ?? rules?.score,
    policy: readPolicy(text, policyFile),
    policyFile,
    policyText: text,
    policySource: source,
    lock: named === undefined ? undefined : await lockOf(name, host),
  };
}

/** `evaluation` of the manifest: the base branch's, where there is a base that has it. */
async function evaluationRules(
  own: ManifestModel | undefined,
  name: string,
  host: Host,
): Promise<ManifestModel['evaluation']> {
  if (own === undefined || host.rulesFrom === undefined) return own?.evaluation;
  const text = await host.git.show(host.rulesFrom, MANIFEST_FILE);
  const base = text === undefined ? undefined : readManifest(text, `${host.rulesFrom}:${MANIFEST_FILE}`);
  return base?.models[name]?.evaluation ?? own.evaluation;
}

async function bindingPolicy(file: string, host: Host): Promise<{ text: string; source: PolicySource }> {
  const readOwn = (): Promise<string> => readRepositoryFile(host.root, file, 'the policy');
  if (host.rulesFrom === undefined) return { text: await readOwn(), source: { kind: 'own' } };
  const base = await host.git.show(host.rulesFrom, file);
  if (base === undefined) return { text: await readOwn(), source: { kind: 'first' } };
  const own = await readOwn().catch(() => undefined);
  return { text: base, source: { kind: 'base', edited: own !== base } };
}

async function lockOf(name: string, host: Host): Promise<LockModel | undefined> {
  try {
    return readLock(await readRepositoryFile(host.root, LOCK_FILE, 'the lock')).models[name];
  } catch (error) {
    if (error instanceof GreenlightError && error.code === 'file/not-found') return undefined;
    throw error;
  }
}

function required(value: string | undefined, input: string, what: string): string {
  if (value !== undefined) return value;
  throw new GreenlightError({
    code: 'input/missing',
    message: `the evaluation needs ${what}`,
    mend: `set the input \`${input}\`, or \`evaluation: { ${input}: … }\` in ${MANIFEST_FILE}`,
  });
}

/** The absolute path of a file that an input names; a path of greenlight.yaml must stay inside the repository. */
export function inputFile(host: Host, file: string): string {
  return host.onRunner ? inside(host.root, file, 'the file') : path.resolve(host.root, file);
}
