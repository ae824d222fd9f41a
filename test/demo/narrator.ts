const started = performance.now();

/** Tells the story: a line a step, with what it proves and how long it took. */
export class Narrator {
  #checks = 0;
  #doing = '';
  #told = '';

  act(title: string): void {
    console.log(`\n${title}`);
  }

  /** Plays a step and tells what came of it: what happened, what that proves. A step that takes long shows what it is at. */
  async step(what: string, play: () => Promise<string>): Promise<void> {
    const begun = performance.now();
    const patience = setInterval(() => {
      if (this.#doing !== this.#told) console.log(`      … ${this.#doing}`);
      this.#told = this.#doing;
    }, 5000);
    try {
      const proof = await play();
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      console.log(`  ✓ ${what} (${seconds} s)\n      ${proof}`);
      this.#checks++;
    } finally {
      clearInterval(patience);
      this.#doing = '';
    }
  }

  /** What is going on right now. */
  doing(what: string): void {
    this.#doing = what;
  }

  end(): void {
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`\nThe story took ${seconds} s.`);
  }

  get checks(): number {
    return this.#checks;
  }
}

/** Ends the story when something is not as it was told. */
export function expectThat(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Surprise(otherwise);
}

/** Something in the story was not as expected. */
export class Surprise extends Error {
  override readonly name = 'Surprise';
}
