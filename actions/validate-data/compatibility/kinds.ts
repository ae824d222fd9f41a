import type { Bump } from './version.ts';

/** Whether a change can break somebody. */
export type Class = 'breaking' | 'compatible';

/** What a kind of change means for those on both sides of a contract, and for its version. */
export interface Effect {
  /** For whoever writes the data: breaking if data that kept the old contract may break the new one. */
  readonly producer: Class;
  /** For whoever reads it, a trained model too: breaking if data that keeps the new contract may surprise a reader of the old. */
  readonly consumer: Class;
  readonly bump: Bump;
}

const TIGHTENED: Effect = { producer: 'breaking', consumer: 'compatible', bump: 'major' };
const LOOSENED: Effect = { producer: 'compatible', consumer: 'breaking', bump: 'major' };
const RESHAPED: Effect = { producer: 'breaking', consumer: 'breaking', bump: 'major' };
const ADDED: Effect = { producer: 'compatible', consumer: 'compatible', bump: 'minor' };
const WORDED: Effect = { producer: 'compatible', consumer: 'compatible', bump: 'patch' };

interface Kind extends Effect {
  /** What happened, for the table of docs/contract-changes.md. */
  readonly means: string;
}

function kind(effect: Effect, means: string): Kind {
  return { ...effect, means };
}

