import { type ContractQuality, OPERATORS, operatorOf } from '../../../core/formats/contract.ts';
import { severityOf } from '../quality.ts';
import { acceptedBy } from './accepted.ts';
import { eachPair, type Lists, type Note, type Spot, shown, under } from './change.ts';
import { type Direction, flip, join, ofSets, ofSpans, type Span } from './directions.ts';
import { compareCustom, compareFields, type Field, get, type Kinds, kindOf } from './fields.ts';
import { identity, type KeyOf } from './pairs.ts';

const KINDS: Kinds = {
  tighter: 'quality-rule-tightened',
  looser: 'quality-rule-loosened',
  other: 'quality-rule-changed',
};

/** What a rule measures, its arguments aside. */
const MEASURED = ['type', 'metric', 'rule', 'unit', 'query', 'engine', 'implementation'] as const;

const FIELDS = {
  id: 'words-changed',
  name: 'words-changed',
  description: 'words-changed',
  dimension: 'words-changed',
  method: 'words-changed',
  businessImpact: 'words-changed',
  tags: 'words-changed',
  authoritativeDefinitions: 'words-changed',
  schedule: 'quality-schedule-changed',
  scheduler: 'quality-schedule-changed',
  severity: 'aside',
  customProperties: 'aside',
  type: 'aside',
  metric: 'aside',
  rule: 'aside',
  arguments: 'aside',
  unit: 'aside',
  query: 'aside',
  engine: 'aside',
  implementation: 'aside',
  mustBe: 'aside',
  mustNotBe: 'aside',
  mustBeGreaterThan: 'aside',
  mustBeGreaterOrEqualTo: 'aside',
  mustBeLessThan: 'aside',
  mustBeLessOrEqualTo: 'aside',
  mustBeBetween: 'aside',
  mustNotBeBetween: 'aside',
} as const satisfies Readonly<Record<keyof ContractQuality, Field>>;

/** By id, else by name, else by what they measure; a library metric that is there once stays that rule when its arguments change. */
const KEYS: readonly KeyOf<ContractQuality>[] = [
  ({ id }) => id,
  ({ name }) => name,
  (rule) => identity([...MEASURED.map((key) => rule[key]), rule.arguments]),
  ({ metric, arguments: given }) => metric && identity([metric, given?.properties]),
  ({ metric }) => metric,
];

/** Compares quality rules. */
export function compareQuality(lists: Omit<Lists<ContractQuality>, 'key'>, spot: Spot, note: Note): void {
  eachPair(
    { ...lists, key: 'quality' },
    KEYS,
    (rule) => `quality.${nameOf(rule)}`,
    spot,
    (old, next, at) => {
      if (old !== undefined && next !== undefined) compareRule(old, next, at, note);
      else if (next !== undefined) {
        const kind = standing(next) === 'fails' ? 'quality-rule-added' : 'quality-warning-changed';
        note(kind, at, `new rule: ${ruleText(next)}`);
      } else if (old !== undefined) {
        const kind = standing(old) === 'warns' ? 'quality-warning-changed' : 'quality-rule-removed';
        note(kind, at, `rule removed: ${ruleText(old)}`);
      }
    },
  );
}

/** Whether a rule can fail data, only warns, or only promises in words. */
export function standing(rule: ContractQuality): 'fails' | 'warns' | 'says' {
  if (rule.type === 'text') return 'says';
  return severityOf(rule) === 'fail' ? 'fails' : 'warns';
}

function compareRule(old: ContractQuality, next: ContractQuality, spot: Spot, note: Note): void {
  compareFields(old, next, FIELDS, spot, note);
  compareCustom(old, next, customField, spot, note);
  const [before, after] = [standing(old), standing(next)];
  const substance = identity(substanceOf(old)) !== identity(substanceOf(next));
  const what = ruleChange(old, next);
  if (before !== after) {
    if (before === 'fails') note('quality-rule-loosened', spot, `${what}; it fails no more`);
    else if (after === 'fails') note('quality-rule-tightened', spot, `${what}; it fails now`);
    else note('quality-warning-changed', spot, what);
  } else if (substance) {
    if (before === 'fails') note(kindOf(directionOf(old, next), KINDS), spot, what);
    else note(before === 'says' ? 'words-changed' : 'quality-warning-changed', spot, what);
  } else if (old.severity !== next.severity) {
    note('words-changed', under(spot, 'severity'), 'severity written otherwise');
  }
}

