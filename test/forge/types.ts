/** What the forge shows to those who drive it: tests, the demo and the workflow runner. */

export type Right = 'read' | 'write' | 'admin';
export type TokenKind = 'person' | 'job' | 'app';

/** The scopes of a workflow's `permissions:` key, in its spelling. */
export const SCOPES = [
  'actions',
  'artifact-metadata',
  'attestations',
  'checks',
  'contents',
  'deployments',
  'discussions',
  'id-token',
  'issues',
  'models',
  'packages',
  'pages',
  'pull-requests',
  'repository-projects',
  'security-events',
  'statuses',
] as const;
export type Scope = (typeof SCOPES)[number];
export type Permissions = Readonly<Partial<Record<Scope, 'none' | 'read' | 'write'>>>;

export interface Actor {
  /** A user's login, `github-actions[bot]` or `<app>[bot]`. */
  readonly login: string;
  readonly tokenKind: TokenKind;
}

/** A clock that runs with real time from a start of its own, and can be set forward or back. */
export interface Clock {
  now(): Date;
  set(date: Date): void;
  advance(milliseconds: number): void;
}

export type EventName =
  | 'push'
  | 'create'
  | 'delete'
  | 'pull_request'
  | 'pull_request_review'
  | 'issue_comment'
  | 'issues'
  | 'release'
  | 'deployment'
  | 'deployment_status'
  | 'status'
  | 'workflow_dispatch';

/**
 * Something happened in a repository. The forge tells of everything, whoever did it; which of these start a run (nothing that a
 * job's token did but a dispatch; approval for its pull requests; forks) is for the runner to decide.
 */
export interface ForgeEvent {
  readonly name: EventName;
  /** The activity type (`opened`, `synchronize` …); absent for push, create, delete, status and workflow_dispatch. */
  readonly action?: string;
  /** `owner/name` of the repository that it happened in; for a pull request, the base repository. */
  readonly repository: string;
  readonly actor: Actor;
  /** GITHUB_REF of the runs it starts: `refs/heads/…`, `refs/tags/…`, `refs/pull/N/merge`. */
  readonly ref: string;
  /** GITHUB_SHA of the runs it starts. For a pull request this is the merge commit (the head where it conflicts). Zeros where a ref was deleted. */
  readonly sha: string;
  /** For a pull request: its number, head and base; a fork where head.repository is not the event's. */
  readonly pullRequest?: {
    readonly number: number;
    readonly head: { readonly repository: string; readonly ref: string; readonly sha: string };
    readonly base: { readonly ref: string; readonly sha: string };
  };
  /** Changed paths, for `paths:` filters. Push: before..after (all files of a new branch's last commit); pull request: base...head. */
  readonly paths: readonly string[];
  /** For workflow_dispatch: the workflow's path and the inputs, defaults filled in. */
  readonly dispatch?: { readonly workflow: string; readonly inputs: Readonly<Record<string, string>> };
  /** The webhook payload: `github.event`. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export type RunStatus = 'queued' | 'in_progress' | 'completed' | 'waiting' | 'action_required';
export type Conclusion =
  | 'success'
  | 'failure'
  | 'cancelled'
  | 'skipped'
  | 'neutral'
  | 'timed_out'
  | 'action_required'
  | 'startup_failure';

/** What the runner gives to open a run. */
export interface NewRun {
  /** `owner/name` of the repository whose Actions tab shows it. */
  readonly repository: string;
  /** The workflow's path in the repository, e.g. `.github/workflows/model.yml`. */
  readonly path: string;
  /** The workflow's `name:`, or its path. */
  readonly name: string;
  /** The run's title (`run-name:`), or what GitHub would make of it. */
  readonly title: string;
  readonly event: string;
  readonly headSha: string;
  readonly headBranch: string | null;
  /** `owner/name` of the head's repository: a fork's for its pull requests. */
  readonly headRepository: string;
  readonly actor: Actor;
  readonly status: RunStatus;
  /** Numbers of the pull requests (of the same repository) that it ran for; GitHub leaves forks out. */
  readonly pullRequests: readonly number[];
  /** Whatever the runner wants to find again on approval; the forge never looks inside. */
  readonly context?: unknown;
}

export interface RunRecord extends NewRun {
  readonly id: number;
  /** Counts per workflow, from 1. */
  readonly number: number;
  readonly attempt: number;
  readonly workflowId: number;
  readonly conclusion: Conclusion | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly startedAt: Date;
}

export interface StepRecord {
  readonly name: string;
  /** From 1. */
  readonly number: number;
  readonly status: 'queued' | 'in_progress' | 'completed';
  readonly conclusion: Conclusion | null;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  /** What the step printed, secrets masked. */
  readonly log: string;
  /** Markdown that it wrote to GITHUB_STEP_SUMMARY. */
  readonly summary: string;
}

export interface AnnotationRecord {
  readonly level: 'notice' | 'warning' | 'failure';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
}

/** What the runner gives to open a job. A job is also the check run of its name on the run's head sha. */
export interface NewJob {
  readonly runId: number;
  /** The check's name: `build`, `judge (LAS)`, `caller / callee`. */
  readonly name: string;
  readonly status: RunStatus;
}

export interface JobRecord extends NewJob {
  readonly id: number;
  readonly conclusion: Conclusion | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly completedAt: Date | null;
  readonly steps: readonly StepRecord[];
  readonly annotations: readonly AnnotationRecord[];
}

/** The Actions tab. Dates are set by the forge's clock on create and update (startedAt, completedAt of a job by its status). */
export interface RunStore {
  create(run: NewRun): RunRecord;
  update(
    id: number,
    change: { status?: RunStatus; conclusion?: Conclusion | null; title?: string; attempt?: number },
  ): RunRecord;
  get(id: number): RunRecord;
  /** Newest first. */
  list(repository?: string): readonly RunRecord[];
  createJob(job: NewJob): JobRecord;
  updateJob(
    id: number,
    change: {
      status?: RunStatus;
      conclusion?: Conclusion | null;
      steps?: readonly StepRecord[];
      annotations?: readonly AnnotationRecord[];
    },
  ): JobRecord;
  jobs(runId: number): readonly JobRecord[];
  /** Called when somebody who may write approves a run that is `action_required` (POST …/runs/{id}/approve). The runner starts it. */
  onApprove(listener: (run: RunRecord, approver: Actor) => void): void;
}

/** One call that reached the server. */
export interface RequestRecord {
  readonly method: string;
  /** Path and query, under the base: `/api/repos/…`, `/owner/repo.git/git-receive-pack`. */
  readonly path: string;
  readonly actor: Actor | null;
  readonly status: number;
  /** True for what changed, or could have changed, something that others see: API calls other than GET and HEAD, and pushes. Artifacts are not counted. */
  readonly write: boolean;
}

export interface Fault {
  readonly match: {
    readonly method?: string;
    /** Tested against the path and query under the base. */
    readonly path: RegExp;
    readonly actor?: string;
    /** The first match that it hits, from 1 (default 1). */
    readonly nth?: number;
  };
  readonly answer: {
    /** Required unless `drop`. */
    readonly status?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body?: unknown;
    /** Whether the call's effect happens first (an answer that got lost). Default: before, so it never happens. */
    readonly after?: 'effect' | 'before';
    /** An upload of a release asset leaves an empty asset of state `starter`, as GitHub does on a 502. */
    readonly starterAsset?: true;
    /** The connection is reset instead of answered. */
    readonly drop?: true;
  };
  /** How many matching calls it hits, from the nth on. Default 1. */
  readonly times?: number;
}

export interface NewRepository {
  /** `owner/name`; the owner is a user of the forge. */
  readonly name: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly defaultBranch?: string;
  /** Rights of users other than the owner, who is admin. */
  readonly rights?: Readonly<Record<string, Right>>;
  /** The setting "Allow GitHub Actions to create and approve pull requests". Off by default, as on GitHub. */
  readonly actionsMayCreatePullRequests?: boolean;
  readonly deleteBranchOnMerge?: boolean;
  readonly immutableReleases?: boolean;
  /** Default of `permissions` for a workflow that states none. */
  readonly defaultWorkflowPermissions?: 'read' | 'write';
  readonly secrets?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A repository as the runner and tests see it. */
export interface RepositoryView {
  readonly id: number;
  readonly name: string;
  readonly ownerId: number;
  readonly private: boolean;
  readonly defaultBranch: string;
  /** `owner/name` of the repository it was forked from. */
  readonly forkOf: string | null;
  readonly actionsMayCreatePullRequests: boolean;
  readonly defaultWorkflowPermissions: 'read' | 'write';
  readonly secrets: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string>>;
  /** The bare repository's folder: read it with git freely; write through HTTP, else no event follows. */
  readonly gitDir: string;
  /** The REST object, as events carry it. */
  readonly payload: Readonly<Record<string, unknown>>;
}

export interface Forge {
  /** GITHUB_SERVER_URL, `http://forge.localhost:PORT`: git, curl and browsers resolve it; @actions/artifact wants such a name. Node does not resolve it. */
  readonly serverUrl: string;
  /** GITHUB_API_URL, `http://127.0.0.1:PORT/api`. */
  readonly apiUrl: string;
  /** ACTIONS_RESULTS_URL, `http://127.0.0.1:PORT/`. */
  readonly resultsUrl: string;
  readonly port: number;
  readonly clock: Clock;
  readonly runs: RunStore;

