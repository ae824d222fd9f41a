import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readEndedRun } from '../../actions/post-report/event.ts';
import { keepOwnLinks } from '../../actions/post-report/links.ts';
import { summarize } from '../../actions/post-report/summary.ts';
import { type Found, readUntrusted } from '../../actions/post-report/untrusted.ts';
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
    {
      kind: 'distribution-chart',
      title: 't',
      rows: 9,
      columns: [
        { name: 'a', nulls: 0, spread: { kind: 'bins', edges: [0.5], counts: [4, 5] } },
        {
          name: 'b',
          nulls: 1,
          spread: { kind: 'values', values: [{ label: 'l', count: 4 }, { count: 2 }], others: 2 },
        },
        { name: 'c', nulls: 9, spread: { kind: 'words', text: 'not drawn' } },
      ],
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
    summarize(each, conclusion, HOME, false).verdict;

  it('is the worst of its reports', () => {
    const two = [found(report('pass')), found(report('fail', [], 'evaluate-model'))];
    expect(summarize(two, 'failure', HOME, false).sentence).toBe('evaluate-model: fail');
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

  it('without a report is a pass only where the run went well and nothing of the model changed', () => {
    expect(summarize([], 'success', HOME, true)).toMatchObject({ verdict: 'pass', state: 'success' });
    expect(summarize([], 'success', HOME, false)).toMatchObject({
      verdict: 'error',
      state: 'error',
      sentence: 'the run ended without a report',
    });
    for (const noModel of [true, false])
      expect(summarize([], 'failure', HOME, noModel)).toMatchObject({ verdict: 'error', state: 'error' });
  });

  it.each<[Verdict, string, string, string]>([
    ['pass', 'success', 'success', 'validate-data: pass'],
    ['pass', 'failure', 'error', 'the run ended as failure although its reports pass'],
    ['inconclusive', 'success', 'success', 'validate-data: inconclusive, needs human review'],
    ['inconclusive', 'failure', 'failure', 'validate-data: inconclusive'],
    ['inconclusive', 'cancelled', 'failure', 'validate-data: inconclusive'],
    ['fail', 'failure', 'failure', 'validate-data: fail'],
    ['fail', 'success', 'failure', 'validate-data: fail'],
    ['error', 'failure', 'error', 'validate-data: error'],
  ])('as a commit status: %s in a run that ended as %s is %s', (verdict, conclusion, state, sentence) => {
    expect(summarize([found(report(verdict))], conclusion, HOME, false)).toMatchObject({ state, sentence });
  });

  it('stays open where the run waits for a person', () => {
    expect(summarize([], 'action_required', HOME, true)).toMatchObject({
      verdict: 'inconclusive',
      state: 'pending',
    });
  });
});

describe('the bytes of an artifact that anybody may have made', () => {
  const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

  it('are a report where they are one, of the model and action of the name', () => {
    const own = report('pass');
    expect(readUntrusted('greenlight-flight-delay-validate-data.json', bytes(own))).toMatchObject({
      kind: 'report',
      report: own,
    });
    const nameless = { ...own, model: '<script>|' };
    expect(readUntrusted('greenlight-repository-validate-data.json', bytes(nameless)).kind).toBe('report');
  });

  it.each([
    'greenlight-flight-delay-evaluate-model.json',
    'greenlight-other-validate-data.json',
    'greenlight-flight-delay-validate-data',
    'greenlight-repository-validate-data.json',
  ])('lie under the name %s', (name) => {
    expect(readUntrusted(name, bytes(report('pass')))).toMatchObject({
      kind: 'unreadable',
      why: 'it tells of another model or action than its name',
    });
  });

  it('never throw, and never are a report, if they are no JSON of its schema', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (any) => {
          expect(readUntrusted('greenlight-m-validate-data.json', any).kind).toBe('unreadable');
        },
      ),
    );
  });
});

describe("GitHub's event of a run that has ended", () => {
  const workflow_run = {
    id: 7,
    html_url: `${HOME}/actions/runs/7`,
    conclusion: 'success',
    head_sha: '0'.repeat(40),
    head_branch: 'change',
    head_repository: { full_name: 'outsider/flights' },
  };
  const read = (change: object) =>
    readEndedRun(JSON.stringify({ workflow_run: { ...workflow_run, ...change } }));

  it('names the run and its head', () => {
    expect(read({})).toEqual({
      id: 7,
      url: `${HOME}/actions/runs/7`,
      conclusion: 'success',
      headSha: '0'.repeat(40),
      headBranch: 'change',
      headRepository: 'outsider/flights',
    });
  });

  it('may name a fork that was deleted since', () => {
    expect(read({ head_repository: null }).headRepository).toBeUndefined();
  });

  it.each(Object.keys(workflow_run).filter((key) => key !== 'head_repository'))(
    'lacks nothing: %s',
    (key) => {
      expect(() => read({ [key]: undefined })).toThrow('names no run that has ended');
    },
  );
});
