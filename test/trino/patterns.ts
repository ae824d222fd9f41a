import fc from 'fast-check';

export const TEXTS: readonly string[] = [
  '',
  'a',
  'A',
  'ab',
  'ba',
  'a b',
  'a\n',
  '\n',
  'aé',
  'éa',
  '\u00a0',
  '٣',
  '1',
  '-',
  ']',
  '[',
  '\\',
  '^',
  '.',
  'a-b',
  '😀',
  '_',
  'b\u2028',
  '\ufeff',
  'a\u0001',
  'a&b',
  'é b',
  'aa',
  "'",
  'ſ',
];

/** Patterns that mean in Trino what ECMA-262 says, rewritten. */
export const PATTERNS: readonly string[] = [
  '^a$',
  'a|',
  '^.$',
  '^[^a]$',
  '\\bb',
  'a\\b',
  '\\B',
  '^\\s$',
  '^\\S+$',
  '^\\w+$',
  '\\W',
  '^\\d$',
  '[\\s]',
  '^[\\d\\-a]+$',
  '[a-]',
  '[-a]',
  '[^-a]',
  '[a\\]]',
  '[[]',
  '[[:alpha:\\]]',
  '[.-]',
  '[\\^]',
  '[\\\\]',
  'a{1,2}?',
  '(a)(b)?',
  '^(?:a|b)+$',
  '^$',
  '\\u0061',
  '\\u{1f600}',
  '\\x61',
  '^[\\u0001-\\u0010a]*$',
  '\\.',
  '[a-c-e]',
  '[&&]',
  '[a&&b]',
  '^(?=a)',
  'a(?!b)',
  '(?:(?=a)a)+',
  '^(?<name>a)$',
  '^\\p{L}$',
  '[\\p{Lu}]',
  '^(?:a{2}){1}$',
  'a?$',
  '(?:a|)$',
  "'",
  '^[!-~]$',
  '#',
  'a b',
];

/** Patterns that Trino can't be asked. */
export const REFUSED: readonly string[] = [
  '(?<=a)b',
  '(?<!a)b',
  '(a)\\1',
  '\\k<n>',
  '\\cA',
  '[^]',
  '[]',
  '[\\D]',
  '[\\w-z]',
  '[a-\\d]',
  '[\\b]',
  'a{1001}',
  'a{1,2000}',
  '(?i:a)',
  '(?-i:a)',
  '\\0',
  '\\ud83d',
  '[\\ud83d]',
  '\\p{Script=Greek}',
];

/** Patterns made of what is rewritten. */
export function somePattern(): fc.Arbitrary<string> {
  const { sequence } = fc.letrec<{ atom: string; sequence: string }>((tie) => ({
    atom: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('a', 'b', '.', '\\d', '\\w', '\\s', '\\W', '\\S', '\\D', '[ab]', '[^a-b]', '[\\w\\-]'),
      fc.constantFrom(
        '[^\\s]',
        '[-\\]]',
        '\\b',
        '\\B',
        '^',
        '$',
        '\\-',
        '\\u0061',
        ']',
        '\\{',
        '[&&a]',
        '[[b]',
      ),
      tie('sequence').map((inner) => `(${inner})`),
      fc
        .tuple(fc.constantFrom('(?=', '(?!', '(?<n>'), tie('sequence'))
        .map(([open, inner]) => `${open}${inner})`),
      fc
        .tuple(tie('sequence'), fc.constantFrom('*', '+', '?', '{2}', '{1,3}', '*?', '{2,}', '{2}?'))
        .map(([inner, many]) => `(?:${inner})${many}`),
    ),
    sequence: fc
      .array(fc.oneof(tie('atom'), fc.constant('|')), { maxLength: 4 })
      .map((parts) => parts.join('')),
  }));
  // A name may stand once.
  return sequence.map((pattern) => {
    let names = 0;
    return pattern.replaceAll('(?<n>', () => `(?<n${names++}>`);
  });
}

export function someTexts(): fc.Arbitrary<string[]> {
  const unit = fc.constantFrom('a', 'b', '-', ' ', '\n', 'é', '1', ']', '_', '\u2028', '&');
  return fc.array(fc.string({ unit, maxLength: 6 }), { minLength: 4, maxLength: 12 });
}
