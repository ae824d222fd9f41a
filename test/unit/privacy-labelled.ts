/** A column of which it is known what it holds. */
export interface LabelledColumn {
  readonly name: string;
  readonly values: readonly string[];
  /** What reports call it; undefined for a decoy. */
  readonly holds: string | undefined;
  /** Which recipe made it. */
  readonly recipe: string;
}

/** What a detector did on the labelled columns. */
export interface Detection {
  readonly personal: number;
  readonly decoys: number;
  /** The share of columns of personal data that were found, as what they are. */
  readonly recall: number;
  /** The share of decoys that were taken for personal data. */
  readonly falseAlarms: number;
  /** The recipes of what went wrong. */
  readonly missed: readonly string[];
  readonly alarmed: readonly string[];
}

/** Columns of every recipe, of 10 to 400 values, the same for the same seed. */
export function labelledColumns(seed: number, each = 8): readonly LabelledColumn[] {
  const random = new Random(seed);
  const columns: LabelledColumn[] = [];
  const make = (recipe: string, holds: string | undefined, { names, value }: Recipe): void => {
    for (let n = 0; n < each; n++) {
      const setting = random.whole(1 << 30);
      const length = random.between(10, 400);
      const values = Array.from({ length }, (_, row) => value(random, row, setting));
      columns.push({ name: names[n % names.length] ?? 'x', values, holds, recipe });
    }
  };
  for (const [holds, recipes] of Object.entries(PERSONAL)) {
    for (const [index, recipe] of recipes.entries()) make(`${holds} ${index}`, holds, recipe);
  }
  for (const [name, recipe] of Object.entries(DECOYS)) make(name, undefined, recipe);
  return columns;
}

/** Tries a detector on the labelled columns: what it says of a column by its name and its values. */
export async function measureDetection(
  detect: (column: {
    readonly name: string;
    readonly values: ReadonlyMap<string, number>;
  }) => Promise<{ readonly what: string } | undefined>,
  seed = 1,
): Promise<Detection> {
  const columns = labelledColumns(seed);
  const missed: string[] = [];
  const alarmed: string[] = [];
  for (const { name, values, holds, recipe } of columns) {
    const counted = new Map<string, number>();
    for (const value of values) counted.set(value, (counted.get(value) ?? 0) + 1);
    const found = await detect({ name, values: counted });
    if (holds === undefined && found !== undefined) alarmed.push(`${recipe} (${name}): ${found.what}`);
    if (holds !== undefined && found?.what !== holds) missed.push(`${recipe} (${name}): ${found?.what}`);
  }
  const personal = columns.filter(({ holds }) => holds !== undefined).length;
  const decoys = columns.length - personal;
  return {
    personal,
    decoys,
    recall: 1 - missed.length / personal,
    falseAlarms: alarmed.length / decoys,
    missed,
    alarmed,
  };
}

/** The figures in one line, for the bench. */
export function detectionLine({ personal, decoys, recall, falseAlarms }: Detection): string {
  return `personal data: recall ${recall.toFixed(3)} of ${personal} columns, false alarms ${falseAlarms.toFixed(3)} of ${decoys} decoys`;
}

interface Recipe {
  readonly names: readonly string[];
  /** `setting` is the same for all rows of a column. */
  value(random: Random, row: number, setting: number): string;
}

/** Mulberry32: small, and the same everywhere. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** From 0 to below 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  whole(below: number): number {
    return Math.floor(this.next() * below);
  }

  between(low: number, high: number): number {
    return low + this.whole(high - low + 1);
  }

  of<T>(list: readonly T[]): T {
    return list[this.whole(list.length)] as T;
  }

  /** `9` is any digit, `2` one from 2 to 9, `A` a capital letter, `a` a small one, `h` a hexadecimal digit; `\` takes the next as it is. */
  like(pattern: string): string {
    return pattern.replaceAll(/\\(.)|[92Aah]/g, (letter, plain: string | undefined) => {
      if (plain !== undefined) return plain;
      if (letter === '9') return String(this.whole(10));
      if (letter === '2') return String(this.between(2, 9));
      if (letter === 'h') return this.whole(16).toString(16);
      return String.fromCharCode((letter === 'A' ? 65 : 97) + this.whole(26));
    });
  }
}

