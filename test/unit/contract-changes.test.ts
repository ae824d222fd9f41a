import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../actions/validate-data/compatibility/change.ts';
import {
  CLASSIFICATION_LEVELS,
  classificationRank,
} from '../../actions/validate-data/compatibility/classification.ts';
import {
  type ChangeFinding,
  changesPass,
  judgeChanges,
} from '../../actions/validate-data/compatibility/judge.ts';
import { type ChangeKind, effectOf, KINDS } from '../../actions/validate-data/compatibility/kinds.ts';
import { changesHeadline, changesReport } from '../../actions/validate-data/compatibility/report.ts';
import {
  bumpAt,
  bumpNeeded,
  moveOf,
  nextVersion,
} from '../../actions/validate-data/compatibility/version.ts';
import { readWaivers, type Waiver } from '../../core/formats/waiver.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { renderMarkdown } from '../../reports/markdown.ts';

const NOW = new Date('2001-05-14T08:00:00Z');
const FILE = 'contracts/c.yaml';

function change(at: string, kind: ChangeKind): Change {
  const { producer, consumer } = effectOf(kind);
  return {
    path: at,
    kind,
    producer,
    consumer,
    what: `what of ${at}`,
    place: { file: FILE, line: 7, column: 3 },
  };
}

function waiver(given: Partial<Waiver>): Waiver {
  return {
    scope: 't.x.maximum',
    change: 'maximum-raised',
    owner: '@risk-reviewer',
    reason: 'a reason',
    expires: '2001-05-14',
    place: { file: 'greenlight.waivers.yaml', line: 2 },
    ...given,
  };
}

function judge(
  changes: readonly Change[],
  versions: [string, string],
  waivers: readonly Waiver[] = [],
): readonly ChangeFinding[] {
  const [old, next] = versions;
  return judgeChanges(changes, { old, next, place: { file: FILE, line: 4 } }, waivers, NOW);
}

const levels = (findings: readonly ChangeFinding[]): string[] =>
  findings.map(({ kind, level }) => `${kind} ${level}`);

describe('the version', () => {
  it.each([
    ['1.2.3', '2.0.0', 'major'],
    ['1.2.3', '2.0.0-rc.1', 'major'],
    ['2.0.0-rc.1', '2.0.0-rc.2', 'major'],
    ['2.0.0-rc.9', '2.0.0-rc.10', 'major'],
    ['2.0.0-rc.1', '2.0.0', 'major'],
    ['2.0.0', '2.0.0-rc.1', 'back'],
    ['1.2.3', '1.3.0', 'minor'],
    ['1.2.3', '1.2.4', 'patch'],
    ['1.2.3', '1.2.3+build', 'none'],
    ['1.10.0', '1.9.0', 'back'],
    ['1.2', '1.3', 'unknown'],
    ['1.2', '1.2', 'none'],
    ['01.2.3', '1.2.4', 'unknown'],
  ])('%s → %s moved: %s', (old, next, move) => {
    expect(moveOf(old, next)).toBe(move);
  });

  it('orders as semver.org does', () => {
    const order = [
      '1.0.0-alpha',
      '1.0.0-alpha.1',
      '1.0.0-alpha.beta',
      '1.0.0-beta',
      '1.0.0-beta.2',
      '1.0.0-beta.11',
      '1.0.0-rc.1',
      '1.0.0',
    ];
    for (const [index, version] of order.entries())
      for (const earlier of order.slice(0, index)) {
        expect(moveOf(version, earlier), `${version} ${earlier}`).toBe('back');
        expect(moveOf(earlier, version), `${earlier} ${version}`).toBe('major');
      }
  });

  it('that is named as the next one is enough', () => {
    const part = fc.nat(20);
    const bump = fc.constantFrom('patch' as const, 'minor' as const, 'major' as const);
    fc.assert(
      fc.property(part, part, part, bump, (a, b, c, needed) => {
        const version = `${a}.${b}.${c}`;
        expect(moveOf(version, nextVersion(version, needed) ?? '')).toBe(needed);
      }),
    );
  });

  it('moves by the largest change, before 1.0.0 one step less', () => {
    const [breaking, added, worded] = [
      change('a', 'type-changed'),
      change('b', 'table-added'),
      change('c', 'words-changed'),
    ];
    expect(bumpNeeded([])).toBe('none');
    expect(bumpNeeded([worded])).toBe('patch');
    expect(bumpNeeded([worded, added])).toBe('minor');
    expect(bumpNeeded([worded, breaking, added])).toBe('major');
    expect(bumpAt('0.3.1', 'major')).toBe('minor');
    expect(bumpAt('0.3.1', 'patch')).toBe('patch');
    expect(bumpAt('1.3.1', 'minor')).toBe('minor');
  });
});

