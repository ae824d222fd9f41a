import { readFileSync } from 'node:fs';
import { isIP, type Socket } from 'node:net';
import type { Client, ClientConfig, QueryArrayConfig } from 'pg';
import { GreenlightError } from '../../../kernel/errors.ts';
import { codeOf, connectError, isLost, queryError } from './errors.ts';

/** A server of a contract. */
export interface PostgresAddress {
  /** As the contract calls it. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** How long the server may take, in milliseconds. */
export interface PostgresLimits {
  readonly connect: number;
  readonly statement: number;
}

/** Values as the server writes them; NULL is null. */
export type TextRows = readonly (readonly (string | null)[])[];

/** A connection within one read-only transaction: all that is read comes from one moment. */
export interface Postgres extends AsyncDisposable {
  readonly address: PostgresAddress;
  /** Runs one statement. */
  query(sql: string, values?: readonly string[]): Promise<TextRows>;
  /** Runs one statement for at most so many seconds; where it fails, its SQLSTATE, and the transaction goes on. */
  attempt(sql: string, seconds: number): Promise<TextRows | { readonly state: string }>;
}

const GOODBYE_MS = 2000;
const LIMITS: PostgresLimits = { connect: 10_000, statement: 600_000 };

/** What the session is set to, so that neither the role's nor the database's settings change what a query means. */
const SETTINGS: readonly string[] = [
  // Names of ours are qualified; what users define shadows nothing.
  "search_path = 'pg_catalog'",
  "TimeZone = 'UTC'",
  "DateStyle = 'ISO, YMD'",
  'extra_float_digits = 1',
  'standard_conforming_strings = on',
  // A row policy that would hide rows is an error.
  'row_security = off',
];

/**
 * Connects with the user and the password that the environment has (PGUSER, PGPASSWORD) and begins a read-only transaction. A password is sent
 * to the host alone that PGHOST names. Beyond this computer the connection is encrypted and the certificate verified (against PGSSLROOTCERT
 * where that is set), unless PGSSLMODE is `disable`. Throws `server/no-credentials`, `server/other-host`, `server/refused-credentials`,
 * `server/no-database`, `server/unreachable`, `server/not-encrypted`, `server/encoding`, and while reading `server/lost`, `server/timeout`,
 * `server/forbidden`, `server/conflict`, `server/exhausted`, `data/unreadable`. No message is PostgreSQL's own: those quote rows.
 */
export async function openPostgres(
  address: PostgresAddress,
  env: NodeJS.ProcessEnv = process.env,
  limits: PostgresLimits = LIMITS,
): Promise<Postgres> {
  const config = configOf(address, env, limits);
  const { default: pg } = await import('pg');
  const client = new pg.Client(config);
  // Told by the query that meets it; without a listener it would end the process.
  client.on('error', () => {});
  try {
    await client.connect();
  } catch (thrown) {
    await close(client);
    throw connectError(thrown, address);
  }
  const query = async (sql: string, values: readonly string[] = []): Promise<TextRows> => {
    try {
      return await rowsOf(client, sql, values);
    } catch (thrown) {
      throw queryError(thrown, address);
    }
  };
  try {
    await query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
    for (const setting of [...SETTINGS, `statement_timeout = ${limits.statement}`])
      await query(`SET LOCAL ${setting}`);
    await mustBeUtf8(query, address);
  } catch (thrown) {
    await close(client);
    throw thrown;
  }
  return {
    address,
    query,
    async attempt(sql, seconds) {
      await query('SAVEPOINT attempt');
      await query(`SET LOCAL statement_timeout = ${1000 * seconds}`);
      let outcome: TextRows | { readonly state: string };
      try {
        outcome = await rowsOf(client, sql, []);
      } catch (thrown) {
        const state = codeOf(thrown);
        if (!/^[0-9A-Z]{5}$/.test(state) || isLost(thrown)) throw queryError(thrown, address);
        outcome = { state };
      }
      await query('ROLLBACK TO SAVEPOINT attempt');
      return outcome;
    },
    [Symbol.asyncDispose]: () => close(client),
  };
}

/** Says goodbye; a server that does not answer to that is left. */
async function close(client: Client): Promise<void> {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Socket } }).connection;
  const patience = setTimeout(() => stream.destroy(), GOODBYE_MS);
  await client.end().catch(() => {});
  clearTimeout(patience);
}

async function rowsOf(client: Client, text: string, values: readonly string[]): Promise<TextRows> {
  // The extended protocol takes one statement a request.
  const config: QueryArrayConfig & { readonly queryMode: 'extended' } = {
    text,
    values: [...values],
    rowMode: 'array',
    queryMode: 'extended',
  };
  const { rows } = await client.query<(string | null)[]>(config);
  return rows;
}

function configOf(
  { server, host, port, database }: PostgresAddress,
  env: NodeJS.ProcessEnv,
  limits: PostgresLimits,
): ClientConfig {
  const user = env['PGUSER'] ?? '';
  const password = env['PGPASSWORD'] ?? '';
  if (user === '') {
    throw new GreenlightError({
      code: 'server/no-credentials',
      message: `there is no user for the server \`${server}\``,
      mend: 'set the environment variables PGHOST (the server’s host, as the contract names it), PGUSER and PGPASSWORD; a role that may only read is enough',
    });
  }
  if (password !== '' && env['PGHOST'] !== host) {
    throw new GreenlightError({
      code: 'server/other-host',
      message: `the password in PGPASSWORD is not for \`${host}\`, the host of the server \`${server}\`: PGHOST ${env['PGHOST'] === undefined ? 'is not set' : 'names another'}`,
      mend: 'set PGHOST to the host that the password is for; it is sent nowhere else, whatever a contract says',
    });
  }
  return {
    host,
    port,
    database,
    user,
    // As a function, so that no other source of passwords is asked.
    password: () => password,
    ssl: isOpen(host, env) ? false : { rejectUnauthorized: true, ...rootOf(env), ...nameOf(host) },
    application_name: 'greenlight',
    connectionTimeoutMillis: limits.connect,
    // Where the server itself no longer answers.
    query_timeout: limits.statement + limits.connect,
    keepAlive: true,
    types: { getTypeParser: () => (value: string) => value },
  };
}

function isOpen(host: string, env: NodeJS.ProcessEnv): boolean {
  const here = host === 'localhost' || host === '::1' || /^127(\.\d+){3}$/.test(host);
  return here || env['PGSSLMODE'] === 'disable';
}

function nameOf(host: string): { readonly servername?: string } {
  return isIP(host) === 0 ? { servername: host } : {};
}

function rootOf(env: NodeJS.ProcessEnv): { readonly ca?: string } {
  const file = env['PGSSLROOTCERT'];
  if (file === undefined || file === '' || file === 'system') return {};
  try {
    return { ca: readFileSync(file, 'utf8') };
  } catch (thrown) {
    throw new GreenlightError({
      code: 'server/not-encrypted',
      message: `the certificates in PGSSLROOTCERT can’t be read (${codeOf(thrown)})`,
      mend: 'give the path of a file with the certificate authority in PEM',
    });
  }
}

async function mustBeUtf8(query: Postgres['query'], { server, database }: PostgresAddress): Promise<void> {
  const [[encoding] = []] = await query("SELECT current_setting('server_encoding')");
  if (encoding === 'UTF8') return;
  throw new GreenlightError({
    code: 'server/encoding',
    message: `the database \`${database}\` of the server \`${server}\` is kept in ${encoding}, where lengths and patterns mean something else`,
    mend: 'judge an export of it: `--data PATH`; only databases in UTF8 are judged where they lie',
  });
}
