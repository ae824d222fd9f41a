import {
  type Deployment,
  deploymentPath,
  readDeployment,
  writeDeployment,
} from '../../core/formats/deployment.ts';
import { readStatement } from '../../core/formats/statement.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { live } from '../../core/ledger/history.ts';
import { assetText, filesOf, requireRelease } from '../../core/ledger/releases.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import {
  closePullRequest,
  listPullRequests,
  mergePullRequest,
  upsertPullRequest,
} from '../../core/toolkit/pull-request.ts';
import { type Candidate, type Rung, short } from './decide.ts';
import { type Evaluated, offerReport } from './report.ts';

/** GitHub's limit of a pull request's body is 65,536 characters. */
const BODY_LIMIT = 60_000;
const ROLL_OUT_WORKFLOW = 'model-roll-out.yml';

/** The branch of the one deployment pull request of an (environment, model). */
export function deploymentBranch(environment: string, model: string): string {
  return `greenlight/deploy/${environment}/${model}`;
}

/** What became of an offer. */
export interface Offered {
  readonly sentence: string;
  readonly number: number | undefined;
  readonly merged: boolean;
}

/** Opens or updates the pull request that would make `candidate` live, and merges it where the manifest says so. */
export async function offer(
  github: Github,
  host: Host,
  base: string,
  model: string,
  rung: Rung,
  candidate: Candidate,
): Promise<Offered> {
  const { environment, settings } = rung;
  requireUsers(environment, settings.reviewers ?? []);
  const deployment: Deployment = {
    schema: 'greenlight.deployment/v1',
    model,
    environment,
    digest: `sha256:${candidate.digest}`,
    release: candidate.release,
    canary: (settings.canary ?? [100]) as Deployment['canary'],
    min_requests: settings.min_requests ?? 100,
  };
  const title = `Deploy ${model} ${short(candidate.digest)} to ${environment}`;
  const report = offerReport({
    model,
    rung,
    candidate,
    deployment,
    live: live(rung.records),
    evaluation: await readEvaluation(github, model, candidate),
  });
  const result = await upsertPullRequest(github, {
    branch: deploymentBranch(environment, model),
    base,
    title,
    body: host.render(report, BODY_LIMIT),
    files: { [deploymentPath(environment, model)]: writeDeployment(deployment) },
    message: title,
  });
  switch (result.operation) {
    case 'not-needed':
      return {
        sentence: `main has ${short(candidate.digest)} for ${environment} already`,
        number: undefined,
        merged: false,
      };
    case 'rejected-by-person':
      return {
        sentence: `a person closed #${result.number} with this very content: it is not opened again`,
        number: result.number,
        merged: false,
      };
    case 'blocked-by-commit':
      return {
        sentence: `${result.author} committed to the branch of #${result.number}: it is left alone`,
        number: result.number,
        merged: false,
      };
  }
  const { number, head, operation } = result;
  if (settings.deploy === 'auto-merge') {
    if (!(await mergePullRequest(github, number, head, title))) {
      return {
        sentence: `#${number} may not be merged by the workflow yet: see what GitHub asks of it`,
        number,
        merged: false,
      };
    }
    await startRollOut(github, base);
    return {
      sentence: `#${number} was merged by the workflow, and model-roll-out started`,
      number,
      merged: true,
    };
  }
  if (operation === 'created') await askReviewers(github, host, number, settings.reviewers ?? []);
  return {
    sentence: `#${number} offers ${short(candidate.digest)} to ${environment} (${operation})`,
    number,
    merged: false,
  };
}

/** Closes an open pull request that offers a digest which may not be offered. */
export async function withdraw(
  github: Github,
  base: string,
  model: string,
  environment: string,
  digest: string,
  reason: string,
): Promise<void> {
  const [latest] = await listPullRequests(github, { branch: deploymentBranch(environment, model), base });
  if (latest?.state !== 'open') return;
  if ((await declaredAt(github, latest.head.sha, environment, model)) === digest)
    await closePullRequest(github, latest.number, `${reason}.`);
}

/** The digest that a revision's deployment file names; undefined where it has none. */
export async function declaredAt(
  github: Github,
  ref: string,
  environment: string,
  model: string,
): Promise<string | undefined> {
  const { owner, repo } = github;
  const path = deploymentPath(environment, model);
  const found = await github.find(`read ${path}`, (octokit) =>
    octokit.rest.repos.getContent({ owner, repo, path, ref }),
  );
  const data = found?.data;
  if (data === undefined || Array.isArray(data) || data.type !== 'file') return undefined;
  const deployment = readDeployment(Buffer.from(data.content, 'base64').toString('utf8'), path);
  return deployment.digest.slice('sha256:'.length);
}

async function readEvaluation(github: Github, model: string, { digest }: Candidate): Promise<Evaluated> {
  const release = await requireRelease(github, model, digest);
  const file = filesOf(release, 'statement').find(({ asset }) => asset.startsWith('evaluate-model'));
  const statement = readStatement(
    await assetText(github, release, file?.asset ?? 'statement'),
    file?.asset ?? 'statement',
  );
  return {
    ...(statement.predicate as unknown as Omit<Evaluated, 'url' | 'commit'>),
    url: release.url,
    commit: release.manifest.commit,
  };
}

/** A team's members can't be read with a workflow's own token: nobody's approval would ever count. */
function requireUsers(environment: string, reviewers: readonly string[]): void {
  const team = reviewers.find((reviewer) => reviewer.includes('/'));
  if (team === undefined) return;
  throw new GreenlightError({
    code: 'deployment/team-reviewer',
    message: `${team} reviews ${environment}, and a team's members can't be read with this token`,
    mend: 'name users as `reviewers` in greenlight.yaml',
  });
}

/** A request for review is a courtesy: GitHub refuses some, and the pull request names the reviewers anyway. */
async function askReviewers(
  github: Github,
  host: Host,
  number: number,
  reviewers: readonly string[],
): Promise<void> {
  const { owner, repo } = github;
  if (reviewers.length === 0) return;
  try {
    await github.attempt('ask for reviews', (octokit) =>
      octokit.rest.pulls.requestReviewers({
        owner,
        repo,
        pull_number: number,
        reviewers: reviewers.map((user) => user.slice(1)),
      }),
    );
  } catch (error) {
    if (!(error instanceof GreenlightError)) throw error;
    host.log.warn(error.message);
  }
}

/** A merge by a workflow's token starts no run on GitHub; a dispatch by it does. */
async function startRollOut(github: Github, ref: string): Promise<void> {
  const { owner, repo } = github;
  await github.attempt(`start ${ROLL_OUT_WORKFLOW}`, (octokit) =>
    octokit.rest.actions.createWorkflowDispatch({ owner, repo, workflow_id: ROLL_OUT_WORKFLOW, ref }),
  );
}
