import { DETECTORS, type Detector, ID_NAMES } from './detectors.ts';
import { endsIn, inWords, namedCategory } from './names.ts';
import { isPhoneLike, loadPhoneNumbers, PHONE_NAMES, type PhoneNumbers } from './phone.ts';

/** The values of a column that were looked at. */
export interface SampledValues {
  readonly name: string;
  /** Each value, with the rows of the sample that have it. */
  readonly values: ReadonlyMap<string, number>;
}

/** What a column looks like. */
export interface Likeness {
  /** A kind of personal data. */
  readonly what: string;
  readonly status: 'fail' | 'warn';
  /** The values that look like it; undefined where the name alone does. */
  readonly rows: number | undefined;
}

/** From this share of the values on, a column is taken for what they look like; where its name says the same, less is enough. */
const MOST = 0.5;
const SOME = 0.1;

/** So many values are no accident. */
const NO_ACCIDENT = 3;

let phoneNumbers: Promise<PhoneNumbers> | undefined;

/** The personal data that a column looks like, by its values and its name; undefined where it looks like none. */
export async function likenessOf({ name, values }: SampledValues): Promise<Likeness | undefined> {
  const total = sum(values.values());
  if (total === 0) return undefined;
  const words = inWords(name);
  const found = DETECTORS.map((detector) => byForm(detector, words, values, total));
  found.push(await byPhone(words, values, total));
  const [best] = found.filter((one) => one !== undefined).sort((a, b) => (b.rows ?? 0) - (a.rows ?? 0));
  if (best !== undefined) return best;
  const what = namedCategory(name) ?? namedKind(words, values, total);
  return what === undefined ? undefined : { what, status: 'warn', rows: undefined };
}

function byForm(
  { what, names, against = [], form, passes, atLeast, telling }: Detector,
  words: string,
  values: ReadonlyMap<string, number>,
  total: number,
): Likeness | undefined {
  if (endsIn(words, against)) return undefined;
  const named = endsIn(words, names);
  let [formed, passed, told] = [0, 0, 0];
  for (const [value, rows] of values) {
    const texts = value.match(form);
    if (texts === null) continue;
    formed += rows;
    const some = texts.filter(passes);
    if (some.length === 0) continue;
    passed += rows;
    if (telling !== undefined && some.some(telling.of)) told += rows;
  }
  if (passed < atLeast * formed) return undefined;
  if (telling !== undefined && !named && told < telling.share * passed) return undefined;
  return judged(what, passed, total, named);
}

async function byPhone(
  words: string,
  values: ReadonlyMap<string, number>,
  total: number,
): Promise<Likeness | undefined> {
  const named = endsIn(words, PHONE_NAMES);
  const texts = new Map<string, number>();
  for (const [value, rows] of values) {
    const text = value.trim();
    if (isPhoneLike(text, named)) texts.set(text, (texts.get(text) ?? 0) + rows);
  }
  if (texts.size === 0) return undefined;
  phoneNumbers ??= loadPhoneNumbers();
  const rows = (await phoneNumbers).count(texts, named);
  return rows < sum(texts.values()) * (named ? SOME : MOST)
    ? undefined
    : judged('phone numbers', rows, total, named);
}

function judged(what: string, rows: number, total: number, named: boolean): Likeness | undefined {
  if (rows === 0) return undefined;
  if (rows >= total * (named ? SOME : MOST)) return { what, status: 'fail', rows };
  return rows >= NO_ACCIDENT ? { what, status: 'warn', rows } : undefined;
}

/** What a name says that values could bear out and don't: hashes of it, numbers without their country. Flags and words are not that. */
function namedKind(words: string, values: ReadonlyMap<string, number>, total: number): string | undefined {
  const what = endsIn(words, PHONE_NAMES)
    ? 'phone numbers'
    : DETECTORS.find(({ names }) =>
        endsIn(
          words,
          names.filter((name) => !ID_NAMES.includes(name)),
        ),
      )?.what;
  if (what === undefined) return undefined;
  let bearing = 0;
  for (const [value, rows] of values) if (/@|(\d.*){4}|\S{16}/.test(value)) bearing += rows;
  return bearing >= total * MOST ? what : undefined;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
