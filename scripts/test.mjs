// `npm test`: builds the bundle that the integration tests run, then runs vitest. Arguments are passed on to vitest.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const args = process.argv.slice(2);

function run(script, ...more) {
  const { status } = spawnSync(process.execPath, [script, ...more], { stdio: 'inherit', cwd: root });
  if (status !== 0) process.exit(status ?? 1);
}

run(path.join(root, 'scripts', 'build.mjs'), '--if-stale');
run(
  path.join(root, 'node_modules', 'vitest', 'vitest.mjs'),
  'run',
  '--reporter=default',
  '--reporter=./scripts/count-reporter.mjs',
  ...args,
);
