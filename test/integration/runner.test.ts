import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Clone, octokit, REPOSITORY, startForge, startRepository, type World } from '../forge/fixture.ts';
import { createRunner, type Runner } from '../forge/runner/runner.ts';
import type { JobRecord, NewRepository, RunRecord } from '../forge/types.ts';

const repo = { owner: 'model-owner', repo: 'flights' };
const CHECKOUT = 'actions/checkout@0123456789012345678901234567890123456789';

let world: World;
let runner: Runner;
let lines: string[];

beforeEach(async () => {
  world = await startForge();
  lines = [];
  runner = createRunner(world.forge, {
    workRoot: path.join(world.folder, 'work'),
    nodeBin: process.execPath,
    log: (line) => lines.push(line),
  });
});

afterEach(async () => {
  await runner.close();
  const { violations } = world.forge;
  const left = await readdir(path.join(world.folder, 'work')).catch(() => []);
  await world.close();
  expect(violations).toEqual([]);
  expect(left.filter((name) => name.startsWith('job-'))).toEqual([]);
});

/** Workflow files by their short name, under `.github/workflows`. */
function workflows(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, text]) => [`.github/workflows/${name}.yml`, text]),
  );
}

/** A repository whose main has these files, everything that its push started having ended. */
async function repository(
  files: Record<string, string>,
  options: Partial<NewRepository> = {},
): Promise<Clone> {
  const clone = await startRepository(world, files, options);
  await runner.idle();
  return clone;
}

function runs(name: string): readonly RunRecord[] {
  return runner.runs.filter((run) => run.name === name);
}

/** The jobs of the only run of a workflow, by name. */
function jobs(name: string): Record<string, JobRecord> {
  const [run, ...others] = runs(name);
  expect(others, `runs of ${name}`).toHaveLength(0);
  return Object.fromEntries(world.forge.runs.jobs(run?.id ?? 0).map((job) => [job.name, job]));
}

function conclusions(name: string): Record<string, string | null> {
  return Object.fromEntries(Object.entries(jobs(name)).map(([job, { conclusion }]) => [job, conclusion]));
}

function log(job: JobRecord | undefined): string {
  return (job?.steps ?? []).map((step) => step.log).join('\n');
}

