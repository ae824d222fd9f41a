import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import openDeployment from '../../actions/open-deployment/main.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { REPOSITORY } from '../forge/fixture.ts';
import type { Fault } from '../forge/types.ts';
import { branchOf, MODEL, manifest, owner, repo, Stage } from './open-deployment-support.ts';

// What is tested is the action's own way on after a failure, not the client's patience.
vi.mock('@octokit/plugin-retry', () => ({ retry: () => ({}) }));

// Most tests are whole stories of several runs.
vi.setConfig({ testTimeout: 90_000 });

const PRODUCTION = branchOf('production');
const STAGING = branchOf('staging');

let stage: Stage;

beforeEach(async () => {
  stage = await Stage.start();
});

afterEach(async () => {
  expect(stage.world.forge.violations).toEqual([]);
  await stage.world.close();
});

/** A release that is live in staging and has soaked: production's turn. */
async function soaked(model = 'one', more: object = {}): Promise<string> {
  const digest = await stage.release({ model, ...more });
  await stage.live('staging', digest);
  await declare('staging', digest);
  stage.pass(2);
  return digest;
}

/** A release that is live in production and main's word. */
async function inProduction(digest: string): Promise<void> {
  await declare('production', digest);
  await stage.live('production', digest);
}

async function declare(environment: string, digest: string): Promise<void> {
  await stage.update();
  const text = `schema: greenlight.deployment/v1
model: ${MODEL}
environment: ${environment}
digest: sha256:${digest}
release: ${MODEL}-${digest.slice(0, 12)}
canary: [100]
min_requests: 1
`;
  await stage.clone.commit({ [`deploy/${environment}/${MODEL}.yaml`]: text }, `${environment} ${digest}`);
  await stage.clone.push('main');
}

async function commit(files: Record<string, string>): Promise<void> {
  await stage.update();
  await stage.clone.commit(files, 'a change');
  await stage.clone.push('main');
}

/** A run in which something happens right after its first such call. */
async function runInterrupted(
  method: string,
  path: string,
  meanwhile: () => Promise<unknown>,
): Promise<Outcome> {
  let happened = false;
  const host: Host = {
    ...stage.host,
    github: async (token) => {
      const github = await stage.host.github(token);
      github.octokit.hook.after('request', async (_, call) => {
        if (happened || call.method !== method || !call.url.includes(path)) return;
        happened = true;
        await meanwhile();
      });
      return github;
    },
  };
  const outcome = await openDeployment.run({ model: undefined, token: stage.token }, host);
  expect(happened).toBe(true);
  return outcome;
}

function close(number: number): Promise<unknown> {
  return stage.as('risk-reviewer').pulls.update({ owner, repo, pull_number: number, state: 'closed' });
}

