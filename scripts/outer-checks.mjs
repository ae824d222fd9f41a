// `npm run check:outer`: a second opinion from outside on all workflow YAML that we ship: actionlint, zizmor, and one run of the example's
// pull-request workflow under nektos/act. The tools are pinned and installed into .greenlight/tools; without Go or Python they are skipped.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { runUnderAct } from './outer-act.mjs';

const root = path.resolve(import.meta.dirname, '..');
const tools = path.join(root, '.greenlight', 'tools');
const windows = process.platform === 'win32';
const count = { passed: 0, failed: 0, skipped: 0 };

mkdirSync(tools, { recursive: true });
const scratch = mkdtempSync(path.join(root, '.greenlight', 'outer-'));
try {
  const files = [...shipped(), ...filledTemplates()];
  const workflows = files.filter((file) => path.basename(path.dirname(file)) === 'workflows');
  check('actionlint', goTool('actionlint', 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12'), (tool) =>
    succeeds(tool, ['-config-file', '.github/actionlint.yaml', '-shellcheck=', '-pyflakes=', ...workflows]),
  );
  check('zizmor', zizmor(), (tool) =>
    succeeds(tool, ['--offline', '--no-progress', '--quiet', '--config', '.github/zizmor.yml', ...files]),
  );
  check('the pull-request workflow of examples/flight-delay under act', act(), (tool) =>
    runUnderAct(tool, root, scratch),
  );
} finally {
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 });
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed === 0 ? 0 : 1);

/** A tool's path or why it is missing; what is asked of it answers whether all is well. */
function check(name, { tool, missing }, holds) {
  if (missing !== undefined) {
    console.log(`skipped: ${name} (${missing})`);
    count.skipped++;
    return;
  }
  const started = performance.now();
  const fine = holds(tool);
  console.log(`${fine ? 'ok    ' : 'FAILED'} ${name} (${Math.round(performance.now() - started) / 1000} s)`);
  count[fine ? 'passed' : 'failed']++;
}

/** Our own YAML: workflows, and actions as zizmor alone reads them. */
function shipped() {
  return [
    ...yamlIn('workflows'),
    ...yamlIn('.github/workflows'),
    ...yamlIn('actions', /[\\/]action\.yml$/),
    ...yamlIn('examples', /[\\/]\.github[\\/]workflows[\\/][^\\/]+\.yml$/),
  ];
}

/** The templates as a team has them after its first edit: with the pack's owner and a commit. */
function filledTemplates() {
  const team = path.join(scratch, 'team');
  cpSync(path.join(root, 'action-templates'), team, { recursive: true });
  const copies = yamlIn(path.relative(root, path.join(team, '.github/workflows')));
  for (const file of copies) {
    const text = readFileSync(path.join(root, file), 'utf8');
    writeFileSync(path.join(root, file), text.replaceAll('RELEASE_COMMIT', '0'.repeat(39).concat('1')));
  }
  return copies;
}

function yamlIn(folder, wanted = /\.ya?ml$/) {
  if (!existsSync(path.join(root, folder))) return [];
  return readdirSync(path.join(root, folder), { recursive: true })
    .map((file) => path.join(folder, file))
    .filter((file) => wanted.test(file) && !file.includes('node_modules'))
    .sort();
}

function goTool(name, source) {
  const folder = path.join(tools, source.slice(source.indexOf('@') + 1));
  const tool = path.join(folder, windows ? `${name}.exe` : name);
  if (existsSync(tool)) return { tool };
  if (spawnSync('go', ['version']).status !== 0) return { missing: 'Go is not here to install it' };
  console.log(`Installing ${source} …`);
  const env = { ...process.env, GOBIN: folder };
  return succeeds('go', ['install', source], env) ? { tool } : { missing: `go install ${source} failed` };
}

function zizmor() {
  const version = '1.32.0';
  const home = path.join(tools, `zizmor-${version}`);
  const bin = path.join(home, windows ? 'Scripts' : 'bin');
  const tool = path.join(bin, windows ? 'zizmor.exe' : 'zizmor');
  if (existsSync(tool)) return { tool };
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);
  if (python === undefined) return { missing: 'Python is not here to install it' };
  console.log(`Installing zizmor ${version} …`);
  const installed =
    succeeds(python, ['-m', 'venv', home]) &&
    succeeds(path.join(bin, windows ? 'python.exe' : 'python'), [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      `zizmor==${version}`,
    ]);
  return installed ? { tool } : { missing: `pip install zizmor==${version} failed` };
}

function act() {
  if (windows) return { missing: 'host mode of act runs on Linux and macOS' };
  return goTool('act', 'github.com/nektos/act@v0.2.89');
}

function succeeds(command, args, env = process.env) {
  return spawnSync(command, args, { cwd: root, env, stdio: 'inherit' }).status === 0;
}
