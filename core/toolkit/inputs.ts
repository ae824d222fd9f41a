import { GreenlightError } from '../kernel/errors.ts';

/** How one input is read from its text. */
export interface InputSpec<T> {
  readonly description: string;
  /** What the value is, for messages and help: `text`, `gate | report`. */
  readonly form: string;
  readonly required: boolean;
  /** The value of an input that is absent, as action.yml and the help show it. */
  readonly default?: string;
  /** The value; `undefined` text means absent. Throws a plain Error whose message says what is valid. */
  parse(text: string | undefined): T;
}

/** The inputs of an action by name. */
export type InputSpecs<I> = { readonly [K in keyof I]: InputSpec<I[K]> };

/** Any text; absent where it is empty. */
export function text(description: string): InputSpec<string | undefined> {
  return { description, form: 'text', required: false, parse: (value) => value };
}

/** A text that must be there. */
export function requiredText(description: string): InputSpec<string> {
  return {
    description,
    form: 'text',
    required: true,
    parse(value) {
      if (value === undefined) throw new Error('it must be set');
      return value;
    },
  };
}

/** `true` or `false`; false where it is absent. */
export function flag(description: string): InputSpec<boolean> {
  return {
    description,
    form: 'true | false',
    required: false,
    default: 'false',
    parse(value) {
      if (value === undefined || value === 'false') return false;
      if (value === 'true') return true;
      throw new Error('valid: true, false');
    },
  };
}

/** One of a few words; `fallback` where it is absent. */
export function choice<const T extends string>(
  description: string,
  words: readonly T[],
  fallback: T,
): InputSpec<T> {
  return {
    description,
    form: words.join(' | '),
    required: false,
    default: fallback,
    parse(value) {
      if (value === undefined) return fallback;
      const word = words.find((candidate) => candidate === value);
      if (word === undefined) throw new Error(`valid: ${words.join(', ')}`);
      return word;
    },
  };
}

/** Several texts, separated by commas or line ends. */
export function list(description: string): InputSpec<readonly string[]> {
  return {
    description,
    form: 'text, text, …',
    required: false,
    parse: (value) =>
      (value ?? '')
        .split(/[,\n]/)
        .map((item) => item.trim())
        .filter((item) => item !== ''),
  };
}

/**
 * All inputs of an action in one typed object. `lookup` gives an input's text by name; the empty text is absent.
 * Throws `input/bad-value`, naming the input, the value and what is valid.
 */
export function readInputs<I>(specs: InputSpecs<I>, lookup: (name: string) => string | undefined): I {
  const values: Partial<Record<keyof I, unknown>> = {};
  for (const name of Object.keys(specs) as (keyof I & string)[]) {
    const trimmed = lookup(name)?.trim();
    const value = trimmed === '' ? undefined : trimmed;
    try {
      values[name] = specs[name].parse(value);
    } catch (cause) {
      throw new GreenlightError({
        code: 'input/bad-value',
        message:
          value === undefined
            ? `the input \`${name}\` is not set`
            : `the input \`${name}\` can't be \`${value}\``,
        mend: (cause as Error).message,
      });
    }
  }
  return values as I;
}
