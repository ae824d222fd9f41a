import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Place } from '../../core/kernel/place.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import type { ContractEdit } from './contract-edits.ts';
import { type JudgedData, rowOf, shareOf, summaryOf } from './findings.ts';
import { overall, type RuleOutcome } from './judge.ts';

const SHOWN_PLACES = 3;

/** The report: the verdict, edits of contracts, what is broken, what was not judged, then every rule. */
export function reportOf(
  model: string,
  verdict: Verdict,
  judged: readonly JudgedData[],
  edits: readonly ContractEdit[],
): Report {
  const rows = judged.flatMap((one) => one.outcomes.map((outcome) => ({ one, outcome })));
  const broken = rows.filter(
    ({ outcome: { status, follows } }) => (status === 'fail' || status === 'warn') && !follows,
  );
  const unjudged = rows.filter(({ outcome }) => outcome.status === 'error');
  broken.sort((a, b) => rank(a.outcome) - rank(b.outcome));
  const blocks: Block[] = [
    {
      kind: 'verdict',
      verdict,
      text: headline(
        judged,
        rows.map(({ outcome }) => outcome),
        edits,
      ),
    },
  ];
  blocks.push(...standings(judged));
  for (const { contract, blocks: changes } of edits)
    blocks.push({ kind: 'heading', level: 3, text: `Changes of ${contract}` }, ...changes);
  for (const { warnings } of judged) {
    for (const { message } of warnings) blocks.push({ kind: 'note', tone: 'warning', text: message });
  }
  if (broken.length > 0) blocks.push(brokenTable(broken));
  if (unjudged.length > 0) {
    blocks.push({
      kind: 'table',
      caption: 'Declared, but not judged: never a pass',
      columns: [{ title: 'Data' }, { title: 'Rule' }, { title: 'Why' }, { title: 'Contract' }],
      rows: unjudged.map(({ one, outcome: { rule, reason } }) => [
        one.data,
        rule.text,
        reason ?? '',
        contractCell(one, rule.place),
      ]),
    });
  }
  blocks.push(...judged.map(allRules));
  return { title: model === '' ? 'Data contract' : `Data contract of ${model}`, blocks };
}

function rank({ status }: RuleOutcome): number {
  return status === 'fail' ? 0 : 1;
}

function headline(
  judged: readonly JudgedData[],
  outcomes: readonly RuleOutcome[],
  edits: readonly ContractEdit[],
): string {
  const number = (status: RuleOutcome['status']): number =>
    outcomes.filter((outcome) => outcome.status === status).length;
  const data = [...new Set(judged.map((one) => one.data))];
  const counts = [
    `${number('pass')} rules hold`,
    ...(number('warn') > 0 ? [`${number('warn')} warn`] : []),
    ...(number('fail') > 0 ? [`${number('fail')} fail`] : []),
    ...(number('error') > 0 ? [`${number('error')} could not be judged`] : []),
  ].join(', ');
  const [one, several] = {
    pass: ['keeps its contract', 'keep their contracts'],
    fail: ['breaks its contract', 'do not all keep their contracts'],
    error: ['was not judged whole', 'were not all judged whole'],
    inconclusive: ['', ''],
  }[overall(outcomes)];
  const changes = edits.map(({ contract, headline: line }) => `; ${contract}: ${line}`).join('');
  return `${data.join(' and ')} ${data.length === 1 ? one : several}: ${counts}${changes}`;
}

function standings(judged: readonly JudgedData[]): Block[] {
  const words = {
    edited:
      'this pull request edits the contract; the data is judged by the base branch’s, which binds, and by its own, which binds once it is merged',
    new: 'the contract is new in this pull request; there is none on the base branch to judge by',
  };
  const notes = new Map<string, Block>();
  for (const { contract, standing } of judged) {
    if (standing === 'same' || standing === 'proposed') continue;
    notes.set(contract, { kind: 'note', tone: 'warning', text: [{ code: contract }, ': ', words[standing]] });
  }
  return [...notes.values()];
}

function brokenTable(broken: readonly { one: JudgedData; outcome: RuleOutcome }[]): Block {
  return {
    kind: 'table',
    caption: broken.some(({ outcome }) => outcome.values !== undefined)
      ? 'Broken rules; values are shown of the columns that were asked for, and withheld of all others'
      : 'Broken rules; values are withheld',
    columns: [
      { title: 'Verdict' },
      { title: 'Rule' },
      { title: 'Data' },
      { title: 'Failing rows', align: 'right' },
      { title: 'Share', align: 'right' },
      { title: 'First places' },
      { title: 'Contract' },
    ],
    rows: broken.map(({ one, outcome }) => {
      const { rule, status, count, failing, reason } = outcome;
      return [
        status === 'fail' ? { verdict: 'fail' } : 'warning',
        rule.text,
        one.data,
        failing && count !== undefined ? String(count) : '',
        failing && count !== undefined ? shareOf(count, one.rows) : '',
        reason ?? placesOf(one, outcome),
        contractCell(one, rule.place),
      ];
    }),
  };
}

function placesOf(one: JudgedData, outcome: RuleOutcome): Inline {
  if (!outcome.failing) return summaryOf(one, outcome);
  const shown = outcome.places.slice(0, SHOWN_PLACES).map((place, index): Inline => {
    const value = outcome.values?.[index];
    return [
      index === 0 ? '' : ', ',
      rowOf(place, one.data),
      ...(value === undefined ? [] : [': ', { code: value }]),
    ];
  });
  const more = (outcome.count ?? 0) > shown.length && shown.length > 0 ? ', …' : '';
  return [...shown, more];
}

function contractCell({ standing }: JudgedData, place: Place): Inline {
  return standing === 'proposed' ? [{ place }, ' (proposed)'] : { place };
}

function allRules(one: JudgedData): Block {
  const rows = one.outcomes.map((outcome): Inline[] => [
    outcome.status === 'warn' || outcome.status === 'stated' ? outcome.status : { verdict: outcome.status },
    outcome.rule.text,
    outcome.follows ? (outcome.reason ?? '') : summaryOf(one, outcome),
    { place: outcome.rule.place },
  ]);
  const digested = one.described === undefined ? ', sha256 ' : ', sha256 of its description ';
  return {
    kind: 'details',
    summary: `All ${one.outcomes.length} rules of ${one.table}${one.standing === 'proposed' ? ' as this pull request proposes them' : ''} over ${one.data} (${one.rows} rows)`,
    blocks: [
      {
        kind: 'facts',
        items: [
          { name: 'Data', value: [one.data, digested, { code: one.dataSha256 }] },
          { name: 'Contract', value: [one.contract, ', sha256 ', { code: one.contractSha256 }] },
        ],
      },
      {
        kind: 'table',
        columns: [
          { title: 'Outcome' },
          { title: 'Rule' },
          { title: 'What was found' },
          { title: 'Contract' },
        ],
        rows,
      },
      ...(one.pictures === undefined ? [] : [one.pictures]),
    ],
  };
}