function customField(property: string): Field {
  if (property === 'greenlight.warnAt') return 'quality-warning-changed';
  return property.startsWith('greenlight.') ? 'own-property-changed' : 'words-changed';
}

/** All that decides a rule's outcome, its severity aside. */
function substanceOf(rule: ContractQuality): unknown[] {
  return [...MEASURED, 'arguments' as const, ...OPERATORS].map((key) => rule[key]);
}

function changedPart(old: ContractQuality, next: ContractQuality): string {
  const keys = [...MEASURED, 'arguments' as const].filter(
    (key) => identity(old[key]) !== identity(next[key]),
  );
  return keys.length === 0 ? 'severity' : keys.join(' and ');
}

/** How the data that a failing rule accepts changed. */
function directionOf(old: ContractQuality, next: ContractQuality): Direction {
  const measured = MEASURED.map((key) => normal(old, key) === normal(next, key)).every(Boolean);
  if (!measured) return 'other';
  const [from, to] = [acceptedBy(old), acceptedBy(next)];
  const figures: Direction =
    identity(operandOf(old)) === identity(operandOf(next))
      ? 'same'
      : from && to
        ? ofSpans(from, to)
        : 'other';
  return join(figures, argumentsDirection(old, next, from, to));
}

function operandOf(rule: ContractQuality): unknown[] {
  return OPERATORS.map((operator) => rule[operator]);
}

function normal(rule: ContractQuality, key: (typeof MEASURED)[number]): string {
  const standard: Readonly<Record<string, string>> = { type: 'library', unit: 'rows' };
  return identity(rule[key] ?? standard[key]);
}

/**
 * Arguments decide which rows are counted. Where fewer counted rows are always accepted too (from 0 up to a limit), fewer mean that more
 * data is accepted; anything else can't be told.
 */
function argumentsDirection(
  old: ContractQuality,
  next: ContractQuality,
  from: readonly Span[] | undefined,
  to: readonly Span[] | undefined,
): Direction {
  const [before, after] = [old.arguments ?? {}, next.arguments ?? {}];
  if (identity(before) === identity(after)) return 'same';
  if (![from, to].every((spans) => spans?.length === 1 && spans[0]?.low === 0)) return 'other';
  const setOf = (given: object, key: string, standard: readonly unknown[]): Set<string> =>
    new Set(((get(given, key) ?? standard) as readonly unknown[]).map(identity));
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => identity(get(before, key)) !== identity(get(after, key)),
  );
  return changed.reduce<Direction>((direction, key) => {
    const bothGiven = get(before, key) !== undefined && get(after, key) !== undefined;
    if (key === 'missingValues')
      return join(direction, flip(ofSets(setOf(before, key, [null, '']), setOf(after, key, [null, '']))));
    if ((key === 'validValues' || key === 'properties') && bothGiven)
      return join(direction, ofSets(setOf(before, key, []), setOf(after, key, [])));
    return 'other';
  }, 'same');
}

function nameOf(rule: ContractQuality): string {
  return rule.id ?? rule.name ?? rule.metric ?? rule.type ?? 'rule';
}

function ruleChange(old: ContractQuality, next: ContractQuality): string {
  const [from, to] = [conditionOf(old), conditionOf(next)];
  if (from === to) return `${nameOf(next)}: ${changedPart(old, next)} changed`;
  return `${nameOf(next)} ${from}, now ${to}`;
}

function ruleText(rule: ContractQuality): string {
  return `${nameOf(rule)} ${conditionOf(rule)}`;
}

function conditionOf(rule: ContractQuality): string {
  const operator = operatorOf(rule);
  if (operator === undefined) return `(${rule.type ?? 'library'})`;
  const words = operator.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
  const operand = [rule[operator]]
    .flat()
    .map((value) => shown(value) ?? '…')
    .join(' and ');
  return `${words} ${operand}${rule.unit === 'percent' ? ' percent' : ''}`;
}
