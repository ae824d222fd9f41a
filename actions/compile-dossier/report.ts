import type { LedgerApproval } from '../../core/formats/record.ts';
import type { ResourceDescriptor, Statement } from '../../core/formats/statement.ts';
import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { firstBroken, type Link } from '../../core/ledger/chain-of-evidence.ts';
import { isAbout, ofType } from '../../core/ledger/evidence.ts';
import { endingText } from '../../core/ledger/periods.ts';
import { CONTROLS } from './controls.ts';
import { brokenLive, type Dossier, type EnvironmentHistory, type Traced } from './dossier.ts';

const NOT_KNOWN = 'not known';

/** The whole dossier as one report. A function of what was read: no clock. */
export function dossierReport(dossier: Dossier, verdict: Verdict): Report {
  return {
    title: `Dossier of ${dossier.model}`,
    blocks: [
      { kind: 'verdict', verdict, text: opening(dossier, verdict) },
      heading('What is live'),
      liveTable(dossier),
      heading('Releases and their evidence'),
      ...(dossier.traced.length === 0 ? [paragraph('Nothing was released yet.')] : []),
      ...dossier.traced.flatMap(releaseBlocks),
      heading('Roll-outs'),
      ...(dossier.environments.length === 0 ? [paragraph('Nothing was rolled out yet.')] : []),
      ...dossier.environments.map(historyTable),
      heading('Incidents'),
      ...incidentBlocks(dossier),
      heading('Waivers'),
      paragraph('None: no gate of this repository can be waived yet.'),
      heading('Drift and retraining'),
      ...driftBlocks(dossier),
      heading('What is not known'),
      { kind: 'list', items: unknowns(dossier) },
      heading('Which evidence speaks to which control'),
      {
        kind: 'note',
        tone: 'info',
        text: 'The evidence here supports an assessment of these controls. It is no claim that any of them is met.',
      },
      controlTable(),
    ],
  };
}

function opening(dossier: Dossier, verdict: Verdict): Inline {
  const [broken] = brokenLive(dossier);
  const link = broken === undefined ? undefined : firstBroken(broken.links);
  if (broken !== undefined && link !== undefined) {
    return [
      code(broken.digest),
      ` is live in ${broken.environments.join(', ')} and its chain is broken at ${link.name}: ${link.problems[0] ?? 'it was not reached'}`,
    ];
  }
  return verdict === 'pass'
    ? 'the chain of everything that is live holds, from traffic back to the data that trained it'
    : 'nothing is live: there is no chain to verify';
}

function liveTable({ environments }: Dossier): Block {
  return {
    kind: 'table',
    columns: titles('Environment', 'Digest', 'Since', 'Release', 'Approved by', 'Merged by'),
    rows: environments.map(({ environment, live, periods }) => {
      const period = periods.find((each) => each.as === 'live' && each.until === undefined);
      if (live === undefined || period === undefined) return [environment, 'nothing', '', '', '', ''];
      return [
        environment,
        code(live),
        period.from,
        period.release ?? NOT_KNOWN,
        approvers(period.approval),
        merger(period.approval),
      ];
    }),
  };
}

function releaseBlocks(traced: Traced): Block[] {
  const { digest, environments, evidence, links } = traced;
  const statements = evidence?.statements ?? [];
  const evaluation = ofType(statements, 'evaluation').find((one) => isAbout(one, digest));
  const where = environments.length === 0 ? 'not live' : `live in ${environments.join(', ')}`;
  return [
    { kind: 'heading', level: 3, text: digest.slice(0, 12) },
    {
      kind: 'facts',
      items: [
        { name: 'Model file', value: { code: digest } },
        { name: 'State', value: where },
        { name: 'Commit', value: evidence === undefined ? NOT_KNOWN : { code: evidence.manifest.commit } },
        {
          name: 'Reproduced',
          value:
            ofType(statements, 'training').some((one) => isAbout(one, digest)) && evidence?.model?.training
              ? `to the level of ${evidence.model.training.reproduce}`
              : NOT_KNOWN,
        },
        { name: 'Data', value: dataOf(traced) },
        { name: 'Contract', value: contractOf(statements) },
        { name: 'Evaluation', value: evaluation === undefined ? NOT_KNOWN : verdictText(evaluation) },
      ],
    },
    ...(evaluation === undefined ? [] : [gateTable(evaluation)]),
    {
      kind: 'details',
      summary: chainText(links),
      blocks: [
        {
          kind: 'table',
          columns: titles('Link', 'State', 'What it rests on'),
          rows: links.map(({ name, environment, state, problems, restsOn }) => [
            environment === undefined ? name : `${name} in ${environment}`,
            state,
            [...problems, ...restsOn].join('; '),
          ]),
        },
      ],
    },
  ];
}

/** A release that was never rolled out has no traffic to prove, which breaks nothing. */
function chainText(links: readonly Link[]): string {
  const never = links[0]?.name === 'traffic' && links[0].environment === undefined;
  const broken = firstBroken(never ? links.slice(1) : links);
  if (broken === undefined)
    return never ? 'It never had traffic; the rest of its chain holds' : 'The chain holds';
  const where = broken.environment === undefined ? '' : ` in ${broken.environment}`;
  return `The chain does not hold: ${broken.name}${where}`;
}

function dataOf({ evidence }: Traced): Inline {
  const files = Object.entries(evidence?.lock?.data ?? {});
  if (files.length === 0) return NOT_KNOWN;
  return files.flatMap(([name, file], index) =>
    file === undefined ? [] : [`${index === 0 ? '' : ', '}${name} ${file.path} `, { code: file.sha256 }],
  );
}

