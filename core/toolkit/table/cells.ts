import type { DataColumn, DataTable } from './open.ts';
import { literal } from './sql.ts';
import { OFFSET_HOUR, timePattern, YEAR } from './time-pattern.ts';

/** The types of cells that are judged, by ODCS's names. */
export type CellType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'time';

/** How cells of a type are read where it is not the usual way. */
export interface CellForm {
  /** The pattern of dates and times in text, in Java's letters; see {@link timePattern}. */
  readonly pattern?: string;
  /** Whether a timestamp names its zone. */
  readonly zone?: 'with' | 'without';
  /** The IANA zone of timestamps that name none; UTC where nothing is said. */
  readonly defaultZone?: string;
  /** What holds integers beyond 64 bits. */
  readonly wide?: 'HUGEINT' | 'UHUGEINT';
}

/** What holds a cell: text of a CSV file, a value of a JSON file, or a value of a DuckDB type. */
export type Storage = 'csv' | 'json' | { readonly type: string };

/** The SQL of one cell read as one type, for DuckDB. */
export interface Cell {
  /** The cell is NULL: in CSV an empty cell without quotes, in JSON null or an absent key. */
  readonly isNull: string;
  /** The cell's text, as the file has it; undefined where the file holds typed values. */
  readonly text: string | undefined;
  /** The typed value; NULL where the cell is NULL or of another form. */
  readonly value: string;
  /** The two steps to `value`, so that a reader of many conditions takes each once; undefined where every cell has the form. */
  readonly steps: Steps | undefined;
}

/** A cast that takes more texts than have the form, and the value where the cell has it. */
interface Steps {
  readonly attempt: string;
  judge(attempt: string): string;
}

// The forms of cells in text files, after XML Schema 1.1 part 2 (lexical spaces of integer, double without INF and NaN, date,
// dateTime with a blank for the T as well, time); booleans are true and false in any case. No surrounding blanks.
export const INTEGER = '[+-]?[0-9]+';
export const NUMBER = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?';
const DAY = `${YEAR}-[0-9]{2}-[0-9]{2}`;
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?';
export const OFFSET = `(?:Z|${OFFSET_HOUR}:[0-5][0-9])`;
const TIMESTAMP = `${DAY}[T ]${CLOCK}${OFFSET}?`;
const ZONED = new RegExp(`[0-9]${OFFSET}$`);

/** The forms as JavaScript reads them, for bounds in contracts. */
export const FORMS: Readonly<Record<'date' | 'timestamp' | 'time', RegExp>> = {
  date: new RegExp(`^${DAY}$`),
  timestamp: new RegExp(`^${TIMESTAMP}$`),
  time: new RegExp(`^${CLOCK}$`),
};

const SQL_TYPES: Readonly<Record<CellType, string>> = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  time: 'TIME',
};

/** The DuckDB types that hold a logical type in Parquet. */
const HELD_BY: Readonly<Record<CellType, RegExp>> = {
  string: /^(VARCHAR|UUID|ENUM\(.*\))$/,
  integer: /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,0\))$/,
  number: /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,\d+\)|FLOAT|DOUBLE)$/,
  boolean: /^BOOLEAN$/,
  date: /^DATE$/,
  timestamp: /^(TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE)$/,
  time: /^(TIME|TIME_NS|TIME WITH TIME ZONE)$/,
};

/** Whether a column of this DuckDB type can hold values of the logical type. */
export function holds(duckdbType: string, type: CellType): boolean {
  return HELD_BY[type].test(duckdbType);
}

/** The SQL of a column read as `type`. In Parquet the column's own type must hold it ({@link holds}). */
export function cellOf(
  table: Pick<DataTable, 'format'>,
  column: DataColumn,
  type: CellType,
  form: CellForm = {},
): Cell {
  return cellAt(column.sql, storageOf(table, column), type, form);
}

/** What holds the cells of a column. */
export function storageOf(table: Pick<DataTable, 'format'>, column: DataColumn): Storage {
  if (column.type !== undefined) return { type: column.type };
  return column.partition || table.format === 'csv' ? 'csv' : 'json';
}

/** The SQL of the cell that `sql` gives, read as `type`. */
export function cellAt(sql: string, storage: Storage, type: CellType, form: CellForm = {}): Cell {
  if (storage === 'csv') return textCell(sql, type, form);
  return storage === 'json' ? jsonCell(sql, type, form) : typedCell(sql, storage.type, type, form);
}

/** A bound of a contract as an SQL literal of the type. */
export function valueLiteral(
  value: string | number | boolean,
  type: CellType,
  { pattern, defaultZone, wide }: CellForm = {},
): string {
  if (typeof value !== 'string') return String(value);
  if (type === 'string') return literal(value);
  if (type === 'integer') return `${wide ?? 'BIGINT'} ${literal(value)}`;
  const ownForm = pattern !== undefined && !FORMS[type as keyof typeof FORMS].test(value);
  if (ownForm) return patternCast(literal(value), type, pattern, defaultZone);
  if (type !== 'timestamp') return `${SQL_TYPES[type]} ${literal(value)}`;
  return ZONED.test(value)
    ? `CAST(TIMESTAMPTZ ${literal(value)} AS TIMESTAMP)`
    : inZone(`TIMESTAMP ${literal(value)}`, defaultZone);
}