const NEUTRAL = ['field_7', 'value', 'c12', 'contact', 'attr', 'info', 'x', 'extra'];
const SURNAMES = ['smith', 'vanwyk', 'garcia', 'korhonen', 'silva', 'obrien', 'mueller', 'dlamini'];
const WORDS = [
  'please',
  'call',
  'the',
  'order',
  'late',
  'about',
  'refund',
  'box',
  'again',
  'my',
  'and',
  'it',
];

function sentence(random: Random, words: number): string {
  return Array.from({ length: words }, () => random.of(WORDS)).join(' ');
}

function day(random: Random, from: number, to: number): Date {
  return new Date(Date.UTC(random.between(from, to), random.whole(12), random.between(1, 28)));
}

function pad(number: number, width: number): string {
  return String(number).padStart(width, '0');
}

/** The digit that makes the whole pass Luhn's test (ISO/IEC 7812-1, annex B). */
export function luhnDigit(digits: string): string {
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    let digit = Number(digits[digits.length - 1 - index]);
    if (index % 2 === 0) digit = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += digit;
  }
  return String((10 - (sum % 10)) % 10);
}

/** An IBAN by ISO 13616 for a country's own part. */
export function iban(country: string, own: string): string {
  const numbers = `${own}${country}00`.replaceAll(/[A-Z]/g, (letter) => String(letter.charCodeAt(0) - 55));
  const check = 98n - (BigInt(numbers) % 97n);
  return `${country}${pad(Number(check), 2)}${own}`;
}

export function southAfrican(random: Random): string {
  const born = day(random, 1930, 2005);
  const date = `${pad(born.getUTCFullYear() % 100, 2)}${pad(born.getUTCMonth() + 1, 2)}${pad(born.getUTCDate(), 2)}`;
  const digits = `${date}${random.like('9999')}${random.whole(2)}8`;
  return digits + luhnDigit(digits);
}

const DNI_LETTERS = 'TRWAGMYFPDXBNJZSQVHLCKE';

export function dni(random: Random): string {
  const number = random.whole(100_000_000);
  return `${pad(number, 8)}${DNI_LETTERS[number % 23]}`;
}

function nie(random: Random): string {
  const [first, number] = [random.whole(3), random.whole(10_000_000)];
  return `${'XYZ'[first]}${pad(number, 7)}${DNI_LETTERS[(first * 10_000_000 + number) % 23]}`;
}

export function cpf(random: Random): string {
  const digits = Array.from({ length: 9 }, () => random.whole(10));
  for (const start of [10, 11]) {
    const sum = digits.reduce((total, digit, index) => total + digit * (start - index), 0);
    digits.push(((sum * 10) % 11) % 10);
  }
  return digits.join('');
}

export function hetu(random: Random): string {
  const born = day(random, 1920, 1999);
  const date = `${pad(born.getUTCDate(), 2)}${pad(born.getUTCMonth() + 1, 2)}${pad(born.getUTCFullYear() % 100, 2)}`;
  const own = pad(random.between(2, 899), 3);
  return `${date}${random.of(['-', 'Y', 'X'])}${own}${'0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(date + own) % 31]}`;
}

function email(random: Random): string {
  const user = random.of(['aaa.', '', 'aa+tag.', 'A.', 'a_']);
  const domain = random.of(['example.com', 'mail.example.org', 'EXAMPLE.NET', 'example.co.za', 'example.fi']);
  return `${random.like(user)}${random.of(SURNAMES)}${random.whole(1000)}@${domain}`;
}

const CARDS = [
  '4999999999999999',
  '51999999999999',
  '222199999999999',
  '379999999999999',
  '601199999999999',
  '352899999999999',
  '62999999999999',
];

function card(random: Random): string {
  const shape = random.of(CARDS);
  const length = shape.startsWith('37') ? 14 : 15;
  const digits = (shape.match(/^(4|5\d|2221|37|6011|3528|62)/)?.[0] ?? '').padEnd(length, '9');
  const issuer = digits.replace(/9+$/, '');
  const body = issuer + random.like('9'.repeat(length - issuer.length));
  return body + luhnDigit(body);
}

const IBANS: readonly (readonly [country: string, own: string])[] = [
  ['DE', '999999999999999999'],
  ['GB', 'AAAA99999999999999'],
  ['NL', 'AAAA9999999999'],
  ['ES', '99999999999999999999'],
  ['FI', '99999999999999'],
  ['PL', '999999999999999999999999'],
  ['FR', '9999999999999999999999 9'.replace(' ', '')],
];

