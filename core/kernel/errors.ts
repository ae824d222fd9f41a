import type { Place } from './place.ts';

/** What a {@link GreenlightError} is made of. */
export interface ErrorDetails {
  /** Stable, `area/kebab-case`: `contract/unknown-key`. Never reworded once released. */
  readonly code: string;
  /** What happened, for the reader. Never a row's value, never a secret. */
  readonly message: string;
  readonly place?: Place | undefined;
  /** What to write or do instead. */
  readonly mend?: string | undefined;
  readonly cause?: unknown;
}

/**
 * Something that the user, their files or their surroundings can mend. Any other exception is a bug of ours.
 * Several errors of one reading are carried together in {@link GreenlightErrors}.
 */
export class GreenlightError extends Error {
  override readonly name = 'GreenlightError';
  readonly code: string;
  readonly place: Place | undefined;
  readonly mend: string | undefined;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.place = details.place;
    this.mend = details.mend;
  }
}

/** Every problem of one reading at once, so that a file is mended in one go. Never empty. */
export class GreenlightErrors extends Error {
  override readonly name = 'GreenlightErrors';
  readonly errors: readonly GreenlightError[];

  constructor(errors: readonly GreenlightError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
  }
}

/** The user errors in anything thrown; an empty list means a bug of ours. */
export function userErrors(thrown: unknown): readonly GreenlightError[] {
  if (thrown instanceof GreenlightErrors) return thrown.errors;
  if (thrown instanceof GreenlightError) return [thrown];
  return [];
}

/** Throws unless `errors` is empty: a single error as itself, several together. */
export function throwIfAny(errors: readonly GreenlightError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw errors.length === 1 ? first : new GreenlightErrors(errors);
}

/** The text of anything thrown, without its stack. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
