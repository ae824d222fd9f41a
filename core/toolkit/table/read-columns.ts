import { GreenlightError } from '../../kernel/errors.ts';
import { nearest } from '../../kernel/schema.ts';
import { type Cell, type CellType, cellOf, holds } from './cells.ts';
import { type Column, type Columns, NO_BOOLEAN, NO_DATE } from './columns.ts';
import { type DataColumn, type DataTable, type OpenOptions, openTable } from './open.ts';

/**
 * Reads columns of CSV, Parquet, NDJSON or JSON data into typed arrays, in the file's order. In text formats a column is numbers, days
 * or booleans where all its cells have that form, else text. Throws `data/no-column` for a name that the file lacks and
 * `data/unsupported-type` for a Parquet type that has no array here, and what {@link openTable} throws.
 */
export async function readColumns(
  file: string,
  names: readonly string[],
  options: Omit<OpenOptions, 'engine'> = {},
): Promise<Columns> {
  await using table = await openTable(file, options);
  const wanted = [...new Set(names)].map((name) => columnOf(table, name));
  const types = await typesOf(table, wanted);
  const reads = wanted.map((column, index) => plan(table, column, types[index] ?? 'string', index));
  const rows = Number((await table.query(`SELECT count(*) FROM ${table.from()}`))[0]?.[0]);

  const dictionaries: (readonly string[])[] = [];
  for (const [index, read] of reads.entries()) {
    if (read.kind === 'text') dictionaries[index] = await makeDictionary(table, read.value, index);
  }
  const columns = reads.map((read, index) => allocate(read.kind, rows, dictionaries[index] ?? []));
  if (rows > 0 && reads.length > 0) {
    const select = `SELECT ${reads.map(({ sql }) => sql).join(', ')} FROM ${table.from()}`;
    let row = 0;
    for await (const chunk of table.stream(select, rows)) {
      for (const [index, column] of columns.entries()) {
        const vector = chunk.getColumnVector(index);
        for (let item = 0; item < chunk.rowCount; item++)
          store(column, row + item, vector.getItem(item) as number | null);
      }
      row += chunk.rowCount;
    }
  }
  const byName = new Map(wanted.map((column, index) => [column.name, finish(columns[index] as Growing)]));
  return {
    rows,
    column(name) {
      const column = byName.get(name);
      if (column === undefined) throw noColumn(table.name, name, [...byName.keys()]);
      return column;
    },
  };
}

interface Read {
  readonly kind: Column['kind'];
  /** The typed value. */
  readonly value: string;
  /** What the row-wise SELECT gives: a DOUBLE, or an INTEGER code, day or 0/1. */
  readonly sql: string;
}

function columnOf(table: DataTable, name: string): DataColumn {
  const column = table.columns.find((candidate) => candidate.name === name);
  if (column === undefined) {
    throw noColumn(
      table.name,
      name,
      table.columns.map((candidate) => candidate.name),
    );
  }
  return column;
}

function noColumn(file: string, name: string, known: readonly string[]): GreenlightError {
  const near = nearest(name, known);
  return new GreenlightError({
    code: 'data/no-column',
    message: `${file} has no column \`${name}\``,
    mend: near === undefined ? `it has: ${known.join(', ')}` : `did you mean \`${near}\`?`,
  });
}

const CANDIDATES: readonly CellType[] = ['number', 'date', 'timestamp', 'boolean'];

const SAMPLE = 2048;

interface Candidate {
  readonly column: DataColumn;
  readonly type: CellType;
}

/** Of typed columns by their types, of texts by all their cells. */
async function typesOf(table: DataTable, columns: readonly DataColumn[]): Promise<readonly CellType[]> {
  const texts = columns.filter(({ type }) => type === undefined);
  const byCells = await typesOfTexts(table, texts);
  return columns.map((column) =>
    column.type === undefined ? (byCells[texts.indexOf(column)] ?? 'string') : typeOf(table, column),
  );
}

async function typesOfTexts(table: DataTable, columns: readonly DataColumn[]): Promise<readonly CellType[]> {
  if (columns.length === 0) return [];
  let candidates: readonly Candidate[] = columns.flatMap((column) =>
    CANDIDATES.map((type) => ({ column, type })),
  );
  const firstOf = (column: DataColumn) => candidates.find((candidate) => candidate.column === column);
  // The first rows leave few candidates; all rows must then bear one out for each column.
  const sample = `(SELECT * FROM ${table.from()} LIMIT ${SAMPLE})`;
  candidates = (await judged(table, sample, candidates)).filter(({ contradicted }) => !contradicted);
  for (;;) {
    const chosen = columns.flatMap((column) => firstOf(column) ?? []);
    const wrong = (await judged(table, table.from(), chosen)).filter(
      ({ contradicted, seen }) => contradicted || !seen,
    );
    if (wrong.length === 0) return columns.map((column) => firstOf(column)?.type ?? 'string');
    candidates = candidates.filter(
      ({ column, type }) => !wrong.some((no) => no.column === column && no.type === type),
    );
  }
}

