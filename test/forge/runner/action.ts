import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../../../core/kernel/errors.ts';
import { each, evaluateToken, type Scope, toText } from './expressions.ts';
import { parseAction, parser, type TemplateToken } from './parser.ts';

/** A JavaScript action. */
export interface NodeAction {
  /** The file to run. */
  readonly main: string;
  readonly inputs: ReadonlyMap<
    string,
    { readonly required: boolean; readonly fallback: TemplateToken | undefined }
  >;
}

/** Reads the action.yml of a folder. Throws `runner/action` where there is none or it is wrong, `runner/unknown` for other kinds of action. */
export async function readAction(folder: string, uses: string): Promise<NodeAction> {
  const content = await readManifest(folder, uses);
  const { context, value } = parseAction(
    { name: 'action.yml', content },
    new parser.NoOperationTraceWriter(),
  );
  const errors = context.errors.getErrors();
  if (value === undefined || errors.length > 0) {
    throw new GreenlightError({
      code: 'runner/action',
      message: `${uses}: ${errors.map((it) => it.message).join('\n')}`,
    });
  }
  const root = value.assertMapping('action');
  const runs = new Map(
    [...each(root.find('runs')?.assertMapping('runs') ?? [])].map((it) => [it.key.toString(), it.value]),
  );
  const odd = [...runs.keys()].find((key) => key !== 'using' && key !== 'main');
  if (toText(literal(runs.get('using'))) !== 'node24' || odd !== undefined) {
    throw new GreenlightError({
      code: 'runner/unknown',
      message: `${uses}: the runner runs node24 actions with a main file alone, not ${odd ?? toText(literal(runs.get('using')))}`,
    });
  }
  const inputs = [...each(root.find('inputs')?.assertMapping('inputs') ?? [])].map((pair) => {
    const declared = pair.value.assertMapping('input');
    const fallback = declared.find('default');
    return [
      pair.key.toString(),
      { required: literal(declared.find('required')) === true, fallback },
    ] as const;
  });
  return { main: path.join(folder, toText(literal(runs.get('main')))), inputs: new Map(inputs) };
}

/**
 * The INPUT_* variables of an action. Stricter than GitHub, which only warns: an input that the action does not declare, or a required
 * one that is missing, is `runner/input`.
 */
export function inputVariables(
  action: NodeAction,
  given: Readonly<Record<string, string>>,
  scope: Scope,
  uses: string,
): Record<string, string> {
  const unexpected = Object.keys(given).find((name) => !action.inputs.has(name));
  if (unexpected !== undefined) throw badInput(`${uses} has no input '${unexpected}'`);
  const variables: Record<string, string> = {};
  for (const [name, { required, fallback }] of action.inputs) {
    const value = given[name] ?? (fallback && toText(evaluateToken(fallback, scope)));
    if (value === undefined && required) throw badInput(`${uses} needs the input '${name}'`);
    if (value !== undefined) variables[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = value;
  }
  return variables;
}

async function readManifest(folder: string, uses: string): Promise<string> {
  for (const name of ['action.yml', 'action.yaml']) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text !== undefined) return text;
  }
  throw new GreenlightError({
    code: 'runner/action',
    message: `${uses}: there is no action.yml`,
    mend: 'check out the repository before its actions are used',
  });
}

function literal(token: TemplateToken | undefined) {
  return token === undefined ? null : evaluateToken(token, { contexts: {} });
}

function badInput(message: string): GreenlightError {
  return new GreenlightError({ code: 'runner/input', message });
}
