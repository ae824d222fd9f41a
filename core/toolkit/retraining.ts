import { GreenlightError } from '../kernel/errors.ts';
import type { Github } from './github.ts';
import type { WantedIssue } from './issues.ts';
import { listPullRequests } from './pull-request.ts';
import { now } from './time.ts';

/** The branch of a model's one retraining pull request. */
export function retrainingBranch(model: string): string {
  return `greenlight/retrain/${model}`;
}

/** What a model's one drift issue is found by. */
export function driftIssueKey(model: string): Pick<WantedIssue, 'marker' | 'label'> {
  return { marker: `<!-- greenlight:drift:${model} -->`, label: 'greenlight-drift' };
}

/** How many retraining pull requests a manifest allows in which time. */
export interface RetrainingBudget {
  readonly most: number;
  readonly period: 'day' | 'week' | 'month';
}

const DAY_MS = 86_400_000;
const PERIODS = { day: DAY_MS, week: 7 * DAY_MS, month: 30 * DAY_MS } as const;

/** Reads `1 per week`. Throws `manifest/bad-value`. */
export function readBudget(atMost: string): RetrainingBudget {
  const [, most, period] = /^([1-9][0-9]*) per (day|week|month)$/.exec(atMost) ?? [];
  if (period === 'day' || period === 'week' || period === 'month') return { most: Number(most), period };
  throw new GreenlightError({
    code: 'manifest/bad-value',
    message: `monitoring.retrain.at_most can't be \`${atMost}\``,
    mend: 'write it as `1 per week`; day, week and month (30 days) are known',
  });
}

/** A model's retraining pull requests against its budget. */
export interface Spending {
  /** Those opened within the last period, whatever became of them. */
  readonly recent: number;
  readonly exhausted: boolean;
  /** The one that is open now. */
  readonly open: number | undefined;
}

/** Counts the pull requests of the retraining branch by the server's clock. */
export async function readSpending(
  github: Github,
  model: string,
  base: string,
  budget: RetrainingBudget,
): Promise<Spending> {
  const pulls = await listPullRequests(github, { branch: retrainingBranch(model), base });
  return spending(pulls, budget, now());
}

/** {@link readSpending} of given pull requests, newest first; a pull request counts for one whole period after it was opened. */
export function spending(
  pulls: readonly { readonly number: number; readonly state: string; readonly created_at: string }[],
  { most, period }: RetrainingBudget,
  at: Date,
): Spending {
  const since = at.getTime() - PERIODS[period];
  const recent = pulls.filter((pull) => Date.parse(pull.created_at) > since).length;
  return {
    recent,
    exhausted: recent >= most,
    open: pulls.find((pull) => pull.state === 'open')?.number,
  };
}

/** The branch that pull requests go to. */
export async function defaultBranch(github: Github): Promise<string> {
  const { owner, repo } = github;
  const { data } = await github.attempt('read the repository', (octokit) =>
    octokit.rest.repos.get({ owner, repo }),
  );
  return data.default_branch;
}
