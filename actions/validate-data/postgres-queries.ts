import type { ContractTable } from '../../core/formats/contract.ts';
import { fillQuery } from '../../core/toolkit/table/contract-query/fill-query.ts';
import type { Postgres, TextRows } from '../../core/toolkit/table/postgres/client.ts';
import type { PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import { gatePostgresQuery } from '../../core/toolkit/table/postgres/gate.ts';
import { identifier } from '../../core/toolkit/table/sql.ts';
import type { Figure, RunQuery } from './ground.ts';
import { objectName } from './table-rules.ts';
import { columnName } from './uses.ts';

/** What one query of a contract may take. */
const SECONDS = 60;

const NUMBERS = ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision'];

/** Why a query gave nothing, by its SQLSTATE; PostgreSQL's own words may quote rows. */
const FAILURES: Readonly<Record<string, string>> = {
  '22012': 'it divides by zero: put the divisor in nullif(…, 0)',
  '42702': 'it names a column that several of its tables have',
  '42703': 'it names a column that none of its tables has',
  '42803': 'it mixes columns and aggregates: a column must stand in GROUP BY',
  '42883': 'it uses a function or an operator with types that it is not there for',
  '57014': `it ran longer than ${SECONDS} s`,
};

/** Runs the SQL rules of a contract over its tables, in the transaction that all is read in. */
export function postgresQueries(
  postgres: Postgres,
  declared: readonly ContractTable[],
  tables: ReadonlyMap<string, PostgresTable>,
): RunQuery {
  const known = new Map(
    declared.flatMap((table) => {
      const found = tables.get(table.name);
      if (found === undefined) return [];
      const relation = relationOf(table, found);
      return [...new Set([objectName(table), table.name])].map((name) => [name, relation] as const);
    }),
  );
  let plainRole: boolean | undefined;
  return async ({ text, object, property }) => {
    const gated = await gatePostgresQuery(fillQuery(text, object, property), [...known.keys()]);
    if (gated.kind === 'refused') return none(`the query was refused: ${gated.reason}`);
    plainRole ??= await isPlainRole(postgres);
    if (!plainRole)
      return none(
        'not evaluated: SQL rules are run for no superuser; let PGUSER be a role that may only read',
      );
    const named = [...known].map(
      ([name, relation]) => `${identifier(name)} AS NOT MATERIALIZED (${relation})`,
    );
    // The tables are CTEs, so that no schema need be searched. The query may end in a comment.
    const sql = `SELECT figure.value, pg_typeof(figure.value) FROM (WITH ${named.join(', ')} SELECT * FROM (\n${gated.query}\n) AS given) AS figure(value) LIMIT 2`;
    const outcome = await postgres.attempt(sql, SECONDS);
    if ('state' in outcome)
      return none(
        `the query was stopped: ${FAILURES[outcome.state] ?? `PostgreSQL can’t run it (SQLSTATE ${outcome.state})`}`,
      );
    return figureOf(outcome, gated.counts);
  };
}

/** A table with its columns by both names. */
function relationOf({ properties = [] }: ContractTable, { from, columns }: PostgresTable): string {
  const has = (wanted: string): boolean => columns.some(({ name }) => name === wanted);
  const named = properties.filter((one) => has(columnName(one)) && !has(one.name));
  const aliases = named.map((one) => `${identifier(columnName(one))} AS ${identifier(one.name)}`);
  return `SELECT ${['*', ...aliases].join(', ')} FROM ${from}`;
}

async function isPlainRole(postgres: Postgres): Promise<boolean> {
  const [[superuser] = []] = await postgres.query(
    'SELECT rolsuper FROM pg_roles WHERE rolname = current_user',
  );
  return superuser === 'f';
}

function figureOf([row, ...more]: TextRows, counts: boolean): Figure {
  const refused = (reason: string): Figure => none(`the query was refused: it gives ${reason}`);
  if (row === undefined) return refused('no row; a rule’s query gives one');
  if (more.length > 0) return refused('several rows; a rule’s query gives one');
  const [value, type = ''] = row;
  if (value === null || value === undefined)
    return refused('NULL; a rule’s query gives a number or a boolean');
  if (type === 'boolean') return { value: value === 't', shown: counts };
  if (!NUMBERS.includes(type ?? ''))
    return refused(`a value of the type ${type}; a rule’s query gives a number or a boolean`);
  const number = Number(value);
  if (!Number.isFinite(number)) return refused('an infinity or NaN');
  if (Number.isInteger(number) && !Number.isSafeInteger(number) && !/^(real|double)/.test(type ?? ''))
    return refused('a number beyond 2^53, which can’t be compared exactly: cast it to double precision');
  return { value: number, shown: counts };
}

function none(reason: string): Figure {
  return { value: undefined, reason };
}
