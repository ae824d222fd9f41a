import type { Place } from '../../core/kernel/place.ts';
import type { AnyUse, Figure, Ground, Scanned } from './ground.ts';
import { type Measure, measureKey, usesOf } from './plan.ts';

export interface Figures {
  readonly rows: number;
  of(measure: Measure): Figure;
}

/** Takes all measures: one scan for what rows and their values give, one more for each uniqueness, foreign key or query. */
export async function take(ground: Ground, measures: readonly Measure[]): Promise<Figures> {
  const unique = keyed(measures);
  const figures = new Map<string, Figure>();
  const scanned = [...unique.values()].filter(isScanned);
  const found = await ground.scan(scanned);
  for (const [index, measure] of scanned.entries())
    figures.set(measureKey(measure), figureOf(found.figures[index], measure.count === 'condition'));
  for (const [key, measure] of unique) {
    if (!figures.has(key)) figures.set(key, await takeOne(ground, measure, found.rows));
  }
  return {
    rows: found.rows,
    of(measure) {
      const figure = figures.get(measureKey(measure));
      if (figure === undefined) throw new Error('a measure that was not taken');
      return figure;
    },
  };
}

function keyed(measures: readonly Measure[]): ReadonlyMap<string, Measure> {
  return new Map(measures.map((measure) => [measureKey(measure), measure]));
}

function isScanned(measure: Measure): measure is Scanned {
  return (
    measure.count === 'condition' ||
    (measure.count === 'aggregate' && measure.aggregate.is !== 'smallest-group')
  );
}

async function takeOne(ground: Ground, measure: Measure, rows: number): Promise<Figure> {
  switch (measure.count) {
    case 'rows':
      return { value: rows, shown: true };
    case 'query':
      return ground.runQuery(measure.query);
    case 'condition':
      throw new Error('a measure of the scan');
    default:
      return figureOf(await ground.count(measure), true);
  }
}

/** An engine's number: 64-bit and decimal numbers are texts. */
function figureOf(value: unknown, shown: boolean): Figure {
  const number = value === null || value === undefined ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) return { value: undefined, reason: 'there are no values to judge' };
  if (shown && !Number.isSafeInteger(number)) throw new Error('a count that is no whole number');
  return { value: number, shown };
}

/** The first rows that each measure counts, with the columns that it reads. */
export async function locate(
  ground: Ground,
  measures: readonly Measure[],
  figures: Figures,
): Promise<ReadonlyMap<string, readonly Place[]>> {
  const unique = keyed(measures);
  const broken = [...unique.values()].map((measure) => ({
    measure,
    count: Number(figures.of(measure).value),
  }));
  const places = await ground.locate(broken);
  return new Map(
    [...places].map(([key, list]) => {
      const field = fieldOf(usesOf(unique.get(key) ?? { count: 'rows' }));
      return [key, list.map((place) => ({ ...place, ...field }))];
    }),
  );
}

function fieldOf(uses: readonly AnyUse[]): { readonly field?: string } {
  const columns = [...new Set(uses.map(({ column }) => column))];
  return columns.length === 0 ? {} : { field: columns.join(', ') };
}
