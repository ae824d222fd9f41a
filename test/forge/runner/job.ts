import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError, messageOf } from '../../../core/kernel/errors.ts';
import type { Forge, JobRecord, Permissions, RunRecord, StepRecord } from '../types.ts';
import { inputVariables, readAction } from './action.ts';
import { checkout } from './checkout.ts';
import { githubVariables, isFromFork, originRef, type Start } from './contexts.ts';
import { evaluate, evaluateToken, isTruthy, type Scope, toText, toTexts, type Value } from './expressions.ts';
import { JobMachine, type StepTrace } from './machine.ts';
import { parser } from './parser.ts';
import { shellCommand } from './shell.ts';
import { type ForgeSource, splitUses } from './source.ts';
import type { Step, StepsJob, Workflow } from './workflow.ts';

/** What all jobs share. */
export interface House {
  readonly forge: Forge;
  readonly source: ForgeSource;
  readonly workRoot: string;
  readonly nodeBin: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
  readonly onProgress: (progress: Progress) => void;
  /** Told of everything that the runner does not know. */
  readonly onStop: (error: GreenlightError, where: string) => void;
}

/** Something has begun or ended. */
export type Progress =
  | { readonly kind: 'run'; readonly run: RunRecord }
  | { readonly kind: 'job'; readonly run: RunRecord; readonly job: JobRecord }
  | { readonly kind: 'step'; readonly run: RunRecord; readonly job: JobRecord; readonly step: StepRecord };

export type Result = 'success' | 'failure' | 'cancelled' | 'skipped';

export interface Outcome {
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
}

/** One job on one machine: a job of a file, or one leg of its matrix. */
export interface JobPlan {
  readonly start: Start;
  readonly run: RunRecord;
  readonly workflow: Workflow;
  readonly job: StepsJob;
  readonly record: JobRecord;
  readonly permissions: Permissions;
  /** `github`, `inputs`, `vars`, `secrets`, `needs`, `strategy`, `matrix`. */
  readonly contexts: Scope['contexts'] & { readonly github: Readonly<Record<string, Value>> };
  readonly signal: AbortSignal;
}

interface StepResult {
  readonly outcome: Result;
  readonly conclusion: Result;
  readonly outputs: Readonly<Record<string, string>>;
}

/** GitHub's limit where a job states none, in minutes. */
const JOB_TIMEOUT = 360;
const MACHINES = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-22.04'];

/** Runs a job's steps on a machine of its own, with a token of its own, and records what they did. Never throws. */
export async function executeJob(house: House, plan: JobPlan): Promise<Outcome> {
  const { forge } = house;
  const repository = plan.start.repository.name;
  const token = forge.jobToken(repository, plan.permissions, { fork: isFromFork(plan.start) });
  const runtimeToken = forge.runtimeToken(plan.run.id, plan.record.id);
  const machine = await JobMachine.create(
    {
      folder: path.join(house.workRoot, `job-${plan.record.id}`),
      toolCache: path.join(house.workRoot, 'tool-cache'),
      nodeBin: house.nodeBin,
      env: house.env,
      log: (line) => house.log(`${plan.run.name} / ${plan.record.name} | ${line}`),
    },
    repository.split('/')[1] ?? repository,
  );
  try {
    return await new JobExecution(house, plan, machine, { token, runtimeToken }).execute();
  } finally {
    forge.revoke(token);
    forge.revoke(runtimeToken);
    await machine.dispose();
  }
}

class JobExecution {
  readonly #house: House;
  readonly #plan: JobPlan;
  readonly #machine: JobMachine;
  readonly #runtimeToken: string;
  readonly #contexts: JobPlan['contexts'];
  readonly #steps: StepRecord[] = [];
  readonly #results: Record<string, StepResult> = {};
  #env: Record<string, string> = {};
  #failed = false;
  #signal: AbortSignal;

