import type { Deployment } from '../../core/formats/deployment.ts';
import type { LedgerRecord } from '../../core/formats/record.ts';
import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { type Candidate, type Rung, short } from './decide.ts';

/** What the release's evaluation says (evaluation/v1), as far as a reviewer is told. */
export interface Evaluated {
  readonly verdict: Verdict;
  readonly rows: number;
  readonly units: number;
  readonly independentBy: string;
  readonly confidence: number;
  readonly live: { readonly name: string; readonly digest: { readonly sha256: string } } | null;
  readonly data: readonly { readonly name: string; readonly digest: { readonly sha256: string } }[];
  readonly policy: { readonly name: string; readonly digest: { readonly sha256: string } };
  readonly gates: readonly {
    readonly gate: string;
    readonly verdict: Verdict;
    readonly reason?: string;
    readonly groups: readonly {
      readonly slice?: string;
      readonly estimate?: number;
      readonly low?: number;
      readonly high?: number;
      readonly verdict: Verdict;
    }[];
  }[];
  readonly commit: string;
  readonly url: string;
}

/** Everything that the body of a deployment pull request tells. */
export interface OfferFacts {
  readonly model: string;
  readonly rung: Rung;
  readonly candidate: Candidate;
  readonly deployment: Deployment;
  readonly live: LedgerRecord | undefined;
  readonly evaluation: Evaluated;
}

/** What a reviewer needs to decide, most important first. */
export function offerReport(facts: OfferFacts): Report {
  const { model, rung, candidate, deployment, live, evaluation } = facts;
  const { environment, settings } = rung;
  const percent = Math.round(evaluation.confidence * 100);
  return {
    title: `Deploy ${model} to ${environment}`,
    blocks: [
      {
        kind: 'verdict',
        verdict: evaluation.verdict,
        text: [
          'the evaluation of ',
          { code: short(candidate.digest) },
          ` on the merged commit ended as ${evaluation.verdict}`,
        ],
      },
      {
        kind: 'facts',
        items: [
          {
            name: 'Candidate',
            value: [
              { code: candidate.digest },
              ', release ',
              { link: candidate.release, href: evaluation.url },
            ],
          },
          { name: 'Live here', value: live === undefined ? 'nothing yet' : { code: live.digest } },
          { name: 'Plan', value: plan(deployment, live) },
          {
            name: 'Rollback target',
            value: live === undefined ? 'none: nothing was live before' : { code: short(live.digest) },
          },
        ],
      },
      { kind: 'heading', level: 2, text: 'What is still missing' },
      { kind: 'list', items: missing(settings.reviewers, settings.deploy) },
      { kind: 'heading', level: 2, text: 'Gates' },
      gates(evaluation, percent),
      ...slices(evaluation, percent),
      {
        kind: 'details',
        summary: 'What it was judged on',
        blocks: [
          {
            kind: 'facts',
            items: [
              { name: 'Commit', value: { code: evaluation.commit } },
              {
                name: 'Rows',
                value: `${evaluation.rows}, in ${evaluation.units} groups by ${evaluation.independentBy}`,
              },
              ...evaluation.data.map(({ name, digest }) => ({
                name: `Data ${name}`,
                value: { code: digest.sha256 },
              })),
              { name: `Policy ${evaluation.policy.name}`, value: { code: evaluation.policy.digest.sha256 } },
              {
                name: 'Compared with',
                value:
                  evaluation.live === null ? 'nothing was live' : { code: evaluation.live.digest.sha256 },
              },
              { name: 'Waivers', value: 'none' },
            ],
          },
        ],
      },
    ],
  };
}

function plan({ canary, min_requests }: Deployment, live: LedgerRecord | undefined): string {
  if (live === undefined)
    return 'a smoke inference, then all traffic: nothing is live that a canary could be compared with';
  return `${canary.join(', ')} % of traffic; each step judged after ${min_requests} requests, back at once when it fails`;
}

function missing(reviewers: readonly string[] | undefined, deploy: string | undefined): Inline[] {
  if (deploy === 'auto-merge') return ['nothing: the workflow merges this'];
  const named =
    reviewers === undefined
      ? 'anyone, since the manifest names no reviewers'
      : reviewers.map((user) => user.slice(1)).join(' or ');
  return [
    `an approval by ${named}, who must not have written a commit since what is live now`,
    'the checks of this pull request: a person presses “Approve workflows to run”, since a workflow opened it',
    'the merge, which starts the roll-out',
  ];
}

function gates({ gates }: Evaluated, percent: number): Block {
  return {
    kind: 'table',
    caption: `Gates, with ${percent} % intervals`,
    columns: [
      { title: 'Gate' },
      { title: 'Estimate', align: 'right' },
      { title: 'Interval', align: 'right' },
      { title: 'Verdict' },
    ],
    rows: gates.map(({ gate, verdict, groups, reason }) => {
      const [only, second] = groups;
      const whole = second === undefined ? only : undefined;
      return [
        gate,
        number(whole?.estimate),
        interval(whole),
        [{ verdict }, reason === undefined ? '' : ` (${reason})`],
      ];
    }),
  };
}

/** The slices of every gate that has them, worst first. */
function slices({ gates }: Evaluated, percent: number): Block[] {
  return gates
    .filter(({ groups }) => groups.length > 1)
    .map(({ gate, groups }) => ({
      kind: 'details',
      summary: `${gate}: ${groups.length} slices`,
      blocks: [
        {
          kind: 'table',
          caption: `By slice, with ${percent} % intervals, lowest first`,
          columns: [
            { title: 'Slice' },
            { title: 'Estimate', align: 'right' },
            { title: 'Interval', align: 'right' },
            { title: 'Verdict' },
          ],
          rows: [...groups]
            .sort((a, b) => (a.estimate ?? 0) - (b.estimate ?? 0))
            .map((group) => [
              group.slice ?? '',
              number(group.estimate),
              interval(group),
              { verdict: group.verdict },
            ]),
        },
      ],
    }));
}

function interval(group: { readonly low?: number; readonly high?: number } | undefined): string {
  return group?.low === undefined || group.high === undefined
    ? '–'
    : `${number(group.low)} to ${number(group.high)}`;
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(4);
}

/** What the action did, rung by rung. */
export function ladderReport(
  model: string,
  lines: readonly { readonly environment: string; readonly sentence: string }[],
): Report {
  return {
    title: `Deployments of ${model}`,
    blocks: [
      { kind: 'verdict', verdict: 'pass', text: `the ladder of ${model} was looked at` },
      {
        kind: 'facts',
        items: lines.map(({ environment, sentence }) => ({ name: environment, value: sentence })),
      },
    ],
  };
}
