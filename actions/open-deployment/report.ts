import type { Deployment } from '../../core/formats/deployment.ts';
import type { ResourceDescriptor } from '../../core/formats/statement.ts';
import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import { VERDICTS } from '../../core/kernel/verdict.ts';
import { sameUser } from '../../core/ledger/approvers.ts';
import type { Annotation } from '../../core/toolkit/action.ts';
import { short } from './decide.ts';
import type { Evaluated, EvaluatedGate, EvaluatedGroup, ReleaseFacts } from './facts.ts';
import type { Reviewers } from './reviewers.ts';
import type { WaiversInForce } from './waivers.ts';

/** How many authors a body names. */
const MOST_AUTHORS = 30;

/** Everything that the body of a deployment pull request tells. */
export interface OfferFacts {
  readonly deployment: Deployment;
  readonly candidate: ReleaseFacts;
  /** The digest that is live here; undefined where none is. */
  readonly live: string | undefined;
  /** Of the live release; undefined where nothing is live, or its release is gone. */
  readonly liveFacts: ReleaseFacts | undefined;
  /** The authors of the commits between the live release and the candidate: logins, or addresses without an account. */
  readonly authors: readonly string[];
  /** Undefined where the workflow merges. */
  readonly reviewers: Reviewers | undefined;
  readonly waivers: WaiversInForce;
}

/** What a reviewer needs to decide, most important first. A function of the facts: the same facts, the same body. */
export function offerReport(facts: OfferFacts): Report {
  const { deployment, candidate, live, liveFacts, authors, reviewers, waivers } = facts;
  const { model, environment } = deployment;
  const { evaluation } = candidate;
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
          evaluation.humanReview === true ? '. Its policy sends this to a person: the approval decides' : '',
        ],
      },
      {
        kind: 'facts',
        items: [
          { name: 'Candidate', value: releaseText(candidate) },
          { name: 'Live here', value: liveText(live, liveFacts) },
          { name: 'Plan', value: planText(deployment, live) },
          {
            name: 'Rollback target',
            value: live === undefined ? 'none: nothing was live before' : { code: short(live) },
          },
          { name: 'Waivers in force', value: waiversText(waivers) },
        ],
      },
      { kind: 'heading', level: 2, text: 'What is still missing' },
      ...missing(reviewers, authors),
      { kind: 'heading', level: 2, text: 'What changes here' },
      changes(facts),
      { kind: 'heading', level: 2, text: 'Gates' },
      gates(evaluation, liveFacts?.evaluation),
      ...slices(evaluation),
      ...waiverTable(waivers),
      { kind: 'details', summary: 'What it was judged on', blocks: [basis(candidate, live)] },
    ],
  };
}

function releaseText({ digest, tag, url }: ReleaseFacts): Inline {
  return [{ code: digest }, ', release ', { link: tag, href: url }];
}

function liveText(live: string | undefined, facts: ReleaseFacts | undefined): Inline {
  if (live === undefined) return 'nothing yet';
  return facts === undefined
    ? [{ code: live }, ', whose release is gone: nothing can be compared with it']
    : releaseText(facts);
}

function planText({ canary, min_requests }: Deployment, live: string | undefined): string {
  if (live === undefined)
    return 'a smoke inference, then all traffic: nothing is live that a canary could be compared with';
  return `${canary.join(', ')} % of traffic; each step judged after ${min_requests} requests, back at once when it fails`;
}

function waiversText(inForce: WaiversInForce): string {
  if (inForce.kind === 'unknown') return `can't be told: ${inForce.why}`;
  return inForce.waivers.length === 0 ? 'none' : `${inForce.waivers.length}, listed below`;
}

/** The breaks of contracts that somebody accepted, and with this approval the reviewer too. */
function waiverTable(inForce: WaiversInForce): Block[] {
  if (inForce.kind === 'unknown' || inForce.waivers.length === 0) return [];
  const table: Block = {
    kind: 'table',
    caption: 'Breaks of data contracts that are accepted, the first to expire first',
    columns: ['Scope', 'Change', 'Contract', 'Owner', 'Reason', 'Last day, UTC'].map((title) => ({ title })),
    rows: inForce.waivers.map(({ scope, change, contract, owner, reason, expires }) => [
      { code: scope },
      change,
      contract ?? 'any',
      owner,
      reason,
      expires,
    ]),
  };
  return [{ kind: 'details', summary: `Waivers in force: ${inForce.waivers.length}`, blocks: [table] }];
}