function contractOf(statements: readonly Statement[]): Inline {
  const entries = ofType(statements, 'contract').flatMap(({ predicate }) => {
    const { verdict, data } = predicate as {
      verdict?: string;
      data?: readonly { dataset?: string; contract?: ResourceDescriptor; rules?: readonly unknown[] }[];
    };
    return (data ?? []).map(
      ({ dataset, contract, rules }) =>
        `${dataset}: ${contract?.name} ${contract?.digest.sha256?.slice(0, 12)}, ${rules?.length ?? 0} rules, ${verdict}`,
    );
  });
  return entries.length === 0 ? NOT_KNOWN : entries.join('; ');
}

interface Gate {
  readonly gate?: string;
  readonly verdict?: string;
  readonly reason?: string;
}

function verdictText({ predicate }: Statement): Inline {
  const { verdict, humanReview, policy, rows } = predicate as {
    verdict?: string;
    humanReview?: boolean;
    policy?: ResourceDescriptor;
    rows?: number;
  };
  const review = humanReview === true ? ' (sent to human review)' : '';
  const rules = policy === undefined ? '' : `, by ${policy.name} ${policy.digest.sha256?.slice(0, 12)}`;
  return `${verdict ?? NOT_KNOWN}${review}${rules}${rows === undefined ? '' : `, on ${rows} rows`}`;
}

function gateTable({ predicate }: Statement): Block {
  const { gates = [] } = predicate as { gates?: readonly Gate[] };
  return {
    kind: 'table',
    caption: 'Gates',
    columns: titles('Gate', 'Verdict', 'Reason'),
    rows: gates.map(({ gate, verdict, reason }) => [gate ?? NOT_KNOWN, verdict ?? NOT_KNOWN, reason ?? '']),
  };
}

function historyTable({ environment, periods }: EnvironmentHistory): Block {
  return {
    kind: 'table',
    caption: environment,
    columns: titles('From', 'Until', 'Digest', 'As', 'Approved by', 'Merged by', 'How it ended'),
    rows: periods.map((period) => [
      period.from,
      period.until ?? '',
      code(period.digest),
      period.as,
      approvers(period.approval),
      merger(period.approval),
      endingText(period),
    ]),
  };
}

function incidentBlocks({ environments }: Dossier): Block[] {
  const rows = environments.flatMap(({ environment, records }) =>
    records
      .filter(({ kind }) => kind === 'rejected' || kind === 'rollback' || kind === 'override')
      .map(({ at, kind, digest, restored, reason }) => [
        at,
        environment,
        kind,
        code(digest),
        `${reason ?? NOT_KNOWN}${restored === undefined ? '' : `; ${restored.slice(0, 12)} restored`}`,
      ]),
  );
  if (rows.length === 0) return [paragraph('None: the ledger holds no rejection, rollback or override.')];
  return [{ kind: 'table', columns: titles('When', 'Environment', 'What', 'Digest', 'Why'), rows }];
}

function driftBlocks({ drift, retrainings }: Dossier): Block[] {
  const issue: Inline =
    drift === undefined
      ? 'No drift issue was ever opened.'
      : [
          { link: `#${drift.number}`, href: drift.url },
          ` ${drift.title} (${drift.open ? 'open' : 'closed'})`,
        ];
  return [
    paragraph(issue),
    retrainings.length === 0
      ? paragraph('No retraining was ever proposed.')
      : {
          kind: 'table',
          caption: 'Retraining pull requests',
          columns: titles('Pull request', 'Opened', 'State', 'Title'),
          rows: retrainings.map(({ number, url, opened, state, title }) => [
            { link: `#${number}`, href: url },
            opened,
            state,
            title,
          ]),
        },
  ];
}

/** What a reader may look for here and does not find. */
function unknowns({ traced, environments }: Dossier): Inline[] {
  const never = traced.filter(
    ({ digest }) => !environments.some(({ records }) => records.some((record) => record.digest === digest)),
  );
  const dark = traced.filter(({ evidence }) => evidence === undefined);
  return [
    ...dark.map(
      ({ digest }): Inline => ['The release of ', code(digest), ' could not be read or does not hold.'],
    ),
    ...never.map(
      ({ digest }): Inline => [code(digest), ' was released and never rolled out; why is not recorded.'],
    ),
    ['Data files were not hashed again for this dossier; ', { code: 'greenlight verify --data' }, ' does.'],
    'The statements are unsigned: who could change a release could change its statements, though not what Git and the ledger say.',
    'Intended purpose, legal basis, people affected and incidents outside of roll-outs are not recorded here.',
  ];
}

function controlTable(): Block {
  return {
    kind: 'table',
    columns: titles('Framework', 'Control', 'Supported by', 'Not covered here'),
    rows: CONTROLS.map(({ framework, control, supports, beyond }) => [framework, control, supports, beyond]),
  };
}

function approvers(approval: LedgerApproval | undefined): string {
  if (approval === undefined) return NOT_KNOWN;
  const users = approval.reviews.map(({ user, at }) => `@${user} (${at})`);
  return users.length === 0 ? 'none asked for' : users.join(', ');
}

function merger(approval: LedgerApproval | undefined): string {
  return approval === undefined ? NOT_KNOWN : `@${approval.merged_by} (#${approval.pull_request})`;
}

function code(digest: string): Inline {
  return { code: digest.slice(0, 12) };
}

function heading(text: string): Block {
  return { kind: 'heading', level: 2, text };
}

function paragraph(text: Inline): Block {
  return { kind: 'paragraph', text };
}

function titles(...names: string[]): { title: string }[] {
  return names.map((title) => ({ title }));
}
