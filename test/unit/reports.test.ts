import fc from 'fast-check';
import { marked } from 'marked';
import { describe, expect, it } from 'vitest';
import type { Block, Inline, Report, Spread } from '../../core/kernel/blocks.ts';
import { VERDICTS } from '../../core/kernel/verdict.ts';
import { renderHtml } from '../../reports/html.ts';
import { literalLines, safeHref, segments, VERDICT_WORDS } from '../../reports/inline.ts';
import { COMMENT_LIMIT, renderMarkdown, SMALLEST_LIMIT } from '../../reports/markdown.ts';
import { scaleOf } from '../../reports/scale.ts';
import { barsOf, spreadWords } from '../../reports/spread.ts';
import { PALETTE, type Scheme } from '../../reports/style.ts';
import { renderText } from '../../reports/text.ts';

const HOSTILE = '<script>|@everyone';

/** Words that a renderer must not bring to life, among ordinary ones. */
const words = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        HOSTILE,
        '@team',
        '#12',
        'GH-3',
        'https://evil.example/a',
        'www.evil.example',
        'a@b.example',
        'mailto:a@b.example',
        '</details>',
        '<img src=x onerror=y>',
        '![x](https://evil.example)',
        '[x](y)',
        '`',
        '```',
        '\\',
        '|',
        '\n\n# heading\n',
        '- ',
        '1. ',
        '**',
        '_',
        '~~',
        '$x$',
        ':tada:',
        '::error::x',
        '##[error]x',
        '\u001b[31m',
        '\u202e',
        '&lt;',
        '\ud800',
        '漢字',
        'plain',
      ),
      fc.string({ maxLength: 12, unit: 'grapheme' }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const verdicts = fc.constantFrom(...VERDICTS);
const numbers = fc.double({ min: -1e6, max: 1e6 });

const { inline } = fc.letrec<{ inline: Inline }>((tie) => ({
  inline: fc.oneof(
    { maxDepth: 3, depthSize: 'small' },
    words,
    fc.record({ code: words }),
    fc.record({ verdict: verdicts }),
    fc.record({ place: fc.record({ file: words, line: fc.nat() }) }),
    fc.record({ strong: tie('inline') }),
    fc.record({ link: tie('inline'), href: fc.oneof(words, fc.constant('https://example.com/a(b)|c')) }),
    fc.array(tie('inline'), { maxLength: 4 }),
  ),
}));

const interval = fc.record({
  label: words,
  estimate: numbers,
  low: numbers,
  high: numbers,
  verdict: verdicts,
});
const point = fc.record({ label: words, value: numbers, low: numbers, high: numbers, alarm: fc.boolean() });

const spread: fc.Arbitrary<Spread> = fc.oneof(
  fc.record({
    kind: fc.constant('bins' as const),
    edges: fc.array(numbers, { maxLength: 5 }),
    counts: fc.array(fc.nat(), { maxLength: 6 }),
  }),
  fc.record({
    kind: fc.constant('values' as const),
    values: fc.array(fc.record({ label: words, count: fc.nat() }, { requiredKeys: ['count'] }), {
      maxLength: 5,
    }),
    others: fc.nat(),
  }),
  fc.record({ kind: fc.constant('words' as const), text: words }),
);

const { block } = fc.letrec<{ block: Block }>((tie) => ({
  block: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    fc.record({ kind: fc.constant('paragraph' as const), text: inline }),
    fc.record({
      kind: fc.constant('heading' as const),
      level: fc.constantFrom(2 as const, 3 as const),
      text: words,
    }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(inline, { maxLength: 30 }) }),
    fc.record({
      kind: fc.constant('facts' as const),
      items: fc.array(fc.record({ name: words, value: inline }), { maxLength: 5 }),
    }),
    fc.record({
      kind: fc.constant('table' as const),
      caption: words,
      columns: fc.array(
        fc.record({ title: words, align: fc.constantFrom('left' as const, 'right' as const) }),
        {
          minLength: 1,
          maxLength: 4,
        },
      ),
      rows: fc.array(fc.array(inline, { maxLength: 5 }), { maxLength: 40 }),
    }),
    fc.record({
      kind: fc.constant('interval-chart' as const),
      title: words,
      axis: words,
      bound: fc.record({ value: numbers, label: words }),
      rows: fc.array(interval, { maxLength: 6 }),
    }),
    fc.record({
      kind: fc.constant('series-chart' as const),
      title: words,
      axis: words,
      points: fc.array(point, { maxLength: 6 }),
    }),
    fc.record({
      kind: fc.constant('distribution-chart' as const),
      title: words,
      rows: fc.nat(),
      columns: fc.array(fc.record({ name: words, nulls: fc.nat(), spread }), { maxLength: 4 }),
    }),
    fc.record({ kind: fc.constant('code' as const), language: words, text: words }),
    fc.record({
      kind: fc.constant('note' as const),
      tone: fc.constantFrom('info' as const, 'warning' as const),
      text: inline,
    }),
    fc.record({
      kind: fc.constant('details' as const),
      summary: words,
      blocks: fc.array(tie('block'), { maxLength: 3 }),
    }),
  ),
}));

