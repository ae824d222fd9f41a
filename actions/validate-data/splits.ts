import { type Contract, own } from '../../core/formats/contract.ts';
import { type Check, NONE, unsupported } from './checks.ts';
import type { Rule } from './rules.ts';
import { isComparable, namedUses, typeOf, useOf } from './uses.ts';

/** The types whose order is that of time; texts are in the order of their letters. */
const ORDERED: readonly string[] = ['date', 'timestamp', 'time', 'integer', 'number'];

/** The name under which the training data are held against the test data. */
export const TRAIN = 'train';

/**
 * The rules that keep the test data apart from the training data, both of one table of a contract: no row with the key of another, or, where
 * there is no key, no row that is the same throughout; no moment of the test data within the time of the training data where
 * `greenlight.timeColumn` is declared; no group in both where `greenlight.groupKey` is.
 */
export function splitRules(contract: Contract, index: number): readonly Rule[] {
  const table = contract.document.schema?.[index];
  if (table === undefined) return [];
  const properties = table.properties ?? [];
  const at = ['schema', index];
  const rules: Rule[] = [];
  const add = (name: string, text: string, check: Check, path: readonly (string | number)[] = []): void => {
    const place = contract.placeOf([...at, ...path]);
    rules.push({
      id: `${table.name}.splits.${name}`,
      text,
      column: undefined,
      place,
      severity: 'fail',
      check,
    });
  };
  const shared = (by: 'key' | 'row' | 'range', names: readonly string[]): Check => {
    const of = namedUses(properties, names);
    if ('reason' in of) return unsupported(of.reason);
    return { kind: 'measured', measure: { count: 'shared', by, of, table: TRAIN }, expect: NONE };
  };
  const keys = properties.filter(({ primaryKey }) => primaryKey === true).map(({ name }) => name);
  if (keys.length > 0) {
    add(
      'key',
      `no row of the test data has the key (${keys.join(', ')}) of a training row`,
      shared('key', keys),
    );
  } else {
    const plain = properties.filter((one) => one.semanticType !== 'measure' && isComparable(useOf(one)));
    const names = plain.map(({ name }) => name);
    add('rows', 'no row of the test data is a training row too', shared('row', names));
  }
  const time = own(table, 'timeColumn');
  if (time !== undefined) {
    const type = typeOf(properties.find(({ name }) => name === time) ?? {});
    const check = ORDERED.includes(type) ? shared('range', [time]) : unsupported(`a time of type ${type}`);
    add('time', `no ${time} of the test data is within the time of the training data`, check);
  }
  const group = own(table, 'groupKey');
  if (group !== undefined)
    add('group', `no ${group} of the test data is in the training data`, shared('key', [group]));
  return rules;
}
