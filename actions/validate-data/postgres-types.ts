import type { PostgresColumn } from '../../core/toolkit/table/postgres/describe.ts';

// The names that contracts use for PostgreSQL's types, by the type's name in the catalog, without their parameters.
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  int2: ['SMALLINT', 'INT2', 'SMALLSERIAL', 'SERIAL2'],
  int4: ['INTEGER', 'INT', 'INT4', 'SERIAL', 'SERIAL4'],
  int8: ['BIGINT', 'INT8', 'BIGSERIAL', 'SERIAL8'],
  numeric: ['NUMERIC', 'DECIMAL', 'DEC'],
  float4: ['REAL', 'FLOAT4'],
  float8: ['DOUBLE PRECISION', 'DOUBLE', 'FLOAT8', 'FLOAT'],
  text: ['TEXT'],
  varchar: ['CHARACTER VARYING', 'VARCHAR'],
  bpchar: ['CHARACTER', 'CHAR', 'BPCHAR'],
  citext: ['CITEXT'],
  name: ['NAME'],
  bool: ['BOOLEAN', 'BOOL'],
  date: ['DATE'],
  time: ['TIME', 'TIME WITHOUT TIME ZONE'],
  timetz: ['TIMETZ', 'TIME WITH TIME ZONE'],
  timestamp: ['TIMESTAMP', 'TIMESTAMP WITHOUT TIME ZONE'],
  timestamptz: ['TIMESTAMPTZ', 'TIMESTAMP WITH TIME ZONE'],
  interval: ['INTERVAL'],
  uuid: ['UUID'],
  bytea: ['BYTEA'],
  json: ['JSON'],
  jsonb: ['JSONB'],
  xml: ['XML'],
  inet: ['INET'],
  cidr: ['CIDR'],
  macaddr: ['MACADDR'],
  bit: ['BIT'],
  varbit: ['BIT VARYING', 'VARBIT'],
  money: ['MONEY'],
};

/** Whether a column's type is what a contract calls `declared`; parameters count where the contract gives them. Undefined for a name that is not known. */
export function isPostgresType(declared: string, { type, base }: PostgresColumn): boolean | undefined {
  const wanted = normal(declared);
  const actual = normal(type);
  if (wanted.whole === actual.whole) return true;
  // What users name themselves: with its schema or without.
  if (base === 'enum' && actual.whole.endsWith(`.${wanted.whole}`)) return true;
  const canonical = Object.entries(SYNONYMS).find(([, names]) => names.includes(wanted.name))?.[0];
  if (canonical === undefined) return undefined;
  if (base !== (wanted.list ? `_${canonical}` : canonical)) return false;
  return wanted.parameters === '' || wanted.parameters === actual.parameters;
}

/** A type's name in capitals without its parameters, these as PostgreSQL writes them, and whether it is an array. */
function normal(type: string): {
  readonly whole: string;
  readonly name: string;
  readonly parameters: string;
  readonly list: boolean;
} {
  const whole = type.trim().toUpperCase().replaceAll(/\s+/g, ' ');
  const list = whole.endsWith('[]');
  const [written = ''] = /\([^()]*\)/.exec(whole) ?? [];
  const name = whole
    .replace(/\[\]$/, '')
    .replace(/ ?\([^()]*\)/, '')
    .trim();
  const plain = written.replaceAll(/\s/g, '');
  const decimal = ['NUMERIC', 'DECIMAL', 'DEC'].includes(name);
  // numeric(10) is numeric(10,0).
  const parameters = decimal ? plain.replace(/^\((\d+)\)$/, '($1,0)') : plain;
  return { whole, name, parameters, list };
}
