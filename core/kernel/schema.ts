import type { ErrorObject } from 'ajv';
import { GreenlightError, throwIfAny } from './errors.ts';
import { oneLine } from './text.ts';
import { validatorOf } from './validators.ts';
import { type Path, type Positioned, readYaml } from './yaml.ts';

/**
 * A YAML or JSON text read strictly and held against its JSON Schema. `area` opens the error codes (`manifest/unknown-key`).
 * Throws every fault at once, each with its place; an unknown key names the nearest known one.
 */
export function readFormat<T>(text: string, file: string, schema: object, area: string): T {
  return checkFormat<T>(readYaml(text, file, area), schema, area);
}

/** The value of a document that was already read, held against its JSON Schema. */
export function checkFormat<T>(document: Positioned, schema: object, area: string): T {
  const validate = validatorOf(schema);
  if (!validate(document.value)) throwIfAny(faults(validate.errors ?? [], document, area));
  return document.value as T;
}

function faults(errors: readonly ErrorObject[], document: Positioned, area: string): GreenlightError[] {
  const faults = new Map<string, GreenlightError>();
  for (const error of withoutOtherForms(errors)) {
    const fault = toFault(error, document, area);
    if (fault !== undefined) faults.set(`${JSON.stringify(fault.place)}${fault.code}${fault.message}`, fault);
  }
  return [...faults.values()];
}

/**
 * Where a value may have several forms, each form that it has not complains. The forms of other types are left out: what is wrong
 * within the one that was meant is told; if none is of the value's type, their types are told in one error.
 */
function withoutOtherForms(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  let left = errors;
  for (const choice of errors) {
    if (choice.keyword !== 'anyOf' && choice.keyword !== 'oneOf') continue;
    const at = choice.instancePath;
    const types = left.filter(({ keyword, instancePath }) => keyword === 'type' && instancePath === at);
    if (types.length === 0) continue;
    const within = left.some(
      (error) =>
        error !== choice &&
        !types.includes(error) &&
        (error.instancePath === at || error.instancePath.startsWith(`${at}/`)),
    );
    const type = types.flatMap(({ params }) => params['type']);
    const told: ErrorObject[] = within ? [] : [{ ...choice, keyword: 'type', params: { type } }];
    left = [...left.filter((error) => error !== choice && !types.includes(error)), ...told];
  }
  return left;
}

function toFault(error: ErrorObject, document: Positioned, area: string): GreenlightError | undefined {
  const { data } = error;
  const path: Path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const name = path.length === 0 ? document.file : `\`${path.join('.')}\``;
  const make = (
    code: string,
    message: string,
    at: Path,
    part: 'key' | 'value',
    mend?: string,
  ): GreenlightError =>
    new GreenlightError({
      code: `${area}/${code}`,
      message: oneLine(message),
      place: document.placeOf(at, part),
      mend,
    });

  switch (error.keyword) {
    case 'additionalProperties': {
      const key = String(error.params['additionalProperty']);
      const known = Object.keys((error.parentSchema?.['properties'] as object | undefined) ?? {});
      const mend = suggestion(key, known) ?? `known here: ${known.join(', ')}`;
      return make('unknown-key', `unknown key \`${key}\` in ${name}`, [...path, key], 'key', mend);
    }
    case 'required':
      return make('missing-key', `${name} lacks \`${error.params['missingProperty']}\``, path, 'key');
    case 'propertyNames':
      return make(
        'bad-name',
        `\`${error.params['propertyName']}\` can't be a name in ${name}`,
        [...path, String(error.params['propertyName'])],
        'key',
        'lower-case letters, digits and hyphens',
      );
    case 'enum':
    case 'const': {
      const allowed = (error.params['allowedValues'] as unknown[] | undefined) ?? [
        error.params['allowedValue'],
      ];
      return make(
        'bad-value',
        `${name} can't be ${shown(data)}`,
        path,
        'value',
        suggestion(data, allowed) ?? `valid: ${allowed.join(', ')}`,
      );
    }
    case 'type': {
      const types: readonly string[] = [error.params['type']].flat();
      const quoted = types.includes('string') && (typeof data === 'number' || typeof data === 'boolean');
      const mend = quoted ? 'put it in quotes' : undefined;
      return make('wrong-type', `${name} must be of type ${types.join(' or ')}`, path, 'value', mend);
    }
    case 'pattern':
      // The failing names of `propertyNames` are reported by that keyword, with the place of the key.
      if (error.propertyName !== undefined) return undefined;
      return make(
        'bad-value',
        `${name} can't be ${shown(data)}`,
        path,
        'value',
        `it must match ${error.params['pattern']}`,
      );
    case 'if':
      // What the branch asks for is told by its own keywords.
      return undefined;
    case 'oneOf':
    case 'anyOf':
      return make('bad-value', `${name} has none of the forms it may have`, path, 'value');
    default:
      return make('bad-value', `${name} ${error.message ?? 'is not valid'}`, path, 'value');
  }
}

function suggestion(word: unknown, known: readonly unknown[]): string | undefined {
  const near = nearest(
    String(word),
    known.filter((one) => typeof one === 'string'),
  );
  return near === undefined ? undefined : `did you mean \`${near}\`?`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'undefined';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** The known word at the smallest edit distance, if it is near enough to be a slip of the keyboard. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    if (Math.abs(word.length - candidate.length) >= least) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      best = candidate;
      least = distance;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitute = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitute, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
