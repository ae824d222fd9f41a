import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import action from '../../actions/validate-data/main.ts';
import { perform } from '../../cli/perform.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { makeHost } from '../../core/toolkit/host.ts';
import { openTrino, type Trino, type TrinoOptions } from '../../core/toolkit/table/trino/client.ts';
import type { RunOptions } from '../../core/toolkit/table/trino/protocol.ts';
import { type Double, rows, type Script, startDouble } from '../trino/double.ts';

const PASSWORD = 'a secret of the tests';
const LIMITS = { statement: 60_000, grace: 0, tries: 3, pause: 1 };

function addressOf(port: number, host = '127.0.0.1') {
  return { server: 'lake', host, port, catalog: 'hive', schema: 'sales' };
}

function openAt(double: Pick<Double, 'port'>, options: TrinoOptions = {}): Promise<Trino> {
  return openTrino(addressOf(double.port), { env: { TRINO_USER: 'tests' }, limits: LIMITS, ...options });
}

/** The code of the error that work ends with, and all that the error says. */
async function codeOf(work: () => Promise<unknown>): Promise<readonly [code: string, said: string]> {
  try {
    await work();
  } catch (thrown) {
    const said = `${String(thrown)} ${thrown instanceof GreenlightError ? thrown.mend : ''}`;
    return [thrown instanceof GreenlightError ? thrown.code : String(thrown), said];
  }
  return ['none', ''];
}

/** What one statement ends with on a double that plays a script. */
async function asked(
  script: Script,
  sql = 'SELECT 1',
  { options, limits = {} }: { readonly options?: RunOptions; readonly limits?: Partial<typeof LIMITS> } = {},
): Promise<{
  readonly code: string;
  readonly said: string;
  readonly rows: unknown;
  readonly double: Double;
}> {
  await using double = await startDouble(script);
  let answer: unknown;
  const [code, said] = await codeOf(async () => {
    await using trino = await openAt(double, { limits: { ...LIMITS, ...limits } });
    answer = await trino.query(sql, options);
  });
  return { code, said, rows: answer, double };
}

