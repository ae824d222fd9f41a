import { type CellForm, type CellType, FORMS, INTEGER, NUMBER } from '../cells.ts';
import { literal } from '../sql.ts';

/** The SQL of one cell read as one type, for Trino. */
export interface TrinoCell {
  readonly isNull: string;
  /** The typed value; NULL where the cell is NULL or of another form. */
  readonly value: string;
  /** Every cell that is not NULL has the type. */
  readonly exact: boolean;
  /** What the value is in Trino's arithmetic. */
  readonly kind: 'whole' | 'decimal' | 'double' | 'other';
  /** The cell's text; undefined where it is no text. */
  readonly text: string | undefined;
}

/** A type without its parameters, and these: `timestamp with time zone` and `6`. */
export interface TypeParts {
  readonly base: string;
  readonly parameters: string;
}

const TEXTS = ['varchar', 'char'];
const WHOLES = ['tinyint', 'smallint', 'integer', 'bigint'];
const DOUBLES = ['real', 'double'];

/** The types that hold a logical type; texts hold all, and each cell is judged by its form. */
const HELD_BY: Readonly<Record<CellType, readonly string[]>> = {
  string: [...TEXTS, 'uuid'],
  integer: [...TEXTS, ...WHOLES, 'decimal'],
  number: [...TEXTS, ...WHOLES, ...DOUBLES, 'decimal'],
  boolean: [...TEXTS, 'boolean'],
  date: [...TEXTS, 'date'],
  timestamp: [...TEXTS, 'timestamp', 'timestamp with time zone'],
  time: [...TEXTS, 'time'],
};

/** Digits of the longest decimal. */
const DIGITS = 38;
/** Digits of a fraction of a second in texts. */
const FINEST = 9;
const ZONE = '(?:Z|[+-][0-9]{2}:[0-9]{2})';
const DAY = FORMS.date.source.slice(1, -1);
const CLOCK = FORMS.time.source.slice(1, -1);

export function partsOf(type: string): TypeParts {
  const [, name = type, parameters = '', rest = ''] =
    /^([a-z][a-z ]*?)(?:\((.*)\))?( with time zone)?$/.exec(type) ?? [];
  return { base: `${name}${rest}`, parameters: parameters.replaceAll(' ', '') };
}

/** Whether a column of this type can hold values of the logical type. */
export function holdsInTrino(type: string, logical: CellType): boolean {
  const { base, parameters } = partsOf(type);
  if (logical === 'integer' && base === 'decimal') return parameters.endsWith(',0');
  return HELD_BY[logical].includes(base);
}

/** Whether cells of a type are texts, whatever is read in them. */
export function isTrinoText(type: string): boolean {
  return TEXTS.includes(partsOf(type).base);
}

/** The SQL of the cell that `sql` gives, whose stored type must hold `logical` ({@link holdsInTrino}). */
export function trinoCell(sql: string, stored: string, logical: CellType, form: CellForm = {}): TrinoCell {
  const { base, parameters } = partsOf(stored);
  const isNull = `${sql} IS NULL`;
  const plain = { isNull, exact: true, kind: 'other', text: undefined } as const;
  if (TEXTS.includes(base)) {
    // What fills up a `char` is no part of its text.
    const text = base === 'char' ? `trim(TRAILING ' ' FROM CAST(${sql} AS varchar))` : sql;
    if (logical === 'string') return { ...plain, value: text, text };
    const kind = logical === 'integer' ? 'whole' : logical === 'number' ? 'double' : 'other';
    return { ...plain, value: textValue(text, logical, form), exact: false, kind, text };
  }
  if (logical === 'string') {
    const text = `CAST(${sql} AS varchar)`;
    return { ...plain, value: text, text };
  }
  if (WHOLES.includes(base)) return { ...plain, value: sql, kind: 'whole' };
  if (DOUBLES.includes(base)) {
    // NaN is no number that a rule could be judged on.
    const double = base === 'real' ? `CAST(${sql} AS double)` : sql;
    return { ...plain, value: when(`is_finite(${double})`, double), exact: false, kind: 'double' };
  }
  switch (base) {
    case 'decimal':
      return { ...plain, value: sql, kind: 'decimal' };
    case 'timestamp':
      return { ...plain, value: inZone(sql, form.defaultZone, parameters) };
    case 'timestamp with time zone':
      return { ...plain, value: inUtc(sql, parameters) };
    default:
      return { ...plain, value: sql };
  }
}

