// Made by `npm run sync` from contract.schema.json: change that.

/**
 * An Open Data Contract Standard contract (ODCS 3.0 to 3.2). What a server of each type needs and what a shape can't say is checked by the code beside this.
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
   * Where the data lies.
   */
  servers?: ContractServer[];
  dataProduct?: string;
  description?: ContractDescription;
  domain?: string;
  context?: string | ContractContext;
  /**
   * The tables of the contract.
   */
  schema?: ContractTable[];
  support?: ContractSupport[];
  price?: ContractPrice;
  team?: ContractTeam | ContractTeamMember[];
  roles?: ContractRole[];
  slaDefaultElement?: string;
  slaProperties?: ContractServiceLevel[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  customProperties?: ContractCustomProperty[];
  contractCreatedTs?: string;
}
/**
 * Which keys a type needs and which others it takes: contract-servers.ts. Other keys are let through: a warning of `contract check`.
 */
export interface ContractServer {
  id?: string;
  server: string;
  type:
    | 'api'
    | 'athena'
    | 'azure'
    | 'bigquery'
    | 'clickhouse'
    | 'databricks'
    | 'denodo'
    | 'dremio'
    | 'duckdb'
    | 'glue'
    | 'cloudsql'
    | 'db2'
    | 'hive'
    | 'impala'
    | 'informix'
    | 'kafka'
    | 'kinesis'
    | 'local'
    | 'mysql'
    | 'oracle'
    | 'postgresql'
    | 'postgres'
    | 'presto'
    | 'pubsub'
    | 'redshift'
    | 's3'
    | 'sftp'
    | 'snowflake'
    | 'sqlserver'
    | 'synapse'
    | 'trino'
    | 'vertica'
    | 'zen'
    | 'custom'
    | 'exasol'
    | 'hana'
    | 'iceberg'
    | 'teradata';
  description?: string;
  environment?: string;
  roles?: ContractRole[];
  customProperties?: ContractCustomProperty[];
  account?: string;
  catalog?: string;
  catalogUrl?: string;
  database?: string;
  dataset?: string;
  delimiter?: string;
  encoding?: string;
  endpointUrl?: string;
  format?: string;
  header?: boolean;
  host?: string;
  location?: string;
  namespace?: string;
  nullValues?: string[];
  path?: string;
  port?: number | string;
  project?: string;
  quote?: string;
  region?: string;
  regionName?: string;
  schema?: string;
  serviceName?: string;
  stagingDir?: string;
  stream?: string;
  warehouse?: string;
  workgroup?: string;
}
export interface ContractRole {
  id?: string;
  role: string;
  description?: string;
  access?: string;
  firstLevelApprovers?: string;
  secondLevelApprovers?: string;
  customProperties?: ContractCustomProperty[];
}
export interface ContractCustomProperty {
  id?: string;
  property: string;
  value: unknown;
  description?: string;
  vendor?: string;
}
export interface ContractDescription {
  usage?: string;
  purpose?: string;
  limitations?: string;
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  customProperties?: ContractCustomProperty[];
}
export interface ContractAuthoritativeDefinition {
  id?: string;
  url: string;
  type: string;
  description?: string;
}
export interface ContractContext {
  instructions?: string;
  verifiedStatements?: {
    id?: string;
    question: string;
    answer?: string;
    authoritativeDefinitions?: ContractAuthoritativeDefinition[];
    tags?: string[];
    customProperties?: ContractCustomProperty[];
  }[];
  constraints?: {
    id?: string;
    constraint: string;
    authoritativeDefinitions?: ContractAuthoritativeDefinition[];
    tags?: string[];
    customProperties?: ContractCustomProperty[];
  }[];
}
export interface ContractTable {
  id?: string;
  name: string;
  physicalType?: string;
  description?: string;
  businessName?: string;
  synonyms?: ContractSynonym[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  tags?: string[];
  customProperties?: ContractCustomProperty[];
  physicalName?: string;
  /**
   * Foreign keys.
   */
  relationships?: ContractTableRelationship[];
  quality?: ContractQuality[];
  deprecated?: boolean;
  context?: string | ContractContext;
  logicalType?: 'object';
  dataGranularityDescription?: string;
  properties?: ContractProperty[];
}
export interface ContractSynonym {
  id?: string;
  synonym: string;
  description?: string;
  locale?: string;
  source?: string;
  status?: string;
  customProperties?: ContractCustomProperty[];
}
/**
 * A foreign key from columns of this table.
 */
export interface ContractTableRelationship {
  id?: string;
  type?: 'foreignKey';
  /**
   * `table.column`, or `schema/table/properties/column`, or a list of such.
   *
   * @minItems 1
   */
  from: string | [string, ...string[]];
  /**
   * `table.column`, or `schema/table/properties/column`, or a list of such.
   *
   * @minItems 1
   */
  to: string | [string, ...string[]];
  customProperties?: ContractCustomProperty[];
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
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
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
export interface ContractProperty {
  id?: string;
  name: string;
  physicalType?: string;
  description?: string;
  businessName?: string;
  synonyms?: ContractSynonym[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  tags?: string[];
  physicalName?: string;
  customProperties?: ContractCustomProperty[];
  /**
   * Foreign keys of this column.
   */
  relationships?: ContractRelationship[];
  quality?: ContractQuality[];
  deprecated?: boolean;
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
  /**
   * The members of an object.
   */
  properties?: ContractProperty[];
  items?: ContractItem;
  map?: ContractMap;
}
/**
 * A foreign key from the property that it stands under.
 */
export interface ContractRelationship {
  id?: string;
  type?: 'foreignKey';
  /**
   * `table.column`, or `schema/table/properties/column`, or a list of such.
   *
   * @minItems 1
   */
  to: string | [string, ...string[]];
  customProperties?: ContractCustomProperty[];
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
  elementType?: string;
}
export interface ContractEnumValue {
  value: string | number | boolean | null;
  label?: string;
  id?: string;
  description?: string;
  customProperties?: ContractCustomProperty[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  tags?: string[];
}
/**
 * A property without a name of its own: a member of an array, a key or a value of a map.
 */
export interface ContractItem {
  id?: string;
  name?: string;
  physicalType?: string;
  description?: string;
  businessName?: string;
  synonyms?: ContractSynonym[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
  tags?: string[];
  physicalName?: string;
  customProperties?: ContractCustomProperty[];
  /**
   * Foreign keys of this column.
   */
  relationships?: ContractRelationship[];
  quality?: ContractQuality[];
  deprecated?: boolean;
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
  /**
   * The members of an object.
   */
  properties?: ContractProperty[];
  items?: ContractItem;
  map?: ContractMap;
}
export interface ContractMap {
  key: ContractItem;
  value: ContractItem;
}
export interface ContractSupport {
  id?: string;
  channel: string;
  url?: string;
  description?: string;
  tool?: string;
  scope?: string;
  invitationUrl?: string;
  customProperties?: ContractCustomProperty[];
}
export interface ContractPrice {
  id?: string;
  priceAmount?: number;
  priceCurrency?: string;
  priceUnit?: string;
}
export interface ContractTeam {
  id?: string;
  name?: string;
  description?: string;
  members?: ContractTeamMember[];
  tags?: string[];
  customProperties?: ContractCustomProperty[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
}
export interface ContractTeamMember {
  id?: string;
  username: string;
  name?: string;
  description?: string;
  role?: string;
  dateIn?: string;
  dateOut?: string;
  replacedByUsername?: string;
  tags?: string[];
  customProperties?: ContractCustomProperty[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
}
export interface ContractServiceLevel {
  id?: string;
  property: string;
  value: string | number | boolean | null;
  valueExt?: string | number | boolean | null;
  unit?: string;
  element?: string;
  driver?: string;
  description?: string;
  scheduler?: string;
  schedule?: string;
  customProperties?: ContractCustomProperty[];
  authoritativeDefinitions?: ContractAuthoritativeDefinition[];
}
