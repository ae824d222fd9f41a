import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { LOCK_FILE } from '../../core/formats/lock.ts';
import { MANIFEST_FILE } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { fileAt } from '../../core/toolkit/contents.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { findIssue } from '../../core/toolkit/issues.ts';
import { upsertPullRequest } from '../../core/toolkit/pull-request.ts';
import {
  defaultBranch,
  driftIssueKey,
  type RetrainingBudget,
  readBudget,
  readSpending,
  retrainingBranch,
  type Spending,
} from '../../core/toolkit/retraining.ts';
import { makeProposal, PARAMS_FILE, type Proposal, type Retrained } from './proposal.ts';
import { type ProposalResult, proposalBody, proposalReport, titleOf } from './report.ts';

const NAME = 'propose-retraining';

/** GitHub's limit of a pull request's body is 65,536 characters. */
const BODY_LIMIT = 60_000;

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    'as-of': text('the day until which the retraining may know data, YYYY-MM-DD, for the title'),
    token: text('a token with `contents: write`, `pull-requests: write` and `issues: read`'),
  },
  async run(inputs, host): Promise<Outcome> {
    await rm(host.out(NAME), { recursive: true, force: true });
    const { name, model } = await host.model(inputs.model);
    const asOf = readDate(inputs['as-of']);
    const budget = budgetOf(name, model.monitoring?.retrain?.at_most);
    const retrained = await readRetrained(await host.take(name, 'reproduce-training'));
    const github = await host.github(inputs.token);
    const base = await defaultBranch(github);
    const proposal = makeProposal(name, model.model, retrained, await fileAt(github, base, LOCK_FILE));
    if (proposal === undefined) return outcome(name, 'pass', { operation: 'same-model' });

    const spending = await readSpending(github, name, base, budget);
    const spent = { budget, spending };
    // Changing the one that is open opens none.
    if (spending.exhausted && spending.open === undefined)
      return outcome(name, 'pass', { operation: 'over-budget' }, proposal, spent);
    const result = await propose(name, proposal, base, asOf, github, host);
    // A budget that is spent and a person's no are answers; somebody else's commit on the branch wants a person.
    const verdict = result.operation === 'blocked-by-commit' ? 'inconclusive' : 'pass';
    return outcome(name, verdict, result, proposal, spent);
  },
});

function budgetOf(name: string, atMost: string | undefined): RetrainingBudget {
  if (atMost !== undefined) return readBudget(atMost);
  throw new GreenlightError({
    code: 'manifest/missing-key',
    message: `${name} has no monitoring.retrain.at_most in ${MANIFEST_FILE}`,
    place: { file: MANIFEST_FILE },
    mend: 'say how many retraining pull requests may be opened, such as `1 per week`',
  });
}

/** The title is Markdown to some readers: nothing but a date goes in. */
function readDate(date: string | undefined): string | undefined {
  if (date === undefined || /^\d{4}-\d{2}-\d{2}$/.test(date)) return date;
  throw new GreenlightError({
    code: 'input/bad-value',
    message: `the input \`as-of\` can't be \`${date}\``,
    mend: 'a date such as 2001-05-28',
  });
}

async function readRetrained(folder: string): Promise<Retrained> {
  const lock = await textOf(path.join(folder, LOCK_FILE));
  if (lock !== undefined) return { lock, params: await textOf(path.join(folder, PARAMS_FILE)) };
  throw new GreenlightError({
    code: 'evidence/missing',
    message: `the files of reproduce-training hold no ${LOCK_FILE}`,
    mend: 'run reproduce-training with `retrain-as-of` before this in the same run',
  });
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function propose(
  name: string,
  proposal: Proposal,
  base: string,
  until: string | undefined,
  github: Github,
  host: Host,
): Promise<ProposalResult> {
  const issue = await findIssue(github, driftIssueKey(name));
  const title = titleOf(name, until);
  return upsertPullRequest(github, {
    branch: retrainingBranch(name),
    base,
    title,
    body: host.render(proposalBody(name, proposal, issue), BODY_LIMIT),
    files: proposal.files,
    message: title,
  });
}

function outcome(
  model: string,
  verdict: Verdict,
  result: ProposalResult,
  proposal?: Proposal,
  spent?: { readonly budget: RetrainingBudget; readonly spending: Spending },
): Outcome {
  const number = 'number' in result ? String(result.number) : '';
  return {
    verdict,
    model,
    subjects: proposal === undefined ? [] : [{ name: model, sha256: proposal.after.model.sha256 }],
    findings: [{ kind: 'proposal', ...result }],
    report: proposalReport(model, verdict, result, proposal, spent),
    outputs: { 'pull-request': number, operation: result.operation },
  };
}
