import type { Fault, RequestRecord } from './types.ts';

/** What reached the server, and the faults that wait for it. */
export class Ledger {
  readonly requests: RequestRecord[] = [];
  readonly #faults: { fault: Fault; seen: number; left: number }[] = [];

  inject(fault: Fault): void {
    if (fault.answer.status === undefined && fault.answer.drop !== true)
      throw new Error('a fault needs a status, or drop');
    this.#faults.push({ fault, seen: 0, left: fault.times ?? 1 });
  }

  /** The answer that a fault puts in place of this call's own. */
  strike(call: { method: string; path: string; actor: string | null }): Fault['answer'] | null {
    for (const waiting of this.#faults) {
      const { match } = waiting.fault;
      if (waiting.left === 0) continue;
      if (match.method !== undefined && match.method !== call.method) continue;
      if (match.actor !== undefined && match.actor !== call.actor) continue;
      if (!match.path.test(call.path)) continue;
      waiting.seen += 1;
      if (waiting.seen < (match.nth ?? 1)) continue;
      waiting.left -= 1;
      return waiting.fault.answer;
    }
    return null;
  }

  writes(since = 0): readonly RequestRecord[] {
    return this.requests.slice(since).filter((request) => request.write);
  }
}
