import type { ContractTable as DeclaredTable } from '../../core/formats/contract.ts';
import { cellOf } from '../../core/toolkit/table/cells.ts';
import type {
  ContractQueries,
  ContractTable,
} from '../../core/toolkit/table/contract-query/contract-queries.ts';
import { fillQuery } from '../../core/toolkit/table/contract-query/fill-query.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import type { RunQuery } from './ground.ts';
import { objectName } from './table-rules.ts';
import { columnName, isNested, useOf } from './uses.ts';

/** What one query of a contract may take. */
const LIMITS = { seconds: 60, mebibytes: 1024 };

/** SQL rules of a contract, asked of its tables in a process apart that is started by the first. */
export interface Queries extends AsyncDisposable {
  readonly run: RunQuery;
  /** Whether a query was asked. */
  readonly used: boolean;
}

export function openQueries(
  opened: readonly { readonly declared: DeclaredTable; readonly table: DataTable }[],
): Queries {
  let queries: ContractQueries | undefined;
  return {
    get used() {
      return queries !== undefined;
    },
    async run({ text, object, property }) {
      if (queries === undefined) {
        const { openContractQueries } = await import(
          '../../core/toolkit/table/contract-query/contract-queries.ts'
        );
        queries = openContractQueries(
          opened.flatMap(({ declared, table }) => tablesOf(declared, table)),
          LIMITS,
        );
      }
      const outcome = await queries.run(fillQuery(text, object, property));
      if (outcome.kind === 'value') return { value: outcome.value, shown: outcome.counts };
      return {
        value: undefined,
        reason: `the query was ${outcome.kind === 'failed' ? 'not brought to an end' : outcome.kind}: ${outcome.reason}`,
      };
    },
    async [Symbol.asyncDispose]() {
      await queries?.[Symbol.asyncDispose]();
    },
  };
}

/** A table under its physical name and under its name in the contract, with its columns by both names, typed as the contract says. */
function tablesOf(declared: DeclaredTable, table: DataTable): readonly ContractTable[] {
  const columns = table.columns.flatMap((column) => {
    const property = declared.properties?.find((one) => columnName(one) === column.name);
    const use = property === undefined ? undefined : useOf(property);
    const sql =
      use === undefined || isNested(use.type) ? column.sql : cellOf(table, column, use.type, use.form).value;
    return [...new Set([column.name, property?.name ?? column.name])].map((name) => ({ name, sql }));
  });
  const names = new Set([objectName(declared), declared.name]);
  return [...names].map((name) => ({ name, from: table.from(), columns, files: table.reads }));
}
