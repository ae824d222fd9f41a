import type { ContractTable } from '../../core/formats/contract.ts';
import { openTrino } from '../../core/toolkit/table/trino/client.ts';
import {
  describeTrinoTable,
  findTrinoTable,
  type TrinoTable,
} from '../../core/toolkit/table/trino/describe.ts';
import type { OpenServer, Server } from './server-task.ts';
import { objectName } from './table-rules.ts';
import { trinoGround } from './trino-ground.ts';
import { trinoQueries } from './trino-queries.ts';
import { searchedTrino } from './trino-search.ts';
import { columnName } from './uses.ts';

/** Opens tables of a contract in Trino. */
export const openTrinoTables: OpenServer<Extract<Server, { kind: 'trino' }>> = async (
  source,
  declared,
  isJudged,
) => {
  const trino = await openTrino(source);
  try {
    const tables = new Map<string, TrinoTable>();
    for (const table of declared) {
      const open = isJudged(table) ? describeTrinoTable : findTrinoTable;
      const found = await open(trino, objectName(table), spellingsOf(table));
      if (found !== undefined) tables.set(table.name, found);
    }
    const queries = trinoQueries(source, declared, tables);
    const opened = [...tables].map(
      ([name, table]) =>
        [
          name,
          {
            name: table.name,
            // As Trino has them, not as the contract spells them.
            columns: table.columns.map(({ name, type }) => ({ name: name.toLowerCase(), type })),
            ground: trinoGround(trino, table, tables, queries),
            searched: searchedTrino(trino, table),
          },
        ] as const,
    );
    return { tables: new Map(opened), [Symbol.asyncDispose]: () => trino[Symbol.asyncDispose]() };
  } catch (thrown) {
    await trino[Symbol.asyncDispose]();
    throw thrown;
  }
};

function spellingsOf({ properties = [] }: ContractTable): readonly string[] {
  return properties.map(columnName);
}
