import { setTimeout as pause } from 'node:timers/promises';

/** What Trino says of a statement that failed. Its message may quote rows: no report may show it. */
export class StatementError extends Error {
  /** `DIVISION_BY_ZERO`, after Trino's StandardErrorCode. */
  readonly code: string;
  readonly type: string;

  constructor({ errorName = '', errorType = '', message = '' }: ErrorPart) {
    super(message);
    this.name = 'StatementError';
    // It is told; anything else than a name is not.
    this.code = /^[A-Z0-9_]{1,64}$/.test(errorName) ? errorName : 'NO_NAME';
    this.type = errorType;
  }
}

/** Why the protocol could not be carried on. */
export class ProtocolError extends Error {
  readonly fault:
    | { readonly is: 'late' }
    | { readonly is: 'foreign'; readonly origin: string }
    | { readonly is: 'rows'; readonly most: number }
    /** An answer that Trino does not give; `status` is the answer's in HTTP. */
    | { readonly is: 'answer'; readonly status: number }
    /** No answer; `code` is the system's. `first` tells that there was none at all yet. */
    | { readonly is: 'network'; readonly code: string; readonly first: boolean };

  constructor(fault: ProtocolError['fault']) {
    super(fault.is);
    this.name = 'ProtocolError';
    this.fault = fault;
  }
}

/** How long things may take, in milliseconds, and how often a request is sent that the server puts off. */
export interface TrinoLimits {
  /** Before the server ends a statement by itself. */
  readonly statement: number;
  /** Beyond that, before the client gives it up: the server tells more. */
  readonly grace: number;
  readonly tries: number;
  /** Before the second try; it doubles with each, up to two seconds. */
  readonly pause: number;
}

/** Values as JSON has them; integers beyond 2^53 are bigint. */
export type TrinoRows = readonly (readonly unknown[])[];

export interface RunOptions {
  /** How many rows the answer may have. */
  readonly rows?: number;
  readonly signal?: AbortSignal;
}

/** Statements sent one after the other, within the transaction that was begun. */
export interface Session {
  /** Begins a read-only transaction. */
  begin(): Promise<void>;
  /** Ends the transaction, where there is one; whatever becomes of that, there is none any more. */
  end(): Promise<void>;
  run(sql: string, options?: RunOptions): Promise<TrinoRows>;
}

interface ErrorPart {
  readonly errorName?: string;
  readonly errorType?: string;
  readonly message?: string;
}

/** One answer of the server (trino.io, "Trino client REST API"). */
interface Page {
  readonly nextUri?: string;
  readonly data?: TrinoRows;
  readonly error?: ErrorPart;
}

const NONE = 'NONE';
const MOST_ROWS = 100_000;
const LONGEST_PAUSE = 2_000;
const CANCEL = 5_000;
const PUT_OFF: readonly number[] = [429, 502, 503, 504];

/**
 * A session at `origin` (`https://host:port`): every request bears `headers` and goes there alone. Throws {@link StatementError} where the
 * server says that a statement failed, on whatever page, {@link ProtocolError}, and the reason of an aborted signal; what then still runs
 * is cancelled.
 */
export function openSession(
  origin: string,
  headers: Readonly<Record<string, string>>,
  limits: TrinoLimits,
): Session {
  let transaction = NONE;
  const send = async (url: URL, init: RequestInit, signal: AbortSignal): Promise<Page> => {
    const response = await insist(
      url,
      { ...init, headers: { ...headers, 'X-Trino-Transaction-Id': transaction } },
      limits,
      signal,
    );
    const started = response.headers.get('x-trino-started-transaction-id');
    if (started !== null) transaction = started;
    return pageOf(response);
  };
  const run: Session['run'] = async (sql, { rows: most = MOST_ROWS, signal } = {}) => {
    const deadline = AbortSignal.timeout(limits.statement + limits.grace);
    const either = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
    const rows: (readonly unknown[])[] = [];
    let next: URL | undefined;
    try {
      let page = await send(new URL('/v1/statement', origin), { method: 'POST', body: sql }, either);
      for (;;) {
        next = nextOf(page, origin);
        // An error may follow good rows: what came before is then no answer.
        if (page.error !== undefined) throw new StatementError(page.error);
        rows.push(...(page.data ?? []));
        if (rows.length > most) throw new ProtocolError({ is: 'rows', most });
        if (next === undefined) return rows;
        page = await send(next, { method: 'GET' }, either);
      }
    } catch (thrown) {
      if (next !== undefined && !(thrown instanceof StatementError)) {
        const soon = AbortSignal.timeout(CANCEL);
        await send(next, { method: 'DELETE' }, soon).catch(() => {});
      }
      if (deadline.aborted && !signal?.aborted) throw new ProtocolError({ is: 'late' });
      throw thrown;
    }
  };
  return {
    run,
    async begin() {
      await run('START TRANSACTION READ ONLY');
    },
    async end() {
      if (transaction === NONE) return;
      await run('ROLLBACK').catch(() => {});
      transaction = NONE;
    },
  };
}

/** Sends a request until it is answered. What only reads is sent again too where the network fails. */
async function insist(
  url: URL,
  init: RequestInit,
  limits: TrinoLimits,
  signal: AbortSignal,
): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const last = tries >= limits.tries;
    try {
      const response = await fetch(url, { ...init, signal, redirect: 'manual' });
      if (last || !PUT_OFF.includes(response.status)) return response;
      await response.body?.cancel();
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      const first = init.method === 'POST';
      if (last || first) throw new ProtocolError({ is: 'network', code: networkCode(thrown), first });
    }
    await pause(Math.min(limits.pause * 2 ** (tries - 1), LONGEST_PAUSE), undefined, { signal });
  }
}

async function pageOf(response: Response): Promise<Page> {
  const { status } = response;
  if (status === 204) return {};
  let text = '';
  try {
    text = await response.text();
  } catch (thrown) {
    if (thrown instanceof TypeError)
      throw new ProtocolError({ is: 'network', code: networkCode(thrown), first: false });
    throw thrown;
  }
  if (status !== 200) throw new ProtocolError({ is: 'answer', status });
  try {
    return JSON.parse(text, exact) as Page;
  } catch {
    throw new ProtocolError({ is: 'answer', status });
  }
}

/** Whole numbers as they were written. */
function exact(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  return /^-?\d+$/.test(source) ? BigInt(source) : value;
}

/** Credentials go to no other origin, whatever the server says. */
function nextOf({ nextUri }: Page, origin: string): URL | undefined {
  if (nextUri === undefined) return undefined;
  const next = URL.parse(nextUri);
  if (next?.origin !== origin)
    throw new ProtocolError({ is: 'foreign', origin: next?.origin ?? 'no address' });
  return next;
}

function networkCode(thrown: unknown): string {
  const cause = (thrown as { readonly cause?: unknown } | null)?.cause as
    | { readonly code?: unknown; readonly errors?: readonly { readonly code?: unknown }[] }
    | undefined;
  const code = cause?.code ?? cause?.errors?.[0]?.code;
  return typeof code === 'string' ? code : 'no connection';
}
