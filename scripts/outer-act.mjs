import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const PACK = 'greenlight/greenlight';
const MODEL = 'model-owner/flight-delay';
const CHECKOUT = 'actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8';
const WORKFLOW = '.github/workflows/model-pull-request.yml';
const TIME_LIMIT = 300_000;

/** What act needs of actions/checkout, whose code it can't fetch without a network. */
const CHECKOUT_STAND_IN = `
name: checkout
description: a stand-in of actions/checkout over Git repositories in a folder
inputs:
  repository: { description: owner/name, default: "\${{ github.repository }}" }
  ref: { description: a commit, default: "" }
  path: { description: where to, default: . }
  fetch-depth: { description: always all, default: "0" }
  persist-credentials: { description: there are none, default: "false" }
runs:
  using: composite
  steps:
    - shell: bash
      env:
        REPOSITORY: \${{ inputs.repository }}
        COMMIT: \${{ inputs.ref }}
        FOLDER: \${{ inputs.path }}
      run: |
        git init --quiet "$FOLDER"
        cd "$FOLDER"
        git remote add origin "$GIT_FOLDER/$REPOSITORY"
        git fetch --quiet origin
        git checkout --quiet --detach "\${COMMIT:-$GITHUB_SHA}"
`;

/**
 * Runs the example's pull-request workflow, from the template through the reusable workflow to the bundled actions, under nektos/act in host
 * mode. True where every job succeeded. act has no permissions, artifacts or `job.workflow_*`: the forge's own runner covers those, and the
 * last are filled in here. The folder must lie inside this checkout, so that jobs find its node_modules.
 */
export function runUnderAct(act, root, scratch) {
  run(process.execPath, [path.join(root, 'scripts', 'build.mjs'), '--if-stale']);
  const git = path.join(scratch, 'git');
  const pack = layPack(root, path.join(git, PACK));
  const model = layModel(root, path.join(git, MODEL), pack);
  const workflows = path.join(scratch, 'workflows');
  fill(path.join(root, WORKFLOW), path.join(workflows, WORKFLOW), {
    '${{ job.workflow_sha }}': pack,
    '${{ job.workflow_repository }}': PACK,
  });
  const checkout = path.join(scratch, 'checkout');
  write(path.join(checkout, 'action.yml'), CHECKOUT_STAND_IN);
  const event = path.join(scratch, 'event.json');
  write(
    event,
    JSON.stringify({
      number: 1,
      pull_request: { number: 1, base: { ref: 'main' }, head: { ref: 'change' } },
    }),
  );

  const args = [
    'pull_request',
    '-C',
    model,
    '-W',
    WORKFLOW,
    '-e',
    event,
    '-P',
    'ubuntu-latest=-self-hosted',
    '--pull=false',
  ];
  args.push('--no-cache-server', '--no-skip-checkout', '--action-cache-path', path.join(scratch, 'actions'));
  args.push(
    '--local-repository',
    `${PACK}@${pack}=${workflows}`,
    '--local-repository',
    `${CHECKOUT}=${checkout}`,
  );
  args.push(
    '--env',
    `GITHUB_REPOSITORY=${MODEL}`,
    '--env',
    `GIT_FOLDER=${git}`,
    '-s',
    'GITHUB_TOKEN=token-of-nobody',
  );
  // act hands its own environment to every step, and takes the first `node` that it finds.
  const env = {
    HOME: scratch,
    XDG_CONFIG_HOME: scratch,
    XDG_CACHE_HOME: scratch,
    LANG: 'C.UTF-8',
    PATH: [path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'].join(path.delimiter),
  };
  const { status, stdout, stderr } = spawnSync(act, args, {
    env,
    encoding: 'utf8',
    timeout: TIME_LIMIT,
    maxBuffer: 2 ** 28,
  });
  // A skipped job is no success: the job that judges must have said so itself.
  const judged = /\/judge\s*\] .*Job succeeded/.test(stdout);
  if (status === 0 && judged) return true;
  console.log(
    `act ended with ${status}${judged ? '' : ', and the job `judge` did not succeed'}\n${stdout.slice(-8000)}\n${stderr.slice(-2000)}`,
  );
  return false;
}

/** The pack as its release tag holds it, as a Git repository; its commit. */
function layPack(root, folder) {
  for (const part of ['actions', 'dist', '.github/workflows'])
    cpSync(path.join(root, part), path.join(folder, part), { recursive: true });
  return commit(folder, 'Release');
}

/** The example with its workflow on main, and on the branch `change` the lock of its first model. */
function layModel(root, folder, pack) {
  cpSync(path.join(root, 'examples', 'flight-delay'), folder, {
    recursive: true,
    filter: (source) => !/[\\/](node_modules|data|model|\.greenlight)$/.test(source),
  });
  fill(path.join(root, 'action-templates', WORKFLOW), path.join(folder, WORKFLOW), {
    'GREENLIGHT/greenlight': PACK,
    RELEASE_COMMIT: pack,
  });
  commit(folder, 'The model');
  run('git', ['-C', folder, 'checkout', '--quiet', '-b', 'change']);
  run(process.execPath, [path.join(root, 'dist', 'cli.js'), 'reproduce-training', '--write-lock'], folder);
  commit(folder, 'Lock the model');
  return folder;
}

function commit(folder, message) {
  const git = (...args) =>
    run('git', [
      '-C',
      folder,
      '-c',
      'user.name=model-owner',
      '-c',
      'user.email=model-owner@localhost',
      ...args,
    ]);
  git('init', '--quiet', '--initial-branch', 'main');
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
  return git('rev-parse', 'HEAD').trim();
}

function fill(from, to, values) {
  let text = readFileSync(from, 'utf8');
  for (const [placeholder, value] of Object.entries(values)) text = text.replaceAll(placeholder, value);
  write(to, text);
}

function write(file, text) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function run(command, args, cwd) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout;
}
