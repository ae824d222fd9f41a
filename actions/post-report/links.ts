import type { Block, Inline, Report } from '../../core/kernel/blocks.ts';

/**
 * The report with every link that leads out of the repository turned into its text: a report of a pull request's run is the author's
 * word, and must not lead a reader elsewhere under our name. `home` is the repository's address; relative links are taken from there.
 */
export function keepOwnLinks(report: Report, home: string): Report {
  return { title: report.title, blocks: report.blocks.map((block) => inBlock(block, home)) };
}

function inBlock(block: Block, home: string): Block {
  const inline = (text: Inline): Inline => inText(text, home);
  switch (block.kind) {
    case 'verdict':
    case 'paragraph':
    case 'note':
      return { ...block, text: inline(block.text) };
    case 'list':
      return { ...block, items: block.items.map(inline) };
    case 'facts':
      return { ...block, items: block.items.map(({ name, value }) => ({ name, value: inline(value) })) };
    case 'table':
      return { ...block, rows: block.rows.map((row) => row.map(inline)) };
    case 'details':
      return { ...block, blocks: block.blocks.map((inner) => inBlock(inner, home)) };
    case 'heading':
    case 'code':
    case 'interval-chart':
    case 'series-chart':
    case 'distribution-chart':
      return block;
  }
}

function inText(text: Inline, home: string): Inline {
  if (typeof text === 'string') return text;
  if (isSequence(text)) return text.map((part) => inText(part, home));
  if ('strong' in text) return { strong: inText(text.strong, home) };
  if (!('link' in text)) return text;
  const href = ownAddress(text.href, home);
  const words = inText(text.link, home);
  return href === undefined ? words : { link: words, href };
}

/** The absolute address where it lies within the repository, as a browser would read it (WHATWG URL). */
function ownAddress(href: string, home: string): string | undefined {
  if (!URL.canParse(href, `${home}/`)) return undefined;
  const url = new URL(href, `${home}/`);
  const own = new URL(`${home}/`);
  const within = url.origin === own.origin && `${url.pathname}/`.startsWith(own.pathname);
  return within && url.username === '' && url.password === '' ? url.href : undefined;
}

/** `Array.isArray` does not narrow readonly arrays. */
function isSequence(inline: Inline): inline is readonly Inline[] {
  return Array.isArray(inline);
}
