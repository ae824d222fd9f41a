import type {
  Block,
  Inline,
  IntervalChartBlock,
  Report,
  SeriesChartBlock,
  TableBlock,
} from '../core/kernel/blocks.ts';
import { formatPlace } from '../core/kernel/place.ts';
import type { Verdict } from '../core/kernel/verdict.ts';
import {
  clean,
  count,
  literalLines,
  oneLine,
  openingVerdict,
  plainText,
  safeHref,
  segments,
  VERDICT_WORDS,
} from './inline.ts';
import { narrowest, type Scale, scaleOf } from './scale.ts';

/**
 * Room for a comment or a pull request's body, in bytes. GitHub takes 65,536 characters, and a UTF-8 text never has
 * more characters than bytes; the rest is left to the caller's markers.
 */
export const COMMENT_LIMIT = 60_000;
/** Room for a step summary, in bytes. GitHub drops a step's whole summary above 1 MiB. */
export const SUMMARY_LIMIT = 1_000_000;
/** The smallest limit that renderMarkdown accepts, in bytes. */
export const SMALLEST_LIMIT = 1_000;

export interface MarkdownOptions {
  /** UTF-8 bytes that the text may have, at least {@link SMALLEST_LIMIT}. */
  readonly limit: number;
  /** Where the whole report is, said where something was left out: `the artifact greenlight-x-validate-data`. */
  readonly more?: Inline;
}

const MARKS: Readonly<Record<Verdict, string>> = { pass: '✅', fail: '❌', inconclusive: '❔', error: '⚠️' };
/** Rows that a cut table, list or listing keeps at least. */
const FEWEST_ROWS = 3;

/** What is left out of a block so that the whole fits. */
interface Cut {
  readonly rows: number;
  readonly folded: boolean;
  readonly more: Inline;
}

/**
 * GitHub-flavoured Markdown of a report. All text in it is escaped: nothing becomes markup, a link, a mention or a
 * reference except what the blocks say is a link.
 *
 * A text longer than `limit` is shortened in steps, each said in the text: the folded parts are left out, last ones
 * first; then tables, lists and listings are cut from their ends, to one number of rows; then later blocks are left
 * out. The opening verdict always stays.
 *
 * @throws RangeError if `limit` is below {@link SMALLEST_LIMIT}.
 */
export function renderMarkdown(report: Report, options: MarkdownOptions): string {
  const { limit, more = 'the full report' } = options;
  if (!(limit >= SMALLEST_LIMIT))
    throw new RangeError(`limit: ${limit} bytes, at least ${SMALLEST_LIMIT} are needed`);
  const title = `## ${lineStart(textOf(shorten(oneLine(report.title), 120)))}`;
  const fits = (parts: readonly string[]): boolean => bytes(assemble([title, ...parts])) <= limit;

  const parts = report.blocks.map((block) => draw(block, { rows: Infinity, folded: true, more }));
  for (let i = parts.length - 1; i >= 0 && !fits(parts); i -= 1) {
    const block = report.blocks[i];
    if (block?.kind === 'details') parts[i] = draw(block, { rows: Infinity, folded: false, more });
  }
  if (fits(parts)) return assemble([title, ...parts]);

  const drawCut = (rows: number): string[] =>
    report.blocks.map((block) => draw(block, { rows, folded: false, more }));
  // No row takes less than two bytes.
  const rows = largest(FEWEST_ROWS, Math.ceil(limit / 2), (candidate) => fits(drawCut(candidate)));
  if (rows !== undefined) return assemble([title, ...drawCut(rows)]);
  return dropBlocks(report, title, drawCut(FEWEST_ROWS), limit, more);
}

/** The last step: the longest run of blocks from the start, with the opening verdict, and a line that says so. */
function dropBlocks(report: Report, title: string, parts: string[], limit: number, more: Inline): string {
  const opening = openingVerdict(report);
  const at = opening === undefined ? -1 : report.blocks.indexOf(opening);
  if (opening !== undefined) {
    const words = plainText(opening.text);
    const cutTo = (length: number): string => draw({ ...opening, text: shorten(words, length) }, WHOLE);
    const room = limit / 2;
    if (bytes(parts[at] ?? '') > room) {
      parts[at] = cutTo(largest(0, words.length, (length) => bytes(cutTo(length)) <= room) ?? 0);
    }
  }
  const kept = (n: number): string[] => {
    const start = parts.slice(0, n);
    while (report.blocks[start.length - 1]?.kind === 'heading') start.pop();
    const verdict = at >= start.length ? parts.slice(at, at + 1) : [];
    const missing = parts.length - start.length - verdict.length;
    const note =
      missing === 0 ? [] : [`*${count(missing, 'more block')} of this report in ${inlineOf(more)}.*`];
    return [...start, ...verdict, ...note];
  };
  const fits = (all: readonly string[]): boolean => bytes(assemble(all)) <= limit;
  const n = largest(0, parts.length, (candidate) => fits([title, ...kept(candidate)]));
  if (n !== undefined) return assemble([title, ...kept(n)]);
  // A title or a `more` of thousands of bytes: the verdict alone.
  return assemble([...parts.slice(at, at + 1), '*The rest of this report was too long.*']);
}