describe('a statement of Trino', () => {
  it('is one read-only transaction’s, in UTC, with a time limit', async () => {
    const { double, rows: told } = await asked([['SELECT 1', [rows([1])]]]);
    expect(told).toEqual([[1]]);
    expect(double.statements()).toEqual(['START TRANSACTION READ ONLY', 'SELECT 1', 'ROLLBACK']);
    const [start, ask] = double.seen;
    expect(start?.headers).toMatchObject({
      'x-trino-user': 'tests',
      'x-trino-transaction-id': 'NONE',
      'x-trino-time-zone': 'UTC',
      'x-trino-client-capabilities': 'PARAMETRIC_DATETIME',
      'x-trino-session': 'query_max_execution_time=60s',
    });
    expect(start?.headers.authorization).toBeUndefined();
    expect(ask?.headers['x-trino-transaction-id']).toBe('tx-q1');
  });

  it('is answered by all pages, whole numbers as they were written', async () => {
    const pages = [
      rows(),
      { rows: '[[1, 9223372036854775807], [2, -9223372036854775808]]' },
      rows(),
      { rows: '[[3, 1.5], ["9007199254740993", 1e30]]' },
    ];
    const { rows: told } = await asked([['SELECT 1', pages]]);
    expect(told).toEqual([
      [1, 9223372036854775807n],
      [2, -9223372036854775808n],
      [3, 1.5],
      ['9007199254740993', 1e30],
    ]);
  });

  it('fails where an error follows good rows, without a word of the server’s', async () => {
    const told = await asked([['SELECT 1', [rows([1], [2]), { error: 'INVALID_CAST_ARGUMENT' }]]]);
    expect(told).toMatchObject({ code: 'data/unreadable', rows: undefined });
    expect(told.said).toContain('INVALID_CAST_ARGUMENT');
    expect(told.said).not.toContain('SECRET');
  });

  it('is told by what happened to it', async () => {
    const codes: Record<string, readonly [error: string, type?: string]> = {
      'server/timeout': ['EXCEEDED_TIME_LIMIT', 'INSUFFICIENT_RESOURCES'],
      'server/exhausted': ['CLUSTER_OUT_OF_MEMORY', 'INSUFFICIENT_RESOURCES'],
      'server/no-database': ['CATALOG_NOT_FOUND'],
      'server/forbidden': ['PERMISSION_DENIED'],
      'server/canceled': ['USER_CANCELED'],
      'server/failed': ['HIVE_CANNOT_OPEN_SPLIT', 'EXTERNAL'],
    };
    for (const [code, [error, type]] of Object.entries(codes)) {
      const told = await asked([['SELECT 1', [{ error, ...(type === undefined ? {} : { type }) }]]]);
      expect([told.code, told.said.includes('SECRET')]).toEqual([code, false]);
    }
    const odd = await asked([['SELECT 1', [{ error: 'a SECRET for a name' }]]]);
    expect([odd.code, odd.said.includes('SECRET')]).toEqual(['data/unreadable', false]);
  });

  it('waits where the server puts it off, for a while', async () => {
    const { rows: told, double } = await asked([
      ['SELECT 1', [{ status: 503 }]],
      ['SELECT 1', [rows(), { status: 502 }, { status: 504 }, rows([1])]],
    ]);
    expect(told).toEqual([[1]]);
    expect(double.seen.map(({ method }) => method)).toEqual([
      'POST',
      'POST',
      'POST',
      'GET',
      'GET',
      'GET',
      'POST',
    ]);
    const busy = await asked([['SELECT 1', [{ status: 503 }]]]);
    expect([busy.code, busy.double.statements().length]).toEqual(['server/busy', 1 + 3 + 1]);
  });

  it('is run once more where the server failed, in a new transaction', async () => {
    const lost = { error: 'PAGE_TRANSPORT_TIMEOUT', type: 'INTERNAL_ERROR' };
    const told = await asked([
      ['SELECT 1', [rows([0]), lost]],
      ['SELECT 1', [rows([1])]],
    ]);
    expect(told.rows).toEqual([[1]]);
    const begin = 'START TRANSACTION READ ONLY';
    expect(told.double.statements()).toEqual([begin, 'SELECT 1', 'ROLLBACK', begin, 'SELECT 1', 'ROLLBACK']);
    const transactions = told.double.seen.map(({ headers }) => headers['x-trino-transaction-id']);
    expect(new Set(transactions).size).toBe(3);
    const count = async (error: string, type: string): Promise<number> => {
      const { double } = await asked([['SELECT 1', [{ error, type }]]]);
      return double.statements().filter((sql) => sql === 'SELECT 1').length;
    };
    expect(await count('PAGE_TRANSPORT_TIMEOUT', 'INTERNAL_ERROR')).toBe(2);
    expect(await count('UNKNOWN_TRANSACTION', 'USER_ERROR')).toBe(2);
    expect(await count('EXCEEDED_TIME_LIMIT', 'INSUFFICIENT_RESOURCES')).toBe(1);
    expect(await count('DIVISION_BY_ZERO', 'USER_ERROR')).toBe(1);
  });

  it('is ended on the server where it is given up', async () => {
    const slow: Script = [['SELECT 1', [rows([1]), 'hang', rows()]]];
    const late = await asked(slow, 'SELECT 1', { limits: { statement: 100 } });
    expect([late.code, late.double.seen.at(2)?.method, late.double.seen.at(3)?.method]).toEqual([
      'server/timeout',
      'GET',
      'DELETE',
    ]);
    expect(late.double.seen.at(3)?.path).toBe(late.double.seen.at(2)?.path);
    const reason = new Error('enough');
    const stop = new AbortController();
    await using double = await startDouble(slow);
    await using trino = await openAt(double);
    const query = trino.query('SELECT 1', { signal: stop.signal });
    await vi.waitFor(() => expect(double.seen.at(-1)?.method).toBe('GET'));
    stop.abort(reason);
    await expect(query).rejects.toBe(reason);
    expect(double.seen.at(-1)?.method).toBe('DELETE');
  });

  it('gives no more rows than are wanted', async () => {
    const told = await asked([['SELECT 1', [rows([1], [2]), rows([3]), rows([4])]]], 'SELECT 1', {
      options: { rows: 2 },
    });
    expect(told.code).toContain('more than 2 rows');
    expect(told.double.seen.map(({ method }) => method)).toContain('DELETE');
  });

  it('ends where the server goes away', async () => {
    expect((await asked([['SELECT 1', [rows([1]), 'cut', 'cut', 'cut', rows()]]])).code).toBe('server/lost');
    const gone = await startDouble([]);
    await gone[Symbol.asyncDispose]();
    expect((await codeOf(() => openAt(gone)))[0]).toBe('server/unreachable');
  });
});

