import type {
  Block,
  Inline,
  IntervalChartBlock,
  Report,
  SeriesChartBlock,
  TableBlock,
} from '../core/kernel/blocks.ts';
import type { Verdict } from '../core/kernel/verdict.ts';
import { count, literalLines, oneLine, plainText, VERDICT_WORDS } from './inline.ts';
import { narrowest, scaleOf } from './scale.ts';
import { distributionTable } from './spread.ts';

export interface TextOptions {
  /** Whether to style with ANSI escapes. */
  readonly color: boolean;
  /** Columns of the terminal; less than 40 is taken as 40. */
  readonly width: number;
}

const SIGNS: Readonly<Record<Verdict, string>> = { pass: '✔', fail: '✖', inconclusive: '?', error: '!' };
/** Select Graphic Rendition codes, ECMA-48 8.3.117. */
const STYLES = {
  bold: '1',
  dim: '2',
  pass: '1;32',
  fail: '1;31',
  inconclusive: '1;33',
  error: '1;35',
} as const;
type Style = keyof typeof STYLES;

/** Rows that a table shows on a terminal; the HTML report has them all. */
const ROWS_SHOWN = 40;
const GAP = '  ';
const NARROWEST_COLUMN = 8;

/** Draws on: the width that is left, and the styling of a run of text. */
interface Terminal {
  readonly width: number;
  style(style: Style, text: string): string;
}

/**
 * A report for the terminal: title, verdict, and blocks in aligned columns; folded parts are open. No line of it can
 * be taken for a workflow command by a runner that reads it, and no text in it can steer the terminal.
 */
export function renderText(report: Report, { color, width }: TextOptions): string {
  const terminal: Terminal = {
    width: Math.max(40, width),
    style: (style, text) => (color && text !== '' ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text),
  };
  const title = wrap(oneLine(report.title), terminal.width).map((line) => terminal.style('bold', line));
  const drawn = [title, ...report.blocks.map((block) => draw(block, terminal))].filter(
    (lines) => lines.length > 0,
  );
  return `${drawn.map((lines) => lines.map(disarm).join('\n')).join('\n\n')}\n`;
}

/** Runners act on lines that start with `::` and on `##[` anywhere (actions/runner, ActionCommand.cs). */
function disarm(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1:\u200b').replaceAll('##[', '##\u200b[');
}

function draw(block: Block, terminal: Terminal): string[] {
  switch (block.kind) {
    case 'verdict': {
      const label = `${SIGNS[block.verdict]} ${VERDICT_WORDS[block.verdict].toUpperCase()}`;
      const [first = '', ...rest] = wrap(`${label}${GAP}${wordsOf(block.text)}`, terminal.width, '  ');
      return [
        terminal.style(block.verdict, first.slice(0, label.length)) + first.slice(label.length),
        ...rest,
      ];
    }
    case 'heading':
      return wrap(oneLine(block.text), terminal.width).map((line) => terminal.style('bold', line));
    case 'paragraph':
      return wrap(wordsOf(block.text), terminal.width);
    case 'list':
      return block.items.flatMap((item) => wrap(`• ${wordsOf(item)}`, terminal.width, '  '));
    case 'facts':
      return drawFacts(block.items, terminal);
    case 'table':
      return drawTable(block, terminal);
    case 'interval-chart':
      return drawTable(intervalTable(block), terminal);
    case 'series-chart':
      return drawTable(seriesTable(block), terminal);
    case 'distribution-chart':
      return drawTable(distributionTable(block), terminal);
    case 'code':
      return literalLines(block.text).map((line) => `    ${line}`);
    case 'note':
      return wrap(
        `${block.tone === 'warning' ? 'Warning' : 'Note'}: ${wordsOf(block.text)}`,
        terminal.width,
        '  ',
      );
    case 'details': {
      const inner = { ...terminal, width: terminal.width - 2 };
      const parts = block.blocks.map((part) => draw(part, inner).map((line) => `  ${line}`));
      return [
        ...wrap(`▾ ${oneLine(block.summary)}`, terminal.width, '  '),
        ...parts.flatMap((lines) => ['', ...lines]),
      ];
    }
  }
}

function wordsOf(inline: Inline): string {
  return plainText(inline, SIGNS);
}

function drawFacts(
  items: readonly { readonly name: string; readonly value: Inline }[],
  terminal: Terminal,
): string[] {
  const names = items.map(({ name }) => oneLine(name));
  const column = Math.min(Math.max(0, ...names.map(columns)), Math.floor(terminal.width / 3));
  return items.flatMap(({ value }, i) => {
    const lines = wrap(wordsOf(value), terminal.width - column - GAP.length);
    const labels = wrap(names[i] ?? '', column);
    return Array.from({ length: Math.max(lines.length, labels.length) }, (_, n) =>
      `${terminal.style('dim', pad(labels[n] ?? '', column, 'left'))}${GAP}${lines[n] ?? ''}`.trimEnd(),
    );
  });
}

