import { LOCK_FILE } from '../../core/formats/lock.ts';
import type { Block, Inline, Report, TableBlock } from '../../core/kernel/blocks.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { GateResult, GroupResult, Needed } from '../../policies/judge.ts';
import { type Gate, gateWords, METRICS } from '../../policies/policy.ts';
import type { Interval } from '../../policies/statistics/intervals.ts';
import type { Baseline } from './baseline.ts';
import type { Evaluation } from './evaluation.ts';

/** The most important answer first: the verdict, what a reviewer must notice, the gates, the slices, the numbers behind them. */
export function evaluationReport(evaluation: Evaluation): Report {
  const { task, verdict, results } = evaluation;
  return {
    title: `Evaluation of ${task.name}`,
    blocks: [
      { kind: 'verdict', verdict, text: verdictText(evaluation) },
      ...notes(evaluation),
      gateTable(evaluation),
      ...results.flatMap((result) => sliceBlocks(result, evaluation)),
      ...metricBlocks(evaluation),
      facts(evaluation),
    ],
  };
}

function verdictText({ task, results, verdict, humanReview }: Evaluation): Inline {
  const gates = results.length === 1 ? 'the only gate' : `all ${results.length} gates`;
  const those = results.filter((result) => result.verdict === verdict);
  const named = those.map((result) => gateWords(result.gate)).join('; ');
  switch (verdict) {
    case 'pass':
      return `${task.name} passes ${gates} of ${task.policyFile}`;
    case 'fail':
      return `${task.name} fails ${those.length} of ${results.length} gates: ${named}`;
    case 'inconclusive':
      return `${those.length} of ${results.length} gates of ${task.name} can't be decided: ${named}${humanReview ? '. The policy sends this to a person' : ''}`;
    case 'error':
      return `${those.length} of ${results.length} gates of ${task.name} can't be measured: ${named}`;
  }
}

function notes({ task, candidate, results }: Evaluation): Block[] {
  const blocks: Block[] = [];
  const warn = (text: Inline): number => blocks.push({ kind: 'note', tone: 'warning', text });
  if (task.policySource.kind === 'base' && task.policySource.edited) {
    warn([{ code: task.policyFile }, ' differs from the base branch here; the base branch’s policy judged.']);
  }
  if (task.policySource.kind === 'first') {
    warn([
      'The base branch has no ',
      { code: task.policyFile },
      ': the policy of this pull request judged its own model.',
    ]);
  }
  if (task.lock !== undefined && task.lock.model.sha256 !== candidate.sha256) {
    warn(['This is not the model that ', { code: LOCK_FILE }, ' names.']);
  }
  for (const result of results) {
    for (const text of gateNotes(result, task.policy.independentBy))
      blocks.push({ kind: 'note', tone: 'info', text });
  }
  return blocks;
}

/** Why a gate is undecided, and what would decide it. */
function gateNotes(result: GateResult, unit: string | undefined): string[] {
  const open = result.groups.filter((one) => one.verdict === 'inconclusive');
  const texts = new Map<string, string[]>();
  for (const group of open) {
    const why = reasonWords(group, unit);
    texts.set(why, [...(texts.get(why) ?? []), group.slice ?? '']);
  }
  const words = gateWords(result.gate);
  return [...texts].map(([why, slices]) => {
    const where = slices[0] === '' ? '' : ` (${shortened(slices)})`;
    return `${words}${where}: ${why}.`;
  });
}

function shortened(slices: readonly string[]): string {
  const shown = slices.slice(0, 5).join(', ');
  return slices.length > 5 ? `${shown} and ${slices.length - 5} more` : shown;
}

function reasonWords(
  { reason, needed, rows, positives, units }: GroupResult,
  unit: string | undefined,
): string {
  const more = needed === undefined ? '' : `; ${neededWords(needed, unit)}`;
  switch (reason) {
    case 'few-rows':
      return `${rows} rows are too few to tell${more}`;
    case 'few-of-class':
      return `${Math.min(positives, rows - positives)} rows of the rarer class are too few to tell${more}`;
    case 'few-clusters':
      return `${units} values of ${unit} are too few to tell${more}`;
    case 'no-spread':
      return 'nothing differs from one independent unit to the next, so that no interval can be given';
    case 'chance-among-slices':
      return 'its own interval lies on the bad side, but among so many slices that may be chance';
    default:
      return needed === undefined
        ? 'the estimate lies so near the bound that more rows would hardly help'
        : `the interval reaches across the bound${more}`;
  }
}