describe('the credentials of Trino', () => {
  it('follow no address to another origin', async () => {
    await using other = await startDouble([]);
    const elsewhere = `http://127.0.0.1:${other.port}/v1/statement/executing/q1/1`;
    expect((await asked([['SELECT 1', [{ next: elsewhere }, rows([1])]]])).code).toBe('server/other-origin');
    const moved = [{ status: 307, location: elsewhere }] as const;
    expect((await asked([['SELECT 1', moved]])).code).toBe('server/unreachable');
    expect((await asked([['SELECT 1', [{ next: 'file:///etc/passwd' }]]])).code).toBe('server/other-origin');
    expect(other.seen).toEqual([]);
  });

  it('are told of as refused and never printed', async () => {
    await using double = await startDouble([['SELECT 1', [rows([1])]]], PASSWORD);
    const open = (password: string) =>
      openAt(double, {
        env: { TRINO_HOST: '127.0.0.1', TRINO_USER: 'tests', TRINO_PASSWORD: password },
      });
    await using trino = await open(PASSWORD);
    expect(await trino.query('SELECT 1')).toEqual([[1]]);
    const [code, said] = await codeOf(() => open('another secret'));
    expect(code).toBe('server/refused-credentials');
    expect(said).not.toContain('another secret');
  });

  it('go to the host alone that TRINO_HOST names, and not without encryption', async () => {
    const code = async (host: string, env: NodeJS.ProcessEnv): Promise<string> =>
      (await codeOf(() => openTrino(addressOf(9, host), { env, limits: { ...LIMITS, tries: 1 } })))[0];
    const secrets = { TRINO_USER: 'tests', TRINO_PASSWORD: PASSWORD };
    expect(await code('db.invalid', {})).toBe('server/no-credentials');
    expect(await code('db.invalid', secrets)).toBe('server/other-host');
    expect(await code('db.invalid', { ...secrets, TRINO_HOST: 'db' })).toBe('server/other-host');
    expect(await code('db.invalid', { TRINO_TOKEN: 'token', TRINO_HOST: 'db' })).toBe('server/other-host');
    const here = { ...secrets, TRINO_HOST: 'db.invalid' };
    expect(await code('db.invalid', { ...here, TRINO_TLS: 'off' })).toBe('server/not-encrypted');
    expect(await code('a/b', { TRINO_USER: 'tests' })).toBe('server/bad-host');
    expect(await code('me@localhost', { TRINO_USER: 'tests' })).toBe('server/bad-host');
  });

  it('go over TLS, which a plain server is refused by', async () => {
    await using double = await startDouble([]);
    const env = { TRINO_USER: 'tests', TRINO_PASSWORD: PASSWORD, TRINO_HOST: '127.0.0.1', TRINO_TLS: 'on' };
    expect((await codeOf(() => openAt(double, { env })))[0]).toBe('server/not-encrypted');
    expect(double.seen).toEqual([]);
  });
});

const CONTRACT = (port: number): string => `apiVersion: v3.2.0
kind: DataContract
id: x
version: 1.0.0
status: active
servers:
  - { server: lake, type: trino, host: 127.0.0.1, port: ${port}, catalog: hive, schema: Sales }
schema:
  - name: flights
    physicalName: Flights_2026
    properties:
      - { name: Delay, logicalType: integer, required: true, unique: true, logicalTypeOptions: { maximum: 60 } }
      - { name: carrier, logicalType: string }
    quality:
      - { type: sql, query: 'SELECT count(*) FROM {object} WHERE Delay < 0', mustBe: 0 }
`;

const COLUMNS = rows(['delay', 'integer'], ['carrier', 'varchar(2)']);

function planOf(...tables: readonly string[]): { readonly rows: string } {
  const inputs = tables.map((table) => ({
    table: { catalog: 'hive', schemaTable: { schema: 'sales', table } },
  }));
  return { rows: JSON.stringify([[JSON.stringify({ inputTableColumnInfos: inputs })]]) };
}

/** What a table is found to be, with some answers put before. */
function flights(...before: Script): Script {
  return [
    ...before,
    ['information_schema.columns', [rows(), COLUMNS]],
    ['EXPLAIN', [planOf('flights_2026')]],
    ['AS figure(value)', [rows([0, 'bigint'])]],
    ['GROUP BY', [rows(['0'])]],
    ['FILTER', [rows([1000, 3, 2])]],
    ['SELECT count(*) FROM', [rows([1000])]],
  ];
}

