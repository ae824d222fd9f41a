import { describe, expect, it } from 'vitest';
import { keepOwnLinks } from '../../actions/post-report/links.ts';
import { type Found, summarize } from '../../actions/post-report/summary.ts';
import { type ActionReport, readActionReport, writeActionReport } from '../../core/formats/report.ts';
import type { Block, Inline } from '../../core/kernel/blocks.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';

const HOME = 'https://github.example/model-owner/flights';

function report(verdict: Verdict, blocks: readonly Block[] = [], action = 'validate-data'): ActionReport {
  const body = { title: action, blocks };
  return {
    schema: 'greenlight.report/v1',
    action,
    model: 'flight-delay',
    verdict,
    subjects: [],
    findings: [],
    report: body,
  };
}

const found = (each: ActionReport): Found => ({ kind: 'report', artifact: 'greenlight-a', report: each });
const reread = (blocks: unknown): ActionReport =>
  readActionReport(JSON.stringify({ ...report('pass'), report: { title: 'x', blocks } }), 'report.json');

describe('the schema of report.json', () => {
  const every: Block[] = [
    { kind: 'verdict', verdict: 'pass', text: ['a ', { strong: { code: 'b' } }] },
    { kind: 'heading', level: 2, text: 'h' },
    { kind: 'paragraph', text: { place: { file: 'a.csv', line: 1, column: 2, record: 3, field: 'f' } } },
    { kind: 'list', items: [{ verdict: 'fail' }] },
    { kind: 'facts', items: [{ name: 'n', value: { link: 'l', href: '/x' } }] },
    { kind: 'table', caption: 'c', columns: [{ title: 't', align: 'right' }], rows: [['1']] },
    {
      kind: 'interval-chart',
      title: 't',
      axis: 'AUC',
      bound: { value: 0, label: 'b' },
      rows: [{ label: 'l', estimate: 1, low: 0, high: 2, verdict: 'error' }],
    },
    {
      kind: 'series-chart',
      title: 't',
      axis: 'PSI',
      threshold: { value: 0, label: 'b' },
      points: [{ label: 'l', value: 1, low: 0, high: 2, alarm: true }],
    },
    { kind: 'code', language: 'yaml', text: 'a: 1' },
    { kind: 'note', tone: 'warning', text: 'n' },
  ];

  it('takes every block, folded too', () => {
    const whole = report('pass', [...every, { kind: 'details', summary: 's', blocks: every }]);
    expect(readActionReport(writeActionReport(whole), 'report.json')).toEqual(whole);
  });

  it.each<[string, unknown]>([
    ['an unknown kind', { kind: 'html', text: '<script>' }],
    ['a kind without its parts', { kind: 'table' }],
    ['a part too many', { kind: 'paragraph', text: 'x', html: '<b>' }],
    ['a text that is a number', { kind: 'paragraph', text: 1 }],
    ['an inline of two kinds', { kind: 'paragraph', text: { code: 'x', href: 'y' } }],
    ['a verdict of its own making', { kind: 'verdict', verdict: 'great', text: '' }],
    ['a heading that outranks ours', { kind: 'heading', level: 1, text: 'x' }],
  ])('refuses %s', (_, block) => {
    expect(() => reread([block])).toThrow();
  });

  it('bounds how deep texts and folded parts nest', () => {
    const strong = (depth: number): Inline => (depth === 0 ? 'x' : { strong: strong(depth - 1) });
    const folded = (depth: number): Block =>
      depth === 0
        ? { kind: 'paragraph', text: 'x' }
        : { kind: 'details', summary: 's', blocks: [folded(depth - 1)] };
    expect(() => reread([{ kind: 'paragraph', text: strong(5) }])).not.toThrow();
    expect(() => reread([{ kind: 'paragraph', text: strong(6) }])).toThrow();
    expect(() => reread([folded(3)])).not.toThrow();
    expect(() => reread([folded(4)])).toThrow();
  });
});

describe('links of an untrusted report', () => {
  const kept = (href: string): unknown =>
    keepOwnLinks({ title: '', blocks: [{ kind: 'paragraph', text: { link: 'l', href } }] }, HOME).blocks[0];

  it.each([`${HOME}/pull/1`, HOME])('stay within the repository: %s', (href) => {
    expect(kept(href)).toEqual({ kind: 'paragraph', text: { link: 'l', href } });
  });

  it.each([
    'https://evil.example/',
    '//evil.example/x',
    '\\\\evil.example/x',
    'javascript:alert(1)',
    `${HOME}-evil/x`,
    `${HOME}/../other`,
    `${HOME}/%2e%2e/other`,
    'https://github.example@evil.example/model-owner/flights/',
    'https://who@github.example/model-owner/flights/',
    'http://[',
  ])('become text: %s', (href) => {
    expect(kept(href)).toEqual({ kind: 'paragraph', text: 'l' });
  });
});

describe('the verdict of a run', () => {
  const verdictOf = (each: readonly Found[], conclusion: string): Verdict =>
    summarize(each, conclusion, HOME).verdict;

  it('is the worst of its reports', () => {
    const two = [found(report('pass')), found(report('fail', [], 'evaluate-model'))];
    expect(summarize(two, 'failure', HOME).sentence).toBe('evaluate-model: fail');
    expect(verdictOf(two, 'failure')).toBe('fail');
  });

  it('is never a pass where the run failed or a report can not be read', () => {
    expect(verdictOf([found(report('pass'))], 'success')).toBe('pass');
    expect(verdictOf([found(report('pass'))], 'failure')).toBe('error');
    expect(verdictOf([found(report('pass'))], 'cancelled')).toBe('error');
    expect(
      verdictOf([found(report('pass')), { kind: 'unreadable', artifact: 'a', why: 'b' }], 'success'),
    ).toBe('error');
  });

  it('without a report is a pass only where the run went well', () => {
    expect(verdictOf([], 'success')).toBe('pass');
    expect(verdictOf([], 'failure')).toBe('error');
  });
});