/** A bound of a contract as an SQL literal of the type. A time in a form of the contract's own can't be one. */
export function trinoLiteral(
  value: string | number | boolean,
  type: CellType,
  { defaultZone }: CellForm = {},
): string {
  if (type === 'string') return literal(String(value));
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return numberLiteral(value);
  switch (type) {
    case 'number':
      return numberLiteral(Number(value));
    case 'boolean':
      return value.toLowerCase();
    case 'integer':
      return wholeLiteral(value);
    case 'date':
      return `DATE ${literal(value)}`;
    case 'time':
      return `TIME ${literal(value)}`;
    case 'timestamp': {
      const text = literal(value.replace('T', ' '));
      return new RegExp(`[0-9]${ZONE}$`).test(value)
        ? inUtc(`CAST(${text} AS timestamp(${FINEST}) with time zone)`)
        : inZone(`CAST(${text} AS timestamp(${FINEST}))`, defaultZone);
    }
  }
}

function wholeLiteral(digits: string): string {
  const whole = BigInt(digits);
  if (String(whole < 0n ? -whole : whole).length <= DIGITS) return `DECIMAL '${whole}'`;
  // Beyond what any column holds.
  return whole < 0n ? '-infinity()' : 'infinity()';
}

function numberLiteral(value: number): string {
  if (Number.isSafeInteger(value)) return String(value);
  const text = String(value);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(text) ?? [];
  const digits = `${whole}${fraction}`;
  const point = whole.length + Number(exponent);
  // A number without a point is a decimal as it stands; one with many zeros is none.
  const before = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const after =
    point >= digits.length ? '' : digits.slice(Math.max(point, 0)).padStart(digits.length - point, '0');
  if (before.length + after.length > DIGITS) return `DOUBLE '${text}'`;
  return `DECIMAL '${sign}${before}${after === '' ? '' : `.${after}`}'`;
}

/** The value of a text; the forms are those of cells in files. */
function textValue(text: string, type: Exclude<CellType, 'string'>, { zone, defaultZone }: CellForm): string {
  const matches = (shape: string): string => `regexp_like(${text}, ${literal(`^(?:${shape})\\z`)})`;
  const cast = (to: string, of = text): string => `TRY_CAST(${of} AS ${to})`;
  switch (type) {
    case 'boolean':
      return when(`lower(${text}) IN ('true', 'false')`, cast('boolean'));
    case 'integer':
      return when(matches(INTEGER), cast('bigint'));
    case 'number':
      return when(`${matches(NUMBER)} AND is_finite(${cast('double')})`, cast('double'));
    case 'date':
      return when(matches(DAY), cast('date'));
    case 'time':
      return when(matches(CLOCK), cast(`time(${FINEST})`));
    case 'timestamp': {
      const spaced = `concat(substr(${text}, 1, 10), ' ', substr(${text}, 12))`;
      // Where no zone is named the session's is meant, which is UTC.
      const zoned = inUtc(cast(`timestamp(${FINEST}) with time zone`, spaced));
      const named = matches(`(?:.|\\n)*[0-9]${ZONE}`);
      const bare = inZone(cast(`timestamp(${FINEST})`, spaced), defaultZone);
      const value = defaultZone === undefined ? zoned : `CASE WHEN ${named} THEN ${zoned} ELSE ${bare} END`;
      const offset = zone === undefined ? `${ZONE}?` : zone === 'with' ? ZONE : '';
      return when(matches(`${DAY}[T ]${CLOCK}${offset}`), value);
    }
  }
}

function when(condition: string, value: string): string {
  return `CASE WHEN ${condition} THEN ${value} END`;
}

function inUtc(zoned: string, precision = String(FINEST)): string {
  return `CAST(${zoned} AT TIME ZONE 'UTC' AS timestamp(${precision}))`;
}

/** A timestamp without a zone, taken to be of this one, in UTC. */
function inZone(timestamp: string, zone: string | undefined, precision = String(FINEST)): string {
  return zone === undefined ? timestamp : inUtc(`with_timezone(${timestamp}, ${literal(zone)})`, precision);
}
