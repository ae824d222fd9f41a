import { GreenlightError, messageOf } from '../../../kernel/errors.ts';
import type { PostgresAddress } from './client.ts';

/** The SQLSTATE of an error, or the system's or TLS's code; empty where there is none. */
export function codeOf(thrown: unknown): string {
  const code = (thrown as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : '';
}

/** An error of connecting. */
export function connectError(thrown: unknown, { server, host, port, database }: PostgresAddress): Error {
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

/** Whether the connection is no more. */
export function isLost(thrown: unknown): boolean {
  return (
    /^(08|57P|ECONN|EPIPE|ETIMEDOUT)/.test(codeOf(thrown)) ||
    /^Connection terminated|^Client (has encountered|was closed)/.test(messageOf(thrown))
  );
}

type Words = readonly [code: string, message: string, mend: string];

/** An error of a query, told by its SQLSTATE (PostgreSQL, appendix A) alone. */
export function queryError(thrown: unknown, { server }: PostgresAddress): Error {
  const code = codeOf(thrown);
  const words = isLost(thrown) ? LOST : isTooSlow(thrown) ? SLOW : wordsOf(code);
  if (words !== undefined) {
    const [name, message, mend] = words;
    return new GreenlightError({ code: name, message: `the server \`${server}\` ${message}`, mend });
  }
  // A fault in our SQL is a bug of ours; the message quotes nothing but that SQL.
  if (/^(42|0A|25)/.test(code)) return new Error(`PostgreSQL ${code}: ${messageOf(thrown)}`);
  if (code === '') return thrown instanceof Error ? thrown : new Error(String(thrown));
  return new GreenlightError({
    code: 'data/unreadable',
    message: `the server \`${server}\` can’t work out what is asked of the data (SQLSTATE ${code})`,
    mend: 'look the code up in PostgreSQL’s appendix A; its own words may quote rows and are withheld',
  });
}

const LOST: Words = [
  'server/lost',
  'ended the connection in the middle of a query',
  'run it again; if it happens again, look into the server’s log',
];
const SLOW: Words = [
  'server/timeout',
  'took too long for a query, which was stopped',
  'judge a copy or an export of the data, or at a time when the server has less to do',
];

function isTooSlow(thrown: unknown): boolean {
  return codeOf(thrown) === '57014' || /^Query read timeout/.test(messageOf(thrown));
}

function wordsOf(code: string): Words | undefined {
  if (code === '42501') {
    return [
      'server/forbidden',
      'lets the role in PGUSER not read all of what is judged',
      'grant it SELECT on the table and USAGE on the schema; where the table has row policies, BYPASSRLS, since rows that are hidden can’t be judged',
    ];
  }
  if (code === '40001') {
    return [
      'server/conflict',
      'is a replica and stopped a query that was in the way of its primary',
      'run it again, or on the primary; `hot_standby_feedback = on` spares long queries',
    ];
  }
  if (/^5[34]/.test(code)) {
    return [
      'server/exhausted',
      `lacks memory, disk or connections for a query (SQLSTATE ${code})`,
      'judge the data when it has less to do, or an export of it: `--data PATH`',
    ];
  }
  return undefined;
}
