import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { Client, ClientConfig, QueryArrayConfig } from 'pg';
import { GreenlightError, messageOf } from '../../../kernel/errors.ts';

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
}

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
 * `server/forbidden`, `server/exhausted`, `data/unreadable`. No message is PostgreSQL's own: those quote rows.
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
    await client.end().catch(() => {});
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
    await client.end().catch(() => {});
    throw thrown;
  }
  return {
    address,
    query,
    async [Symbol.asyncDispose]() {
      await client.end().catch(() => {});
    },
  };
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

function codeOf(thrown: unknown): string {
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

function connectError(thrown: unknown, { server, host, port, database }: PostgresAddress): Error {
  const code = codeOf(thrown);
  const fault = (name: string, message: string, mend: string): GreenlightError =>
    new GreenlightError({ code: `server/${name}`, message, mend });
  if (code.startsWith('28')) {
    return fault(
      'refused-credentials',
      `the server \`${server}\` refused the user in PGUSER with the password in PGPASSWORD`,
      'check both, and that the role may log in from here',
    );
  }
  if (code === '3D000') {
    return fault(
      'no-database',
      `the server \`${server}\` has no database \`${database}\``,
      'check `database` of the server in the contract',
    );
  }
  if (
    /^(ERR_TLS|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_SSL)/.test(code) ||
    /SSL/.test(messageOf(thrown))
  ) {
    return fault(
      'not-encrypted',
      `the server \`${server}\` gives no encrypted connection with a certificate that is trusted here${code === '' ? '' : ` (${code})`}`,
      'name its certificate authority in PGSSLROOTCERT; in a network of your own PGSSLMODE=disable goes without',
    );
  }
  const [first] = (thrown as { readonly errors?: readonly unknown[] } | null)?.errors ?? [];
  const why =
    code || codeOf(first) || (/timeout/i.test(messageOf(thrown)) ? 'no answer in time' : 'no connection');
  return fault(
    'unreachable',
    `the server \`${server}\` at ${host}:${port} is not to be reached (${why})`,
    'check host and port of the server in the contract, and that it can be reached from here',
  );
}

/** An error of a query, told by its SQLSTATE (PostgreSQL, appendix A) alone. */
function queryError(thrown: unknown, { server }: PostgresAddress): Error {
  if (thrown instanceof GreenlightError) return thrown;
  const code = codeOf(thrown);
  const fault = (name: string, message: string, mend: string): GreenlightError =>
    new GreenlightError({ code: name, message, mend });
  const state = `SQLSTATE ${code}`;
  if (code === '57014' || /^Query read timeout/.test(messageOf(thrown))) {
    return fault(
      'server/timeout',
      `the server \`${server}\` stopped a query that took too long`,
      'judge a copy or an export of the data, or at a time when the server has less to do',
    );
  }
  if (code === '42501') {
    return fault(
      'server/forbidden',
      `the role in PGUSER may not read all of what is judged on the server \`${server}\``,
      'grant it SELECT on the table and USAGE on the schema; where the table has row policies, BYPASSRLS, since rows that are hidden can’t be judged',
    );
  }
  if (/^5[34]/.test(code)) {
    return fault(
      'server/exhausted',
      `the server \`${server}\` lacks memory, disk or connections for a query (${state})`,
      'judge the data when it has less to do, or an export of it: `--data PATH`',
    );
  }
  const broken = /^Connection terminated|^Client (has encountered|was closed)/.test(messageOf(thrown));
  if (/^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(code) || broken) {
    return fault(
      'server/lost',
      `the connection to the server \`${server}\` broke off in the middle of a query`,
      'run it again; if it happens again, look into the server’s log',
    );
  }
  if (code === '') return thrown instanceof Error ? thrown : new Error(String(thrown));
  // A fault in our SQL is a bug of ours; the message quotes nothing but that SQL.
  if (/^(42|0A|25)/.test(code)) return new Error(`PostgreSQL ${code}: ${messageOf(thrown)}`);
  return fault(
    'data/unreadable',
    `the server \`${server}\` can’t work out what is asked of the data (${state})`,
    'look the code up in PostgreSQL’s appendix A; its own words may quote rows and are withheld',
  );
}
