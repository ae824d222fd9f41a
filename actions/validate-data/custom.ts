import { type ContractProperty, type ContractQuality, OPERATORS } from '../../core/formats/contract.ts';
import { nearest } from '../../core/kernel/schema.ts';
import { type Check, type Unsupported, unsupported } from './checks.ts';
import { type Expectation, expectationOf } from './expectations.ts';
import type { Aggregate, Use } from './plan.ts';
import { namedUses } from './uses.ts';

/** The rules of `engine: greenlight`, by their `metric`, with the other keys of `implementation`. */
const METRICS: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    sum: ['property'],
    average: ['property'],
    quantile: ['property', 'at'],
    ratio: ['property', 'over'],
    rowsPerGroup: ['properties'],
  }),
);

/**
 * The check of a custom rule. ODCS keeps what such a rule needs, its threshold too, in `implementation`:
 * `{ metric: quantile, property: delay, at: 0.99, mustBeLessThan: 600 }`. Other engines are not run.
 */
export function customCheck(
  quality: ContractQuality,
  properties: readonly ContractProperty[],
  warnAt: Expectation | { readonly reason: string } | undefined,
): Check {
  if (quality.engine !== 'greenlight') {
    return unsupported(
      `a rule of the engine \`${quality.engine}\`: run it by that engine, or write it as \`type: sql\` or \`engine: greenlight\``,
    );
  }
  const { implementation } = quality;
  if (typeof implementation !== 'object') return unsupported('an `implementation` that is no object');
  const given = implementation as Readonly<Record<string, unknown>>;
  const metric = String(given['metric']);
  const keys = METRICS.get(metric);
  if (keys === undefined) return unsupported(`the metric \`${metric}\`${meant(metric, [...METRICS.keys()])}`);
  const known = ['metric', ...keys, ...OPERATORS];
  const unknown = Object.keys(given).find((key) => !known.includes(key));
  if (unknown !== undefined)
    return unsupported(`the key \`${unknown}\` of the metric ${metric}${meant(unknown, known)}`);
  const operators = OPERATORS.filter((operator) => given[operator] !== undefined);
  if (operators.length !== 1) return unsupported('an `implementation` without exactly one operator');
  const expect = expectationOf(
    { ...given, ...(quality.unit === undefined ? {} : { unit: quality.unit }) },
    'value',
  );
  if ('reason' in expect) return unsupported(expect.reason);
  if (warnAt !== undefined && 'reason' in warnAt) return unsupported(warnAt.reason);
  const aggregate = aggregateOf(metric, given, properties);
  if ('kind' in aggregate) return aggregate;
  const broken = aggregate.is === 'smallest-group' ? {} : { broken: 'compared; the figure is withheld' };
  const second = warnAt === undefined ? {} : { warnAt };
  return { kind: 'measured', measure: { count: 'aggregate', aggregate }, expect, ...second, ...broken };
}

function aggregateOf(
  metric: string,
  given: Readonly<Record<string, unknown>>,
  properties: readonly ContractProperty[],
): Aggregate | Unsupported {
  if (metric === 'rowsPerGroup') {
    const names = given['properties'];
    if (!Array.isArray(names) || names.length === 0) return missing('properties');
    const of = namedUses(properties, names.map(String));
    return 'reason' in of ? unsupported(of.reason) : { is: 'smallest-group', of };
  }
  const of = numeric(given, 'property', properties);
  if ('kind' in of) return of;
  if (metric === 'sum') return { is: 'sum', of };
  if (metric === 'average') return { is: 'average', of };
  if (metric === 'ratio') {
    const over = numeric(given, 'over', properties);
    return 'kind' in over ? over : { is: 'ratio', of, over };
  }
  const { at } = given;
  if (typeof at !== 'number' || !(at >= 0 && at <= 1)) return missing('at', ' between 0 and 1');
  return { is: 'quantile', of, at };
}

function numeric(
  given: Readonly<Record<string, unknown>>,
  key: string,
  properties: readonly ContractProperty[],
): Use | Unsupported {
  const name = given[key];
  if (typeof name !== 'string') return missing(key);
  const uses = namedUses(properties, [name]);
  if ('reason' in uses) return unsupported(uses.reason);
  const [use] = uses;
  if (use === undefined || (use.type !== 'integer' && use.type !== 'number'))
    return unsupported(`the property \`${name}\`, which is no number`);
  return use;
}

function missing(key: string, what = ''): Unsupported {
  return unsupported(`an \`implementation\` without \`${key}\`${what}`);
}

function meant(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `; known: ${known.join(', ')}` : `; did you mean \`${near}\`?`;
}
