import { GreenlightError } from '../../../core/kernel/errors.ts';
import { type Permissions, SCOPES } from '../types.ts';
import { each, evaluateToken, type Value } from './expressions.ts';
import { type EventsConfig, parser, type TemplateToken } from './parser.ts';
import { everything } from './permissions.ts';
import { checkEvents } from './triggers.ts';

/** Where a workflow file is. */
export interface Origin {
  /** `owner/name` */
  readonly repository: string;
  readonly sha: string;
  /** `refs/heads/main`, `refs/tags/v1`, or a full sha. */
  readonly ref: string;
  readonly path: string;
}

/** A workflow file. Tokens are pieces whose expressions are evaluated when their turn comes. */
export interface Workflow {
  readonly origin: Origin;
  readonly name: string;
  readonly runName: TemplateToken | undefined;
  readonly events: EventsConfig;
  readonly call: CallInterface;
  readonly permissions: Permissions | undefined;
  readonly env: TemplateToken | undefined;
  readonly defaults: RunDefaults;
  readonly concurrency: TemplateToken | undefined;
  readonly jobs: readonly Job[];
}

/** What `on: workflow_call` declares. */
export interface CallInterface {
  readonly inputs: ReadonlyMap<string, CallInput>;
  readonly secrets: ReadonlyMap<string, { readonly required: boolean }>;
  readonly outputs: ReadonlyMap<string, TemplateToken>;
}

export interface CallInput {
  readonly type: 'string' | 'number' | 'boolean';
  readonly required: boolean;
  readonly fallback: TemplateToken | undefined;
}

export interface RunDefaults {
  readonly shell?: TemplateToken | undefined;
  readonly workingDirectory?: TemplateToken | undefined;
}

interface JobBase {
  readonly id: string;
  readonly name: TemplateToken | undefined;
  readonly needs: readonly string[];
  /** The condition, with its `success() && (…)` where it names no status function. */
  readonly condition: string;
  readonly matrix: TemplateToken | undefined;
  readonly failFast: boolean;
  readonly permissions: Permissions | undefined;
  readonly concurrency: TemplateToken | undefined;
}

/** A job that runs steps on a machine. */
export interface StepsJob extends JobBase {
  readonly kind: 'steps';
  readonly runsOn: TemplateToken | undefined;
  readonly timeoutMinutes: TemplateToken | undefined;
  readonly continueOnError: TemplateToken | undefined;
  readonly env: TemplateToken | undefined;
  readonly outputs: TemplateToken | undefined;
  readonly defaults: RunDefaults;
  readonly steps: readonly Step[];
}

/** A job that calls a reusable workflow. */
export interface CallJob extends JobBase {
  readonly kind: 'call';
  readonly called: Workflow;
  readonly with: TemplateToken | undefined;
  /** `inherit`, or the secrets handed over by name. */
  readonly secrets: 'inherit' | TemplateToken | undefined;
}

export type Job = StepsJob | CallJob;

export interface Step {
  readonly id: string;
  readonly name: TemplateToken | undefined;
  readonly condition: string;
  readonly env: TemplateToken | undefined;
  readonly continueOnError: TemplateToken | undefined;
  readonly timeoutMinutes: TemplateToken | undefined;
  readonly work:
    | {
        readonly kind: 'run';
        readonly script: TemplateToken;
        readonly shell: TemplateToken | undefined;
        readonly workingDirectory: TemplateToken | undefined;
      }
    | { readonly kind: 'uses'; readonly action: string; readonly with: TemplateToken | undefined };
}

/** Reads workflow files out of the forge's git. */
export interface WorkflowSource {
  text(origin: Origin): Promise<string>;
  /** Where `uses:` of a job points, seen from the file that says it. */
  resolve(uses: string, from: Origin): Promise<Origin>;
}

/** The name of a workflow file and what starts it, without what it calls. Throws as {@link readWorkflow} does. */
export async function readEvents(
  origin: Origin,
  source: WorkflowSource,
): Promise<Pick<Workflow, 'name' | 'events'>> {
  const file = { name: origin.path, content: await source.text(origin) };
  const { context, value } = parser.parseWorkflow(file, new parser.NoOperationTraceWriter());
  const errors = context.errors.getErrors();
  if (value === undefined || errors.length > 0)
    throw invalid(errors.map((it) => it.message).join('\n'), origin);
  const { events } = await parser.convertWorkflowTemplate(context, value);
  checkEvents(events, origin.path);
  return { name: textOf(value.assertMapping('workflow').find('name')) ?? origin.path, events };
}

/** GitHub's limit of nested calls. */
const DEPTH = 10;

/**
 * Reads a workflow file and all that it calls. Throws `runner/workflow` for what GitHub would refuse, and `runner/unknown` for what GitHub
 * takes and this runner can't do.
 */
