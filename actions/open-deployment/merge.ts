import { setTimeout as delay } from 'node:timers/promises';
import type { Github } from '../../core/toolkit/github.ts';
import { mergePullRequest, updatePullRequestBranch } from '../../core/toolkit/pull-request.ts';

const ROLL_OUT_WORKFLOW = 'model-roll-out.yml';

/** How often, and after how long, GitHub is asked again while it works out whether a pull request merges. */
const LOOKS = 6;
const PAUSE_MS = 1000;

/**
 * What GitHub's `mergeable_state` says against a merge; of the others it takes one. None of it asks for a person's commit to the branch,
 * which would be left alone from then on.
 */
const AGAINST: Readonly<Record<string, string>> = {
  blocked:
    "main's rules ask for a review or a check that it does not have: let a person give it, or free the environment's folder of code owners and reviews",
  dirty: 'it conflicts with main: the next run writes its branch again',
  draft: 'a person made it a draft: press “Ready for review”',
  unknown: 'GitHub has not worked out yet whether it merges: the next run looks again',
};

interface Merged {
  readonly merged: boolean;
  readonly sentence: string;
}

/**
 * Merges a pull request and starts the roll-out, or says why not; tries only what GitHub says can be merged, so a run that changes nothing
 * writes nothing. A merge by a workflow's token starts no run on GitHub; a dispatch by it does.
 */
export async function mergeAndStart(
  github: Github,
  base: string,
  number: number,
  head: string,
  title: string,
): Promise<Merged> {
  const { owner, repo } = github;
  const state = await stateOf(github, number);
  if (state === 'behind') return bringUpToDate(github, number, head);
  const against = AGAINST[state];
  if (against !== undefined) return waiting(number, against);
  const attempt =
    state === 'merged' ? ({ kind: 'moved' } as const) : await mergePullRequest(github, number, head, title);
  if (attempt.kind === 'refused') return waiting(number, attempt.reason);
  if (attempt.kind === 'moved') {
    const sentence = `#${number} changed while it was looked at: the next run looks again`;
    return { merged: false, sentence };
  }
  await github.attempt(`start ${ROLL_OUT_WORKFLOW}`, (octokit) =>
    octokit.rest.actions.createWorkflowDispatch({
      owner,
      repo,
      workflow_id: ROLL_OUT_WORKFLOW,
      ref: base,
    }),
  );
  return { merged: true, sentence: `#${number} was merged by the workflow, and model-roll-out started` };
}

/** Main's rules ask for a branch that has all of main. The commit is the workflow's own, so that the branch stays the workflow's. */
async function bringUpToDate(github: Github, number: number, head: string): Promise<Merged> {
  const attempt = await updatePullRequestBranch(github, number, head);
  return waiting(
    number,
    attempt.kind === 'refused'
      ? `main has moved, and its branch could not be updated (${attempt.reason}). The next run tries again; whoever presses “Update branch” merges it too, since the workflow leaves a branch with a person's commit alone`
      : 'main has moved, and its rules ask for an up-to-date branch: it is being updated, and merged once its checks are there',
  );
}

function waiting(number: number, why: string): Merged {
  return { merged: false, sentence: `#${number} waits: ${why}` };
}

/** GitHub's `mergeable_state`, once it knows; `merged` where another run was faster. */
async function stateOf(github: Github, number: number): Promise<string> {
  const { owner, repo } = github;
  for (let look = 1; ; look++) {
    const { data } = await github.attempt(`read pull request #${number}`, (octokit) =>
      octokit.rest.pulls.get({ owner, repo, pull_number: number }),
    );
    if (data.merged) return 'merged';
    if (data.mergeable !== null && data.mergeable_state !== 'unknown') return data.mergeable_state;
    if (look === LOOKS) return 'unknown';
    await delay(PAUSE_MS);
  }
}
