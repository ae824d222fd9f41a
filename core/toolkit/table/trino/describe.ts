import { GreenlightError } from '../../../kernel/errors.ts';
import { nearest } from '../../../kernel/schema.ts';
import { identifier, literal } from '../sql.ts';
import type { Trino } from './client.ts';

/** A column of a table in Trino. */
export interface TrinoColumn {
  /** As the contract spells it, where it has the column: Trino knows no upper and lower case in names. */
  readonly name: string;
  /** As Trino writes it: `varchar(10)`, `decimal(10,2)`, `timestamp(6) with time zone`. */
  readonly type: string;
}

/** A table or view in Trino. */
export interface TrinoTable {
  /** As messages name it: `server/catalog.schema.table`. */
  readonly name: string;
  readonly columns: readonly TrinoColumn[];
  /** What follows FROM. */
  readonly from: string;
}

/** As {@link findTrinoTable}, but throws `data/no-table` where there is none. */
export async function describeTrinoTable(
  trino: Trino,
  table: string,
  spellings: readonly string[] = [],
): Promise<TrinoTable> {
  const found = await findTrinoTable(trino, table, spellings);
  if (found === undefined) throw await noTable(trino, table);
  return found;
}

/** Describes a table of the server's schema; undefined where there is none, or none that the user may see. Throws what a query throws. */
export async function findTrinoTable(
  trino: Trino,
  table: string,
  spellings: readonly string[] = [],
): Promise<TrinoTable | undefined> {
  const { server, catalog, schema } = trino.address;
  const columns = await trino.query(
    `SELECT column_name, data_type FROM ${identifier(catalog)}.information_schema.columns WHERE table_schema = ${lower(schema)} AND table_name = ${lower(table)} ORDER BY ordinal_position`,
  );
  if (columns.length === 0) return undefined;
  return {
    name: `${server}/${catalog}.${schema}.${table}`,
    columns: columns.map(([column, type]) => ({
      name: spellings.find((name) => name.toLowerCase() === column) ?? String(column),
      type: String(type),
    })),
    from: [catalog, schema, table].map(identifier).join('.'),
  };
}

function lower(name: string): string {
  return literal(name.toLowerCase());
}

async function noTable(trino: Trino, table: string): Promise<GreenlightError> {
  const { server, catalog, schema } = trino.address;
  const others = await trino.query(
    `SELECT table_name FROM ${identifier(catalog)}.information_schema.tables WHERE table_schema = ${lower(schema)}`,
  );
  const near = nearest(
    table,
    others.map(([other]) => String(other)),
  );
  return new GreenlightError({
    code: 'data/no-table',
    message: `the server \`${server}\` has no table \`${table}\` in the schema \`${schema}\` of the catalog \`${catalog}\`, or the user may not see it`,
    mend:
      near === undefined
        ? 'check `schema` of the server and `physicalName` of the table in the contract, and what is granted to the user'
        : `did you mean \`${near}\`? Write it as \`physicalName\` of the table`,
  });
}
