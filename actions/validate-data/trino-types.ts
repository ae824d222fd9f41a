import { partsOf } from '../../core/toolkit/table/trino/cells.ts';

// The names that contracts use for Trino's types, those of Iceberg and Hive among them, by Trino's own without its parameters.
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  boolean: ['BOOLEAN', 'BOOL'],
  tinyint: ['TINYINT'],
  smallint: ['SMALLINT'],
  integer: ['INTEGER', 'INT'],
  bigint: ['BIGINT', 'LONG'],
  real: ['REAL', 'FLOAT'],
  double: ['DOUBLE', 'DOUBLE PRECISION'],
  decimal: ['DECIMAL', 'DEC', 'NUMERIC'],
  varchar: ['VARCHAR', 'CHARACTER VARYING', 'STRING', 'TEXT'],
  char: ['CHAR', 'CHARACTER'],
  varbinary: ['VARBINARY', 'BINARY'],
  json: ['JSON'],
  date: ['DATE'],
  time: ['TIME', 'TIME WITHOUT TIME ZONE'],
  'time with time zone': ['TIME WITH TIME ZONE'],
  timestamp: ['TIMESTAMP', 'TIMESTAMP WITHOUT TIME ZONE'],
  'timestamp with time zone': ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ'],
  'interval day to second': ['INTERVAL DAY TO SECOND'],
  'interval year to month': ['INTERVAL YEAR TO MONTH'],
  array: ['ARRAY', 'LIST'],
  map: ['MAP'],
  row: ['ROW', 'STRUCT'],
  uuid: ['UUID'],
  ipaddress: ['IPADDRESS'],
};

/** Whether a column's type is what a contract calls `declared`; parameters count where the contract gives them. Undefined for a name that is not known. */
export function isTrinoType(declared: string, type: string): boolean | undefined {
  const wanted = partsOf(declared.trim().toLowerCase().replaceAll(/\s+/g, ' ').replace(' (', '('));
  const actual = partsOf(type);
  const name = wanted.base.toUpperCase();
  const canonical = Object.entries(SYNONYMS).find(([, names]) => names.includes(name))?.[0];
  if (canonical === undefined) return undefined;
  if (canonical !== actual.base) return false;
  // decimal(10) is decimal(10,0).
  const parameters = canonical === 'decimal' ? wanted.parameters.replace(/^\d+$/, '$&,0') : wanted.parameters;
  return parameters === '' || parameters === actual.parameters;
}