export async function readWorkflow(origin: Origin, source: WorkflowSource, depth = 0): Promise<Workflow> {
  if (depth > DEPTH) throw invalid(`${origin.path} calls workflows more than ${DEPTH} deep`, origin);
  const { context, value } = parser.parseWorkflow(
    { name: origin.path, content: await source.text(origin) },
    new parser.NoOperationTraceWriter(),
  );
  const provider = {
    getFileContent: async (file: { path: string; owner?: string; repository?: string; version?: string }) => {
      const uses = file.owner
        ? `${file.owner}/${file.repository}/${file.path}@${file.version}`
        : `./${file.path}`;
      return { name: file.path, content: await source.text(await source.resolve(uses, origin)) };
    },
  };
  const template =
    value &&
    (await parser.convertWorkflowTemplate(context, value, provider, {
      fetchReusableWorkflowDepth: 1,
      errorPolicy: 1,
    }));
  const errors = context.errors.getErrors();
  if (!template || errors.length > 0) throw invalid(errors.map((it) => it.message).join('\n'), origin);

  const root = fields(value, origin, 'a workflow', ROOT_KEYS);
  const tokens = [...each(root.get('jobs')?.assertMapping('jobs') ?? [])];
  const jobs: Job[] = [];
  for (const [index, converted] of template.jobs.entries()) {
    const token = tokens[index]?.value;
    if (token === undefined) throw invalid(`a job of ${origin.path} could not be read`, origin);
    jobs.push(
      converted.type === 'job'
        ? readStepsJob(converted, token, origin)
        : await readCallJob(converted, token, origin, source, depth),
    );
  }
  return {
    origin,
    name: textOf(root.get('name')) ?? origin.path,
    runName: root.get('run-name'),
    events: template.events,
    call: readCallInterface(root.get('on'), origin),
    permissions: readPermissions(root.get('permissions'), origin),
    env: root.get('env'),
    defaults: readDefaults(root.get('defaults'), origin),
    concurrency: root.get('concurrency'),
    jobs,
  };
}

const ROOT_KEYS = ['name', 'run-name', 'on', 'permissions', 'env', 'defaults', 'concurrency', 'jobs'];
const BASE_KEYS = ['name', 'needs', 'if', 'strategy', 'permissions', 'concurrency'];
const JOB_KEYS = [
  ...BASE_KEYS,
  'runs-on',
  'timeout-minutes',
  'continue-on-error',
  'env',
  'outputs',
  'defaults',
  'steps',
];
const CALL_KEYS = [...BASE_KEYS, 'uses', 'with', 'secrets'];
const STEP_KEYS = ['id', 'name', 'if', 'env', 'continue-on-error', 'timeout-minutes'];
const RUN_KEYS = [...STEP_KEYS, 'run', 'shell', 'working-directory'];
const USES_KEYS = [...STEP_KEYS, 'uses', 'with'];

function readBase(job: ParsedJob, found: Fields, origin: Origin): JobBase {
  const strategy = found.get('strategy');
  const limits = strategy && fields(strategy, origin, 'strategy', ['matrix', 'fail-fast']);
  return {
    id: job.id.value,
    name: found.get('name'),
    needs: (job.needs ?? []).map((need) => need.value),
    condition: job.if.expression,
    matrix: limits?.get('matrix'),
    failFast: limits?.get('fail-fast') === undefined || literal(limits.get('fail-fast'), origin) === true,
    permissions: readPermissions(found.get('permissions'), origin),
    concurrency: found.get('concurrency'),
  };
}

function readStepsJob(
  job: Extract<ParsedJob, { type: 'job' }>,
  token: TemplateToken,
  origin: Origin,
): StepsJob {
  const found = fields(token, origin, `job '${job.id.value}'`, JOB_KEYS);
  const tokens = [...each(found.get('steps')?.assertSequence('steps') ?? [])];
  return {
    ...readBase(job, found, origin),
    kind: 'steps',
    runsOn: found.get('runs-on'),
    timeoutMinutes: found.get('timeout-minutes'),
    continueOnError: found.get('continue-on-error'),
    env: found.get('env'),
    outputs: found.get('outputs'),
    defaults: readDefaults(found.get('defaults'), origin),
    steps: tokens.map((step, index) => readStep(job.steps[index], step, origin)),
  };
}

function readStep(step: ParsedStep | undefined, token: TemplateToken, origin: Origin): Step {
  const script = token.assertMapping('step').find('run');
  const found = fields(token, origin, 'a step', script ? RUN_KEYS : USES_KEYS);
  if (step === undefined || !('if' in step)) throw unknown('this step', token, origin);
  return {
    id: step.id,
    name: found.get('name'),
    condition: step.if?.expression ?? 'success()',
    env: found.get('env'),
    continueOnError: found.get('continue-on-error'),
    timeoutMinutes: found.get('timeout-minutes'),
    work: script
      ? { kind: 'run', script, shell: found.get('shell'), workingDirectory: found.get('working-directory') }
      : { kind: 'uses', action: textOf(found.get('uses')) ?? '', with: found.get('with') },
  };
}

