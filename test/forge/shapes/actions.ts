import type { StoredArtifact } from '../artifacts.ts';
import { timestamp, timestampOrNull } from '../clock.ts';
import { isPull, type Repository } from '../state.ts';
import type { JobRecord, RunRecord } from '../types.ts';
import type { World } from '../world.ts';
import { drawRepository, drawUser, nodeId, pageUrl, repositoryUrl, type Shape } from './basic.ts';
import { drawSimpleCommit } from './commits.ts';
import { drawPullMinimal } from './issues.ts';

function pullsOf(world: World, repository: Repository, run: RunRecord): Shape[] {
  return run.pullRequests
    .map((number) => repository.issues.get(number))
    .filter((issue) => issue !== undefined)
    .filter(isPull)
    .map((issue) => drawPullMinimal(world, repository, issue));
}

/** GitHub says `completed` and `action_required` of a run that waits for an approval. */
function statusOf(run: { status: string }): string {
  return run.status === 'action_required' ? 'completed' : run.status;
}

export async function drawRun(world: World, repository: Repository, run: RunRecord): Promise<Shape> {
  const url = `${repositoryUrl(world, repository)}/actions/runs/${run.id}`;
  const head = world.repository(run.headRepository);
  const commit = (await head.git.isObject(run.headSha, 'commit')) ? await head.git.commit(run.headSha) : null;
  const actor = drawUser(world, world.user(run.actor.login));
  return {
    id: run.id,
    name: run.name,
    node_id: nodeId('WorkflowRun', run.id),
    check_suite_id: run.id,
    check_suite_node_id: nodeId('CheckSuite', run.id),
    head_branch: run.headBranch,
    head_sha: run.headSha,
    path: run.path,
    display_title: run.title,
    run_number: run.number,
    run_attempt: run.attempt,
    event: run.event,
    status: statusOf(run),
    conclusion: run.conclusion,
    workflow_id: run.workflowId,
    url,
    html_url: `${pageUrl(world, repository)}/actions/runs/${run.id}`,
    pull_requests: pullsOf(world, repository, run),
    created_at: timestamp(run.createdAt),
    updated_at: timestamp(run.updatedAt),
    run_started_at: timestamp(run.startedAt),
    actor,
    triggering_actor: actor,
    referenced_workflows: [],
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl(world, repository)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: null,
    workflow_url: `${repositoryUrl(world, repository)}/actions/workflows/${run.workflowId}`,
    head_commit: commit === null ? null : drawSimpleCommit(commit),
    repository: drawRepository(world, repository),
    head_repository: drawRepository(world, head),
  };
}

export function drawJob(world: World, repository: Repository, run: RunRecord, job: JobRecord): Shape {
  const url = `${repositoryUrl(world, repository)}/actions/jobs/${job.id}`;
  return {
    id: job.id,
    run_id: run.id,
    run_url: `${repositoryUrl(world, repository)}/actions/runs/${run.id}`,
    run_attempt: run.attempt,
    node_id: nodeId('CheckRun', job.id),
    head_sha: run.headSha,
    url,
    html_url: `${pageUrl(world, repository)}/actions/runs/${run.id}#job-${job.id}`,
    status: statusOf(job),
    conclusion: job.conclusion,
    created_at: timestamp(job.createdAt),
    started_at: timestamp(job.startedAt ?? job.createdAt),
    completed_at: timestampOrNull(job.completedAt),
    name: job.name,
    steps: job.steps.map((step) => ({
      name: step.name,
      number: step.number,
      status: step.status,
      conclusion: step.conclusion,
      started_at: timestampOrNull(step.startedAt),
      completed_at: timestampOrNull(step.completedAt),
    })),
    check_run_url: `${repositoryUrl(world, repository)}/check-runs/${job.id}`,
    labels: [],
    runner_id: null,
    runner_name: null,
    runner_group_id: null,
    runner_group_name: null,
    workflow_name: run.name,
    head_branch: run.headBranch,
  };
}

export function drawCheckRun(world: World, repository: Repository, run: RunRecord, job: JobRecord): Shape {
  const url = `${repositoryUrl(world, repository)}/check-runs/${job.id}`;
  return {
    id: job.id,
    head_sha: run.headSha,
    node_id: nodeId('CheckRun', job.id),
    external_id: String(job.id),
    url,
    html_url: `${pageUrl(world, repository)}/actions/runs/${run.id}#job-${job.id}`,
    details_url: `${pageUrl(world, repository)}/actions/runs/${run.id}#job-${job.id}`,
    status: statusOf(job),
    conclusion: job.conclusion,
    started_at: timestampOrNull(job.startedAt),
    completed_at: timestampOrNull(job.completedAt),
    output: {
      title: null,
      summary: null,
      text: null,
      annotations_count: job.annotations.length,
      annotations_url: `${url}/annotations`,
    },
    name: job.name,
    check_suite: { id: run.id },
    app: null,
    pull_requests: pullsOf(world, repository, run),
  };
}

export function drawArtifact(
  world: World,
  repository: Repository,
  run: RunRecord,
  artifact: StoredArtifact,
): Shape {
  const url = `${repositoryUrl(world, repository)}/actions/artifacts/${artifact.id}`;
  const expires = new Date(artifact.createdAt.getTime() + 90 * 24 * 3600 * 1000);
  return {
    id: artifact.id,
    node_id: nodeId('Artifact', artifact.id),
    name: artifact.name,
    size_in_bytes: artifact.bytes.length,
    url,
    archive_download_url: `${url}/zip`,
    expired: false,
    created_at: timestamp(artifact.createdAt),
    updated_at: timestamp(artifact.createdAt),
    expires_at: timestamp(expires),
    digest: artifact.digest,
    workflow_run: {
      id: run.id,
      repository_id: repository.id,
      head_repository_id: world.repository(run.headRepository).id,
      head_branch: run.headBranch ?? '',
      head_sha: run.headSha,
    },
  };
}
