import type { Place } from '../../core/kernel/place.ts';
import { holds, type Storage, storageOf } from '../../core/toolkit/table/cells.ts';
import { holdsNested, storageAt } from '../../core/toolkit/table/nested.ts';
import { inOneThread } from '../../core/toolkit/table/one-thread.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { refusal } from './duckdb.ts';
import {
  type AnyUse,
  type Apart,
  type Broken,
  type Ground,
  type Held,
  PLACES,
  type RunQuery,
  type Scanned,
  type Shape,
} from './ground.ts';
import { isPhysicalType } from './physical-types.ts';
import { measureKey, usesOf } from './plan.ts';
import { firstRecords, type Statement, scan, smallestGroup } from './scan.ts';
import { countRepeats, heldAgainst, placeRepeats } from './uniqueness.ts';
import { isNested } from './uses.ts';

/** Files that DuckDB reads as the ground of rules; `tables` are the contract's tables by name, in one engine. */
export function duckDbGround(
  table: DataTable,
  tables: ReadonlyMap<string, DataTable>,
  runQuery: RunQuery,
): Ground {
  return {
    table: shapeOf(table),
    tables: new Map([...tables].map(([name, one]) => [name, shapeOf(one)])),
    runQuery,
    refusal: (measure) => (measure.count === 'condition' ? refusal(measure.condition) : undefined),
    async scan(measures) {
      const figures = new Map<Scanned, unknown>();
      let rows = 0;
      for (const slice of inSlices(table, measures, usesOf)) {
        const found = await run(table, scan(table, slice));
        rows = found.rows;
        for (const [index, measure] of slice.entries()) figures.set(measure, found.figures[index]);
      }
      return { rows, figures: measures.map((measure) => figures.get(measure)) };
    },
    async count(measure) {
      const [[figure] = []] =
        measure.count === 'repeats'
          ? [[await countRepeats(table, measure.of)]]
          : await table.query(statementOf(table, tables, measure));
      return figure;
    },
    async locate(broken) {
      const records = await conditionRecords(table, broken);
      for (const { measure, count } of broken) {
        if (measure.count === 'repeats') {
          records.set(measureKey(measure), await placeRepeats(table, measure.of, count, PLACES));
        } else if (measure.count === 'orphans' || measure.count === 'shared') {
          const statement = heldAgainst(table, measure, other(tables, measure.table), PLACES);
          const [[list] = []] = await table.query(statement);
          records.set(measureKey(measure), numbers(list));
        }
      }
      const found = await table.places([...new Set([...records.values()].flat())]);
      return new Map(
        [...records].map(([key, list]) => [key, list.map((record) => found.get(record) as Place)]),
      );
    },
  };
}

function statementOf(
  table: DataTable,
  tables: ReadonlyMap<string, DataTable>,
  measure: Exclude<Apart, { count: 'repeats' }>,
): string {
  if (measure.count !== 'aggregate') return heldAgainst(table, measure, other(tables, measure.table));
  if (measure.aggregate.is !== 'smallest-group') throw new Error('a measure of the scan');
  return smallestGroup(table, measure.aggregate.of);
}

async function run<Answer>(table: DataTable, { setup, sql, read }: Statement<Answer>): Promise<Answer> {
  for (const statement of setup) await table.query(statement);
  return read(await table.query(sql));
}

function other(tables: ReadonlyMap<string, DataTable>, name: string): DataTable {
  const table = tables.get(name);
  if (table === undefined) throw new Error('a measure against a table that is not there');
  return table;
}

/** Items by the order of the columns that they use, in slices of as many as one statement should ask for: one, with the items as they are, unless a table is wide. */
function inSlices<Item>(
  table: DataTable,
  items: readonly Item[],
  usesOf: (item: Item) => readonly AnyUse[],
): readonly (readonly Item[])[] {
  if (items.length === 0 || table.columns.length <= table.columnsAtOnce) return [items];
  const places = new Map(table.columns.map(({ name }, place) => [name, place]));
  const placed = items.map((item) => {
    const columns = usesOf(item).map(({ column }) => places.get(column) ?? 0);
    return { item, columns, first: Math.min(...columns) };
  });
  const slices: Item[][] = [];
  let used = new Set<number>();
  for (const { item, columns } of placed.sort((a, b) => a.first - b.first)) {
    const more = columns.filter((column) => !used.has(column)).length;
    const last = slices.at(-1);
    if (last !== undefined && used.size + more <= table.columnsAtOnce) last.push(item);
    else {
      slices.push([item]);
      used = new Set();
    }
    for (const column of columns) used.add(column);
  }
  return slices;
}

