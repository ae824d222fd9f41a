import { GreenlightError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/schema.ts';
import { identifier } from '../sql.ts';
import type { Postgres } from './client.ts';

/** A column of a table in PostgreSQL. */
export interface PostgresColumn {
  readonly name: string;
  /** The type as PostgreSQL writes it, a domain as what it is made of: `character varying(10)`, `numeric(10,2)`. */
  readonly type: string;
  /** The type's name in the catalog, `int4`; `enum` for all enumerations. */
  readonly base: string;
  /** Whether the role may read it. */
  readonly readable: boolean;
}

/** A table, view or the like in PostgreSQL. */
export interface PostgresTable {
  /** As messages name it: `server/schema.table`. */
  readonly name: string;
  readonly columns: readonly PostgresColumn[];
  /** What follows FROM. */
  readonly from: string;
  /** What tells a row's place apart and orders by it; undefined where rows have none (views, foreign tables). */
  readonly place: string | undefined;
}

/** As {@link findPostgresTable}, but throws `data/no-table` where there is none. */
export async function describePostgresTable(
  postgres: Postgres,
  schema: string,
  table: string,
): Promise<PostgresTable> {
  const found = await findPostgresTable(postgres, schema, table);
  if (found === undefined) throw await noTable(postgres, schema, table);
  return found;
}

/** Describes a table as the transaction sees it; undefined where there is none. Throws what a query throws. */
export async function findPostgresTable(
  postgres: Postgres,
  schema: string,
  table: string,
): Promise<PostgresTable | undefined> {
  const name = `${postgres.address.server}/${schema}.${table}`;
  const [[id, kind] = []] = await postgres.query(
    'SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind = ANY ($3)',
    [schema, table, '{r,p,v,m,f}'],
  );
  if (typeof id !== 'string') return undefined;
  const columns = await postgres.query(
    `WITH RECURSIVE typed AS (
       SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier FROM pg_attribute a
       WHERE a.attrelid = CAST($1 AS oid) AND a.attnum > 0 AND NOT a.attisdropped
       UNION ALL
       SELECT d.attnum, d.attname, t.typbasetype, t.typtypmod FROM typed d JOIN pg_type t ON t.oid = d.type AND t.typtype = 'd'
     )
     SELECT d.attname, format_type(d.type, d.modifier), CASE t.typtype WHEN 'e' THEN 'enum' ELSE t.typname END,
       has_column_privilege(CAST($1 AS oid), d.attnum, 'SELECT')
     FROM typed d JOIN pg_type t ON t.oid = d.type AND t.typtype <> 'd' ORDER BY d.attnum`,
    [id],
  );
  return {
    name,
    columns: columns.map(([column, type, base, readable]) => ({
      name: String(column),
      type: String(type),
      base: String(base),
      readable: readable === 't',
    })),
    from: `${identifier(schema)}.${identifier(table)}`,
    place: kind === 'r' || kind === 'm' ? 'ctid' : undefined,
  };
}

async function noTable(postgres: Postgres, schema: string, table: string): Promise<GreenlightError> {
  const { server, database } = postgres.address;
  const others = await postgres.query(
    'SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = ANY ($2)',
    [schema, '{r,p,v,m,f}'],
  );
  const near = nearest(
    table,
    others.map(([other]) => String(other)),
  );
  return new GreenlightError({
    code: 'data/no-table',
    message: `the server \`${server}\` has no table \`${table}\` in the schema \`${schema}\` of the database \`${database}\``,
    mend:
      near === undefined
        ? 'check `schema` of the server and `physicalName` of the table in the contract; upper and lower case differ'
        : `did you mean \`${near}\`? Write it as \`physicalName\` of the table`,
  });
}
