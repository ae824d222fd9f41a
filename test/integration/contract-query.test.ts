import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadDuckDb } from '../../core/toolkit/natives.ts';
import {
  type ContractQueries,
  type ContractTable,
  openContractQueries,
  type QueryOutcome,
} from '../../core/toolkit/table/contract-query/contract-queries.ts';
import { fillQuery } from '../../core/toolkit/table/contract-query/fill-query.ts';
import { literal } from '../../core/toolkit/table/sql.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MARKER = 'MARKER7F3A';
const LIMITS = { seconds: 20, mebibytes: 512 };
const ODD = 'we"ird $1 {property} \'名前.csv';

let folder: string;
let tables: readonly ContractTable[];
let queries: ContractQueries;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'contract-query-'));
  const flights = path.join(folder, 'flights [2001].csv');
  writeFileSync(flights, `c0,c1,c2\nLAS,5,1.5\nJFK,,2.25\n${MARKER},-3,300\n`);
  const airports = path.join(folder, 'airports.parquet');
  const { DuckDBInstance } = await loadDuckDb();
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(
    `COPY (SELECT * FROM (VALUES ('LAS', 9007199254740993), ('JFK', 1)) t(code, visitors)) TO ${literal(airports)}`,
  );
  connection.closeSync();
  writeFileSync(path.join(folder, 'secret.csv'), `x\n${MARKER}\n`);
  const csv = `read_csv(${literal(flights.replace('[', '[[]'))}, columns = {'c0': 'VARCHAR', 'c1': 'VARCHAR', 'c2': 'VARCHAR'}, auto_detect = false, header = true)`;
  const columns = [
    { name: 'code', sql: '"code"' },
    { name: 'CODE', sql: '"code"' },
    { name: 'visitors', sql: '"visitors"' },
    { name: 'n_visitors', sql: '"visitors"' },
  ];
  tables = [
    {
      name: 'flights',
      files: [flights],
      from: csv,
      columns: [
        { name: 'origin', sql: 'c0' },
        { name: 'select', sql: 'TRY_CAST(c1 AS BIGINT)' },
        { name: 'distance', sql: 'CAST(c2 AS DECIMAL(10, 2))' },
        { name: ODD, sql: 'c1' },
      ],
    },
    {
      name: 'airports',
      files: [airports],
      from: `read_parquet(${literal(airports)})`,
      columns,
    },
    // The same table and column under their physical names.
    { name: 'Airports_2001', files: [airports], from: `read_parquet(${literal(airports)})`, columns },
    { name: 'AIRPORTS', files: [airports], from: `read_parquet(${literal(airports)})`, columns },
    { name: ODD, files: [flights], from: csv, columns: [{ name: 'n', sql: 'TRY_CAST(c1 AS BIGINT)' }] },
  ];
  queries = openContractQueries(tables, LIMITS);
});

