import type { ContractItem } from '../../core/formats/contract.ts';
import { type CellType, cellAt, holds, storageOf } from '../../core/toolkit/table/cells.ts';
import { type Held, readHeld } from '../../core/toolkit/table/held.ts';
import { type NestedType, nestedCell } from '../../core/toolkit/table/nested.ts';
import type { DataColumn, DataTable } from '../../core/toolkit/table/open.ts';

/** What the data show of a column. */
export interface SeenColumn {
  readonly name: string;
  /** The type that every value has, and what is within; nothing where there is none. */
  readonly type: Pick<ContractItem, 'logicalType' | 'properties' | 'items' | 'map'>;
  /** No row lacks a value. */
  readonly required: boolean;
  /** No two rows have the same value, and the column looks like what rows are called by. */
  readonly key: boolean;
}

// The narrower first: what every value conforms to is the column's type.
const PLAIN: readonly CellType[] = ['boolean', 'integer', 'number', 'date', 'timestamp', 'time', 'string'];
const NESTED: readonly NestedType[] = ['array', 'object'];
/** So many rows say which types need not be tried on all. */
const FIRST_ROWS = 10_000;

/** Reads all rows of a table for the types, the keys and the nullability of its columns. */
export async function seenColumns(table: DataTable): Promise<readonly SeenColumn[]> {
  const some = `(SELECT * FROM ${table.from()} LIMIT ${FIRST_ROWS})`;
  const possible = await measure(
    table,
    some,
    table.columns.map((column) => trialsOf(table, column)),
  );
  const trials = possible.columns.map(({ trials }) => trials.filter(({ misses }) => misses === 0));
  const all = await measure(table, table.from(), trials);
  const found = all.columns.map(({ column, values, trials }) => {
    // Without a value, the file's own type, or a text.
    const fits =
      values === 0
        ? (trials.find(({ conforms }) => conforms === undefined) ?? trials.at(-1))
        : trials.find(({ misses }) => misses === 0);
    return { column, fits, required: values === all.rows && all.rows > 0 };
  });
  const key = await keyOf(
    table,
    all.rows,
    found.filter(({ required }) => required),
  );
  return found.map(({ column, fits, required }) => ({
    name: column.name,
    type: fits === undefined ? {} : fits.type,
    required,
    key: column === key,
  }));
}

/** A type that a column may have. */
interface Trial {
  readonly column: DataColumn;
  readonly type: SeenColumn['type'];
  /** SQL that is true for a row without a value. */
  readonly isNull: string;
  /** SQL that is true for a value of the type; undefined where the file says so for all. */
  readonly conforms: string | undefined;
  /** SQL of the typed value; undefined for nested types, which are no keys. */
  readonly value?: string;
}

function trialsOf(table: DataTable, column: DataColumn): readonly Trial[] {
  const storage = storageOf(table, column);
  if (typeof storage === 'object') {
    const held = readHeld(storage.type);
    if (held.kind !== 'scalar')
      return [{ column, type: typeOfHeld(held), isNull: `${column.sql} IS NULL`, conforms: undefined }];
  }
  const plain = PLAIN.filter((type) => typeof storage !== 'object' || holds(storage.type, type)).map(
    (type): Trial => {
      const { isNull, text, value, steps } = cellAt(column.sql, storage, type);
      const conforms = steps === undefined ? undefined : `(${value}) IS NOT NULL`;
      const also = storage === 'csv' && text !== undefined ? plainNumber(text, type) : undefined;
      const both = [conforms, also].filter((part) => part !== undefined).join(' AND ');
      return {
        column,
        type: { logicalType: type },
        isNull,
        conforms: both === '' ? undefined : `(${both})`,
        value,
      };
    },
  );
  if (storage !== 'json') return plain;
  const nested = NESTED.map((logicalType): Trial => {
    const { isNull, conforms } = nestedCell({ sql: column.sql, storage }, logicalType);
    return { column, type: { logicalType }, isNull, conforms };
  });
  return [...nested, ...plain];
}

