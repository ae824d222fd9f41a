// `npm run demo`: builds dist/ where a source is newer, then plays the story on the forge (test/demo).
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');

for (const [script, ...args] of [
  ['scripts/build.mjs', '--if-stale'],
  ['test/demo/main.ts', ...process.argv.slice(2)],
]) {
  const { status } = spawnSync(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', path.join(root, script), ...args],
    {
      stdio: 'inherit',
      cwd: root,
    },
  );
  if (status !== 0) process.exit(status ?? 1);
}
