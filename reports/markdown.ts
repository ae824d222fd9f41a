import type { Block, Inline, Report, TableBlock } from '../core/kernel/blocks.ts';
import { formatPlace } from '../core/kernel/place.ts';
import type { Verdict } from '../core/kernel/verdict.ts';
import { intervalTable, seriesTable } from './bars.ts';
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
import { distributionTable } from './spread.ts';

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

/** A block that can be shortened: lines of which those in the middle may be left out from their end. */
interface Rows {
  readonly before: readonly string[];
  readonly rows: readonly string[];
  readonly after: readonly string[];
  /** What one of `rows` is called. */
  readonly noun: 'item' | 'row' | 'line';
}

type Drawn = string | Rows;

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

  const room = roomAfter(title, limit);

  const drawn = report.blocks.map(draw);
  const parts = drawn.map((block) => written(block));
  let size = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  for (let i = parts.length - 1; i >= 0 && size > room; i -= 1) {
    const block = report.blocks[i];
    if (block?.kind !== 'details') continue;
    const line = `- ${lineStart(textOf(oneLine(block.summary)))}: *left out here, in ${inlineOf(more)}.*`;
    size += sizeOf(line) - sizeOf(parts[i] ?? '');
    parts[i] = line;
    drawn[i] = line;
  }
  if (size <= room) return assemble([title, ...parts]);

  function* cutTo(rows: number): Generator<string> {
    for (const block of drawn) yield written(block, { rows, more });
  }
  // No row takes less than two bytes.
  const rows = largest(FEWEST_ROWS, Math.ceil(limit / 2), (candidate) => fits(cutTo(candidate), room));
  if (rows !== undefined) return assemble([title, ...cutTo(rows)]);
  return dropBlocks(report, title, [...cutTo(FEWEST_ROWS)], limit, more);
}

/** The last step: the longest run of blocks from the start, with the opening verdict, and a line that says so. */
function dropBlocks(report: Report, title: string, parts: string[], limit: number, more: Inline): string {
  const opening = openingVerdict(report);
  const at = opening === undefined ? -1 : report.blocks.indexOf(opening);
  if (opening !== undefined) {
    const room = limit / 2;
    const words = shorten(plainText(opening.text), room);
    const cutTo = (length: number): string => verdictOf(opening.verdict, shorten(words, length));
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
  const n = largest(0, parts.length, (candidate) => fits(kept(candidate), roomAfter(title, limit)));
  if (n !== undefined) return assemble([title, ...kept(n)]);
  // A title or a `more` of thousands of bytes: the verdict alone.
  return assemble([...parts.slice(at, at + 1), '*The rest of this report was too long.*']);
}

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

/** The UTF-8 bytes that a part adds to an assembled text: its own and the blank line after it. */
function sizeOf(part: string): number {
  return part === '' ? 0 : bytes(part) + 2;
}

/** The bytes that a title leaves to the parts after it; no blank line follows the last of them, only its line break. */
function roomAfter(title: string, limit: number): number {
  return limit + 1 - sizeOf(title);
}

/** Whether parts stay within `room`. What comes after the first that does not is not asked for. */
function fits(parts: Iterable<string>, room: number): boolean {
  let left = room;
  for (const part of parts) {
    left -= sizeOf(part);
    if (left < 0) return false;
  }
  return true;
}

function bytes(text: string): number {
  return Buffer.byteLength(text, 'utf8');
}

/** `text` in at most `length` characters, an ellipsis at the end where it was cut. */
function shorten(text: string, length: number): string {
  const characters = [...text];
  return characters.length <= length ? text : `${characters.slice(0, Math.max(0, length - 1)).join('')}…`;
}

function draw(block: Block): Drawn {
  switch (block.kind) {
    case 'verdict':
      return verdictOf(block.verdict, block.text);
    case 'heading':
      return `${'#'.repeat(block.level + 1)} ${lineStart(textOf(oneLine(block.text)))}`;
    case 'paragraph':
      return lineStart(inlineOf(block.text));
    case 'list':
      return listOf('-', block.items.map(inlineOf));
    case 'facts':
      return listOf(
        '*',
        block.items.map(({ name, value }) => `**${textOf(oneLine(name))}:** ${inlineOf(value)}`),
      );
    case 'table':
      return drawTable(block);
    case 'interval-chart':
      return drawTable(intervalTable(block));
    case 'series-chart':
      return drawTable(seriesTable(block));
    case 'distribution-chart':
      return drawTable(distributionTable(block));
    case 'code':
      return drawCode(block.language, literalLines(block.text));
    case 'note':
      return `> [!${block.tone === 'warning' ? 'WARNING' : 'NOTE'}]\n> ${lineStart(inlineOf(block.text))}`;
    case 'details':
      return drawDetails(block.summary, block.blocks);
  }
}

/** The text of a drawn block, with at most so many of its rows and a line that tells of the rest. */
function written(drawn: Drawn, cut?: { readonly rows: number; readonly more: Inline }): string {
  if (typeof drawn === 'string') return drawn;
  const { before, rows, after, noun } = drawn;
  const shown = rows.slice(0, cut?.rows);
  const lines = [...before, ...shown, ...after];
  if (cut !== undefined && rows.length > shown.length) {
    const rest = `*${count(rows.length - shown.length, `more ${noun}`)} in ${inlineOf(cut.more)}.*`;
    lines.push(...(noun === 'item' ? [`${rows[0]?.charAt(0)} ${rest}`] : ['', rest]));
  }
  return lines.join('\n');
}

function verdictOf(verdict: Verdict, text: Inline): string {
  return `${MARKS[verdict]} **${VERDICT_WORDS[verdict]}:** ${inlineOf(text)}`;
}

/** Of two lists in a row with the same bullet Markdown makes one. */
function listOf(bullet: '-' | '*', items: readonly string[]): Rows {
  return { before: [], rows: items.map((item) => `${bullet} ${lineStart(item)}`), after: [], noun: 'item' };
}

function drawTable(table: TableBlock): Rows {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return {
    before: [
      ...(table.caption === undefined ? [] : [`**${textOf(oneLine(table.caption))}**`, '']),
      line(table.columns.map(({ title }) => textOf(oneLine(title)))),
      line(table.columns.map(({ align }) => (align === 'right' ? '---:' : '---'))),
    ],
    // A row has as many cells as the table has columns, or GitHub would drop or shift some.
    rows: table.rows.map((row) => line(table.columns.map((_, i) => inlineOf(row[i] ?? '')))),
    after: [],
    noun: 'row',
  };
}

/** A fence that the text can't close. */
function drawCode(language: string | undefined, lines: readonly string[]): Rows {
  const runs = lines.flatMap((line) => line.match(/`+/g) ?? []);
  const fence = '`'.repeat(runs.reduce((most, run) => Math.max(most, run.length), 2) + 1);
  const info = language !== undefined && /^[a-z0-9+-]+$/i.test(language) ? language : '';
  return { before: [`${fence}${info}`], rows: lines, after: [fence], noun: 'line' };
}

function drawDetails(summary: string, blocks: readonly Block[]): string {
  const text = quiet(oneLine(summary)).replace(/[&<>]/g, (character) => ENTITIES[character] ?? character);
  const inside = blocks.map((block) => written(draw(block))).join('\n\n');
  // The blank lines make GitHub read Markdown again inside the HTML block.
  return `<details><summary>${text}</summary>\n\n${inside}\n\n</details>`;
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