const WHOLE: Cut = { rows: Infinity, folded: true, more: '' };

/** The largest whole number from `low` to `high` for which `holds`, which is true up to some number; undefined if none. */
function largest(low: number, high: number, holds: (n: number) => boolean): number | undefined {
  if (!holds(low)) return undefined;
  let yes = low;
  let no = high + 1;
  while (no - yes > 1) {
    const middle = Math.floor((yes + no) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

function assemble(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** `text` in at most `length` characters, an ellipsis at the end where it was cut. */
function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

function draw(block: Block, cut: Cut): string {
  switch (block.kind) {
    case 'verdict':
      return `${MARKS[block.verdict]} **${VERDICT_WORDS[block.verdict]}:** ${inlineOf(block.text)}`;
    case 'heading':
      return `${'#'.repeat(block.level + 1)} ${lineStart(textOf(oneLine(block.text)))}`;
    case 'paragraph':
      return lineStart(inlineOf(block.text));
    case 'list':
      return listOf(block.items.map(inlineOf), cut);
    case 'facts':
      return listOf(
        block.items.map(({ name, value }) => `**${textOf(oneLine(name))}:** ${inlineOf(value)}`),
        cut,
      );
    case 'table':
      return drawTable(block, cut);
    case 'interval-chart':
      return drawTable(intervalTable(block), cut);
    case 'series-chart':
      return drawTable(seriesTable(block), cut);
    case 'code':
      return drawCode(block.language, literalLines(block.text), cut);
    case 'note':
      return `> [!${block.tone === 'warning' ? 'WARNING' : 'NOTE'}]\n> ${lineStart(inlineOf(block.text))}`;
    case 'details':
      return drawDetails(block.summary, block.blocks, cut);
  }
}

function moreLine(n: number, noun: string, more: Inline): string {
  return `*${count(n, `more ${noun}`)} in ${inlineOf(more)}.*`;
}

function listOf(items: readonly string[], { rows, more }: Cut): string {
  const lines = items.slice(0, rows).map((item) => `- ${lineStart(item)}`);
  if (items.length > lines.length) lines.push(`- ${moreLine(items.length - lines.length, 'item', more)}`);
  return lines.join('\n');
}

function drawTable(table: TableBlock, { rows, more }: Cut): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const shown = table.rows.slice(0, rows);
  const lines = [
    line(table.columns.map(({ title }) => textOf(oneLine(title)))),
    line(table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    // A row has as many cells as the table has columns, or GitHub would drop or shift some.
    ...shown.map((row) => line(table.columns.map((_, i) => inlineOf(row[i] ?? '')))),
  ];
  const parts = [lines.join('\n')];
  if (table.caption !== undefined) parts.unshift(`**${textOf(oneLine(table.caption))}**`);
  if (table.rows.length > shown.length) parts.push(moreLine(table.rows.length - shown.length, 'row', more));
  return parts.join('\n\n');
}

/** A fence that the text can't close. */
function drawCode(language: string | undefined, all: readonly string[], { rows, more }: Cut): string {
  const lines = all.slice(0, rows);
  const longest = Math.max(2, ...lines.flatMap((line) => line.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const info = language !== undefined && /^[a-z0-9+-]+$/i.test(language) ? language : '';
  const text = [`${fence}${info}`, ...lines, fence].join('\n');
  return lines.length === all.length
    ? text
    : `${text}\n\n${moreLine(all.length - lines.length, 'line', more)}`;
}

function drawDetails(summary: string, blocks: readonly Block[], cut: Cut): string {
  const text = quiet(oneLine(summary)).replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
  if (!cut.folded)
    return `- ${lineStart(textOf(oneLine(summary)))}: *left out here, in ${inlineOf(cut.more)}.*`;
  const inside = blocks.map((block) => draw(block, cut)).join('\n\n');
  // The blank lines make GitHub read Markdown again inside the HTML block.
  return `<details><summary>${text}</summary>\n\n${inside}\n\n</details>`;
}

// --- charts, as tables with a bar of characters -----------------------------------------------------------------------

const BAR_CELLS = 24;

interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** `·├──●──┤·┊···`: the interval, the estimate and the bound on the chart's axis. */
function bar({ value, low, high }: Interval, bound: number | undefined, scale: Scale): Inline {
  const cell = (x: number): number => Math.min(BAR_CELLS - 1, Math.floor(scale.at(x) * BAR_CELLS));
  const cells = Array.from({ length: BAR_CELLS }, () => '·');
  if (Number.isFinite(low) && Number.isFinite(high)) {
    cells.fill('─', cell(low), cell(high) + 1);
    cells[cell(low)] = '├';
    cells[cell(high)] = '┤';
  }
  if (bound !== undefined && Number.isFinite(bound))
    cells[cell(bound)] = cells[cell(bound)] === '·' ? '┊' : '┼';
  if (Number.isFinite(value)) cells[cell(value)] = '●';
  return { code: cells.join('') };
}

function chartScale(rows: readonly Interval[], bound: number | undefined): Scale {
  const values = rows.flatMap(({ value, low, high }) => [value, low, high]);
  return scaleOf(bound === undefined ? values : [...values, bound], 4, narrowest(rows));
}

function intervalTable(chart: IntervalChartBlock): TableBlock {
  const rows = chart.rows.map((row) => ({ ...row, value: row.estimate }));
  const scale = chartScale(rows, chart.bound?.value);
  const bound = chart.bound === undefined ? '' : ` (┊ ${chart.bound.label})`;
  return {
    kind: 'table',
    caption: chart.title,
    columns: [
      { title: '' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: `on the axis${bound}` },
      { title: 'verdict' },
    ],
    rows: rows.map((row) => [
      row.label,
      scale.format(row.value),
      scale.formatInterval(row.low, row.high),
      bar(row, chart.bound?.value, scale),
      { verdict: row.verdict },
    ]),
  };
}

/** Newest first: a table is cut from its end. */
function seriesTable(chart: SeriesChartBlock): TableBlock {
  const scale = chartScale(chart.points, chart.threshold?.value);
  const threshold = chart.threshold === undefined ? '' : ` (┊ ${chart.threshold.label})`;
  return {
    kind: 'table',
    caption: chart.title,
    columns: [
      { title: 'window, newest first' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: `on the axis${threshold}` },
      { title: 'alarm' },
    ],
    rows: chart.points
      .toReversed()
      .map((point) => [
        point.label,
        scale.format(point.value),
        scale.formatInterval(point.low, point.high),
        bar(point, chart.threshold?.value, scale),
        point.alarm ? '🔔 alarm' : 'quiet',
      ]),
  };
}

// --- text within a line -----------------------------------------------------------------------------------------------

function inlineOf(inline: Inline): string {
  return segments(inline)
    .map((part) => (typeof part === 'string' ? textOf(clean(part)) : segmentOf(part)))
    .join('')
    .trim();
}

function segmentOf(part: Exclude<Inline, string | readonly Inline[]>): string {
  if ('code' in part) return codeOf(part.code);
  if ('place' in part) return codeOf(formatPlace(part.place));
  if ('verdict' in part) return `${MARKS[part.verdict]} ${VERDICT_WORDS[part.verdict]}`;
  if ('strong' in part) return strongOf(inlineOf(part.strong));
  const href = safeHref(part.href);
  const words = plainText(part.link);
  const text = isCode(part.link) ? codeOf(words) : textOf(words);
  return href === undefined || text === '' ? text : `[${text}](${href.replaceAll('&', '&amp;')})`;
}

function isCode(inline: Inline): boolean {
  return typeof inline === 'object' && ('code' in inline || 'place' in inline);
}

/** Stars only where they are sure to be read as such. */
function strongOf(text: string): string {
  return /^[\p{L}\p{N}]([^*`]*[\p{L}\p{N}])?$/u.test(text) ? `**${text}**` : `<strong>${text}</strong>`;
}

/** Backticks where the text is harmless between them in a table as well; else the element, with escaped text. */
function codeOf(code: string): string {
  const text = oneLine(code);
  if (text === '') return '';
  return /[`|\\]/.test(text) ? `<code>${textOf(text)}</code>` : `\`${text}\``;
}

/** Characters that a backslash does not reliably disarm in tables, links, HTML and formulas. */
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '|': '&#124;',
  // Within a link's text, marked (which the forge's pages use) takes off a backslash before it looks for images.
  '[': '&#91;',
  ']': '&#93;',
  // GitHub's documentation, "Writing mathematical expressions": a dollar sign that starts no formula.
  $: '<span>$</span>',
};

/** Literal text: everything that Markdown or GitHub reads as more than text is disarmed. */
function textOf(text: string): string {
  return quiet(text).replace(/[\\`*_[\]~&<>|$]/g, (character) => ENTITIES[character] ?? `\\${character}`);
}

/**
 * No mentions, references, addresses or emoji codes. GitHub looks for them in the rendered text, where no escape is
 * left to see, so a zero-width space parts them.
 */
function quiet(text: string): string {
  return text
    .replace(/@/g, '@\u200b')
    .replace(/#(?=\d)/g, '#\u200b')
    .replace(/(GH-)(?=\d)/gi, '$1\u200b')
    .replace(/:(?=\/\/|[a-z+-][\w+-]*:)/gi, ':\u200b')
    .replace(/(mailto|xmpp):/gi, '$1:\u200b')
    .replace(/www\./gi, (www) => `${www.slice(0, 3)}\u200b.`);
}

/** Text that starts a line starts no heading, list or rule. */
function lineStart(text: string): string {
  return text.replace(/^([#+=-])/, '\\$1').replace(/^(\d{1,9})([.)])/, '$1\\$2');
}