describe('the judgement', () => {
  it.each([
    [
      '1.0.0',
      '1.0.0',
      'words-changed',
      'the version is still 1.0.0, but the changes ask for a patch version: write 1.0.1',
    ],
    [
      '1.0.0',
      '1.0.1',
      'table-added',
      'the version moved from 1.0.0 to 1.0.1 (patch), but the changes ask for a minor version: write 1.1.0',
    ],
    ['1.1.0', '1.0.0', 'words-changed', 'the version went back from 1.1.0 to 1.0.0'],
    [
      '0.4.1',
      '0.4.2',
      'type-changed',
      'the version moved from 0.4.1 to 0.4.2 (patch), but the changes ask for a minor version: write 0.5.0',
    ],
    ['soon', 'soon', 'words-changed', 'the version is still soon, but the changes ask for a patch version'],
  ] as const)('fails %s → %s with %s', (old, next, kind, text) => {
    const findings = judge([change('t', kind)], [old, next]);
    expect(findings.find(({ kind }) => kind === 'contract-version')).toMatchObject({
      level: 'fail',
      text,
      place: { file: FILE, line: 4 },
    });
    expect(changesPass(findings)).toBe(false);
  });

  it('asks less before 1.0.0', () => {
    expect(levels(judge([change('t', 'table-added')], ['0.4.1', '0.4.2']))).toEqual([
      'contract-version pass',
    ]);
  });

  it('says that a version is none, and lets it pass if it moved', () => {
    const findings = judge([change('t', 'words-changed')], ['1.0.0', 'v2']);
    expect(levels(findings)).toEqual(['contract-version warn']);
    expect(changesPass(findings)).toBe(true);
  });

  it('wants a waiver for what breaks, whatever the version', () => {
    const raised = change('t.x.maximum', 'maximum-raised');
    expect(levels(judge([raised], ['1.0.0', '2.0.0']))).toEqual([
      'contract-break fail',
      'contract-version pass',
    ]);
    expect(levels(judge([raised], ['1.0.0', '2.0.0'], [waiver({})]))).toEqual([
      'contract-break waived',
      'contract-version pass',
    ]);
    expect(levels(judge([raised], ['1.0.0', '1.1.0'], [waiver({})]))).toEqual([
      'contract-break waived',
      'contract-version fail',
    ]);
  });

  it.each([
    ['another path', { scope: 't.x' }],
    ['a path that only begins so', { scope: 't.x.max' }],
    ['a path that only ends so', { scope: 'x.maximum' }],
    ['parts in another order', { scope: '*maximum*x*' }],
    ['parts that overlap', { scope: 't.x.max*ximum' }],
    ['a dot that is no dot', { scope: 't.xxmaximum' }],
    ['another kind', { change: 'maximum-lowered' }],
    ['a slip in the kind', { change: 'maximum-rased' }],
    ['a day that is over', { expires: '2001-05-13' }],
  ])('takes no waiver of %s, and says so', (_, given) => {
    const findings = judge([change('t.x.maximum', 'maximum-raised')], ['1.0.0', '2.0.0'], [waiver(given)]);
    expect(levels(findings)).toEqual([
      'contract-break fail',
      'contract-version pass',
      'contract-waiver warn',
    ]);
  });

  it.each([
    ['its whole path', {}],
    ['a table', { scope: 't.*' }],
    ['a property in any table', { scope: '*.x.maximum' }],
    ['several parts', { scope: '*x*m*m*' }],
    ['this contract', { contract: FILE }],
  ])('takes a waiver of %s', (_, given) => {
    const findings = judge([change('t.x.maximum', 'maximum-raised')], ['1.0.0', '2.0.0'], [waiver(given)]);
    expect(levels(findings)).toEqual(['contract-break waived', 'contract-version pass']);
  });

  it('leaves the waivers of other contracts alone', () => {
    const findings = judge(
      [change('t.x.maximum', 'maximum-raised')],
      ['1.0.0', '2.0.0'],
      [waiver({ contract: 'contracts/other.yaml' })],
    );
    expect(levels(findings)).toEqual(['contract-break fail', 'contract-version pass']);
  });

  it('names the kind that was meant', () => {
    const [, , said] = judge(
      [change('t.x.maximum', 'maximum-raised')],
      ['1.0.0', '2.0.0'],
      [waiver({ change: 'maximum-rased' })],
    );
    expect(said).toMatchObject({
      text: 'the waiver of t.x.maximum (maximum-rased) names no kind of change; did you mean maximum-raised?',
    });
  });
});