/** For each candidate, whether a cell contradicts it and whether there are cells at all. */
async function judged(table: DataTable, from: string, candidates: readonly Candidate[]) {
  if (candidates.length === 0) return [];
  const terms = candidates.map(({ column, type }) => {
    const { isNull, value } = cellOf(table, column, type);
    return `count(*) FILTER (NOT (${isNull}) AND ${value} IS NULL), count(*) FILTER (NOT (${isNull}))`;
  });
  const [counts = []] = await table.query(`SELECT ${terms.join(', ')} FROM ${from}`);
  return candidates.map((candidate, at) => ({
    ...candidate,
    contradicted: Number(counts[2 * at]) > 0,
    seen: Number(counts[2 * at + 1]) > 0,
  }));
}

function typeOf(table: DataTable, column: DataColumn): CellType {
  const type = [...CANDIDATES, 'string' as const].find((candidate) => holds(column.type ?? '', candidate));
  if (type !== undefined) return type;
  throw new GreenlightError({
    code: 'data/unsupported-type',
    message: `the column \`${column.name}\` of ${table.name} is of type ${column.type}`,
    mend: 'write it as a number, text, date, timestamp or boolean',
  });
}

function plan(table: DataTable, column: DataColumn, type: CellType, index: number): Read {
  const cell: Cell = cellOf(table, column, type);
  switch (type) {
    case 'number':
    case 'integer':
      // A NaN of the file stays one: what reads the column decides what it means.
      return {
        kind: 'number',
        value: cell.value,
        sql: `CAST(${column.type === undefined ? cell.value : column.sql} AS DOUBLE)`,
      };
    case 'date':
    case 'timestamp':
      return {
        kind: 'date',
        value: cell.value,
        sql: `CAST(epoch(CAST(${cell.value} AS DATE)) / 86400 AS INTEGER)`,
      };
    case 'boolean':
      return { kind: 'boolean', value: cell.value, sql: `CAST(${cell.value} AS INTEGER)` };
    default: {
      const text = cell.text ?? cell.value;
      return {
        kind: 'text',
        value: text,
        sql: `CAST(enum_code(CAST(${text} AS dictionary_${index})) AS INTEGER)`,
      };
    }
  }
}

/** Makes an ENUM of a column's texts, sorted, so that codes are made in the engine and each text crosses over once. */
async function makeDictionary(table: DataTable, text: string, index: number): Promise<readonly string[]> {
  const distinct = `SELECT DISTINCT ${text} AS value FROM ${table.from()} WHERE ${text} IS NOT NULL ORDER BY value`;
  await table.query(`CREATE TYPE dictionary_${index} AS ENUM (${distinct})`);
  const rows = await table.query(`SELECT unnest(enum_range(NULL::dictionary_${index}))`);
  return rows.map(([value]) => String(value));
}

type Growing = { readonly column: Column; readonly nulls: Uint8Array | undefined; missing: boolean };

function allocate(kind: Column['kind'], rows: number, dictionary: readonly string[]): Growing {
  const make = (column: Column, nulls?: Uint8Array): Growing => ({ column, nulls, missing: false });
  switch (kind) {
    case 'number':
      return make({ kind, values: new Float64Array(rows), nulls: undefined }, new Uint8Array(rows));
    case 'text':
      return make({ kind, codes: new Int32Array(rows), dictionary });
    case 'date':
      return make({ kind, days: new Int32Array(rows) });
    case 'boolean':
      return make({ kind, values: new Uint8Array(rows) });
  }
}

function store(growing: Growing, row: number, value: number | null): void {
  const { column, nulls } = growing;
  if (column.kind === 'number') {
    if (value === null && nulls !== undefined) {
      nulls[row] = 1;
      growing.missing = true;
    }
    column.values[row] = value ?? 0;
  } else if (column.kind === 'text') column.codes[row] = value ?? -1;
  else if (column.kind === 'date') column.days[row] = value ?? NO_DATE;
  else column.values[row] = value ?? NO_BOOLEAN;
}

function finish({ column, nulls, missing }: Growing): Column {
  return column.kind === 'number' && missing ? { ...column, nulls } : column;
}
