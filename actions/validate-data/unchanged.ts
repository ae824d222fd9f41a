import { existsSync } from 'node:fs';
import { LOCK_FILE, type LockModel, readLock } from '../../core/formats/lock.ts';
import { MANIFEST_FILE, type ManifestModel, readManifest } from '../../core/formats/manifest.ts';
import type { Report } from '../../core/kernel/blocks.ts';
import { canonicalJson } from '../../core/kernel/json.ts';
import { digestFile } from '../../core/toolkit/digest.ts';
import { inside } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { readOwn } from './sources.ts';

/**
 * Whether a pull request leaves all that decides this judgement as the base branch has it: the manifest's data sets, their contracts, and in the
 * lock the digests of the data and what the model is fed. The data that the base's lock names were judged when that was merged.
 */
export async function isUnchanged(host: Host, name: string, model: ManifestModel): Promise<boolean> {
  const { rulesFrom } = host;
  if (rulesFrom === undefined) return false;
  const base = (file: string): Promise<string | undefined> => host.git.show(rulesFrom, file);
  const manifest = await base(MANIFEST_FILE);
  const before = manifest === undefined ? undefined : readManifest(manifest).models[name];
  if (before === undefined || canonicalJson(before.data) !== canonicalJson(model.data)) return false;
  const entryOf = (lock: string | undefined): LockModel | undefined =>
    lock === undefined ? undefined : readLock(lock).models[name];
  const locked = entryOf(await base(LOCK_FILE));
  const own = entryOf(await readOwn(host, LOCK_FILE, 'the lock'));
  if (locked?.data['train'] === undefined || locked.data['test'] === undefined || own === undefined)
    return false;
  const pins = ({ data, inputs }: LockModel): string => canonicalJson([data, inputs ?? []]);
  if (pins(locked) !== pins(own)) return false;
  for (const { path, contract } of [model.data.train, model.data.test]) {
    if (contract === undefined) return false;
    const text = await base(contract);
    if (text === undefined || text !== (await readOwn(host, contract, 'the contract'))) return false;
    // Data that lie in the repository may be changed without the lock; what is fetched is held against it by whoever reads it.
    const pinned = Object.values(locked.data).find((file) => file?.path === path);
    const file = inside(host.root, path, 'the data file');
    if (existsSync(file) && (await digestFile(file)).sha256 !== pinned?.sha256) return false;
  }
  return true;
}

/** What is told of a pull request that changes nothing that this judges. */
export function unchangedReport(name: string): Report {
  return {
    title: `Data contract of ${name}`,
    blocks: [
      {
        kind: 'verdict',
        verdict: 'pass',
        text: 'this pull request changes neither contracts nor data, which were judged when they were merged',
      },
      {
        kind: 'paragraph',
        text: ['To judge them again all the same: ', { code: 'full: true' }, '.'],
      },
    ],
  };
}
