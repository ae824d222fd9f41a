import { codeEscape, type Rewritten } from './patterns.ts';

// ECMA-262's white space and line terminators (\s); PostgreSQL's \s is ASCII alone.
const SPACES = String.raw`\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`;
const LINE_ENDS = String.raw`\n\r\u2028\u2029`;
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: 'A-Za-z0-9_', s: SPACES };
const CONTROLS: Readonly<Record<string, string>> = { n: '\\n', r: '\\r', t: '\\t', f: '\\f', v: '\\u000b' };
const MOST_REPEATS = 255;

/**
 * Rewrites a pattern of ECMA-262 (search semantics, no flags) for PostgreSQL's advanced regular expressions, to be matched under the collation C, so
 * that it means the same. Refused are constructs that PostgreSQL lacks or that are read differently: look-around, back references, groups
 * with names, modifiers, `\p{…}`, `\c`, `[^]`, `\D` and the like within brackets, repeats over 255.
 */
export function toAre(source: string): Rewritten {
  let pattern = '';
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const piece = rest.startsWith('[') ? bracket(rest) : outside(rest);
    if ('construct' in piece) return piece;
    pattern += piece.pattern;
    at += piece.read;
  }
  return { pattern };
}

type Piece = { readonly read: number; readonly pattern: string } | { readonly construct: string };

function outside(rest: string): Piece {
  const group = /^\(\?(?:<?[=!]|<[^>]*>|[-a-z]+:)/.exec(rest);
  if (group !== null) return { construct: group[0] };
  if (rest.startsWith('(?:')) return { read: 3, pattern: '(?:' };
  if (rest.startsWith('(')) return { read: 1, pattern: '(?:' };
  // Lazy or not, the same texts match.
  const repeat = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})(\??)/.exec(rest);
  if (repeat !== null) {
    const [all, least = '0', most = '0', lazy = ''] = repeat;
    if (Number(least) > MOST_REPEATS || Number(most) > MOST_REPEATS) return { construct: all };
    return { read: all.length, pattern: all.slice(0, all.length - lazy.length) };
  }
  if (rest.startsWith('\\')) {
    const item = escaped(rest);
    if ('construct' in item) return item;
    const { read, kind, text } = item;
    if (kind === 'set') return { read, pattern: `[${text}]` };
    return { read, pattern: kind === 'complement' ? `[^${text}]` : text };
  }
  if (rest.startsWith('.')) return { read: 1, pattern: `[^${LINE_ENDS}]` };
  if (/^[{}\]]/.test(rest)) return { read: 1, pattern: `\\${rest[0]}` };
  return plain(rest);
}

/** A whole bracket expression, read item by item: PostgreSQL takes hyphens and brackets within otherwise. */
function bracket(rest: string): Piece {
  const empty = /^\[\^?\]/.exec(rest);
  if (empty !== null) return { construct: empty[0] };
  let pattern = rest.startsWith('[^') ? '[^' : '[';
  let at = pattern.length;
  let range: 'no' | 'may begin' | 'ends' = 'no';
  while (at < rest.length && rest[at] !== ']') {
    const here = rest.slice(at);
    if (range === 'may begin' && /^-[^\]]/.test(here)) {
      pattern += '-';
      at += 1;
      range = 'ends';
      continue;
    }
    const item = here.startsWith('\\') ? escaped(here, true) : member(here);
    if ('construct' in item) return item;
    const set = item.kind !== 'character';
    if (
      item.kind === 'complement' ||
      item.kind === 'boundary' ||
      (set && (range === 'ends' || /^-[^\]]/.test(here.slice(item.read))))
    )
      return { construct: `[${here.slice(0, item.read + (set && item.kind === 'set' ? 1 : 0))}]` };
    pattern += item.text;
    at += item.read;
    range = range === 'ends' || set ? 'no' : 'may begin';
  }
  return { read: at + 1, pattern: `${pattern}]` };
}

type Item =
  | {
      readonly read: number;
      readonly kind: 'character' | 'set' | 'complement' | 'boundary';
      readonly text: string;
    }
  | { readonly construct: string };

function member(rest: string): Item {
  const piece = plain(rest);
  const text = /^[-[^]$/.test(piece.pattern) ? `\\${piece.pattern}` : piece.pattern;
  return { read: piece.read, kind: 'character', text };
}

function escaped(rest: string, within = false): Item {
  const code = codeEscape(rest);
  if (code !== undefined) {
    const { read, point } = code;
    if (point === 0 || (point >= 0xd800 && point <= 0xdfff)) return { construct: read };
    return { read: read.length, kind: 'character', text: `\\U${point.toString(16).padStart(8, '0')}` };
  }
  const character = rest[1] ?? '';
  const set = CLASSES[character.toLowerCase()];
  if (set !== undefined)
    return { read: 2, kind: CLASSES[character] === undefined ? 'complement' : 'set', text: set };
  const control = CONTROLS[character];
  if (control !== undefined) return { read: 2, kind: 'character', text: control };
  // In brackets \b is a backspace.
  if (character === 'b' || character === 'B')
    return within
      ? { construct: `[\\${character}]` }
      : { read: 2, kind: 'boundary', text: character === 'b' ? '\\y' : '\\Y' };
  if (/^[^0-9A-Za-z]$/.test(character) && character.charCodeAt(0) < 128)
    return { read: 2, kind: 'character', text: `\\${character}` };
  return { construct: rest.slice(0, 2) };
}

function plain(rest: string): { readonly read: number; readonly pattern: string } {
  const pattern = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return { read: pattern.length, pattern };
}
