import { parse } from 'yaml';
import type { StoredArtifact } from '../artifacts.ts';
import {
  type Answer,
  type CallContext,
  caller,
  invalid,
  notFound,
  type Operation,
  operation,
  page,
  pageAsync,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { timestamp } from '../clock.ts';
import { drawArtifact, drawCheckRun, drawJob, drawRun } from '../shapes/actions.ts';
import { drawRepository, drawUser, nodeId, pageUrl, repositoryUrl } from '../shapes/basic.ts';
import { fullName } from '../state.ts';
import type { RunRecord } from '../types.ts';
import { actorOf } from '../world.ts';

function runOf(call: CallContext): RunRecord {
  const run = call.world.runs.find(Number(call.params.run_id));
  if (run === undefined || run.repository !== fullName(call.repository)) throw notFound();
  return run;
}

const runOperations: readonly Operation[] = [
  operation('actions/list-workflow-runs-for-repo', reads('actions'), (call) => listRuns(call, () => true)),

  operation('actions/list-workflow-runs', reads('actions'), async (call) => {
    const path = await workflowPath(call, call.repository.defaultBranch);
    return listRuns(call, (run) => run.path === path);
  }),

  operation('actions/get-workflow-run', reads('actions'), async (call) => ({
    status: 200,
    body: await drawRun(call.world, call.repository, runOf(call)),
  })),

  operation('actions/approve-workflow-run', writes('actions'), (call) => {
    const run = runOf(call);
    if (run.status !== 'action_required')
      throw new Refusal(403, 'This run is not from a fork pull request or has been approved already');
    call.world.runs.approve(run, actorOf(caller(call)));
    return { status: 201, body: {} };
  }),

  operation('actions/list-jobs-for-workflow-run', reads('actions'), (call) => {
    const { world, repository } = call;
    const run = runOf(call);
    const jobs = world.runs.jobs(run.id);
    const { items, headers } = page(call, jobs, (job) => drawJob(world, repository, run, job));
    return { status: 200, body: { total_count: jobs.length, jobs: items }, headers };
  }),

  operation('actions/get-job-for-workflow-run', reads('actions'), (call) => {
    const job = call.world.runs.job(Number(call.params.job_id));
    if (job === undefined) throw notFound();
    return { status: 200, body: drawJob(call.world, call.repository, call.world.runs.get(job.runId), job) };
  }),

  operation('checks/list-for-ref', reads('checks'), async (call) => {
    const { world, repository, query } = call;
    const sha = await repository.git.resolve(call.params.ref ?? '');
    if (sha === null) throw new Refusal(422, `No commit found for SHA: ${call.params.ref}`);
    const checks = world.runs
      .checks(fullName(repository), sha)
      .filter(({ job }) => query.check_name === undefined || query.check_name === job.name);
    const { items, headers } = page(call, checks, ({ run, job }) =>
      drawCheckRun(world, repository, run, job),
    );
    return { status: 200, body: { total_count: checks.length, check_runs: items }, headers };
  }),
];

async function listRuns(call: CallContext, wanted: (run: RunRecord) => boolean): Promise<Answer> {
  const { world, repository } = call;
  const asked = (name: string, ...values: (string | null)[]): boolean => {
    const value = call.url.searchParams.get(name);
    return value === null || values.includes(value);
  };
  const runs = world.runs
    .list(fullName(repository))
    .filter(
      (run) =>
        wanted(run) &&
        asked('event', run.event) &&
        asked('branch', run.headBranch) &&
        asked('head_sha', run.headSha) &&
        asked('actor', run.actor.login) &&
        asked('status', run.status, run.conclusion),
    );
  const { items, headers } = await pageAsync(call, runs, (run) => drawRun(world, repository, run));
  return { status: 200, body: { total_count: runs.length, workflow_runs: items }, headers };
}

/** The path of the workflow that a call names, by file name or id, as it stands at a ref. */
async function workflowPath(call: CallContext, ref: string): Promise<string> {
  const { world, repository } = call;
  const commit = await repository.git.resolve(ref);
  const entries =
    commit === null
      ? []
      : await repository.git.tree(commit, { recursive: false, path: '.github/workflows/' });
  const name = call.params.workflow_id ?? '';
  const found = entries.find(
    (entry) =>
      entry.path === `.github/workflows/${name}` ||
      String(world.runs.workflowId(fullName(repository), entry.path)) === name,
  );
  if (found === undefined) throw notFound();
  return found.path;
}

interface DispatchInput {
  readonly required?: boolean;
  readonly default?: unknown;
  readonly type?: string;
  readonly options?: readonly unknown[];
}

/** Inputs as the run sees them: declared ones alone, defaults filled in, all as text. */
function dispatchInputs(source: string, given: Readonly<Record<string, unknown>>): Record<string, string> {
  const workflow = parse(source) as { on?: unknown } | null;
  const on = workflow?.on;
  const names = typeof on === 'string' ? [on] : Array.isArray(on) ? on : Object.keys((on ?? {}) as object);
  if (!names.includes('workflow_dispatch'))
    throw new Refusal(422, "Workflow does not have 'workflow_dispatch' trigger");
  const trigger =
    typeof on === 'object' && !Array.isArray(on)
      ? (on as Record<string, { inputs?: Record<string, DispatchInput> } | null>).workflow_dispatch
      : null;
  const declared = trigger?.inputs ?? {};
  const odd = Object.keys(given).filter((name) => !(name in declared));
  if (odd.length > 0) throw new Refusal(422, `Unexpected inputs provided: ${JSON.stringify(odd)}`);
  const inputs: Record<string, string> = {};
  for (const [name, input] of Object.entries(declared)) {
    const value = given[name] ?? input?.default ?? (input?.type === 'boolean' ? false : '');
    if (input?.required === true && String(value) === '')
      throw new Refusal(422, `Required input '${name}' not provided`);
    if (input?.type === 'choice' && !(input.options ?? []).map(String).includes(String(value)))
      throw new Refusal(
        422,
        `Provided value '${value}' for input '${name}' not in the list of allowed values`,
      );
    inputs[name] = String(value);
  }
  return inputs;
}

const workflowOperations: readonly Operation[] = [
  operation('actions/create-workflow-dispatch', writes('actions'), async (call) => {
    const { world, repository, body } = call;
    if (body.return_run_details === true)
      throw new Refusal(422, 'The forge returns no run details on dispatch.');
    await workflowPath(call, repository.defaultBranch);
    const sha = await repository.git.resolve(body.ref);
    if (sha === null) throw new Refusal(422, `No ref found for: ${body.ref}`);
    const path = await workflowPath(call, body.ref);
    const source = (await repository.git.file(sha, path))?.toString('utf8') ?? '';
    const inputs = dispatchInputs(source, body.inputs ?? {});
    const name = body.ref.replace(/^refs\/heads\//, '');
    const ref = body.ref.startsWith('refs/')
      ? body.ref
      : (await repository.git.ref(`refs/heads/${name}`)) === null
        ? `refs/tags/${name}`
        : `refs/heads/${name}`;
    const token = caller(call);
    const payload = {
      inputs,
      ref,
      workflow: path,
      repository: drawRepository(world, repository),
      sender: drawUser(world, token.user),
    };
    world.emit({
      name: 'workflow_dispatch',
      repository: fullName(repository),
      actor: actorOf(token),
      ref,
      sha,
      paths: [],
      dispatch: { workflow: path, inputs },
      payload,
    });
    return { status: 204 };
  }),

  operation('actions/list-repo-workflows', reads('actions'), async (call) => {
    const { world, repository } = call;
    const commit = await repository.git.resolve(repository.defaultBranch);
    const files =
      commit === null
        ? []
        : await repository.git.tree(commit, { recursive: false, path: '.github/workflows/' });
    const at = timestamp(repository.createdAt);
    const { items, headers } = page(call, files, (file) => {
      const id = world.runs.workflowId(fullName(repository), file.path);
      const url = `${repositoryUrl(world, repository)}/actions/workflows/${id}`;
      const html = `${pageUrl(world, repository)}/blob/${repository.defaultBranch}/${file.path}`;
      return {
        id,
        node_id: nodeId('Workflow', id),
        name: file.path,
        path: file.path,
        state: 'active',
        created_at: at,
        updated_at: at,
        url,
        html_url: html,
        badge_url: `${html}/badge.svg`,
      };
    });
    return { status: 200, body: { total_count: files.length, workflows: items }, headers };
  }),
];

function artifactOf(call: CallContext): { artifact: StoredArtifact; run: RunRecord } {
  const artifact = call.world.artifacts.get(Number(call.params.artifact_id));
  const run = artifact === undefined ? undefined : call.world.runs.find(artifact.runId);
  if (artifact === undefined || run?.repository !== fullName(call.repository)) throw notFound();
  return { artifact, run };
}

const artifactOperations: readonly Operation[] = [
  operation('actions/list-workflow-run-artifacts', reads('actions'), (call) =>
    listArtifacts(call, [runOf(call)]),
  ),

  operation('actions/list-artifacts-for-repo', reads('actions'), (call) =>
    listArtifacts(call, call.world.runs.list(fullName(call.repository))),
  ),

  operation('actions/get-artifact', reads('actions'), (call) => {
    const { artifact, run } = artifactOf(call);
    return { status: 200, body: drawArtifact(call.world, call.repository, run, artifact) };
  }),

  operation('actions/download-artifact', reads('actions'), (call) => {
    if (call.params.archive_format !== 'zip')
      throw invalid({ resource: 'Artifact', field: 'archive_format', code: 'invalid' });
    const { artifact } = artifactOf(call);
    return {
      status: 302,
      headers: { location: call.world.sign(artifact.bytes, artifact.type, `${artifact.name}.zip`) },
    };
  }),

  operation('actions/delete-artifact', writes('actions'), (call) => {
    call.world.artifacts.remove(artifactOf(call).artifact.id);
    return { status: 204 };
  }),
];

function listArtifacts(call: CallContext, runs: readonly RunRecord[]): Answer {
  const name = call.url.searchParams.get('name');
  const found = runs
    .flatMap((run) => call.world.artifacts.of(run.id).map((artifact) => ({ run, artifact })))
    .filter(({ artifact }) => name === null || name === artifact.name);
  const { items, headers } = page(call, found, ({ run, artifact }) =>
    drawArtifact(call.world, call.repository, run, artifact),
  );
  return { status: 200, body: { total_count: found.length, artifacts: items }, headers };
}

export const actionsOperations: readonly Operation[] = [
  ...runOperations,
  ...workflowOperations,
  ...artifactOperations,
];
