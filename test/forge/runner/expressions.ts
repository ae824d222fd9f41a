import { parse } from 'yaml';
import { GreenlightError, messageOf } from '../../../core/kernel/errors.ts';
import { data, Evaluator, Lexer, Parser, parser, type TemplateToken } from './parser.ts';

/** What an expression may yield: JSON. */
export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** What the status functions `success()`, `failure()`, `cancelled()` answer at this point; `always()` is always true. */
export interface Status {
  readonly success: boolean;
  readonly failure: boolean;
  readonly cancelled: boolean;
}

/** The contexts an expression may name (`github`, `env`, `needs` …), and the state that its status functions see. */
export interface Scope {
  readonly contexts: { readonly [name: string]: Value };
  readonly status?: Status;
}

/**
 * The value of one expression, without its `${{ }}`. An unknown context or function throws `runner/expression`: nothing that
 * this runner does not have is taken for empty.
 */
export function evaluate(expression: string, scope: Scope): Value {
  try {
    // The library's lexer takes only the first '' of a literal for a quote.
    const literals = expression.match(/'(?:[^']|'')*'/g) ?? [];
    if (literals.some((it) => it.slice(1, -1).split("''").length > 2))
      throw new Error("a text has more than one '' in it");
    const functions = statusFunctions(scope.status);
    const tree = new Parser(
      new Lexer(expression).lex().tokens,
      Object.keys(scope.contexts),
      functions,
    ).parse();
    const root = new data.Dictionary(
      ...Object.entries(scope.contexts).map(([key, value]) => ({ key, value: toData(value) })),
    );
    const result = new Evaluator(tree, root, new Map(functions.map((it) => [it.name, it]))).evaluate();
    return JSON.parse(JSON.stringify(result, data.replacer)) as Value;
  } catch (cause) {
    throw new GreenlightError({
      code: 'runner/expression',
      message: `the runner can't evaluate \${{ ${expression} }}: ${messageOf(cause)}`,
      cause,
    });
  }
}

/** The value of a piece of a workflow file, its expressions evaluated. */
export function evaluateToken(token: TemplateToken, scope: Scope): Value {
  if (parser.isBasicExpression(token)) {
    return token.originalExpressions ? interpolate(textOf(token), scope) : evaluate(token.expression, scope);
  }
  if (parser.isMapping(token)) {
    return Object.fromEntries(
      [...each(token)].map((pair) => [
        toText(evaluateToken(pair.key, scope)),
        evaluateToken(pair.value, scope),
      ]),
    );
  }
  if (parser.isSequence(token)) return [...each(token)].map((item) => evaluateToken(item, scope));
  if (parser.isString(token) || parser.isNumber(token) || parser.isBoolean(token)) return token.value;
  if (token.isLiteral) return null;
  throw new GreenlightError({
    code: 'runner/unknown',
    message: `the runner does not know ${token.typeName()} here`,
  });
}

interface ScalarSource {
  readonly source: string | undefined;
  readonly blockScalarHeader: string | undefined;
  readonly range: TemplateToken['range'];
}

/**
 * The decoded text of a scalar that holds expressions. The parser keeps a text of several lines as it stands in the file, with its
 * indentation or quotes, and makes `format('…')` of that: right for an editor, wrong for a runner.
 */
function textOf({ source = '', blockScalarHeader, range }: ScalarSource): string {
  if (range === undefined || range.start.line === range.end.line) return source;
  if (blockScalarHeader === undefined) return String(parse(source));
  const [text] = parse(`- ${blockScalarHeader}\n${source}`) as [string];
  return text;
}

/** Puts the values of its expressions into a text. */
function interpolate(text: string, scope: Scope): string {
  return text.replace(/\$\{\{((?:'[^']*'|[^'}]|\}(?!\}))*)\}\}/g, (_, expression: string) =>
    toText(evaluate(expression.trim(), scope)),
  );
}

/** A value as text, as GitHub writes it into an environment variable or an input. */
export function toText(value: Value | undefined): string {
  return value === undefined ? '' : toData(value).coerceString();
}

/** Whether a value counts as true in an `if`. */
export function isTruthy(value: Value): boolean {
  return !(value === null || value === false || value === 0 || value === '' || Number.isNaN(value));
}

/** A value that must be an object of texts (`env`, `with`, `secrets`, `outputs`). */
export function toTexts(value: Value): Record<string, string> {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, toText(item)]));
}

/** The tokens' iterators are declared as bare `Iterator`s. */
export function each<T>(items: { [Symbol.iterator](): Iterator<T> }): Iterable<T> {
  return items as Iterable<T>;
}

function toData(value: Value): InstanceType<typeof data.Dictionary> | ReturnType<typeof data.reviver> {
  return JSON.parse(JSON.stringify(value), data.reviver) as ReturnType<typeof data.reviver>;
}

function statusFunctions(status: Status | undefined) {
  if (status === undefined) return [];
  const answers = {
    success: status.success,
    failure: status.failure,
    cancelled: status.cancelled,
    always: true,
  };
  return Object.entries(answers).map(([name, answer]) => ({
    name,
    minArgs: 0,
    maxArgs: 0,
    call: () => new data.BooleanData(answer),
  }));
}
