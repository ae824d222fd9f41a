import type { Actor, Forge, RepositoryView, RunRecord } from '../types.ts';
import type { Value } from './expressions.ts';
import type { Origin, Workflow } from './workflow.ts';

/** What started a run; the same for all of its jobs. */
export interface Start {
  readonly repository: RepositoryView;
  readonly event: string;
  readonly actor: Actor;
  /** GITHUB_REF and GITHUB_SHA. */
  readonly ref: string;
  readonly sha: string;
  readonly pullRequest?:
    | {
        readonly number: number;
        readonly head: { repository: string; ref: string; sha: string };
        readonly base: { ref: string };
      }
    | undefined;
  readonly payload: Readonly<Record<string, unknown>>;
  /** The inputs of a dispatch. */
  readonly inputs: Readonly<Record<string, Value>>;
}

/** Whether the run is a fork's: no secrets, and a token that only reads. */
export function isFromFork({ pullRequest, repository }: Start): boolean {
  return pullRequest !== undefined && pullRequest.head.repository !== repository.name;
}

/** The `github` context, as far as it is the same for all jobs of a run. */
export function githubContext(
  forge: Forge,
  start: Start,
  workflow: Pick<Workflow, 'name' | 'origin'>,
  run: RunRecord,
): Record<string, Value> {
  const { repository, ref } = start;
  const [owner = ''] = repository.name.split('/');
  return {
    repository: repository.name,
    repository_id: String(repository.id),
    repository_owner: owner,
    repository_owner_id: String(repository.ownerId),
    repositoryUrl: `${forge.serverUrl}/${repository.name}.git`,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    actor: start.actor.login,
    triggering_actor: start.actor.login,
    workflow: workflow.name,
    workflow_ref: originRef(workflow.origin),
    workflow_sha: workflow.origin.sha,
    event_name: start.event,
    event: start.payload as Value,
    ref,
    ref_name: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    ref_type: ref.startsWith('refs/tags/') ? 'tag' : 'branch',
    ref_protected: false,
    sha: start.sha,
    head_ref: start.pullRequest?.head.ref ?? '',
    base_ref: start.pullRequest?.base.ref ?? '',
    server_url: forge.serverUrl,
    api_url: forge.apiUrl,
    graphql_url: `${forge.apiUrl}/graphql`,
    secret_source: isFromFork(start) ? 'None' : 'Actions',
  };
}

/** `owner/name/.github/workflows/x.yml@refs/heads/main` */
export function originRef({ repository, path, ref }: Origin): string {
  return `${repository}/${path}@${ref}`;
}

/** GITHUB_* variables that repeat the `github` context. */
export function githubVariables(github: Readonly<Record<string, Value>>): Record<string, string> {
  const keys = [
    'repository',
    'repository_id',
    'repository_owner',
    'repository_owner_id',
    'run_id',
    'run_number',
    'run_attempt',
    'actor',
    'triggering_actor',
    'workflow',
    'workflow_ref',
    'workflow_sha',
    'event_name',
    'ref',
    'ref_name',
    'ref_type',
    'ref_protected',
    'sha',
    'head_ref',
    'base_ref',
    'server_url',
    'api_url',
    'graphql_url',
    'job',
    'workspace',
  ];
  return Object.fromEntries(keys.map((key) => [`GITHUB_${key.toUpperCase()}`, String(github[key] ?? '')]));
}

/** The payload of a `workflow_run` event. */
export function workflowRunPayload(forge: Forge, action: string, run: RunRecord): Record<string, unknown> {
  const repository = forge.repository(run.repository).payload;
  const url = `${forge.apiUrl}/repos/${run.repository}`;
  const workflow = {
    id: run.workflowId,
    name: run.name,
    path: run.path,
    state: 'active',
    url: `${url}/actions/workflows/${run.workflowId}`,
  };
  const person = { login: run.actor.login, type: run.actor.tokenKind === 'person' ? 'User' : 'Bot' };
  return {
    action,
    repository,
    sender: person,
    workflow,
    workflow_run: {
      id: run.id,
      name: run.name,
      display_title: run.title,
      path: run.path,
      workflow_id: run.workflowId,
      run_number: run.number,
      run_attempt: run.attempt,
      event: run.event,
      status: run.status,
      conclusion: run.conclusion,
      head_sha: run.headSha,
      head_branch: run.headBranch,
      head_repository: forge.repository(run.headRepository).payload,
      repository,
      actor: person,
      triggering_actor: person,
      pull_requests: run.pullRequests.map((number) => ({
        number,
        head: { sha: run.headSha, ref: run.headBranch },
      })),
      created_at: run.createdAt.toISOString(),
      updated_at: run.updatedAt.toISOString(),
      run_started_at: run.startedAt.toISOString(),
      url: `${url}/actions/runs/${run.id}`,
      html_url: `${forge.serverUrl}/${run.repository}/actions/runs/${run.id}`,
      artifacts_url: `${url}/actions/runs/${run.id}/artifacts`,
    },
  };
}
