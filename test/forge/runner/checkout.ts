import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../../../core/kernel/errors.ts';
import type { JobMachine } from './machine.ts';

/** Inputs of actions/checkout that do what they do there; any other value of any other input stops the job. */
const DEFAULTS: Readonly<Record<string, string>> = {
  repository: '',
  ref: '',
  token: '',
  path: '.',
  clean: 'true',
  'fetch-depth': '1',
  'fetch-tags': 'false',
  'persist-credentials': 'true',
  'sparse-checkout': '',
  'show-progress': 'true',
  'set-safe-directory': 'true',
  submodules: 'false',
  lfs: 'false',
};
const FIXED = ['clean', 'fetch-tags', 'set-safe-directory', 'submodules', 'lfs'];

/** What actions/checkout does, with git over the forge's HTTP. Returns the step's outputs. */
export async function checkout(
  machine: JobMachine,
  github: Readonly<Record<string, string>>,
  inputs: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  for (const [name, value] of Object.entries(inputs)) {
    if (!(name in DEFAULTS) || (FIXED.includes(name) && value !== DEFAULTS[name])) {
      throw new GreenlightError({
        code: 'runner/unknown',
        message: `the runner's checkout does not know '${name}: ${value}'`,
      });
    }
  }
  const given = { ...DEFAULTS, ...inputs };
  const repository = given.repository || github.repository;
  const own = repository === github.repository;
  const token = given.token || github.token;
  const folder = path.resolve(machine.workspace, given.path ?? '.');
  if (folder !== machine.workspace && !folder.startsWith(machine.workspace + path.sep)) {
    throw new GreenlightError({
      code: 'runner/checkout',
      message: `${given.path} is not under the workspace`,
    });
  }
  await emptyFolder(folder);

  const git = async (...args: string[]): Promise<void> => {
    const code = await machine.spawn('git', ['-C', folder, ...args]);
    if (code !== 0) {
      const word = args.find((it) => /^[a-z]+$/.test(it));
      throw new GreenlightError({
        code: 'runner/checkout',
        message: `git ${word} of ${repository} ended with ${code}`,
      });
    }
  };
  const header = `AUTHORIZATION: basic ${Buffer.from(`x-access-token:${token}`).toString('base64')}`;
  const key = `http.${github.server_url}/.extraheader`;
  machine.mask(header.slice('AUTHORIZATION: basic '.length));
  await git('init', '-q', '-b', 'main');
  await git('remote', 'add', 'origin', `${github.server_url}/${repository}`);
  const isBranch = async (name: string): Promise<boolean> => {
    const args = ['-C', folder, '-c', `${key}=${header}`, 'ls-remote', 'origin', `refs/heads/${name}`];
    return ((await machine.capture('git', args)) ?? '') !== '';
  };
  const wanted = await wantedRef(given.ref ?? '', own ? github : undefined, isBranch);
  const depth = given['fetch-depth'] === '0' ? [] : [`--depth=${given['fetch-depth']}`];
  const all =
    given['fetch-depth'] === '0' ? ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'] : [];
  await git(
    '-c',
    `${key}=${header}`,
    'fetch',
    '-q',
    '--no-tags',
    ...depth,
    'origin',
    ...all,
    `+${wanted.source}:refs/checkout/wanted`,
  );
  const sparse = (given['sparse-checkout'] ?? '').split('\n').filter((line) => line.trim() !== '');
  if (sparse.length > 0) await git('sparse-checkout', 'set', ...sparse);
  if (wanted.branch === undefined) {
    await git('checkout', '-q', '--detach', 'refs/checkout/wanted');
  } else {
    await git('update-ref', `refs/remotes/origin/${wanted.branch}`, 'refs/checkout/wanted');
    await git('checkout', '-q', '-B', wanted.branch, '--track', `refs/remotes/origin/${wanted.branch}`);
  }
  await git('update-ref', '-d', 'refs/checkout/wanted');
  if (given['persist-credentials'] === 'true') await git('config', '--local', key, header);
  const commit = (await machine.capture('git', ['-C', folder, 'rev-parse', 'HEAD'])) ?? '';
  machine.print(`${repository} is at ${commit}`);
  return { ref: given.ref || (own ? (github.ref ?? '') : ''), commit };
}

/** What to fetch, and the branch to be on where it is one. */
async function wantedRef(
  ref: string,
  own: Readonly<Record<string, string>> | undefined,
  isBranch: (name: string) => Promise<boolean>,
): Promise<{ source: string; branch?: string }> {
  if (ref === '' && own !== undefined) {
    const branch = own.ref?.startsWith('refs/heads/') ? own.ref.slice('refs/heads/'.length) : undefined;
    return { source: own.sha ?? '', ...(branch !== undefined && { branch }) };
  }
  if (ref === '') return { source: 'HEAD' };
  if (/^[0-9a-f]{40}$/.test(ref)) return { source: ref };
  const name = ref.replace(/^refs\/heads\//, '');
  if (name !== ref || (!ref.startsWith('refs/') && (await isBranch(ref))))
    return { source: `refs/heads/${name}`, branch: name };
  return { source: ref };
}

/** As the action does where the folder is not yet a clone: everything in it goes. */
async function emptyFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder))
    await rm(path.join(folder, name), { recursive: true, force: true });
}