describe('jobs', () => {
  test('hand on outputs, follow needs and if, and report what they did', async () => {
    await repository({
      'data.txt': 'flights\n',
      ...workflows({
        push: `name: push
on: { push: { branches: [main] } }
env: { LEVEL: workflow }
jobs:
  first:
    runs-on: ubuntu-latest
    env: { LEVEL: job }
    outputs: { digest: '\${{ steps.made.outputs.digest }}' }
    steps:
      - uses: ${CHECKOUT}
      - id: made
        run: |
          echo "digest=$(sha256sum < data.txt | cut -c1-8)" >> "$GITHUB_OUTPUT"
          echo "LATER=$LEVEL" >> "$GITHUB_ENV"
          echo '## Made' >> "$GITHUB_STEP_SUMMARY"
      - run: |
          test "$LATER" = job && test "$LEVEL" = step
          echo "::warning file=data.txt,line=3,title=Odd::look%0Ahere"
          git config user.name || echo "no identity"
          test "$(git rev-parse HEAD)" = "$GITHUB_SHA" && test "$(git branch --show-current)" = main
          node -p process.version
        env: { LEVEL: step }
      - { id: bad, run: exit 3, continue-on-error: true }
      - if: steps.bad.outcome == 'failure' && steps.bad.conclusion == 'success'
        run: jq -r .head_commit.message "$GITHUB_EVENT_PATH" || node -p 'JSON.parse(require("fs").readFileSync(process.env.GITHUB_EVENT_PATH)).head_commit.message'
  second:
    needs: first
    runs-on: ubuntu-latest
    strategy: { matrix: { airport: [LAS, SFO], include: [{ airport: LAS, extra: x }] } }
    steps:
      - run: echo "\${{ needs.first.outputs.digest }} \${{ matrix.airport }}\${{ matrix.extra }}"
      - run: exit \${{ matrix.airport == 'SFO' && 4 || 0 }}
  skipped: { needs: second, runs-on: ubuntu-latest, steps: [{ run: 'true' }] }
  after: { needs: second, if: failure(), runs-on: ubuntu-latest, steps: [{ run: 'echo \${{ needs.second.result }}' }] }
`,
      }),
    });
    expect(runner.stops).toEqual([]);
    expect(runs('push').map((run) => run.conclusion)).toEqual(['failure']);
    const { first, after, ...rest } = jobs('push');
    expect(log(first)).toMatch(/no identity\nv24\./);
    expect(log(first)).toContain('first');
    expect(first?.steps.map((step) => step.conclusion)).toEqual([
      'success',
      'success',
      'success',
      'success',
      'success',
    ]);
    expect(first?.steps[1]?.summary).toBe('## Made\n');
    expect(first?.annotations[0]).toEqual({
      level: 'warning',
      message: 'look\nhere',
      title: 'Odd',
      file: 'data.txt',
      line: 3,
    });
    expect(log(rest['second (LAS, x)'])).toBe('e148410d LASx\n');
    expect(rest['second (SFO)']?.conclusion).toBe('failure');
    expect(rest['second (SFO)']?.annotations.at(-1)?.message).toBe('Process completed with exit code 4.');
    expect(rest.skipped?.conclusion).toBe('skipped');
    expect(log(after)).toBe('failure');
  });

  test('see no secret in the log, and the token is gone when they have ended', async () => {
    await repository(
      workflows({
        push: `name: push
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "$KEY and $TOKEN and \${{ vars.PLACE }}"; echo "::add-mask::hidden-word"; echo hidden-word
          printf %s "$TOKEN" | rev > "$RUNNER_TOOL_CACHE/token"
        env: { KEY: '\${{ secrets.KEY }}', TOKEN: '\${{ github.token }}' }
  b:
    needs: a
    runs-on: ubuntu-latest
    steps:
      - run: |
          curl -s -o /dev/null -w '%{http_code}' -H "authorization: token $(rev < "$RUNNER_TOOL_CACHE/token")" "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY"
`,
      }),
      { secrets: { KEY: 'very-secret-key' }, variables: { PLACE: 'here' } },
    );
    const { a, b } = jobs('push');
    expect(log(a)).toBe('*** and *** and here\n***');
    expect(log(b)).toBe('401');
    expect(lines.join('\n')).not.toContain('very-secret-key');
  });

  test('hold exactly the permissions that they state', async () => {
    const ask = `curl -s -o /dev/null -w '%{http_code}' -X POST -H "authorization: token $TOKEN" -d '{"title":"t"}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"`;
    await repository(
      workflows({
        push: `name: push
on: push
permissions: { contents: read }
env: { TOKEN: '\${{ github.token }}' }
jobs:
  reads: { runs-on: ubuntu-latest, steps: [{ run: ${JSON.stringify(ask)} }] }
  writes: { permissions: { issues: write }, runs-on: ubuntu-latest, steps: [{ run: ${JSON.stringify(ask)} }] }
`,
      }),
    );
    expect(log(jobs('push').reads)).toBe('403');
    expect(log(jobs('push').writes)).toBe('201');
  });

  test('end when their time is up, and steps too', async () => {
    await repository(
      workflows({
        push: `name: push
on: push
jobs:
  job: { runs-on: ubuntu-latest, timeout-minutes: 0.01, steps: [{ run: sleep 60 }, { if: always(), run: 'echo \${{ job.status }}' }] }
  step: { runs-on: ubuntu-latest, steps: [{ run: sleep 60, timeout-minutes: 0.01 }, { if: failure(), run: echo late }] }
`,
      }),
    );
    expect(conclusions('push')).toEqual({ job: 'cancelled', step: 'failure' });
    expect(log(jobs('push').job)).toBe('\ncancelled');
    expect(log(jobs('push').step)).toBe('\nlate');
  });
});

