import type { ContractServiceLevel, DataContract } from '../../../core/formats/contract.ts';
import { unitOf } from '../time-units.ts';
import { eachPair, type Note, type Spot, under, valueChange } from './change.ts';
import { type Direction, flip, ofFloors } from './directions.ts';
import { compareCustom, compareFields, type Field, type Kinds, kindOf } from './fields.ts';
import { identity } from './pairs.ts';

const KINDS: Kinds = {
  tighter: 'service-level-tightened',
  looser: 'service-level-relaxed',
  other: 'service-level-changed',
};

/** What of a figure is the better promise. */
type Better = 'more' | 'less' | 'kept';

/**
 * The standard's names and short names (ODCS, "Service-Level Agreement"). Retention is a promise of two sides: data kept for less time
 * is gone for its reader, data kept for more time is older than the reader was told.
 */
const LEVELS: readonly { readonly names: readonly string[]; readonly better: Better }[] = [
  { names: ['availability', 'av'], better: 'more' },
  { names: ['throughput', 'th'], better: 'more' },
  { names: ['errorrate', 'er'], better: 'less' },
  { names: ['generalavailability', 'ga'], better: 'less' },
  { names: ['endofsupport', 'es'], better: 'more' },
  { names: ['endoflife', 'el'], better: 'more' },
  { names: ['retention', 're'], better: 'kept' },
  { names: ['frequency', 'fy'], better: 'less' },
  { names: ['latency', 'ly'], better: 'less' },
  { names: ['freshness'], better: 'less' },
  { names: ['timetodetect', 'td'], better: 'less' },
  { names: ['timetonotify', 'tn'], better: 'less' },
  { names: ['timetorepair', 'tr'], better: 'less' },
];

const FIELDS = {
  id: 'words-changed',
  property: (old, next) => (levelOf(old) === levelOf(next) ? 'words-changed' : 'service-level-changed'),
  value: 'aside',
  unit: 'aside',
  valueExt: 'service-level-changed',
  element: 'service-level-changed',
  driver: 'words-changed',
  description: 'words-changed',
  scheduler: 'words-changed',
  schedule: 'service-level-changed',
  customProperties: 'aside',
  authoritativeDefinitions: 'words-changed',
} as const satisfies Readonly<Record<keyof ContractServiceLevel, Field>>;

/** Compares the service levels of two contracts. */
export function compareServiceLevels(old: DataContract, next: DataContract, spot: Spot, note: Note): void {
  eachPair<ContractServiceLevel>(
    { old: old.slaProperties, next: next.slaProperties, key: 'slaProperties' },
    [
      ({ id }) => id,
      ({ property, element, driver }) => identity([levelOf(property), element, driver]),
      ({ property, element }) => identity([levelOf(property), element]),
    ],
    ({ property }) => `slaProperties.${property}`,
    spot,
    (before, after, at) => {
      if (before !== undefined && after !== undefined) compareLevel(before, after, at, note);
      else if (after !== undefined) note('service-level-added', at, `${levelText(after)} promised`);
      else if (before !== undefined)
        note('service-level-removed', at, `${levelText(before)} no longer promised`);
    },
  );
}

function compareLevel(old: ContractServiceLevel, next: ContractServiceLevel, spot: Spot, note: Note): void {
  compareFields(old, next, FIELDS, spot, note);
  compareCustom(old, next, () => 'words-changed', spot, note);
  const figure = ({ value, unit }: ContractServiceLevel): string => identity([value, unit]);
  if (figure(old) === figure(next)) return;
  const at = under(spot, identity(old.value) === identity(next.value) ? 'unit' : 'value');
  note(kindOf(directionOf(old, next), KINDS), at, valueChange(next.property, told(old), told(next)));
}

function directionOf(old: ContractServiceLevel, next: ContractServiceLevel): Direction {
  const better = LEVELS.find(({ names }) => names[0] === levelOf(next.property))?.better;
  const [from, to] = [magnitude(old), magnitude(next)];
  if (from === undefined || to === undefined || from.scale !== to.scale) return 'other';
  const moved = ofFloors(from.size, to.size);
  if (moved === 'same') return 'same';
  if (better === undefined || levelOf(old.property) !== levelOf(next.property)) return 'other';
  if (better === 'kept') return moved === 'tighter' ? 'looser' : 'other';
  return better === 'more' ? moved : flip(moved);
}

/** The standard's own word for a service level, in lower case; another word as it is. */
function levelOf(property: unknown): string {
  const word = String(property).toLowerCase();
  return LEVELS.find(({ names }) => names.includes(word))?.names[0] ?? word;
}

/** A figure with what it can be compared with. */
function magnitude({ value, unit = '' }: ContractServiceLevel): { scale: string; size: number } | undefined {
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d/.test(value)) {
    const time = Date.parse(value);
    return Number.isNaN(time) ? undefined : { scale: 'date', size: time };
  }
  const [, figure, percent] = /^\s*(-?\d+(?:\.\d+)?)\s*(%?)\s*$/.exec(String(value)) ?? [];
  if (figure === undefined) return undefined;
  const word = unit.trim().toLowerCase();
  const seconds = unitOf(unit.trim());
  if (seconds !== undefined) return { scale: 'time', size: Number(figure) * seconds };
  return { scale: percent === '%' || word === 'percent' ? '%' : word, size: Number(figure) };
}

function told({ value, unit }: ContractServiceLevel): string {
  return unit === undefined ? String(value) : `${value} ${unit}`;
}

function levelText(level: ContractServiceLevel): string {
  return `${level.property} ${told(level)}${level.element === undefined ? '' : ` of ${level.element}`}`;
}