function neededWords({ unit, more }: Needed, column: string | undefined): string {
  const what = unit === 'rows' ? 'rows' : `values of ${column}`;
  return `about ${more} more ${what} would decide`;
}

function gateTable({ results, task }: Evaluation): TableBlock {
  return {
    kind: 'table',
    caption: `Gates of ${task.policyFile}, at ${task.policy.confidence * 100} % confidence`,
    columns: [
      { title: 'Gate' },
      { title: 'Estimate', align: 'right' },
      { title: 'Interval', align: 'right' },
      { title: 'Bound', align: 'right' },
      { title: 'Verdict' },
    ],
    rows: results.map((result) => [
      gateWords(result.gate),
      ...gateCells(result),
      [{ verdict: result.verdict }, reasonSuffix(result)],
    ]),
  };
}

function gateCells(result: GateResult): Inline[] {
  const [first] = result.groups;
  if (first === undefined) return ['–', '–', '–'];
  const slice = first.slice === undefined ? '' : `${first.slice}: `;
  const estimate =
    first.interval === undefined ? '–' : number(first.interval.estimate, isDifference(result.gate));
  return [
    `${slice}${estimate}`,
    interval(first.interval, isDifference(result.gate)),
    `${METRICS[result.gate.metric].better === 'higher' ? '≥' : '≤'} ${number(result.edge, isDifference(result.gate))}`,
  ];
}

