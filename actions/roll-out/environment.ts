import path from 'node:path';
import { deploymentPath, readDeployment } from '../../core/formats/deployment.ts';
import {
  type ManifestEnvironment,
  type ManifestModel,
  milliseconds,
  type NamedModel,
} from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Git } from '../../core/toolkit/git.ts';
import { openInference } from './open-inference.ts';
import type { Target } from './target.ts';
import type { Desired } from './view.ts';

/** An environment of the manifest under its name. */
export interface NamedEnvironment {
  readonly name: string;
  readonly environment: ManifestEnvironment;
}

/** The environments to roll out to, in the manifest's order: the one named, or all. Throws `roll-out/unknown-environment`. */
export function selectEnvironments(
  { name, model }: NamedModel,
  chosen: string | undefined,
): readonly NamedEnvironment[] {
  const all = Object.entries(model.environments ?? {}).flatMap(([key, environment]) =>
    environment === undefined ? [] : [{ name: key, environment }],
  );
  const selected = all.filter((each) => chosen === undefined || each.name === chosen);
  if (selected.length > 0) return selected;
  throw new GreenlightError({
    code: 'roll-out/unknown-environment',
    message:
      chosen === undefined ? `${name} has no environments` : `${name} has no environment \`${chosen}\``,
    mend:
      all.length === 0
        ? 'add `environments` to the model in greenlight.yaml'
        : `it has: ${all.map((each) => each.name).join(', ')}`,
  });
}

/** What the commit that is checked out says of an environment. Throws `deployment/…` where its file is not right. */
export async function readDesired(
  git: Git,
  { name, model }: NamedModel,
  environment: string,
  rollback: Desired['rollback'],
): Promise<Desired> {
  const file = deploymentPath(environment, name);
  const text = await git.show('HEAD', file);
  const deployment = text === undefined ? undefined : readDeployment(text, file);
  if (deployment !== undefined && (deployment.environment !== environment || deployment.model !== name)) {
    throw new GreenlightError({
      code: 'deployment/misplaced',
      message: `${file} is of ${deployment.model} in ${deployment.environment}`,
      place: { file },
      mend: 'let open-deployment write it',
    });
  }
  const { canary } = deployment ?? {};
  if (
    canary !== undefined &&
    (canary.at(-1) !== 100 || canary.some((percent, index) => percent <= (canary[index - 1] ?? 0)))
  ) {
    throw new GreenlightError({
      code: 'deployment/bad-canary',
      message: 'the canary steps must rise and end at 100',
      place: { file },
      mend: 'for example `canary: [5, 25, 50, 100]`',
    });
  }
  return { environment, model: name, deployment, soak: soakFor(model, environment), rollback };
}

/** Where a model serves in an environment. */
export function targetOf(root: string, model: string, { target }: ManifestEnvironment): Target {
  return openInference({ url: target['open-inference'], models: path.resolve(root, target.models) }, model);
}

/** The users whose approval counts; undefined where the workflow merges. Throws where a person must and nobody is named. */
export function reviewersOf({ name, environment }: NamedEnvironment): readonly string[] | undefined {
  if (environment.deploy === 'auto-merge') return undefined;
  if (environment.reviewers !== undefined) return environment.reviewers;
  throw new GreenlightError({
    code: 'manifest/no-reviewers',
    message: `the environment ${name} needs a person's approval and names no reviewers`,
    mend: `add \`reviewers: ["@user"]\` to it in greenlight.yaml, or \`deploy: auto-merge\``,
  });
}

/** How long a release must have been live here before the environments after this one take it. */
function soakFor(model: ManifestModel, environment: string): number | undefined {
  const soaks = Object.values(model.environments ?? {}).flatMap((later) =>
    later?.after === environment ? [later.soak === undefined ? 0 : milliseconds(later.soak)] : [],
  );
  return soaks.length === 0 ? undefined : Math.max(...soaks);
}
