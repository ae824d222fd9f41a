import type { Block, Inline, Report, TableBlock } from '../core/kernel/blocks.ts';
import { formatPlace } from '../core/kernel/place.ts';
import type { Verdict } from '../core/kernel/verdict.ts';
import { distributionChart, forestPlot, seriesChart } from './charts.ts';
import {
  clean,
  literalLines,
  oneLine,
  openingVerdict,
  plainText,
  safeHref,
  segments,
  VERDICT_WORDS,
} from './inline.ts';
import { badge, escapeHtml, html, ICONS, icon } from './markup.ts';
import { STYLE } from './style.ts';

export interface HtmlOptions {
  /** The page's title. */
  readonly title: string;
  /** A line below it: what and when it is about. */
  readonly subtitle?: string;
  /** What made the page, with its version: `Greenlight 1.2.0`. */
  readonly generator?: string;
}

/** Nothing is fetched, no script runs: a report is safe to open wherever it came from. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'";

/** Sections that a single report has at least before it gets a table of contents. */
const CONTENTS_FROM = 5;

/**
 * One self-contained page of a report, or of several as a dossier with a table of contents. It needs no network and no
 * script, reads in light and dark and from 320 pixels of width, and prints on A4 with its folded parts open. Same
 * reports, same bytes.
 */