describe('a file of waivers', () => {
  const codes = (text: string): string[] => {
    try {
      readWaivers(text);
      return [];
    } catch (thrown) {
      return userErrors(thrown).map(({ code, place }) => `${code} ${place?.line}:${place?.column}`);
    }
  };
  const lines = (...more: string[]): string =>
    [
      'waivers:',
      '  - scope: t.x',
      '    change: maximum-raised',
      '    owner: "@risk-reviewer"',
      '    reason: because',
      ...more,
    ].join('\n');

  it('is read with places', () => {
    expect(readWaivers(lines('    expires: 2001-12-31'))).toEqual([
      {
        scope: 't.x',
        change: 'maximum-raised',
        owner: '@risk-reviewer',
        reason: 'because',
        expires: '2001-12-31',
        place: { file: 'greenlight.waivers.yaml', line: 2, column: 5 },
      },
    ]);
    expect(readWaivers('waivers: []')).toEqual([]);
  });

  it.each([
    ['without an expiry', lines(), 'waiver/missing-key 2:5'],
    ['with a day that no calendar has', lines('    expires: 2001-02-30'), 'waiver/bad-date 6:14'],
    ['with a date of another form', lines('    expires: 31.12.2001'), 'waiver/bad-value 6:14'],
    ['with a slip', lines('    expire: 2001-12-31', '    expires: 2001-12-31'), 'waiver/unknown-key 6:5'],
    [
      'with an owner without @',
      lines('    expires: 2001-12-31').replace('"@risk', '"risk'),
      'waiver/bad-value 4:12',
    ],
  ])('%s is refused', (_, text, code) => {
    expect(codes(text)).toEqual([code]);
  });
});