function anyIban(random: Random): string {
  const [country, own] = random.of(IBANS);
  return iban(country, random.like(own));
}

// Ranges that the numbering plans have long given out.
const PHONES: readonly (readonly [international: string, national: string])[] = [
  ['+\\2\\7 8\\2 999 9999', '08\\2 999 9999'],
  ['+1 \\2\\1\\2-\\2\\59-9999', '(\\2\\1\\2) \\2\\59-9999'],
  ['+\\4\\4 7\\9\\1\\1 999999', '07\\9\\1\\1 999999'],
  ['+\\4\\9 1\\7\\1 \\299\\9999', '01\\7\\1 \\299\\9999'],
  ['+33 6 1\\2 99 99 99', '06 1\\2 99 99 99'],
  ['+358 40 \\299 9999', '040 \\299 9999'],
  ['+34 61\\2 99 99 99', ''],
  ['+55 11 \\98\\299-9999', ''],
  ['+\\91 \\98\\260 99999', ''],
];

function phone(random: Random, setting: number, form: 0 | 1): string {
  const usable = PHONES.filter((pair) => pair[form] !== '');
  return random.like((usable[setting % usable.length] as readonly [string, string])[form]);
}

const PERSONAL: Readonly<Record<string, readonly Recipe[]>> = {
  'e-mail addresses': [
    { names: ['email', 'customer_email', 'EMail', 'primaryEmailAddress'], value: email },
    { names: NEUTRAL, value: email },
    { names: NEUTRAL, value: (random) => (random.next() < 0.7 ? email(random) : 'n/a') },
    { names: NEUTRAL, value: (random) => ` ${email(random)} ` },
    {
      names: ['billing_email', 'mail_address'],
      value: (random) => (random.next() < 0.3 ? email(random) : 'unknown'),
    },
    {
      names: ['comment', 'note', 'message'],
      value: (random) =>
        random.next() < 0.5 ? `${sentence(random, 5)} ${email(random)}.` : sentence(random, 9),
    },
  ],
  'phone numbers': [
    {
      names: ['phone', 'mobile_number', 'contactTelephone'],
      value: (random, _, setting) => phone(random, setting, 0),
    },
    { names: NEUTRAL, value: (random) => phone(random, random.whole(9), 0) },
    { names: NEUTRAL, value: (random, _, setting) => phone(random, setting, 0).replaceAll(/[ -]/g, '') },
    { names: NEUTRAL, value: (random, _, setting) => phone(random, setting, 1) },
    {
      names: ['phone_number', 'tel', 'cell'],
      value: (random, _, setting) => phone(random, setting, 1).replaceAll(/\D/g, ''),
    },
    {
      names: ['msisdn', 'mobile'],
      value: (random, _, setting) => phone(random, setting, 0).replaceAll(/\D/g, ''),
    },
  ],
  IBANs: [
    { names: ['iban', 'payout_iban'], value: anyIban },
    { names: NEUTRAL, value: anyIban },
    { names: NEUTRAL, value: (random) => anyIban(random).replaceAll(/(.{4})(?=.)/g, '$1 ') },
  ],
  'payment card numbers': [
    { names: ['card_number', 'creditCardNumber'], value: card },
    { names: NEUTRAL, value: card },
    { names: NEUTRAL, value: (random) => card(random).replaceAll(/(.{4})(?=.)/g, '$1 ') },
    { names: NEUTRAL, value: (random) => card(random).replaceAll(/(.{4})(?=.)/g, '$1-') },
  ],
  'IP addresses': [
    {
      names: ['ip', 'client_ip', 'ipAddress'],
      value: (random) => Array.from({ length: 4 }, () => random.between(1, 254)).join('.'),
    },
    { names: NEUTRAL, value: (random) => Array.from({ length: 4 }, () => random.between(1, 254)).join('.') },
    { names: NEUTRAL, value: (random) => `192.168.${random.whole(3)}.${random.between(1, 254)}` },
    { names: ['source', 'host'], value: (random) => `10.0.${random.whole(9)}.${random.between(1, 254)}` },
    {
      names: NEUTRAL,
      value: (random) => `2001:db8:${random.like('hhhh:hhhh:hhhh:hhhh:hhhh:hhhh')}`.replace('hhhh', '0'),
    },
  ],
  'South African identity numbers': [
    { names: ['id_number', 'sa_id'], value: southAfrican },
    { names: NEUTRAL, value: southAfrican },
  ],
  'Spanish DNI or NIE numbers': [
    { names: ['dni', 'nif'], value: dni },
    { names: NEUTRAL, value: (random) => (random.next() < 0.3 ? nie(random) : dni(random)) },
  ],
  'Brazilian CPF numbers': [
    { names: ['cpf'], value: (random) => cpf(random).replace(/(...)(...)(...)(..)/, '$1.$2.$3-$4') },
    { names: NEUTRAL, value: cpf },
  ],
  'Finnish personal identity codes': [
    { names: ['hetu'], value: hetu },
    { names: NEUTRAL, value: hetu },
  ],
  'names of people': [
    { names: ['first_name', 'lastName', 'SURNAME'], value: (random) => random.of(SURNAMES) },
  ],
  'dates of people’s lives': [
    {
      names: ['date_of_birth', 'dob', 'birthDate'],
      value: (random) => day(random, 1930, 2000).toISOString().slice(0, 10),
    },
  ],
  'data concerning health': [
    {
      names: ['diagnosis', 'primary_diagnosis_code'.replace('_code', '')],
      value: (random) => random.like('A99\\.9'),
    },
  ],
};