function reasonSuffix({ reason, groups, gate }: GateResult): string {
  if (reason === 'nothing-live') return ' (nothing is live)';
  if (reason === 'no-slice') return ` (no value of ${gate.by?.column} has ${gate.by?.minRows} rows)`;
  if (reason === 'not-a-number') return ' (scores that are no probabilities)';
  if (groups.length > 0 && groups.every((one) => one.reason === 'identical')) return ' (the same as live)';
  if (gate.by === undefined) return '';
  const counts = (['error', 'fail', 'inconclusive', 'pass'] as const)
    .map((verdict) => [verdict, groups.filter((one) => one.verdict === verdict).length] as const)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`);
  return ` (${counts.join(', ')})`;
}

function sliceBlocks(result: GateResult, { task }: Evaluation): Block[] {
  const { gate, groups, small } = result;
  if (gate.by === undefined || groups.length === 0) return [];
  const { title } = METRICS[gate.metric];
  const difference = isDifference(gate);
  const measured = groups.flatMap((one) =>
    one.interval === undefined ? [] : [{ ...one, interval: one.interval }],
  );
  const blocks: Block[] = [{ kind: 'heading', level: 2, text: gateWords(gate) }];
  if (measured.length > 0) {
    blocks.push({
      kind: 'interval-chart',
      title: `${title} by ${gate.by.column}${difference ? ': candidate less live' : ''}`,
      axis: difference ? `difference of ${title}` : title,
      bound: { value: result.edge, label: difference ? 'margin' : 'bound' },
      rows: measured.slice(0, CHART_ROWS).map((one) => ({
        label: one.slice ?? '',
        estimate: one.interval.estimate,
        low: one.interval.low,
        high: one.interval.high,
        verdict: one.verdict,
      })),
    });
  }
  blocks.push({
    kind: 'details',
    summary: `${groups.length} values of ${gate.by.column}${measured.length > CHART_ROWS ? `, the chart shows the ${CHART_ROWS} most important` : ''}`,
    blocks: [sliceTable(result)],
  });
  const rest =
    small.slices === 0
      ? ''
      : ` ${small.slices} smaller values with ${small.rows} rows together were not judged (fewer than ${gate.by.minRows} rows each).`;
  blocks.push({
    kind: 'paragraph',
    text: `To pass, each value must show it by its own ${task.policy.confidence * 100} % interval; to fail, one value must show it after correction for ${measured.length} values.${rest}`,
  });
  return blocks;
}

/** Longer charts are not read. */
const CHART_ROWS = 30;

function sliceTable({ gate, groups }: GateResult): TableBlock {
  const difference = isDifference(gate);
  const { title } = METRICS[gate.metric];
  return {
    kind: 'table',
    columns: [
      { title: gate.by?.column ?? '' },
      { title: 'Rows', align: 'right' },
      { title: `Candidate’s ${title}`, align: 'right' },
      ...(difference
        ? [
            { title: 'Live', align: 'right' as const },
            { title: 'Difference', align: 'right' as const },
          ]
        : []),
      { title: 'Interval', align: 'right' },
      { title: 'Verdict' },
    ],
    rows: groups.map((one) => [
      one.slice ?? '',
      String(one.rows),
      optional(one.candidate),
      ...(difference
        ? [optional(one.live), one.interval === undefined ? '–' : number(one.interval.estimate, true)]
        : []),
      interval(one.interval, difference),
      { verdict: one.verdict },
    ]),
  };
}

function metricBlocks({ metrics, baseline }: Evaluation): Block[] {
  const compared = baseline !== undefined && baseline.kind !== 'nothing';
  return [
    { kind: 'heading', level: 2, text: compared ? 'Candidate and live' : 'Metrics' },
    {
      kind: 'table',
      columns: [
        { title: 'Metric' },
        { title: 'Candidate', align: 'right' },
        { title: 'Interval', align: 'right' },
        ...(compared
          ? [
              { title: 'Live', align: 'right' as const },
              { title: 'Difference', align: 'right' as const },
              { title: 'Interval', align: 'right' as const },
            ]
          : []),
        { title: 'Better' },
      ],
      rows: metrics.map((one) => [
        METRICS[one.metric].title,
        number(one.candidate.estimate),
        interval(one.candidate),
        ...(compared
          ? [
              optional(one.live),
              one.difference === undefined ? '–' : number(one.difference.estimate, true),
              interval(one.difference, true),
            ]
          : []),
        METRICS[one.metric].better,
      ]),
    },
  ];
}

function facts(evaluation: Evaluation): Block {
  const { task, candidate, data, baseline, measured, output } = evaluation;
  const rows = measured.labels.length;
  const positives = measured.labels.reduce((sum, label) => sum + label, 0);
  const { independentBy } = task.policy;
  return {
    kind: 'facts',
    items: [
      { name: 'Model', value: [task.name, ' ', { code: candidate.sha256 }] },
      { name: 'Scores', value: [{ code: output }, ', the probability of ', { code: task.label }] },
      { name: 'Data', value: [{ code: data.name }, ' ', { code: data.sha256 }] },
      {
        name: 'Rows',
        value: `${rows}, of them ${positives} positive (${((100 * positives) / rows).toFixed(1)} %)`,
      },
      {
        name: 'Independent',
        value:
          independentBy === undefined
            ? 'every row, says the policy'
            : `rows of different ${independentBy} (${measured.clusters?.count ?? 0} values)`,
      },
      {
        name: 'Policy',
        value: [{ code: task.policyFile }, ' ', { code: sha256(task.policyText) }, sourceWords(evaluation)],
      },
      { name: 'Live', value: baselineWords(baseline) },
    ],
  };
}

function sourceWords({ task }: Evaluation): string {
  return task.policySource.kind === 'base' ? ' of the base branch' : '';
}

function baselineWords(baseline: Baseline | undefined): Inline {
  if (baseline === undefined) return 'no gate compares with what is live';
  switch (baseline.kind) {
    case 'nothing':
      return `nothing: ${baseline.why}`;
    case 'file':
      return [{ code: baseline.sha256 }, ' from ', { code: baseline.file }];
    case 'environment':
      return [{ code: baseline.sha256 }, ` in ${baseline.environment}, from its release`];
  }
}

function isDifference(gate: Gate): boolean {
  return gate.bound.kind === 'no_worse_than_live';
}

function optional(value: number | undefined): string {
  return value === undefined ? '–' : number(value);
}

function interval(value: Interval | undefined, signed = false): string {
  if (value === undefined) return '–';
  return `${number(value.low, signed)} to ${number(value.high, signed)}`;
}

/** Four decimals; a difference shows its sign. */
function number(value: number, signed = false): string {
  const digits = Math.abs(value).toFixed(4);
  const sign = value < 0 && Number(digits) !== 0 ? '−' : signed && Number(digits) !== 0 ? '+' : '';
  return `${sign}${digits}`;
}