describe('the report', () => {
  const breaks = Array.from({ length: 15 }, (_, index) => change(`t.c${index}.maximum`, 'maximum-raised'));
  const changes = [...breaks, change('t.new', 'property-added'), change('t.description', 'words-changed')];
  const findings = judge(changes, ['1.0.0', '1.1.0'], [waiver({ scope: 't.c3.maximum' })]);
  const blocks = changesReport(changes, findings);

  it('opens what breaks, a dozen rows at most, those without a waiver first', () => {
    const [first, second] = blocks;
    expect(first).toEqual({
      kind: 'paragraph',
      text: '15 changes break (producer 0, consumer 15), 1 accepted by a waiver; 1 addition; 1 change of words.',
    });
    if (second?.kind !== 'table') throw new Error('no table');
    expect(second.rows).toHaveLength(12);
    expect(second.rows.map(([cell]) => cell)).not.toContainEqual({ code: 't.c3.maximum' });
  });

  it('loses nothing: each change and each finding is somewhere', () => {
    const markdown = renderMarkdown({ title: 'Changes', blocks }, { limit: 60_000 });
    for (const { path: at } of changes) expect(markdown).toContain(at);
    expect(markdown).toContain('write 2.0.0');
    expect(markdown).toContain('risk-reviewer until 2001-05-14: a reason');
  });

  it('gives the waiver to write, which can be read', () => {
    const how = blocks.find(
      (block) => block.kind === 'details' && block.summary.includes('greenlight.waivers.yaml'),
    );
    const [code] = how?.kind === 'details' ? how.blocks : [];
    const text = code?.kind === 'code' ? code.text : '';
    const filled = text.replaceAll('@…', '@a').replaceAll(/expires: …/g, 'expires: 2001-12-31');
    expect(readWaivers(filled)[0]).toMatchObject({ scope: 't.c0.maximum', change: 'maximum-raised' });
  });

  it.each([
    [[], ['1.0.0', '1.0.0'], [], 'nothing changed'],
    [['words-changed'], ['1.0.0', '1.0.1'], [], 'nothing breaks'],
    [['maximum-raised'], ['1.0.0', '2.0.0'], [waiver({ scope: 't' })], 'what breaks is accepted by waivers'],
    [['maximum-raised'], ['1.0.0', '2.0.0'], [], '1 change breaks and no waiver accepts it'],
    [
      ['type-changed', 'maximum-raised'],
      ['1.0.0', '2.0.0'],
      [],
      '2 changes break and no waiver accepts them',
    ],
    [['table-added'], ['1.0.0', '1.0.0'], [], 'the version must move further'],
    [
      ['type-changed'],
      ['1.0.0', '1.0.1'],
      [],
      '1 change breaks and no waiver accepts it; the version must move further',
    ],
    [[], ['1.1.0', '1.0.1'], [], 'the version went back'],
  ] as const)('says %j, %j in one line', (kinds, [old, next], waivers, text) => {
    const all = kinds.map((kind) => change('t', kind));
    expect(changesHeadline(all, judge(all, [old, next], waivers))).toBe(text);
  });

  it('is one line when nothing changed', () => {
    expect(changesReport([], judge([], ['1.0.0', '1.0.0']))).toEqual([
      { kind: 'paragraph', text: 'No change.' },
      { kind: 'paragraph', text: 'version 1.0.0' },
    ]);
  });
});

describe('docs/contract-changes.md', () => {
  const page = readFileSync(path.resolve(import.meta.dirname, '../../docs/contract-changes.md'), 'utf8');
  const between = (marker: string): string => {
    const [, text = ''] = new RegExp(`<!-- ${marker} -->\n(.*?)<!-- /${marker} -->`, 's').exec(page) ?? [];
    return text.trim();
  };
  const table = (rows: readonly (readonly string[])[]): string => {
    const [head = []] = rows;
    const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
    const line = (row: readonly string[]): string =>
      `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
    return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.slice(1).map(line)].join(
      '\n',
    );
  };

  it('has every kind of change with its class', () => {
    const rows = Object.entries(KINDS).map(([kind, { means, producer, consumer, bump }]) => [
      `\`${kind}\``,
      means,
      producer,
      consumer,
      bump,
    ]);
    expect(between('kinds')).toBe(table([['kind', 'what', 'producer', 'consumer', 'version'], ...rows]));
  });

  it('has the vocabulary of classification', () => {
    const rows = CLASSIFICATION_LEVELS.map(({ level, words }) => [level, words.join(', ')]);
    expect(between('classification')).toBe(table([['level', 'words'], ...rows]));
  });

  it('shows waivers that can be read', () => {
    const [, yaml = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
    expect(readWaivers(yaml)).toHaveLength(1);
  });
});

describe('the vocabulary of classification', () => {
  it('gives each word one level, written in any way', () => {
    const words = CLASSIFICATION_LEVELS.flatMap((level) => level.words);
    expect(new Set(words).size).toBe(words.length);
    expect(classificationRank(' Special_Category ')).toBe(classificationRank('phi'));
    expect(classificationRank('tier-2')).toBeUndefined();
  });
});