  constructor(
    house: House,
    plan: JobPlan,
    machine: JobMachine,
    tokens: { token: string; runtimeToken: string },
  ) {
    this.#house = house;
    this.#plan = plan;
    this.#machine = machine;
    this.#runtimeToken = tokens.runtimeToken;
    this.#signal = plan.signal;
    const secrets = { ...toTexts(plan.contexts.secrets ?? null), GITHUB_TOKEN: tokens.token };
    for (const secret of [...Object.values(secrets), tokens.runtimeToken]) machine.mask(secret);
    const github = {
      ...plan.contexts.github,
      token: tokens.token,
      job: plan.job.id,
      workspace: machine.workspace,
    };
    this.#contexts = { ...plan.contexts, github, secrets };
  }

  async execute(): Promise<Outcome> {
    const { job, workflow } = this.#plan;
    let timer: NodeJS.Timeout | undefined;
    try {
      this.#checkMachine();
      const timeout = new AbortController();
      const minutes = this.#number(job.timeoutMinutes) ?? JOB_TIMEOUT;
      timer = setTimeout(() => this.#timeOut(timeout, minutes), minutes * 60_000);
      this.#signal = AbortSignal.any([this.#plan.signal, timeout.signal]);
      for (const token of [workflow.env, job.env]) {
        if (token)
          Object.assign(
            this.#env,
            toTexts(evaluateToken(token, { contexts: { ...this.#contexts, env: this.#env } })),
          );
      }
      for (const step of job.steps) await this.#perform(step);
      const outputs = job.outputs ? toTexts(evaluateToken(job.outputs, this.#scope())) : {};
      return { result: this.#status(), outputs };
    } catch (error) {
      await this.#setUpFailed(error);
      return { result: 'failure', outputs: {} };
    } finally {
      clearTimeout(timer);
      this.#publish();
    }
  }

  async #perform(step: Step): Promise<void> {
    const started = this.#house.forge.clock.now();
    const open = (name: string): StepRecord => ({
      name,
      number: this.#steps.length + 1,
      status: 'in_progress',
      conclusion: null,
      startedAt: started,
      completedAt: null,
      log: '',
      summary: '',
    });
    const record = open(stepName(step, this.#scope()));
    this.#steps.push(record);
    const { result, trace } = await this.#attempt(step);
    const ended: StepRecord = {
      ...record,
      status: 'completed',
      conclusion: result.conclusion,
      completedAt: this.#house.forge.clock.now(),
      log: trace.log,
      summary: trace.summary,
    };
    this.#steps[record.number - 1] = ended;
    this.#results[step.id] = result;
    if (result.conclusion === 'failure') this.#failed = true;
    this.#publish();
    this.#house.onProgress({ kind: 'step', run: this.#plan.run, job: this.#plan.record, step: ended });
  }

  async #attempt(step: Step): Promise<{ result: StepResult; trace: StepTrace }> {
    const machine = this.#machine;
    const nothing: StepTrace = { outputs: {}, log: '', summary: '' };
    const stop = new AbortController();
    const cancel = (): void => stop.abort('cancelled');
    let timer: NodeJS.Timeout | undefined;
    let trace = nothing;
    let outcome: Result = 'failure';
    try {
      if (!isTruthy(evaluate(step.condition, this.#scope()))) {
        return { result: { outcome: 'skipped', conclusion: 'skipped', outputs: {} }, trace };
      }
      this.#publish();
      const env = step.env ? toTexts(evaluateToken(step.env, this.#scope())) : {};
      const minutes = this.#number(step.timeoutMinutes);
      if (minutes !== undefined) timer = setTimeout(() => stop.abort('timeout'), minutes * 60_000);
      if (!this.#signal.aborted) this.#signal.addEventListener('abort', cancel, { once: true });
      await machine.beginStep({ ...this.#stepEnv(env), ...(await this.#variables()) }, stop.signal);
      const work = await this.#work(step, env);
      trace = await machine.endStep();
      trace = { ...trace, outputs: { ...work.outputs, ...trace.outputs } };
      if (work.code === 0 && !stop.signal.aborted) outcome = 'success';
      else if (!stop.signal.aborted)
        machine.annotate({ level: 'failure', message: `Process completed with exit code ${work.code}.` });
    } catch (error) {
      this.#complain(error);
      trace = { ...trace, log: machine.log };
    } finally {
      clearTimeout(timer);
      this.#signal.removeEventListener('abort', cancel);
    }
    if (stop.signal.reason === 'cancelled') outcome = 'cancelled';
    if (stop.signal.reason === 'timeout') {
      outcome = 'failure';
      machine.annotate({ level: 'failure', message: `The step '${step.id}' has timed out.` });
    }
    const tolerated = outcome === 'failure' && this.#flag(step.continueOnError);
    return {
      result: { outcome, conclusion: tolerated ? 'success' : outcome, outputs: trace.outputs },
      trace,
    };
  }

  async #work(
    step: Step,
    stepEnv: Record<string, string>,
  ): Promise<{ code: number; outputs?: Record<string, string> }> {
    const scope = this.#scope(stepEnv);
    if (step.work.kind === 'run') return { code: await this.#runScript(step.work, scope) };
    const { action } = step.work;
    const given = step.work.with ? toTexts(evaluateToken(step.work.with, scope)) : {};
    if (action.startsWith('actions/checkout@')) {
      const github = toTexts(this.#contexts.github);
      return { code: 0, outputs: await checkout(this.#machine, github, given) };
    }
    if (action.startsWith('actions/setup-node@')) return { code: setUpNode(given) };
    const folder = await this.#actionFolder(action);
    const node = await readAction(folder, action);
    return {
      code: await this.#machine.spawn(this.#machine.nodeBin, [node.main], {
        env: {
          ...inputVariables(node, given, scope, action),
          GITHUB_ACTION: step.id,
          ACTIONS_RESULTS_URL: this.#house.forge.resultsUrl,
          ACTIONS_RUNTIME_TOKEN: this.#runtimeToken,
        },
      }),
    };
  }

  async #runScript(work: Extract<Step['work'], { kind: 'run' }>, scope: Scope): Promise<number> {
    const { job, workflow } = this.#plan;
    const pick = (key: 'shell' | 'workingDirectory'): string | undefined => {
      const token = work[key] ?? job.defaults[key] ?? workflow.defaults[key];
      return token && toText(evaluateToken(token, scope));
    };
    const shell = pick('shell');
    const [program, ...args] = shellCommand(shell);
    const script = path.join(this.#machine.temp, `step-${this.#steps.length}.sh`);
    await writeFile(script, `${toText(evaluateToken(work.script, scope))}\n`);
    return this.#machine.spawn(program, [...args, script], {
      cwd: path.resolve(this.#machine.workspace, pick('workingDirectory') ?? '.'),
    });
  }

  async #actionFolder(action: string): Promise<string> {
    if (action.startsWith('./')) return path.join(this.#machine.workspace, action);
    const { repository, path: folder, ref } = splitUses(action);
    const { sha } = await this.#house.source.commit(repository, ref, this.#plan.start.repository.name);
    return path.join(await this.#house.source.tree(repository, sha), folder);
  }

  /** Everything in the `env` context at this point, and the GITHUB_* variables, which no one overrides. */
  #stepEnv(own: Record<string, string>): Record<string, string> {
    return { ...this.#env, ...this.#machine.dynamicEnv, ...own };
  }

  async #variables(): Promise<Record<string, string>> {
    const file = path.join(this.#machine.temp, 'event.json');
    await writeFile(file, JSON.stringify(this.#contexts.github.event, undefined, 2));
    return { ...githubVariables(this.#contexts.github), GITHUB_EVENT_PATH: file };
  }

  #scope(stepEnv: Record<string, string> = {}): Scope {
    const { origin } = this.#plan.workflow;
    const status = this.#status();
    return {
      contexts: {
        ...this.#contexts,
        env: this.#stepEnv(stepEnv),
        steps: this.#results as unknown as Value,
        runner: this.#machine.runner,
        job: {
          status,
          check_run_id: this.#plan.record.id,
          workflow_repository: origin.repository,
          workflow_sha: origin.sha,
          workflow_ref: originRef(origin),
          workflow_file_path: origin.path,
        },
      },
      status: {
        success: status === 'success',
        failure: status === 'failure',
        cancelled: status === 'cancelled',
      },
    };
  }

  #status(): 'success' | 'failure' | 'cancelled' {
    if (this.#signal.aborted) return 'cancelled';
    return this.#failed ? 'failure' : 'success';
  }

  #number(token: Step['timeoutMinutes']): number | undefined {
    if (token === undefined) return undefined;
    const value = Number(evaluateToken(token, this.#scope()));
    if (value > 0) return value;
    throw new GreenlightError({
      code: 'runner/workflow',
      message: 'timeout-minutes must be a number above 0',
    });
  }

  #flag(token: Step['continueOnError']): boolean {
    return token !== undefined && isTruthy(evaluateToken(token, this.#scope()));
  }

  #checkMachine(): void {
    const { runsOn } = this.#plan.job;
    const labels = [runsOn ? evaluateToken(runsOn, { contexts: this.#contexts }) : null].flat();
    const odd = labels.find((label) => typeof label !== 'string' || !MACHINES.includes(label));
    if (odd !== undefined) {
      throw new GreenlightError({
        code: 'runner/unknown',
        message: `the runner has no machine '${toText(odd)}'`,
      });
    }
  }

  #timeOut(timeout: AbortController, minutes: number): void {
    const message = `The job has exceeded the maximum execution time of ${minutes} minutes.`;
    this.#machine.annotate({ level: 'failure', message });
    timeout.abort();
  }

  /** Something that the step or the runner can't do: said in the log and as an annotation; never passed over. */
  #complain(error: unknown): void {
    const place =
      error instanceof GreenlightError && error.mend ? `${error.message} (${error.mend})` : messageOf(error);
    this.#machine.print(`##[error]${place}`);
    this.#machine.annotate({ level: 'failure', message: place });
    if (error instanceof GreenlightError)
      this.#house.onStop(error, `${this.#plan.run.name} / ${this.#plan.record.name}`);
  }

  async #setUpFailed(error: unknown): Promise<void> {
    this.#complain(error);
    const now = this.#house.forge.clock.now();
    this.#steps.push({
      name: 'Set up job',
      number: this.#steps.length + 1,
      status: 'completed',
      conclusion: 'failure',
      startedAt: now,
      completedAt: now,
      log: this.#machine.log,
      summary: '',
    });
  }

  #publish(): void {
    const { forge } = this.#house;
    forge.runs.updateJob(this.#plan.record.id, {
      steps: [...this.#steps],
      annotations: [...this.#machine.annotations],
    });
  }
}

function stepName(step: Step, scope: Scope): string {
  if (step.name) return toText(evaluateToken(step.name, scope));
  if (step.work.kind === 'uses') return `Run ${step.work.action}`;
  const { script: token } = step.work;
  const script = parser.isString(token)
    ? token.value
    : parser.isBasicExpression(token)
      ? (token.source ?? '')
      : '';
  return `Run ${script.trim().split('\n')[0] ?? ''}`;
}

/** Node.js 24 is on the machine already: this only checks that nothing else is asked for. */
function setUpNode(given: Readonly<Record<string, string>>): number {
  const { 'node-version': version = '24', ...others } = given;
  const odd = Object.keys(others)[0] ?? (/^24(\.x)?$/.test(version) ? undefined : `node-version: ${version}`);
  if (odd === undefined) return 0;
  throw new GreenlightError({
    code: 'runner/unknown',
    message: `the runner's setup-node does not know '${odd}'`,
  });
}
