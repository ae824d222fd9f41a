// The names that contracts use for what DuckDB reads out of Parquet, without their parameters.
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  VARCHAR: ['VARCHAR', 'TEXT', 'STRING', 'CHAR', 'BPCHAR', 'NVARCHAR', 'UTF8', 'BYTE_ARRAY'],
  BOOLEAN: ['BOOLEAN', 'BOOL'],
  TINYINT: ['TINYINT', 'INT8'],
  SMALLINT: ['SMALLINT', 'INT2', 'INT16', 'SHORT'],
  INTEGER: ['INTEGER', 'INT', 'INT4', 'INT32'],
  BIGINT: ['BIGINT', 'INT64', 'LONG'],
  HUGEINT: ['HUGEINT', 'INT128'],
  UTINYINT: ['UTINYINT', 'UINT8'],
  USMALLINT: ['USMALLINT', 'UINT16'],
  UINTEGER: ['UINTEGER', 'UINT32'],
  UBIGINT: ['UBIGINT', 'UINT64'],
  FLOAT: ['FLOAT', 'REAL', 'FLOAT4', 'FLOAT32'],
  DOUBLE: ['DOUBLE', 'FLOAT8', 'FLOAT64', 'DOUBLE PRECISION'],
  DECIMAL: ['DECIMAL', 'NUMERIC'],
  DATE: ['DATE', 'DATE32'],
  TIME: ['TIME'],
  TIMESTAMP: ['TIMESTAMP', 'DATETIME', 'TIMESTAMP WITHOUT TIME ZONE', 'TIMESTAMP_NTZ'],
  'TIMESTAMP WITH TIME ZONE': ['TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ', 'TIMESTAMP_TZ'],
  UUID: ['UUID'],
  BLOB: ['BLOB', 'BYTEA', 'BINARY', 'VARBINARY'],
};

/** Whether a Parquet column of DuckDB's type `actual` is what a contract calls `declared`; undefined for a name that is not known. */
export function isPhysicalType(declared: string, actual: string): boolean | undefined {
  const wanted = /^([^()]*?)\s*(\([\d\s,]*\))?$/.exec(declared.trim().toUpperCase());
  const canonical = Object.entries(SYNONYMS).find(([, names]) => names.includes(wanted?.[1] ?? ''))?.[0];
  if (canonical === undefined) return undefined;
  const [, name = '', parameters] = /^([^()]*)(\(.*\))?$/.exec(actual) ?? [];
  const plain =
    name === 'TIMESTAMP_S' || name === 'TIMESTAMP_MS' || name === 'TIMESTAMP_NS' ? 'TIMESTAMP' : name;
  if (plain !== canonical) return false;
  // Parquet keeps a length for no text, but precision and scale for decimals.
  return (
    canonical !== 'DECIMAL' || wanted?.[2] === undefined || wanted[2].replaceAll(/\s/g, '') === parameters
  );
}