/** Every kind of change with its class. One kind has one class, so that a waiver by kind accepts what it says and no more. */
export const KINDS = {
  'contract-id-changed': kind(RESHAPED, 'the contract’s `id`: it is another contract'),
  'contract-retired': kind(LOOSENED, '`status` became `retired`'),
  'status-changed': kind(ADDED, '`status` became anything else'),

  'table-added': kind(ADDED, 'a table that was not there'),
  'table-removed': kind(LOOSENED, 'a table is gone'),
  'table-renamed': kind(RESHAPED, 'a table of the same `id` has another name'),

  'property-added': kind(ADDED, 'a property that may be empty'),
  'required-property-added': kind(TIGHTENED, 'a property that is required, a key, or has quality rules'),
  'property-added-to-closed-table': kind(
    LOOSENED,
    '`property-added` where the old contract has `greenlight.extraColumns: fail`',
  ),
  'required-property-added-to-closed-table': kind(
    RESHAPED,
    '`required-property-added` where the old contract has that',
  ),
  'property-removed': kind(LOOSENED, 'a property is gone'),
  'property-removed-from-closed-table': kind(
    RESHAPED,
    '`property-removed` where the new contract has `greenlight.extraColumns: fail`',
  ),
  'property-renamed': kind(RESHAPED, 'a property of the same `id` has another name'),
  'property-relabelled': kind(
    ADDED,
    '`property-renamed`, but its `physicalName` stayed: the data keeps its column',
  ),
  'nested-declared': kind(TIGHTENED, '`items` or `map` says for the first time what is inside'),
  'nested-dropped': kind(LOOSENED, '`items` or `map` no longer says what is inside'),

  'physical-name-changed': kind(RESHAPED, 'the name in the data: `physicalName`, else `name`'),
  'physical-type-declared': kind(TIGHTENED, '`physicalType` where none was'),
  'physical-type-dropped': kind(LOOSENED, '`physicalType` is gone'),
  'physical-type-changed': kind(RESHAPED, 'another `physicalType`'),
  'layout-changed': kind(RESHAPED, '`partitioned`, `partitionKeyPosition`'),

  'type-declared': kind(TIGHTENED, '`logicalType` where none was'),
  'type-dropped': kind(LOOSENED, '`logicalType` is gone'),
  'type-widened': kind(LOOSENED, '`integer` became `number`'),
  'type-narrowed': kind(TIGHTENED, '`number` became `integer`'),
  'type-changed': kind(RESHAPED, 'any other change of `logicalType`'),

  'became-required': kind(TIGHTENED, 'it may no longer be empty'),
  'became-optional': kind(LOOSENED, 'it may be empty now'),
  'unique-declared': kind(TIGHTENED, '`unique`, `uniqueItems`'),
  'unique-dropped': kind(LOOSENED, '`unique`, `uniqueItems` no longer'),
  'key-declared': kind(TIGHTENED, 'a primary key where none was'),
  'key-dropped': kind(LOOSENED, 'the primary key is gone'),
  'key-changed': kind(RESHAPED, 'other columns make the primary key'),
  'key-reordered': kind(ADDED, 'the same columns in another order (`primaryKeyPosition`)'),

  'minimum-raised': kind(
    TIGHTENED,
    'a lower bound is new or higher: `minimum`, `exclusiveMinimum`, `minLength`, `minItems`, `minProperties`',
  ),
  'minimum-lowered': kind(LOOSENED, 'a lower bound is gone or lower'),
  'maximum-lowered': kind(TIGHTENED, 'an upper bound is new or lower: `maximum` and so on'),
  'maximum-raised': kind(LOOSENED, 'an upper bound is gone or higher'),
  'bound-changed': kind(RESHAPED, 'bounds that can’t be compared, such as dates in a format of their own'),
  'multiple-tightened': kind(TIGHTENED, '`multipleOf` is new, or a multiple of the old one'),
  'multiple-loosened': kind(LOOSENED, '`multipleOf` is gone, or divides the old one'),
  'multiple-changed': kind(RESHAPED, 'any other change of `multipleOf`'),
  'pattern-declared': kind(TIGHTENED, '`pattern` where none was'),
  'pattern-dropped': kind(LOOSENED, '`pattern` is gone'),
  'pattern-changed': kind(RESHAPED, 'another `pattern`'),
  'format-tightened': kind(
    TIGHTENED,
    '`format` where none was, or one that holds less, such as `i16` after `i32`',
  ),
  'format-loosened': kind(LOOSENED, '`format` is gone, or holds more'),
  'format-changed': kind(RESHAPED, 'another `format`; of dates and times any change of it'),
  'time-zone-changed': kind(RESHAPED, '`timezone`, `defaultTimezone`'),
  'vector-changed': kind(RESHAPED, 'a vector’s `dimensions`, element type, metric or embedding model'),
  'enum-declared': kind(TIGHTENED, '`enum` where none was'),
  'enum-dropped': kind(LOOSENED, '`enum` is gone'),
  'enum-values-added': kind(LOOSENED, 'values that a reader has never seen'),
  'enum-values-removed': kind(TIGHTENED, 'values that may no longer be written'),

  'classification-raised': kind(TIGHTENED, 'a higher level of the vocabulary below'),
  'classification-declared': kind(ADDED, 'declared `public` where nothing was declared'),
  'classification-lowered': kind(LOOSENED, 'a lower level, or no longer declared'),
  'classification-unclear': kind(RESHAPED, 'from or to a word that the vocabulary lacks'),
  'masking-declared': kind(TIGHTENED, '`encryptedName` or `greenlight.masking` where none was'),
  'masking-dropped': kind(LOOSENED, '`encryptedName` or `greenlight.masking` is gone'),
  'masking-changed': kind(RESHAPED, 'another `encryptedName` or `greenlight.masking`'),
  'unit-changed': kind(RESHAPED, 'the custom property `unit` of a property'),
  'meaning-changed': kind(
    RESHAPED,
    'how the values come about: `transformLogic`, `transformSourceObjects`, `semanticType`',
  ),
  'deprecation-changed': kind(ADDED, '`deprecated`'),

  'extra-columns-forbidden': kind(TIGHTENED, '`greenlight.extraColumns` became `fail`'),
  'extra-columns-allowed': kind(LOOSENED, '`greenlight.extraColumns` is no longer `fail`'),
  'extra-columns-warning-changed': kind(ADDED, '`greenlight.extraColumns` between `warn` and `ignore`'),
  'own-property-declared': kind(
    TIGHTENED,
    '`greenlight.groupKey`, `timeColumn` or `quasiIdentifiers` where none was; more quasi-identifiers',
  ),
  'own-property-dropped': kind(LOOSENED, 'one of these is gone; fewer quasi-identifiers'),
  'own-property-changed': kind(RESHAPED, 'any other change of a `greenlight.…` property'),

  'relationship-added': kind(TIGHTENED, 'a foreign key where none was'),
  'relationship-removed': kind(LOOSENED, 'a foreign key is gone'),
  'relationship-changed': kind(RESHAPED, 'a foreign key of the same `id` points elsewhere'),

  'quality-rule-added': kind(TIGHTENED, 'a quality rule that can fail'),
  'quality-rule-removed': kind(LOOSENED, 'a quality rule that could fail, or a promise in words, is gone'),
  'quality-rule-tightened': kind(TIGHTENED, 'a rule accepts less, or fails where it warned'),
  'quality-rule-loosened': kind(LOOSENED, 'a rule accepts more, or warns where it failed'),
  'quality-rule-changed': kind(
    RESHAPED,
    'a rule measures something else, or accepts more here and less there',
  ),
  'quality-warning-changed': kind(
    ADDED,
    'a rule that only warns: new, changed or gone; a rule in words is new; `greenlight.warnAt`',
  ),
  'quality-schedule-changed': kind(ADDED, 'when a rule is run: `schedule`, `scheduler`'),

  'service-level-added': kind(TIGHTENED, 'a service level where none was'),
  'service-level-removed': kind(LOOSENED, 'a service level is gone'),
  'service-level-tightened': kind(TIGHTENED, 'more is promised'),
  'service-level-relaxed': kind(LOOSENED, 'less is promised; a longer retention'),
  'service-level-changed': kind(
    RESHAPED,
    'something else is promised, in a unit or of a kind that can’t be compared; a shorter retention',
  ),

  'server-added': kind(ADDED, 'a server that was not there'),
  'server-removed': kind(LOOSENED, 'a server is gone'),
  'server-changed': kind(RESHAPED, 'where a server is or how it is read: type, place, format, delimiter …'),

  'words-changed': kind(
    WORDED,
    'descriptions, tags, examples, team, price and the like; the same said otherwise',
  ),
} as const satisfies Readonly<Record<string, Kind>>;

export type ChangeKind = keyof typeof KINDS;

/** The effect of a kind of change. */
export function effectOf(kind: ChangeKind): Effect {
  return KINDS[kind];
}
