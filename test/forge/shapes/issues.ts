import { timestamp, timestampOrNull } from '../clock.ts';
import {
  type Comment,
  fullName,
  type Issue,
  type PullIssue,
  type Repository,
  type Review,
} from '../state.ts';
import type { World } from '../world.ts';
import {
  association,
  drawLabel,
  drawRepository,
  drawUser,
  drawUserOrNull,
  labelOf,
  nodeId,
  pageUrl,
  repositoryUrl,
  type Shape,
} from './basic.ts';

export function drawIssue(world: World, repository: Repository, issue: Issue): Shape {
  const url = `${repositoryUrl(world, repository)}/issues/${issue.number}`;
  const html = `${pageUrl(world, repository)}/${issue.pull === null ? 'issues' : 'pull'}/${issue.number}`;
  return {
    id: issue.id,
    node_id: nodeId('Issue', issue.id),
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    number: issue.number,
    state: issue.state,
    state_reason: issue.stateReason,
    title: issue.title,
    body: issue.body,
    user: drawUser(world, issue.user),
    labels: issue.labels.map((name) => drawLabel(world, repository, labelOf(world, repository, name))),
    assignee: drawUserOrNull(world, issue.assignees[0] ?? null),
    assignees: issue.assignees.map((user) => drawUser(world, user)),
    milestone: null,
    locked: false,
    comments: issue.comments.length,
    closed_at: timestampOrNull(issue.closedAt),
    closed_by: drawUserOrNull(world, issue.closedBy),
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    author_association: association(world, repository, issue.user),
    ...(issue.pull === null
      ? {}
      : {
          draft: issue.pull.draft,
          pull_request: {
            url: `${repositoryUrl(world, repository)}/pulls/${issue.number}`,
            html_url: html,
            diff_url: `${html}.diff`,
            patch_url: `${html}.patch`,
            merged_at: timestampOrNull(issue.pull.mergedAt),
          },
        }),
  };
}

export function drawComment(world: World, repository: Repository, issue: Issue, comment: Comment): Shape {
  const kind = issue.pull === null ? 'issues' : 'pull';
  return {
    id: comment.id,
    node_id: nodeId('IssueComment', comment.id),
    url: `${repositoryUrl(world, repository)}/issues/comments/${comment.id}`,
    html_url: `${pageUrl(world, repository)}/${kind}/${issue.number}#issuecomment-${comment.id}`,
    issue_url: `${repositoryUrl(world, repository)}/issues/${issue.number}`,
    body: comment.body,
    user: drawUser(world, comment.user),
    created_at: timestamp(comment.createdAt),
    updated_at: timestamp(comment.updatedAt),
    author_association: association(world, repository, comment.user),
  };
}

export function drawReview(world: World, repository: Repository, issue: Issue, review: Review): Shape {
  const url = `${repositoryUrl(world, repository)}/pulls/${issue.number}`;
  const html = `${pageUrl(world, repository)}/pull/${issue.number}#pullrequestreview-${review.id}`;
  return {
    id: review.id,
    node_id: nodeId('PullRequestReview', review.id),
    user: drawUser(world, review.user),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    _links: { html: { href: html }, pull_request: { href: url } },
    submitted_at: timestamp(review.submittedAt),
    commit_id: review.commit,
    author_association: association(world, repository, review.user),
  };
}

/** `pull-request-simple`: what lists and events carry. */
export function drawPullSimple(world: World, repository: Repository, issue: PullIssue): Shape {
  const { pull } = issue;
  const url = `${repositoryUrl(world, repository)}/pulls/${issue.number}`;
  const html = `${pageUrl(world, repository)}/pull/${issue.number}`;
  const issueUrl = `${repositoryUrl(world, repository)}/issues/${issue.number}`;
  const statuses = `${repositoryUrl(world, repository)}/statuses/${pull.headSha}`;
  return {
    id: issue.id,
    node_id: nodeId('PullRequest', issue.id),
    url,
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    issue_url: issueUrl,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: `${repositoryUrl(world, repository)}/pulls/comments{/number}`,
    comments_url: `${issueUrl}/comments`,
    statuses_url: statuses,
    number: issue.number,
    state: issue.state,
    locked: false,
    title: issue.title,
    body: issue.body,
    user: drawUser(world, issue.user),
    labels: issue.labels.map((name) => drawLabel(world, repository, labelOf(world, repository, name))),
    milestone: null,
    created_at: timestamp(issue.createdAt),
    updated_at: timestamp(issue.updatedAt),
    closed_at: timestampOrNull(issue.closedAt),
    merged_at: timestampOrNull(pull.mergedAt),
    merge_commit_sha: pull.mergeCommit,
    assignee: drawUserOrNull(world, issue.assignees[0] ?? null),
    assignees: issue.assignees.map((user) => drawUser(world, user)),
    requested_reviewers: pull.requestedReviewers.map((user) => drawUser(world, user)),
    requested_teams: [],
    head: drawEnd(world, pull.headRepository, pull.headRef, pull.headSha),
    base: drawEnd(world, repository, pull.baseRef, pull.baseSha),
    _links: {
      self: { href: url },
      html: { href: html },
      issue: { href: issueUrl },
      comments: { href: `${issueUrl}/comments` },
      review_comments: { href: `${url}/comments` },
      review_comment: { href: `${repositoryUrl(world, repository)}/pulls/comments{/number}` },
      commits: { href: `${url}/commits` },
      statuses: { href: statuses },
    },
    author_association: association(world, repository, issue.user),
    auto_merge: null,
    draft: pull.draft,
  };
}

function drawEnd(world: World, repository: Repository, ref: string, sha: string): Shape {
  return {
    label: `${repository.owner.login}:${ref}`,
    ref,
    sha,
    user: drawUser(world, repository.owner),
    repo: drawRepository(world, repository),
  };
}

/** What a pull request's own page knows beyond a list's. */
export interface PullDetails {
  readonly mergeable: boolean | null;
  readonly mergeableState: string;
  readonly commits: number;
  readonly additions: number;
  readonly deletions: number;
  readonly changedFiles: number;
}

export function drawPull(
  world: World,
  repository: Repository,
  issue: PullIssue,
  details: PullDetails,
): Shape {
  return {
    ...drawPullSimple(world, repository, issue),
    merged: issue.pull.mergedAt !== null,
    mergeable: details.mergeable,
    rebaseable: details.mergeable,
    mergeable_state: details.mergeableState,
    merged_by: drawUserOrNull(world, issue.pull.mergedBy),
    comments: issue.comments.length,
    review_comments: 0,
    maintainer_can_modify: issue.pull.maintainerCanModify,
    commits: details.commits,
    additions: details.additions,
    deletions: details.deletions,
    changed_files: details.changedFiles,
  };
}

/** `pull-request-minimal`, as runs and checks carry it. */
export function drawPullMinimal(world: World, repository: Repository, issue: PullIssue): Shape {
  const end = (of: Repository, ref: string, sha: string): Shape => ({
    ref,
    sha,
    repo: { id: of.id, url: `${world.apiUrl}/repos/${fullName(of)}`, name: of.name },
  });
  return {
    id: issue.id,
    number: issue.number,
    url: `${repositoryUrl(world, repository)}/pulls/${issue.number}`,
    head: end(issue.pull.headRepository, issue.pull.headRef, issue.pull.headSha),
    base: end(repository, issue.pull.baseRef, issue.pull.baseSha),
  };
}
