import { parseArgs } from 'node:util';
import type { Report } from '../core/kernel/blocks.ts';
import { GreenlightError, messageOf, userErrors } from '../core/kernel/errors.ts';
import { formatPlace } from '../core/kernel/place.ts';
import { nearest } from '../core/kernel/schema.ts';
import { EXIT_CODES } from '../core/kernel/verdict.ts';
import { makeHost } from '../core/toolkit/host.ts';
import type { InputSpecs } from '../core/toolkit/inputs.ts';
import { streamLog } from '../core/toolkit/log.ts';
import { renderMarkdown } from '../reports/markdown.ts';
import { ACTIONS } from './actions.ts';
import { COMMON_INPUTS, perform } from './perform.ts';
import { VERBS } from './verbs.ts';

const DEFAULT_OUT = '.greenlight/out';

/** Runs an action as a workflow step; returns the process's exit code. */
export async function runAction(name: string): Promise<number> {
  return guard(async () => {
    const { runnerDoor } = await import('./runner-door.ts');
    const action = (await load(name)) ?? bug(name);
    const root = process.env['GITHUB_WORKSPACE'] ?? process.cwd();
    return perform(
      action,
      makeHost(process.env, root, DEFAULT_OUT, streamLog(process.stdout, true), render),
      runnerDoor(),
    );
  });
}

/** Runs `greenlight <verb> …`; returns the process's exit code. */
export async function runVerb(args: readonly string[]): Promise<number> {
  return guard(async () => {
    const [verb, ...rest] = args;
    if (verb === undefined || verb === 'help' || verb === '--help') {
      process.stdout.write(`${await usage()}\n`);
      return verb === undefined ? EXIT_CODES.error : EXIT_CODES.pass;
    }
    const host = makeHost(process.env, process.cwd(), DEFAULT_OUT, streamLog(process.stderr, false), render);
    const other = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
    if (other !== undefined) return (await other.load()).default(rest, host);
    const action = await load(verb);
    if (action === undefined) {
      const known = [...Object.keys(ACTIONS), ...Object.keys(VERBS)];
      const near = nearest(verb, known);
      throw new GreenlightError({
        code: 'cli/unknown-verb',
        message: `there is no verb \`${verb}\``,
        mend: near === undefined ? `there are: ${known.join(', ')}` : `did you mean \`${near}\`?`,
      });
    }
    if (rest.includes('--help')) {
      process.stdout.write(`${help(verb, action.inputs)}\n`);
      return EXIT_CODES.pass;
    }
    const { shellDoor } = await import('./shell-door.ts');
    return perform(action, host, shellDoor(readFlags(rest, action.inputs), process.env));
  });
}

function render(report: Report, limit: number): string {
  return renderMarkdown(report, { limit });
}

async function load(name: string) {
  return Object.hasOwn(ACTIONS, name) ? (await ACTIONS[name]?.())?.default : undefined;
}

function bug(name: string): never {
  throw new Error(`no action ${name} in the bundle`);
}

/** `--input value` for text, `--flag` for true. Unknown flags are errors that name the nearest. */
function readFlags(args: readonly string[], inputs: InputSpecs<object>): ReadonlyMap<string, string> {
  const specs = Object.entries({ ...COMMON_INPUTS, ...(inputs as Record<string, { form: string }>) });
  const options = Object.fromEntries(
    specs.map(([name, { form }]) => [
      name,
      { type: form === 'true | false' ? ('boolean' as const) : ('string' as const) },
    ]),
  );
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true, allowPositionals: false });
    return new Map(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (cause) {
    throw new GreenlightError({
      code: 'cli/bad-flag',
      message: messageOf(cause),
      mend: `flags: ${specs.map(([name]) => `--${name}`).join(', ')}`,
      cause,
    });
  }
}

async function usage(): Promise<string> {
  const actions = Object.keys(ACTIONS).map((name) => `  ${name}`);
  const verbs = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(20)} ${summary}`);
  return [
    'greenlight <verb> [--input value …]',
    '',
    'The actions, with the inputs of their workflow steps (greenlight <verb> --help lists them):',
    ...actions,
    '',
    'Beside them:',
    ...verbs,
    '',
    'Exit codes: 0 pass, 1 fail, 2 inconclusive, 3 an error in what was given, 70 a bug of Greenlight.',
  ].join('\n');
}

function help(verb: string, inputs: InputSpecs<object>): string {
  const lines = Object.entries({ ...(inputs as typeof COMMON_INPUTS), ...COMMON_INPUTS }).map(
    ([name, spec]) =>
      `  --${name.padEnd(18)} ${spec.description} (${spec.form}${spec.default === undefined ? '' : `; ${spec.default}`})`,
  );
  return [`greenlight ${verb}`, '', ...lines].join('\n');
}

/** User errors are told without a stack; anything else is a bug of ours and says so. */
async function guard(body: () => Promise<number>): Promise<number> {
  try {
    return await body();
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length > 0) {
      for (const error of errors) {
        const where = error.place === undefined ? '' : `${formatPlace(error.place)}: `;
        process.stderr.write(`error: ${where}${error.message} [${error.code}]\n`);
        if (error.mend !== undefined) process.stderr.write(`  → ${error.mend.replaceAll('\n', '\n    ')}\n`);
      }
      return EXIT_CODES.error;
    }
    process.stderr.write(
      `This is a bug of Greenlight, please report it:\n${thrown instanceof Error ? thrown.stack : String(thrown)}\n`,
    );
    return EXIT_CODES.bug;
  }
}
