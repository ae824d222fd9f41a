/** How texts that look like phone numbers are told from others. */
export interface PhoneNumbers {
  /** The share of `texts`, each with its number of rows, that are valid numbers: international ones, and those of the one country that most are of. */
  count(texts: ReadonlyMap<string, number>, named: boolean): number;
}

/** Ends of column names that speak for phone numbers, in words. */
export const PHONE_NAMES: readonly string[] = [
  'phone',
  'phone number',
  'phone no',
  'phonenumber',
  'telephone',
  'telephone number',
  'tel',
  'tel no',
  'mobile',
  'mobile number',
  'mobile no',
  'cell',
  'cell number',
  'cellphone',
  'msisdn',
  'fax',
  'fax number',
  'whatsapp',
  'telefono',
  'telefone',
  'celular',
  'puhelin',
  'puhelinnumero',
  'rufnummer',
  'handynummer',
];

const INTERNATIONAL = /^(\+|00)[1-9][\d\s()./-]{6,20}$/;
/** Digits in groups of two or more, after a trunk prefix: what people write without a country. */
const GROUPED = /^(\(0?\d{2,4}\)|0\d{1,4}|(1[ .-])?\(?[2-9]\d{2}\)?)([ ./-]?\d{2,5}){1,5}$/;
const DATE = /^\d{1,4}[-./]\d{1,2}[-./]\d{1,4}$/;

/** The countries whose own way of writing is known where a value names none, by the number of people. */
const COUNTRIES = [
  'IN',
  'CN',
  'US',
  'ID',
  'PK',
  'NG',
  'BR',
  'BD',
  'RU',
  'MX',
  'JP',
  'PH',
  'EG',
  'VN',
  'TR',
  'DE',
  'TH',
  'GB',
  'FR',
  'ZA',
  'IT',
  'KE',
  'KR',
  'CO',
  'ES',
  'AR',
  'PL',
  'CA',
  'AU',
  'NL',
  'BE',
  'SE',
  'PT',
  'CH',
  'FI',
  'IE',
  'NZ',
] as const;

/** Enough to see which country most are of. */
const ENOUGH = 200;

/** What most of a column's own must be valid in one country. */
const MOST = 0.9;

/** Whether a text is worth a look. */
export function isPhoneLike(text: string, named: boolean): boolean {
  return INTERNATIONAL.test(text) || isNational(text, named);
}

function isNational(text: string, named: boolean): boolean {
  const digits = text.replaceAll(/\D/g, '').length;
  if (digits < (named ? 7 : 9) || digits > 13 || DATE.test(text)) return false;
  return named ? /^[\d\s()./-]+$/.test(text) : /[ ()./-]/.test(text) && GROUPED.test(text);
}

/** Loads the numbering plans: they take longer to load than all else that is sought. */
export async function loadPhoneNumbers(): Promise<PhoneNumbers> {
  const { parsePhoneNumberFromString } = await import('libphonenumber-js/max');
  type Country = Exclude<Parameters<typeof parsePhoneNumberFromString>[1], object | undefined>;
  const isValid = (text: string, country?: Country): boolean =>
    parsePhoneNumberFromString(text, country)?.isValid() === true;
  return {
    count(texts, named) {
      let valid = 0;
      const national: (readonly [text: string, rows: number])[] = [];
      for (const [text, rows] of texts) {
        if (isValid(text.replace(/^00/, '+'))) valid += rows;
        else if (isNational(text, named)) national.push([text, rows]);
      }
      const some = national.slice(0, ENOUGH);
      const inCountry = COUNTRIES.map((country) => ({
        country,
        share: some.filter(([text]) => isValid(text, country)).length / some.length,
      }));
      // A number without its plus sign, as MSISDN columns have it.
      const bare = some.filter(([text]) => isValid(`+${text}`)).length / some.length;
      const [best] = inCountry.sort((a, b) => b.share - a.share);
      if (named && bare >= Math.max(MOST, best?.share ?? 0))
        return valid + rowsOf(national.filter(([text]) => isValid(`+${text}`)));
      if (best === undefined || !(best.share >= MOST)) return valid;
      return valid + rowsOf(national.filter(([text]) => isValid(text, best.country)));
    },
  };
}

function rowsOf(texts: readonly (readonly [string, number])[]): number {
  return texts.reduce((sum, [, rows]) => sum + rows, 0);
}
