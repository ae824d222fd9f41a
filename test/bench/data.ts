import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { loadDuckDb } from '../../core/toolkit/natives.ts';

/** The files that lines read; each is made once and kept. */
export interface BenchData {
  readonly folder: string;
  readonly rows: number;
  /** Every destination of the flights, sorted. */
  readonly destinations: readonly string[];
  /** The record of the seeded bad row, from 1; its values never may be printed. */
  readonly badRecord: number;
}

/** The values of the seeded bad row. */
export const BAD_VALUES = { distance: -777, origin: 'q!7' };

export const WIDE_COLUMNS = 50;
export const WIDE_ROWS = 1_000_000;

/** How many times the bookings hold the flights. */
const COPIES = 10;
const SMALL_ROWS = 1000;

/**
 * Makes the data of the bench from the flights of the npm package vega-datasets (January to June 2001, its first `rows` of 3,000,000), the same rows
 * for the same recipe and DuckDB: a change of either has another folder.
 */
export async function makeData(under: string, rows: number): Promise<BenchData> {
  const source = path.resolve(
    import.meta.dirname,
    '../../node_modules/vega-datasets/data/flights-3m.parquet',
  );
  const { DuckDBInstance, version } = await loadDuckDb();
  const badRecord = Math.floor(rows * 0.78) + 1;
  const recipes = recipesOf(source, rows, badRecord);
  const recipe = createHash('sha256').update(
    JSON.stringify([
      version(),
      Object.entries(recipes).map(([name, { select }]) => [name, select.replaceAll(source, '')]),
    ]),
  );
  const folder = path.join(under, `data-${rows}-${recipe.digest('hex').slice(0, 8)}`);
  mkdirSync(folder, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', { memory_limit: '4GiB' });
  const connection = await instance.connect();
  try {
    for (const [name, recipe] of Object.entries(recipes)) await copy(connection, folder, name, recipe);
    return { folder, rows, destinations: await destinationsOf(connection, folder), badRecord };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

interface Recipe {
  readonly select: string;
  /** The order of rows is not that of the source: then it need not be kept in memory. */
  readonly unordered?: true;
}

function recipesOf(source: string, rows: number, badRecord: number): Readonly<Record<string, Recipe>> {
  const flights = `(SELECT date, delay, distance, origin, destination FROM '${source}' LIMIT ${rows})`;
  const numbered = `(SELECT row_number() OVER () AS record, * FROM ${flights})`;
  const isBad = `record = ${badRecord}`;
  const badRow = `SELECT date, delay, if(${isBad}, ${BAD_VALUES.distance}, distance) AS distance,
    if(${isBad}, '${BAD_VALUES.origin}', origin) AS origin, destination FROM ${numbered} ORDER BY record`;
  // An odd factor modulo a power of two is a bijection: the texts are unique, in no order, and longer than DuckDB keeps inline (12 bytes).
  const booking = (id: string): string =>
    `printf('%s-%s-%08x', origin, destination, ((${id}) * 2654435761) % 4294967296)`;
  return {
    'flights.parquet': { select: `FROM ${flights}` },
    'flights.csv': { select: `FROM ${flights}` },
    'flights-bad-row.parquet': { select: badRow },
    'flights-bad-row.csv': { select: badRow },
    'flights-bad-column.csv': {
      select: `SELECT date, delay || ' min' AS delay, distance, origin, destination FROM ${flights}`,
    },
    'few.csv': { select: `FROM ${flights} LIMIT ${SMALL_ROWS}` },
    'wide.parquet': { select: `SELECT ${wideColumns().join(', ')} FROM ${numbered} LIMIT ${WIDE_ROWS}` },
    'bookings.parquet': {
      select: `SELECT copy * ${rows} + record AS id, ${booking(`copy * ${rows} + record`)} AS booking, date, delay, distance, origin, destination
        FROM range(${COPIES}) AS copies(copy), ${numbered}`,
      unordered: true,
    },
    'bookings-twice.parquet': {
      select: `SELECT ${booking(`(copy // 2) * ${rows} + record`)} AS booking FROM range(${COPIES}) AS copies(copy), ${numbered}`,
      unordered: true,
    },
  };
}

/** Half of the columns are integers, half texts, all made of the flights and different from each other. */
function wideColumns(): string[] {
  return Array.from({ length: WIDE_COLUMNS }, (_, index) =>
    index % 2 === 0
      ? `delay + distance * ${index + 1} AS c${index}`
      : `origin || '-' || destination || '-' || (distance % ${index + 7}) AS c${index}`,
  );
}

async function copy(
  connection: DuckDBConnection,
  folder: string,
  name: string,
  { select, unordered }: Recipe,
): Promise<void> {
  const file = path.join(folder, name);
  if (existsSync(file)) return;
  console.log(`making ${name} …`);
  const partial = path.join(folder, `partial-${name}`);
  const form = name.endsWith('.csv') ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd';
  await connection.run(`SET preserve_insertion_order = ${unordered === undefined}`);
  await connection.run(`COPY (${select}) TO '${partial}' (${form})`);
  renameSync(partial, file);
}

async function destinationsOf(connection: DuckDBConnection, folder: string): Promise<readonly string[]> {
  const file = path.join(folder, 'destinations.json');
  if (!existsSync(file)) {
    const rows = await connection.runAndReadAll(
      `SELECT DISTINCT destination FROM '${path.join(folder, 'flights.parquet')}' ORDER BY 1`,
    );
    writeFileSync(file, JSON.stringify(rows.getRowsJson().flat()));
  }
  return JSON.parse(readFileSync(file, 'utf8')) as string[];
}