/** Digits that are no number but a name: post codes with a zero in front, card numbers too long for 64 bits. */
function plainNumber(text: string, type: CellType): string | undefined {
  if (type !== 'integer' && type !== 'number') return undefined;
  const named = type === 'integer' ? '^[+-]?0[0-9]' : '^[+-]?(0[0-9]|[0-9]{19,}$)';
  return `NOT regexp_matches(${text}, '${named}')`;
}

function typeOfHeld(held: Held): SeenColumn['type'] {
  switch (held.kind) {
    case 'list':
      return { logicalType: 'array', items: typeOfHeld(held.of) };
    case 'struct': {
      const fields = [...held.fields];
      return {
        logicalType: 'object',
        properties: fields.map(([name, field]) => ({ name, ...typeOfHeld(field) })),
      };
    }
    case 'map':
      return { logicalType: 'map', map: { key: typeOfHeld(held.key), value: typeOfHeld(held.value) } };
    case 'scalar': {
      const logicalType = PLAIN.find((type) => holds(held.type, type));
      return logicalType === undefined ? {} : { logicalType };
    }
  }
}

interface Measured {
  readonly rows: number;
  readonly columns: readonly {
    readonly column: DataColumn;
    readonly values: number;
    readonly trials: readonly (Trial & { readonly misses: number })[];
  }[];
}

/** One scan: how many values each column has, and how many of them each type does not fit. */
async function measure(
  table: DataTable,
  from: string,
  columns: readonly (readonly Trial[])[],
): Promise<Measured> {
  const figures: string[] = ['count(*)'];
  const figure = (sql: string): number => figures.push(sql) - 1;
  const asked = table.columns.map((column, index) => {
    const trials = columns[index] ?? [];
    const isNull = trials[0]?.isNull ?? `${column.sql} IS NULL`;
    return {
      column,
      values: figure(`count(*) FILTER (WHERE NOT (${isNull}))`),
      trials: trials.map((trial) => ({
        trial,
        misses:
          trial.conforms === undefined
            ? undefined
            : figure(`count(*) FILTER (WHERE NOT (${isNull}) AND NOT ${trial.conforms})`),
      })),
    };
  });
  const [row = []] = await table.query(`SELECT ${figures.join(', ')} FROM ${from}`);
  const read = (index: number | undefined): number => (index === undefined ? 0 : Number(row[index]));
  return {
    rows: read(0),
    columns: asked.map(({ column, values, trials }) => ({
      column,
      values: read(values),
      trials: trials.map(({ trial, misses }) => ({ ...trial, misses: read(misses) })),
    })),
  };
}

/** The column that rows are called by: the first whose name says so, or the first of the table, if all its values are different. */
async function keyOf(
  table: DataTable,
  rows: number,
  columns: readonly { readonly column: DataColumn; readonly fits: Trial | undefined }[],
): Promise<DataColumn | undefined> {
  const able = columns.filter(({ fits }) => ['integer', 'string'].includes(fits?.type.logicalType ?? ''));
  const called = able.filter(({ column }) =>
    /(^|[_\W])(id|key|uuid|guid|nr|no)$|[a-z](Id|ID|Key)$/i.test(column.name),
  );
  const first = able.filter(({ column }) => column === table.columns[0]);
  for (const { column, fits } of new Set([...called, ...first])) {
    if (rows < 2 || fits?.value === undefined) continue;
    const [row = []] = await table.query(`SELECT approx_count_distinct(${fits.value}) FROM ${table.from()}`);
    // The estimate is cheap and off by a few percent; what is far from unique is not counted out.
    if (Number(row[0]) < 0.8 * rows) continue;
    const [exact = []] = await table.query(`SELECT count(DISTINCT ${fits.value}) FROM ${table.from()}`);
    if (Number(exact[0]) === rows) return column;
  }
  return undefined;
}
