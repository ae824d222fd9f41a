import type { ContractTable } from '../../core/formats/contract.ts';
import { fillQuery } from '../../core/toolkit/table/contract-query/fill-query.ts';
import { identifier } from '../../core/toolkit/table/sql.ts';
import { openTrino, type Trino, type TrinoAddress } from '../../core/toolkit/table/trino/client.ts';
import type { TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { gateTrinoQuery, plannedTables } from '../../core/toolkit/table/trino/gate.ts';
import type { TrinoRows } from '../../core/toolkit/table/trino/protocol.ts';
import type { Figure, RunQuery } from './ground.ts';
import { objectName } from './table-rules.ts';
import { columnName } from './uses.ts';

/** What one query of a contract may take. */
const SECONDS = 60;

const NUMBERS = /^(tinyint|smallint|integer|bigint|real|double|decimal\(.*\))$/;

/** Why a query gave nothing, by Trino's code; its own words may quote rows. */
const FAILURES: Readonly<Record<string, string>> = {
  DIVISION_BY_ZERO: 'it divides by zero: put the divisor in nullif(…, 0)',
  AMBIGUOUS_NAME: 'it names a column that several of its tables have',
  COLUMN_NOT_FOUND: 'it names a column that none of its tables has',
  TABLE_NOT_FOUND: 'it names a table that is not there',
  EXPRESSION_NOT_AGGREGATE: 'it mixes columns and aggregates: a column must stand in GROUP BY',
  FUNCTION_NOT_FOUND: 'it uses a function with types that it is not there for',
  TYPE_MISMATCH: 'it uses an operator with types that it is not there for',
  MISMATCHED_COLUMN_ALIASES: 'it gives several columns; a rule’s query gives one',
  EXCEEDED_TIME_LIMIT: `it ran longer than ${SECONDS} s`,
  SYNTAX_ERROR: 'Trino can’t read it',
  READ_ONLY_VIOLATION: 'it writes',
};

type Open = (
  address: TrinoAddress,
  options: { readonly limits: { readonly statement: number } },
) => Promise<Trino>;

/** Runs the SQL rules of a contract over its tables, each in a read-only transaction of its own: one that fails ends its transaction. */
export function trinoQueries(
  address: TrinoAddress,
  declared: readonly ContractTable[],
  tables: ReadonlyMap<string, TrinoTable>,
  open: Open = openTrino,
): RunQuery {
  const known = new Map(
    declared.flatMap((table) => {
      const found = tables.get(table.name);
      if (found === undefined) return [];
      const relation = relationOf(table, found);
      return [objectName(table), table.name].map((name) => [name.toLowerCase(), relation] as const);
    }),
  );
  const physical = declared.map((table) => objectName(table).toLowerCase());
  const ours = ({ catalog, schema, table }: { catalog: string; schema: string; table: string }): boolean =>
    catalog === address.catalog.toLowerCase() &&
    schema === address.schema.toLowerCase() &&
    physical.includes(table);
  return async ({ text, object, property }) => {
    const query = fillQuery(text, object, property);
    const gated = gateTrinoQuery(query);
    if (gated.kind === 'refused') return none(`the query was refused: ${gated.reason}`);
    const named = [...known].map(([name, relation]) => `${identifier(name)} AS (${relation})`);
    // Within brackets nothing but a query can stand. It may end in a comment.
    const sql = `WITH ${named.join(', ')} SELECT value, typeof(value) FROM (\n${query}\n) AS figure(value) LIMIT 2`;
    await using trino = await open(address, { limits: { statement: SECONDS * 1000 } });
    const planned = await trino.attempt(`EXPLAIN (TYPE IO, FORMAT JSON) ${sql}`);
    if ('code' in planned) return stopped(planned.code);
    const reads = plannedTables(planned[0]?.[0]);
    if (reads === undefined) return none('the query was refused: Trino gives no plan of it that only reads');
    if (!reads.every(ours))
      return none(
        'the query was refused: it reads a table that the contract does not declare, or through a view',
      );
    const outcome = await trino.attempt(sql);
    return 'code' in outcome ? stopped(outcome.code) : figureOf(outcome, gated.counts);
  };
}

/** A table with its columns by both names. */
function relationOf({ properties = [] }: ContractTable, { from, columns }: TrinoTable): string {
  const has = (wanted: string): boolean =>
    columns.some(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  const named = properties.filter((one) => has(columnName(one)) && !has(one.name));
  const aliases = named.map((one) => `${identifier(columnName(one))} AS ${identifier(one.name)}`);
  return `SELECT ${['*', ...aliases].join(', ')} FROM ${from}`;
}

function figureOf([row, ...more]: TrinoRows, counts: boolean): Figure {
  const refused = (reason: string): Figure => none(`the query was refused: it gives ${reason}`);
  if (row === undefined) return refused('no row; a rule’s query gives one');
  if (more.length > 0) return refused('several rows; a rule’s query gives one');
  const [value, type] = row;
  if (value === null || value === undefined)
    return refused('NULL; a rule’s query gives a number or a boolean');
  if (typeof value === 'boolean') return { value, shown: counts };
  if (!NUMBERS.test(String(type)))
    return refused(`a value of the type ${type}; a rule’s query gives a number or a boolean`);
  const number = Number(value);
  if (!Number.isFinite(number)) return refused('an infinity or NaN');
  if (Number.isInteger(number) && !Number.isSafeInteger(number) && !/^(real|double)/.test(String(type)))
    return refused('a number beyond 2^53, which can’t be compared exactly: cast it to double');
  return { value: number, shown: counts };
}

function stopped(code: string): Figure {
  return none(`the query was stopped: ${FAILURES[code] ?? `Trino can’t run it (${code})`}`);
}

function none(reason: string): Figure {
  return { value: undefined, reason };
}
