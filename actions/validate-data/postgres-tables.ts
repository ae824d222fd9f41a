import { openPostgres } from '../../core/toolkit/table/postgres/client.ts';
import {
  describePostgresTable,
  findPostgresTable,
  type PostgresTable,
} from '../../core/toolkit/table/postgres/describe.ts';
import { postgresGround } from './postgres-ground.ts';
import { postgresQueries } from './postgres-queries.ts';
import { searchedPostgres } from './postgres-search.ts';
import type { OpenServer, Server } from './server-task.ts';
import { objectName } from './table-rules.ts';

/** Opens tables of a contract in PostgreSQL. */
export const openPostgresTables: OpenServer<Extract<Server, { kind: 'postgresql' }>> = async (
  source,
  declared,
  isJudged,
) => {
  const postgres = await openPostgres(source);
  try {
    const tables = new Map<string, PostgresTable>();
    for (const table of declared) {
      const open = isJudged(table) ? describePostgresTable : findPostgresTable;
      const found = await open(postgres, source.schema, objectName(table));
      if (found !== undefined) tables.set(table.name, found);
    }
    const queries = postgresQueries(postgres, declared, tables);
    const opened = [...tables].map(([name, table]) => {
      const columns = table.columns.map(({ name, type }) => ({ name, type }));
      return [
        name,
        {
          name: table.name,
          columns,
          ground: postgresGround(postgres, table, tables, queries),
          searched: searchedPostgres(postgres, table),
        },
      ] as const;
    });
    return { tables: new Map(opened), [Symbol.asyncDispose]: () => postgres[Symbol.asyncDispose]() };
  } catch (thrown) {
    await postgres[Symbol.asyncDispose]();
    throw thrown;
  }
};
