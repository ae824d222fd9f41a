// `npm run build`: dist/, which the actions and the `greenlight` command are. TypeScript is compiled by tsc (ncc can't drive
// TypeScript 7), the JavaScript is bundled once by ncc with a chunk per lazy import, and each action gets a stub of two lines.
// `--all-platforms` has npm fetch the native packages of other platforms too, to pin their files' sha256: the release needs it.
// `--if-stale` builds only when a source is newer than dist/.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { AJV_OPTIONS } from '../core/kernel/validators.ts';

const root = path.resolve(import.meta.dirname, '..');
const dist = path.join(root, 'dist');
const sources = [
  'actions',
  'cli',
  'core',
  'policies',
  'reports',
  'scripts/build.mjs',
  'package-lock.json',
  'tsconfig.build.json',
];

if (process.argv.includes('--if-stale') && isFresh()) process.exit(0);
const started = performance.now();
console.log('Building dist/ …');

const work = path.join(root, 'build', `${process.pid}`);
rmSync(work, { recursive: true, force: true });
run('typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', path.join(work, 'js'));
writeFileSync(path.join(work, 'js', 'package.json'), '{"type":"module"}\n');
writeFileSync(path.join(work, 'js', 'core', 'kernel', 'validators.js'), validators());
bundleDuckDb();
run(
  '@vercel/ncc/dist/ncc/cli.js',
  'build',
  path.join(work, 'js', 'cli', 'entry.js'),
  '-o',
  path.join(work, 'dist'),
  '-e',
  'onnxruntime-node',
  '--license',
  'licenses.txt',
  '--no-cache',
  '-q',
);

for (const name of actionNames()) {
  writeFileSync(
    path.join(work, 'dist', `${name}.js`),
    `import { step } from './index.js';\nawait step('${name}');\n`,
  );
}
writeFileSync(
  path.join(work, 'dist', 'cli.js'),
  "#!/usr/bin/env node\nimport { command } from './index.js';\nawait command();\n",
  { mode: 0o755 },
);
// What core/toolkit/table/contract-query starts beside itself.
writeFileSync(
  path.join(work, 'dist', 'query-process.js'),
  "import { queryProcess } from './index.js';\nawait queryProcess();\n",
);
// PostgreSQL's parser looks for its WebAssembly in `__dirname`, which modules lack.
copyFileSync(
  path.join(root, 'node_modules', 'libpg-query', 'wasm', 'libpg-query.wasm'),
  path.join(work, 'dist', 'libpg-query.wasm'),
);
for (const name of readdirSync(path.join(work, 'dist')).filter((file) => file.endsWith('.js'))) {
  const file = path.join(work, 'dist', name);
  const code = readFileSync(file, 'utf8');
  if (code.includes('libpg-query.wasm'))
    writeFileSync(file, code.replaceAll(/\b__dirname\b/g, 'import.meta.dirname'));
}
writeFileSync(path.join(work, 'dist', 'natives.json'), `${JSON.stringify(natives(), null, 2)}\n`);

// The old dist is moved away and the new one moved in, so that nobody meets a half-written bundle.
const old = path.join(work, 'old');
if (existsSync(dist)) renameSync(dist, old);
renameSync(path.join(work, 'dist'), dist);
rmSync(work, { recursive: true, force: true });
console.log(`dist/ is built (${Math.round(performance.now() - started) / 1000} s)`);

