import { type Deployment, deploymentPath, writeDeployment } from '../../core/formats/deployment.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { type PullRequestResult, upsertPullRequest } from '../../core/toolkit/pull-request.ts';
import { declaredDigest, short } from './view.ts';

/** Main names `left`, which may not serve; `live` serves. */
export interface Revert {
  /** The deployment file as main has it. */
  readonly declared: Deployment;
  readonly live: string;
  readonly release: string;
  readonly reason: string;
}

/**
 * Brings the one deployment pull request of this (environment, model) to what is live. It is the pull request that open-deployment keeps:
 * the same branch with another content, never a second one. Nothing is written where it is so already.
 */
export async function upsertRevert(github: Github, revert: Revert): Promise<PullRequestResult> {
  const { declared, live, release, reason } = revert;
  const { environment, model } = declared;
  const left = declaredDigest(declared);
  const { owner, repo } = github;
  const repository = await github.attempt('read the repository', (octokit) =>
    octokit.rest.repos.get({ owner, repo }),
  );
  const title = `Revert ${model} in ${environment} to ${short(live)}`;
  const body = [
    `\`${model}\` in **${environment}** serves \`${short(live)}\` (release \`${release}\`); main still names \`${short(left)}\`.`,
    '',
    `Why: ${reason}`,
    '',
    'The traffic has gone back already. Merging this makes main say what serves; it starts no roll-out.',
    '',
    `| | digest |\n|---|---|\n| serves | \`${live}\` |\n| main names | \`${left}\` |`,
    '',
    `\`${short(left)}\` gets no traffic here whatever main says.`,
  ].join('\n');
  return upsertPullRequest(github, {
    branch: `greenlight/deploy/${environment}/${model}`,
    base: repository.data.default_branch,
    title,
    body,
    files: {
      [deploymentPath(environment, model)]: writeDeployment({
        ...declared,
        digest: `sha256:${live}`,
        release,
      }),
    },
    message: title,
  });
}
