import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { duckDbGround } from '../../actions/validate-data/duckdb-ground.ts';
import type { Ground } from '../../actions/validate-data/ground.ts';
import { judge } from '../../actions/validate-data/judge.ts';
import { rulesOf } from '../../actions/validate-data/rules.ts';
import { trinoGround } from '../../actions/validate-data/trino-ground.ts';
import { readContract } from '../../core/formats/contract.ts';
import { type DataTable, openEngine, openTable } from '../../core/toolkit/table/open.ts';
import { openTrino } from '../../core/toolkit/table/trino/client.ts';
import { describeTrinoTable, type TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import type { Cluster } from './cluster.ts';

/** A table of a test: columns as `name type` in SQL that Trino and DuckDB know, cells as texts that both cast; null is NULL. */
export interface Rows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | null)[])[];
}

/** What became of a table, by rule: `fail 2`, `error not evaluated: …`. */
export interface Told {
  readonly rows: number;
  readonly rules: Readonly<Record<string, string>>;
}

const NOW = new Date('2026-03-01T00:00:00Z');
const noQueries = async () => ({ value: undefined, reason: 'no queries here' });

/** A contract of tables by name, the properties of each in YAML. */
export function contractOf(tables: Record<string, string>, rest = ''): string {
  const schema = Object.entries(tables).map(
    ([name, properties]) => `  - name: ${name}\n    properties:\n${properties.replaceAll(/^/gm, '      ')}\n`,
  );
  return `apiVersion: v3.2.0\nkind: DataContract\nid: x\nversion: 1.0.0\nstatus: active\nschema:\n${schema.join('\n')}\n${rest}`;
}

async function told(ground: Ground, contract: string): Promise<Told> {
  const read = readContract(contract, 'c.yaml');
  const own = (read.document.schema?.[0]?.name ?? '').length + 1;
  const { rows, outcomes } = await judge(ground, rulesOf(read, 0, NOW));
  const rules = outcomes.map(({ rule, status, count, reason }) => {
    const said = status === 'pass' ? '' : (reason ?? String(count));
    return [rule.id.slice(own), `${status} ${said}`.trim()] as const;
  });
  return { rows, rules: Object.fromEntries(rules) };
}

/** Judges the first of the tables in Trino: those that are given with their rows, or are `there`. */
export async function inTrino(
  { port, run }: Cluster,
  contract: string,
  data: Record<string, Rows>,
  there: readonly string[] = Object.keys(data),
): Promise<Told> {
  for (const [name, { columns, rows }] of Object.entries(data)) {
    const types = columns.map(typeOf);
    const cells = rows.map((row) => `(${row.map((cell, at) => cast(cell, types[at])).join(', ')})`);
    await run(`DROP TABLE IF EXISTS "${name}"`, `CREATE TABLE "${name}" (${columns.join(', ')})`);
    if (cells.length > 0) await run(`INSERT INTO "${name}" VALUES ${cells.join(', ')}`);
  }
  const address = { server: 'test', host: '127.0.0.1', port, catalog: 'memory', schema: 'default' };
  await using trino = await openTrino(address, { env: { TRINO_USER: 'tests' } });
  const tables = new Map<string, TrinoTable>();
  const declared = readContract(contract, 'c.yaml').document.schema ?? [];
  for (const name of there) {
    const spellings = declared.find((table) => table.name === name)?.properties?.map((one) => one.name);
    tables.set(name, await describeTrinoTable(trino, name, spellings));
  }
  return await told(trinoGround(trino, firstOf(tables), tables, noQueries), contract);
}

/** Judges the first of the tables in files, read by DuckDB. */
export async function inFiles(
  contract: string,
  data: Record<string, Rows>,
  format: 'csv' | 'parquet',
): Promise<Told> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trino-suite-'));
  try {
    await using engine = await openEngine({ threads: 1 });
    const tables = new Map<string, DataTable>();
    for (const [name, rows] of Object.entries(data)) {
      const file = path.join(folder, `${name}.${format}`);
      await (format === 'csv' ? csv(file, rows) : parquet(file, rows));
      tables.set(name, await openTable(file, { name, engine }));
    }
    return await told(duckDbGround(firstOf(tables), tables, noQueries), contract);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Judges what a SELECT of DuckDB gives, written to Parquet. */
export async function inParquet(contract: string, select: string): Promise<Told> {
  const folder = await mkdtemp(path.join(tmpdir(), 'trino-suite-'));
  try {
    const file = path.join(folder, 't.parquet');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await connection.run(`COPY (${select}) TO '${file}' (FORMAT parquet)`);
    await using table = await openTable(file, { name: 't' });
    return await told(duckDbGround(table, new Map([['t', table]]), noQueries), contract);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function firstOf<T>(tables: ReadonlyMap<string, T>): T {
  const [first] = tables.values();
  if (first === undefined) throw new Error('no table');
  return first;
}

function typeOf(column: string): string {
  return column.replace(/^("[^"]*"|\S+) /, '');
}

function nameOf(column: string): string {
  return column.slice(0, column.length - typeOf(column).length - 1).replaceAll('"', '');
}

function cast(cell: string | null, type = 'varchar'): string {
  return cell === null ? 'NULL' : `CAST('${cell.replaceAll("'", "''")}' AS ${type})`;
}

async function csv(file: string, { columns, rows }: Rows): Promise<void> {
  const quote = (cell: string | null): string => (cell === null ? '' : `"${cell.replaceAll('"', '""')}"`);
  await writeFile(
    file,
    `${[columns.map(nameOf), ...rows].map((row) => row.map(quote).join(',')).join('\n')}\n`,
  );
}

async function parquet(file: string, { columns, rows }: Rows): Promise<void> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  await connection.run("SET TimeZone = 'UTC'");
  const selects = rows.map(
    (row) =>
      `SELECT ${row.map((cell, at) => `${cast(cell, typeOf(columns[at] ?? ''))} AS "${nameOf(columns[at] ?? '')}"`).join(', ')}`,
  );
  await connection.run(`COPY (${selects.join(' UNION ALL ')}) TO '${file}' (FORMAT parquet)`);
}