afterAll(async () => {
  await queries[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const value = (what: number | boolean, counts = false): QueryOutcome => ({
  kind: 'value',
  value: what,
  counts,
});
const refused = (reason: string): QueryOutcome => ({ kind: 'refused', reason });
const failed = (reason: string): QueryOutcome => ({ kind: 'failed', reason });

describe('a query of a contract', () => {
  it.each([
    ['SELECT count(*) FROM flights', value(3, true)],
    ['SELECT count({property}) FROM {object}', value(2, true)],
    ['SELECT min({property}) FROM {object}', value(-3)],
    ['SELECT bool_and(distance > 1) FROM flights', value(true)],
    ['SELECT sum(distance) FROM flights', value(303.75)],
    ['SELECT avg(distance) FROM flights', value(101.25)],
    ['SELECT count(*) FROM flights LEFT JOIN airports ON origin = code WHERE code IS NULL', value(1, true)],
    ['SELECT max(r) FROM (SELECT rank() OVER (ORDER BY distance) AS r FROM flights)', value(3)],
    ['WITH flights AS (SELECT 1 AS one) SELECT sum(one) FROM flights', value(1)],
    ['SELECT sum(visitors) > 1 FROM airports', value(true)],
    [
      'SELECT count(a.n_visitors) FROM Airports_2001 a JOIN airports b USING (code) WHERE a.visitors = b.visitors',
      value(2, true),
    ],
    ['SELECT CAST(sum(visitors) AS DOUBLE) FROM airports', value(9007199254740994)],
    [
      "SELECT count(*) FROM flights WHERE DATE '2001-01-31' + INTERVAL 1 MONTH = DATE '2001-02-28'",
      value(3, true),
    ],
  ])('%s', async (query, outcome) => {
    expect(await queries.run(fillQuery(query, 'flights', 'select'))).toEqual(outcome);
  });

  it('reads tables and columns of odd names', async () => {
    expect(await queries.run(fillQuery('SELECT count({property}) FROM {object}', ODD, 'n'))).toEqual(
      value(2, true),
    );
    expect(await queries.run(fillQuery('SELECT count({property}) FROM {object}', 'flights', ODD))).toEqual(
      value(2, true),
    );
  });

  it('waits for its turn', async () => {
    const all = [1, 2, 3, 4].map((number) => queries.run(`SELECT ${number}`));
    expect(await Promise.all(all)).toEqual([value(1), value(2), value(3), value(4)]);
  });
});

describe('the result', () => {
  it.each([
    [
      'SELECT max(origin) FROM flights',
      'it gives a value of the type VARCHAR; a rule’s query gives a number or a boolean',
    ],
    [
      'SELECT flights FROM flights LIMIT 1',
      'it gives a value of the type STRUCT; a rule’s query gives a number or a boolean',
    ],
    [
      "SELECT DATE '2001-01-01'",
      'it gives a value of the type DATE; a rule’s query gives a number or a boolean',
    ],
    [
      'SELECT max(distance) FROM flights WHERE false',
      'it gives NULL; a rule’s query gives a number or a boolean',
    ],
    ['SELECT distance FROM flights', 'it gives several rows; a rule’s query gives one'],
    ['SELECT distance FROM flights WHERE false', 'it gives no row; a rule’s query gives one'],
    ['SELECT count(*), 1 FROM flights', 'it gives 2 columns; a rule’s query gives one'],
    [
      'SELECT count(*) / 0 FROM flights',
      'it gives an infinity or NaN, as a division by zero does: put the divisor in nullif(…, 0)',
    ],
    [
      'SELECT sum(visitors) FROM airports',
      'it gives a number beyond 2^53, which can’t be compared exactly: cast it to DOUBLE',
    ],
    [
      'SELECT CAST(90071992547409.93 AS DECIMAL(38, 2))',
      'it gives a number beyond 2^53, which can’t be compared exactly: cast it to DOUBLE',
    ],
  ])('is refused: %s', async (query, reason) => {
    expect(await queries.run(query)).toEqual(refused(reason));
  });

  it('is not read on when it has a million rows', async () => {
    const query = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000), m AS (FROM n)
      SELECT a.i FROM m a, m b`;
    expect(await queries.run(query)).toEqual(refused('it gives several rows; a rule’s query gives one'));
  });
});

describe('an error', () => {
  it.each([
    [
      'SELECT count(CAST(origin AS INTEGER)) FROM flights',
      'a value has another form than the type that the query casts it to; try_cast gives NULL there',
    ],
    [
      "SELECT count(strptime(origin, '%Y')) FROM flights",
      'a value is none that a function of the query can take',
    ],
    [
      'SELECT sum(CAST(distance AS TINYINT)) FROM flights',
      'a value has another form than the type that the query casts it to; try_cast gives NULL there',
    ],
    ['SELECT max(visitors * 9007199254740993) FROM airports', 'a number goes beyond what its type holds'],
    [
      "SELECT count(*) FROM flights WHERE regexp_matches(origin, '(')",
      'a value is none that a function of the query can take',
    ],
    ['SELECT count(*) FROM flights WHERE dleay > 3', 'it names `dleay`, which is no column of its tables'],
    ['SELECT count(*) FROM flights WHERE code = 1', 'its names or types do not fit together'],
    ['SELECT count(*) FROM flights WHERE distance + true > 1', 'its names or types do not fit together'],
  ])('is told without a value: %s', async (query, reason) => {
    const outcome = await queries.run(query);
    expect(outcome).toEqual(failed(reason));
    expect(JSON.stringify(outcome)).not.toMatch(/MARKER|LAS|9007199254740993|300/);
  });
});

describe('what is refused before it runs', () => {
  it.each([
    [
      `SELECT count(*) FROM read_csv('${'secret.csv'}')`,
      'it reads from the function `read_csv`; SQL rules read tables of the contract alone',
    ],
    ["SELECT count(*) FROM 'secret.csv'", 'the table `secret.csv` is none of the contract’s'],
    ["COPY flights TO 'out.csv'", 'it is no SELECT; a rule is one SELECT'],
    [
      `SELECT error('${MARKER.slice(0, 3)}')`,
      'it calls `error`, which is none of the functions that SQL rules may call',
    ],
    ['SELECT count(*) FROM passengers', 'the table `passengers` is none of the contract’s'],
    ['SELECT 1\0; SELECT 2', 'it holds a NUL character'],
  ])('%s', async (query, reason) => {
    expect(await queries.run(query)).toEqual(refused(reason));
  });

  it('is longer than any rule', async () => {
    expect(await queries.run(`SELECT ${'1 + '.repeat(20_000)}1`)).toEqual(
      refused('it is longer than 65536 bytes'),
    );
  });

  it('is a file that a table reads and does not name', async () => {
    const secret = path.join(folder, 'secret.csv');
    const table = { name: 't', from: `read_csv(${literal(secret)})`, columns: [{ name: 'x', sql: 'x' }] };
    await using named = openContractQueries([{ ...table, files: [secret] }], LIMITS);
    expect(await named.run('SELECT count(*) FROM t')).toEqual(value(1, true));
    await using other = openContractQueries([{ ...table, files: [folder] }], LIMITS);
    expect(await other.run('SELECT 1')).toEqual(
      failed('DuckDB could not be started, or the data could not be opened'),
    );
  });
});

describe('the limits', () => {
  const endless = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n';
  const product = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000), m AS (FROM n)
    SELECT count(*) FROM m a, m b, m c, m d WHERE sqrt(a.i + b.i + c.i + d.i) = 0.5`;
  const gigabytes = `SELECT length(${'replace('.repeat(9)}'aaaaaaaaaa'${", 'a', 'aaaaaaaaaa')".repeat(9)})`;
  const platform = process.platform;

  afterEach(() => Object.defineProperty(process, 'platform', { value: platform }));

  it.each([
    ['a recursion without end', endless],
    ['a product of tables', product],
  ])('kill %s at its time, and the next query runs', async (_name, query) => {
    await using limited = openContractQueries(tables, { seconds: 1, mebibytes: 512 });
    const start = performance.now();
    expect(await limited.run(query)).toEqual(failed('it ran longer than 1 s'));
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(await limited.run('SELECT count(*) FROM flights')).toEqual(value(3, true));
  });

  it('kill what takes gigabytes at its memory, and the next query runs', async () => {
    await using limited = openContractQueries(tables, { seconds: 60, mebibytes: 384 });
    expect(await limited.run(gigabytes)).toEqual(failed('it needs more than 384 MiB of memory'));
    expect(await limited.run('SELECT count(*) FROM flights')).toEqual(value(3, true));
  }, 90_000);

  it('count what a query takes itself, not what others left', async () => {
    const hungry = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500), m AS (FROM n)
      SELECT count(*) FROM (SELECT a.i * 10000 + b.i AS k, count(*) FROM m a, m b GROUP BY 1)`;
    const modest = "SELECT length(lpad('x', 80000000, 'y'))";
    await using limited = openContractQueries(tables, { seconds: 60, mebibytes: 400 });
    expect(await limited.run(hungry)).toEqual(value(2_250_000));
    expect(await limited.run(modest)).toEqual(value(80_000_000));
  }, 90_000);

  it('hold where the process must watch its own memory', async () => {
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    await using limited = openContractQueries(tables, { seconds: 60, mebibytes: 384 });
    expect(await limited.run(gigabytes)).toEqual(failed('it needs more than 384 MiB of memory'));
  }, 90_000);

  it.runIf(platform === 'linux')('leave no process and no file behind', async () => {
    await queries[Symbol.asyncDispose]();
    const children = readdirSync('/proc').filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/status`, 'latin1').includes(`\nPPid:\t${process.pid}\n`);
      } catch {
        return false;
      }
    });
    expect(children).toEqual([]);
    const scratch = readdirSync(process.env['RUNNER_TEMP'] ?? tmpdir());
    expect(
      scratch.filter((name) => name.startsWith('greenlight-') && name.includes(`-${process.pid}-`)),
    ).toEqual([]);
  });
});

describe('the bundle', () => {
  it('has the process beside it', async () => {
    const child = fork(path.join(ROOT, 'dist', 'query-process.js'), {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const scratch = mkdtempSync(path.join(folder, 'scratch-'));
    expect(
      await ask(child, { ask: 'open', tables, folder: scratch, mebibytes: 512, watchItself: false }),
    ).toEqual({
      say: 'ready',
    });
    expect(await ask(child, { ask: 'query', query: 'SELECT count(*) FROM flights' })).toEqual({
      say: 'outcome',
      outcome: value(3, true),
    });
    const ended = new Promise((resolve) => child.once('exit', (_code, signal) => resolve(signal)));
    child.disconnect();
    expect(await ended).toBe('SIGKILL');
  });

  function ask(child: ChildProcess, request: object): Promise<unknown> {
    return new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the process ended with ${code}`)));
      child.send(request);
    });
  }
});