async function readCallJob(
  job: ParsedJob,
  token: TemplateToken,
  origin: Origin,
  source: WorkflowSource,
  depth: number,
): Promise<CallJob> {
  const found = fields(token, origin, `job '${job.id.value}'`, CALL_KEYS);
  const secrets = found.get('secrets');
  const called = await source.resolve(textOf(found.get('uses')) ?? '', origin);
  return {
    ...readBase(job, found, origin),
    kind: 'call',
    called: await readWorkflow(called, source, depth + 1),
    with: found.get('with'),
    secrets: secrets && parser.isString(secrets) ? 'inherit' : secrets,
  };
}

function readCallInterface(on: TemplateToken | undefined, origin: Origin): CallInterface {
  const declared = on && parser.isMapping(on) ? on.find('workflow_call') : undefined;
  const found =
    declared && parser.isMapping(declared)
      ? fields(declared, origin, 'workflow_call', ['inputs', 'secrets', 'outputs'])
      : new Map();
  const each = (key: string): [string, Fields][] =>
    [...entries(found.get(key))].map(([name, it]) => [name, entries(it)]);
  return {
    inputs: new Map(
      each('inputs').map(([name, it]) => [
        name,
        {
          type: textOf(it.get('type')) as CallInput['type'],
          required: literal(it.get('required'), origin) === true,
          fallback: it.get('default'),
        },
      ]),
    ),
    secrets: new Map(
      each('secrets').map(([name, it]) => [name, { required: literal(it.get('required'), origin) === true }]),
    ),
    outputs: new Map(
      each('outputs').flatMap(([name, it]) => {
        const value = it.get('value');
        return value === undefined ? [] : [[name, value] as const];
      }),
    ),
  };
}

function readDefaults(token: TemplateToken | undefined, origin: Origin): RunDefaults {
  if (token === undefined) return {};
  const run = fields(token, origin, 'defaults', ['run']).get('run');
  const found = run && fields(run, origin, 'defaults.run', ['shell', 'working-directory']);
  return { shell: found?.get('shell'), workingDirectory: found?.get('working-directory') };
}

function readPermissions(token: TemplateToken | undefined, origin: Origin): Permissions | undefined {
  if (token === undefined) return undefined;
  const all = textOf(token);
  if (all !== undefined) return everything(all === 'write-all' ? 'write' : 'read');
  const levels = [...fields(token, origin, 'permissions', SCOPES)].map(([scope, level]) => [
    scope,
    textOf(level),
  ]);
  return Object.fromEntries(levels) as Permissions;
}

type ParsedJob = Awaited<ReturnType<typeof parser.convertWorkflowTemplate>>['jobs'][number];
type ParsedStep = Extract<ParsedJob, { type: 'job' }>['steps'][number];
type Fields = ReadonlyMap<string, TemplateToken>;

function entries(token: TemplateToken | undefined): Map<string, TemplateToken> {
  if (token === undefined || !parser.isMapping(token)) return new Map();
  return new Map([...each(token)].map((pair) => [pair.key.toString(), pair.value]));
}

/** The keys of a mapping; one that is not in `known` stops the run. */
function fields(
  token: TemplateToken,
  origin: Origin,
  what: string,
  known: readonly string[],
): Map<string, TemplateToken> {
  if (!parser.isMapping(token)) throw unknown(`this ${what}`, token, origin);
  for (const pair of each(token)) {
    const key = pair.key.toString();
    if (!known.includes(key)) throw unknown(`'${key}' of ${what}`, pair.key, origin);
  }
  return entries(token);
}

function literal(token: TemplateToken | undefined, origin: Origin): Value {
  if (token === undefined) return null;
  if (token.isExpression) throw unknown('an expression here', token, origin);
  return evaluateToken(token, { contexts: {} });
}

function textOf(token: TemplateToken | undefined): string | undefined {
  return token && parser.isString(token) ? token.value : undefined;
}

function unknown(what: string, token: TemplateToken, origin: Origin): GreenlightError {
  return new GreenlightError({
    code: 'runner/unknown',
    message: `the runner does not know ${what}`,
    place: { file: origin.path, line: token.line ?? 1, column: token.col ?? 1 },
    mend: 'write the workflow without it, or teach the runner (test/forge/runner)',
  });
}

function invalid(message: string, origin: Origin): GreenlightError {
  return new GreenlightError({ code: 'runner/workflow', message, place: { file: origin.path } });
}
