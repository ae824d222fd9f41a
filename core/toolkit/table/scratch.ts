import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A private folder for what is spilled, unpacked or transcoded: rows may lie in it, so that nobody else may read it. */
export interface Scratch extends AsyncDisposable {
  readonly folder: string;
}

const open = new Set<string>();
let swept = false;

/**
 * Makes a folder of mode 0700 outside the workspace, named with this process's id: removed when disposed and at the process's
 * exit. What processes that were killed left behind is swept first.
 */
export async function openScratch(): Promise<Scratch> {
  const home = await homeOfScratch();
  const prefix = await prefixOfScratch();
  if (!swept) {
    swept = true;
    process.once('exit', () => {
      for (const folder of open) rmSync(folder, { recursive: true, force: true });
    });
    await sweep(home, prefix);
  }
  const folder = await mkdtemp(path.join(home, `${prefix}${process.pid}-`));
  open.add(folder);
  return {
    folder,
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true, force: true });
      open.delete(folder);
    },
  };
}

/** The first temporary folder outside the workspace: what lies inside could be committed, uploaded or cached. */
async function homeOfScratch(): Promise<string> {
  const workspace = await realpath(process.env['GITHUB_WORKSPACE'] ?? '.').catch(() => process.cwd());
  for (const candidate of [process.env['RUNNER_TEMP'], os.tmpdir(), '/var/tmp']) {
    if (candidate === undefined || candidate === '') continue;
    const real = await realpath(candidate).catch(() => undefined);
    if (real !== undefined && real !== workspace && !real.startsWith(workspace + path.sep)) return real;
  }
  return os.tmpdir();
}

/** Containers that share a temporary folder count their processes apart: a process that is not seen may live in another one. */
async function prefixOfScratch(): Promise<string> {
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  return `greenlight-${/\d+/.exec(space)?.[0] ?? '0'}-`;
}

async function sweep(home: string, prefix: string): Promise<void> {
  for (const name of await readdir(home).catch(() => [])) {
    if (!name.startsWith(prefix)) continue;
    const pid = Number.parseInt(name.slice(prefix.length), 10);
    const folder = path.join(home, name);
    const owner = await stat(folder).catch(() => undefined);
    if (Number.isInteger(pid) && !lives(pid) && owner?.uid === process.getuid?.()) {
      await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
