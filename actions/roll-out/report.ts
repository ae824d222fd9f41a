import type { Block, Report } from '../../core/kernel/blocks.ts';
import { VERDICTS, type Verdict } from '../../core/kernel/verdict.ts';
import type { StoredRecord } from '../../core/ledger/ledger.ts';
import { failsAt } from '../../policies/statistics/e-process.ts';
import { ALPHA } from './decide.ts';
import type { State } from './view.ts';

/** How one environment's roll-out ended. */
export interface EnvironmentFinding {
  readonly kind: 'environment';
  readonly environment: string;
  readonly state: State;
  readonly verdict: Verdict;
  readonly reasons: readonly string[];
  /** What main names; absent where it names nothing. */
  readonly declared?: string;
  /** What is live by the ledger; absent where nothing is or the ledger was not read. */
  readonly live?: string;
  /** What was done, or with `plan` what would be done first, in order. */
  readonly actions: readonly string[];
  /** True where nothing was done because only the plan was asked for. */
  readonly planned: boolean;
}

const HEADLINES: Readonly<Record<State, string>> = {
  'in-sync': 'what main declares is live',
  pending: 'not there yet',
  'git-behind': 'main names what may not serve',
  drifted: 'the server differed from the ledger',
  unknown: 'not everything could be read',
};

/** The report of one run over a model's environments. */
export function rollOutReport(
  model: string,
  verdict: Verdict,
  findings: readonly EnvironmentFinding[],
  recordsOf: (environment: string) => readonly StoredRecord[],
): Report {
  const hardest = [...findings].sort((a, b) => VERDICTS.indexOf(b.verdict) - VERDICTS.indexOf(a.verdict))[0];
  const opening =
    hardest === undefined
      ? 'there is no environment to roll out to'
      : `${hardest.environment}: ${HEADLINES[hardest.state]}`;
  return {
    title: `roll-out: ${model}`,
    blocks: [
      { kind: 'verdict', verdict, text: opening },
      ...findings.flatMap((finding) => environmentBlocks(finding, recordsOf(finding.environment))),
    ],
  };
}

function environmentBlocks(finding: EnvironmentFinding, records: readonly StoredRecord[]): Block[] {
  const { environment, state, reasons, declared, live, actions, planned } = finding;
  return [
    { kind: 'heading', level: 2, text: environment },
    {
      kind: 'facts',
      items: [
        { name: 'Verdict', value: { verdict: finding.verdict } },
        { name: 'State', value: `${state}: ${HEADLINES[state]}` },
        { name: 'Declared', value: declared === undefined ? 'nothing' : { code: declared } },
        { name: 'Live', value: live === undefined ? 'nothing' : { code: live } },
      ],
    },
    { kind: 'list', items: reasons },
    ...(actions.length === 0
      ? []
      : [
          { kind: 'paragraph' as const, text: planned ? 'What would be done first:' : 'What was done:' },
          { kind: 'list' as const, items: actions },
        ]),
    ...canaryBlocks(records),
  ];
}

/** The last roll-out's steps. */
function canaryBlocks(records: readonly StoredRecord[]): Block[] {
  const start = records.findLastIndex(({ kind }) => kind === 'started');
  const steps = start < 0 ? [] : records.slice(start);
  if (steps.length === 0) return [];
  return [
    {
      kind: 'table',
      caption: `The last roll-out, as the ledger tells it. Evidence of ${failsAt(ALPHA)} fails; a good release gets there in at most ${ALPHA * 100} of 100 roll-outs.`,
      columns: [
        { title: 'Record', align: 'right' },
        { title: 'Event' },
        { title: 'Digest' },
        { title: 'Traffic (%)', align: 'right' },
        { title: 'Requests, new', align: 'right' },
        { title: 'Errors, new', align: 'right' },
        { title: 'Requests, live', align: 'right' },
        { title: 'Errors, live', align: 'right' },
        { title: 'Evidence', align: 'right' },
        { title: 'At' },
      ],
      rows: steps.map(({ n, kind, digest, weight, counts, evidence, at }) => [
        String(n),
        kind,
        { code: digest.slice(0, 12) },
        weight === undefined ? '' : String(weight),
        counts === undefined ? '' : String(counts.candidate.requests),
        counts === undefined ? '' : String(counts.candidate.errors),
        counts === undefined ? '' : String(counts.live.requests),
        counts === undefined ? '' : String(counts.live.errors),
        evidence === undefined ? '' : evidence.toPrecision(3),
        at,
      ]),
    },
  ];
}
