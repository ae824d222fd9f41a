import type { Place } from '../kernel/place.ts';
import type { Path } from '../kernel/yaml.ts';
import type { ContractCustomProperty, ContractQuality, DataContract } from './schemas/contract.types.ts';

export type {
  ContractCustomProperty,
  ContractEnumValue,
  ContractItem,
  ContractMap,
  ContractProperty,
  ContractQuality,
  ContractRelationship,
  ContractServer,
  ContractServiceLevel,
  ContractTable,
  ContractTableRelationship,
  ContractTypeOptions,
  DataContract,
} from './schemas/contract.types.ts';

/** A data contract that was read strictly, with the place of everything in it. */
export interface Contract {
  readonly file: string;
  readonly document: DataContract;
  placeOf(path: Path, part?: 'key' | 'value'): Place;
}

/** The operators of ODCS quality rules; a rule has exactly one. */
export const OPERATORS = [
  'mustBe',
  'mustNotBe',
  'mustBeGreaterThan',
  'mustBeGreaterOrEqualTo',
  'mustBeLessThan',
  'mustBeLessOrEqualTo',
  'mustBeBetween',
  'mustNotBeBetween',
] as const satisfies readonly (keyof ContractQuality)[];

export type Operator = (typeof OPERATORS)[number];

/** What ODCS has no field for: the values of customProperties `greenlight.<name>`. */
export interface OwnProperties {
  /** Of a table: what a column that is not declared makes of the verdict. */
  readonly extraColumns: 'fail' | 'warn' | 'ignore';
  /** Of a table: the properties that together may single a person out. */
  readonly quasiIdentifiers: readonly string[];
  /** Of a table: the property whose equal values never stand in both splits. */
  readonly groupKey: string;
  /** Of a table: the property that tells when a row happened; splits do not overlap in it. */
  readonly timeColumn: string;
  /** Of a property: how its values are hidden. */
  readonly masking: 'encrypted' | 'hashed' | 'masked';
  /** Of a quality rule: exactly one operator; what breaks it and keeps the rule itself is a warning. */
  readonly warnAt: Pick<ContractQuality, Operator>;
}

/** Which of them a table, a property and a quality rule may have. Others are errors, and so are these elsewhere. */
export const OWN_PROPERTIES: Readonly<Record<Owner, readonly (keyof OwnProperties)[]>> = {
  table: ['extraColumns', 'quasiIdentifiers', 'groupKey', 'timeColumn'],
  property: ['masking'],
  'quality rule': ['warnAt'],
};

export type Owner = 'table' | 'property' | 'quality rule';

/** The operator of a rule that {@link readContract} has accepted, if it has one. */
export function operatorOf(quality: ContractQuality): Operator | undefined {
  return OPERATORS.find((operator) => quality[operator] !== undefined);
}

/** A `greenlight.<name>` property of a table, a property or a quality rule that {@link readContract} has accepted. */
export function own<Name extends keyof OwnProperties>(
  owner: { readonly customProperties?: readonly ContractCustomProperty[] },
  name: Name,
): OwnProperties[Name] | undefined {
  const index = ownIndex(owner, name);
  return owner.customProperties?.[index]?.value as OwnProperties[Name] | undefined;
}

/** The path from the owner to the value of a `greenlight.<name>` property; undefined where it is not set. */
export function ownPath(
  owner: { readonly customProperties?: readonly ContractCustomProperty[] },
  name: keyof OwnProperties,
): Path | undefined {
  const index = ownIndex(owner, name);
  return index === -1 ? undefined : ['customProperties', index, 'value'];
}

function ownIndex(
  owner: { readonly customProperties?: readonly ContractCustomProperty[] },
  name: keyof OwnProperties,
): number {
  return owner.customProperties?.findIndex(({ property }) => property === `greenlight.${name}`) ?? -1;
}