describe('one pull request', () => {
  it('is merged where the workflow may, opened where a person decides, and written once', async () => {
    const digest = await stage.release({ model: 'one' });
    expect(await stage.run()).toMatchObject({
      verdict: 'pass',
      subjects: [{ sha256: digest }],
      outputs: { 'pull-requests': '{"staging":1}', merged: 'staging' },
    });
    expect(await stage.declared('staging')).toBe(digest);
    expect(stage.writes().at(-1)).toBe('POST /actions/workflows/model-roll-out.yml/dispatches');

    await stage.live('staging', digest);
    expect(await stage.sentence('production')).toContain('soaks in staging for 60 minutes more');
    stage.pass(2);
    expect((await stage.run()).outputs).toMatchObject({ 'pull-requests': '{"production":2}', merged: '' });
    const [pull] = await stage.pulls('production');
    expect(pull).toMatchObject({
      number: 2,
      state: 'open',
      title: `Deploy toy ${digest.slice(0, 12)} to production`,
    });
    expect(pull?.requested_reviewers?.map((user) => user.login)).toEqual(['risk-reviewer', 'ops-reviewer']);
    expect(await stage.declared('production', PRODUCTION)).toBe(digest);

    const writes = stage.writes().length;
    expect(await stage.sentence('production')).toContain('#2 offers');
    stage.pass(24);
    await stage.run();
    expect(stage.writes().slice(writes)).toEqual([]);
  });

  it('as the bundle writes nothing the second time either', async () => {
    const digest = await soaked();
    expect(await stage.start().ended).toMatchObject({ code: 0 });
    expect(await stage.declared('production', PRODUCTION)).toBe(digest);
    const writes = stage.writes().length;
    const requests = stage.world.forge.requests.length;
    const again = await stage.start().ended;
    expect(again.code).toBe(0);
    expect(again.output).toContain('(unchanged)');
    expect(stage.world.forge.requests.length).toBeGreaterThan(requests);
    expect(stage.writes().slice(writes)).toEqual([]);
  });

  it('is there after a run that was killed between the branch and the pull request', async () => {
    const digest = await soaked();
    const { child, ended } = stage.start();
    stage.world.forge.on(({ name, ref }) => {
      if (name === 'create' && ref === `refs/heads/${PRODUCTION}`) child.kill('SIGKILL');
    });
    expect((await ended).code).toBe(137);
    expect(await stage.declared('production', PRODUCTION)).toBe(digest);
    expect(await stage.pulls()).toEqual([]);
    const head = await stage.head(PRODUCTION);
    expect(await stage.start().ended).toMatchObject({ code: 0 });
    expect(await stage.pulls()).toMatchObject([{ state: 'open', head: { sha: head } }]);
  });

  it('is one where two runs start at once, and neither fails', async () => {
    await soaked();
    const ended = await Promise.all([stage.start().ended, stage.start().ended, stage.start().ended]);
    expect(ended.map(({ code, output }) => (code === 0 ? 0 : output))).toEqual([0, 0, 0]);
    expect(await stage.pulls()).toMatchObject([{ state: 'open' }]);
  });

  it('comes about in the same run where answers of the server get lost', async () => {
    await soaked();
    for (const path of [/git\/refs/, /\/pulls$/])
      stage.world.forge.inject({ match: { method: 'POST', path }, answer: { status: 502, after: 'effect' } });
    const { code, output } = await stage.start().ended;
    expect(code === 0 ? '' : output).toBe('');
    expect(await stage.pulls()).toMatchObject([{ state: 'open', requested_reviewers: [{}, {}] }]);
  });

  it('is merged once where two runs merge at once', async () => {
    const digest = await stage.release({ model: 'one' });
    const ended = await Promise.all([stage.run(), stage.run(), stage.run()]);
    expect(ended.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass']);
    expect(ended.filter(({ outputs }) => outputs?.['merged'] === 'staging')).toHaveLength(1);
    expect(await stage.declared('staging')).toBe(digest);
    await stage.run();
    expect((await stage.pulls()).filter(({ state }) => state === 'open')).toEqual([]);
  });

  it('is not opened again where another run merges it while main is being read', async () => {
    await stage.release({ model: 'one' });
    await runInterrupted('GET', '/branches/', () => stage.run());
    expect(await stage.pulls()).toMatchObject([{ number: 1, state: 'closed' }]);
  });

  const writes: [string, Fault['match']][] = [
    ['the tree', { method: 'POST', path: /git\/trees/ }],
    ['the commit', { method: 'POST', path: /git\/commits/ }],
    ['the branch', { method: 'POST', path: /git\/refs/ }],
    ['the pull request', { method: 'POST', path: /\/pulls$/ }],
    ['the request for reviews', { method: 'POST', path: /requested_reviewers/ }],
  ];
  const faults = writes.flatMap(([what, match]) =>
    (['before', 'effect'] as const).map((after) => [what, after, match] as const),
  );
  it.each(faults)('comes about after a 502 at %s (%s)', async (what, after, match) => {
    const digest = await soaked();
    stage.world.forge.inject({ match, answer: { status: 502, after } });
    // A request for reviews is a courtesy: its failure is a warning.
    if (what === 'the request for reviews') await stage.run();
    else await expect(stage.run()).rejects.toMatchObject({ code: 'github/http-502' });
    await stage.run();
    const [pull, ...more] = await stage.pulls();
    expect(more).toEqual([]);
    expect(pull?.requested_reviewers).toHaveLength(2);
    expect(await stage.declared('production', pull?.head.sha)).toBe(digest);
    const before = stage.writes().length;
    await stage.run();
    expect(stage.writes().slice(before)).toEqual([]);
  });

  it.each(['before', 'effect'] as const)('is updated after a 502 at each write (%s)', async (after) => {
    await soaked('one');
    await stage.run();
    const two = await soaked('two');
    for (const match of [
      { method: 'PATCH', path: /git\/refs/ },
      { method: 'PATCH', path: /pulls\/\d+$/ },
    ]) {
      stage.world.forge.inject({ match, answer: { status: 502, after } });
      await expect(stage.run()).rejects.toMatchObject({ code: 'github/http-502' });
    }
    await stage.run();
    expect(await stage.pulls()).toMatchObject([
      { number: 1, state: 'open', title: expect.stringContaining(two.slice(0, 12)) },
    ]);
    expect(await stage.declared('production', PRODUCTION)).toBe(two);
  });

  it('tells of a dispatch that failed after the merge, and does not merge again', async () => {
    const digest = await stage.release({ model: 'one' });
    stage.world.forge.inject({ match: { path: /dispatches/ }, answer: { status: 502 } });
    await expect(stage.run()).rejects.toMatchObject({ message: expect.stringContaining('model-roll-out') });
    expect(await stage.declared('staging')).toBe(digest);
    const before = stage.writes().length;
    expect(await stage.sentence('staging')).toContain('roll-out brings it');
    expect(stage.writes().slice(before)).toEqual([]);
  });
});

describe("a person's commit on the branch", () => {
  it('is left alone, also by the next release', async () => {
    const one = await soaked('one');
    await stage.run();
    const mine = await stage.personCommits(PRODUCTION);
    await soaked('two');
    const before = stage.writes().length;
    expect(await stage.sentence('production')).toContain(`is left alone, and offers ${one.slice(0, 12)}`);
    expect(stage.writes().slice(before)).toEqual([]);
    expect(await stage.head(PRODUCTION)).toBe(mine);
  });

  it('is not lost where it comes while the branch is being updated', async () => {
    await soaked('one');
    await stage.run();
    await soaked('two');
    let mine: string | undefined;
    const outcome = await runInterrupted('POST', '/git/commits', async () => {
      mine = await stage.personCommits(PRODUCTION);
    });
    expect(mine).toBeDefined();
    expect(await stage.head(PRODUCTION)).toBe(mine);
    expect(JSON.stringify(outcome.findings)).toContain('is left alone');
  });

  it('is not pushed over where there is no pull request', async () => {
    await stage.clone.git('checkout', '-q', '-b', 'mine');
    const mine = await stage.clone.commit({ 'mine.txt': 'mine' }, 'mine');
    await stage.clone.push(PRODUCTION);
    await soaked();
    await expect(stage.run()).rejects.toMatchObject({
      code: 'github/branch-taken',
      mend: expect.stringContaining('open a pull request from it'),
    });
    expect(await stage.head(PRODUCTION)).toBe(mine);
  });
});

describe('reviewers', () => {
  it.each<[string, string, RegExp]>([
    ['teams', 'reviewers: ["@model-owner/risk"]', /team @model-owner\/risk reviews production/],
    ['unknown', 'reviewers: ["@risk-reviever"]', /@risk-reviever is unknown to GitHub or may not write/],
    ['without the right to write', 'reviewers: ["@outsider"]', /@outsider is unknown to GitHub or may not/],
    ['nobody', '', /names no reviewers/],
  ])('that are %s are refused before anything is written', async (_, reviewers, message) => {
    await commit({ 'greenlight.yaml': manifest({ reviewers }) });
    await stage.release({ model: 'one' });
    const before = stage.writes().length;
    await expect(stage.run()).rejects.toMatchObject({
      message: expect.stringMatching(message),
      place: { file: 'greenlight.yaml', line: expect.any(Number) },
      mend: expect.any(String),
    });
    expect(stage.writes().slice(before)).toEqual([]);
  });

  it('of whom one is unknown are a warning, here and in the pull request', async () => {
    await commit({
      'greenlight.yaml': manifest({ reviewers: 'reviewers: ["@risk-reviewer", "@risk-reviever"]' }),
    });
    await soaked();
    const outcome = await stage.run();
    expect(outcome.annotations).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining('@risk-reviever'),
        place: { line: 12, column: 39 },
      },
    ]);
    const [pull] = await stage.pulls();
    expect(pull?.body).toContain('risk-reviever is a reviewer here, but unknown to GitHub');
    expect(pull?.requested_reviewers).toMatchObject([{ login: 'risk-reviewer' }]);
  });
});

