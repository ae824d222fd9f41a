import { rm } from 'node:fs/promises';
import { MANIFEST_FILE, type ManifestMonitoring, type NamedModel } from '../../core/formats/manifest.ts';
import type { Block } from '../../core/kernel/blocks.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { closeIssue, findIssue, upsertIssue } from '../../core/toolkit/issues.ts';
import { openModel } from '../../core/toolkit/onnx/session.ts';
import { defaultBranch, driftIssueKey, readBudget, readSpending } from '../../core/toolkit/retraining.ts';
import { now } from '../../core/toolkit/time.ts';
import { type Drift, judgeDrift, type Watch } from './drift.ts';
import { findingsOf } from './findings.ts';
import { bringData, daysOf, labelsOf, readProduction } from './production.ts';
import { driftReport } from './report.ts';
import { type Watched, watchedFile, watchedLive } from './watched.ts';
import { readAlarmRule } from './windows.ts';

const NAME = 'detect-drift';

/** GitHub's limit of an issue's body is 65,536 characters. */
const ISSUE_LIMIT = 60_000;

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    'live-model': text('an ONNX file to watch instead of what the ledger says is live; no issue is written'),
    profile: text('the profile.json of the training data of `live-model`'),
    data: text('a data file to judge instead of what `monitoring.fetch` brings'),
    'as-of': text("the day to judge on, YYYY-MM-DD; the server's date where nothing is said"),
    token: text('a token with `contents: read`, `issues: write` and `pull-requests: read`'),
  },
  async run(inputs, host): Promise<Outcome> {
    await rm(host.out(NAME), { recursive: true, force: true });
    const model = await host.model(inputs.model);
    const { watch, monitoring, label } = readWatch(model);
    const { watched, github } = await readWatched(inputs, model, monitoring, host);
    // The server was asked by now, so that this is its date.
    const asOf = readDate(inputs['as-of']) ?? now().toISOString().slice(0, 10);

    const data = await bringData(host, model.model, monitoring, inputs.data, asOf);
    const drift = await judge(watch, watched, data, { label, score: model.model.evaluation?.score }, asOf);
    const issue = github === undefined ? undefined : await tellIssue(drift, github, host);
    const retraining = await mayRetrain(drift, model, github);
    const report = driftReport(drift);
    return {
      verdict: drift.verdict,
      model: model.name,
      subjects: [{ name: model.name, sha256: watched.sha256 }],
      findings: findingsOf(drift),
      report: { ...report, blocks: [...report.blocks, ...nextSteps(issue, retraining)] },
      outputs: {
        alarm: String(drift.state === 'alarm'),
        issue: issue === undefined ? '' : String(issue),
        retrain: String(retraining.yes),
        'as-of': asOf,
      },
    };
  },
});

/** What the manifest says. Throws `manifest/missing-key` and `manifest/bad-value`. */
function readWatch({ name, model }: NamedModel): {
  watch: Watch;
  monitoring: ManifestMonitoring;
  label: string;
} {
  const { monitoring, evaluation } = model;
  if (monitoring === undefined || evaluation === undefined) {
    throw new GreenlightError({
      code: 'manifest/missing-key',
      message: `${name} has no ${monitoring === undefined ? 'monitoring' : 'evaluation.label'} in ${MANIFEST_FILE}`,
      place: { file: MANIFEST_FILE },
      mend: 'detect-drift needs both',
    });
  }
  const rule = readAlarmRule(monitoring.alarm);
  if (rule === undefined) {
    throw new GreenlightError({
      code: 'manifest/bad-value',
      message: `monitoring.alarm can't be \`${monitoring.alarm}\``,
      place: { file: MANIFEST_FILE },
      mend: 'it names how many of how many windows make an alarm, such as `3 of 5`',
    });
  }
  const { time, every, calibration_gap: threshold } = monitoring;
  return { watch: { model: name, time, every, rule, threshold }, monitoring, label: evaluation.label };
}

