import { Marked, type Tokens } from 'marked';
import { escapeHtml } from './html.ts';

/** GitHub-flavoured Markdown as GitHub shows it: raw HTML only from its list, comments unseen, links harmless. */

const ALLOWED = new Set(
  'a b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p picture pre q s samp small source span strong sub summary sup table tbody td tfoot th thead tr ul var'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set([
  'align',
  'alt',
  'colspan',
  'height',
  'href',
  'open',
  'rowspan',
  'src',
  'title',
  'valign',
  'width',
]);
const ALERTS: Readonly<Record<string, string>> = {
  NOTE: 'note',
  TIP: 'tip',
  IMPORTANT: 'important',
  WARNING: 'warning',
  CAUTION: 'caution',
};

const marked = new Marked({ gfm: true });
marked.use({
  renderer: {
    html: (token) => sanitize(token.text),
    link(token: Tokens.Link) {
      const text = this.parser.parseInline(token.tokens);
      return safe(token.href) ? `<a href="${escapeHtml(token.href)}">${text}</a>` : text;
    },
    image: (token) =>
      safe(token.href)
        ? `<img src="${escapeHtml(token.href)}" alt="${escapeHtml(token.text)}">`
        : escapeHtml(token.text),
  },
});

/** Text that somebody posted: there, unlike in a file, a line's end is a break. */
export function postedMarkdown(text: string): string {
  return withAlerts(marked.parse(text, { async: false, breaks: true }));
}

/** A file of the repository. */
export function markdownFile(text: string): string {
  return withAlerts(marked.parse(text, { async: false }));
}

function withAlerts(html: string): string {
  return html.replace(
    /<blockquote>\s*<p>\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\](?:<br>)?\s*/g,
    (_, kind: string) => {
      const name = ALERTS[kind] ?? 'note';
      return `<blockquote class="alert ${name}"><p><strong>${name.charAt(0).toUpperCase()}${name.slice(1)}</strong><br>`;
    },
  );
}

/** Keeps allowed tags with allowed attributes, drops comments, shows everything else as text. */
function sanitize(html: string): string {
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)/g, '')
    .split(/(<[^>]*>)/)
    .map((part) => (part.startsWith('<') && part.endsWith('>') ? tag(part) : part.replaceAll('<', '&lt;')))
    .join('');
}

function tag(text: string): string {
  const found = /^<(\/?)([a-z][a-z0-9]*)\b([^>]*?)(\/?)>$/i.exec(text);
  const name = found?.[2]?.toLowerCase() ?? '';
  if (found === null || !ALLOWED.has(name)) return escapeHtml(text);
  if (found[1] === '/') return `</${name}>`;
  const attributes = [
    ...(found[3] ?? '').matchAll(/([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"']+)))?/gi),
  ]
    .map(([, key = '', double, single, bare]) => ({
      key: key.toLowerCase(),
      value: double ?? single ?? bare ?? '',
    }))
    .filter(({ key, value }) => ATTRIBUTES.has(key) && ((key !== 'href' && key !== 'src') || safe(value)))
    .map(({ key, value }) => ` ${key}="${escapeHtml(value.replaceAll('&amp;', '&'))}"`);
  return `<${name}${attributes.join('')}>`;
}

function safe(href: string): boolean {
  return /^(https?:|mailto:|#|\/|\.)/i.test(href.trim());
}