  createUser(login: string, options?: { name?: string; type?: 'User' | 'Organization' }): void;
  createRepository(repository: NewRepository): Promise<RepositoryView>;
  /** A copy of a repository under another user; pull requests from it to the parent are pull requests from a fork. */
  fork(repository: string, owner: string): Promise<RepositoryView>;
  repository(name: string): RepositoryView;
  repositories(): readonly RepositoryView[];
  /** Changes settings that GitHub keeps in its settings pages. */
  configure(repository: string, settings: Partial<Omit<NewRepository, 'name'>>): void;

  /** A user's own token: acts with the user's rights. */
  token(login: string): string;
  /** An App's installation token for one repository. Acts as `<app>[bot]`; what it does starts runs. */
  appToken(app: string, repository: string, permissions: Permissions): string;
  /** GITHUB_TOKEN of one job: acts as `github-actions[bot]`. With `fork`, write becomes read. */
  jobToken(repository: string, permissions: Permissions, options?: { fork?: boolean }): string;
  /** ACTIONS_RUNTIME_TOKEN of one job: speaks to the artifact service alone. */
  runtimeToken(runId: number, jobId: number): string;
  revoke(token: string): void;

  /** Every event, after its effect is visible. Listeners are called one after another, in order; they must not throw. */
  on(listener: (event: ForgeEvent) => void): void;

  /** Every call that reached the server, in order of its answer. */
  readonly requests: readonly RequestRecord[];
  /** Calls of `requests` that wrote, from index `since` on. */
  writes(since?: number): readonly RequestRecord[];
  inject(fault: Fault): void;
  /** Calls that are not in GitHub's description, do not match it, or were answered otherwise than it says. Each was answered 500. A test expects none. */
  readonly violations: readonly string[];
  close(): Promise<void>;
}
