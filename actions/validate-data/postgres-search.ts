import { isPostgresText } from '../../core/toolkit/table/postgres/cells.ts';
import type { Postgres } from '../../core/toolkit/table/postgres/client.ts';
import type { PostgresColumn, PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import { isNestedColumn } from '../../core/toolkit/table/postgres/nested.ts';
import { identifier } from '../../core/toolkit/table/sql.ts';
import { LONGEST, LONGEST_NESTED, SEED, type Searched, type SearchedColumn } from './privacy/searched.ts';
import { sampleServer } from './privacy/server-sample.ts';

const ALIAS = 'greenlight_searched';

/** Whole numbers, and decimals, whose texts could be numbers of cards and the like. */
const NUMBERS: readonly string[] = ['int2', 'int4', 'int8', 'numeric'];

/**
 * A table in PostgreSQL as personal data are sought in it. A row is hashed by its place, or by its text where it has none; by the texts of its
 * columns where the role may read only some, and so neither.
 */
export function searchedPostgres(postgres: Postgres, table: PostgresTable): Searched {
  const readable = table.columns.filter((column) => column.readable);
  const row =
    readable.length === table.columns.length
      ? (table.place ?? ALIAS)
      : `ARRAY[${readable.map(({ name }) => `CAST(${identifier(name)} AS text)`).join(', ')}]`;
  const sampled = {
    query: (sql: string) => postgres.query(sql),
    from: `${table.from} AS ${ALIAS}`,
    hash: `hashtextextended(CAST(${row} AS text), ${SEED})`,
    texts: new Map(table.columns.map((column) => [column.name, textOf(column)])),
  };
  return {
    columns: table.columns.map((column) => ({
      name: column.name,
      holds: whatHolds(column),
    })),
    sample: (columns, rows) => sampleServer(sampled, columns, rows),
  };
}

/** Types of single values that hold no text in which personal data are sought. */
const TEXTLESS =
  /^(bool|float[48]|date|time|timetz|timestamp|timestamptz|interval|money|oid|macaddr8?|cidr|bit|varbit)$/;

function whatHolds(column: PostgresColumn): SearchedColumn['holds'] {
  const { base, readable } = column;
  if (!readable) return 'unread';
  if (isNestedColumn(column)) return 'parts';
  const single = isPostgresText(column) || ['enum', 'inet', ...NUMBERS].includes(base) || TEXTLESS.test(base);
  return single ? 'values' : 'unread';
}

function textOf(column: PostgresColumn): string {
  const sql = identifier(column.name);
  if (isNestedColumn(column)) {
    // Not by way of jsonb, which refuses some of what json holds.
    const json = column.base.startsWith('_') ? `array_to_json(${sql})` : sql;
    return `left(CAST(${json} AS text), ${LONGEST_NESTED})`;
  }
  if (column.base === 'inet') return `host(${sql})`;
  if (isPostgresText(column) || column.base === 'enum') return `left(CAST(${sql} AS text), ${LONGEST})`;
  if (NUMBERS.includes(column.base)) return `CAST(${sql} AS text)`;
  return `CASE WHEN ${sql} IS NOT NULL THEN '' END`;
}
