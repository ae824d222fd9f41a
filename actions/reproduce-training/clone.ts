import { existsSync } from 'node:fs';
import { cp, mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE } from '../../core/formats/lock.ts';
import { Git } from '../../core/toolkit/git.ts';

/** The folder of what Greenlight writes into a checkout. It never counts as part of the repository. */
const OWN_FOLDER = '.greenlight';

/**
 * The files of the working tree that HEAD does not have so: changed, staged, deleted, or new and not ignored; sorted. The lock is not
 * among them: it is what comes out, not what goes in.
 */
export async function uncommittedFiles(git: Git): Promise<readonly string[]> {
  const tracked = await git.run('diff', '--name-only', '--no-renames', '--ignore-submodules', '-z', 'HEAD');
  const untracked = await git.run('ls-files', '-z', '--others', '--exclude-standard');
  const files = `${tracked}\0${untracked}`.split('\0');
  // A name that ends in a slash is another repository's folder.
  const counts = (file: string): boolean =>
    file !== '' && file !== LOCK_FILE && !file.endsWith('/') && !file.startsWith(`${OWN_FOLDER}/`);
  return [...new Set(files)].filter(counts).sort();
}

/**
 * Runs `body` in a clean clone of one commit, with `changes` of the checkout laid over it, and removes the clone whatever happens.
 * The clone holds committed bytes (no line ends turned) and no history. It lies inside the checkout, so that an interpreter that
 * looks for packages in the folders above finds the checkout's, and always at the same place, for files that keep their own path.
 */
export async function withClone<T>(
  git: Git,
  name: string,
  commit: string,
  changes: readonly string[],
  body: (clone: string) => Promise<T>,
): Promise<T> {
  const clone = path.join(git.root, OWN_FOLDER, `clone-${name}`);
  // What a run that was killed left behind goes first.
  await remove(clone);
  try {
    await mkdir(clone, { recursive: true });
    const cloned = new Git(clone);
    await cloned.run('init', '--quiet', '--template=');
    await cloned.run('config', 'core.autocrlf', 'false');
    await cloned.run('fetch', '--quiet', '--no-tags', '--depth=1', git.root, commit);
    await cloned.run('checkout', '--quiet', '--detach', commit);
    for (const file of changes) await overlay(git.root, clone, file);
    return await body(clone);
  } finally {
    await remove(clone);
  }
}

async function overlay(root: string, clone: string, file: string): Promise<void> {
  const target = path.join(clone, file);
  await rm(target, { recursive: true, force: true });
  if (existsSync(path.join(root, file))) {
    await cp(path.join(root, file), target, { recursive: true, verbatimSymlinks: true });
  }
}

async function remove(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