/** The model to watch, and GitHub where it was asked for it. */
async function readWatched(
  inputs: Readonly<Record<'live-model' | 'profile' | 'token', string | undefined>>,
  model: NamedModel,
  monitoring: ManifestMonitoring,
  host: Host,
): Promise<{ readonly watched: Watched; readonly github: Github | undefined }> {
  const file = inputs['live-model'];
  if (file !== undefined)
    return { watched: await watchedFile(host.root, file, inputs.profile), github: undefined };
  const github = await host.github(inputs.token);
  return { watched: await watchedLive(model, monitoring, github, inputs.token, host), github };
}

function readDate(date: string | undefined): string | undefined {
  if (date === undefined || (/^\d{4}-\d{2}-\d{2}$/.test(date) && !Number.isNaN(Date.parse(date))))
    return date;
  throw new GreenlightError({
    code: 'input/bad-value',
    message: `the input \`as-of\` can't be \`${date}\``,
    mend: 'a date such as 2001-05-28',
  });
}

async function judge(
  watch: Watch,
  watched: Watched,
  data: Parameters<typeof readProduction>[0],
  { label, score }: { readonly label: string; readonly score: string | undefined },
  asOf: string,
): Promise<Drift> {
  await using model = await openModel(watched.bytes);
  const columns = await readProduction(data, watch.time, label, model);
  const rows = {
    days: daysOf(columns, watch.time),
    labels: labelsOf(columns, label),
    scores: await model.score(columns, { output: score }),
  };
  const names = model.info.inputs.map((input) => input.name);
  return judgeDrift(watch, watched, rows, { names, columns }, asOf);
}

/**
 * Brings the model's one issue to what was found: open with an alarm, closed when the last windows are quiet. Where it can't be told an
 * open issue stays open with the new numbers. Gives the issue's number.
 */
async function tellIssue(drift: Drift, github: Github, host: Host): Promise<number | undefined> {
  const { model } = drift.watch;
  const key = driftIssueKey(model);
  const present = await findIssue(github, key);
  if (drift.state === 'quiet') {
    if (present?.open === true) {
      await closeIssue(
        github,
        present.number,
        'The last windows are quiet. Why is not known from this alone.',
      );
    }
    return present?.number;
  }
  if (drift.state === 'unclear' && present?.open !== true) return present?.number;
  const body = host.render(driftReport(drift), ISSUE_LIMIT);
  return (await upsertIssue(github, { ...key, title: `${model} drifts`, body })).number;
}

interface Retraining {
  readonly yes: boolean;
  readonly why: string;
}

/** Whether the retraining job is to run: on an alarm, within the budget. */
async function mayRetrain(
  { state }: Drift,
  { name, model }: NamedModel,
  github: Github | undefined,
): Promise<Retraining> {
  const retrain = model.monitoring?.retrain;
  if (state !== 'alarm') return { yes: false, why: 'no alarm' };
  if (retrain === undefined)
    return { yes: false, why: `${MANIFEST_FILE} declares no monitoring.retrain for ${name}` };
  if (github === undefined) return { yes: false, why: 'nothing was asked of GitHub' };
  const budget = readBudget(retrain.at_most);
  const { exhausted, recent } = await readSpending(github, name, await defaultBranch(github), budget);
  const spent = `${recent} of ${budget.most} retraining pull requests of this ${budget.period}`;
  return exhausted ? { yes: false, why: `${spent}: the budget is spent` } : { yes: true, why: spent };
}

function nextSteps(issue: number | undefined, retraining: Retraining): Block[] {
  return [
    {
      kind: 'facts',
      items: [
        { name: 'Issue', value: issue === undefined ? 'none' : `#${issue}` },
        { name: 'Retrain', value: `${retraining.yes ? 'yes' : 'no'}: ${retraining.why}` },
      ],
    },
  ];
}
