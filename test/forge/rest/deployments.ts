import {
  type CallContext,
  caller,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { checkStates } from '../rules.ts';
import { drawRepository, drawUser } from '../shapes/basic.ts';
import { drawDeployment, drawDeploymentStatus } from '../shapes/releases.ts';
import { type Deployment, type DeploymentStatus, fullName } from '../state.ts';
import { actorOf } from '../world.ts';

function deploymentOf(call: CallContext): Deployment {
  const deployment = call.repository.deployments.find(
    (each) => each.id === Number(call.params.deployment_id),
  );
  if (deployment === undefined) throw notFound();
  return deployment;
}

/** GitHub marks earlier deployments of an environment inactive, but neither production's nor transient ones. */
function deactivateOthers(call: CallContext, deployment: Deployment): void {
  for (const other of call.repository.deployments) {
    if (
      other === deployment ||
      other.environment !== deployment.environment ||
      other.transient ||
      other.production
    )
      continue;
    const last = other.statuses.at(-1);
    if (last === undefined || last.state === 'inactive') continue;
    other.statuses.push({
      ...last,
      id: call.world.id(),
      state: 'inactive',
      createdAt: call.world.clock.now(),
    });
  }
}

export const deploymentOperations: readonly Operation[] = [
  operation('repos/create-deployment', writes('deployments'), async (call) => {
    const { world, repository, body } = call;
    const sha = await repository.git.resolve(body.ref);
    if (sha === null) throw new Refusal(422, `No ref found for: ${body.ref}`);
    if (body.auto_merge !== false)
      throw new Refusal(409, 'The forge does not merge on deployment: give auto_merge: false.');
    const states = checkStates(world, repository, sha);
    const wanted = body.required_contexts ?? [...states.keys()];
    const unmet = wanted.filter((context) => states.get(context) !== 'success');
    if (unmet.length > 0)
      throw new Refusal(409, `Conflict: Commit status checks failed for ${body.ref}: ${unmet.join(', ')}`);
    const now = world.clock.now();
    const token = caller(call);
    const environment = body.environment ?? 'production';
    const deployment: Deployment = {
      id: world.id(),
      sha,
      ref: body.ref,
      task: body.task ?? 'deploy',
      payload: body.payload ?? {},
      environment,
      description: body.description ?? '',
      creator: token.user,
      transient: body.transient_environment ?? false,
      production: body.production_environment ?? environment === 'production',
      createdAt: now,
      updatedAt: now,
      statuses: [],
    };
    repository.deployments.push(deployment);
    const drawn = drawDeployment(world, repository, deployment);
    const payload = {
      action: 'created',
      deployment: drawn,
      repository: drawRepository(world, repository),
      sender: drawUser(world, token.user),
    };
    world.emit({
      name: 'deployment',
      action: 'created',
      repository: fullName(repository),
      actor: actorOf(token),
      ref: body.ref,
      sha,
      paths: [],
      payload,
    });
    return { status: 201, body: drawn };
  }),

  operation('repos/list-deployments', reads('deployments'), (call) => {
    const { query } = call;
    const found = call.repository.deployments.filter(
      (each) =>
        (query.environment === undefined ||
          query.environment === 'none' ||
          query.environment === each.environment) &&
        (query.ref === undefined || query.ref === 'none' || query.ref === each.ref) &&
        (query.sha === undefined || query.sha === 'none' || query.sha === each.sha) &&
        (query.task === undefined || query.task === 'none' || query.task === each.task),
    );
    const { items, headers } = page(call, found.reverse(), (each) =>
      drawDeployment(call.world, call.repository, each),
    );
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-deployment', reads('deployments'), (call) => ({
    status: 200,
    body: drawDeployment(call.world, call.repository, deploymentOf(call)),
  })),

  operation('repos/create-deployment-status', writes('deployments'), (call) => {
    const { world, repository, body } = call;
    const deployment = deploymentOf(call);
    const token = caller(call);
    const status: DeploymentStatus = {
      id: world.id(),
      state: body.state,
      description: body.description ?? '',
      environmentUrl: body.environment_url ?? '',
      logUrl: body.log_url ?? body.target_url ?? '',
      creator: token.user,
      createdAt: world.clock.now(),
    };
    deployment.statuses.push(status);
    deployment.updatedAt = status.createdAt;
    if (body.state === 'success' && body.auto_inactive !== false) deactivateOthers(call, deployment);
    const drawn = drawDeploymentStatus(world, repository, deployment, status);
    const payload = {
      action: 'created',
      deployment: drawDeployment(world, repository, deployment),
      deployment_status: drawn,
      repository: drawRepository(world, repository),
      sender: drawUser(world, token.user),
    };
    world.emit({
      name: 'deployment_status',
      action: 'created',
      repository: fullName(repository),
      actor: actorOf(token),
      ref: deployment.ref,
      sha: deployment.sha,
      paths: [],
      payload,
    });
    return { status: 201, body: drawn };
  }),

  operation('repos/list-deployment-statuses', reads('deployments'), (call) => {
    const deployment = deploymentOf(call);
    const { items, headers } = page(call, [...deployment.statuses].reverse(), (status) =>
      drawDeploymentStatus(call.world, call.repository, deployment, status),
    );
    return { status: 200, body: items, headers };
  }),
];
