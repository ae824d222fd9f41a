import { type Cell, cellOf, valueLiteral } from '../../core/toolkit/table/cells.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { literal } from '../../core/toolkit/table/sql.ts';
import { toRe2 } from './patterns.ts';
import type { Condition, Measure, Scalar, Use } from './plan.ts';

/** The measures of one table as statements of DuckDB. */
export interface Statements {
  /** Run first: temporary tables of sets. */
  readonly setup: readonly string[];
  /** One row: the rows of the table, then the count of each row-wise measure in the order given. */
  readonly counts: string;
  /** One row with one count. */
  repeats(of: readonly Use[]): string;
  /** One row: for each of the conditions a list of its first record numbers, rising. */
  places(conditions: readonly Condition[]): string;
  /** One row with one such list. */
  repeatPlaces(of: readonly Use[]): string;
}

/** Sets up to this size are written out; larger ones are joined, which costs the same for any size. */
const INLINE_SET = 8;

/** Why DuckDB can't judge a condition in ECMA-262's meaning; undefined where it can. */
export function refusal(condition: Condition): string | undefined {
  if (condition.is !== 'no-match') return undefined;
  const rewritten = toRe2(condition.pattern);
  return 'construct' in rewritten ? `\`${rewritten.construct}\` in a pattern` : undefined;
}

/** Compiles row-wise conditions to one SELECT, each repeat to one of its own. `first` is how many places are asked for. */
export function compile(table: DataTable, conditions: readonly Condition[], first: number): Statements {
  const emitter = new Emitter(table);
  const counted = conditions.map((condition) => `count(*) FILTER (WHERE ${emitter.condition(condition)})`);
  return {
    setup: emitter.setup,
    counts: `SELECT ${['count(*)', ...counted].join(', ')} FROM ${emitter.from()}`,
    repeats(of) {
      const own = new Emitter(table);
      const values = of.map((use) => own.value(use));
      const whole = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
      const tuple = values.length === 1 ? values[0] : `row(${values.join(', ')})`;
      return `SELECT count(*) FILTER (WHERE ${whole}) - count(DISTINCT ${tuple}) FILTER (WHERE ${whole}) FROM ${own.from()}`;
    },
    places(wanted) {
      const own = new Emitter(table);
      const lists = wanted.map(
        (condition) => `min(record, ${first}) FILTER (WHERE ${own.condition(condition)})`,
      );
      return `SELECT ${lists.join(', ')} FROM ${own.from('record')}`;
    },
    repeatPlaces(of) {
      const own = new Emitter(table);
      const values = of.map((use) => own.value(use));
      const whole = values.map((value) => `${value} IS NOT NULL`).join(' AND ');
      const numbered = `SELECT record, row_number() OVER (PARTITION BY ${values.join(', ')} ORDER BY record) AS nth FROM ${own.from('record')} WHERE ${whole}`;
      return `SELECT min(record, ${first}) FROM (${numbered}) WHERE nth > 1`;
    },
  };
}

interface Prepared {
  readonly cell: Cell;
  /** The name of the column that says whether the cell conforms. */
  readonly ok: string;
  /** The name of the column with the typed value. */
  readonly value: string;
}

/** Writes conditions over a table in which each form is judged once and each value cast once a row. */
class Emitter {
  readonly setup: string[] = [];
  private readonly table: DataTable;
  private readonly cells = new Map<string, Prepared>();
  private readonly sets = new Map<string, string>();

  constructor(table: DataTable) {
    this.table = table;
  }

  from(record?: 'record'): string {
    const prepared = [...this.cells.values()].filter(({ cell }) => cell.conforms !== undefined);
    if (prepared.length === 0) return this.table.from(record);
    const forms = prepared.map(({ cell, ok }) => `${cell.conforms} AS ${ok}`);
    const values = prepared.map(({ cell, ok, value }) => `CASE WHEN ${ok} THEN ${cell.cast} END AS ${value}`);
    return `(SELECT *, ${values.join(', ')} FROM (SELECT *, ${forms.join(', ')} FROM ${this.table.from(record)}))`;
  }

  value(use: Use): string {
    const { cell, value } = this.cell(use);
    return cell.conforms === undefined ? cell.cast : value;
  }

  condition(condition: Condition): string {
    const { cell, ok } = this.cell(condition.of);
    const { type } = condition.of;
    const value = this.value(condition.of);
    switch (condition.is) {
      case 'null':
        return cell.isNull;
      case 'not-of-type':
        return cell.conforms === undefined ? 'false' : `NOT (${cell.isNull}) AND NOT ${ok}`;
      case 'less':
        return `${value} < ${valueLiteral(condition.bound, type)}`;
      case 'less-or-equal':
        return `${value} <= ${valueLiteral(condition.bound, type)}`;
      case 'greater':
        return `${value} > ${valueLiteral(condition.bound, type)}`;
      case 'greater-or-equal':
        return `${value} >= ${valueLiteral(condition.bound, type)}`;
      case 'shorter':
        return `length(${value}) < ${condition.bound}`;
      case 'longer':
        return `length(${value}) > ${condition.bound}`;
      case 'not-multiple':
        return `${value} % ${condition.bound} <> 0`;
      case 'no-match': {
        const rewritten = toRe2(condition.pattern);
        if ('construct' in rewritten) throw new Error(`not refused: ${rewritten.construct}`);
        return `NOT regexp_matches(${value}, ${literal(rewritten.pattern)})`;
      }
      case 'not-in':
        return this.notIn(value, condition.values, condition.of);
      case 'missing':
        return this.missing(cell, condition.values, condition.of);
    }
  }

  private notIn(value: string, values: readonly Scalar[], { type }: Use): string {
    if (values.length === 0) return `${value} IS NOT NULL`;
    const list = [...new Set(values.map((item) => valueLiteral(item, type)))].join(', ');
    if (values.length <= INLINE_SET) return `${value} NOT IN (${list})`;
    let set = this.sets.get(list);
    if (set === undefined) {
      set = `greenlight_set_${this.sets.size}`;
      this.sets.set(list, set);
      this.setup.push(`CREATE OR REPLACE TEMP TABLE ${set} AS SELECT unnest([${list}]) AS value`);
    }
    return `${value} NOT IN (FROM ${set})`;
  }

  private missing(cell: Cell, values: readonly (Scalar | null)[], { type }: Use): string {
    const terms = values.includes(null) ? [cell.isNull] : [];
    const present = values.filter((value) => value !== null);
    const comparable =
      cell.text !== undefined
        ? present.map((value) => literal(String(value)))
        : present.filter((value) => typeof value !== 'string').map((value) => valueLiteral(value, type));
    if (comparable.length > 0)
      terms.push(`coalesce(${cell.text ?? cell.cast} IN (${comparable.join(', ')}), false)`);
    return terms.length === 0 ? 'false' : `(${terms.join(' OR ')})`;
  }

  private cell(use: Use): Prepared {
    const key = `${use.type} ${use.column}`;
    let prepared = this.cells.get(key);
    if (prepared === undefined) {
      const column = this.table.columns.find(({ name }) => name === use.column);
      if (column === undefined) throw new Error('a condition over a column that is not there');
      const n = this.cells.size;
      prepared = {
        cell: cellOf(this.table, column, use.type),
        ok: `"greenlight ok ${n}"`,
        value: `"greenlight value ${n}"`,
      };
      this.cells.set(key, prepared);
    }
    return prepared;
  }
}

/** The conditions of measures, each once. */
export function conditionsOf(measures: Iterable<Measure>): readonly Condition[] {
  return [...measures].flatMap((measure) => (measure.count === 'condition' ? [measure.condition] : []));
}
