import type { LockModel } from '../../core/formats/lock.ts';
import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import type { OwnIssue } from '../../core/toolkit/issues.ts';
import type { PullRequestResult } from '../../core/toolkit/pull-request.ts';
import type { RetrainingBudget, Spending } from '../../core/toolkit/retraining.ts';
import type { Proposal } from './proposal.ts';

/** What became of a proposal. */
export type ProposalResult =
  | { readonly operation: 'same-model' }
  | { readonly operation: 'over-budget' }
  | PullRequestResult;

/** The pull request's title: the model, and the last day of its data where the lock tells. */
export function titleOf(model: string, until: string | undefined): string {
  return until === undefined ? `Retrain ${model}` : `Retrain ${model} on data until ${until}`;
}

/** The pull request's body. It holds nothing of the run that made it, so that it changes only with what is proposed. */
export function proposalBody(
  model: string,
  { before, after }: Proposal,
  issue: OwnIssue | undefined,
): Report {
  const why: Inline =
    issue?.open === true
      ? [`${model} drifts: `, { link: `issue ${issue.number}`, href: issue.url }]
      : 'No drift issue is open: the retraining was asked for.';
  return {
    title: `Retraining of ${model}`,
    blocks: [
      { kind: 'paragraph', text: why },
      {
        kind: 'paragraph',
        text: 'The training window is moved and the model was trained anew. Nothing is judged yet, and merging deploys nothing by itself.',
      },
      digests(before, after),
      { kind: 'heading', level: 3, text: 'What to do' },
      {
        kind: 'list',
        items: [
          'Start the checks: a pull request that GITHUB_TOKEN opened waits for a person who may write to press "Approve workflows to run". They train again, compare the bytes, check the data and evaluate the model against the one that is live.',
          'Read their comment, and params.yaml: is this the window that you want?',
          'Merge when the checks pass; the release and the deployment pull requests follow from there. Close it to turn this very model down: it is not proposed again.',
        ],
      },
    ],
  };
}

/** The step's own report. */
export function proposalReport(
  model: string,
  verdict: Verdict,
  result: ProposalResult,
  proposal: Proposal | undefined,
  spent: { readonly budget: RetrainingBudget; readonly spending: Spending } | undefined,
): Report {
  const blocks: Block[] = [{ kind: 'verdict', verdict, text: answer(model, result) }];
  if (proposal !== undefined) blocks.push(digests(proposal.before, proposal.after));
  if (spent !== undefined) {
    const { budget, spending } = spent;
    blocks.push({
      kind: 'facts',
      items: [{ name: 'Budget', value: `${spending.recent} of ${budget.most} per ${budget.period} opened` }],
    });
  }
  return { title: `Retraining of ${model}`, blocks };
}

function answer(model: string, result: ProposalResult): Inline {
  switch (result.operation) {
    case 'same-model':
    case 'not-needed':
      return `The retraining gave the ${model} that the base branch already names: nothing to propose`;
    case 'over-budget':
      return `The budget of retraining pull requests of ${model} is spent: nothing was opened`;
    case 'created':
      return ['Opened ', pull(result), ` to retrain ${model}`];
    case 'updated':
    case 'body-updated':
      return ['Brought ', pull(result), ' up to date'];
    case 'unchanged':
      return [pull(result), ' already proposes this'];
    case 'blocked-by-commit':
      return [`${result.author} committed to the branch of `, pull(result), ': nothing was pushed over it'];
    case 'rejected-by-person':
      return ['A person closed ', pull(result), ' with this very model: it is not proposed again'];
  }
}

function pull({ number, url }: { readonly number: number; readonly url: string }): Inline {
  return { link: `#${number}`, href: url };
}

function digests(before: LockModel | undefined, after: LockModel): Block {
  const sets = Object.keys({ ...before?.data, ...after.data }).sort();
  const row = (name: string, was: string | undefined, is: string | undefined): Inline[] => [
    name,
    was === undefined ? 'none' : { code: was },
    is === undefined ? 'none' : is === was ? 'the same' : { code: is },
  ];
  return {
    kind: 'table',
    caption: 'sha256',
    columns: [{ title: '' }, { title: 'Base branch' }, { title: 'Proposed' }],
    rows: [
      row('model', before?.model.sha256, after.model.sha256),
      ...sets.map((name) => row(`data ${name}`, before?.data[name]?.sha256, after.data[name]?.sha256)),
    ],
  };
}
