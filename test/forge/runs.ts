import type { Actor, Clock, JobRecord, NewJob, NewRun, RunRecord, RunStore } from './types.ts';

interface Held<T> {
  record: T;
}

/** The Actions tab, in memory. */
export class RunLog implements RunStore {
  readonly #clock: Clock;
  readonly #nextId: () => number;
  readonly #runs = new Map<number, Held<RunRecord>>();
  readonly #jobs = new Map<number, Held<JobRecord>>();
  readonly #workflows = new Map<string, number>();
  readonly #approval: ((run: RunRecord, approver: Actor) => void)[] = [];

  constructor(clock: Clock, nextId: () => number) {
    this.#clock = clock;
    this.#nextId = nextId;
  }

  create(run: NewRun): RunRecord {
    const now = this.#clock.now();
    const before = this.list(run.repository).filter((each) => each.path === run.path).length;
    const record: RunRecord = {
      ...run,
      id: this.#nextId(),
      number: before + 1,
      attempt: 1,
      workflowId: this.workflowId(run.repository, run.path),
      conclusion: run.status === 'action_required' ? 'action_required' : null,
      createdAt: now,
      updatedAt: now,
      startedAt: now,
    };
    this.#runs.set(record.id, { record });
    return record;
  }

  update(id: number, change: Parameters<RunStore['update']>[1]): RunRecord {
    const held = this.#held(this.#runs, id, 'run');
    const status = change.status ?? held.record.status;
    const conclusion = change.conclusion ?? (status === 'completed' ? held.record.conclusion : null);
    held.record = { ...held.record, ...change, status, conclusion, updatedAt: this.#clock.now() };
    return held.record;
  }

  get(id: number): RunRecord {
    return this.#held(this.#runs, id, 'run').record;
  }

  find(id: number): RunRecord | undefined {
    return this.#runs.get(id)?.record;
  }

  list(repository?: string): readonly RunRecord[] {
    const runs = [...this.#runs.values()].map((held) => held.record).reverse();
    return repository === undefined ? runs : runs.filter((run) => run.repository === repository);
  }

  createJob(job: NewJob): JobRecord {
    this.get(job.runId);
    const now = this.#clock.now();
    const record: JobRecord = {
      ...job,
      id: this.#nextId(),
      conclusion: null,
      createdAt: now,
      startedAt: job.status === 'in_progress' ? now : null,
      completedAt: null,
      steps: [],
      annotations: [],
    };
    this.#jobs.set(record.id, { record });
    return record;
  }

  updateJob(id: number, change: Parameters<RunStore['updateJob']>[1]): JobRecord {
    const held = this.#held(this.#jobs, id, 'job');
    const now = this.#clock.now();
    const status = change.status ?? held.record.status;
    held.record = {
      ...held.record,
      ...change,
      startedAt: held.record.startedAt ?? (status === 'in_progress' || status === 'completed' ? now : null),
      completedAt: status === 'completed' ? (held.record.completedAt ?? now) : null,
    };
    return held.record;
  }

  job(id: number): JobRecord | undefined {
    return this.#jobs.get(id)?.record;
  }

  jobs(runId: number): readonly JobRecord[] {
    return [...this.#jobs.values()].map((held) => held.record).filter((job) => job.runId === runId);
  }

  /** The latest check of each name on a commit: what required status checks look at. */
  checks(repository: string, sha: string): readonly { run: RunRecord; job: JobRecord }[] {
    const latest = new Map<string, { run: RunRecord; job: JobRecord }>();
    for (const run of this.list(repository)
      .filter((each) => each.headSha === sha)
      .reverse()) {
      for (const job of this.jobs(run.id)) latest.set(job.name, { run, job });
    }
    return [...latest.values()];
  }

  workflowId(repository: string, path: string): number {
    const key = `${repository}/${path}`;
    const id = this.#workflows.get(key) ?? this.#nextId();
    this.#workflows.set(key, id);
    return id;
  }

  onApprove(listener: (run: RunRecord, approver: Actor) => void): void {
    this.#approval.push(listener);
  }

  approve(run: RunRecord, approver: Actor): void {
    for (const listener of this.#approval) listener(run, approver);
  }

  #held<T>(map: Map<number, Held<T>>, id: number, what: string): Held<T> {
    const held = map.get(id);
    if (held === undefined) throw new Error(`there is no ${what} ${id}`);
    return held;
  }
}
