/** Whoever holds or waits for a concurrency group. */
export interface Holder {
  /** Asked to stop, by a newer one with cancel-in-progress, or one that takes its place in the queue. */
  cancel(): void;
}

interface Group {
  running: Holder;
  waiting: { readonly holder: Holder; readonly resolve: (entered: boolean) => void }[];
}

/**
 * Concurrency groups: one runs, one waits; a newer one takes the waiting one's place (`queue: single`) or stands behind it (`queue: max`).
 * Without order among groups.
 */
export class ConcurrencyGroups {
  readonly #groups = new Map<string, Group>();

  /** Who runs in the group now. */
  running(name: string): Holder | undefined {
    return this.#groups.get(name)?.running;
  }

  /** Resolves to true when the holder may run, to false when it lost its place to a newer one. */
  enter(
    name: string,
    holder: Holder,
    rules: { cancelInProgress: boolean; queue: 'single' | 'max' },
  ): Promise<boolean> {
    const group = this.#groups.get(name);
    if (group === undefined) {
      this.#groups.set(name, { running: holder, waiting: [] });
      return Promise.resolve(true);
    }
    if (rules.queue === 'single') for (const { resolve } of group.waiting.splice(0)) resolve(false);
    if (rules.cancelInProgress) group.running.cancel();
    return new Promise((resolve) => group.waiting.push({ holder, resolve }));
  }

  /** Gives up a place, running or waiting; the next in the queue runs. */
  leave(name: string, holder: Holder): void {
    const group = this.#groups.get(name);
    if (group === undefined) return;
    if (group.running !== holder) {
      for (const { resolve } of group.waiting.filter((it) => it.holder === holder)) resolve(false);
      group.waiting = group.waiting.filter((it) => it.holder !== holder);
      return;
    }
    const next = group.waiting.shift();
    if (next === undefined) {
      this.#groups.delete(name);
      return;
    }
    group.running = next.holder;
    next.resolve(true);
  }
}

/** At most `size` at once, in the order of asking. */
export class Slots {
  #free: number;
  readonly #queue: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  async use<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#free += 1;
      else next();
    }
  }
}