export function renderHtml(reports: Report | readonly Report[], options: HtmlOptions): string {
  const list: readonly Report[] = 'blocks' in reports ? [reports] : reports;
  // A report that is the page needs no second title.
  const alone = list.length === 1 && list[0]?.title === options.title;
  const pages = list.map((report, i) => drawReport(report, `s${i + 1}`, alone));
  const sections = alone ? (pages[0]?.entry.children ?? []) : pages.map(({ entry }) => entry);
  const wide = list.length > 1 || sections.length >= CONTENTS_FROM;
  const generator = options.generator === undefined ? undefined : html(options.generator);
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="referrer" content="no-referrer">',
    ...(generator === undefined ? [] : [`<meta name="generator" content="${generator}">`]),
    `<title>${html(options.title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<a class="skip" href="#main">Skip to the content</a>',
    ICONS,
    `<div class="frame${wide ? ' wide' : ''}">`,
    `<header><h1>${html(options.title)}</h1>${options.subtitle === undefined ? '' : `<p class="subtitle">${html(options.subtitle)}</p>`}</header>`,
    ...(wide
      ? [
          `<nav class="contents" aria-labelledby="contents"><h2 id="contents">Contents</h2>${contentsOf(sections)}</nav>`,
        ]
      : []),
    `<main id="main" tabindex="-1">${pages.map(({ markup }) => markup).join('\n')}</main>`,
    ...(generator === undefined ? [] : [`<footer>Made by ${generator}</footer>`]),
    '</div>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

/** A line of the table of contents. */
interface Entry {
  readonly id: string;
  readonly title: string;
  readonly verdict?: Verdict | undefined;
  readonly children: readonly Entry[];
}

function contentsOf(entries: readonly Entry[]): string {
  const items = entries.map(
    ({ id, title, verdict, children }) =>
      `<li><a href="#${id}">${html(title)}</a>${verdict === undefined ? '' : badge(verdict)}${children.length === 0 ? '' : contentsOf(children)}</li>`,
  );
  return `<ul>${items.join('')}</ul>`;
}

/** What drawing a report carries along: ids in their order, the heading level reached, the sections found. */
interface Pen {
  readonly prefix: string;
  ids: number;
  /** The element level of a `level: 2` heading: 2 where the report is the page, else 3. */
  readonly base: number;
  inSection: boolean;
  readonly sections: Entry[];
}

function drawReport(report: Report, id: string, alone: boolean): { markup: string; entry: Entry } {
  const pen: Pen = { prefix: id, ids: 0, base: alone ? 2 : 3, inSection: false, sections: [] };
  const blocks = report.blocks.map((block) => draw(block, pen)).join('\n');
  const verdict = openingVerdict(report)?.verdict;
  const title = html(report.title);
  const heading = alone ? '' : `<h2 id="${id}-title">${title}</h2>`;
  const name = alone ? `aria-label="${title}"` : `aria-labelledby="${id}-title"`;
  return {
    markup: `<section class="report" id="${id}" ${name}>${heading}${blocks}</section>`,
    entry: { id, title: report.title, verdict, children: pen.sections },
  };
}

function newId(pen: Pen): string {
  pen.ids += 1;
  return `${pen.prefix}-${pen.ids}`;
}

function draw(block: Block, pen: Pen): string {
  switch (block.kind) {
    case 'verdict':
      return `<p class="verdict ${block.verdict}">${icon(block.verdict)}<span><strong>${VERDICT_WORDS[block.verdict]}</strong> ${inlineOf(block.text)}</span></p>`;
    case 'heading':
      return drawHeading(block.text, block.level, pen);
    case 'paragraph':
      return `<p>${inlineOf(block.text)}</p>`;
    case 'list':
      return `<ul>${block.items.map((item) => `<li>${inlineOf(item)}</li>`).join('')}</ul>`;
    case 'facts':
      return `<dl>${block.items.map(({ name, value }) => `<dt>${html(name)}</dt><dd>${inlineOf(value)}</dd>`).join('')}</dl>`;
    case 'table':
      return drawTable(block, pen);
    case 'interval-chart':
      return forestPlot(block, newId(pen));
    case 'series-chart':
      return seriesChart(block, newId(pen));
    case 'distribution-chart':
      return distributionChart(block, newId(pen));
    case 'code':
      return `<pre tabindex="0"><code>${escapeHtml(literalLines(block.text).join('\n'))}</code></pre>`;
    case 'note':
      return `<p class="note ${block.tone}" role="note"><span><strong>${block.tone === 'warning' ? 'Warning' : 'Note'}</strong> ${inlineOf(block.text)}</span></p>`;
    case 'details':
      return `<details><summary>${html(block.summary)}</summary>${block.blocks.map((inner) => draw(inner, pen)).join('\n')}</details>`;
  }
}

/** Levels are never skipped: a level 3 that no level 2 came before is drawn as one. */
function drawHeading(text: string, level: 2 | 3, pen: Pen): string {
  const id = newId(pen);
  const deep = level === 3 && pen.inSection;
  if (!deep) {
    pen.inSection = true;
    pen.sections.push({ id, title: text, children: [] });
  }
  const element = `h${pen.base + (deep ? 1 : 0)}`;
  return `<${element} id="${id}">${html(text)}</${element}>`;
}

/** Tables scroll within themselves, by keyboard as well; the first cell of a row names it. */
function drawTable(table: TableBlock, pen: Pen): string {
  const id = newId(pen);
  const named = table.caption !== undefined && oneLine(table.caption) !== '';
  const right = (i: number): string => (table.columns[i]?.align === 'right' ? ' class="right"' : '');
  const head = table.columns.map(({ title }, i) =>
    oneLine(title) === '' ? '<td></td>' : `<th scope="col"${right(i)}>${html(title)}</th>`,
  );
  const rows = table.rows.map((row) => {
    const cells = table.columns.map((_, i) => {
      const content = inlineOf(row[i] ?? '');
      return i === 0 ? `<th scope="row"${right(i)}>${content}</th>` : `<td${right(i)}>${content}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  const name = named
    ? `aria-labelledby="${id}"`
    : `aria-label="Table: ${html(table.columns.map(({ title }) => title).join(', '))}"`;
  const caption = named ? `<caption id="${id}"><span>${html(table.caption ?? '')}</span></caption>` : '';
  return `<div class="scroll" role="region" ${name} tabindex="0"><table>${caption}<thead><tr>${head.join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function inlineOf(inline: Inline, inLink = false): string {
  return segments(inline)
    .map((part) => {
      if (typeof part === 'string') return wholeDates(escapeHtml(clean(part)));
      if ('code' in part) return `<code>${html(part.code)}</code>`;
      if ('place' in part) return `<code>${html(formatPlace(part.place))}</code>`;
      if ('verdict' in part) return badge(part.verdict);
      if ('strong' in part) return `<strong>${inlineOf(part.strong, inLink)}</strong>`;
      const href = safeHref(part.href);
      const text = inlineOf(part.link, true);
      // A link without words would be one that nobody can follow.
      return href === undefined || inLink || plainText(part.link) === ''
        ? text
        : `<a href="${escapeHtml(href)}">${text}</a>`;
    })
    .join('');
}

/** Text whose dates are not broken at their hyphens; a time, RFC 3339, may be broken before its `T`. */
function wholeDates(text: string): string {
  return text.replace(/\b(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2})?/g, (_, date: string, time?: string) =>
    time === undefined
      ? `<span class="date">${date}</span>`
      : `<span class="date">${date}</span><wbr>${time}`,
  );
}
