import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * What the double answers to one request about a statement: a page (rows in JSON, as Trino writes them; or an error), an HTTP status for once, an
 * address elsewhere for the next page, no answer at all, or an end of the connection.
 */
export type Answer =
  | { readonly rows: string }
  | { readonly error: string; readonly type?: string; readonly message?: string }
  | { readonly status: number; readonly location?: string }
  | { readonly next: string }
  | 'hang'
  | 'cut';

/** Answers by a part of the statement; the first that fits. Each list is used up once a statement, the last answer ends it. */
export type Script = readonly (readonly [part: string, answers: readonly Answer[]])[];

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A server on this computer that speaks Trino's protocol and knows nothing else. */
export interface Double extends AsyncDisposable {
  readonly port: number;
  readonly seen: readonly Request[];
  /** The statements that came, in turn. */
  statements(): readonly string[];
}

/** Rows in JSON. */
export function rows(...some: readonly (readonly unknown[])[]): Answer {
  return { rows: JSON.stringify(some) };
}

export async function startDouble(script: Script, password?: string): Promise<Double> {
  const seen: Request[] = [];
  const open = new Map<string, Answer[]>();
  const times = new Map<string, number>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method = '', url = '', headers } = request;
    seen.push({ method, path: url, headers, body });
    const wanted = `Basic ${Buffer.from(`tests:${password}`).toString('base64')}`;
    if (password !== undefined && headers.authorization !== wanted) return end(response, 401, 'Unauthorized');
    if (method === 'DELETE') return end(response, 204);
    if (method === 'GET') return answer(response, url.split('/').at(-2) ?? '');
    const id = `q${seen.length}`;
    if (/^START TRANSACTION/.test(body)) response.setHeader('X-Trino-Started-Transaction-Id', `tx-${id}`);
    if (/^(ROLLBACK|COMMIT)/.test(body)) response.setHeader('X-Trino-Clear-Transaction-Id', 'true');
    const fits = script.filter(([part]) => body.includes(part));
    // Of several entries with one part each later statement takes the next.
    const nth = times.get(fits[0]?.[0] ?? '') ?? 0;
    const same = fits.filter(([part]) => part === fits[0]?.[0]);
    times.set(fits[0]?.[0] ?? '', nth + 1);
    const [, answers = []] = same[Math.min(nth, same.length - 1)] ?? [];
    open.set(id, [...answers]);
    return answer(response, id);
  });
  const answer = (response: ServerResponse, id: string): void => {
    const left = open.get(id) ?? [];
    const next = left.shift();
    if (next === 'hang') return;
    if (next === 'cut') {
      response.destroy();
      return;
    }
    if (next !== undefined && 'status' in next) {
      if (next.location !== undefined) response.setHeader('Location', next.location);
      // A statement whose posting was put off is posted again, as a new one.
      end(response, next.status, 'a word that is no JSON');
      return;
    }
    const { port } = server.address() as AddressInfo;
    const parts = [`"id":"${id}"`, '"stats":{"state":"RUNNING"}'];
    if (next !== undefined && 'rows' in next) parts.push(`"columns":[]`, `"data":${next.rows}`);
    if (next !== undefined && 'error' in next) {
      const { error: errorName, type: errorType = 'USER_ERROR', message = 'said of a row: SECRET' } = next;
      parts.push(`"error":${JSON.stringify({ errorName, errorType, message })}`);
    }
    if (next !== undefined && 'next' in next) parts.push(`"nextUri":"${next.next}"`);
    else if (left.length > 0)
      parts.push(`"nextUri":"http://127.0.0.1:${port}/v1/statement/executing/${id}/${left.length}"`);
    end(response, 200, `{${parts.join(',')}}`);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    statements: () => seen.filter(({ method }) => method === 'POST').map(({ body }) => body),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function end(response: ServerResponse, status: number, body = ''): void {
  response.statusCode = status;
  response.end(body);
}
