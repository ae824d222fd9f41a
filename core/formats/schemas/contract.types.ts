// Made by `npm run sync` from contract.schema.json: change that.

export type ContractProperty = Property;

/**
 * An Open Data Contract Standard contract (ODCS 3.0 to 3.2), as far as validate-data reads it; the rest is accepted by name and not looked into.
 */
export interface DataContract {
  /**
   * The version of the standard.
   */
  apiVersion: 'v3.0.0' | 'v3.0.1' | 'v3.0.2' | 'v3.1.0' | 'v3.2.0';
  kind: 'DataContract';
  id: string;
  version: string;
  status?: string;
  name?: string;
  tenant?: string;
  tags?: string[];
  /**
   * Not read: data is named by path.
   */
  servers?: {}[];
  dataProduct?: string;
  description?: {};
  domain?: string;
  context?: unknown;
  /**
   * The tables of the contract.
   */
  schema?: ContractTable[];
  /**
   * Not read.
   */
  support?: {}[];
  price?: {};
  team?: unknown;
  /**
   * Not read.
   */
  roles?: {}[];
  slaDefaultElement?: string;
  slaProperties?: ContractServiceLevel[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
  customProperties?: ContractCustomProperty[];
  contractCreatedTs?: string;
}
export interface ContractTable {
  id?: string;
  name: string;
  physicalType?: string;
  description?: string;
  businessName?: string;
  synonyms?: unknown[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
  tags?: string[];
  customProperties?: ContractCustomProperty[];
  physicalName?: string;
  /**
   * Foreign keys.
   */
  relationships?: {}[];
  quality?: ContractQuality[];
  deprecated?: unknown;
  context?: unknown;
  logicalType?: 'object';
  dataGranularityDescription?: string;
  properties?: ContractProperty[];
}
export interface ContractCustomProperty {
  id?: string;
  property: string;
  value: unknown;
  description?: string;
  vendor?: string;
}
export interface ContractQuality {
  id?: string;
  name?: string;
  description?: string;
  type?: 'text' | 'library' | 'sql' | 'custom';
  dimension?:
    'accuracy' | 'completeness' | 'conformity' | 'consistency' | 'coverage' | 'timeliness' | 'uniqueness';
  method?: string;
  severity?: string;
  businessImpact?: string;
  unit?: string;
  tags?: string[];
  schedule?: string;
  scheduler?: string;
  customProperties?: ContractCustomProperty[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
  metric?: 'nullValues' | 'missingValues' | 'invalidValues' | 'duplicateValues' | 'rowCount';
  rule?: string;
  arguments?: ContractArguments;
  mustBe?: unknown;
  mustNotBe?: unknown;
  mustBeGreaterThan?: number;
  mustBeGreaterOrEqualTo?: number;
  mustBeLessThan?: number;
  mustBeLessOrEqualTo?: number;
  /**
   * @minItems 2
   * @maxItems 2
   */
  mustBeBetween?: [number, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  mustNotBeBetween?: [number, number];
  query?: string;
  engine?: string;
  implementation?: string | {};
}
export interface ContractArguments {
  missingValues?: unknown[];
  validValues?: unknown[];
  pattern?: string;
  properties?: string[];
}
export interface Property {
  id?: string;
  name: string;
  physicalType?: string;
  description?: string;
  businessName?: string;
  synonyms?: unknown[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
  tags?: string[];
  customProperties?: ContractCustomProperty[];
  physicalName?: string;
  /**
   * Foreign keys.
   */
  relationships?: {}[];
  quality?: ContractQuality[];
  deprecated?: unknown;
  context?: unknown;
  primaryKey?: boolean;
  primaryKeyPosition?: number;
  logicalType?:
    | 'string'
    | 'date'
    | 'timestamp'
    | 'time'
    | 'number'
    | 'integer'
    | 'object'
    | 'array'
    | 'boolean'
    | 'map'
    | 'vector';
  logicalTypeOptions?: ContractTypeOptions;
  required?: boolean;
  unique?: boolean;
  partitioned?: boolean;
  partitionKeyPosition?: number;
  classification?: string;
  encryptedName?: string;
  transformSourceObjects?: string[];
  transformLogic?: string;
  transformDescription?: string;
  examples?: unknown[];
  criticalDataElement?: boolean;
  semanticType?: 'column' | 'measure' | 'dimension';
  /**
   * @minItems 1
   */
  enum?: [ContractEnumValue, ...ContractEnumValue[]];
  properties?: ContractProperty[];
  items?: {};
  map?: {};
}
/**
 * Which of these a logical type takes: the …Options definitions.
 */
export interface ContractTypeOptions {
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  format?: string;
  minimum?: number | string;
  maximum?: number | string;
  exclusiveMinimum?: number | string;
  exclusiveMaximum?: number | string;
  multipleOf?: number;
  timezone?: boolean;
  defaultTimezone?: string;
  minProperties?: number;
  maxProperties?: number;
  required?: string[];
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  dimensions?: number;
}
export interface ContractEnumValue {
  value: string | number | boolean | null;
  label?: string;
  id?: string;
  description?: string;
  customProperties?: ContractCustomProperty[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
  tags?: string[];
}
export interface ContractServiceLevel {
  id?: string;
  property: string;
  value: unknown;
  valueExt?: unknown;
  unit?: string;
  element?: string;
  driver?: string;
  description?: string;
  scheduler?: string;
  schedule?: string;
  customProperties?: ContractCustomProperty[];
  /**
   * Not read.
   */
  authoritativeDefinitions?: {}[];
}
