import { milliseconds, type NamedModel } from '../../core/formats/manifest.ts';
import { messageOf, userErrors } from '../../core/kernel/errors.ts';
import { worst } from '../../core/kernel/verdict.ts';
import { type Ledger, live, readLedger } from '../../core/ledger/ledger.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { flag, text } from '../../core/toolkit/inputs.ts';
import { tellPullRequest } from './comment.ts';
import {
  type NamedEnvironment,
  readDesired,
  reviewersOf,
  selectEnvironments,
  targetOf,
} from './environment.ts';
import { GithubWorld, sentence } from './github-world.ts';
import { type EnvironmentFinding, rollOutReport } from './report.ts';
import { converge } from './run.ts';
import { declaredDigest } from './view.ts';

const DEFAULT_WAIT = '10m';

export default defineAction({
  name: 'roll-out',
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    environment: text('the environment to bring from declared to live; all of them where nothing is said'),
    rollback: text('an environment to take one step back in, to what was live there before'),
    plan: flag('say what would be done first, and do nothing'),
    token: text('a token with `contents: write`, `pull-requests: write` and `issues: write`'),
  },
  async run(inputs, host): Promise<Outcome> {
    const model = await host.model(inputs.model);
    const environments = selectEnvironments(model, inputs.rollback ?? inputs.environment);
    const github = await host.github(inputs.token);
    let ledger = await readLedger(host.git, { fetch: true, token: inputs.token });
    const findings: EnvironmentFinding[] = [];
    for (const environment of environments) {
      const task: Task = {
        host,
        github,
        model,
        environment,
        rollback: inputs.rollback !== undefined,
        plan: inputs.plan,
      };
      const ended = await rollOut(task, ledger);
      findings.push(ended.finding);
      ledger = ended.ledger;
    }
    const recordsOf = (environment: string) => ledger.records(environment, model.name);
    const verdict = worst(findings.map((finding) => finding.verdict));
    return {
      verdict,
      model: model.name,
      subjects: findings.flatMap(({ live: sha256 }) =>
        sha256 === undefined ? [] : [{ name: model.name, sha256 }],
      ),
      findings,
      report: rollOutReport(model.name, verdict, findings, recordsOf),
      outputs: { state: byEnvironment(findings, 'state'), 'live-digest': byEnvironment(findings, 'live') },
    };
  },
});

interface Task {
  readonly host: Host;
  readonly github: Github;
  readonly model: NamedModel;
  readonly environment: NamedEnvironment;
  readonly rollback: boolean;
  readonly plan: boolean;
}

/** Brings one environment as far as it goes. What fails here is this environment's finding and stops no other. */
async function rollOut(task: Task, ledger: Ledger): Promise<{ finding: EnvironmentFinding; ledger: Ledger }> {
  const { host, github, model, environment, plan } = task;
  let world: GithubWorld | undefined;
  let declared: string | undefined;
  try {
    const desired = await readDesired(
      host.git,
      model,
      environment.name,
      task.rollback ? rollbackRequest() : undefined,
    );
    declared = declaredDigest(desired.deployment);
    world = new GithubWorld(
      desired,
      {
        github,
        git: host.git,
        log: host.log,
        target: targetOf(host.root, model.name, environment.environment),
        reviewers: reviewersOf(environment),
        wait: milliseconds(environment.environment.wait ?? DEFAULT_WAIT),
      },
      ledger,
    );
    const { decision, done } = await converge(desired, world, plan);
    const { state, verdict, reasons } = decision;
    const actions = (plan ? decision.actions : done).map((action) => sentence(action, model.name));
    return ended({ state, verdict, reasons, actions });
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length === 0) throw thrown;
    const reasons = errors.map(
      ({ code, message, mend }) => `${message} [${code}]${mend === undefined ? '' : ` → ${mend}`}`,
    );
    return ended({ state: 'unknown', verdict: 'error', reasons, actions: [] });
  }

  async function ended(
    how: Pick<EnvironmentFinding, 'state' | 'verdict' | 'reasons' | 'actions'>,
  ): Promise<{ finding: EnvironmentFinding; ledger: Ledger }> {
    const after = world?.ledger ?? ledger;
    const records = after.records(environment.name, model.name);
    if (!plan) {
      await tellPullRequest(github, records).catch((error) =>
        host.log.warn(`the deployment pull request could not be told: ${messageOf(error)}`),
      );
    }
    const isLive = live(records)?.digest;
    const finding: EnvironmentFinding = {
      kind: 'environment',
      environment: environment.name,
      ...how,
      ...(declared === undefined ? {} : { declared }),
      ...(isLive === undefined ? {} : { live: isLive }),
      planned: plan,
    };
    return { finding, ledger: after };
  }
}

/** One request is one step back: a job that is run again must not take another. */
function rollbackRequest(): { reason: string } {
  const run = process.env.GITHUB_RUN_ID;
  const who = process.env.GITHUB_ACTOR ?? process.env.USER ?? 'somebody';
  return {
    reason:
      run === undefined
        ? `asked for by ${who} at ${new Date().toISOString()}`
        : `asked for by ${who} in run ${run}`,
  };
}

/** An output over one environment is its value; over several, a JSON object by environment. */
function byEnvironment(findings: readonly EnvironmentFinding[], key: 'state' | 'live'): string {
  const [only] = findings;
  if (findings.length === 1) return only?.[key] ?? '';
  return JSON.stringify(
    Object.fromEntries(findings.map((finding) => [finding.environment, finding[key] ?? ''])),
  );
}
