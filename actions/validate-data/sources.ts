import { MANIFEST_FILE, type ManifestModel, readManifest } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { readRepositoryFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';

/** A data set and the contract that it is judged by. */
export interface Task {
  /** `train`, `test`, or empty for data named by inputs. */
  readonly dataset: string;
  readonly data: string;
  readonly contract: string;
}

/** The text of a contract, from where the rules bind. */
export interface Rulebook {
  readonly text: string;
  /**
   * How it stands to the checkout's own: `edited` and `removed` are told, since the pull request is judged by the base's;
   * `new` has nothing on the base to be held against.
   */
  readonly standing: 'same' | 'edited' | 'removed' | 'new';
}

/**
 * The data sets of a model with their contracts. On a pull request which contract binds is the base branch's word; a model or data set that is
 * new there is judged by its own. Throws `manifest/no-contract`.
 */
export async function tasksOf(host: Host, name: string, model: ManifestModel): Promise<readonly Task[]> {
  const base = await baseModel(host, name);
  return (['train', 'test'] as const).map((dataset) => {
    const { path: data, contract: own } = model.data[dataset];
    const contract = base?.data[dataset].contract ?? own;
    if (contract === undefined) {
      throw new GreenlightError({
        code: 'manifest/no-contract',
        message: `the data set ${dataset} of ${name} names no contract: nothing would be judged`,
        place: { file: MANIFEST_FILE },
        mend: `write \`contract: contracts/….odcs.yaml\` beside its path`,
      });
    }
    return { dataset, data, contract };
  });
}

async function baseModel(host: Host, name: string): Promise<ManifestModel | undefined> {
  if (host.rulesFrom === undefined) return undefined;
  const text = await host.git.show(host.rulesFrom, MANIFEST_FILE);
  return text === undefined ? undefined : readManifest(text).models[name];
}

/** Reads a contract from the base branch on a pull request, else from the checkout. */
export async function readRulebook(host: Host, file: string): Promise<Rulebook> {
  const base = host.rulesFrom === undefined ? undefined : await host.git.show(host.rulesFrom, file);
  if (base === undefined) {
    const text = await readRepositoryFile(host.root, file, 'the contract');
    return { text, standing: host.rulesFrom === undefined ? 'same' : 'new' };
  }
  try {
    const own = await readRepositoryFile(host.root, file, 'the contract');
    return { text: base, standing: own === base ? 'same' : 'edited' };
  } catch (thrown) {
    if (thrown instanceof GreenlightError && thrown.code === 'file/not-found')
      return { text: base, standing: 'removed' };
    throw thrown;
  }
}
