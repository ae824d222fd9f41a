import { GreenlightError, messageOf } from '../../../core/kernel/errors.ts';
import type { JobRecord, Permissions, RunRecord } from '../types.ts';
import { callInputs, callSecrets } from './calls.ts';
import type { ConcurrencyGroups, Holder, Slots } from './concurrency.ts';
import { githubContext, isFromFork, type Start } from './contexts.ts';
import { evaluate, evaluateToken, isTruthy, type Scope, toText, type Value } from './expressions.ts';
import { executeJob, type House, type JobPlan, type Outcome, type Result } from './job.ts';
import { type Combination, expandMatrix, legSuffix } from './matrix.ts';
import type { TemplateToken } from './parser.ts';
import { jobPermissions } from './permissions.ts';
import type { CallJob, Job, StepsJob, Workflow } from './workflow.ts';

/** A run under way. */
export interface Run {
  readonly house: House;
  readonly start: Start;
  readonly record: RunRecord;
  /** The workflow that the run is of; the `github` context names it in called workflows too. */
  readonly workflow: Workflow;
  readonly groups: ConcurrencyGroups;
  readonly slots: Slots;
  readonly cancellation: AbortController;
  /** Told when its first job starts. */
  readonly onStarted: () => void;
}

/** A workflow within a run: the run's own, or one that it calls. */
interface Frame {
  readonly workflow: Workflow;
  readonly inputs: Readonly<Record<string, Value>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** What the caller (or the repository's setting) grants. */
  readonly granted: Permissions;
  /** `caller / `; empty for the run's own workflow. */
  readonly prefix: string;
  readonly signal: AbortSignal;
}

interface Ended extends Outcome {
  /** All jobs that had to end before this one, and itself. */
  readonly lineage: ReadonlyMap<string, Result>;
}

type JobContexts = JobPlan['contexts'];

/** One leg of a job: its matrix values and the contexts it sees. */
interface Leg {
  readonly job: Job;
  readonly name: string;
  readonly contexts: JobContexts;
  readonly signal: AbortSignal;
  /** Whether the job's `if` holds, asked again when it has waited. */
  readonly isWanted: () => boolean;
}

/** Runs a workflow's jobs, each as soon as those it needs have ended. The run's result. */
export async function executeRun(run: Run, granted: Permissions): Promise<Result> {
  const {
    workflow,
    start: { repository },
  } = run;
  const secrets = isFromFork(run.start) ? {} : repository.secrets;
  const frame = {
    workflow,
    inputs: run.start.inputs,
    secrets,
    granted,
    prefix: '',
    signal: run.cancellation.signal,
  };
  return (await executeFrame(run, frame)).result;
}

async function executeFrame(
  run: Run,
  frame: Frame,
): Promise<{ result: Result; jobs: ReadonlyMap<string, Outcome> }> {
  const started = new Map<string, Promise<Ended>>();
  const begin = (job: Job): Promise<Ended> => {
    const promise =
      started.get(job.id) ?? Promise.all(job.needs.map(need)).then((ended) => settle(run, frame, job, ended));
    started.set(job.id, promise);
    return promise;
  };
  const need = (id: string): Promise<Ended> => {
    const job = frame.workflow.jobs.find((it) => it.id === id);
    if (job === undefined)
      throw new GreenlightError({ code: 'runner/workflow', message: `there is no job '${id}'` });
    return begin(job);
  };
  const jobs = new Map<string, Outcome>();
  for (const job of frame.workflow.jobs) void begin(job);
  for (const job of frame.workflow.jobs) jobs.set(job.id, await begin(job));
  return { result: sum([...jobs.values()].map((it) => it.result)), jobs };
}

/** Brings a job to its end, its needs having ended. Never throws. */
async function settle(run: Run, frame: Frame, job: Job, needed: readonly Ended[]): Promise<Ended> {
  const lineage = new Map(needed.flatMap((it) => [...it.lineage]));
  const end = (outcome: Outcome): Ended => ({
    ...outcome,
    lineage: new Map([...lineage, [job.id, outcome.result]]),
  });
  const needs = Object.fromEntries(
    job.needs.map((id, index) => [
      id,
      { result: needed[index]?.result ?? '', outputs: needed[index]?.outputs ?? {} },
    ]),
  );
  const contexts = { ...baseContexts(run, frame), needs, strategy: {}, matrix: {} };
  const isWanted = (): boolean =>
    isTruthy(evaluate(job.condition, { contexts, status: statusOf([...lineage.values()], frame.signal) }));
  try {
    if (!isWanted()) {
      complete(run, openJob(run, frame.prefix + plainName(job)), 'skipped');
      return end({ result: 'skipped', outputs: {} });
    }
    const combinations = job.matrix ? expandMatrix(evaluateToken(job.matrix, { contexts })) : [{}];
    const siblings = new AbortController();
    const legs = combinations.map((matrix, index) =>
      legOf(frame, job, matrix, { contexts, isWanted, siblings, index, total: combinations.length }),
    );
    const outcomes = await Promise.all(
      legs.map(async (leg) => {
        const outcome = await executeLeg(run, frame, leg);
        if (outcome.result === 'failure' && job.failFast && legs.length > 1) siblings.abort();
        return outcome;
      }),
    );
    return end({
      result: sum(outcomes.map((it) => it.result)),
      outputs: Object.assign({}, ...outcomes.map((it) => it.outputs)),
    });
  } catch (error) {
    refuse(run, frame.prefix + plainName(job), error);
    return end({ result: 'failure', outputs: {} });
  }
}

function legOf(
  frame: Frame,
  job: Job,
  matrix: Combination,
  its: {
    contexts: JobContexts;
    isWanted: () => boolean;
    siblings: AbortController;
    index: number;
    total: number;
  },
): Leg {
  const strategy = { 'fail-fast': job.failFast, 'job-index': its.index, 'job-total': its.total };
  const contexts = { ...its.contexts, matrix, strategy };
  const named = job.name && toText(evaluateToken(job.name, { contexts }));
  return {
    job,
    name: frame.prefix + (named || job.id + legSuffix(matrix)),
    contexts,
    isWanted: its.isWanted,
    signal: AbortSignal.any([frame.signal, its.siblings.signal]),
  };
}

/** Never throws. */
async function executeLeg(run: Run, frame: Frame, { job, ...leg }: Leg): Promise<Outcome> {
  let record: JobRecord | undefined;
  try {
    const calledAs = frame.prefix === '' ? undefined : leg.name;
    const permissions = jobPermissions(job.permissions, frame.workflow.permissions, frame.granted, calledAs);
    if (job.kind === 'call') return await executeCall(run, frame, { ...leg, job }, permissions);
    record = openJob(run, leg.name);
    return await executeSteps(run, frame, { ...leg, job, record }, permissions);
  } catch (error) {
    refuse(run, leg.name, error, record);
    return { result: 'failure', outputs: {} };
  }
}

async function executeSteps(
  run: Run,
  frame: Frame,
  leg: Leg & { job: StepsJob; record: JobRecord },
  permissions: Permissions,
): Promise<Outcome> {
  const { job, record, contexts } = leg;
  const cancelled: Outcome = { result: 'cancelled', outputs: {} };
  const own = new AbortController();
  const work = async (): Promise<Outcome> => {
    if (leg.signal.aborted && !leg.isWanted()) return cancelled;
    run.onStarted();
    run.house.onProgress({
      kind: 'job',
      run: run.record,
      job: run.house.forge.runs.updateJob(record.id, { status: 'in_progress' }),
    });
    // A job that runs in spite of a cancelled run (`if: always()`) is not cancelled by it once more.
    const signal = leg.signal.aborted ? own.signal : AbortSignal.any([leg.signal, own.signal]);
    const { start, record: runRecord } = run;
    return executeJob(run.house, {
      start,
      run: runRecord,
      workflow: frame.workflow,
      job,
      record,
      permissions,
      contexts,
      signal,
    });
  };
  const outcome =
    (await within(run, job.concurrency, { contexts }, own, leg.signal, () => run.slots.use(work))) ??
    cancelled;
  complete(run, record, outcome.result);
  if (outcome.result !== 'failure' || job.continueOnError === undefined) return outcome;
  return isTruthy(evaluateToken(job.continueOnError, { contexts }))
    ? { ...outcome, result: 'success' }
    : outcome;
}

async function executeCall(
  run: Run,
  frame: Frame,
  leg: Leg & { job: CallJob },
  granted: Permissions,
): Promise<Outcome> {
  const { called } = leg.job;
  const scope = { contexts: leg.contexts };
  const inputs = callInputs(called, leg.job.with ? evaluateToken(leg.job.with, scope) : {});
  const own = new AbortController();
  const signal = AbortSignal.any([leg.signal, own.signal]);
  const inner: Frame = {
    workflow: called,
    inputs,
    secrets: callSecrets(frame.secrets, leg.job, scope),
    granted,
    prefix: `${leg.name} / `,
    signal,
  };
  const calledScope = { contexts: baseContexts(run, inner) };
  const outcome = await within(run, leg.job.concurrency, scope, own, leg.signal, () =>
    within(run, called.concurrency, calledScope, own, leg.signal, async () => {
      const { result, jobs } = await executeFrame(run, inner);
      const contexts = { ...calledScope.contexts, jobs: Object.fromEntries(jobs) as unknown as Value };
      const outputs = [...called.call.outputs].map(([name, token]) => [
        name,
        toText(evaluateToken(token, { contexts })),
      ]);
      return { result, outputs: Object.fromEntries(outputs) as Record<string, string> };
    }),
  );
  if (outcome !== undefined) return outcome;
  complete(run, openJob(run, leg.name), 'cancelled');
  return { result: 'cancelled', outputs: {} };
}

/** Does `work` inside a concurrency group; undefined where a newer one took the place, or the wait was cancelled. */
export async function within<T>(
  run: Pick<Run, 'groups' | 'start' | 'record'>,
  token: TemplateToken | undefined,
  scope: Scope,
  own: AbortController,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  if (token === undefined) return work();
  const { name, ...rules } = concurrencyOf(evaluateToken(token, scope));
  const group = `${run.start.repository.name}:${name.toLowerCase()}`;
  const holder: Holder & { runId: number } = { runId: run.record.id, cancel: () => own.abort() };
  const rival = run.groups.running(group);
  if (rival !== undefined && 'runId' in rival && rival.runId === run.record.id) {
    throw new GreenlightError({
      code: 'runner/concurrency',
      message: `the run already holds the concurrency group '${name}' that this job waits for`,
    });
  }
  const leave = (): void => run.groups.leave(group, holder);
  signal.addEventListener('abort', leave, { once: true });
  const entered = await run.groups.enter(group, holder, rules);
  signal.removeEventListener('abort', leave);
  if (!entered) return undefined;
  try {
    return await work();
  } finally {
    leave();
  }
}

function concurrencyOf(value: Value): { name: string; cancelInProgress: boolean; queue: 'single' | 'max' } {
  if (typeof value === 'string') return { name: value, cancelInProgress: false, queue: 'single' };
  const rules = value as Record<string, Value>;
  return {
    name: toText(rules.group),
    cancelInProgress: isTruthy(rules['cancel-in-progress'] ?? false),
    queue: rules.queue === 'max' ? 'max' : 'single',
  };
}

function baseContexts(run: Run, frame: Frame): JobContexts {
  return {
    github: githubContext(run.house.forge, run.start, run.workflow, run.record),
    inputs: frame.inputs,
    vars: run.start.repository.variables,
    secrets: frame.secrets,
  };
}

/** What `success()` and `failure()` say before a job: of all jobs before it, not only of those that it names. */
function statusOf(lineage: readonly Result[], signal: AbortSignal) {
  return {
    success: !signal.aborted && lineage.every((it) => it === 'success'),
    failure: !signal.aborted && lineage.includes('failure'),
    cancelled: signal.aborted,
  };
}

/** The result of several: the worst; skipped only where all are. */
function sum(results: readonly Result[]): Result {
  for (const result of ['failure', 'cancelled', 'success'] as const)
    if (results.includes(result)) return result;
  return 'skipped';
}

function plainName(job: Job): string {
  return job.name && !job.name.isExpression ? toText(evaluateToken(job.name, { contexts: {} })) : job.id;
}

function openJob(run: Run, name: string): JobRecord {
  return run.house.forge.runs.createJob({ runId: run.record.id, name, status: 'queued' });
}

function complete(run: Run, record: JobRecord, result: Result): void {
  const job = run.house.forge.runs.updateJob(record.id, { status: 'completed', conclusion: result });
  run.house.onProgress({ kind: 'job', run: run.record, job });
}

/** A job that could not even begin: it fails, and says why. */
export function refuse(
  run: Pick<Run, 'house' | 'record'>,
  name: string,
  error: unknown,
  opened?: JobRecord,
): void {
  const { forge, onStop, onProgress } = run.house;
  const place = error instanceof GreenlightError ? error.place : undefined;
  const message = messageOf(error);
  const record = opened ?? forge.runs.createJob({ runId: run.record.id, name, status: 'queued' });
  const now = forge.clock.now();
  const job = forge.runs.updateJob(record.id, {
    status: 'completed',
    conclusion: 'failure',
    annotations: [{ level: 'failure', message, ...(place && { file: place.file, line: place.line ?? 1 }) }],
    steps: [
      {
        name: 'Set up job',
        number: 1,
        status: 'completed',
        conclusion: 'failure',
        startedAt: now,
        completedAt: now,
        log: `##[error]${message}`,
        summary: '',
      },
    ],
  });
  onProgress({ kind: 'job', run: run.record, job });
  onStop(
    error instanceof GreenlightError
      ? error
      : new GreenlightError({ code: 'runner/bug', message, cause: error }),
    `${run.record.name} / ${name}`,
  );
}