const reports: fc.Arbitrary<Report> = fc
  .record({ title: words, verdict: verdicts, text: inline, blocks: fc.array(block, { maxLength: 8 }) })
  .map(({ title, verdict, text, blocks }) => ({
    title,
    blocks: [{ kind: 'verdict', verdict, text }, ...blocks],
  }));

function opening(report: Report): string {
  const [first] = report.blocks;
  return first?.kind === 'verdict' ? VERDICT_WORDS[first.verdict] : 'no verdict';
}

function report(...blocks: Block[]): Report {
  return { title: 'validate-data: flight-delay', blocks };
}

function table(rows: number, cell: Inline = 'x'): Block {
  return {
    kind: 'table',
    columns: [{ title: 'n', align: 'right' }, { title: 'cell' }],
    rows: Array.from({ length: rows }, (_, i) => [`${i}`, cell]),
  };
}

const PASS: Block = { kind: 'verdict', verdict: 'pass', text: 'All rules are kept.' };

describe('renderMarkdown', () => {
  /** What is left of rendered Markdown after code, where GitHub looks for mentions, references and addresses. */
  function livingText(markdown: string): string {
    return marked
      .parse(markdown, { async: false })
      .replace(/<pre>.*?<\/pre>|<code[^>]*>.*?<\/code>/gs, ' ')
      .replace(/<[^>]*>/g, '\u0000')
      .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
      .replace(/&(lt|gt|quot|amp);/g, ' ');
  }

  it('escapes a model named like an attack', () => {
    const text = renderMarkdown(
      {
        title: HOSTILE,
        blocks: [{ ...PASS, text: HOSTILE }, table(1, HOSTILE), table(1, { code: `a\\|${HOSTILE}\`` })],
      },
      { limit: COMMENT_LIMIT },
    );
    const html = marked.parse(text, { async: false });
    expect(html).not.toContain('<script');
    expect(html.match(/<td/g)).toHaveLength(4);
    expect(html).toContain('<td>&lt;script&gt;|@\u200beveryone</td>');
    expect(html).toContain('<code>a\\&#124;&lt;script&gt;&#124;@\u200beveryone`</code>');
    expect(livingText(text)).not.toMatch(/@\w/);
  });

  it('keeps to any limit, shows the verdict, and brings nothing to life', () => {
    fc.assert(
      fc.property(reports, fc.integer({ min: SMALLEST_LIMIT, max: 8000 }), (any, limit) => {
        const text = renderMarkdown(any, { limit, more: 'the artifact' });
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(limit);
        expect(text).toContain(`**${opening(any)}:**`);
        const living = livingText(text);
        expect(living).not.toMatch(/@[A-Za-z0-9]|#\d|GH-\d|:\/\/|www\.|:tada:/i);
        const html = marked.parse(text, { async: false });
        const elements = new Set([...html.matchAll(/<\/?([a-z0-9]+)/gi)].map(([, name]) => name));
        for (const element of ['script', 'img', 'h1']) expect(elements).not.toContain(element);
        for (const [, href] of html.matchAll(/href="([^"]*)"/g))
          expect(href).not.toMatch(/^(?!https?:)[a-z]+:/i);
        expect(html.match(/<details>/g)?.length).toBe(html.match(/<\/details>/g)?.length);
        expect(text).toBe(renderMarkdown(any, { limit, more: 'the artifact' }));
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out folded parts first, then cuts tables, then drops blocks, and says so', () => {
    const whole = report(PASS, table(100), {
      kind: 'details',
      summary: 'All rules',
      blocks: [table(100, 'folded')],
    });
    const at = (limit: number): string => renderMarkdown(whole, { limit, more: 'report.html' });
    expect(at(60_000)).toContain('folded');

    expect(at(2000)).toContain('- All rules: *left out here, in report.html.*');
    expect(at(2000)).toContain('| 99 | x |');

    expect(at(1000)).toMatch(/\| 50 \| x \|/);
    expect(at(1000)).toMatch(/\*\d+ more rows in report\.html\.\*/);
    expect(Buffer.byteLength(at(1000))).toBeGreaterThan(950);

    const many = report(
      PASS,
      { kind: 'heading', level: 2, text: 'Last' },
      ...Array.from({ length: 9 }, () => table(3, 'y'.repeat(99))),
    );
    const dropped = renderMarkdown(many, { limit: 1000, more: 'report.html' });
    expect(dropped).toMatch(/\*\d more blocks of this report in report\.html\.\*\n$/);
    expect(dropped).toContain('✅ **Pass:** All rules are kept.');
  });

  it('leaves out the last folded parts first', () => {
    const folded = (summary: string): Block => ({ kind: 'details', summary, blocks: [table(60, summary)] });
    const text = renderMarkdown(report(PASS, folded('first'), folded('second')), { limit: 1500 });
    expect(text).toContain('| 59 | first |');
    expect(text).toContain('- second: *left out here, in the full report.*');
  });

  it('shortens a verdict that alone is too long', () => {
    const text = renderMarkdown(report({ ...PASS, text: '$'.repeat(5000) }), { limit: 1000 });
    expect(text).toMatch(/✅ \*\*Pass:\*\* .*…\n/);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1000);
  });

  it('draws an interval chart as a table with bars', () => {
    const text = renderMarkdown(
      report({
        kind: 'interval-chart',
        title: 'AUC by origin',
        axis: 'AUC',
        bound: { value: 0.6, label: 'at least 0.6' },
        rows: [
          { label: 'LAS', estimate: 0.5, low: 0.45, high: 0.55, verdict: 'fail' },
          { label: 'ZZZ', estimate: Number.NaN, low: Number.NaN, high: Number.NaN, verdict: 'error' },
        ],
      }),
      { limit: COMMENT_LIMIT },
    );
    expect(text).toMatch(/\| LAS \| 0\.50 \| 0\.45 to 0\.55 \| `·*├─+●─+┤·+┊·*` \| ❌ Fail \|/);
    expect(text).toMatch(/\| ZZZ \| n\/a \| n\/a \| `·+┊·*` \| ⚠️ Error \|/);
  });

  it.each<[string, (i: number) => Block]>([
    ['paragraphs', () => ({ kind: 'paragraph', text: '$'.repeat(200) })],
    ['folded parts', (i) => ({ kind: 'details', summary: `${i}`, blocks: [table(9, '$')] })],
    ['headings', () => ({ kind: 'heading', level: 2, text: '$'.repeat(200) })],
    ['lists', () => ({ kind: 'list', items: Array.from({ length: 40 }, () => '$') })],
    ['tables', () => table(20, '$')],
    ['code', () => ({ kind: 'code', text: 'x\n'.repeat(200) })],
  ])('measures a long report of %s a few times, however many there are', (_, blockOf) => {
    const long = (n: number): Report => report(PASS, ...Array.from({ length: n }, (_, i) => blockOf(i)));
    expect(measured(long(300))).toBeLessThan(4 * measured(long(100)));
  });

  /** Characters whose bytes are counted while a report is shortened to 2000 bytes. */
  function measured(any: Report): number {
    // No spy: that would keep every text.
    const { byteLength } = Buffer;
    let counted = 0;
    Buffer.byteLength = (text, encoding) => {
      counted += String(text).length;
      return byteLength(text, encoding);
    };
    try {
      expect(renderMarkdown(any, { limit: 2000 }).length).toBeLessThan(counted);
      return counted;
    } finally {
      Buffer.byteLength = byteLength;
    }
  }

  it('reads each cell once, whatever has to be left out', () => {
    let reads = 0;
    const rows = Array.from({ length: 500 }, (_, i) => [
      {
        get code() {
          reads += 1;
          return `${i}`;
        },
      },
    ]);
    const one: Block = { kind: 'table', columns: [{ title: 'n' }], rows };
    expect(renderMarkdown(report(PASS, one, one), { limit: 2000 })).toContain('more rows');
    expect(reads).toBe(2 * rows.length);
  });

  it('draws code with more runs of backticks than a call takes arguments', () => {
    const text = renderMarkdown(report({ kind: 'code', text: '`\n'.repeat(300_000) }), { limit: 2000 });
    expect(text).toMatch(/\*\d+ more lines in the full report\.\*/);
  });

  it('keeps facts that follow a list apart from it', () => {
    const html = marked.parse(
      renderMarkdown(
        report({ kind: 'list', items: ['a', 'b'] }, { kind: 'facts', items: [{ name: 'c', value: 'd' }] }),
        { limit: COMMENT_LIMIT },
      ),
      { async: false },
    );
    expect(html.match(/<ul>/g)).toHaveLength(2);
    expect(html).toContain('<li>a</li>');
  });

  it('draws the spread of columns with characters', () => {
    const text = renderMarkdown(
      report({
        kind: 'distribution-chart',
        title: 'Columns',
        rows: 400,
        columns: [
          { name: 'hour', nulls: 4, spread: { kind: 'bins', edges: [0, 10, 30], counts: [20, 300, 60, 16] } },
          {
            name: 'origin',
            nulls: 0,
            spread: { kind: 'values', values: [{ count: 300 }, { count: 50 }], others: 50 },
          },
          { name: 'at', nulls: 400, spread: { kind: 'words', text: 'times, not drawn' } },
        ],
      }),
      { limit: COMMENT_LIMIT },
    );
    expect(text).toContain(
      '| hour | 1.0 % | `▁▁▂████▆▁▁▁▁▁▁▁▁▁▁▁▁` 91 % above 0 and up to 30; half up to 10 |',
    );
    expect(text).toContain('| origin | 0 % | `█▂` a withheld value 75 %, others 25 % |');
    expect(text).toContain('| at | 100 % | times, not drawn |');
  });

  it('refuses a limit that no report fits', () => {
    expect(() => renderMarkdown(report(PASS), { limit: 999 })).toThrow(RangeError);
    expect(() => renderMarkdown(report(PASS), { limit: Number.NaN })).toThrow(RangeError);
  });
});

describe('renderHtml', () => {
  const VOID = new Set(['meta', 'link', 'br', 'wbr']);

  /** Opens and closes every element in order; throws on anything else. A strict reading: our pages are well-formed. */
  function elementsOf(page: string): string[] {
    const open: string[] = [];
    const seen: string[] = [];
    for (const [, end, name = '', attributes = '', empty] of page.matchAll(
      /<(\/?)([a-zA-Z0-9]+)((?:\s+[\w-]+(?:="[^"<]*")?)*)\s*(\/?)>/g,
    )) {
      if (end === '/') expect(open.pop()).toBe(name);
      else {
        seen.push(name);
        expect(attributes.replace(/"[^"]*"/g, '')).not.toMatch(/\son\w+=/i);
        if (!VOID.has(name) && empty !== '/') open.push(name);
      }
    }
    expect(open).toEqual([]);
    return seen;
  }

  it('is well-formed, headed in order and inert for any report', () => {
    fc.assert(
      fc.property(fc.array(reports, { minLength: 1, maxLength: 3 }), words, (list, title) => {
        const page = renderHtml(list, { title, subtitle: title, generator: 'Greenlight 0.0.0' });
        const elements = elementsOf(page);
        for (const element of ['script', 'img', 'iframe', 'form', 'object'])
          expect(elements).not.toContain(element);
        const levels = elements.filter((name) => /^h\d$/.test(name)).map((name) => Number(name[1]));
        expect(levels.filter((level) => level === 1)).toHaveLength(1);
        levels.forEach((level, i) => {
          expect(level).toBeLessThanOrEqual((levels[i - 1] ?? 0) + 1);
        });
        const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
        expect(new Set(ids).size).toBe(ids.length);
        const named = [...page.matchAll(/aria-labelledby="([^"]*)"|href="#([^"]+)"/g)].flatMap(([, a, b]) =>
          (a ?? b ?? '').split(' '),
        );
        for (const id of named.filter((id) => /^(s\d|contents|main|icon)/.test(id)))
          expect(ids).toContain(id);
        expect(page).toBe(renderHtml(list, { title, subtitle: title, generator: 'Greenlight 0.0.0' }));
      }),
      { numRuns: 150 },
    );
  });

  it('escapes a model named like an attack', () => {
    const page = renderHtml({ title: HOSTILE, blocks: [{ ...PASS, text: HOSTILE }] }, { title: HOSTILE });
    expect(page).toContain('<h1>&lt;script&gt;|@everyone</h1>');
    expect(page).not.toContain('<script');
  });

  it('fetches nothing', () => {
    const page = renderHtml(report(PASS, table(3)), { title: 'x' });
    expect(page).toContain("default-src 'none'; style-src 'unsafe-inline'; img-src data:");
    expect(page).not.toMatch(/https?:|url\(|@import/);
  });

  it('names verdicts in words and shows contents with them in a dossier', () => {
    const page = renderHtml([report(PASS), report({ ...PASS, verdict: 'error' })], { title: 'Dossier' });
    expect(page).toMatch(/<nav class="contents".*#s1".*Pass<\/span>.*#s2".*Error<\/span>.*<\/nav>/);
    expect(renderHtml(report(PASS), { title: report().title })).not.toContain('<nav');
  });

  it('breaks a time between its date and its hour alone', () => {
    const page = renderHtml(report(table(1, 'since 2001-05-29T07:01:26Z')), { title: 'x' });
    expect(page).toContain('since <span class="date">2001-05-29</span><wbr>T07:01:26Z');
  });

  it('gives charts their numbers as text', () => {
    const page = renderHtml(
      report({
        kind: 'series-chart',
        title: 'Calibration gap',
        axis: 'gap',
        threshold: { value: 0.08, label: 'alarm above 0.08' },
        points: [
          { label: 'W16', value: 0.04, low: 0.03, high: 0.05, alarm: false },
          { label: 'W17', value: 0.1, low: 0.09, high: 0.11, alarm: true },
        ],
      }),
      { title: 'x' },
    );
    expect(page).toContain('2 windows, 1 in alarm; threshold: alarm above 0.08.');
    expect(page).toContain(
      '<th scope="row">W17</th><td class="right">0.100</td><td class="right">0.090 to 0.110</td><td>▲ alarm</td>',
    );
  });

  it('names the picture of a column and describes it by the words beside it', () => {
    const page = renderHtml(
      report({
        kind: 'distribution-chart',
        title: 'Columns',
        rows: 100,
        columns: [
          { name: HOSTILE, nulls: 0, spread: { kind: 'bins', edges: [1, 2], counts: [25, 50, 25] } },
          { name: 'other', nulls: 1, spread: { kind: 'words', text: 'not drawn' } },
        ],
      }),
      { title: 'x' },
    );
    const [, id = ''] =
      page.match(
        /<svg role="img" aria-label="Picture of &lt;script&gt;\|@everyone" aria-describedby="([^"]+)"/,
      ) ?? [];
    expect(page).toContain(`<span id="${id}">50 % above 1 and up to 2; half up to 2</span>`);
    expect(page.match(/<rect class="open"/g)).toHaveLength(2);
    expect(page).toContain('<div class="spread"><span id="s1-1-1">not drawn</span></div>');
  });

  describe.each(['light', 'dark'] as const)('the %s palette', (name) => {
    const scheme = PALETTE[name];
    const text: (keyof Scheme)[] = ['text', 'muted', 'link', 'pass', 'fail', 'inconclusive', 'error'];
    it.each(text)('has %s at 4.5 : 1 or more on page and panel', (colour) => {
      expect(contrast(scheme[colour], scheme.page)).toBeGreaterThanOrEqual(4.5);
      expect(contrast(scheme[colour], scheme.panel)).toBeGreaterThanOrEqual(4.5);
    });
  });

  /** WCAG 2.2, "contrast ratio" and "relative luminance". */
  function contrast(a: string, b: string): number {
    const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (light + 0.05) / (dark + 0.05);
  }

  function luminance(colour: string): number {
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
      const share = Number.parseInt(colour.slice(i, i + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
});

describe('renderText', () => {
  it('starts with the verdict and aligns columns', () => {
    const text = renderText(report(PASS, table(11, { verdict: 'fail' })), { color: false, width: 80 });
    expect(text).toMatch(/^validate-data: flight-delay\n\n✔ PASS {2}All rules are kept\.\n\n n {2}cell\n/);
    expect(text).toContain('\n 9  ✖ Fail\n10  ✖ Fail\n');
  });

  it('steers neither terminal nor runner, whatever the words', () => {
    fc.assert(
      fc.property(reports, fc.integer({ min: 0, max: 120 }), (any, width) => {
        const text = renderText(any, { color: false, width });
        expect(text).not.toMatch(/[^\P{Cc}\n]/u);
        expect(text).not.toMatch(/^\s*::|##\[/m);
        expect(text).toContain(opening(any).toUpperCase());
      }),
    );
  });

  it('colours only when asked', () => {
    expect(renderText(report(PASS), { color: true, width: 80 })).toContain('\u001b[1;32m✔ PASS\u001b[0m');
    expect(renderText(report(PASS), { color: false, width: 80 })).not.toContain('\u001b');
  });

  it('wraps to the width', () => {
    const text = renderText(report(PASS, table(2, 'many words '.repeat(30))), { color: false, width: 50 });
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(50);
  });

  it('says how many rows it does not show', () => {
    expect(renderText(report(table(50)), { color: false, width: 80 })).toContain(
      '10 more rows in the HTML report',
    );
  });
});

describe('the picture of a column', () => {
  const bins = (edges: number[], counts: number[]): Spread => ({ kind: 'bins', edges, counts });
  const areas = (spread: Spread): number[] =>
    barsOf(spread).map(({ from, to, height }) => (to - from) * height);

  it('gives rows area: a wide bin of as many rows as a narrow one is lower', () => {
    const [, narrow, wide] = areas(bins([0, 1, 5], [10, 40, 40, 10]));
    expect(wide).toBeCloseTo(narrow ?? Number.NaN, 12);
    const bars = barsOf(bins([0, 1, 5], [10, 40, 40, 10]));
    expect(bars[2]?.height).toBeCloseTo(0.25, 12);
    expect(bars.map(({ open }) => open)).toEqual([true, false, false, true]);
  });

  it('lies within its box for any bins, and its bars join', () => {
    const rising = fc.uniqueArray(fc.double({ noNaN: true, noDefaultInfinity: true }), { maxLength: 20 });
    fc.assert(
      fc.property(rising, fc.infiniteStream(fc.nat(1e6)), (edges, stream) => {
        edges.sort((a, b) => a - b);
        const bars = barsOf(bins(edges, [...stream.take(edges.length + 1)]));
        expect(bars[0]?.from).toBe(0);
        expect(bars.at(-1)?.to).toBe(1);
        for (const [i, { from, to, height }] of bars.entries()) {
          expect(to).toBeGreaterThanOrEqual(from);
          expect(from).toBe(bars[i - 1]?.to ?? 0);
          expect(height).toBeGreaterThanOrEqual(0);
          expect(height).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it.each<[Spread, string]>([
    [bins([], [100]), 'one bin: nothing to tell apart'],
    [bins([0], [9999, 1]), '> 99.9 % up to 0, < 0.1 % above'],
    [bins([-1.5, 2], [5, 90, 5]), '90 % above −1.5 and up to 2; half up to 2'],
    [
      {
        kind: 'values',
        values: [
          { label: 'ATL', count: 6 },
          { label: 'ORD', count: 4 },
        ],
        others: 0,
      },
      'ATL 60 %, ORD 40 %',
    ],
    [
      {
        kind: 'values',
        values: [{ label: 'a', count: 1 }, { count: 1 }, { count: 1 }, { count: 1 }],
        others: 16,
      },
      'a 5.0 %, a withheld value 5.0 %, a withheld value 5.0 %, others 85 %',
    ],
    [{ kind: 'values', values: [], others: 0 }, ''],
  ])('is told in words', (spread, told) => {
    expect(spreadWords(spread)).toBe(told);
  });
});

describe('what renderers share', () => {
  it('joins neighbouring strings', () => {
    expect(segments(['@', ['every', 'one'], { code: 'x' }])).toEqual(['@everyone', { code: 'x' }]);
  });

  it.each([
    ['https://example.com/a?b=c#d', 'https://example.com/a?b=c#d'],
    ['report.html#s1', 'report.html#s1'],
    ['a b(c)|d', 'a%20b%28c%29%7Cd'],
    ['javascript:alert(1)', undefined],
    [' JavaScript:x', undefined],
    ['java\nscript:x', 'java%0Ascript:x'],
    ['data:text/html,x', undefined],
    ['//evil.example', undefined],
    ['\\\\evil.example', undefined],
    ['', undefined],
  ])('follows %j as %j', (href, expected) => {
    expect(safeHref(href)).toBe(expected);
  });

  it('keeps lines of literal text, without what deceives', () => {
    expect(literalLines('\n a\tb\r\n\u001b[31mc\u202e \n\n')).toEqual([' a  b', '\ufffd[31mc\ufffd']);
    expect(literalLines('')).toEqual([]);
  });

  it('scales any values to shares of the axis, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 8 }), (values) => {
        const scale = scaleOf(values, 4);
        const shares = values
          .filter(Number.isFinite)
          .toSorted((a, b) => a - b)
          .map(scale.at);
        for (const [i, share] of shares.entries()) {
          expect(share).toBeGreaterThanOrEqual(shares[i - 1] ?? 0);
          expect(share).toBeLessThanOrEqual(1);
        }
        expect(scale.ticks.length).toBeLessThan(12);
      }),
    );
  });
});
