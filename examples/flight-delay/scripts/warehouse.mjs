import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Flights of January to June 2001, from the npm package vega-datasets. It stands for the team's warehouse. */
const PACKAGE = createRequire(import.meta.url).resolve('vega-datasets');
const FLIGHTS = join(dirname(PACKAGE), '../data/flights-3m.parquet');

/** The columns that training, evaluation and monitoring share. Weekday 1 is Monday; late is more than 15 minutes. */
const COLUMNS = `
  date,
  date::DATE AS day,
  hour(date)::BIGINT AS hour,
  isodow(date)::BIGINT AS weekday,
  distance,
  origin,
  destination,
  delay,
  delay > 15 AS late`;

/** One thread, so that the bytes of a file are a function of its query alone. */
export async function connect() {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  return instance.connect();
}

/** Writes the result of a query to a Parquet file, whose folder is made where it is missing. */
export async function writeParquet(connection, query, path) {
  mkdirSync(dirname(path), { recursive: true });
  await connection.run(`COPY (${query}) TO ${quote(path)} (FORMAT parquet, COMPRESSION zstd)`);
}

/** Writes the flights from `from` until before `until` (YYYY-MM-DD), in order of their date, to a Parquet file. */
export async function writeFlights(connection, { from, until, path }) {
  const query = `SELECT ${COLUMNS} FROM ${quote(FLIGHTS)}
    WHERE date >= TIMESTAMP ${quote(from)} AND date < TIMESTAMP ${quote(until)}`;
  await writeParquet(connection, query, path);
}

function quote(text) {
  return `'${text.replaceAll("'", "''")}'`;
}
