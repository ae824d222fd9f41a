import type { Contract } from '../../core/formats/contract.ts';
import type { Place } from '../../core/kernel/place.ts';
import type { Path } from '../../core/kernel/yaml.ts';
import type { Check } from './checks.ts';
import { columnRules } from './column-rules.ts';
import { serviceLevelRules } from './service-levels.ts';
import { tableRules } from './table-rules.ts';

/** One rule of a contract. */
export interface Rule {
  /** Stable within the contract: `flights.delay.minimum`, `flights.quality[0]`. */
  readonly id: string;
  /** What must hold, in words: `delay ≥ -1200`. Made of the contract alone. */
  readonly text: string;
  /** The column's name in the data; undefined where the rule is about the table. */
  readonly column: string | undefined;
  readonly place: Place;
  /** What a broken rule makes of the verdict. */
  readonly severity: 'fail' | 'warn';
  readonly check: Check;
}

/** A rule as it is told once it is decided. */
export type RuleHead = Omit<Rule, 'check'>;

/** Adds a rule: the end of its id, its words, its place below the subject's, what decides it. */
export type Add = (suffix: string, text: string, at: Path, check: Check, severity?: Rule['severity']) => void;

/**
 * All rules of one table of a contract, in the order of the text, as one flat list. `now` is the moment that service levels (age of the
 * newest row, retention) are judged at.
 */
export function rulesOf(contract: Contract, index: number, now: Date): readonly Rule[] {
  const table = contract.document.schema?.[index];
  if (table === undefined) return [];
  const rules: Rule[] = [];
  const adder =
    (id: string, column: string | undefined, at: Path): Add =>
    (suffix, text, below, check, severity = 'fail') =>
      rules.push({
        id: `${id}.${suffix}`,
        text,
        column,
        place: contract.placeOf([...at, ...below]),
        severity,
        check,
      });
  columnRules(contract, table, ['schema', index], adder);
  tableRules(contract, table, adder(table.name, undefined, ['schema', index]));
  serviceLevelRules(contract.document, table, now, adder(table.name, undefined, []));
  return rules;
}
