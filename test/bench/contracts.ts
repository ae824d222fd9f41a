import { WIDE_COLUMNS } from './data.ts';

type Json = Readonly<Record<string, unknown>>;

const ROWS = { metric: 'rowCount', mustBeBetween: [1000, 100_000_000] };

/**
 * The ten rules on flights as an ODCS contract: the columns with their types, three required, two ranges, a pattern, a set, the number
 * of rows, freshness. `path` is where datacontract-cli finds the data.
 */
export function flightsContract(path: string, destinations: readonly string[]): Json {
  return contract('flights', path, {
    quality: [ROWS],
    properties: [
      { name: 'date', logicalType: 'timestamp', physicalType: 'TIMESTAMP' },
      integer('delay', { minimum: -1200, maximum: 2000 }, { required: true }),
      integer('distance', { minimum: 0 }),
      text('origin', { logicalTypeOptions: { pattern: '^[A-Z0-9]{3}$' } }),
      text('destination', {
        quality: [{ metric: 'invalidValues', arguments: { validValues: destinations }, mustBe: 0 }],
      }),
    ],
    slaProperties: [{ property: 'freshness', value: 20_000, unit: 'd', element: 'flights.date' }],
  });
}

/** The ten rules and a unique integer id, on ten times the flights. */
export function bookingsContract(path: string, destinations: readonly string[]): Json {
  const { schema, ...rest } = flightsContract(path, destinations) as { schema: { properties: Json[] }[] };
  const id = integer('id', undefined, { unique: true });
  const booking = { name: 'booking', logicalType: 'string', physicalType: 'VARCHAR' };
  return {
    ...rest,
    schema: schema.map((table) => ({
      ...table,
      properties: [...[id, booking].map(classified), ...table.properties],
    })),
  };
}

/** One rule that costs: a text column is unique. */
export function uniqueTextContract(path: string, extraColumns: 'ignore'): Json {
  const { schema, ...rest } = contract('bookings', path, {
    properties: [{ name: 'booking', logicalType: 'string', physicalType: 'VARCHAR', unique: true }],
  }) as { schema: Json[] };
  const customProperties = [{ property: 'greenlight.extraColumns', value: extraColumns }];
  return { ...rest, schema: schema.map((table) => ({ ...table, customProperties })) };
}

/** The options of the wide table's rules; floor.mjs says the same in SQL. */
const WIDE = {
  integers: { minimum: -100_000, maximum: 1_000_000, multipleOf: 1 },
  texts: { minLength: 9, maxLength: 12, pattern: '^[A-Z0-9]{3}-[A-Z0-9]{3}-[0-9]+$' },
};

/** 200 rules: four on each of 50 columns. */
export function wideContract(path: string): Json {
  const properties = Array.from({ length: WIDE_COLUMNS }, (_, index) =>
    index % 2 === 0
      ? integer(`c${index}`, WIDE.integers, { required: true })
      : text(`c${index}`, { logicalTypeOptions: WIDE.texts }),
  );
  return contract('wide', path, { properties });
}

function contract(
  name: string,
  path: string,
  {
    slaProperties,
    ...table
  }: { slaProperties?: readonly Json[]; quality?: readonly Json[]; properties: readonly Json[] },
): Json {
  return {
    apiVersion: 'v3.1.0',
    kind: 'DataContract',
    id: name,
    name,
    version: '1.0.0',
    status: 'active',
    servers: [{ server: 'here', type: 'local', path, format: path.endsWith('.csv') ? 'csv' : 'parquet' }],
    schema: [{ name, physicalName: name, ...table, properties: table.properties.map(classified) }],
    ...(slaProperties === undefined ? {} : { slaProperties }),
  };
}

/** Columns that say what they are are not searched for personal data: that is on a line of its own. */
function classified(property: Json): Json {
  return { ...property, classification: 'public' };
}

/** The same contract whose columns say nothing, so that personal data are sought in them. */
export function unclassified(contract: Json): Json {
  const { schema, ...rest } = contract as { schema: { properties: Json[] }[] };
  const silent = ({ classification: _, ...property }: Json): Json => property;
  return { ...rest, schema: schema.map((table) => ({ ...table, properties: table.properties.map(silent) })) };
}

function integer(name: string, logicalTypeOptions: Json | undefined, more: Json = {}): Json {
  return {
    name,
    logicalType: 'integer',
    physicalType: 'BIGINT',
    ...more,
    ...(logicalTypeOptions === undefined ? {} : { logicalTypeOptions }),
  };
}

function text(name: string, more: Json): Json {
  return { name, logicalType: 'string', physicalType: 'VARCHAR', required: true, ...more };
}