describe('an environment where the workflow merges', () => {
  /** Main asks for something, with the runs of the next hours. */
  async function waits(sentence: string): Promise<void> {
    for (const _ of [1, 2]) {
      expect(await stage.sentence('staging')).toContain(sentence);
      stage.pass(1);
    }
    expect(await stage.pulls()).toMatchObject([{ state: 'open' }]);
    expect(stage.writes().filter((write) => write.includes('/merge'))).toEqual([]);
  }

  const rule = (rules: object[]) =>
    stage.as('model-owner').repos.createRepoRuleset({
      owner,
      repo,
      name: 'main',
      target: 'branch',
      enforcement: 'active',
      conditions: { ref_name: { include: ['~DEFAULT_BRANCH'], exclude: [] } },
      rules: rules as never,
    });

  it('waits without a write for a review that main asks for', async () => {
    const digest = await stage.release({ model: 'one' });
    const { data } = await rule([
      {
        type: 'pull_request',
        parameters: {
          required_approving_review_count: 1,
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_review_thread_resolution: false,
        },
      },
    ]);
    await waits("#1 waits: main's rules ask for a review or a check");
    const before = stage.writes().length;
    await stage.run();
    expect(stage.writes().slice(before)).toEqual([]);
    await stage.as('model-owner').repos.deleteRepoRuleset({ owner, repo, ruleset_id: data.id });
    expect((await stage.run()).outputs).toMatchObject({ merged: 'staging' });
    expect(await stage.declared('staging')).toBe(digest);
  });

  const checked = (strict: boolean) =>
    rule([
      {
        type: 'required_status_checks',
        parameters: {
          required_status_checks: [{ context: 'test' }],
          strict_required_status_checks_policy: strict,
        },
      },
    ]);

  const passTest = async () =>
    stage.as('data-scientist').repos.createCommitStatus({
      owner,
      repo,
      sha: await stage.head(STAGING),
      state: 'success',
      context: 'test',
    });

  it('waits for a check that fails', async () => {
    await stage.release({ model: 'one' });
    await checked(false);
    await waits('a check that it does not have');
    await passTest();
    expect((await stage.run()).outputs).toMatchObject({ merged: 'staging' });
  });

  it('is written again, and merged, where main has another content in the same place', async () => {
    const one = await stage.release({ model: 'one' });
    const { data } = await checked(false);
    await stage.run();
    await stage.as('model-owner').repos.deleteRepoRuleset({ owner, repo, ruleset_id: data.id });
    await declare('staging', 'f'.repeat(64));
    expect(await stage.sentence('staging')).toContain('#1 was merged by the workflow');
    expect(await stage.declared('staging')).toBe(one);
  });

  /** A pull request with all checks, which main has left behind. */
  async function behind(): Promise<void> {
    await stage.release({ model: 'one' });
    await stage.run();
    await passTest();
    await commit({ 'note.txt': 'main has moved' });
  }

  it('has its branch brought up to date where main asks for that, and stays the workflow’s', async () => {
    await checked(true);
    await behind();
    expect(await stage.sentence('staging')).toContain('it is being updated, and merged once');
    const before = stage.writes().length;
    expect(await stage.sentence('staging')).toContain('a check that it does not have');
    expect(stage.writes().slice(before)).toEqual([]);
    await passTest();
    expect((await stage.run()).outputs).toMatchObject({ merged: 'staging' });
  });

  it('says why its branch could not be brought up to date, and where a person’s commit leads', async () => {
    await checked(true);
    await behind();
    const body = { message: 'refusing to allow it without `workflows` permission', documentation_url: '' };
    stage.world.forge.inject({ match: { path: /update-branch$/ }, answer: { status: 403, body } });
    const sentence = await stage.sentence('staging');
    expect(sentence).toContain('could not be updated (refusing to allow it without `workflows` permission)');
    expect(sentence).toContain('whoever presses “Update branch” merges it too');
    await stage.personCommits(STAGING);
    expect(await stage.sentence('staging')).toContain('; a person merges it, or closes it');
  });

  it("gives GitHub's reason against a merge that its state allows", async () => {
    await stage.release({ model: 'one' });
    const { data } = await rule([
      {
        type: 'pull_request',
        parameters: {
          allowed_merge_methods: ['merge'],
          required_approving_review_count: 0,
          dismiss_stale_reviews_on_push: false,
          require_code_owner_review: false,
          require_last_push_approval: false,
          required_review_thread_resolution: false,
        },
      },
    ]);
    expect(await stage.sentence('staging')).toBe(
      '#1 waits: Repository rule violations found Merge method squash is not allowed.',
    );
    await stage.as('model-owner').repos.deleteRepoRuleset({ owner, repo, ruleset_id: data.id });
    await stage.as('model-owner').repos.update({ owner, repo, allow_squash_merge: false });
    expect((await stage.run()).outputs).toMatchObject({ merged: 'staging' });
  });

  it('looks again at a head that moved before the merge', async () => {
    await stage.release({ model: 'one' });
    const body = { message: 'Head branch was modified. Review and try the merge again.' };
    stage.world.forge.inject({ match: { path: /\/merge$/ }, answer: { status: 409, body } });
    expect(await stage.sentence('staging')).toContain('changed while it was looked at');
    expect((await stage.run()).outputs).toMatchObject({ merged: 'staging' });
  });
});

