import { GreenlightError } from '../../core/kernel/errors.ts';

/** The run that has ended, as GitHub's own event tells of it. Nothing here comes from the pull request's files. */
export interface EndedRun {
  readonly id: number;
  readonly url: string;
  readonly conclusion: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** The account that the head branch belongs to: a fork's owner for its pull requests. */
  readonly headOwner: string;
}

/** Reads the payload of `workflow_run`. Throws `event/not-workflow-run`. */
export function readEndedRun(payload: unknown): EndedRun {
  const run = (payload as { workflow_run?: Record<string, unknown> } | null)?.workflow_run;
  const owner = (run?.['head_repository'] as { owner?: { login?: unknown } } | null | undefined)?.owner
    ?.login;
  if (run === undefined || typeof run['id'] !== 'number' || typeof owner !== 'string') {
    throw new GreenlightError({
      code: 'event/not-workflow-run',
      message: 'post-report runs on `workflow_run` alone: the event names no run that has ended',
      mend: 'start it by `on: { workflow_run: { workflows: [model-pull-request], types: [completed] } }`',
    });
  }
  return {
    id: run['id'],
    url: String(run['html_url']),
    conclusion: String(run['conclusion']),
    headSha: String(run['head_sha']),
    headBranch: String(run['head_branch']),
    headOwner: owner,
  };
}
