import { GreenlightError, messageOf } from '../../../kernel/errors.ts';
import type { TrinoAddress } from './client.ts';
import { ProtocolError, StatementError } from './protocol.ts';

/** An error of a session, told without a word of the server's own: those quote rows. */
export function trinoError(thrown: unknown, address: TrinoAddress): Error {
  if (thrown instanceof StatementError) return statementError(thrown, address);
  if (thrown instanceof ProtocolError) return protocolError(thrown, address);
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown));
}

function fault(code: string, message: string, mend: string): GreenlightError {
  return new GreenlightError({ code, message, mend });
}

/** Faults in SQL that is ours: bugs, whose words quote nothing but that SQL. */
const OURS = [
  'SYNTAX_ERROR',
  'TYPE_MISMATCH',
  'COLUMN_NOT_FOUND',
  'FUNCTION_NOT_FOUND',
  'EXPRESSION_NOT_AGGREGATE',
];

function statementError({ code, type, message }: StatementError, address: TrinoAddress): Error {
  const { server, catalog } = address;
  if (code === 'EXCEEDED_TIME_LIMIT') return late(server);
  if (code === 'CATALOG_NOT_FOUND') {
    return fault(
      'server/no-database',
      `the server \`${server}\` has no catalog \`${catalog}\``,
      'check `catalog` of the server in the contract',
    );
  }
  if (code === 'PERMISSION_DENIED') {
    return fault(
      'server/forbidden',
      `the user in TRINO_USER may not read all of what is judged on the server \`${server}\``,
      'grant it SELECT on the table; where rows are hidden from it, what is hidden is not judged',
    );
  }
  if (type === 'INSUFFICIENT_RESOURCES') {
    return fault(
      'server/exhausted',
      `the server \`${server}\` lacks memory, room or workers for a query (${code})`,
      'judge the data when it has less to do, or an export of it: `--data PATH`',
    );
  }
  if (code === 'USER_CANCELED' || code.startsWith('ADMINISTRATIVELY_')) {
    return fault(
      'server/canceled',
      `somebody ended a query on the server \`${server}\` (${code})`,
      'run it again; if it happens again, ask who looks after the server',
    );
  }
  if (type === 'INTERNAL_ERROR' || type === 'EXTERNAL') {
    return fault(
      'server/failed',
      `a query failed within the server \`${server}\` (${code})`,
      'run it again; if it happens again, look into the server’s log',
    );
  }
  if (OURS.includes(code)) return new Error(`Trino ${code}: ${message}`);
  return fault(
    'data/unreadable',
    `the server \`${server}\` can’t work out what is asked of the data (${code})`,
    'look the code up among Trino’s error codes; its own words may quote rows and are withheld',
  );
}

function late(server: string): GreenlightError {
  return fault(
    'server/timeout',
    `a query took too long on the server \`${server}\` and was stopped`,
    'judge a copy or an export of the data, or at a time when the server has less to do',
  );
}

function protocolError({ fault: what }: ProtocolError, address: TrinoAddress): Error {
  const { server, host, port } = address;
  switch (what.is) {
    case 'late':
      return late(server);
    case 'rows':
      return new Error(`Trino gave more than ${what.most} rows`);
    case 'foreign':
      return fault(
        'server/other-origin',
        `the server \`${server}\` sends the client elsewhere than to itself, to ${what.origin}; it is not followed`,
        'where a proxy stands before it, set `http-server.process-forwarded=true` on the coordinator',
      );
    case 'answer':
      if (what.status === 429 || what.status >= 502) {
        return fault(
          'server/busy',
          `the server \`${server}\` puts off what is asked of it again and again (HTTP ${what.status})`,
          'run it again when the server has less to do',
        );
      }
      return what.status === 401 || what.status === 403
        ? fault(
            'server/refused-credentials',
            `the server \`${server}\` refused the credentials in TRINO_USER, TRINO_PASSWORD or TRINO_TOKEN (HTTP ${what.status})`,
            'check them, and that the user may log in this way; Trino takes a password over TLS alone',
          )
        : fault(
            'server/unreachable',
            `what answers at ${host}:${port} for the server \`${server}\` answers no statement as Trino does (HTTP ${what.status})`,
            'check host and port of the server in the contract; a server without TLS needs TRINO_TLS=off',
          );
    case 'network':
      return what.first ? unreached(what.code, address) : lost(server);
  }
}

function lost(server: string): GreenlightError {
  return fault(
    'server/lost',
    `the connection to the server \`${server}\` broke off in the middle of a query`,
    'run it again; if it happens again, look into the server’s log',
  );
}

function unreached(code: string, { server, host, port }: TrinoAddress): GreenlightError {
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO)/.test(code)) {
    return fault(
      'server/not-encrypted',
      `the server \`${server}\` gives no encrypted connection with a certificate that is trusted here (${code})`,
      'name its certificate authority in NODE_EXTRA_CA_CERTS; in a network of your own TRINO_TLS=off goes without, and without a password',
    );
  }
  return fault(
    'server/unreachable',
    `the server \`${server}\` at ${host}:${port} is not to be reached (${code})`,
    'check host and port of the server in the contract, and that it can be reached from here',
  );
}
