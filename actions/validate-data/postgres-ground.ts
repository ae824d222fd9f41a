import type { Place } from '../../core/kernel/place.ts';
import { holdsInPostgres, isPostgresText, postgresCell } from '../../core/toolkit/table/postgres/cells.ts';
import type { Postgres } from '../../core/toolkit/table/postgres/client.ts';
import type { PostgresColumn, PostgresTable } from '../../core/toolkit/table/postgres/describe.ts';
import { isNestedColumn } from '../../core/toolkit/table/postgres/nested.ts';
import { type AnyUse, type Ground, type Held, PLACES, type RunQuery, type Shape } from './ground.ts';
import { measureKey } from './plan.ts';
import { postgresCount, postgresPlaces, postgresRefusal, postgresScan } from './postgres.ts';
import { isPostgresType } from './postgres-types.ts';
import { isNested } from './uses.ts';

/** A table in PostgreSQL as the ground of rules; `tables` are the contract's tables by name, in one transaction. */
export function postgresGround(
  postgres: Postgres,
  table: PostgresTable,
  tables: ReadonlyMap<string, PostgresTable>,
  runQuery: RunQuery,
): Ground {
  const other = (name: string): PostgresTable => {
    const found = tables.get(name);
    if (found === undefined) throw new Error('a measure against a table that is not there');
    return found;
  };
  return {
    table: shapeOf(table),
    tables: new Map([...tables].map(([name, one]) => [name, shapeOf(one)])),
    runQuery,
    refusal: (measure) => postgresRefusal(table, measure),
    async scan(measures) {
      const { sql, read } = postgresScan(table, measures);
      const [row = []] = await postgres.query(sql);
      return read(row);
    },
    async count(measure) {
      if (measure.count === 'shared') throw new Error('a measure that was not refused');
      const [[figure] = []] = await postgres.query(postgresCount(table, measure, other));
      return figure;
    },
    async locate(broken) {
      const places = new Map<string, readonly Place[]>();
      for (const { measure, count } of broken) {
        const sql = count === 0 ? undefined : postgresPlaces(table, measure, other, PLACES);
        const rows = sql === undefined ? [] : await postgres.query(sql);
        places.set(
          measureKey(measure),
          rows.map(([row]) => ({ file: table.name, row: String(row) })),
        );
      }
      return places;
    },
  };
}

function shapeOf({ name, columns }: PostgresTable): Shape {
  return {
    kind: 'table',
    name,
    columns,
    held(of) {
      const column = columns.find((one) => one.name === of.column);
      return column === undefined ? undefined : heldBy(column, of);
    },
  };
}

function heldBy(column: PostgresColumn, of: AnyUse): Held {
  const misfit = misfitOf(column, of);
  // Of what is within a cell the table tells no type.
  if (of.path !== undefined) return { type: undefined, misfit, exact: false, isCalled: () => undefined };
  return {
    type: column.type,
    misfit,
    exact: misfit === undefined && !isNested(of.type) && postgresCell(column, of.type, of.form).exact,
    isCalled: (declared) => isPostgresType(declared, column),
  };
}

function misfitOf(column: PostgresColumn, of: AnyUse): string | undefined {
  const has = `the table has ${column.type}`;
  if (isNested(of.type) || of.path !== undefined) return isNestedColumn(column) ? undefined : has;
  if (!holdsInPostgres(column, of.type)) return has;
  if (of.type !== 'timestamp' || isPostgresText(column)) return undefined;
  const zoned = column.base === 'timestamptz';
  if (of.form?.zone === 'with' && !zoned) return `${has}, without a zone`;
  return of.form?.zone === 'without' && zoned ? has : undefined;
}
