// `npm run bench -- validate`: builds dist/ where a source is newer, then measures it beside other tools (docs/speed.md).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

for (const [script, ...args] of [
  ['scripts/build.mjs', '--if-stale'],
  ['test/bench/main.ts', ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(root, script), ...args],
    { stdio: 'inherit', cwd: root },
  );
  if (status !== 0) process.exit(status ?? 1);
}
