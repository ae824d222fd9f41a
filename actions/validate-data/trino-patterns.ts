import { codeEscape, type Rewritten } from './patterns.ts';

// ECMA-262's white space and line terminators (\s); Trino's \s is ASCII alone. All as the characters themselves.
const SPACES = '\t\n\u000b\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff';
const LINE_ENDS = '\n\r\u2028\u2029';
const WORD = 'A-Za-z0-9_';
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', w: WORD, s: SPACES };
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', f: '\f', v: '\u000b' };
/** Trino's own boundary heeds the letters of all scripts. */
const BOUNDARIES: Readonly<Record<string, string>> = {
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
};
const MOST_REPEATS = 1000;

/**
 * Rewrites a pattern of ECMA-262 (search semantics, no flags but that characters are whole code points) for Trino's regular expressions, which are
 * JONI's with the syntax of Java, so that it means the same. Refused are constructs that JONI lacks or reads otherwise: back references,
 * look-behind, modifiers, `\c`, `\0`, `[^]`, `\D` and the like within brackets, surrogates, repeats over 1000.
 */
export function toJoni(source: string): Rewritten {
  let pattern = '';
  // What closes each group that is open.
  const closing: string[] = [];
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const piece = rest.startsWith('[') ? bracket(rest) : outside(rest, closing);
    if ('construct' in piece) return piece;
    pattern += piece.pattern;
    at += piece.read;
  }
  return { pattern };
}

type Piece = { readonly read: number; readonly pattern: string } | { readonly construct: string };

function outside(rest: string, closing: string[]): Piece {
  if (rest.startsWith('(')) return opening(rest, closing);
  if (rest.startsWith(')')) return { read: 1, pattern: closing.pop() ?? ')' };
  // Lazy or not, the same texts match.
  const repeat = /^(?:[*+?]|\{(\d+)(?:,(\d*))?\})(\??)/.exec(rest);
  if (repeat !== null) {
    const [all, least = '0', most = '0', lazy = ''] = repeat;
    if (Number(least) > MOST_REPEATS || Number(most) > MOST_REPEATS) return { construct: all };
    return { read: all.length, pattern: all.slice(0, all.length - lazy.length) };
  }
  // JONI's `$` stands before a newline at the end too; and after what may be left out its `\z` misses texts that end in a character of several
  // bytes (`é` for `a?\z`), unless it is looked at.
  if (rest.startsWith('$')) return { read: 1, pattern: '(?=\\z)' };
  if (rest.startsWith('.')) return { read: 1, pattern: `[^${LINE_ENDS}]` };
  if (/^[\^|]/.test(rest)) return { read: 1, pattern: rest.slice(0, 1) };
  if (!rest.startsWith('\\')) return plain(rest);
  const boundary = BOUNDARIES[rest[1] ?? ''];
  if (boundary !== undefined) return { read: 2, pattern: boundary };
  const item = escaped(rest);
  if ('construct' in item || item.kind === 'character') return item;
  return { read: item.read, pattern: `[${item.kind === 'complement' ? '^' : ''}${item.pattern}]` };
}

function opening(rest: string, closing: string[]): Piece {
  // A name is only of use to references, which are refused.
  const group = /^\((?:\?(?::|[=!]|<[^=!>][^>]*>))?/.exec(rest)?.[0] ?? '(';
  const next = rest.slice(group.length);
  if (group === '(' && next.startsWith('?'))
    return { construct: /^\(\?(?:<[=!]|[-a-z]*:?)/.exec(rest)?.[0] ?? '(?' };
  const ahead = group === '(?=' || group === '(?!';
  // Within a group of its own, so that it may be repeated as in JavaScript.
  closing.push(ahead ? '))' : ')');
  // JONI repeats no group that is empty, but one of two empty alternatives.
  const empty = next.startsWith(')') ? '|' : '';
  return { read: group.length, pattern: `(?:${ahead ? group : ''}${empty}` };
}

/** A whole bracket expression, read item by item: JONI takes hyphens, brackets and `&&` within otherwise. */
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
    const item = here.startsWith('\\') ? escaped(here) : plain(here);
    if ('construct' in item) return { construct: `[${item.construct}]` };
    const set = 'kind' in item && item.kind !== 'character';
    const edge = set && (range === 'ends' || /^-[^\]]/.test(here.slice(item.read)));
    if (edge || ('kind' in item && item.kind === 'complement'))
      return { construct: `[${here.slice(0, item.read + (edge ? 1 : 0))}]` };
    pattern += item.pattern;
    at += item.read;
    range = range === 'ends' || set ? 'no' : 'may begin';
  }
  return { read: at + 1, pattern: `${pattern}]` };
}

type Item =
  | {
      readonly read: number;
      readonly kind: 'character' | 'set' | 'complement';
      /** A character as it stands in and out of brackets, or what stands in brackets for a set or its complement. */
      readonly pattern: string;
    }
  | { readonly construct: string };

function escaped(rest: string): Item {
  const code = codeEscape(rest);
  if (code !== undefined) {
    const { read, point } = code;
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return { construct: read };
    return { read: read.length, kind: 'character', pattern: quoted(String.fromCodePoint(point)) };
  }
  const property = /^\\[pP]\{[A-Z][a-z]?\}/.exec(rest);
  if (property !== null) return { read: property[0].length, kind: 'set', pattern: property[0] };
  const character = rest[1] ?? '';
  const set = CLASSES[character.toLowerCase()];
  if (set !== undefined)
    return { read: 2, kind: CLASSES[character] === undefined ? 'complement' : 'set', pattern: set };
  const control = CONTROLS[character];
  if (control !== undefined) return { read: 2, kind: 'character', pattern: control };
  if (/^[^0-9A-Za-z]$/.test(character) && character.charCodeAt(0) < 128)
    return { read: 2, kind: 'character', pattern: quoted(character) };
  return { construct: rest.slice(0, 2) };
}

function plain(rest: string): { readonly read: number; readonly pattern: string } {
  const character = String.fromCodePoint(rest.codePointAt(0) ?? 0);
  return { read: character.length, pattern: quoted(character) };
}

/** A character that stands for itself, in brackets and out of them. */
function quoted(character: string): string {
  return /^[!-/:-@[-`{-~]$/.test(character) ? `\\${character}` : character;
}
