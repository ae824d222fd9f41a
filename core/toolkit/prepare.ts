import { existsSync } from 'node:fs';
import path from 'node:path';
import { LOCK_FILE, readLock } from '../formats/lock.ts';
import type { ManifestModel } from '../formats/manifest.ts';
import { GreenlightError, throwIfAny } from '../kernel/errors.ts';
import { digestFile, sha256 } from './digest.ts';
import { inside, readRepositoryFile, writeWhole } from './files.ts';
import type { Host } from './host.ts';
import { fetchEnvironment, runTeamCommand } from './team-command.ts';

const PREPARED = '.greenlight/prepared';

/**
 * Brings a model's data: runs its `setup` and `data.fetch` in the checkout, once a checkout and commands, with their output in the
 * log. With `verifyLock`, data files that greenlight.lock pins must then have its bytes. Throws `command/failed`,
 * `data/not-found`, `lock/data-changed`.
 */
export async function prepareData(
  host: Pick<Host, 'root' | 'log'>,
  name: string,
  model: ManifestModel,
  { verifyLock }: { readonly verifyLock: boolean },
): Promise<void> {
  const commands = [
    [model.setup, 'setup'],
    [model.data.fetch, 'data.fetch'],
  ] as const;
  const marker = path.join(
    host.root,
    PREPARED,
    sha256(JSON.stringify([model.setup ?? null, model.data.fetch ?? null])),
  );
  if (!existsSync(marker)) {
    for (const [command, what] of commands) {
      if (command === undefined) continue;
      await runTeamCommand(what, command, {
        folder: host.root,
        env: fetchEnvironment(process.env),
        log: host.log,
      });
    }
    await writeWhole(marker, '');
  }
  if (verifyLock) await verifyData(host.root, name);
}

async function verifyData(root: string, name: string): Promise<void> {
  if (!existsSync(path.join(root, LOCK_FILE))) return;
  const lock = readLock(await readRepositoryFile(root, LOCK_FILE, 'the lock'));
  const errors: GreenlightError[] = [];
  for (const [dataset, pinned] of Object.entries(lock.models[name]?.data ?? {})) {
    if (pinned === undefined) continue;
    const file = inside(root, pinned.path, `the data set ${dataset}`);
    if (!existsSync(file)) {
      errors.push(
        new GreenlightError({
          code: 'data/not-found',
          message: `the data file ${pinned.path} does not exist`,
          mend: 'let `data.fetch` of greenlight.yaml bring it',
        }),
      );
    } else if ((await digestFile(file)).sha256 !== pinned.sha256) {
      errors.push(
        new GreenlightError({
          code: 'lock/data-changed',
          message: `${pinned.path} has other bytes than ${LOCK_FILE} pins for ${name}`,
          place: { file: LOCK_FILE },
          mend: '`greenlight reproduce-training --write-lock` takes the new data into the lock',
        }),
      );
    }
  }
  throwIfAny(errors);
}
