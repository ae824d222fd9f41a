import { stringify } from 'yaml';
import { readFormat } from '../kernel/schema.ts';
import schema from './schemas/deployment.schema.json' with { type: 'json' };
import type { Deployment } from './schemas/deployment.types.ts';

export type { Deployment } from './schemas/deployment.types.ts';

/** The path of the file that says what should be live. */
export function deploymentPath(environment: string, model: string): string {
  return `deploy/${environment}/${model}.yaml`;
}

/** Reads a deployment file. Throws `deployment/…` errors with their places. */
export function readDeployment(text: string, file: string): Deployment {
  return readFormat<Deployment>(text, file, schema, 'deployment');
}

/** The bytes of a deployment file: the same content, the same bytes. */
export function writeDeployment(deployment: Deployment): string {
  const { schema, model, environment, digest, release, canary, min_requests } = deployment;
  return stringify(
    { schema, model, environment, digest, release, canary, min_requests },
    { flowCollectionPadding: false },
  );
}
