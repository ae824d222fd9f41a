import { GreenlightError } from '../../../core/kernel/errors.ts';
import { evaluateToken, type Scope, toText, toTexts, type Value } from './expressions.ts';
import type { CallJob, Workflow } from './workflow.ts';

/** The `inputs` of a called workflow: typed as it declares them. Throws `runner/input` for a value of another type. */
export function callInputs(called: Workflow, given: Value): Record<string, Value> {
  const values = given as Record<string, Value>;
  const empty = { string: '', number: 0, boolean: false };
  return Object.fromEntries(
    [...called.call.inputs].map(([name, { type, fallback }]) => {
      const value = values[name] ?? (fallback ? evaluateToken(fallback, { contexts: {} }) : empty[type]);
      const fits =
        typeof value === type ||
        (type === 'string' && (typeof value === 'number' || typeof value === 'boolean'));
      if (fits) return [name, type === 'string' ? toText(value) : value];
      throw new GreenlightError({
        code: 'runner/input',
        message: `the input '${name}' of ${called.origin.path} must be a ${type}`,
      });
    }),
  );
}

/** The secrets that a caller hands on. Throws `runner/input` where a required one is missing. */
export function callSecrets(
  own: Readonly<Record<string, string>>,
  { secrets, called }: CallJob,
  scope: Scope,
): Readonly<Record<string, string>> {
  if (secrets === 'inherit') return own;
  if (secrets === undefined) return {};
  if (/GITHUB_TOKEN|github\.token/i.test(JSON.stringify(secrets))) {
    throw new GreenlightError({
      code: 'runner/unknown',
      message: 'the runner hands no GITHUB_TOKEN to a called workflow: its jobs have their own',
    });
  }
  const given = toTexts(evaluateToken(secrets, scope));
  const missing = [...called.call.secrets].find(([name, { required }]) => required && !given[name]);
  if (missing === undefined) return given;
  throw new GreenlightError({
    code: 'runner/input',
    message: `${called.origin.path} needs the secret '${missing[0]}'`,
  });
}
