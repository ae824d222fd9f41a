import { Ajv, type ErrorObject, type Options } from 'ajv';

/** Holds a value against one JSON Schema; what it found is in `errors` until the next call. */
export interface Validate {
  (value: unknown): boolean;
  errors?: readonly ErrorObject[] | null;
}

export const AJV_OPTIONS: Options = { allErrors: true, strict: false, verbose: true, strictNumbers: true };

const compiled = new Map<object, Validate>();

/**
 * The validator of a JSON Schema. Compiling takes longer than most files take to be judged, so scripts/build.mjs puts a module in
 * this one's place in dist/ that has the same function over all schemas of the repository, compiled.
 */
export function validatorOf(schema: object): Validate {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = new Ajv(AJV_OPTIONS).compile(schema);
    compiled.set(schema, validate);
  }
  return validate;
}
