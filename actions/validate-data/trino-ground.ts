import { GreenlightError } from '../../core/kernel/errors.ts';
import { holdsInTrino, isTrinoText, partsOf, trinoCell } from '../../core/toolkit/table/trino/cells.ts';
import type { Trino } from '../../core/toolkit/table/trino/client.ts';
import type { TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { holdsNestedInTrino, typeAt } from '../../core/toolkit/table/trino/nested.ts';
import type { AnyUse, Ground, Held, RunQuery, Scanned, Shape } from './ground.ts';
import { type Quantile, trinoCount, trinoQuantile, trinoRefusal, trinoScans } from './trino.ts';
import { isTrinoType } from './trino-types.ts';
import { isNested } from './uses.ts';

/**
 * A table in Trino as the ground of rules; `tables` are the contract's tables by name, in one transaction. Rows are counted and not located: in
 * Trino none has a place of its own.
 */
export function trinoGround(
  trino: Trino,
  table: TrinoTable,
  tables: ReadonlyMap<string, TrinoTable>,
  runQuery: RunQuery,
): Ground {
  const other = (name: string): TrinoTable => {
    const found = tables.get(name);
    if (found === undefined) throw new Error('a measure against a table that is not there');
    return found;
  };
  let apart = false;
  let rowsBefore: number | undefined;
  const one = async (sql: string): Promise<unknown> => {
    apart = true;
    return (await trino.query(sql))[0]?.[0];
  };
  return {
    table: shapeOf(table),
    tables: new Map([...tables].map(([name, each]) => [name, shapeOf(each)])),
    runQuery,
    refusal(measure) {
      // Of a table that is not there the rules tell by themselves.
      if (measure.count === 'orphans' && !tables.has(measure.table)) return undefined;
      return trinoRefusal(table, measure, other);
    },
    async scan(measures) {
      const together = measures.filter((measure) => quantileOf(measure) === undefined);
      const [rows, told] = await scanned(trino, table, together);
      const figures: unknown[] = [];
      for (const measure of measures) {
        const quantile = quantileOf(measure);
        figures.push(quantile === undefined ? told.shift() : await one(trinoQuantile(table, quantile)));
      }
      rowsBefore = rows;
      return { rows, figures };
    },
    async count(measure) {
      if (measure.count === 'shared') throw new Error('a measure that was not refused');
      return one(trinoCount(table, measure, other));
    },
    async locate() {
      // The last that is asked: what several statements said must be of one table.
      if (apart) mustBeAsBefore(table, rowsBefore, Number(await one(`SELECT count(*) FROM ${table.from}`)));
      return new Map();
    },
  };
}

function quantileOf(measure: Scanned): Quantile | undefined {
  return measure.count === 'aggregate' && measure.aggregate.is === 'quantile' ? measure.aggregate : undefined;
}

async function scanned(
  trino: Trino,
  table: TrinoTable,
  measures: readonly Scanned[],
): Promise<readonly [rows: number, figures: unknown[]]> {
  let rows: number | undefined;
  const figures: unknown[] = [];
  for (const sql of trinoScans(table, measures)) {
    const [[count, ...told] = []] = await trino.query(sql);
    mustBeAsBefore(table, rows, Number(count));
    rows = Number(count);
    figures.push(...told);
  }
  return [rows ?? 0, figures];
}

/** Most tables in Trino are read without a moment of their own. Throws `data/changed`. */
function mustBeAsBefore(table: TrinoTable, before: number | undefined, rows: number): void {
  if (before === undefined || before === rows) return;
  throw new GreenlightError({
    code: 'data/changed',
    message: `${table.name} had ${before} rows, then ${rows}: it was written to while it was judged`,
    mend: 'judge it when nobody writes to it, or a copy or a snapshot of it',
  });
}

function shapeOf({ name, columns }: TrinoTable): Shape {
  return {
    kind: 'table',
    name,
    columns,
    held(of) {
      const column = columns.find((one) => one.name === of.column);
      // What is within JSON has no type of its own, and is refused.
      if (column?.type === 'json' && (isNested(of.type) || of.path !== undefined)) return JSON_HELD;
      const type = column === undefined ? undefined : typeAt(column.type, of.path ?? []);
      return type === undefined ? undefined : heldBy(type, of);
    },
  };
}

const JSON_HELD: Held = { type: 'json', misfit: undefined, exact: false, isCalled: () => undefined };

function heldBy(type: string, of: AnyUse): Held {
  const misfit = misfitOf(type, of);
  return {
    type,
    misfit,
    // Of vectors each number must be one.
    exact:
      misfit === undefined &&
      (isNested(of.type) ? of.type !== 'vector' : trinoCell('', type, of.type, of.form).exact),
    isCalled: (declared) => isTrinoType(declared, type),
  };
}

function misfitOf(type: string, { type: logical, form }: AnyUse): string | undefined {
  const has = `the table has ${type}`;
  if (isNested(logical)) return holdsNestedInTrino(type, logical) ? undefined : has;
  if (!holdsInTrino(type, logical)) return has;
  if (logical !== 'timestamp' || isTrinoText(type)) return undefined;
  const zoned = partsOf(type).base.endsWith('with time zone');
  if (form?.zone === 'with' && !zoned) return `${has}, without a zone`;
  return form?.zone === 'without' && zoned ? has : undefined;
}
