// Runs a script of this repository on the Node.js that the actions run on, after bringing the locked dependencies where they are missing.
// Works on any Node.js from 20 on, so that a fresh clone needs nothing but Node.js and git.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '..');
const [script, ...args] = process.argv.slice(2);

bringDependencies();
const node = findNode24();
const result = spawnSync(node, [path.resolve(root, script), ...args], {
  stdio: 'inherit',
  cwd: root,
  env: { ...process.env, PATH: path.dirname(node) + path.delimiter + process.env.PATH },
});
if (result.error) throw result.error;
process.exit(result.status ?? 1);

/** `npm ci` where node_modules is missing or belongs to another lock. */
function bringDependencies() {
  const lock = createHash('sha256')
    .update(readFileSync(path.join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = path.join(root, 'node_modules', '.greenlight-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return;
  if (lstatSync(path.dirname(stamp), { throwIfNoEntry: false })?.isSymbolicLink()) {
    console.error(
      'node_modules is a link to another folder with other dependencies, which npm ci would empty: remove the link.',
    );
    process.exit(1);
  }
  console.log('Bringing the locked dependencies (npm ci; once, about 1.5 GB, one to two minutes) …');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const ci = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
    cwd: root,
    shell: process.platform === 'win32',
    // Older npm does not know allowScripts: onnxruntime-node's script would download GPU parts from elsewhere.
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
  });
  if (ci.status !== 0) {
    console.error('npm ci failed: see its words above. It needs an npm registry and nothing else.');
    process.exit(1);
  }
  writeFileSync(stamp, lock);
}

/** The pinned Node 24 from node_modules, else this very Node where it is one. */
function findNode24() {
  const system = { linux: 'linux', win32: 'win' }[process.platform];
  if (system !== undefined) {
    try {
      const manifest = createRequire(path.join(root, 'package.json')).resolve(
        `node-${system}-${process.arch}/package.json`,
      );
      return path.join(path.dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
    } catch {
      // Not a platform that npm carries Node 24 for: fall through to the one at hand.
    }
  }
  if (Number(process.versions.node.split('.')[0]) === 24) return process.execPath;
  console.error(
    `Node.js 24 is needed on ${process.platform}-${process.arch} (this is ${process.version}): install it and try again.`,
  );
  process.exit(1);
}
