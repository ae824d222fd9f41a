import { GreenlightError } from '../../core/kernel/errors.ts';

/** The run that has ended, as GitHub's own event tells of it. Nothing here comes from the pull request's files. */
export interface EndedRun {
  readonly id: number;
  readonly url: string;
  readonly conclusion: string;
  readonly headSha: string;
  readonly headBranch: string;
  /** `owner/name` that the head branch belongs to: a fork for its pull requests. Undefined where it was deleted since. */
  readonly headRepository: string | undefined;
}

/**
 * Reads the payload of `workflow_run` (docs.github.com, webhook events). `text` is undefined where there is no event file.
 * Throws `event/not-workflow-run`.
 */
export function readEndedRun(text: string | undefined): EndedRun {
  if (text === undefined) throw notWorkflowRun('there is no event: GITHUB_EVENT_PATH names no file');
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    throw notWorkflowRun("the event's file is no JSON");
  }
  const run = objectAt(payload, 'workflow_run');
  const { id, html_url: url, conclusion, head_sha: headSha, head_branch: headBranch } = run ?? {};
  const headRepository = objectAt(run, 'head_repository')?.['full_name'];
  if (
    typeof id !== 'number' ||
    typeof url !== 'string' ||
    typeof conclusion !== 'string' ||
    typeof headSha !== 'string' ||
    typeof headBranch !== 'string'
  )
    throw notWorkflowRun('the event names no run that has ended');
  return {
    id,
    url,
    conclusion,
    headSha,
    headBranch,
    headRepository: typeof headRepository === 'string' ? headRepository : undefined,
  };
}

function objectAt(value: unknown, key: string): Readonly<Record<string, unknown>> | undefined {
  const found = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : undefined;
}

function notWorkflowRun(why: string): GreenlightError {
  return new GreenlightError({
    code: 'event/not-workflow-run',
    message: `post-report runs on \`workflow_run\` alone: ${why}`,
    mend: 'start it by `on: { workflow_run: { workflows: [model-pull-request], types: [completed] } }`',
  });
}
