import type { Condition, Use } from '../plan.ts';

/** Base64, the URL's letters too (RFC 4648, sections 4 and 5). */
const B = '[A-Za-z0-9+/_-]';

/** Lengths of digests in bytes: MD5, SHA-1, SHA-224, SHA-256, SHA-384, SHA-512 and what is as long. */
const DIGESTS = [16, 20, 28, 32, 48, 64];

/** The forms of hashes, each of one length: hexadecimal in one case, base64, bcrypt's own. */
const HASH_FORMS: readonly string[] = [
  ...DIGESTS.flatMap((bytes) => [`[0-9a-f]{${2 * bytes}}`, `[0-9A-F]{${2 * bytes}}`]),
  ...DIGESTS.map((bytes) => `${B}{${Math.ceil((4 * bytes) / 3)}}${'='.repeat((3 - (bytes % 3)) % 3)}`),
  ...DIGESTS.filter((bytes) => bytes % 3 !== 0).map((bytes) => `${B}{${Math.ceil((4 * bytes) / 3)}}`),
  String.raw`\$2[abxy]\$[0-9]{2}\$[./A-Za-z0-9]{53}`,
];

/** True of a value that is no hash of the form that `first`, a value of the column, has; of no known form where it has none itself. */
export function notHashed(of: Use, first: string | undefined): Condition {
  const own = HASH_FORMS.find((form) => first !== undefined && new RegExp(`^${form}$`).test(first));
  const form = `^(?:${own ?? HASH_FORMS.join('|')})$`;
  return { is: 'any', of: [{ is: 'no-match', of, pattern: form }, anIban(of)] };
}

/** One block of a cipher in base64 without padding. */
const SHORTEST_CIPHERTEXT = 22;

/** From 28 bytes on, random ones that are all below 128 are one in 2^28: what has none above is text that was only encoded. */
const SHORT_BASE64 = `${B}{22,37}={0,2}`;
const SHORT_HEX = '.{0,55}';

// The top bits of three bytes lie in the first, second and third of four letters of base64.
const HIGH_BIT = [
  `[g-z0-9+/_-]${B}{3}`,
  `${B}[I-PY-Za-fo-v4-9+/_-]${B}{2}`,
  `${B}{2}[CDGHKLOPSTWXabefijmnqruvyz2367+/_-]${B}`,
].join('|');

/** True of a value that no cipher gives: short, of other letters than base64 or hexadecimal has, text that was only encoded, an IBAN. */
export function notEncrypted(of: Use): Condition {
  const hex = '[0-9a-fA-F]';
  return {
    is: 'any',
    of: [
      { is: 'shorter', of, bound: SHORTEST_CIPHERTEXT },
      { is: 'no-match', of, pattern: `^(?:${SHORT_BASE64}|(?:${B}{4})*(?:${HIGH_BIT})${B}*={0,2})$` },
      {
        is: 'no-match',
        of,
        pattern: `[g-zG-Z+/_=-]|^${SHORT_HEX}$|^(?:${hex}{2})*[89a-fA-F]${hex}(?:${hex}{2})*$`,
      },
      anIban(of),
    ],
  };
}

/** True of what an IBAN may be, which base64 has letters for; of random base64 of 22 letters, one in millions. */
function anIban(of: Use): Condition {
  return {
    is: 'no-match',
    of,
    pattern: '^[^A-Z]|^.[^A-Z]|^..[^0-9]|^...[^0-9]|[^A-Z0-9]|^[0-9A-F]{32}',
  };
}

const MASK = '[*•●█▪]|#{2}|[xX]{3}|REDACTED|MASKED|REMOVED|HIDDEN|[Rr]edacted|[Mm]asked|[Rr]emoved|[Hh]idden';

/** True of a value in which nothing is masked, or that shows more than six digits in a row (PCI DSS 4.0, 3.4.1, leaves six and four of a card's). */
export function notMasked(of: Use): Condition {
  return {
    is: 'any',
    of: [
      { is: 'no-match', of, pattern: MASK },
      { is: 'no-match', of, pattern: '^[^0-9]*(?:[0-9]{1,6}[^0-9]+)*[0-9]{0,6}$' },
    ],
  };
}
