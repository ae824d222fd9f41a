// floor.mjs FILE DESTINATIONS.json RULES: what a person gets who writes the checks by hand, in Node and DuckDB, for this data alone.
// RULES is one of
//   flights    the ten rules
//   ids        the ten rules, and the integer `id` unique by a bitmap
//   distinct   count(DISTINCT booking), DuckDB's own way to uniqueness
//   wide       200 conditions on 50 columns as one SELECT
//   start      DuckDB loaded and one SELECT
// Prints counts as JSON; exit code 1 where any is not zero. No digest, no places, no report: less than the tools it is held against do.
import { readFileSync } from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';

const [file, destinationsFile, rules] = process.argv.slice(2);
const connection = await (await DuckDBInstance.create(':memory:')).connect();

const counts = { flights, ids, distinct, wide, start };
const broken = await counts[rules]();
console.log(JSON.stringify(broken));
process.exit(Object.values(broken).some((count) => count > 0) ? 1 : 0);

async function select(sql) {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson();
}

/**
 * One pass that groups by the two airports, of which there are a few thousand pairs: pattern and set are then judged here, once a pair.
 * Only one who knows that there are few pairs can write this.
 */
async function flights() {
  const types = {
    date: 'TIMESTAMP',
    delay: 'BIGINT',
    distance: 'BIGINT',
    origin: 'VARCHAR',
    destination: 'VARCHAR',
  };
  const from = file.endsWith('.csv')
    ? `read_csv('${file}', header = true, columns = ${JSON.stringify(types).replaceAll('"', "'")})`
    : `read_parquet('${file}')`;
  const held = new Map(
    (await select(`DESCRIBE FROM ${from}`)).map((row) => [row.column_name, row.column_type]),
  );
  const destinations = new Set(JSON.parse(readFileSync(destinationsFile, 'utf8')));
  const pairs = await select(`SELECT origin, destination, count(*) AS n, count(*) - count(delay) AS no_delay,
      count(*) FILTER (delay NOT BETWEEN -1200 AND 2000) AS wild_delay, count(*) FILTER (distance < 0) AS negative, max(date) AS newest
    FROM ${from} GROUP BY ALL`);
  const rowsOf = (holds) => pairs.filter(holds).reduce((sum, { n }) => sum + Number(n), 0);
  const sumOf = (key) => pairs.reduce((sum, pair) => sum + Number(pair[key]), 0);
  const rows = rowsOf(() => true);
  const newest = pairs
    .map((pair) => pair.newest)
    .sort()
    .at(-1);
  return {
    types: Object.entries(types).filter(([name, type]) => held.get(name) !== type).length,
    rows: rows >= 1000 && rows <= 100_000_000 ? 0 : 1,
    delayNull: sumOf('no_delay'),
    originNull: rowsOf(({ origin }) => origin === null),
    destinationNull: rowsOf(({ destination }) => destination === null),
    delayRange: sumOf('wild_delay'),
    distanceRange: sumOf('negative'),
    originPattern: rowsOf(({ origin }) => origin !== null && !/^[A-Z0-9]{3}$/.test(origin)),
    destinationSet: rowsOf(({ destination }) => destination !== null && !destinations.has(destination)),
    stale: Date.now() - Date.parse(`${newest}Z`) < 20_000 * 86_400_000 ? 0 : 1,
  };
}

async function ids() {
  const [{ least, most }] = await select(`SELECT min(id) AS least, max(id) AS most FROM '${file}'`);
  const [{ repeats }] = await select(
    `SELECT count(id) - bit_count(bitstring_agg(id, ${least}, ${most})) AS repeats FROM '${file}'`,
  );
  return { ...(await flights()), repeats: Number(repeats) };
}

async function distinct() {
  const [{ repeats }] = await select(
    `SELECT count(booking) - count(DISTINCT booking) AS repeats FROM '${file}'`,
  );
  return { repeats: Number(repeats) };
}

async function wide() {
  const columns = (await select(`DESCRIBE FROM '${file}'`)).map(({ column_name }) => column_name);
  const conditions = columns.flatMap((c, index) =>
    index % 2 === 0
      ? [`${c} IS NULL`, `${c} < -100000`, `${c} > 1000000`, `${c} % 1 <> 0`]
      : [
          `${c} IS NULL`,
          `length(${c}) < 9`,
          `length(${c}) > 12`,
          `NOT regexp_full_match(${c}, '[A-Z0-9]{3}-[A-Z0-9]{3}-[0-9]+')`,
        ],
  );
  const [row] = await select(
    `SELECT ${conditions.map((condition, at) => `count(*) FILTER (WHERE ${condition}) AS n${at}`)} FROM '${file}'`,
  );
  return Object.fromEntries(Object.entries(row).map(([name, count]) => [name, Number(count)]));
}

async function start() {
  await select('SELECT 1');
  return {};
}