describe('what is not offered any more', () => {
  it('is closed with its reason, once, where staging rolled it back, and offered again where that is overridden', async () => {
    const one = await soaked('one');
    await inProduction(one);
    const two = await soaked('two');
    await stage.run();
    await stage.record('staging', { kind: 'rollback', digest: two, restored: one, reason: 'worse' });
    expect(await stage.sentence('production')).toBe(
      `#1 was closed: ${two.slice(0, 12)} was rejected or rolled back in staging`,
    );
    expect(await stage.pulls('production')).toMatchObject([{ number: 1, state: 'closed' }]);
    expect(await stage.comments(1)).toEqual([
      expect.stringContaining(`Closed: ${two.slice(0, 12)} was rejected or rolled back in staging.`),
    ]);
    stage.pass(2);
    const before = stage.writes().length;
    expect(await stage.sentence('production')).toBe(`${one.slice(0, 12)} is live in production`);
    expect(stage.writes().slice(before)).toEqual([]);

    await stage.record('staging', { kind: 'override', digest: two });
    await stage.live('staging', two);
    stage.pass(2);
    expect(await stage.sentence('production')).toContain('#2 offers');
    expect(await stage.declared('production', PRODUCTION)).toBe(two);
  });

  it('tells the reason once where the closing failed half-way', async () => {
    const one = await soaked('one');
    await inProduction(one);
    const two = await soaked('two');
    await stage.run();
    await stage.record('staging', { kind: 'rollback', digest: two, restored: one });
    const patch = { method: 'PATCH', path: /pulls\/1$/ };
    stage.world.forge.inject({ match: patch, answer: { status: 502 } });
    await expect(stage.run()).rejects.toMatchObject({ code: 'github/http-502' });
    await stage.run();
    expect(await stage.comments(1)).toHaveLength(1);
    expect(await stage.pulls()).toMatchObject([{ state: 'closed' }]);
  });

  it('gives way to what staging went back to, where that is newer than production', async () => {
    const zero = await soaked('zero');
    await inProduction(zero);
    const one = await soaked('one');
    const two = await soaked('two');
    await stage.run();
    expect(await stage.declared('production', PRODUCTION)).toBe(two);
    await stage.record('staging', { kind: 'rollback', digest: two, restored: one });
    stage.pass(2);
    expect(await stage.sentence('production')).toContain('(updated)');
    expect(await stage.pulls('production')).toMatchObject([
      { number: 1, state: 'open', title: expect.stringContaining(one.slice(0, 12)) },
    ]);
    expect(await stage.declared('production', PRODUCTION)).toBe(one);
  });

  it('is what staging went back to, where production runs the newer one', async () => {
    const one = await soaked('one');
    const two = await soaked('two');
    await inProduction(two);
    await stage.record('staging', { kind: 'rollback', digest: two, restored: one });
    stage.pass(2);
    expect(await stage.sentence('production')).toContain(
      `${one.slice(0, 12)} is older than ${two.slice(0, 12)}, which is live in production`,
    );
    expect(await stage.pulls()).toEqual([]);
  });

  it('stands while a newer release soaks, and is then superseded in place', async () => {
    const one = await soaked('one');
    await stage.run();
    const two = await stage.release({ model: 'two' });
    await stage.live('staging', two);
    await declare('staging', two);
    expect(await stage.run()).toMatchObject({ outputs: { 'pull-requests': '{"production":1}' } });
    expect(await stage.declared('production', PRODUCTION)).toBe(one);
    stage.pass(2);
    await stage.as('risk-reviewer').pulls.createReview({ owner, repo, pull_number: 1, event: 'APPROVE' });
    await stage.as('ops-reviewer').pulls.createReview({ owner, repo, pull_number: 1, event: 'APPROVE' });
    await stage.run();
    expect(await stage.declared('production', PRODUCTION)).toBe(two);
    const pulls = await stage.pulls();
    expect(pulls).toMatchObject([{ number: 1, state: 'open' }]);
    // Their approval was of another digest.
    expect(pulls[0]?.requested_reviewers).toHaveLength(2);
  });

  it('is what a person closed, whatever its plan; a newer release is, and the old one stays refused', async () => {
    const one = await soaked('one');
    await stage.run();
    await close(1);
    await commit({ 'greenlight.yaml': manifest().replace('[5, 50, 100]', '[10, 100]') });
    const before = stage.writes().length;
    expect(await stage.sentence('production')).toContain('a person closed #1');
    expect(stage.writes().slice(before)).toEqual([]);

    const two = await soaked('two');
    await stage.run();
    expect(await stage.pulls()).toMatchObject([
      { number: 1, state: 'closed' },
      { number: 2, state: 'open', title: expect.stringContaining(two.slice(0, 12)) },
    ]);
    await stage.record('staging', { kind: 'rollback', digest: two, restored: one });
    stage.pass(2);
    expect(await stage.sentence('production')).toContain('#2 was closed');
    expect(await stage.sentence('production')).toContain('a person closed #1');
  });

  it('is what the lock of an older checkout names', async () => {
    await stage.release({ model: 'one' });
    await stage.run();
    const old = await stage.clone.git('rev-parse', 'HEAD');
    const two = await stage.release({ model: 'two' });
    await stage.run();
    expect(await stage.declared('staging')).toBe(two);
    await stage.clone.git('checkout', '-q', old);
    const before = stage.writes().length;
    await stage.run();
    expect(stage.writes().slice(before)).toEqual([]);
    expect(await stage.declared('staging')).toBe(two);
  });

  it('is read from a lock that is too long for one answer, too', async () => {
    const digest = await stage.release({ model: 'one' });
    const { data } = await stage
      .as('model-owner')
      .repos.getContent({ owner, repo, path: 'greenlight.lock', ref: 'main' });
    stage.world.forge.inject({
      match: { path: /contents\/greenlight\.lock/ },
      answer: { status: 200, body: { ...data, encoding: 'none', content: '' } },
    });
    expect(await stage.run()).toMatchObject({
      subjects: [{ sha256: digest }],
      outputs: { merged: 'staging' },
    });
  });

  it('is anything where main names what may not serve: the branch is the revert of roll-out', async () => {
    const one = await soaked('one');
    await inProduction(one);
    const two = await soaked('two');
    await declare('production', two);
    await stage.record('production', { kind: 'rejected', digest: two, reason: 'errs' });
    const before = stage.writes().length;
    expect(await stage.sentence('production')).toContain('its revert comes first');
    expect(stage.writes().slice(before)).toEqual([]);
  });
});