type BrokenCondition = Broken & { readonly measure: { readonly count: 'condition' } };

/** The rows among which the places of several conditions are sought together. */
const FIRST_RECORDS = 1000;

/** The first records of conditions. */
async function conditionRecords(
  table: DataTable,
  broken: readonly Broken[],
): Promise<Map<string, readonly number[]>> {
  const conditions = broken.filter((one): one is BrokenCondition => one.measure.count === 'condition');
  const records = new Map<string, readonly number[]>();
  if (conditions.length === 0) return records;
  await inOneThread(table, async () => {
    for (const slice of inSlices(table, conditions, ({ measure }) => usesOf(measure))) {
      const found = await seekTogether(table, slice);
      for (const [index, { measure }] of slice.entries())
        records.set(measureKey(measure), found[index] ?? []);
    }
  });
  return records;
}

/** The first records of each condition: all sought together, and those that others take the room of there, each for itself. */
async function seekTogether(
  table: DataTable,
  conditions: readonly BrokenCondition[],
): Promise<readonly (readonly number[])[]> {
  const seek = (some: readonly BrokenCondition[], limit: number) =>
    run(
      table,
      firstRecords(
        table,
        some.map(({ measure }) => measure.condition),
        limit,
      ),
    );
  const counts = conditions.map(({ count }) => count);
  const enough = (found: readonly (readonly number[])[]): boolean =>
    counts.every((count, index) => (found[index] ?? []).length >= Math.min(PLACES, count));
  // Rules that the same rows break are found with fewer of them, and earlier.
  let together = await seek(conditions, Math.min(Math.max(...counts), FIRST_RECORDS));
  if (!enough(together)) {
    const all = counts.reduce((sum, count) => sum + count, 0);
    together = await seek(conditions, Math.min(all, FIRST_RECORDS));
  }
  const records: (readonly number[])[] = [];
  for (const [index, one] of conditions.entries()) {
    const wanted = Math.min(PLACES, one.count);
    let found = together[index] ?? [];
    if (found.length < wanted) [found = []] = await seek([one], wanted);
    records.push(found.slice(0, PLACES));
  }
  return records;
}

function numbers(list: unknown): readonly number[] {
  return Array.isArray(list) ? list.map(Number) : [];
}

function shapeOf(table: DataTable): Shape {
  return {
    kind: 'file',
    name: table.name,
    columns: table.columns,
    held(of) {
      const column = table.columns.find(({ name }) => name === of.column);
      const storage = column === undefined ? undefined : storageAt(storageOf(table, column), of.path ?? []);
      return storage === undefined ? undefined : heldBy(storage, of);
    },
  };
}

function heldBy(storage: Storage, of: AnyUse): Held {
  const misfit = misfitOf(storage, of);
  if (typeof storage === 'string')
    return { type: undefined, misfit, exact: false, isCalled: () => undefined };
  const { type } = storage;
  return {
    type,
    misfit,
    // Not floats, which may be no number, nor lists of such.
    exact: of.type !== 'vector' && type !== 'DOUBLE' && type !== 'FLOAT',
    isCalled: (declared) => isPhysicalType(declared, type),
  };
}

function misfitOf(storage: Storage, of: AnyUse): string | undefined {
  if (isNested(of.type)) {
    if (holdsNested(storage, of.type)) return undefined;
    if (storage === 'csv') return `a cell of a CSV file holds no ${of.type}`;
    return `the file has ${typeof storage === 'string' ? storage : storage.type}`;
  }
  if (typeof storage === 'string') return undefined;
  if (!holds(storage.type, of.type)) return `the file has ${storage.type}`;
  const zoned = storage.type === 'TIMESTAMP WITH TIME ZONE';
  if (of.form?.zone === 'with' && !zoned) return `the file has ${storage.type}, without a zone`;
  if (of.form?.zone === 'without' && zoned) return `the file has ${storage.type}`;
  return undefined;
}
