import { type Cell, cellAt, storageOf, valueLiteral } from '../../core/toolkit/table/cells.ts';
import { each, field, nestedCell, type Spot, type Step } from '../../core/toolkit/table/nested.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { identifier, literal } from '../../core/toolkit/table/sql.ts';
import { INLINE_SET, ULPS } from './dialects.ts';
import { typedMarkers } from './markers.ts';
import { asWholeMatch, toRe2 } from './patterns.ts';
import type { Aggregate, Condition, Scalar, Use } from './plan.ts';
import { isNested } from './uses.ts';

/** Why DuckDB can't judge a condition in ECMA-262's meaning; undefined where it can. */
export function refusal(condition: Condition): string | undefined {
  if (condition.is === 'any') return condition.of.map(refusal).find((reason) => reason !== undefined);
  if (condition.is !== 'no-match') return undefined;
  const rewritten = toRe2(condition.pattern);
  return 'construct' in rewritten ? `\`${rewritten.construct}\` in a pattern` : undefined;
}

type Single = Exclude<Condition, { is: 'any' }>;

/** A cell as conditions see it. */
interface View {
  readonly isNull: string;
  /** NULL where the cell is NULL or of another form. */
  readonly value: string;
  /** Every cell that is not NULL has the form. */
  readonly exact: boolean;
  readonly text: string | undefined;
}

/** The two columns that a cell with a form takes. */
interface Columns {
  readonly attempt: string;
  readonly value: string;
}

/** Writes conditions in DuckDB's language, over a relation in which each cell is cast and judged once a row. */
export class Emitter {
  /** Statements to run first. */
  readonly setup: string[] = [];
  private readonly table: DataTable;
  private readonly prepared = new Map<string, { readonly view: View; readonly columns?: Columns }>();
  private readonly sets = new Map<string, string>();

  constructor(table: DataTable) {
    this.table = table;
  }

  /** What follows FROM, once all conditions and values were asked for. */
  from(record?: 'record'): string {
    const columns = [...this.prepared.values()].flatMap(({ columns }) => columns ?? []);
    if (columns.length === 0) return this.table.from(record);
    const attempts = columns.map(({ attempt }) => attempt).join(', ');
    const values = columns.map(({ value }) => value).join(', ');
    return `(SELECT *, ${values} FROM (SELECT *, ${attempts} FROM ${this.table.from(record)}))`;
  }

  /** The typed value of a cell that is no part of a list. */
  value(use: Use): string {
    if (use.path === undefined) return this.column(use).value;
    let spot = this.spot(use.column);
    for (const step of use.path) {
      if (!('key' in step)) throw new Error('a value of many items');
      spot = field(spot, step.key) ?? missing();
    }
    return cellAt(spot.sql, spot.storage, use.type, use.form).value;
  }

  aggregate(aggregate: Aggregate): string {
    switch (aggregate.is) {
      case 'sum':
        return `sum(${this.value(aggregate.of)})`;
      case 'average':
        return `avg(${this.value(aggregate.of)})`;
      case 'quantile':
        // Of a DECIMAL it would be one itself, cut to the column's scale.
        return `quantile_cont(CAST(${this.value(aggregate.of)} AS DOUBLE), ${aggregate.at})`;
      case 'ratio':
        return `CAST(sum(${this.value(aggregate.of)}) AS DOUBLE) / nullif(CAST(sum(${this.value(aggregate.over)}) AS DOUBLE), 0)`;
      case 'smallest-group':
        throw new Error('a group is no part of a scan');
    }
  }

  /** The rows for which a condition is true: `count_if` costs half of a filter, and a count of what is there next to nothing. */
  count(condition: Condition): string {
    if (condition.is !== 'any' && condition.of.path === undefined && !isNested(condition.of.type)) {
      const { sql, storage } = this.spot(condition.of.column);
      // In JSON a null is a value of its own.
      if (condition.is === 'null' && storage !== 'json') return `count(*) - count(${sql})`;
      if (condition.is === 'not-of-type' && storage !== 'json') {
        const { value, exact } = this.column(condition.of as Use);
        return exact ? '0' : `count(${sql}) - count(${value})`;
      }
    }
    return `coalesce(count_if(${this.condition(condition)}), 0)`;
  }

  condition(condition: Condition): string {
    if (condition.is === 'any') return `(${condition.of.map((one) => this.condition(one)).join(' OR ')})`;
    const { column, path } = condition.of;
    if (path === undefined && !isNested(condition.of.type))
      return this.test(condition, this.column(condition.of as Use));
    return this.within(this.spot(column), path ?? [], condition);
  }

  /** The condition at the end of a path; of a list, that it is true of an item. */
  private within(spot: Spot, path: readonly Step[], condition: Single, depth = 0): string {
    const [step, ...rest] = path;
    if (step === undefined) return this.atSpot(spot, condition, depth > 0);
    if ('key' in step) {
      const inner = this.within(field(spot, step.key) ?? missing(), rest, condition, depth);
      // A key of an object that is not there itself is no fault of the key's.
      if (rest.length > 0 || condition.is !== 'null') return inner;
      return spot.storage === 'json'
        ? `(json_type(${spot.sql}) = 'OBJECT' AND ${inner})`
        : `(${spot.sql} IS NOT NULL AND ${inner})`;
    }
    const { list, storage } = each(spot, step.each) ?? missing();
    const item = `item${depth}`;
    const inner = this.within({ sql: item, storage }, rest, condition, depth + 1);
    return `(coalesce(len(list_filter(${list}, lambda ${item}: coalesce(${inner}, false))), 0) > 0)`;
  }

