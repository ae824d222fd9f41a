// Types, derived files, lint and format; every check runs, and any failure fails.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const bin = (name) => path.join(root, 'node_modules', ...name);

const checks = [
  ['types', bin(['typescript', 'bin', 'tsc']), ['-p', 'tsconfig.json']],
  ['derived files', path.join(root, 'scripts', 'sync.mjs'), ['--check']],
  ['lint and format', bin(['@biomejs', 'biome', 'bin', 'biome']), ['check', '--error-on-warnings', '.']],
];

let failed = 0;
for (const [name, script, args] of checks) {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit', cwd: root });
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  if (status !== 0) failed++;
}
process.exit(failed === 0 ? 0 : 1);