describe('the body of a pull request', () => {
  async function body(): Promise<string> {
    await stage.run();
    return (await stage.pulls('production'))[0]?.body ?? '';
  }

  it('tells what a reviewer needs: gates and slices, what changed, plan, way back, and who may not approve', async () => {
    const one = await soaked('one', { auc: 0.7, author: 'model-owner' });
    await inProduction(one);
    const two = await soaked('two', { auc: 0.72, train: 'more rows', author: 'ops-reviewer' });
    const text = await body();
    expect(text).toMatch(/^## Deploy toy to production\n\n✅ \*\*/);
    expect(text).toContain(`**Candidate:** \`${two}\``);
    expect(text).toContain(`**Live here:** \`${one}\``);
    expect(text).toContain(`**Rollback target:** \`${one.slice(0, 12)}\``);
    expect(text).toContain('5, 50, 100 % of traffic; each step judged after 200 requests');
    expect(text).toMatch(/\| auc at\\?_least 0\.6 \| 0\.7200 \| 0\.7100 to 0\.7300 \|.*\| 0\.7000 \|/);
    expect(text).toMatch(/\| carrier=DL \| 0\.6400 \| 0\.6300 to 0\.6500 \|/);
    expect(text).toMatch(/\| Data train \| `\w{12}` \| `\w{12}` \| \*\*yes\*\* \|/);
    expect(text).toMatch(/\| Contract of train: contracts\/toy\.yaml \| `(\w{12})` \| `\1` \| no \|/);
    expect(text).toContain('an approval by risk-reviewer\n');
    expect(text).toContain('ops-reviewer is a reviewer here and wrote a part of this');
    expect(text).toMatch(/May not approve, as authors since what is live:\*\* model-owner, ops-reviewer\n/);
    expect((await stage.pulls('production'))[0]?.requested_reviewers).toMatchObject([
      { login: 'risk-reviewer' },
    ]);
  });

  it('says so where a contract changed, nothing is live, or nobody is left to approve', async () => {
    await soaked('one', { author: 'risk-reviewer' });
    await commit({ 'greenlight.yaml': manifest({ reviewers: 'reviewers: ["@risk-reviewer"]' }) });
    const text = await body();
    expect(text).toContain('**Rollback target:** none: nothing was live before');
    expect(text).toContain('an approval that nobody can give now');
    expect(text).toMatch(/May not approve, .*risk-reviewer, 1 without an account on GitHub\n/);
    expect(text).not.toContain('owner@example.test');
    expect(text).toMatch(/\| Data train \| `\w{12}` \| – \| new \|/);
  });

  it("lists the waivers of the release's own commit that hold still", async () => {
    const waiver = (scope: string, expires: string) =>
      `  - { scope: ${scope}, change: maximum-raised, owner: "@risk-reviewer", reason: delays are real, expires: ${expires} }\n`;
    await commit({
      'greenlight.yaml': `${manifest()}waivers: rules/waivers.yaml\n`,
      'rules/waivers.yaml': `waivers:\n${waiver('late.*', '2001-12-31')}${waiver('soon.*', '2001-03-31')}${waiver('over.*', '2001-02-01')}`,
    });
    await soaked();
    await commit({ 'rules/waivers.yaml': 'waivers: []\n' });
    const text = await body();
    expect(text).toContain('**Waivers in force:** 2, listed below');
    expect(text).toMatch(/soon.*risk-reviewer.*delays are real.*2001-03-31.*\n.*late.*2001-12-31/);
    expect(text).not.toContain('over.*');

    // A waiver that ends is no reason to ask anyone again.
    stage.pass(24 * 40);
    expect(await body()).toContain('**Waivers in force:** 1, listed below');
  });

  it('says that the waivers could not be read, and offers the release', async () => {
    await commit({
      'greenlight.yaml': `${manifest()}waivers: rules/waivers.yaml\n`,
    });
    await soaked();
    expect(await body()).toContain(
      "can't be told: its commit has no rules/waivers.yaml, which greenlight.yaml names",
    );
  });

  it('renders names that nobody expects as text', async () => {
    await soaked('one', {
      slice: '<script>alert(1)</script> | @risk-reviewer',
      gate: '**a** | [b](http://c)',
    });
    const text = await body();
    expect(text).not.toContain('<script>');
    expect(text).not.toMatch(/(?<!\\|`)@risk-reviewer/);
    expect(text).not.toContain('[b](http://c)');
    const row = text.split('\n').find((line) => line.includes('alert'));
    expect(row?.match(/(?<!\\)\|/g)).toHaveLength(5);
  });
});

describe('the token', () => {
  it('without the right to write is an error that names the permission', async () => {
    await soaked();
    const token = stage.world.forge.jobToken(REPOSITORY, { contents: 'read', 'pull-requests': 'read' });
    await expect(openDeployment.run({ model: undefined, token }, stage.host)).rejects.toMatchObject({
      code: 'github/forbidden',
      mend: expect.stringContaining('contents: write'),
    });
  });
});
