import validator from 'validator';

const { isEmail, isIBAN, isIdentityCard, isIP, isLuhnNumber, isTaxID } = validator;

/**
 * A kind of personal data that a value's form tells. What has the form by chance is told apart by the check digits: of a column of other
 * numbers few pass, of a column of this kind all do.
 */
export interface Detector {
  /** As reports name it. */
  readonly what: string;
  /** Ends of column names that speak for it, in words. */
  readonly names: readonly string[];
  /** Ends of column names that speak against it. */
  readonly against?: readonly string[];
  /** The texts within a value that have the form, whether they pass or not. */
  readonly form: RegExp;
  /** Whether a text of the form passes. */
  readonly passes: (text: string) => boolean;
  /** The share of the values with the form that must pass: well above what passes by chance. */
  readonly atLeast: number;
  /** Which values with a passing text speak for the column, where one alone may not do so. */
  readonly telling?: { readonly share: number; readonly of: (text: string) => boolean };
}

/** Payment card numbers by issuer (ISO/IEC 7812-1; the ranges that the issuers publish). */
const ISSUERS = [
  /^3[47]\d{13}$/, // American Express
  /^3(0[0-5]|[689]\d)\d{11,16}$/, // Diners Club
  /^(6011|64[4-9]\d|65\d\d)\d{12,15}$/, // Discover
  /^35(2[89]|[3-8]\d)\d{12,15}$/, // JCB
  /^(5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}$/, // Mastercard
  /^62\d{14,17}$/, // UnionPay
  /^4\d{12}(\d{3})?(\d{3})?$/, // Visa
];

/** What every country's number may be called. */
export const ID_NAMES: readonly string[] = [
  'id number',
  'id no',
  'identity number',
  'national id',
  'national id number',
];

/** All but phone numbers, which need the numbering plans of countries (phone.ts). */
export const DETECTORS: readonly Detector[] = [
  {
    what: 'e-mail addresses',
    names: [
      'email',
      'e mail',
      'email address',
      'e mail address',
      'mail address',
      'email addr',
      'emailaddress',
      'correo',
      'correo electronico',
      'courriel',
    ],
    // It begins where such a run does: else each place of a long one would be tried.
    form: /(?<![^\s<>"'(),;:[\]=/])[^\s<>"'(),;:[\]=/]+@[^\s<>"'(),;:[\]/]*[^\s<>"'(),;:[\]/.]/g,
    passes: (text) => isEmail(text),
    atLeast: 0.1,
  },
  {
    what: 'IBANs',
    names: ['iban', 'iban number', 'bank account', 'bank account number'],
    form: /(?<![A-Za-z\d])[A-Za-z]{2}\d{2}(?: ?[A-Za-z\d]){11,30}(?![A-Za-z\d])/g,
    passes: (text) => isIBAN(text),
    atLeast: 0.1,
  },
  {
    what: 'payment card numbers',
    names: [
      'card number',
      'card no',
      'cardnumber',
      'credit card',
      'credit card number',
      'debit card',
      'card pan',
      'cc number',
      'ccn',
    ],
    form: /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w-]|\.\d)/g,
    passes: (text) => isCard(text),
    atLeast: 0.5,
  },
  {
    what: 'IP addresses',
    names: ['ip', 'ip address', 'ip addr', 'ipaddress', 'client ip', 'remote addr', 'ipv4', 'ipv6'],
    against: ['version', 'release', 'build', 'revision', 'ver', 'firmware'],
    form: /(?<![\w.:-])(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-fA-F]{0,4}(?::[\da-fA-F]{0,4}){2,7})(?![\w.:-]|\/\d)/g,
    passes: (text) => isIP(text),
    atLeast: 0.5,
    // Numbers of versions are small; the last number of most addresses is not.
    telling: { share: 0.2, of: (text) => text.includes(':') || /\b[12]\d\d\b/.test(text) },
  },
  {
    // Thirteen digits: date of birth, sequence, citizenship, one that means nothing now, Luhn's check digit (Department of Home Affairs, Act 68 of 1997).
    what: 'South African identity numbers',
    names: ['sa id', 'sa id number', 'rsa id', 'rsa id number', ...ID_NAMES],
    form: /(?<![\w.-])\d{6} ?\d{4} ?\d{3}(?![\w.-])/g,
    passes: (text) => isSouthAfrican(text.replaceAll(' ', '')),
    atLeast: 0.5,
  },
  {
    // Eight digits, or X, Y or Z and seven, and a letter: their number modulo 23 (Ministerio del Interior; Orden INT/2058/2008).
    what: 'Spanish DNI or NIE numbers',
    names: ['dni', 'nie', 'nif', ...ID_NAMES],
    form: /(?<![\w.-])(?:\d{8}|[XYZxyz]-?\d{7})-?[A-Za-z](?![\w.-])/g,
    passes: (text) => isIdentityCard(text.replaceAll('-', '').toUpperCase(), 'ES'),
    atLeast: 0.5,
  },
  {
    // Eleven digits, the last two modulo 11 (Receita Federal, Instrução Normativa RFB 2172/2024).
    what: 'Brazilian CPF numbers',
    names: ['cpf', 'cpf number', ...ID_NAMES],
    form: /(?<![\w.-])(?:\d{3}\.\d{3}\.\d{3}-\d{2}|\d{11})(?![\w.-])/g,
    passes: (text) => isTaxID(text.replaceAll(/\D/g, ''), 'pt-BR'),
    atLeast: 0.5,
  },
  {
    // Date of birth, a sign for the century, three digits, their number modulo 31 (Valtioneuvoston asetus 128/2010; signs of 2023).
    what: 'Finnish personal identity codes',
    names: ['hetu', 'henkilotunnus', 'henkilötunnus', ...ID_NAMES],
    form: /(?<![\w.-])(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{2}[-+A-FU-Y]\d{3}[\dA-FHJ-NPR-Y](?![\w.-])/g,
    // The library knows the signs of before 2023; the check character does not depend on the sign.
    passes: (text) => isIdentityCard(text.replace(/^(\d{6})[B-FU-Y]/, '$1-'), 'FI'),
    atLeast: 0.5,
  },
];

function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  return isLuhnNumber(digits) && ISSUERS.some((issuer) => issuer.test(digits));
}

function isSouthAfrican(digits: string): boolean {
  const [month, day] = [Number(digits.slice(2, 4)), Number(digits.slice(4, 6))];
  // 1900 was no leap year, 2000 was: a 29th of February can't be refused by two digits of a year.
  const isDay =
    month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000, month, 0)).getUTCDate();
  return isDay && /^[0-2]$/.test(digits[10] ?? '') && isLuhnNumber(digits);
}
