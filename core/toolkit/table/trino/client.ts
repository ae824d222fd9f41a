import { isIPv6 } from 'node:net';
import { GreenlightError } from '../../../kernel/errors.ts';
import { trinoError } from './errors.ts';
import {
  openSession,
  type RunOptions,
  StatementError,
  type TrinoLimits,
  type TrinoRows,
} from './protocol.ts';

/** A server of a contract. */
export interface TrinoAddress {
  /** As the contract calls it. */
  readonly server: string;
  readonly host: string;
  readonly port: number;
  readonly catalog: string;
  readonly schema: string;
}

/** Statements within one read-only transaction. */
export interface Trino extends AsyncDisposable {
  readonly address: TrinoAddress;
  /** Runs one statement; one that failed by the server's own fault is run once more. After an error there is nothing more to ask. */
  query(sql: string, options?: RunOptions): Promise<TrinoRows>;
  /** As `query`, but what the statement itself is to blame for is told by Trino's code. */
  attempt(sql: string, options?: RunOptions): Promise<TrinoRows | { readonly code: string }>;
}

export interface TrinoOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly limits?: Partial<TrinoLimits>;
}

const LIMITS: TrinoLimits = { statement: 600_000, grace: 15_000, tries: 10, pause: 50 };

/**
 * Begins a read-only transaction as the user that the environment has (TRINO_USER, and TRINO_PASSWORD or TRINO_TOKEN). A secret is sent to the
 * host alone that TRINO_HOST names. Beyond this computer the connection is encrypted, unless TRINO_TLS is `off`, and then there is no secret.
 * Throws `server/no-credentials`, `server/other-host`, `server/not-encrypted`, `server/bad-host`, and while it runs
 * `server/refused-credentials`, `server/unreachable`, `server/other-origin`, `server/no-database`, `server/forbidden`, `server/exhausted`,
 * `server/canceled`, `server/busy`, `server/failed`, `server/timeout`, `server/lost`, `data/unreadable`. No message is Trino's own: those quote rows.
 */
export async function openTrino(
  address: TrinoAddress,
  { env = process.env, limits: given = {} }: TrinoOptions = {},
): Promise<Trino> {
  const limits = { ...LIMITS, ...given };
  const { origin, headers } = doorOf(address, env, limits);
  const session = openSession(origin, headers, limits);
  const told = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw trinoError(thrown, address);
    }
  };
  const ask = async (sql: string, options?: RunOptions): Promise<TrinoRows> => {
    try {
      return await session.run(sql, options);
    } catch (thrown) {
      if (!mayPass(thrown)) throw thrown;
      // The failure has ended the transaction too.
      await session.end();
      await session.begin();
      return await session.run(sql, options);
    }
  };
  await told(session.begin);
  return {
    address,
    query: (sql, options) => told(() => ask(sql, options)),
    attempt: (sql, options) =>
      told(async () => {
        try {
          return await ask(sql, options);
        } catch (thrown) {
          if (thrown instanceof StatementError && isItsOwn(thrown)) return { code: thrown.code };
          throw thrown;
        }
      }),
    [Symbol.asyncDispose]: session.end,
  };
}

/**
 * Whether a statement may fare better when it is run again: a worker that was lost, memory that others took, a transaction that the server gave up
 * while nothing was asked.
 */
function mayPass(thrown: unknown): boolean {
  if (!(thrown instanceof StatementError) || thrown.code === 'EXCEEDED_TIME_LIMIT') return false;
  if (thrown.code === 'UNKNOWN_TRANSACTION') return true;
  return thrown.type === 'INTERNAL_ERROR' || thrown.type === 'INSUFFICIENT_RESOURCES';
}

function isItsOwn({ type, code }: StatementError): boolean {
  return type === 'USER_ERROR' || type === 'INSUFFICIENT_RESOURCES' || code === 'USER_CANCELED';
}

interface Door {
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

function doorOf(
  { server, host, port, catalog, schema }: TrinoAddress,
  env: NodeJS.ProcessEnv,
  limits: TrinoLimits,
): Door {
  const user = env['TRINO_USER'] ?? '';
  const password = env['TRINO_PASSWORD'] ?? '';
  const token = env['TRINO_TOKEN'] ?? '';
  const secret = token === '' ? (password === '' ? undefined : 'TRINO_PASSWORD') : 'TRINO_TOKEN';
  if (user === '' && token === '') {
    throw new GreenlightError({
      code: 'server/no-credentials',
      message: `there is no user for the server \`${server}\``,
      mend: 'set the environment variables TRINO_HOST (the server’s host, as the contract names it), TRINO_USER, and TRINO_PASSWORD or TRINO_TOKEN; a user that may only read is enough',
    });
  }
  if (secret !== undefined && env['TRINO_HOST'] !== host) {
    throw new GreenlightError({
      code: 'server/other-host',
      message: `the secret in ${secret} is not for \`${host}\`, the host of the server \`${server}\`: TRINO_HOST ${env['TRINO_HOST'] === undefined ? 'is not set' : 'names another'}`,
      mend: 'set TRINO_HOST to the host that the secret is for; it is sent nowhere else, whatever a contract says',
    });
  }
  const here = isLoopback(host);
  const open = env['TRINO_TLS'] === 'off' || (here && env['TRINO_TLS'] !== 'on');
  if (open && !here && secret !== undefined) {
    throw new GreenlightError({
      code: 'server/not-encrypted',
      message: `the secret in ${secret} would go to the server \`${server}\` without encryption`,
      mend: 'leave TRINO_TLS out, or the secret',
    });
  }
  return {
    origin: originOf(open ? 'http' : 'https', { server, host, port }),
    headers: {
      ...(user === '' ? {} : { 'X-Trino-User': user }),
      ...(token === '' ? basic(user, password) : { Authorization: `Bearer ${token}` }),
      'X-Trino-Source': 'greenlight',
      'X-Trino-Catalog': encodeURIComponent(catalog),
      'X-Trino-Schema': encodeURIComponent(schema),
      'X-Trino-Time-Zone': 'UTC',
      'X-Trino-Language': 'en-US',
      // Without it timestamps are cut to milliseconds.
      'X-Trino-Client-Capabilities': 'PARAMETRIC_DATETIME',
      'X-Trino-Session': `query_max_execution_time=${Math.ceil(limits.statement / 1000)}s`,
    },
  };
}

function basic(user: string, password: string): { readonly Authorization?: string } {
  if (password === '') return {};
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
}

function originOf(
  scheme: 'http' | 'https',
  { server, host, port }: Pick<TrinoAddress, 'server' | 'host' | 'port'>,
): string {
  const url = URL.parse(`${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`);
  // A host with a path or a user in it would be another host.
  if (url !== null && (isIPv6(host) || /^[\w.-]+$/.test(host))) return url.origin;
  throw new GreenlightError({
    code: 'server/bad-host',
    message: `the host of the server \`${server}\` is no name of a host`,
    mend: 'write the name alone, without `https://` and path',
  });
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