function missing(reviewers: Reviewers | undefined, authors: readonly string[]): Block[] {
  if (reviewers === undefined) return [{ kind: 'list', items: ['nothing: the workflow merges this'] }];
  const isAuthor = (user: string): boolean => authors.some((author) => sameUser(author, user));
  const able = reviewers.able.filter((user) => !isAuthor(user));
  const items: Inline[] = [
    able.length === 0
      ? 'an approval that nobody can give now: everyone whom greenlight.yaml names wrote a part of this. Name another reviewer'
      : `an approval by ${orList(able)}`,
    'the checks of this pull request: a person presses “Approve workflows to run”, where a workflow opened it',
    'the merge, which starts the roll-out',
  ];
  const notes = [
    ...reviewers.able
      .filter(isAuthor)
      .map((user) => `${user} is a reviewer here and wrote a part of this: that approval does not count`),
    ...reviewers.unable.map(
      (user) =>
        `${user} is a reviewer here, but unknown to GitHub or without the right to write: that approval does not count`,
    ),
  ];
  return [
    { kind: 'list', items },
    ...notes.map((text): Block => ({ kind: 'note', tone: 'warning', text })),
    {
      kind: 'facts',
      items: [{ name: 'May not approve, as authors since what is live', value: authorsText(authors) }],
    },
  ];
}

/** Addresses stay out of a body that anyone may read. */
function authorsText(authors: readonly string[]): string {
  const logins = authors.filter((author) => !author.includes('@'));
  const named = logins.slice(0, MOST_AUTHORS);
  const others = logins.length - named.length;
  const unknown = authors.length - logins.length;
  const parts = [
    ...named,
    ...(others > 0 ? [`${others} more`] : []),
    ...(unknown > 0 ? [`${unknown} without an account on GitHub`] : []),
  ];
  return parts.length === 0 ? 'nobody' : parts.join(', ');
}

/** Commit, data, contracts and policy, by digest, against those of the live release. */
function changes({ candidate, live, liveFacts }: OfferFacts): Block {
  const row = (what: string, now: string | undefined, before: string | undefined): Inline[] => [
    what,
    digestText(now),
    digestText(before),
    changeText(now, before, live, liveFacts),
  ];
  const dataOf = (facts: ReleaseFacts | undefined) => new Map(facts?.data.map((one) => [one.dataset, one]));
  const before = dataOf(liveFacts);
  const rows = candidate.data.flatMap(({ dataset, data, contract }) => [
    ...(data === undefined
      ? []
      : [row(`Data ${dataset}`, data.digest.sha256, before.get(dataset)?.data?.digest.sha256)]),
    row(
      `Contract of ${dataset}: ${contract?.name ?? 'none'}`,
      contract?.digest.sha256,
      before.get(dataset)?.contract?.digest.sha256,
    ),
  ]);
  const policy = (facts: ReleaseFacts | undefined): string | undefined =>
    facts?.evaluation.policy?.digest.sha256;
  return {
    kind: 'table',
    columns: [{ title: 'What' }, { title: 'Candidate' }, { title: 'Live here' }, { title: 'Changed' }],
    rows: [
      ...rows,
      row(`Policy ${candidate.evaluation.policy?.name ?? ''}`.trim(), policy(candidate), policy(liveFacts)),
      row('Commit', candidate.commit, liveFacts?.commit),
    ],
  };
}

function changeText(
  now: string | undefined,
  before: string | undefined,
  live: string | undefined,
  liveFacts: ReleaseFacts | undefined,
): Inline {
  if (live === undefined) return 'new';
  if (liveFacts === undefined) return "can't be told";
  return now === before ? 'no' : { strong: 'yes' };
}

/** Every gate; beside it what the live release got when it was judged, which may have been on other data. */
function gates(evaluation: Evaluated, live: Evaluated | undefined): Block {
  const before = new Map(live?.gates.map((gate) => [gate.gate, whole(gate)]));
  return {
    kind: 'table',
    caption: `Gates${intervals(evaluation)}; the last column is what the live release got when it was judged`,
    columns: [
      { title: 'Gate' },
      { title: 'Estimate', align: 'right' },
      { title: 'Interval', align: 'right' },
      { title: 'Verdict' },
      { title: 'Live, then', align: 'right' },
    ],
    rows: evaluation.gates.map((gate) => {
      const group = whole(gate);
      return [
        gate.gate,
        number(group?.estimate),
        interval(group),
        [{ verdict: gate.verdict }, gate.reason === undefined ? '' : ` (${gate.reason})`],
        number(before.get(gate.gate)?.estimate),
      ];
    }),
  };
}

