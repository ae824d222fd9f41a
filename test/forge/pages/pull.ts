import { timestamp } from '../clock.ts';
import { mergeBaseOf } from '../pulls.ts';
import { mergeBlockers } from '../rules.ts';
import { fullName, type PullIssue, type Repository } from '../state.ts';
import type { World } from '../world.ts';
import { type Html, html } from './html.ts';
import { diff, labels, outcome, plural, post, stateOf, when } from './parts.ts';

const REVIEW_WORDS: Readonly<Record<string, string>> = {
  APPROVED: 'approved these changes',
  CHANGES_REQUESTED: 'requested changes',
  COMMENTED: 'reviewed',
  DISMISSED: 'reviewed (dismissed)',
  PENDING: 'began a review',
};

/** A pull request as its reviewer sees it. */
export async function pullPage(world: World, repository: Repository, issue: PullIssue): Promise<Html> {
  const { pull } = issue;
  const from = await mergeBaseOf(repository, issue);
  const commits = (await repository.git.log([pull.headSha, `^${from}`])).reverse();
  const files = await repository.git.diff(from, pull.headSha);
  const head =
    pull.headRepository === repository ? pull.headRef : `${pull.headRepository.owner.login}:${pull.headRef}`;
  const rows = commits.map((commit) => {
    const verified = repository.verified.has(commit.sha)
      ? html` <span class="label success">Verified</span>`
      : null;
    return html`<div class="row"><code>${commit.sha.slice(0, 7)}</code> ${commit.message.split('\n')[0]} <span class="dim">${commit.author.name}</span>${verified}</div>`;
  });
  const did =
    pull.mergedAt === null ? `${issue.user.login} wants to merge` : `${pull.mergedBy?.login} merged`;
  return html`<h1>${issue.title} <span class="dim">#${issue.number}</span></h1>
<p>${stateOf(issue)} ${did} ${plural(commits.length, 'commit')} into <code>${pull.baseRef}</code> from <code>${head}</code>${labels(issue)}</p>
${timeline(issue)}
${checks(world, repository, issue)}
${await verdict(world, repository, issue)}
<h2>Commits</h2><section class="box">${rows}</section>
<h2>Files changed (${files.length})</h2>${diff(files)}`;
}

function timeline(issue: PullIssue): readonly Html[] {
  const comments = issue.comments.map((comment) => ({
    at: comment.createdAt,
    shown: post(`issuecomment-${comment.id}`, comment.user, 'commented', comment.createdAt, comment.body),
  }));
  const reviews = issue.pull.reviews.map((review) => {
    const words = `${REVIEW_WORDS[review.state]} at ${review.commit.slice(0, 7)}`;
    const shown =
      review.body === ''
        ? html`<p id="pullrequestreview-${review.id}">${outcome(review.state, review.state === 'APPROVED' ? 'success' : null)} <strong>${review.user.login}</strong> ${words} <span class="dim">on ${when(review.submittedAt)}</span></p>`
        : post(`pullrequestreview-${review.id}`, review.user, words, review.submittedAt, review.body);
    return { at: review.submittedAt, shown };
  });
  const later = [...comments, ...reviews].sort((a, b) => timestamp(a.at).localeCompare(timestamp(b.at)));
  return [
    post('description', issue.user, 'opened this', issue.createdAt, issue.body),
    ...later.map((each) => each.shown),
  ];
}

function checks(world: World, repository: Repository, issue: PullIssue): Html {
  const sha = issue.pull.headSha;
  const statuses = new Map(
    repository.statuses.filter((status) => status.sha === sha).map((status) => [status.context, status]),
  );
  const rows = [
    ...[...statuses.values()].map((status) => {
      const name =
        status.targetUrl === null
          ? html`${status.context}`
          : html`<a href="${status.targetUrl}">${status.context}</a>`;
      return html`<div class="row">${outcome(status.state, null)} ${name} <span class="dim">${status.description ?? status.state}</span></div>`;
    }),
    ...world.runs
      .checks(fullName(repository), sha)
      .map(
        ({ run, job }) =>
          html`<div class="row">${outcome(job.status, job.conclusion)} <a href="/${fullName(repository)}/actions/runs/${run.id}#job-${job.id}">${run.name} / ${job.name}</a> <span class="dim">${job.conclusion ?? job.status} (${run.event})</span></div>`,
      ),
  ];
  const waiting = world.runs
    .list(fullName(repository))
    .filter((run) => run.headSha === sha && run.status === 'action_required')
    .map(
      (run) =>
        html`<div class="row">${outcome('action_required', null)} <a href="/${fullName(repository)}/actions/runs/${run.id}">${run.name}</a> <span class="dim">waits for somebody to approve workflows to run</span></div>`,
    );
  const all = [...rows, ...waiting];
  return html`<h2>Checks</h2><section class="box">${all.length === 0 ? html`<div class="row dim">No checks on this commit.</div>` : all}</section>`;
}

async function verdict(world: World, repository: Repository, issue: PullIssue): Promise<Html> {
  const { pull } = issue;
  if (pull.mergedAt !== null && pull.mergedBy !== null)
    return html`<p><strong>${pull.mergedBy.login}</strong> merged commit <code>${pull.mergeCommit?.slice(0, 7)}</code> into <code>${pull.baseRef}</code> on ${when(pull.mergedAt)}</p>`;
  if (issue.state === 'closed')
    return html`<p class="dim">Closed without being merged${issue.closedBy === null ? '' : ` by ${issue.closedBy.login}`}.</p>`;
  const blockers = await mergeBlockers(world, repository, issue, null);
  if (pull.mergeCommit === null) blockers.unshift('This branch has conflicts with the base branch.');
  if (blockers.length === 0) return html`<p class="success">✓ Ready to merge</p>`;
  return html`<section class="box"><div class="head failure">Merging is blocked</div>${blockers.map((reason) => html`<div class="row">${reason}</div>`)}</section>`;
}
