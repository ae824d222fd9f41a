// setup of greenlight.yaml: installs what package.json pins, unless those very versions are already found.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
const missing = Object.entries(dependencies).filter(([name, version]) => found(name) !== version);
if (missing.length > 0) {
  const { status } = spawnSync('npm ci', { shell: true, stdio: 'inherit' });
  process.exitCode = status ?? 1;
}

/** The version that an import of this package would load, if any. */
function found(name) {
  for (const folder of createRequire(import.meta.url).resolve.paths(name)) {
    try {
      return JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8')).version;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
