/** What a typed column holds: DuckDB's type as a tree. */
export type Held =
  | { readonly kind: 'scalar'; readonly type: string }
  | { readonly kind: 'list'; readonly of: Held; readonly length: number | undefined }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, Held> }
  | { readonly kind: 'map'; readonly key: Held; readonly value: Held };

/** Reads a type as DuckDB's DESCRIBE writes it: `STRUCT(a INTEGER, "b c" VARCHAR[])`, `MAP(VARCHAR, DECIMAL(4,2))`, `FLOAT[3]`. */
export function readHeld(text: string): Held {
  const reader = new Reader(text);
  const held = reader.type();
  if (!reader.done()) throw new Error(`a type of DuckDB that is not understood: ${text}`);
  return held;
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  done(): boolean {
    return this.at === this.text.length;
  }

  type(): Held {
    let held = this.plain();
    for (let suffix = this.take(/\[(\d*)\]/y); suffix !== undefined; suffix = this.take(/\[(\d*)\]/y)) {
      held = { kind: 'list', of: held, length: suffix[1] === '' ? undefined : Number(suffix[1]) };
    }
    return held;
  }

  private plain(): Held {
    if (this.take(/STRUCT\(/y) !== undefined) {
      const fields = new Map<string, Held>();
      do fields.set(this.name(), this.type());
      while (this.take(/, /y) !== undefined);
      this.must(/\)/y);
      return { kind: 'struct', fields };
    }
    if (this.take(/MAP\(/y) !== undefined) {
      const key = this.type();
      this.must(/, /y);
      const value = this.type();
      this.must(/\)/y);
      return { kind: 'map', key, value };
    }
    // Texts in an ENUM may hold anything between their quotes.
    const [type] = this.must(/[A-Z][A-Z_0-9 ]*(?:\((?:'(?:[^']|'')*'|[^()'])*\))?/y);
    return { kind: 'scalar', type };
  }

  private name(): string {
    const [, quoted, bare] = this.must(/(?:"((?:[^"]|"")*)"|([^ ]+)) /y);
    return bare ?? (quoted ?? '').replaceAll('""', '"');
  }

  private take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text);
    if (match === null) return undefined;
    this.at = pattern.lastIndex;
    return match;
  }

  private must(pattern: RegExp): RegExpExecArray {
    const match = this.take(pattern);
    if (match === null || match === undefined)
      throw new Error(`a type of DuckDB that is not understood: ${this.text}`);
    return match;
  }
}