  private atSpot(spot: Spot, condition: Single, inList: boolean): string {
    const { type, form } = condition.of;
    if (!isNested(type))
      return this.test(condition, viewOf(cellAt(spot.sql, spot.storage, type, form)), inList);
    const cell = nestedCell(spot, type);
    const there = `NOT (${cell.isNull})${cell.conforms === undefined ? '' : ` AND ${cell.conforms}`}`;
    switch (condition.is) {
      case 'null':
        return cell.isNull;
      case 'not-of-type':
        return cell.conforms === undefined ? 'false' : `(NOT (${cell.isNull}) AND NOT ${cell.conforms})`;
      case 'fewer':
        return `(${there} AND ${cell.size} < ${condition.bound})`;
      case 'more':
        return `(${there} AND ${cell.size} > ${condition.bound})`;
      case 'repeated-items':
        return `(${there} AND ${cell.distinct} < len(list_filter(${listOf(spot)}, lambda x: x IS NOT NULL)))`;
      case 'no-key':
        return `(${there} AND NOT ${cell.has(condition.key)})`;
      default:
        throw new Error(`${condition.is} of a nested type`);
    }
  }

  private test(condition: Single, { isNull, exact, value, text }: View, inList = false): string {
    const { type, form } = condition.of as Use;
    switch (condition.is) {
      case 'null':
        return isNull;
      case 'not-of-type':
        return exact ? 'false' : `NOT (${isNull}) AND ${value} IS NULL`;
      case 'less':
        return `${value} < ${valueLiteral(condition.bound, type, form)}`;
      case 'less-or-equal':
        return `${value} <= ${valueLiteral(condition.bound, type, form)}`;
      case 'greater':
        return `${value} > ${valueLiteral(condition.bound, type, form)}`;
      case 'greater-or-equal':
        return `${value} >= ${valueLiteral(condition.bound, type, form)}`;
      case 'shorter':
        return `length(${value}) < ${condition.bound}`;
      case 'longer':
        return `length(${value}) > ${condition.bound}`;
      case 'not-multiple': {
        const { bound } = condition;
        if (type === 'integer' && Number.isSafeInteger(bound)) return `${value} % ${bound} <> 0`;
        const double = `CAST(${value} AS DOUBLE)`;
        return `abs(${double} - round(${double} / ${bound}) * ${bound}) > ${ULPS * Number.EPSILON} * abs(${double})`;
      }
      case 'no-match': {
        const rewritten = toRe2(condition.pattern);
        if ('construct' in rewritten) throw new Error(`not refused: ${rewritten.construct}`);
        return `NOT regexp_full_match(${value}, ${literal(asWholeMatch(rewritten.pattern))})`;
      }
      case 'not-in':
        return this.notIn(value, condition.values, condition.of, inList);
      case 'missing': {
        const terms = condition.values.includes(null) ? [isNull] : [];
        const comparable =
          text !== undefined
            ? condition.values.filter((item) => item !== null).map((item) => literal(String(item)))
            : typedMarkers(condition.values, condition.of).map((item) => valueLiteral(item, type, form));
        if (comparable.length > 0)
          terms.push(`coalesce(${text ?? value} IN (${comparable.join(', ')}), false)`);
        return terms.length === 0 ? 'false' : `(${terms.join(' OR ')})`;
      }
      default:
        throw new Error(`${condition.is} of a plain type`);
    }
  }

  private notIn(value: string, values: readonly Scalar[], { type, form }: Use, inList: boolean): string {
    if (values.length === 0) return `${value} IS NOT NULL`;
    const list = [...new Set(values.map((item) => valueLiteral(item, type, form)))].join(', ');
    // Within a list's lambda no subquery is possible.
    if (values.length <= INLINE_SET || inList) return `${value} NOT IN (${list})`;
    let set = this.sets.get(list);
    if (set === undefined) {
      set = `greenlight_set_${this.sets.size}`;
      this.sets.set(list, set);
      this.setup.push(`CREATE OR REPLACE TEMP TABLE ${set} AS SELECT unnest([${list}]) AS value`);
    }
    return `${value} NOT IN (FROM ${set})`;
  }

  private spot(name: string): Spot {
    const column = this.table.columns.find((candidate) => candidate.name === name) ?? missing();
    return { sql: column.sql, storage: storageOf(this.table, column) };
  }

  private column(use: Use): View {
    const key = JSON.stringify([use.column, use.type, use.form]);
    let prepared = this.prepared.get(key);
    if (prepared === undefined) {
      const spot = this.spot(use.column);
      prepared = prepare(cellAt(spot.sql, spot.storage, use.type, use.form), this.prepared.size);
      this.prepared.set(key, prepared);
    }
    return prepared.view;
  }
}

function prepare(cell: Cell, n: number): { readonly view: View; readonly columns?: Columns } {
  const view = viewOf(cell);
  if (cell.steps === undefined) return { view };
  const [attempt, value] = [identifier(`greenlight try ${n}`), identifier(`greenlight value ${n}`)];
  const columns = {
    attempt: `${cell.steps.attempt} AS ${attempt}`,
    value: `${cell.steps.judge(attempt)} AS ${value}`,
  };
  return { view: { ...view, value }, columns };
}

function viewOf({ isNull, value, steps, text }: Cell): View {
  return { isNull, value, exact: steps === undefined, text };
}

function listOf({ sql, storage }: Spot): string {
  return each({ sql, storage }, 'item')?.list ?? missing();
}

function missing(): never {
  throw new Error('a condition over a column that is not there');
}
