/** A pattern rewritten for another engine, or what it has that can't be. */
export type Rewritten = { readonly pattern: string } | { readonly construct: string };

// ECMA-262's white space and line terminators (\s); RE2's \s is ASCII alone.
const SPACES = String.raw`\t\n\x{0b}\f\r \x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}\x{feff}`;
const LINE_ENDS = String.raw`\n\r\x{2028}\x{2029}`;
const RE2_REPEATS = 1000;

/**
 * Rewrites a pattern of ECMA-262 (search semantics, no flags) for RE2, so that it means the same. Refused are constructs that RE2
 * lacks or reads otherwise: look-around, back references, named groups, modifiers, `\c`, `[^]`, repeats over 1000.
 */
export function toRe2(source: string): Rewritten {
  let pattern = '';
  let inClass = false;
  const repeats = new Repeats();
  for (let index = 0; index < source.length; ) {
    const rest = source.slice(index);
    const piece = inClass ? rangePiece(rest) : outerPiece(rest);
    if ('construct' in piece) return piece;
    pattern += piece.pattern;
    if (!inClass && !repeats.take(piece.read)) return { construct: piece.read };
    if (piece.read === '[' || piece.read === '[^') inClass = true;
    else if (inClass && piece.read === ']') inClass = false;
    index += piece.read.length;
  }
  return { pattern };
}

/**
 * The pattern for a match of the whole text that is true where {@link toRe2} gives one to be sought in it: DuckDB judges a whole match once for each
 * entry of a Parquet dictionary, a search once a row.
 */
export function asWholeMatch(pattern: string): string {
  const whole = /^\^([^|^$\\]*)\$$/.exec(pattern)?.[1];
  if (whole !== undefined) return whole;
  return `(?s:.*)(?:${pattern})(?s:.*)`;
}

/** RE2 bounds the product of repeats within repeats. */
class Repeats {
  /** The largest product within each open group, the whole pattern first. */
  private readonly groups = [1];
  /** That of what a repeat would follow. */
  private last = 1;

  /** Takes a piece that stands outside of classes; false where RE2 would refuse. */
  take(piece: string): boolean {
    const count = /^\{(\d+)(?:,(\d*))?\}$/.exec(piece);
    if (count !== null) {
      this.last *= Math.max(1, Number(count[1]), Number(count[2] ?? 0));
    } else if (piece === '(' || piece === '(?:') {
      this.groups.push(1);
      return true;
    } else if (piece === ')') {
      this.last = this.groups.pop() ?? 1;
    } else if (piece !== '?' && piece !== '*' && piece !== '+') {
      this.last = 1;
    }
    const top = this.groups.length - 1;
    this.groups[top] = Math.max(this.groups[top] ?? 1, this.last);
    return this.last <= RE2_REPEATS;
  }
}

type Piece = { readonly read: string; readonly pattern: string } | { readonly construct: string };

function same(read: string): Piece {
  return { read, pattern: read };
}

function outerPiece(rest: string): Piece {
  if (rest.startsWith('\\')) return escapePiece(rest, false);
  if (rest.startsWith('[]') || rest.startsWith('[^]'))
    return { construct: rest.slice(0, rest.indexOf(']') + 1) };
  if (rest.startsWith('[^')) return same('[^');
  const group = /^\(\?(<?[=!]|<[^>]*>|[-a-z]+:)/.exec(rest);
  if (group !== null) return { construct: group[0] };
  const repeat = /^\{(\d+)(?:,(\d*))?\}/.exec(rest);
  if (repeat !== null) {
    return Number(repeat[1]) > RE2_REPEATS || Number(repeat[2] ?? 0) > RE2_REPEATS
      ? { construct: repeat[0] }
      : same(repeat[0]);
  }
  if (rest.startsWith('{') || rest.startsWith('}') || rest.startsWith(']'))
    return { read: rest.slice(0, 1), pattern: `\\${rest[0]}` };
  if (rest.startsWith('.')) return { read: '.', pattern: `[^${LINE_ENDS}]` };
  return same(String.fromCodePoint(rest.codePointAt(0) ?? 0));
}

/** One or two characters of a class: a range, or two sets with a `-` that is a character by itself (ECMA-262, annex B.1.2). */
function rangePiece(rest: string): Piece {
  const low = classPiece(rest);
  if ('construct' in low || low.read === ']') return low;
  const after = rest.slice(low.read.length);
  if (!/^-[^\]]/u.test(after)) return low;
  const high = classPiece(after.slice(1));
  if ('construct' in high) return high;
  const minus = isSet(low.read) || isSet(high.read) ? '\\-' : '-';
  return { read: `${low.read}-${high.read}`, pattern: `${low.pattern}${minus}${high.pattern}` };
}

/** Whether a piece of a class stands for several characters. */
function isSet(read: string): boolean {
  return /^\\[dDwWsSpP]/.test(read);
}

function classPiece(rest: string): Piece {
  if (rest.startsWith('\\')) return escapePiece(rest, true);
  // RE2 would read `[:` as the start of a POSIX class.
  if (rest.startsWith('[')) return { read: '[', pattern: '\\[' };
  // Where no range begins, a `-` stands for itself.
  if (rest.startsWith('-')) return { read: '-', pattern: '\\-' };
  return same(String.fromCodePoint(rest.codePointAt(0) ?? 0));
}

/** The escape of a code point that a pattern begins with, such as `\u{1f600}`, and the point. */
export function codeEscape(rest: string): { readonly read: string; readonly point: number } | undefined {
  const code = /^\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/.exec(rest);
  if (code === null) return undefined;
  return { read: code[0], point: Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16) };
}

function escapePiece(rest: string, inClass: boolean): Piece {
  const code = codeEscape(rest);
  if (code !== undefined) {
    const { read, point } = code;
    if (point >= 0xd800 && point <= 0xdfff) return { construct: read };
    return { read, pattern: `\\x{${point.toString(16)}}` };
  }
  const property = /^\\[pP]\{([A-Z][a-z]?)\}/.exec(rest);
  if (property !== null) return same(property[0]);
  const read = rest.slice(0, 2);
  const character = read[1] ?? '';
  if (character === 's') return { read, pattern: inClass ? SPACES : `[${SPACES}]` };
  if (character === 'S') return inClass ? { construct: '[\\S]' } : { read, pattern: `[^${SPACES}]` };
  if (character === 'v') return { read, pattern: '\\x{0b}' };
  if ('dDwWnrtf'.includes(character)) return same(read);
  if ((character === 'b' || character === 'B') && !inClass) return same(read);
  if (/^[^0-9A-Za-z]$/.test(character) && character.charCodeAt(0) < 128) return same(read);
  return { construct: read };
}
