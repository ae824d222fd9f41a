import { type CellForm, type CellType, FORMS, INTEGER, NUMBER, OFFSET } from '../cells.ts';
import { identifier, literal } from '../sql.ts';
import type { PostgresColumn } from './describe.ts';

/** The SQL of one cell read as one type, for PostgreSQL. */
export interface PostgresCell {
  readonly isNull: string;
  /** The typed value; NULL where the cell is NULL or of another form. */
  readonly value: string;
  /** Every cell that is not NULL has the type. */
  readonly exact: boolean;
  /** The value is a float, whose arithmetic is not exact. */
  readonly float: boolean;
  /** The cell's text; undefined where it is no text. */
  readonly text: string | undefined;
}

/** Types whose values are texts, by their names in the catalog. */
const TEXTS = ['text', 'varchar', 'bpchar', 'char', 'name', 'citext'];
const INTEGERS = ['int2', 'int4', 'int8'];
const FLOATS = ['float4', 'float8'];

/** The types that hold a logical type; texts hold all, and each cell is judged by its form. */
const HELD_BY: Readonly<Record<CellType, readonly string[]>> = {
  string: [...TEXTS, 'uuid', 'enum'],
  integer: [...TEXTS, ...INTEGERS, 'numeric'],
  number: [...TEXTS, ...INTEGERS, ...FLOATS, 'numeric'],
  boolean: [...TEXTS, 'bool'],
  date: [...TEXTS, 'date'],
  timestamp: [...TEXTS, 'timestamp', 'timestamptz'],
  time: [...TEXTS, 'time'],
};

// The days that there are (XSD 1.1 date, no year 0), so that the cast can't fail: months of 31 and 30 days, February, leap days.
const DAY =
  '(?!0000)(?:[0-9]{4}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))' +
  '|(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)';
const CLOCK = FORMS.time.source.slice(1, -1);
/** Longer texts are no numbers that a cast is sure to read. */
const LONGEST_NUMBER = 300;
const EXPONENT_OF_FOUR = '[eE][+-]?0*[1-9][0-9]{3}';
const LARGEST_DOUBLE = '1.7976931348623157e308';

/** Whether a column can hold values of the logical type. */
export function holdsInPostgres({ base, type }: PostgresColumn, logical: CellType): boolean {
  if (logical === 'integer' && base === 'numeric') return /^numeric(\(\d+,(0|-\d+)\))?$/.test(type);
  return HELD_BY[logical].includes(base);
}

/** Whether a column's cells are texts, whatever is read in them. */
export function isPostgresText({ base }: PostgresColumn): boolean {
  return TEXTS.includes(base);
}

/** The SQL of a column read as `type`, which its own type must hold ({@link holdsInPostgres}). */
export function postgresCell(column: PostgresColumn, type: CellType, form: CellForm = {}): PostgresCell {
  const sql = identifier(column.name);
  const isNull = `${sql} IS NULL`;
  const cell = (value: string, exact: boolean, text?: string): PostgresCell => ({
    isNull,
    value,
    exact,
    float: FLOATS.includes(column.base),
    text,
  });
  if (type === 'string' || isPostgresText(column)) {
    // Texts are equal where their bytes are, and patterns know ASCII classes alone.
    const text = `(CAST(${sql} AS text) COLLATE "C")`;
    return type === 'string' ? cell(text, true, text) : cell(textValue(text, type, form), false, text);
  }
  const where = (condition: string, value = sql): PostgresCell =>
    cell(`CASE WHEN ${condition} THEN ${value} END`, false);
  switch (column.base) {
    case 'float4':
    case 'float8':
      // NaN is greater than all numbers here.
      return where(
        `${sql} > '-Infinity' AND ${sql} < 'Infinity'`,
        column.base === 'float4' ? `CAST(${sql} AS float8)` : sql,
      );
    case 'numeric':
      // NaN and the infinities less themselves are NaN.
      return where(`${sql} - ${sql} = 0${type === 'integer' ? ` AND ${sql} = trunc(${sql})` : ''}`);
    case 'date':
      return where(`isfinite(${sql})`);
    case 'timestamp':
      return where(`isfinite(${sql})`, inZone(sql, form.defaultZone));
    case 'timestamptz':
      return where(`isfinite(${sql})`, `timezone('UTC', ${sql})`);
    default:
      return cell(sql, true);
  }
}

/** A bound of a contract as an SQL literal of the type. A time in a form of the contract's own can't be one. */
export function postgresLiteral(
  value: string | number | boolean,
  type: CellType,
  { defaultZone }: CellForm = {},
): string {
  if (typeof value !== 'string') return String(value);
  const text = literal(value);
  switch (type) {
    case 'integer':
      return `CAST(${text} AS numeric)`;
    case 'timestamp':
      return new RegExp(`[0-9]${OFFSET}$`).test(value)
        ? `timezone('UTC', CAST(${text} AS timestamptz))`
        : inZone(`CAST(${text} AS timestamp)`, defaultZone);
    case 'date':
    case 'time':
      return `CAST(${text} AS ${type})`;
    default:
      return text;
  }
}

/** The value of a text; the forms are those of cells in files. */
export function textValue(text: string, type: CellType, { zone, defaultZone, wide }: CellForm): string {
  const matches = (shape: string): string => `${text} ~ ${literal(`^(?:${shape})$`)}`;
  const when = (condition: string, value: string): string => `CASE WHEN ${condition} THEN ${value} END`;
  switch (type) {
    case 'string':
      return text;
    case 'boolean':
      return when(`lower(${text}) IN ('true', 'false')`, `CAST(${text} AS boolean)`);
    case 'integer': {
      const whole = `CAST(${text} AS numeric)`;
      const [low, high] = integerRange(wide);
      return when(
        `length(${text}) <= ${LONGEST_NUMBER} AND ${matches(INTEGER)}`,
        when(`${whole} BETWEEN ${low} AND ${high}`, whole),
      );
    }
    case 'number': {
      const number = `CAST(${text} AS numeric)`;
      const readable = `length(${text}) <= ${LONGEST_NUMBER} AND ${matches(NUMBER)} AND ${text} !~ '${EXPONENT_OF_FOUR}'`;
      return when(readable, when(`abs(${number}) <= ${LARGEST_DOUBLE}`, number));
    }
    case 'date':
      return when(matches(DAY), `CAST(${text} AS date)`);
    case 'time':
      return when(matches(CLOCK), `CAST(${text} AS time)`);
    case 'timestamp': {
      // Where no zone is named the session's is meant, which is UTC.
      const zoned = `timezone('UTC', CAST(${text} AS timestamptz))`;
      const named = matches(`.*[0-9]${OFFSET}`);
      const plain = inZone(`CAST(${text} AS timestamp)`, defaultZone);
      const value = defaultZone === undefined ? zoned : `CASE WHEN ${named} THEN ${zoned} ELSE ${plain} END`;
      const offset = zone === undefined ? `${OFFSET}?` : zone === 'with' ? OFFSET : '';
      return when(matches(`${DAY}[T ]${CLOCK}${offset}`), value);
    }
  }
}

function integerRange(wide: CellForm['wide']): readonly [low: string, high: string] {
  if (wide === 'UHUGEINT') return ['0', String(2n ** 128n - 1n)];
  const bits = wide === 'HUGEINT' ? 127n : 63n;
  return [String(-(2n ** bits)), String(2n ** bits - 1n)];
}

/** A timestamp without a zone, taken to be of this one, in UTC. */
function inZone(timestamp: string, zone: string | undefined): string {
  return zone === undefined ? timestamp : `timezone('UTC', timezone(${literal(zone)}, ${timestamp}))`;
}
