import { realpathSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../../../core/kernel/errors.ts';
import type { Actor, Forge, ForgeEvent, RepositoryView, RunRecord } from '../types.ts';
import { ConcurrencyGroups, Slots } from './concurrency.ts';
import { githubContext, isFromFork, type Start, workflowRunPayload } from './contexts.ts';
import { lastFiring } from './cron.ts';
import { evaluateToken, toText, type Value } from './expressions.ts';
import type { House, Progress, Result } from './job.ts';
import type { EventsConfig } from './parser.ts';
import { defaultPermissions } from './permissions.ts';
import { executeRun, type Run, refuse, within } from './run.ts';
import { ForgeSource } from './source.ts';
import { isTriggered, type Trigger } from './triggers.ts';
import { type Origin, readEvents, readWorkflow, type Workflow } from './workflow.ts';

export type { Progress } from './job.ts';

export interface RunnerOptions {
  /** Folder for machines, unpacked actions and the tool cache. */
  readonly workRoot: string;
  /** The Node.js 24 executable. */
  readonly nodeBin: string;
  /** Further variables of every machine (a registry, a proxy). */
  readonly env?: Readonly<Record<string, string>>;
  /** Jobs at once; 2 where left out. */
  readonly parallel?: number;
  /** Each line that a step prints, secrets masked. */
  readonly log?: (line: string) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** A small GitHub Actions: starts runs by what happens on the forge, and runs them as processes on this computer. */
export interface Runner {
  /** Every run, oldest first. */
  readonly runs: readonly RunRecord[];
  /** What workflows asked for and the runner does not know, and what it could not do. A test expects none. */
  readonly stops: readonly string[];
  /** Starts what `schedule:` has made due since the last tick, by the forge's clock: of missed times only the latest. */
  tick(): Promise<void>;
  /** Resolves when nothing is queued or running. Runs that wait for approval do not count. */
  idle(): Promise<void>;
  /** Cancels a run: its processes get SIGTERM, then SIGKILL. Resolves when it has ended. */
  cancel(runId: number): Promise<void>;
  /** Cancels everything and takes no further events. */
  close(): Promise<void>;
}

/** Activity of a job's token that makes a run all the same, which waits for approval (GitHub, 2026-06-11). */
const APPROVABLE = ['opened', 'synchronize', 'reopened'];
const ZEROS = /^0+$/;

/** Subscribes to the forge's events; from then on workflows run by GitHub's rules. */
export function createRunner(forge: Forge, options: RunnerOptions): Runner {
  return new ForgeRunner(forge, options);
}

interface Live {
  readonly cancellation: AbortController;
  readonly ended: Promise<void>;
}

class ForgeRunner implements Runner {
  readonly stops: string[] = [];
  readonly #forge: Forge;
  readonly #house: House;
  readonly #groups = new ConcurrencyGroups();
  readonly #slots: Slots;
  readonly #heads = new Map<string, Promise<Pick<Workflow, 'name' | 'events'>>>();
  readonly #live = new Map<number, Live>();
  readonly #waiting = new Map<number, { readonly start: Start; readonly workflow: Workflow }>();
  /** Events are taken one after another, in their order. */
  #intake: Promise<void> = Promise.resolve();
  #lastTick: Date;
  #closed = false;

  constructor(forge: Forge, options: RunnerOptions) {
    this.#forge = forge;
    this.#slots = new Slots(options.parallel ?? 2);
    this.#lastTick = forge.clock.now();
    const workRoot = path.resolve(options.workRoot);
    this.#house = {
      forge,
      workRoot,
      source: new ForgeSource(forge, path.join(workRoot, 'actions')),
      // The real file: a link in node_modules/.bin would put every tool there on PATH.
      nodeBin: realpathSync(options.nodeBin),
      env: options.env ?? {},
      log: options.log ?? (() => {}),
      onProgress: options.onProgress ?? (() => {}),
      onStop: (error, where) => this.stops.push(`${where}: ${error.message}`),
    };
    forge.on((event) => this.#enqueue(() => this.#take(event)));
    forge.runs.onApprove((run) => this.#approve(run));
  }

  get runs(): readonly RunRecord[] {
    return this.#forge.runs.list().toReversed();
  }

  tick(): Promise<void> {
    return this.#enqueue(() => this.#startDue());
  }

  async idle(): Promise<void> {
    let intake: Promise<void>;
    do {
      intake = this.#intake;
      await intake;
      await Promise.all([...this.#live.values()].map((it) => it.ended));
    } while (intake !== this.#intake || this.#live.size > 0);
  }

  async cancel(runId: number): Promise<void> {
    if (this.#waiting.delete(runId))
      this.#forge.runs.update(runId, { status: 'completed', conclusion: 'cancelled' });
    const live = this.#live.get(runId);
    live?.cancellation.abort();
    await live?.ended;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#intake;
    await Promise.all([...this.#live.keys()].map((id) => this.cancel(id)));
  }

  #enqueue(work: () => Promise<void>): Promise<void> {
    this.#intake = this.#intake
      .then(() => (this.#closed ? undefined : work()))
      .catch((error: unknown) => {
        this.stops.push(messageOf(error));
      });
    return this.#intake;
  }

  async #take(event: ForgeEvent): Promise<void> {
    const { actor, pullRequest } = event;
    if (ZEROS.test(event.sha)) return;
    const byJob = actor.tokenKind === 'job';
    const approvable = event.name === 'pull_request' && APPROVABLE.includes(event.action ?? '');
    if (byJob && event.name !== 'workflow_dispatch' && !approvable) return;
    // GitHub starts nothing for a pull request that conflicts: it has no merge commit.
    if (event.name === 'pull_request' && event.action !== 'closed' && event.sha === pullRequest?.head.sha)
      return;
    const repository = this.#forge.repository(event.repository);
    const { ref, sha, payload } = event;
    const start: Start = { repository, event: event.name, actor, ref, sha, pullRequest, payload, inputs: {} };
    const trigger: Trigger = {
      event: event.name,
      action: event.action,
      ref,
      branch: pullRequest?.base.ref,
      paths: event.paths,
    };
    await this.#startAll(start, trigger, {
      only: event.dispatch?.workflow,
      approval: byJob && approvable,
      given: event.dispatch?.inputs,
    });
  }

  /** Starts every workflow of the commit that the trigger asks for. */
  async #startAll(
    start: Start,
    trigger: Trigger,
    how: {
      only?: string | undefined;
      approval?: boolean;
      given?: Readonly<Record<string, string>> | undefined;
    } = {},
  ): Promise<void> {
    const { repository, ref, sha } = start;
    for (const file of await this.#house.source.workflowFiles(repository.name, sha)) {
      if (how.only !== undefined && how.only !== file) continue;
      const origin: Origin = { repository: repository.name, sha, ref, path: file };
      try {
        const { events } = await this.#head(origin);
        if (!isTriggered(events, trigger)) continue;
        const inputs = dispatchInputs(events, how.given);
        this.#open(
          { ...start, inputs },
          await readWorkflow(origin, this.#house.source),
          how.approval === true,
        );
      } catch (error) {
        this.#refuseStart(start, origin, error);
      }
    }
  }

  #head(origin: Origin): Promise<Pick<Workflow, 'name' | 'events'>> {
    const key = `${origin.repository}@${origin.sha}:${origin.path}`;
    const head = this.#heads.get(key) ?? readEvents(origin, this.#house.source);
    this.#heads.set(key, head);
    return head;
  }

  #open(start: Start, workflow: Workflow, approval: boolean): void {
    const record = this.#createRun(start, workflow, approval ? 'action_required' : 'queued');
    this.#house.onProgress({ kind: 'run', run: record });
    if (approval) {
      this.#waiting.set(record.id, { start, workflow });
      return;
    }
    this.#announce('requested', record);
    this.#launch(start, workflow, record);
  }

  #approve(run: RunRecord): void {
    const waiting = this.#waiting.get(run.id);
    if (waiting === undefined || this.#closed) return;
    this.#waiting.delete(run.id);
    const record = this.#forge.runs.update(run.id, { status: 'queued' });
    this.#announce('requested', record);
    this.#launch(waiting.start, waiting.workflow, record);
  }

  #launch(start: Start, workflow: Workflow, record: RunRecord): void {
    const cancellation = new AbortController();
    const ended = this.#execute(start, workflow, record, cancellation).finally(() =>
      this.#live.delete(record.id),
    );
    this.#live.set(record.id, { cancellation, ended });
  }

  async #execute(
    start: Start,
    workflow: Workflow,
    record: RunRecord,
    cancellation: AbortController,
  ): Promise<void> {
    const { runs } = this.#forge;
    let started = false;
    const run: Run = {
      house: this.#house,
      start,
      record,
      workflow,
      groups: this.#groups,
      slots: this.#slots,
      cancellation,
      onStarted: () => {
        if (started) return;
        started = true;
        this.#announce('in_progress', runs.update(record.id, { status: 'in_progress' }));
      },
    };
    const granted = defaultPermissions(start.repository.defaultWorkflowPermissions);
    let result: Result | 'startup_failure' = 'cancelled';
    try {
      const scope = { contexts: this.#startContexts(start, workflow, record) };
      const work = (): Promise<Result> => executeRun(run, granted);
      result =
        (await within(run, workflow.concurrency, scope, cancellation, cancellation.signal, work)) ??
        'cancelled';
      if (cancellation.signal.aborted) result = 'cancelled';
    } catch (error) {
      refuse(run, workflow.origin.path, error);
      result = 'startup_failure';
    }
    const ended = runs.update(record.id, { status: 'completed', conclusion: result });
    this.#house.onProgress({ kind: 'run', run: ended });
    this.#announce('completed', ended);
  }

  #createRun(
    start: Start,
    workflow: Pick<Workflow, 'name' | 'origin' | 'runName'>,
    status: RunRecord['status'],
  ): RunRecord {
    const { repository, ref, sha, actor, pullRequest: pull } = start;
    const record = this.#forge.runs.create({
      repository: repository.name,
      path: workflow.origin.path,
      name: workflow.name,
      title: titleOf(start, workflow.name),
      event: start.event,
      headSha: pull?.head.sha ?? sha,
      headBranch: pull?.head.ref ?? ref.replace(/^refs\/(heads|tags)\//, ''),
      headRepository: pull?.head.repository ?? repository.name,
      actor,
      status,
      pullRequests: pull !== undefined && !isFromFork(start) ? [pull.number] : [],
    });
    if (workflow.runName === undefined) return record;
    const contexts = this.#startContexts(start, workflow, record);
    return this.#forge.runs.update(record.id, {
      title: toText(evaluateToken(workflow.runName, { contexts })),
    });
  }

  #startContexts(start: Start, workflow: Pick<Workflow, 'name' | 'origin'>, record: RunRecord) {
    const github = githubContext(this.#forge, start, workflow, record);
    return { github, inputs: start.inputs, vars: start.repository.variables };
  }

  /** A workflow file that can't be used. Only where somebody's change is at hand does it become a run, as on GitHub. */
  #refuseStart(start: Start, origin: Origin, error: unknown): void {
    const name = origin.path;
    if (start.event === 'workflow_run' || start.event === 'schedule') {
      this.stops.push(`${name}: ${messageOf(error)}`);
      return;
    }
    const record = this.#createRun(start, { name, origin, runName: undefined }, 'queued');
    refuse({ house: this.#house, record }, name, error);
    const run = this.#forge.runs.update(record.id, { status: 'completed', conclusion: 'startup_failure' });
    this.#house.onProgress({ kind: 'run', run });
  }

  /** `workflow_run`, for the workflows of the default branch. */
  #announce(action: 'requested' | 'in_progress' | 'completed', run: RunRecord): void {
    this.#enqueue(async () => {
      const repository = this.#forge.repository(run.repository);
      const payload = workflowRunPayload(this.#forge, action, run);
      const trigger = {
        event: 'workflow_run',
        action,
        workflow: run.name,
        branch: run.headBranch ?? undefined,
      };
      await this.#startOnDefault(repository, 'workflow_run', run.actor, payload, (start) =>
        this.#startAll(start, { ...trigger, ref: start.ref }),
      );
    });
  }

  async #startDue(): Promise<void> {
    const since = this.#lastTick;
    const now = this.#forge.clock.now();
    this.#lastTick = now;
    for (const repository of this.#forge.repositories()) {
      const actor: Actor = { login: repository.name.split('/')[0] ?? '', tokenKind: 'person' };
      const payload = { repository: repository.payload };
      await this.#startOnDefault(repository, 'schedule', actor, payload, (start) =>
        this.#startScheduled(start, since, now),
      );
    }
  }

  async #startScheduled(start: Start, since: Date, now: Date): Promise<void> {
    const { repository, ref, sha } = start;
    for (const file of await this.#house.source.workflowFiles(repository.name, sha)) {
      const { events } = await this.#head({ repository: repository.name, sha, ref, path: file });
      for (const { cron } of events.schedule ?? []) {
        if (lastFiring(cron, since, now) === undefined) continue;
        const scheduled = { ...start, payload: { ...start.payload, schedule: cron, workflow: file } };
        await this.#startAll(scheduled, { event: 'schedule', ref }, { only: file });
      }
    }
  }

  async #startOnDefault(
    repository: RepositoryView,
    event: string,
    actor: Actor,
    payload: Start['payload'],
    start: (start: Start) => Promise<void>,
  ): Promise<void> {
    const ref = `refs/heads/${repository.defaultBranch}`;
    const sha = await this.#house.source.head(repository.name, ref);
    if (sha !== undefined) await start({ repository, event, actor, ref, sha, payload, inputs: {} });
  }
}

/** What GitHub makes of a run that has no `run-name:`. */
function titleOf({ payload, event }: Start, workflow: string): string {
  const { head_commit: commit, pull_request: pull } = payload as {
    head_commit?: { message?: string } | null;
    pull_request?: { title?: string };
  };
  if (event === 'push') return commit?.message?.split('\n')[0] ?? workflow;
  return pull?.title ?? workflow;
}

/** The `inputs` context of a dispatch: booleans and numbers are such. */
function dispatchInputs(
  events: EventsConfig,
  given: Readonly<Record<string, string>> = {},
): Record<string, Value> {
  const declared = events.workflow_dispatch?.inputs ?? {};
  return Object.fromEntries(
    Object.entries(given).map(([name, value]) => {
      const type = String(declared[name]?.type ?? 'string');
      if (type === 'boolean') return [name, value === 'true'];
      return [name, type === 'number' ? Number(value) : value];
    }),
  );
}
