import { stringify } from 'yaml';
import { WAIVERS_FILE } from '../../../core/formats/waiver.ts';
import type { Block, Inline, TableBlock } from '../../../core/kernel/blocks.ts';
import type { Change } from './change.ts';
import type { ChangeFinding } from './judge.ts';
import { effectOf } from './kinds.ts';

type Break = Extract<ChangeFinding, { kind: 'contract-break' }>;

/** As many as a reviewer reads in half a minute. */
const OPEN_ROWS = 12;
/** Waivers to paste; whoever breaks more writes one with a `*`. */
const PASTED = 5;

/** The judgement in one line. */
export function changesHeadline(changes: readonly Change[], findings: readonly ChangeFinding[]): string {
  const open = findings.filter(({ kind, level }) => kind === 'contract-break' && level === 'fail').length;
  const version = findings.find((finding) => finding.kind === 'contract-version');
  const reasons = [
    ...(open === 0
      ? []
      : [number(open, 'change breaks and no waiver accepts it', 'changes break and no waiver accepts them')]),
    ...(version?.level !== 'fail'
      ? []
      : [version.moved === 'back' ? 'the version went back' : 'the version must move further']),
  ];
  if (reasons.length > 0) return reasons.join('; ');
  if (changes.length === 0) return 'nothing changed';
  const waived = findings.some(({ level }) => level === 'waived');
  return waived ? 'what breaks is accepted by waivers' : 'nothing breaks';
}

/** The changes of one contract for a pull request: what breaks is open, the rest is folded away. */
export function changesReport(changes: readonly Change[], findings: readonly ChangeFinding[]): Block[] {
  const breaks = findings.filter((finding) => finding.kind === 'contract-break');
  const open = breaks.filter(({ level }) => level === 'fail');
  const ordered = [...open, ...breaks.filter(({ level }) => level === 'waived')];
  const broken = new Set(breaks.map(({ change }) => change));
  const rest = changes.filter((change) => !broken.has(change));
  const blocks: Block[] = [{ kind: 'paragraph', text: summary(breaks, open, rest) }];
  if (breaks.length > 0) blocks.push(breakTable(ordered.slice(0, OPEN_ROWS)));
  const more = ordered.slice(OPEN_ROWS);
  if (more.length > 0)
    blocks.push({ kind: 'details', summary: `${more.length} more that break`, blocks: [breakTable(more)] });
  blocks.push(...notes(findings));
  if (open.length > 0) blocks.push(howToAccept(open));
  if (rest.length > 0)
    blocks.push({
      kind: 'details',
      summary: number(rest.length, 'change that breaks nobody', 'changes that break nobody'),
      blocks: [restTable(rest)],
    });
  return blocks;
}

function summary(breaks: readonly Break[], open: readonly Break[], rest: readonly Change[]): string {
  if (breaks.length + rest.length === 0) return 'No change.';
  const waived = breaks.length - open.length;
  const breaking = [
    number(breaks.length, 'change breaks', 'changes break'),
    ` (producer ${count(breaks, 'producer')}, consumer ${count(breaks, 'consumer')})`,
    ...(waived === 0 ? [] : [`, ${waived} accepted by a waiver`]),
  ].join('');
  const added = rest.filter(({ kind }) => effectOf(kind).bump === 'minor').length;
  const parts = [
    breaks.length === 0 ? 'Nothing breaks' : breaking,
    ...(added === 0 ? [] : [number(added, 'addition')]),
    ...(rest.length === added ? [] : [`${number(rest.length - added, 'change')} of words`]),
  ];
  return `${parts.join('; ')}.`;
}

function count(breaks: readonly Break[], side: 'producer' | 'consumer'): number {
  return breaks.filter(({ change }) => change[side] === 'breaking').length;
}

function breakTable(breaks: readonly Break[]): TableBlock {
  const waivers = breaks.some(({ waiver }) => waiver !== undefined);
  return {
    kind: 'table',
    columns: [
      { title: 'Changed' },
      { title: 'What' },
      { title: 'Breaks' },
      { title: 'Kind' },
      ...(waivers ? [{ title: 'Waiver' }] : []),
      { title: 'Contract' },
    ],
    rows: breaks.map((one) => {
      const { path, what, kind, place } = one.change;
      return [
        { code: path },
        what,
        sides(one.change),
        { code: kind },
        ...(waivers ? [waiverText(one)] : []),
        { place },
      ];
    }),
  };
}

function sides({ producer, consumer }: Change): Inline {
  if (producer === consumer) return { strong: 'both' };
  return producer === 'breaking' ? 'producer' : 'consumer';
}

function waiverText({ level, waiver }: Break): string {
  if (waiver === undefined) return 'none';
  if (level === 'fail') return `expired on ${waiver.expires} (${waiver.owner})`;
  return `${waiver.owner} until ${waiver.expires}: ${waiver.reason}`;
}

function restTable(changes: readonly Change[]): TableBlock {
  return {
    kind: 'table',
    columns: [
      { title: 'Changed' },
      { title: 'What' },
      { title: 'Kind' },
      { title: 'Version' },
      { title: 'Contract' },
    ],
    rows: changes.map(({ path, what, kind, place }) => [
      { code: path },
      what,
      { code: kind },
      effectOf(kind).bump,
      { place },
    ]),
  };
}

function notes(findings: readonly ChangeFinding[]): Block[] {
  return findings.flatMap((finding): Block[] => {
    if (finding.kind === 'contract-break') return [];
    const text: Inline = [finding.text, ' (', { place: finding.place }, ')'];
    if (finding.level === 'fail') return [{ kind: 'paragraph', text: [{ verdict: 'fail' }, ' ', text] }];
    if (finding.level === 'warn') return [{ kind: 'note', tone: 'warning', text }];
    return [{ kind: 'paragraph', text: finding.text }];
  });
}

function howToAccept(open: readonly Break[]): Block {
  const waivers = open.slice(0, PASTED).map(({ change: { path, kind } }) => ({
    scope: path,
    change: kind,
    owner: '@…',
    reason: '…',
    expires: '…',
  }));
  return {
    kind: 'details',
    summary: `To accept what breaks, write to ${WAIVERS_FILE}`,
    blocks: [{ kind: 'code', language: 'yaml', text: stringify({ waivers }).trimEnd() }],
  };
}

function number(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