const base64 = (random: Random, bytes: number): string =>
  Buffer.from(Array.from({ length: bytes }, () => random.whole(256))).toString('base64');

const DECOYS: Readonly<Record<string, Recipe>> = {
  'order numbers': {
    names: ['order_id', 'order_number', 'ref'],
    value: (random) => random.like('ORD-2999999'),
  },
  'numbers in a row': {
    names: ['id', 'order_number', 'seq'],
    value: (_, row, setting) => String(10_000_000 + (setting % 1_000_000) + row),
  },
  'numbers of 10 digits': {
    names: ['id', 'account_id', 'ref'],
    value: (random) => random.like('2999999999'),
  },
  'numbers of 11 digits': { names: ['id', 'ticket', 'ref'], value: (random) => random.like('29999999999') },
  'numbers of 13 digits': {
    names: ['id', 'order_no', 'ref'],
    value: (random) => random.like('9999999999999'),
  },
  'numbers of 16 digits': {
    names: ['id', 'order_no', 'ref'],
    value: (random) => random.like('4999999999999999'.replace('4', '\\4')),
  },
  'numbers of 16 digits in a row': {
    names: ['id', 'txn'],
    value: (_, row, setting) => `5412${pad(setting % 1_000_000, 6)}${pad(row, 6)}`,
  },
  'snowflake ids': {
    names: ['id', 'event_id'],
    value: (_, row, setting) =>
      String(1_500_000_000_000_000_000n + BigInt(setting) * 1_000_003n + BigInt(row) * 4_194_304n),
  },
  'padded numbers': {
    names: ['id', 'policy_no', 'claim'],
    value: (_, row, setting) => pad((setting % 100_000) + row, 10),
  },
  'versions of three': {
    names: ['version', 'release', 'v', 'x'],
    value: (random) => `${random.whole(9)}.${random.whole(30)}.${random.whole(20)}`,
  },
  'versions of four': {
    names: ['version', 'driver', 'fw', 'x'],
    value: (random) => `${random.whole(9)}.${random.whole(30)}.${random.whole(20)}.${random.whole(99)}`,
  },
  'builds of four': {
    names: ['app_version', 'build', 'client_version'],
    value: (random) => `${random.between(90, 120)}.0.${random.whole(255)}.${random.whole(255)}`,
  },
  'times (ISO 8601)': {
    names: ['created_at', 'ts'],
    value: (random) => new Date(random.between(1e12, 1.7e12)).toISOString(),
  },
  'times (blank)': {
    names: ['date', 'when'],
    value: (random) => new Date(random.between(1e12, 1.7e12)).toISOString().slice(0, 19).replace('T', ' '),
  },
  'times (seconds)': { names: ['ts', 'epoch'], value: (random) => String(random.between(1e9, 1.7e9)) },
  'times (milliseconds)': {
    names: ['ts', 'epoch_ms'],
    value: (random) => String(random.between(1.5e12, 1.7e12)),
  },
  'times (microseconds)': {
    names: ['ts', 'epoch_us'],
    value: (random) => String(random.between(1.5e15, 1.7e15)),
  },
  'times of day': {
    names: ['departure', 'opens'],
    value: (random) => `${pad(random.whole(24), 2)}:${pad(random.whole(60), 2)}:${pad(random.whole(60), 2)}`,
  },
  'dates with points': {
    names: ['date', 'due'],
    value: (random) =>
      `${pad(random.between(1, 28), 2)}.${pad(random.between(1, 12), 2)}.${random.between(1990, 2020)}`,
  },
  'dates with dashes': {
    names: ['date', 'due'],
    value: (random) =>
      `${pad(random.between(1, 28), 2)}-${pad(random.between(1, 12), 2)}-${random.between(1990, 2020)}`,
  },
  'product codes': { names: ['sku', 'product'], value: (random) => random.like('AAA-9999-A') },
  'product codes of 8 digits and a letter': {
    names: ['sku', 'part'],
    value: (random) => random.like('99999999A'),
  },
  'EAN-13': { names: ['ean', 'gtin', 'barcode'], value: (random) => ean(random.like('999999999999')) },
  'EAN-13 of South Africa': {
    names: ['ean', 'gtin', 'x'],
    value: (random) => ean(random.like('600999999999')),
  },
  'ISBN-13': {
    names: ['isbn'],
    value: (random) =>
      ean(random.like('\\978999999999')).replace(/(...)(.)(....)(....)(.)/, '$1-$2-$3-$4-$5'),
  },
  'ISBN-10': { names: ['isbn', 'book'], value: (random) => random.like('0-999-99999-9') },
  MD5: { names: ['etag', 'digest'], value: (random) => random.like('h'.repeat(32)) },
  'SHA-256': { names: ['sha256', 'digest'], value: (random) => random.like('h'.repeat(64)) },
  base64: { names: ['token', 'blob'], value: (random) => base64(random, 24) },
  UUIDs: { names: ['uuid', 'id'], value: (random) => random.like('hhhhhhhh-hhhh-\\4hhh-8hhh-hhhhhhhhhhhh') },
  coordinates: {
    names: ['coordinates', 'point'],
    value: (random) => `${(random.next() * 90).toFixed(6)}, ${(random.next() * 180).toFixed(6)}`,
  },
  latitudes: { names: ['lat', 'latitude'], value: (random) => (random.next() * 180 - 90).toFixed(7) },
  prices: { names: ['price', 'amount'], value: (random) => (random.next() * 1000).toFixed(2) },
  'prices with signs': {
    names: ['delta', 'change'],
    value: (random) => `+${(random.next() * 1000).toFixed(2)}`,
  },
  'large amounts': { names: ['amount', 'cents'], value: (random) => String(random.whole(1e9)) },
  'part numbers in groups': { names: ['part', 'part_no'], value: (random) => random.like('29-9999-9999') },
  'drawings in groups': { names: ['drawing', 'code'], value: (random) => random.like('0999-999-A99') },
  'ledger accounts': { names: ['ledger', 'gl_account'], value: (random) => random.like('\\4999-1000-200') },
  'scores of games': {
    names: ['score', 'result'],
    value: (random) => `${random.whole(21)}-21 ${random.whole(21)}-21`,
  },
  'sections of a text': {
    names: ['section', 'clause'],
    value: (random) => `${random.between(1, 20)}.${random.whole(30)}.${random.whole(9)}.${random.whole(9)}`,
  },
  'object identifiers': { names: ['oid'], value: (random) => `1.3.6.1.4.1.${random.whole(50_000)}` },
  'bank codes': {
    names: ['bic', 'swift'],
    value: (random) => random.like('AAAADEAAAAA'.replace('DE', '\\D\\E')),
  },
  'device numbers of 15 digits': {
    names: ['serial', 'unit'],
    value: (random) => {
      const own = random.like('35999999999999'.replace('35', '\\3\\5'));
      return own + luhnDigit(own);
    },
  },
  'SIM numbers': {
    names: ['iccid', 'sim'],
    value: (random) => {
      const own = random.like('\\8\\92999999999999999');
      return own + luhnDigit(own);
    },
  },
  'VAT numbers': {
    names: ['vat', 'vat_no'],
    value: (random) => random.like('DE999999999'.replace('DE', '\\D\\E')),
  },
  'routing numbers': { names: ['routing'], value: (random) => random.like('099999999') },
  'numbers with blanks': {
    names: ['key', 'licence_key'],
    value: (random) => random.like('9999 9999 9999 9999'),
  },
  'numbers of 14 digits': { names: ['id', 'cnpj'], value: (random) => random.like('99999999999999') },
  'numbers of 19 digits': { names: ['id', 'ref'], value: (random) => random.like('\\4999999999999999999') },
  'hexadecimal ids': { names: ['trace', 'span'], value: (random) => random.like('hhhhhhhhhhhhhhhh') },
  'IPv6-like times': {
    names: ['timecode', 'tc'],
    value: (random) =>
      `${pad(random.whole(24), 2)}:${pad(random.whole(60), 2)}:${pad(random.whole(60), 2)}:${pad(random.whole(25), 2)}`,
  },
  airports: { names: ['origin', 'destination'], value: (random) => random.like('AAA') },
  'flight numbers': { names: ['flight'], value: (random) => random.like('AA999') },
  invoices: { names: ['invoice', 'invoice_no'], value: (_, row) => `INV-2023-${pad(row, 5)}` },
  'tracking numbers': { names: ['tracking', 'parcel'], value: (random) => random.like('1ZA999999999999999') },
  containers: { names: ['container'], value: (random) => random.like('AAAU9999999') },
  'counts of e-mails': {
    names: ['email_count', 'num_emails', 'emails_sent'],
    value: (random) => String(random.whole(40)),
  },
  'whether there is an e-mail': {
    names: ['has_email', 'email_verified', 'is_email'],
    value: (random) => random.of(['true', 'false']),
  },
  'e-mail flags': { names: ['email', 'phone', 'mobile'], value: (random) => random.of(['Y', 'N']) },
  'kinds of addresses': { names: ['ip_version', 'ip_protocol'], value: (random) => random.of(['4', '6']) },
  'phone models': {
    names: ['phone_model', 'device', 'phone'],
    value: (random) => `${random.of(['Nova', 'Pixel', 'Galaxy'])} ${random.whole(20)}`,
  },
  'card kinds': {
    names: ['card_type', 'credit_card', 'card'],
    value: (random) => random.of(['VISA', 'MASTERCARD', 'AMEX']),
  },
  'MAC addresses': { names: ['port', 'interface'], value: (random) => random.like('hh:hh:hh:hh:hh:hh') },
  'web addresses': {
    names: ['url', 'link'],
    value: (random) => `https://example.com/p/${random.whole(1e6)}?v=${random.whole(9)}`,
  },
  handles: { names: ['handle', 'team'], value: (random) => `@${random.of(SURNAMES)}${random.whole(99)}` },
  packages: {
    names: ['package', 'dependency'],
    value: (random) => `@scope/${random.of(WORDS)}@${random.whole(9)}.${random.whole(9)}.${random.whole(9)}`,
  },
  'file names': {
    names: ['file', 'path'],
    value: (random) => `data/part-${pad(random.whole(1e5), 5)}.parquet`,
  },
  'host names': { names: ['host', 'server'], value: (random) => `db-${random.whole(99)}.example.internal` },
  networks: { names: ['subnet', 'cidr'], value: (random) => `10.${random.whole(200)}.0.0/16` },
  sentences: { names: ['comment', 'description'], value: (random) => sentence(random, 12) },
  'sentences with numbers': {
    names: ['comment', 'note'],
    value: (random) => `${sentence(random, 4)} ${random.like('99999999')} ${sentence(random, 3)}`,
  },
  products: {
    names: ['name', 'product_name', 'title'],
    value: (random) => `${random.of(WORDS)} ${random.of(WORDS)}`,
  },
  enums: { names: ['status', 'race_id', 'boat_race'], value: (random) => random.of(['NEW', 'OPEN', 'DONE']) },
  ranges: {
    names: ['range', 'bucket'],
    value: (random) => `${random.whole(100)}-${100 + random.whole(900)}`,
  },
  durations: { names: ['duration'], value: (random) => `PT${random.whole(60)}M` },
  percentages: { names: ['share', 'rate'], value: (random) => `${(random.next() * 100).toFixed(1)}%` },
  colours: { names: ['colour'], value: (random) => `#${random.like('hhhhhh')}` },
  'integers as doubles': { names: ['value', 'n'], value: (random) => `${random.whole(1e9)}.0` },
  'scientific numbers': {
    names: ['p_value', 'x'],
    value: (random) => `${(random.next() * 10).toFixed(4)}e-${pad(random.whole(20), 2)}`,
  },
};

function ean(digits: string): string {
  const sum = [...digits].reduce(
    (total, digit, index) => total + Number(digit) * (index % 2 === 0 ? 1 : 3),
    0,
  );
  return digits + String((10 - (sum % 10)) % 10);
}
