import type { DataColumn, DataTable } from './open.ts';
import { literal } from './sql.ts';

/** The types of cells that are judged, by ODCS's names. */
export type CellType = 'string' | 'integer' | 'number' | 'boolean' | 'date' | 'timestamp' | 'time';

/** The SQL of one column read as one type, for DuckDB. */
export interface Cell {
  /** The cell is NULL: in CSV an empty cell without quotes, in NDJSON null or an absent key. */
  readonly isNull: string;
  /** The cell's text, as the file has it; undefined where the file holds typed values. */
  readonly text: string | undefined;
  /** True or false for a cell that is not NULL: it has the type's form; undefined where the file's type says so for all cells. */
  readonly conforms: string | undefined;
  /** The typed value of a cell that conforms. */
  readonly cast: string;
  /** The typed value; NULL where the cell is NULL or of another form. */
  readonly value: string;
}

// The forms of cells in text files, after XML Schema 1.1 part 2 (lexical spaces of integer, double without INF and NaN, date,
// dateTime with a blank for the T as well, time); booleans are true and false in any case. No surrounding blanks.
const INTEGER = '[+-]?[0-9]+';
const NUMBER = '[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]+)?';
const DAY = '[0-9]{4}-[0-9]{2}-[0-9]{2}';
const CLOCK = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?';
const TIMESTAMP = `${DAY}[T ]${CLOCK}(Z|[+-][0-9]{2}:[0-9]{2})?`;

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
export function cellOf(table: Pick<DataTable, 'format'>, column: DataColumn, type: CellType): Cell {
  if (column.type !== undefined) return typedCell(column.sql, column.type, type);
  return table.format === 'csv' ? csvCell(column.sql, type) : jsonCell(column.sql, type);
}

/** A bound of a contract as an SQL literal of the type. */
export function valueLiteral(value: string | number | boolean, type: CellType): string {
  if (typeof value !== 'string') return String(value);
  if (type === 'timestamp') return `CAST(TIMESTAMPTZ ${literal(value)} AS TIMESTAMP)`;
  return type === 'string' ? literal(value) : `${SQL_TYPES[type]} ${literal(value)}`;
}

function typedCell(sql: string, duckdbType: string, type: CellType): Cell {
  const isNull = `${sql} IS NULL`;
  // A NaN or an infinity is no number that a rule could be judged on.
  if (duckdbType === 'FLOAT' || duckdbType === 'DOUBLE') {
    return withValue({ isNull, text: undefined, conforms: `isfinite(${sql})`, cast: sql });
  }
  if (type === 'string') {
    const text = duckdbType === 'VARCHAR' ? sql : `CAST(${sql} AS VARCHAR)`;
    return withValue({ isNull, text, conforms: undefined, cast: text });
  }
  return withValue({ isNull, text: undefined, conforms: undefined, cast: sql });
}

function csvCell(sql: string, type: CellType): Cell {
  return withValue({
    isNull: `${sql} IS NULL`,
    text: sql,
    conforms: formOf(sql, type),
    cast: castTo(sql, type),
  });
}

function jsonCell(sql: string, type: CellType): Cell {
  const kind = `json_type(${sql})`;
  const text = `(${sql} ->> '$')`;
  const isNull = `(${sql} IS NULL OR ${kind} = 'NULL')`;
  const kinds: Readonly<Record<CellType, string>> = {
    string: "('VARCHAR')",
    integer: "('BIGINT', 'UBIGINT')",
    number: "('BIGINT', 'UBIGINT', 'DOUBLE')",
    boolean: "('BOOLEAN')",
    date: "('VARCHAR')",
    timestamp: "('VARCHAR')",
    time: "('VARCHAR')",
  };
  const form = formOf(text, type);
  const conforms = `(${kind} IN ${kinds[type]}${form === undefined ? '' : ` AND ${form}`})`;
  return withValue({ isNull, text, conforms, cast: castTo(text, type) });
}

function castTo(text: string, type: CellType): string {
  if (type === 'string') return text;
  const plain = `TRY_CAST(${text} AS ${SQL_TYPES[type]})`;
  if (type !== 'timestamp') return plain;
  // A plain cast drops a zone; the one that heeds it takes twice as long. The session's zone is UTC.
  return `CASE WHEN length(${text}) = 19 THEN ${plain} ELSE CAST(TRY_CAST(${text} AS TIMESTAMPTZ) AS TIMESTAMP) END`;
}

function withValue(cell: Omit<Cell, 'value'>): Cell {
  return {
    ...cell,
    value: cell.conforms === undefined ? cell.cast : `CASE WHEN ${cell.conforms} THEN ${cell.cast} END`,
  };
}

/**
 * SQL that is true for a text with the form of a type and a value in its range. What a cast gives back as the very same text needs no
 * regular expression, which is most cells of most files.
 */
function formOf(text: string, type: CellType): string | undefined {
  const cast = (to: string): string => `TRY_CAST(${text} AS ${to})`;
  const same = (to: string): string => `CAST(${cast(to)} AS VARCHAR) = ${text}`;
  const matches = (form: string): string => `regexp_full_match(${text}, ${literal(form)})`;
  switch (type) {
    case 'string':
      return undefined;
    case 'integer':
      return `(CASE WHEN ${same('BIGINT')} THEN true ELSE ${matches(INTEGER)} AND ${cast('BIGINT')} IS NOT NULL END)`;
    case 'number':
      return `(CASE WHEN ${same('BIGINT')} THEN true ELSE ${matches(NUMBER)} AND coalesce(isfinite(${cast('DOUBLE')}), false) END)`;
    case 'boolean':
      return `(lower(${text}) IN ('true', 'false'))`;
    case 'date':
      return `(CASE WHEN length(${text}) = 10 THEN coalesce(${same('DATE')}, false) ELSE false END)`;
    case 'timestamp':
      return `(CASE WHEN length(${text}) = 19 AND ${same('TIMESTAMP')} THEN true ELSE ${matches(TIMESTAMP)} AND ${cast('TIMESTAMPTZ')} IS NOT NULL END)`;
    case 'time':
      return `(${matches(CLOCK)})`;
  }
}