// --- tables -----------------------------------------------------------------------------------------------------------

function drawTable(table: TableBlock, terminal: Terminal): string[] {
  const shown = table.rows.slice(0, ROWS_SHOWN);
  const head = table.columns.map(({ title }) => oneLine(title));
  const body = shown.map((row) => table.columns.map((_, i) => wordsOf(row[i] ?? '')));
  const natural = head.map((title, i) =>
    Math.max(columns(title), ...body.map((row) => columns(row[i] ?? ''))),
  );
  const widths = shrink(natural, terminal.width - GAP.length * (head.length - 1));
  const line = (cells: readonly string[], style: (i: number, text: string) => string): string[] => {
    const wrapped = cells.map((cell, i) => wrap(cell, widths[i] ?? 0));
    return Array.from({ length: Math.max(0, ...wrapped.map((lines) => lines.length)) }, (_, n) =>
      wrapped
        .map((lines, i) => style(i, pad(lines[n] ?? '', widths[i] ?? 0, table.columns[i]?.align ?? 'left')))
        .join(GAP)
        .trimEnd(),
    );
  };
  const lines = table.caption === undefined ? [] : wrap(oneLine(table.caption), terminal.width);
  lines.push(...line(head, (_, text) => terminal.style('bold', text)));
  lines.push(terminal.style('dim', widths.map((width) => '─'.repeat(width)).join(GAP)));
  for (const [n, cells] of body.entries()) {
    lines.push(...line(cells, (i, text) => styleCell(shown[n]?.[i], text, terminal)));
  }
  if (table.rows.length > shown.length) {
    lines.push(
      terminal.style('dim', `${count(table.rows.length - shown.length, 'more row')} in the HTML report`),
    );
  }
  return lines;
}

function styleCell(cell: Inline | undefined, text: string, terminal: Terminal): string {
  return typeof cell === 'object' && 'verdict' in cell ? terminal.style(cell.verdict, text) : text;
}

/** Widths that fit into `room`, taken from the widest columns first; none goes below {@link NARROWEST_COLUMN}. */
function shrink(natural: readonly number[], room: number): number[] {
  const sum = (cap: number): number => natural.reduce((total, width) => total + Math.min(width, cap), 0);
  let cap = Math.max(NARROWEST_COLUMN, ...natural);
  while (cap > NARROWEST_COLUMN && sum(cap) > room) cap -= 1;
  return natural.map((width) => Math.min(width, cap));
}

function intervalTable(chart: IntervalChartBlock): TableBlock {
  const values = chart.rows.flatMap(({ estimate, low, high }) => [estimate, low, high]);
  const scale = scaleOf(values, 4, narrowest(chart.rows));
  const bound = chart.bound === undefined ? '' : ` (${chart.bound.label})`;
  return {
    kind: 'table',
    caption: `${chart.title}${bound}`,
    columns: [
      { title: '' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: 'verdict' },
    ],
    rows: chart.rows.map(({ label, estimate, low, high, verdict }) => [
      label,
      scale.format(estimate),
      scale.formatInterval(low, high),
      { verdict },
    ]),
  };
}

function seriesTable(chart: SeriesChartBlock): TableBlock {
  const values = chart.points.flatMap(({ value, low, high }) => [value, low, high]);
  const scale = scaleOf(values, 4, narrowest(chart.points));
  const threshold = chart.threshold === undefined ? '' : ` (${chart.threshold.label})`;
  return {
    kind: 'table',
    caption: `${chart.title}${threshold}`,
    columns: [
      { title: 'window' },
      { title: chart.axis, align: 'right' },
      { title: 'interval', align: 'right' },
      { title: '' },
    ],
    // The newest windows, where a terminal shows less than all; their order stays.
    rows: chart.points
      .slice(-ROWS_SHOWN)
      .map(({ label, value, low, high, alarm }) => [
        label,
        scale.format(value),
        scale.formatInterval(low, high),
        alarm ? '▲ alarm' : '',
      ]),
  };
}

// --- widths -----------------------------------------------------------------------------------------------------------

/** Columns that `text` takes on a terminal: none for marks and joiners, two for East Asian wide characters and emoji. */
function columns(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/[\p{M}\p{Cf}]/u.test(character)) continue;
    width +=
      /[\p{Emoji_Presentation}\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const room = ' '.repeat(Math.max(0, width - columns(text)));
  return align === 'left' ? text + room : room + text;
}

/** Lines of at most `width` columns, broken at spaces, within a word only where it is longer than a line. */
function wrap(text: string, width: number, indent = ''): string[] {
  if (columns(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/(?<= )/)) {
    for (const piece of columns(word.trimEnd()) > width - columns(indent) ? [...word] : [word]) {
      if (columns(line + piece.trimEnd()) > width && line.trim() !== '') {
        lines.push(line.trimEnd());
        line = indent;
      }
      line += piece;
    }
  }
  return [...lines, line.trimEnd()];
}