describe('validate-data on Trino', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'trino-'));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(root, { recursive: true, force: true });
  });

  async function judged(script: Script) {
    await using double = await startDouble(script);
    vi.stubEnv('TRINO_USER', 'tests');
    await writeFile(path.join(root, 'c.yaml'), CONTRACT(double.port));
    const said: string[] = [];
    const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
    const inputs: Record<string, string> = { contract: 'c.yaml' };
    const code = await perform(
      action,
      makeHost({}, root, '.greenlight/out', log, () => ''),
      {
        input: (name) => inputs[name],
        show: async (report) => void said.push(JSON.stringify(report)),
        outputs: () => {},
        annotate: () => {},
      },
    );
    const folder = path.join(root, '.greenlight', 'out', 'validate-data');
    const report = await readFile(path.join(folder, 'report.json'), 'utf8').catch(() => '{"findings":[]}');
    const statement = await readFile(path.join(folder, 'statement.json'), 'utf8').catch(() => '');
    const findings: readonly Record<string, unknown>[] = JSON.parse(report).findings ?? [];
    return { code, findings, statement, everything: `${said.join('\n')}${report}${statement}`, double };
  }

  it('counts what breaks the rules, where the table lies', async () => {
    const { code, findings, statement, double } = await judged(flights());
    expect(code).toBe(1);
    expect(findings.map(({ rule, count, places }) => [rule, count, places])).toEqual([
      ['flights.Delay.maximum', 3, []],
      ['flights.Delay.required', 2, []],
    ]);
    const scans = double.statements().filter((sql) => sql.includes('FILTER'));
    expect(scans).toEqual([
      'SELECT count(*), count(*) FILTER (WHERE c0 > 60), count(*) FILTER (WHERE c0 IS NULL) FROM (SELECT "Delay" AS c0 FROM "hive"."Sales"."Flights_2026")',
    ]);
    expect(statement).toContain('lake/hive.Sales.Flights_2026');
  });

  it('seeks personal data in columns that say nothing, in rows that a hash takes', async () => {
    const mails = Array.from({ length: 40 }, (_, index) => ['5', `zq${index}@example.com`]);
    const { findings, everything, double } = await judged(flights(['xxhash64', [rows(...mails)]]));
    expect(findings.filter(({ rule }) => String(rule).includes('privacy'))).toMatchObject([
      { rule: 'flights.privacy.undeclared.carrier', level: 'fail', rows: 1000 },
    ]);
    expect(everything).toContain('100 % of 40 sampled values (of 1000 rows) look like e-mail addresses');
    expect(everything).not.toContain('zq1');
    expect(double.statements().filter((sql) => sql.includes('xxhash64'))).toEqual([
      `SELECT CAST("Delay" AS varchar) AS v0, substr(CAST("carrier" AS varchar), 1, 1000) AS v1 FROM "hive"."Sales"."Flights_2026" ORDER BY from_big_endian_64(xxhash64(to_utf8(concat_ws(',', ARRAY['4711', CAST("Delay" AS varchar), CAST("carrier" AS varchar)])))) LIMIT 20000`,
    ]);
  });

  it('is an error where rows came or went meanwhile', async () => {
    const told = await judged(flights(['SELECT count(*) FROM "hive"', [rows([1001])]]));
    expect(told.everything).toContain('had 1000 rows, then 1001');
    expect(told.code).not.toBe(0);
  });

  it('runs no SQL rule that reads other tables, and tells of one that fails', async () => {
    const refused = await judged(flights(['EXPLAIN', [planOf('flights_2026', 'salaries')]]));
    expect(refused.everything).toContain('it reads a table that the contract does not declare');
    expect(refused.double.statements().filter((sql) => sql.startsWith('WITH'))).toEqual([]);
    const written = await judged(flights(['EXPLAIN', [rows(['DROP TABLE flights'])]]));
    expect(written.everything).toContain('Trino gives no plan of it that only reads');
    const failed = await judged(
      flights(
        ['AS figure(value) LIMIT 2', [planOf('flights_2026')]],
        ['AS figure(value) LIMIT 2', [{ error: 'DIVISION_BY_ZERO' }]],
      ),
    );
    expect(failed.everything).toContain('it divides by zero');
    expect(failed.everything).not.toContain('SECRET');
  });

  it('tells nothing of what the server says, whatever fails', async () => {
    for (const part of ['information_schema', 'FILTER', 'GROUP BY', 'EXPLAIN', 'START']) {
      for (const [error, type] of [
        ['INVALID_CAST_ARGUMENT', 'USER_ERROR'],
        ['GENERIC_INTERNAL_ERROR', 'INTERNAL_ERROR'],
      ] as const) {
        const told = await judged(flights([part, [rows(), { error, type }]]));
        expect([part, error, told.code === 0, told.everything.includes('SECRET')]).toEqual([
          part,
          error,
          false,
          false,
        ]);
      }
    }
  });

  it('names the table that was meant', async () => {
    const none = await judged([
      ['information_schema.columns', [rows()]],
      ['information_schema.tables', [rows(['flights_2025'])]],
    ]);
    expect(none.everything).toContain('did you mean `flights_2025`');
  });
});
