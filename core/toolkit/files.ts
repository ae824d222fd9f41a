import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../kernel/errors.ts';

/** Writes a file whole or not at all: to a name of its own beside the target, then renamed over it. Makes the folder. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const partial = `${file}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await writeFile(partial, content);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** The text of a file of the repository. Throws `file/not-found`, naming what reads it, and `file/outside`. */
export async function readRepositoryFile(root: string, file: string, what: string): Promise<string> {
  return readTextFile(root, inside(root, file, what), what, file);
}

/**
 * The text of a file that a person named on the command line, wherever it lies: relative to `root` or absolute. `name` is the file as
 * messages name it. Throws `file/not-found` and `file/unreadable`, naming what reads it.
 */
export async function readTextFile(root: string, file: string, what: string, name = file): Promise<string> {
  try {
    return await readFile(path.resolve(root, file), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT')
      throw new GreenlightError({ code: 'file/not-found', message: `${what} ${name} does not exist`, cause });
    if (code === 'EISDIR' || code === 'EACCES' || code === 'EPERM') {
      const reason = code === 'EISDIR' ? 'is a folder' : 'may not be read';
      throw new GreenlightError({ code: 'file/unreadable', message: `${what} ${name} ${reason}`, cause });
    }
    throw cause;
  }
}

/**
 * The absolute path of a repository's file. A path from a file of the user's must stay inside the repository, symbolic links
 * followed: throws `file/outside` otherwise.
 */
export function inside(root: string, file: string, what: string): string {
  const absolute = path.resolve(root, file);
  const real = nearestReal(absolute);
  const base = realpathSync(root);
  if (real !== base && !real.startsWith(base + path.sep)) {
    throw new GreenlightError({
      code: 'file/outside',
      message: `${what} ${file} lies outside the repository`,
      mend: 'give a path inside the repository',
    });
  }
  return absolute;
}

function nearestReal(absolute: string): string {
  try {
    return realpathSync(absolute);
  } catch {
    const parent = path.dirname(absolute);
    return parent === absolute ? absolute : path.join(nearestReal(parent), path.basename(absolute));
  }
}

/** A path as reports show it: forward slashes on every platform. */
export function posix(file: string): string {
  return file.split(path.sep).join('/');
}
