import type { Verdict } from '../core/kernel/verdict.ts';
import { clean, VERDICT_WORDS } from './inline.ts';

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Literal text for HTML elements and quoted attributes, lines kept. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Literal text on one line for HTML elements and quoted attributes. */
export function html(text: string): string {
  return escapeHtml(clean(text));
}

/** One shape a verdict, so that they are told apart without colour; `{@link icon}` draws from these. */
export const ICONS = `<svg width="0" height="0" style="position:absolute" aria-hidden="true">${[
  symbol('pass', '<circle cx="10" cy="10" r="8.2"/>', '<path d="M6.2 10.3l2.7 2.7 5-5.6"/>'),
  symbol(
    'fail',
    '<path d="M6.6 1.8h6.8l4.8 4.8v6.8l-4.8 4.8H6.6l-4.8-4.8V6.6z"/>',
    '<path d="M7 7l6 6m0-6l-6 6"/>',
  ),
  symbol(
    'inconclusive',
    '<path d="M10 1l9 9-9 9-9-9z"/>',
    '<path d="M7.8 8.3a2.2 2.2 0 1 1 3.3 1.9c-.8.5-1.1.9-1.1 1.7m0 2.2v.1"/>',
  ),
  symbol('error', '<path d="M10 1.6l9 16.2H1z"/>', '<path d="M10 7.4v5m0 2.6v.1"/>'),
].join('')}</svg>`;

function symbol(verdict: Verdict, outline: string, sign: string): string {
  const style = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"';
  return `<symbol id="icon-${verdict}" viewBox="0 0 20 20"><g ${style} stroke-width="1.6">${outline}</g><g ${style} stroke-width="1.9">${sign}</g></symbol>`;
}

export function icon(verdict: Verdict): string {
  return `<svg class="icon" aria-hidden="true"><use href="#icon-${verdict}"/></svg>`;
}

/** A verdict within a line: shape and word. */
export function badge(verdict: Verdict): string {
  return `<span class="badge ${verdict}">${icon(verdict)}${VERDICT_WORDS[verdict]}</span>`;
}
