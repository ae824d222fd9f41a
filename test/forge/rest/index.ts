import type { Operation } from '../call.ts';
import { actionsOperations } from './actions.ts';
import { commitRelatedOperations } from './commits.ts';
import { deploymentOperations } from './deployments.ts';
import { gitOperations } from './git-data.ts';
import { issueRelatedOperations } from './issues.ts';
import { pullRequestOperations } from './pulls.ts';
import { releaseRelatedOperations } from './releases.ts';
import { repositoryOperations, userOperations } from './repos.ts';
import { rulesetOperations } from './rulesets.ts';

/** Everything of GitHub's REST API that the forge does, by operation id. */
export const OPERATIONS: ReadonlyMap<string, Operation> = new Map(
  [
    ...repositoryOperations,
    ...userOperations,
    ...gitOperations,
    ...commitRelatedOperations,
    ...pullRequestOperations,
    ...issueRelatedOperations,
    ...releaseRelatedOperations,
    ...deploymentOperations,
    ...actionsOperations,
    ...rulesetOperations,
  ].map((operation) => [operation.id, operation]),
);