describe('a reusable workflow of another repository', () => {
  const PACK = 'model-owner/pack';

  async function pack(): Promise<string> {
    await world.forge.createRepository({ name: PACK });
    const clone = await Clone.make(world, PACK, world.forge.token('model-owner'), 'pack');
    const sha = await clone.commit(
      {
        'actions/judge/action.yml': `name: judge
description: judges
inputs:
  model: { description: m, required: true }
  repository: { description: r, default: '\${{ github.repository }}' }
outputs: { verdict: { description: v } }
runs: { using: node24, main: ../../dist/judge.js }
`,
        'dist/judge.js': `const fs = require('node:fs'); const e = process.env;
fs.appendFileSync(e.GITHUB_OUTPUT, 'verdict=pass ' + e.INPUT_MODEL + '\\n');
console.log(e.INPUT_REPOSITORY, process.version.split('.')[0], typeof e.ACTIONS_RUNTIME_TOKEN);`,
        ...workflows({
          judge: `name: judge
on:
  workflow_call:
    inputs: { model: { type: string, required: true }, strict: { type: boolean, default: true } }
    secrets: { KEY: { required: true } }
    outputs: { verdict: { value: '\${{ jobs.judge.outputs.verdict }}' } }
permissions: { contents: read }
jobs:
  judge:
    runs-on: ubuntu-latest
    outputs: { verdict: '\${{ steps.judge.outputs.verdict }}' }
    steps:
      - run: test -n "\${{ job.workflow_sha }}" && test "\${{ inputs.strict }}" = true && test -n "$KEY"
        env: { KEY: '\${{ secrets.KEY }}' }
      - uses: ${CHECKOUT}
      - uses: ${CHECKOUT}
        with: { repository: '\${{ job.workflow_repository }}', ref: '\${{ job.workflow_sha }}', path: .greenlight/pack, persist-credentials: false }
      - id: judge
        uses: ./.greenlight/pack/actions/judge
        with: { model: '\${{ inputs.model }}' }
      - uses: ${PACK}/actions/judge@v1
        with: { model: other }
`,
        }),
      },
      'pack',
    );
    await clone.push('main');
    await clone.git('tag', 'v1');
    await clone.tryPush('refs/tags/v1');
    return sha;
  }

  const caller = (uses: string, permissions = '{ contents: read }') => `name: caller
on: push
permissions: ${permissions}
jobs:
  call: { uses: ${uses}, with: { model: flight-delay }, secrets: { KEY: '\${{ secrets.KEY }}' } }
  after: { needs: call, runs-on: ubuntu-latest, steps: [{ run: 'echo "\${{ needs.call.outputs.verdict }}"' }] }
`;

  test('finds its own pack at its own sha, and gives back outputs', async () => {
    const sha = await pack();
    const file = caller(`${PACK}/.github/workflows/judge.yml@${sha}`);
    await repository(workflows({ caller: file }), { secrets: { KEY: 'a-key-1' } });
    expect(runner.stops).toEqual([]);
    expect(conclusions('caller')).toEqual({ 'call / judge': 'success', after: 'success' });
    expect(log(jobs('caller')['call / judge'])).toContain(`${REPOSITORY} v24 string`);
    expect(log(jobs('caller').after)).toBe('pass flight-delay');
  });

  test('cannot raise its permissions above its caller', async () => {
    await pack();
    await repository(
      workflows({ caller: caller(`${PACK}/.github/workflows/judge.yml@v1`, '{ issues: write }') }),
      {
        secrets: { KEY: 'a-key-1' },
      },
    );
    expect(runner.stops.join()).toContain("'contents: read', but is only allowed 'contents: none'");
    expect(conclusions('caller').after).toBe('skipped');
  });
});