function run(script, ...args) {
  const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules', script), ...args], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** What stands in for core/kernel/validators.ts: all JSON Schemas of the repository, compiled. */
function validators() {
  const ajv = new Ajv({ ...AJV_OPTIONS, code: { source: true, esm: true } });
  const ids = ['core/formats/schemas', 'policies'].flatMap((folder) =>
    readdirSync(path.join(root, folder))
      .filter((name) => name.endsWith('.schema.json'))
      .map((name) => {
        const schema = JSON.parse(readFileSync(path.join(root, folder, name), 'utf8'));
        ajv.addSchema(schema);
        return schema.$id;
      }),
  );
  const code = standalone
    .default(ajv, Object.fromEntries(ids.map((id, index) => [`validate_${index}`, id])))
    // Ajv leaves `require` for its own helpers in ES modules too.
    .replaceAll(
      /const (\w+) = require\("(ajv\/dist\/runtime\/\w+)"\)\.default;/g,
      "import $1_ from '$2.js';const $1 = $1_.default;",
    );
  const entries = ids.map((id, index) => `${JSON.stringify(id)}: validate_${index}`);
  return `${code}
const byId = { ${entries.join(', ')} };
export function validatorOf(schema) {
  const validate = byId[schema.$id];
  if (validate === undefined) throw new Error(\`no validator was built for ${'$'}{schema.$id}\`);
  return validate;
}
`;
}

/** Puts DuckDB's JavaScript before the bundler, which takes the binding that core/toolkit/natives.ts provides: a hundred files less to open. */
function bundleDuckDb() {
  const packages = path.join(work, 'js', 'node_modules', '@duckdb');
  cpSync(path.join(root, 'node_modules', '@duckdb', 'node-api'), path.join(packages, 'node-api'), {
    recursive: true,
  });
  mkdirSync(path.join(packages, 'node-bindings'));
  writeFileSync(path.join(packages, 'node-bindings', 'package.json'), '{"type":"commonjs"}\n');
  writeFileSync(
    path.join(packages, 'node-bindings', 'index.js'),
    'module.exports = globalThis.greenlightDuckDbBinding;\n',
  );
}

function actionNames() {
  return readdirSync(path.join(root, 'actions'))
    .filter((name) => existsSync(path.join(root, 'actions', name, 'action.yml')))
    .sort();
}

function isFresh() {
  const marker = path.join(dist, 'natives.json');
  if (!existsSync(marker)) return false;
  const built = statSync(marker).mtimeMs;
  return sources.every((source) => newest(path.join(root, source)) <= built);
}

function newest(file) {
  const { mtimeMs } = statSync(file);
  if (!statSync(file).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(file).map((name) => newest(path.join(file, name))));
}

/**
 * What core/toolkit/natives.ts needs to bring a native package to a machine without node_modules: exact version, the integrity that
 * package-lock.json pins, and the sha256 of each file that is loaded on a platform.
 */
function natives() {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const packages = {
    'onnxruntime-node': ['onnxruntime-node', 'onnxruntime-common'],
    '@duckdb/node-bindings': Object.keys(lock)
      .map((key) => key.replace(/^node_modules\//, ''))
      .filter((name) => name.startsWith('@duckdb/node-bindings-')),
  };
  const describe = (name) => {
    const entry = lock[`node_modules/${name}`];
    return {
      name,
      version: entry.version,
      integrity: entry.integrity,
      os: entry.os,
      cpu: entry.cpu,
      libc: entry.libc,
      files: nativeFiles(name, entry.version),
    };
  };
  return Object.fromEntries(Object.entries(packages).map(([name, parts]) => [name, parts.map(describe)]));
}

/** sha256 of every native file of a package, by path. */
function nativeFiles(name, version) {
  const folder = packageFolder(name, version);
  if (folder === undefined) return {};
  return Object.fromEntries(
    readdirSync(folder, { recursive: true })
      .map((file) => file.split(path.sep).join('/'))
      .filter((file) => /\.(node|so|so\.\d+|dylib|dll)$/.test(file))
      .sort()
      .map((file) => [
        file,
        createHash('sha256')
          .update(readFileSync(path.join(folder, file)))
          .digest('hex'),
      ]),
  );
}

/** Where a package lies; one of another platform is fetched for a release and left out else: its users build their own dist/. */
function packageFolder(name, version) {
  const installed = path.join(root, 'node_modules', name);
  if (existsSync(installed)) return installed;
  if (!process.argv.includes('--all-platforms')) return undefined;
  const folder = path.join(work, 'foreign', name);
  mkdirSync(folder, { recursive: true });
  const packed = spawnSync(
    'npm',
    ['pack', `${name}@${version}`, '--pack-destination', folder, '--loglevel=error'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
      encoding: 'utf8',
    },
  );
  const tarball = packed.stdout.trim().split('\n').at(-1);
  const unpacked = spawnSync('tar', ['-xzf', tarball, '--strip-components=1'], {
    cwd: folder,
    stdio: 'inherit',
  });
  if (packed.status !== 0 || unpacked.status !== 0) process.exit(1);
  return folder;
}