/** The number of a gate that has no slices. */
function whole({ groups = [] }: EvaluatedGate): EvaluatedGroup | undefined {
  return groups.length === 1 ? groups[0] : undefined;
}

/** The slices of every gate that has them: the worst verdict first, and of one verdict the lowest estimate. */
function slices(evaluation: Evaluated): Block[] {
  return evaluation.gates.flatMap(({ gate, groups = [] }): Block[] =>
    groups.length < 2
      ? []
      : [
          {
            kind: 'details',
            summary: `${gate}: ${groups.length} slices`,
            blocks: [
              {
                kind: 'table',
                caption: `By slice${intervals(evaluation)}, the worst verdict first`,
                columns: [
                  { title: 'Slice' },
                  { title: 'Estimate', align: 'right' },
                  { title: 'Interval', align: 'right' },
                  { title: 'Verdict' },
                ],
                rows: [...groups]
                  .sort(byVerdict)
                  .map((group) => [
                    group.slice ?? '',
                    number(group.estimate),
                    interval(group),
                    { verdict: group.verdict },
                  ]),
              },
            ],
          },
        ],
  );
}

function byVerdict(a: EvaluatedGroup, b: EvaluatedGroup): number {
  const verdicts = VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict);
  return verdicts !== 0 ? verdicts : (a.estimate ?? 0) - (b.estimate ?? 0);
}

function basis({ commit, evaluation }: ReleaseFacts, serving: string | undefined): Block {
  const { rows, units, independentBy, data = [], policy, live } = evaluation;
  const groups = units === undefined ? '' : `, in ${units} groups by ${independentBy ?? 'row'}`;
  return {
    kind: 'facts',
    items: [
      { name: 'Commit', value: { code: commit } },
      { name: 'Rows', value: rows === undefined ? 'not said' : `${rows}${groups}` },
      ...data.map((one) => ({ name: `Data ${one.name}`, value: resourceText(one) })),
      ...(policy === undefined ? [] : [{ name: `Policy ${policy.name}`, value: resourceText(policy) }]),
      {
        name: 'Compared with',
        value: comparedText(live, serving),
      },
    ],
  };
}

/** What was compared when it was judged; what is live here now may have come since, or have been of no gate's interest. */
function comparedText(compared: Evaluated['live'], serving: string | undefined): Inline {
  if (compared !== undefined && compared !== null) return resourceText(compared);
  return serving === undefined ? 'nothing was live' : 'nothing: no gate compared it with what is live';
}

function resourceText({ digest }: ResourceDescriptor): Inline {
  return { code: digest.sha256 ?? '' };
}

function digestText(digest: string | undefined): Inline {
  return digest === undefined ? '–' : { code: short(digest) };
}

function intervals({ confidence }: Evaluated): string {
  return confidence === undefined ? '' : `, with ${Math.round(confidence * 100)} % intervals`;
}

function interval(group: EvaluatedGroup | undefined): string {
  return group?.low === undefined || group.high === undefined
    ? '–'
    : `${number(group.low)} to ${number(group.high)}`;
}

function number(value: number | undefined): string {
  return value === undefined ? '–' : value.toFixed(4);
}

function orList(users: readonly string[]): string {
  return users.join(' or ');
}

/** What the action did, rung by rung. */
export function ladderReport(
  model: string,
  lines: readonly { readonly environment: string; readonly sentence: string }[],
  warnings: readonly Annotation[],
): Report {
  return {
    title: `Deployments of ${model}`,
    blocks: [
      { kind: 'verdict', verdict: 'pass', text: `the ladder of ${model} was looked at` },
      {
        kind: 'facts',
        items: lines.map(({ environment, sentence }) => ({ name: environment, value: sentence })),
      },
      ...warnings.map(({ message }): Block => ({ kind: 'note', tone: 'warning', text: message })),
    ],
  };
}