describe('what starts a run', () => {
  test("nothing that a job's token does, but a dispatch", async () => {
    await repository(
      workflows({
        push: `name: push
on: { push: { branches: [main] } }
permissions: { contents: write, actions: write }
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: ${CHECKOUT}
      - run: |
          git -c user.name=bot -c user.email=bot@example.test commit -q --allow-empty -m made && git push -q origin HEAD
          curl -sf -X POST -H "authorization: token \${{ github.token }}" -d '{"ref":"main","inputs":{"dry":"true"}}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/actions/workflows/roll-out.yml/dispatches"
`,
        'roll-out': `name: roll-out
on: { workflow_dispatch: { inputs: { dry: { type: boolean, default: false } } }, push: { branches: [other] } }
jobs:
  a: { if: inputs.dry == true, runs-on: ubuntu-latest, steps: [{ uses: ${CHECKOUT} }, { run: 'git log -1 --format=%s; echo $GITHUB_ACTOR' }] }
`,
      }),
    );
    expect(runner.stops).toEqual([]);
    expect(runs('push')).toHaveLength(1);
    expect(log(jobs('roll-out').a)).toMatch(/\nmade\ngithub-actions\[bot\]$/);
  });

  test("a job's pull request waits for a person's approval", async () => {
    const owner = await repository(
      workflows({
        pull: `name: pull
on: pull_request
jobs:
  check: { runs-on: ubuntu-latest, steps: [{ uses: ${CHECKOUT} }, { run: 'cat new.txt; echo $GITHUB_REF $GITHUB_HEAD_REF' }] }
`,
      }),
      { actionsMayCreatePullRequests: true },
    );
    await owner.branch('bot', { 'new.txt': 'new\n' });
    const bot = octokit(world.forge, world.forge.jobToken(REPOSITORY, { 'pull-requests': 'write' }));
    await bot.rest.pulls.create({ ...repo, head: 'bot', base: 'main', title: 'Retrain' });
    await runner.idle();
    expect(runs('pull').map((run) => run.status)).toEqual(['action_required']);
    const person = octokit(world.forge, world.forge.token('data-scientist'));
    await person.rest.actions.approveWorkflowRun({ ...repo, run_id: runs('pull')[0]?.id ?? 0 });
    await runner.idle();
    expect(runs('pull')[0]).toMatchObject({ conclusion: 'success', title: 'Retrain', pullRequests: [1] });
    expect(log(jobs('pull').check)).toMatch(/\nnew\nrefs\/pull\/1\/merge bot$/);
    const checks = await person.rest.checks.listForRef({ ...repo, ref: 'bot' });
    expect(checks.data.check_runs.map((check) => [check.name, check.conclusion])).toEqual([
      ['check', 'success'],
    ]);
  });

  test("a fork's pull request runs without secrets and reads alone", async () => {
    await repository(
      workflows({
        pull: `name: pull
on: pull_request
permissions: { contents: read, issues: write }
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "key=$KEY"
          curl -s -o /dev/null -w '%{http_code}' -X POST -H "authorization: token \${{ github.token }}" -d '{"title":"t"}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues"
        env: { KEY: '\${{ secrets.KEY }}' }
`,
      }),
      { secrets: { KEY: 'a-key-1' } },
    );
    await world.forge.fork(REPOSITORY, 'outsider');
    const fork = await Clone.make(world, 'outsider/flights', world.forge.token('outsider'), 'fork');
    await fork.branch('change', { 'a.txt': 'a\n' });
    const api = octokit(world.forge, world.forge.token('outsider'));
    await api.rest.pulls.create({ ...repo, head: 'outsider:change', base: 'main', title: 'From outside' });
    await runner.idle();
    expect(runs('pull')[0]).toMatchObject({ headRepository: 'outsider/flights', pullRequests: [] });
    expect(log(jobs('pull').check)).toBe('key=\n403');
  });

  test('a workflow run that has ended, by the workflows of the default branch', async () => {
    const owner = await repository(
      workflows({
        check:
          'name: check\non: { push: { branches: [feature] } }\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: exit 1 }] } }\n',
        report: `name: report
on: { workflow_run: { workflows: [check], types: [completed] } }
jobs:
  a:
    runs-on: ubuntu-latest
    steps: [{ run: 'echo \${{ github.event.workflow_run.conclusion }} \${{ github.event.workflow_run.head_branch }} $GITHUB_REF \${{ github.event.workflow_run.head_sha }} $GITHUB_SHA' }]
`,
      }),
    );
    const main = await owner.git('rev-parse', 'HEAD');
    const head = await owner.branch('feature', { 'a.txt': 'a\n' });
    await runner.idle();
    expect(log(jobs('report').a)).toBe(`failure feature refs/heads/main ${head} ${main}`);
  });

  test('the latest of the times that a schedule has missed', async () => {
    await repository(
      workflows({
        nightly: `name: nightly
on: { schedule: [{ cron: '30 2 * * *' }] }
jobs: { a: { runs-on: ubuntu-latest, steps: [{ run: 'echo \${{ github.event.schedule }}' }] } }
`,
      }),
    );
    await runner.tick();
    expect(runs('nightly')).toHaveLength(0);
    world.forge.clock.advance(3 * 86_400_000);
    await runner.tick();
    await runner.tick();
    await runner.idle();
    expect(log(jobs('nightly').a)).toBe('30 2 * * *');
  });

  test('what the runner does not know stops the run, and says where', async () => {
    await repository(
      workflows({
        known: 'name: known\non: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: "true" }] } }\n',
        odd: 'name: odd\non: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    services: { db: { image: x } }\n    steps: [{ run: "true" }]\n',
        machine:
          'name: machine\non: push\njobs: { a: { runs-on: windows-latest, steps: [{ run: "true" }] } }\n',
        hash: 'name: hash\non: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: "echo ${{ hashFiles(\'x\') }}" }] } }\n',
        foreign:
          'name: foreign\non: push\njobs: { a: { runs-on: ubuntu-latest, steps: [{ uses: other/action@v1 }] } }\n',
      }),
    );
    expect(runs('known')[0]?.conclusion).toBe('success');
    const odd = runs('.github/workflows/odd.yml')[0];
    expect(odd?.conclusion).toBe('startup_failure');
    expect(world.forge.runs.jobs(odd?.id ?? 0)[0]?.annotations[0]).toEqual({
      level: 'failure',
      message: "the runner does not know 'services' of job 'a'",
      file: '.github/workflows/odd.yml',
      line: 6,
    });
    for (const name of ['machine', 'hash', 'foreign'])
      expect(runs(name)[0]?.conclusion, name).toBe('failure');
    expect(runner.stops).toHaveLength(4);
  });
});