function typedCell(sql: string, duckdbType: string, type: CellType, form: CellForm): Cell {
  const isNull = `${sql} IS NULL`;
  // A NaN or an infinity is no number that a rule could be judged on.
  if (duckdbType === 'FLOAT' || duckdbType === 'DOUBLE') {
    return inSteps(isNull, undefined, {
      attempt: sql,
      judge: (number) => `CASE WHEN isfinite(${number}) THEN ${number} END`,
    });
  }
  const exact = (value: string, text?: string): Cell => ({ isNull, text, value, steps: undefined });
  if (type === 'string') {
    const text = duckdbType === 'VARCHAR' ? sql : `CAST(${sql} AS VARCHAR)`;
    return exact(text, text);
  }
  if (type !== 'timestamp') return exact(sql);
  const zoned = duckdbType === 'TIMESTAMP WITH TIME ZONE';
  return exact(zoned ? `CAST(${sql} AS TIMESTAMP)` : inZone(sql, form.defaultZone));
}

function textCell(sql: string, type: CellType, form: CellForm): Cell {
  const isNull = `${sql} IS NULL`;
  const steps = textSteps(sql, type, form);
  return steps === undefined ? { isNull, text: sql, value: sql, steps } : inSteps(isNull, sql, steps);
}

function jsonCell(sql: string, type: CellType, form: CellForm): Cell {
  const kind = `json_type(${sql})`;
  const text = `(${sql} ->> '$')`;
  const kinds: Readonly<Record<CellType, string>> = {
    string: "('VARCHAR')",
    integer: "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT')",
    number: "('BIGINT', 'UBIGINT', 'HUGEINT', 'UHUGEINT', 'DOUBLE')",
    boolean: "('BOOLEAN')",
    date: "('VARCHAR')",
    timestamp: "('VARCHAR')",
    time: "('VARCHAR')",
  };
  const { attempt, judge } = textSteps(text, type, form) ?? { attempt: text, judge: (same: string) => same };
  return inSteps(`(${sql} IS NULL OR ${kind} = 'NULL')`, text, {
    attempt,
    judge: (tried) => `CASE WHEN ${kind} IN ${kinds[type]} THEN ${judge(tried)} END`,
  });
}

function inSteps(isNull: string, text: string | undefined, steps: Steps): Cell {
  return { isNull, text, value: steps.judge(steps.attempt), steps };
}

/** The steps for a text; undefined where every text has the form. */
function textSteps(text: string, type: CellType, form: CellForm): Steps | undefined {
  const { pattern, defaultZone, wide, zone } = form;
  const matches = (shape: string): string => `regexp_full_match(${text}, ${literal(shape)})`;
  const where =
    (condition: string) =>
    (value: string): string =>
      `CASE WHEN ${condition} THEN ${value} END`;
  const attempt = `TRY_CAST(${text} AS ${type === 'integer' ? (wide ?? 'BIGINT') : SQL_TYPES[type]})`;
  if (pattern !== undefined && type !== 'string') {
    return {
      attempt: patternCast(text, type, pattern, defaultZone),
      judge: where(matches(readPattern(pattern).form)),
    };
  }
  switch (type) {
    case 'string':
      return undefined;
    case 'integer':
      // Most are written as the engine writes them, which costs less to see than their form; what the cast refused needs neither.
      return {
        attempt,
        judge: (whole) =>
          `CASE WHEN ${whole} IS NULL THEN NULL WHEN CAST(${whole} AS VARCHAR) = ${text} THEN ${whole} WHEN ${matches(INTEGER)} THEN ${whole} END`,
      };
    case 'number':
      return {
        attempt,
        judge: (number) =>
          `CASE WHEN ${number} IS NULL THEN NULL WHEN ${matches(NUMBER)} AND isfinite(${number}) THEN ${number} END`,
      };
    case 'boolean':
      return { attempt, judge: where(`lower(${text}) IN ('true', 'false')`) };
    case 'date':
      return {
        attempt,
        judge: (day) => where(`strlen(${text}) = 10 AND CAST(${day} AS VARCHAR) = ${text}`)(day),
      };
    case 'time':
      return { attempt, judge: where(matches(CLOCK)) };
    case 'timestamp': {
      const zoned = `CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AS TIMESTAMP)`;
      const other =
        defaultZone === undefined
          ? zoned
          : `CASE WHEN ${hasZone(text)} THEN ${zoned} ELSE ${inZone(attempt, defaultZone)} END`;
      // Most are written as the engine writes them, which writes infinities and years of five digits too. A plain cast drops a zone; the one that heeds it takes twice as long.
      const judge = (plain: string): string =>
        `CASE WHEN strlen(${text}) = 19 AND CAST(${plain} AS VARCHAR) = ${text} THEN ${inZone(plain, defaultZone)} WHEN ${matches(TIMESTAMP)} THEN ${other} END`;
      if (zone === undefined) return { attempt, judge };
      const named = `${zone === 'with' ? '' : 'NOT '}${hasZone(text)}`;
      return { attempt, judge: (plain) => where(named)(judge(plain)) };
    }
  }
}

function patternCast(text: string, type: CellType, pattern: string, defaultZone?: string): string {
  const { strptime } = readPattern(pattern);
  const zoned = strptime.includes('%z');
  // strptime does not know Z for the offset of nothing.
  const whole = zoned ? `regexp_replace(${text}, 'Z$', '+00:00')` : text;
  const value = `try_strptime(${whole}, ${literal(strptime)})`;
  if (type !== 'timestamp') return `CAST(${value} AS ${SQL_TYPES[type]})`;
  return zoned ? `CAST(${value} AS TIMESTAMP)` : inZone(value, defaultZone);
}

function readPattern(pattern: string) {
  const read = timePattern(pattern);
  if ('construct' in read) throw new Error(`a pattern that was not refused: ${read.construct}`);
  return read;
}

/** A timestamp without a zone, taken to be of this one, in UTC. */
function inZone(timestamp: string, zone: string | undefined): string {
  return zone === undefined ? timestamp : `CAST(timezone(${literal(zone)}, ${timestamp}) AS TIMESTAMP)`;
}

function hasZone(text: string): string {
  return `regexp_matches(${text}, ${literal(ZONED.source)})`;
}
