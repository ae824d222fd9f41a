import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../kernel/errors.ts';

/**
 * Writes a file whole or not at all: to a name of its own beside the target, then renamed over it. Makes the folder. Throws
 * `file/unwritable`.
 */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  const partial = `${file}.${randomBytes(6).toString('hex')}.partial`;
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(partial, content);
    await rename(partial, file);
  } catch (cause) {
    await rm(partial, { force: true }).catch(() => undefined);
    const { code = '' } = cause as NodeJS.ErrnoException;
    const reason = UNWRITABLE[code];
    if (reason === undefined) throw cause;
    throw new GreenlightError({
      code: 'file/unwritable',
      message: `${posix(path.relative('', file))} can't be written: ${reason}`,
      mend: 'make room for it, or let the folder be written to',
      cause,
    });
  }
}

/** Why a file can't be written, by the system's codes. */
const UNWRITABLE: Readonly<Record<string, string>> = {
  EACCES: 'that is not allowed',
  EPERM: 'that is not allowed',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of its path is no folder',
  EEXIST: 'a part of its path is no folder',
  EISDIR: 'there is a folder of that name',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its path is a link to itself',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk is full',
};

/** Why a file can't be read, by the system's codes. */
const UNREADABLE: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder',
  EACCES: 'may not be read',
  EPERM: 'may not be read',
  ENAMETOOLONG: 'has a name that is too long',
  ELOOP: 'is a link to itself',
};

/** The text of a file of the repository. Throws `file/not-found`, naming what reads it, and `file/outside`. */
export async function readRepositoryFile(root: string, file: string, what: string): Promise<string> {
  return readTextFile(root, inside(root, file, what), what, file);
}

/**
 * The text of a file that a person named on the command line, wherever it lies: relative to `root` or absolute. `name` is the file as
 * messages name it. Throws `file/not-found`, `file/unreadable` and `file/undecodable`, naming what reads it.
 */
export async function readTextFile(root: string, file: string, what: string, name = file): Promise<string> {
  const bytes = await readFile(path.resolve(root, file)).catch((cause: NodeJS.ErrnoException) => {
    const { code = '' } = cause;
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new GreenlightError({ code: 'file/not-found', message: `${what} ${name} does not exist`, cause });
    const reason = UNREADABLE[code];
    if (reason === undefined) throw cause;
    throw new GreenlightError({ code: 'file/unreadable', message: `${what} ${name} ${reason}`, cause });
  });
  if (isUtf8(bytes)) return bytes.toString('utf8');
  throw new GreenlightError({
    code: 'file/undecodable',
    message: `${what} ${name} is not UTF-8`,
    place: { file: name },
    mend: 'save it as UTF-8',
  });
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