describe('runs that meet', () => {
  const slow = `name: slow
on: { push: { branches: ['b*'] } }
concurrency: { group: one }
jobs: { a: { runs-on: ubuntu-latest, steps: [{ run: 'while [ ! -e "$RUNNER_TOOL_CACHE/go" ]; do sleep 0.05; done' }] } }
`;

  test('take turns in a concurrency group: the newest waiter takes the place of the one before', async () => {
    const owner = await repository(
      workflows({
        slow,
        go: 'name: go\non: workflow_dispatch\njobs: { a: { runs-on: ubuntu-latest, steps: [{ run: touch "$RUNNER_TOOL_CACHE/go" }] } }\n',
      }),
    );
    for (const name of ['b1', 'b2', 'b3']) await owner.branch(name, { [name]: name });
    await octokit(world.forge, world.forge.token('model-owner')).rest.actions.createWorkflowDispatch({
      ...repo,
      workflow_id: 'go.yml',
      ref: 'main',
    });
    await runner.idle();
    expect(runs('slow').map((run) => [run.headBranch, run.conclusion])).toEqual([
      ['b1', 'success'],
      ['b2', 'cancelled'],
      ['b3', 'success'],
    ]);
  });

  test('are cancelled half-way: the processes end, and always() still runs', async () => {
    let begun: () => void = () => {};
    const started = new Promise<void>((resolve) => {
      begun = resolve;
    });
    await runner.close();
    runner = createRunner(world.forge, {
      workRoot: path.join(world.folder, 'work'),
      nodeBin: process.execPath,
      log: (line) => line.endsWith('begun') && begun(),
    });
    await startRepository(
      world,
      workflows({
        push: `name: push
on: push
jobs:
  a: { runs-on: ubuntu-latest, steps: [{ run: 'echo begun; sleep 300 & wait' }, { run: echo never }, { if: always(), run: echo tidy }] }
  b: { needs: a, runs-on: ubuntu-latest, steps: [{ run: 'true' }] }
  c: { needs: a, if: always(), runs-on: ubuntu-latest, steps: [{ run: 'echo \${{ needs.a.result }}' }] }
`,
      }),
    );
    await started;
    await runner.cancel(runner.runs[0]?.id ?? 0);
    expect(runs('push')[0]?.conclusion).toBe('cancelled');
    expect(conclusions('push')).toEqual({ a: 'cancelled', b: 'skipped', c: 'success' });
    expect(jobs('push').a?.steps.map((step) => step.conclusion)).toEqual(['cancelled', 'skipped', 'success']);
    expect(log(jobs('push').c)).toBe('cancelled');
  });
});
