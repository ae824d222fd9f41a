import { type Deployment, deploymentPath, writeDeployment } from '../../core/formats/deployment.ts';
import type { ManifestEnvironment } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { authorsOf, sameUser } from '../../core/ledger/approvers.ts';
import { live } from '../../core/ledger/history.ts';
import { findRelease, type ModelRelease, requireRelease } from '../../core/ledger/releases.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { type PullRequestResult, upsertPullRequest } from '../../core/toolkit/pull-request.ts';
import { now } from '../../core/toolkit/time.ts';
import { type Rung, short } from './decide.ts';
import { readFacts } from './facts.ts';
import { mergeAndStart } from './merge.ts';
import { deploymentBranch } from './observe.ts';
import { type OfferFacts, offerReport } from './report.ts';
import type { Reviewers } from './reviewers.ts';
import { waiversInForce } from './waivers.ts';

/** GitHub's limit of a pull request's body is 65,536 characters. */
const BODY_LIMIT = 60_000;

/** What a rung is offered, and to whom. */
export interface Offering {
  readonly base: string;
  readonly model: string;
  readonly rung: Rung;
  readonly settings: ManifestEnvironment;
  readonly digest: string;
  /** Undefined where the workflow merges. */
  readonly reviewers: Reviewers | undefined;
}

/** What became of a rung. */
export interface Done {
  readonly sentence: string;
  /** The pull request that is open or was merged. */
  readonly number: number | undefined;
  readonly merged: boolean;
}

/** Opens or updates the pull request that would make a digest live, and merges it where the manifest says so. */
export async function offer(github: Github, host: Host, offering: Offering): Promise<Done> {
  const { base, model, rung, settings, digest, reviewers } = offering;
  const { environment } = rung;
  const release = await requireRelease(github, model, digest);
  const deployment: Deployment = {
    schema: 'greenlight.deployment/v1',
    model,
    environment,
    digest: `sha256:${digest}`,
    release: release.tag,
    canary: settings.canary ?? [100],
    min_requests: settings.min_requests ?? 100,
  };
  const facts = await gather(github, offering, release, deployment);
  const title = `Deploy ${model} ${short(digest)} to ${environment}`;
  const result = await upsertPullRequest(github, {
    branch: deploymentBranch(environment, model),
    base,
    title,
    body: host.render(offerReport(facts), BODY_LIMIT),
    files: { [deploymentPath(environment, model)]: writeDeployment(deployment) },
    message: title,
  });
  if (!('head' in result)) return leftAlone(result, offering);
  const { number, head, operation } = result;
  if (reviewers === undefined) return { number, ...(await mergeAndStart(github, base, number, head, title)) };
  const able = reviewers.able.filter((user) => !facts.authors.some((author) => sameUser(author, user)));
  await askReviewers(github, host, number, head, able);
  return {
    sentence: `#${number} offers ${short(digest)} to ${environment} (${operation})`,
    number,
    merged: false,
  };
}

async function gather(
  github: Github,
  { model, rung, reviewers }: Offering,
  release: ModelRelease,
  deployment: Deployment,
): Promise<OfferFacts> {
  const serving = live(rung.records)?.digest;
  const liveRelease = serving === undefined ? undefined : await findRelease(github, model, serving);
  return {
    deployment,
    candidate: await readFacts(github, release),
    live: serving,
    liveFacts: liveRelease === undefined ? undefined : await readFacts(github, liveRelease),
    authors: await authorsOf(github, {
      liveCommit: liveRelease?.manifest.commit,
      releaseCommit: release.manifest.commit,
    }),
    reviewers,
    waivers: await waiversInForce(github, release.manifest.commit, now()),
  };
}

/** What became of an offer that is not there as it was wanted. */
function leftAlone(
  result: Exclude<PullRequestResult, { readonly head: string }>,
  { rung, digest, reviewers }: Offering,
): Done {
  switch (result.operation) {
    case 'not-needed': {
      const sentence = `main has ${short(digest)} for ${rung.environment} already`;
      return { sentence, number: undefined, merged: false };
    }
    case 'rejected-by-person': {
      const sentence = `a person closed #${result.number} with this very content: it is not opened again`;
      return { sentence, number: undefined, merged: false };
    }
    case 'blocked-by-commit': {
      const offered = short(rung.open?.digest ?? digest);
      const merge = reviewers === undefined ? '; a person merges it, or closes it to refuse that' : '';
      const sentence = `${result.author} committed to the branch of #${result.number}: it is left alone, and offers ${offered}${merge}`;
      return { sentence, number: result.number, merged: false };
    }
  }
}

/**
 * Asks for reviews where nobody of these was asked or has reviewed this head: once for each content, however often it runs. A request is
 * a courtesy: GitHub refuses some, and the pull request names the reviewers anyway.
 */
async function askReviewers(
  github: Github,
  host: Host,
  number: number,
  head: string,
  users: readonly string[],
): Promise<void> {
  const { owner, repo } = github;
  const { data: pull } = await github.attempt(`read pull request #${number}`, (octokit) =>
    octokit.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  const reviews = await github.attempt(`read the reviews of #${number}`, (octokit) =>
    octokit.paginate(octokit.rest.pulls.listReviews, { owner, repo, pull_number: number, per_page: 100 }),
  );
  const asked = [
    ...(pull.requested_reviewers ?? []).map(({ login }) => login),
    ...reviews.filter(({ commit_id }) => commit_id === head).map(({ user }) => user?.login ?? ''),
  ];
  const reviewers = users.filter((user) => !sameUser(user, pull.user.login));
  if (reviewers.length === 0 || reviewers.some((user) => asked.some((login) => sameUser(login, user))))
    return;
  try {
    await github.attempt('ask for reviews', (octokit) =>
      octokit.rest.pulls.requestReviewers({ owner, repo, pull_number: number, reviewers: [...reviewers] }),
    );
  } catch (error) {
    if (!(error instanceof GreenlightError)) throw error;
    host.log.warn(error.message);
  }
}
