import type { Block, Inline, Report } from '../core/kernel/blocks.ts';
import { formatPlace } from '../core/kernel/place.ts';
import type { Verdict } from '../core/kernel/verdict.ts';

/** How a verdict is named, wherever it is drawn: the word says it, mark and colour only help. */
export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  pass: 'Pass',
  fail: 'Fail',
  inconclusive: 'Inconclusive',
  error: 'Error',
};

/**
 * Characters that hide or reorder what a reader sees, or steer a terminal: control characters, and the
 * bidirectional controls of "Trojan Source" (CVE-2021-42574).
 */
const DECEPTIVE = /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `text` without line breaks: runs of white space are one space, deceptive characters show as U+FFFD. */
export function clean(text: string): string {
  return text.toWellFormed().replace(/\s+/g, ' ').replace(DECEPTIVE, '\ufffd');
}

/** {@link clean} text without white space at its ends. */
export function oneLine(text: string): string {
  return clean(text).trim();
}

/** Literal lines: tabs become two spaces, deceptive characters show as U+FFFD; blank ends are dropped. */
export function literalLines(text: string): string[] {
  const lines = text
    .toWellFormed()
    .replace(/\t/g, '  ')
    .split(/\r\n|[\n\r\u2028\u2029]/)
    .map((line) => line.replace(DECEPTIVE, '\ufffd').trimEnd());
  return lines.slice(
    lines.findIndex((line) => line !== ''),
    lines.findLastIndex((line) => line !== '') + 1,
  );
}

/** An {@link Inline} without its arrays: neighbouring strings are joined, so that escaping sees them whole. */
export type Segment = Exclude<Inline, readonly Inline[]>;

export function segments(inline: Inline): Segment[] {
  const flat: Segment[] = [];
  const walk = (part: Inline): void => {
    if (isSequence(part)) {
      for (const inner of part) walk(inner);
      return;
    }
    const last = flat.at(-1);
    if (typeof part === 'string' && typeof last === 'string') flat[flat.length - 1] = last + part;
    else flat.push(part);
  };
  walk(inline);
  return flat;
}

/** `Array.isArray` does not narrow readonly arrays. */
function isSequence(inline: Inline): inline is readonly Inline[] {
  return Array.isArray(inline);
}

/** The words of an inline on one line, with `signs` before verdicts. */
export function plainText(inline: Inline, signs?: Readonly<Record<Verdict, string>>): string {
  const words = segments(inline).map((part) => {
    if (typeof part === 'string') return part;
    if ('code' in part) return part.code;
    if ('strong' in part) return plainText(part.strong, signs);
    if ('link' in part) return plainText(part.link, signs);
    if ('place' in part) return formatPlace(part.place);
    return signs === undefined
      ? VERDICT_WORDS[part.verdict]
      : `${signs[part.verdict]} ${VERDICT_WORDS[part.verdict]}`;
  });
  return oneLine(words.join(''));
}

/**
 * The address if it may be followed: http, https, or relative to where the report stands. Anything else
 * (`javascript:`, `data:`, `//host`) is undefined, and its text stands alone. Characters that could end a
 * link in HTML or Markdown are percent-encoded.
 */
export function safeHref(href: string): string | undefined {
  const address = href.toWellFormed().trim();
  const relative = !/^[a-z][a-z0-9+.-]*:/i.test(address) && !/^[/\\]{2}/.test(address) && address !== '';
  if (!relative && !/^https?:\/\/[^/\\]/i.test(address)) return undefined;
  return address.replace(/[^\w!#%&+,\-./:;=?@~]/gu, (character) =>
    // encodeURIComponent leaves these as they are.
    /['()*]/.test(character)
      ? `%${character.charCodeAt(0).toString(16).toUpperCase()}`
      : encodeURIComponent(character),
  );
}

/** The verdict that opens a report, if it has one. */
export function openingVerdict(report: Report): Extract<Block, { kind: 'verdict' }> | undefined {
  return report.blocks.find((block) => block.kind === 'verdict');
}

/** `1 row`, `2 rows`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
