import {
  type CallContext,
  caller,
  contributes,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { close, reopen } from '../pulls.ts';
import { drawLabel, drawRepository, drawUser, labelOf } from '../shapes/basic.ts';
import { drawComment, drawIssue } from '../shapes/issues.ts';
import {
  type Comment,
  fullName,
  type Issue,
  isPull,
  type Repository,
  type Token,
  type User,
} from '../state.ts';
import type { EventName } from '../types.ts';
import { actorOf, type World } from '../world.ts';
import { tooLong } from './pulls.ts';

function issueOf(call: CallContext): Issue {
  const issue = call.repository.issues.get(Number(call.params.issue_number));
  if (issue === undefined) throw notFound();
  return issue;
}

function commentOf(call: CallContext): { issue: Issue; comment: Comment } {
  for (const issue of call.repository.issues.values())
    for (const comment of issue.comments)
      if (comment.id === Number(call.params.comment_id)) return { issue, comment };
  throw notFound();
}

async function emitIssue(
  world: World,
  repository: Repository,
  token: Token,
  name: EventName,
  action: string,
  issue: Issue,
  more: Record<string, unknown> = {},
): Promise<void> {
  const sha = (await repository.git.resolve(`refs/heads/${repository.defaultBranch}`)) ?? '0'.repeat(40);
  const payload = {
    action,
    issue: drawIssue(world, repository, issue),
    repository: drawRepository(world, repository),
    sender: drawUser(world, token.user),
    ...more,
  };
  world.emit({
    name,
    action,
    repository: fullName(repository),
    actor: actorOf(token),
    ref: `refs/heads/${repository.defaultBranch}`,
    sha,
    paths: [],
    payload,
  });
}

function mayEdit(call: CallContext, author: User): void {
  const { user, kind } = caller(call);
  if (kind === 'person' && user !== author && !call.world.mayWrite(call.repository, user))
    throw new Refusal(403, 'Must have admin rights to Repository.');
}

function labelNames(labels: readonly (string | { name?: string })[]): string[] {
  return labels.map((label) => (typeof label === 'string' ? label : (label.name ?? '')));
}

function users(world: World, given: readonly (string | { login?: string })[]): User[] {
  return given
    .map((each) => (typeof each === 'string' ? each : (each.login ?? '')))
    .map((login) => world.users.get(login.toLowerCase()))
    .filter((user) => user !== undefined);
}

const issueOperations: readonly Operation[] = [
  operation('issues/create', contributes('issues'), async (call) => {
    const { world, repository, body } = call;
    const token = caller(call);
    tooLong(body.body);
    const now = world.clock.now();
    const number = repository.nextNumber++;
    const issue: Issue = {
      id: world.id(),
      number,
      title: String(body.title),
      body: body.body ?? null,
      state: 'open',
      stateReason: null,
      user: token.user,
      // GitHub drops labels and assignees from those who may not write.
      labels:
        token.kind !== 'person' || world.mayWrite(repository, token.user)
          ? labelNames(body.labels ?? [])
          : [],
      assignees: users(world, body.assignees ?? []),
      comments: [],
      createdAt: now,
      updatedAt: now,
      closedAt: null,
      closedBy: null,
      pull: null,
    };
    repository.issues.set(number, issue);
    await emitIssue(world, repository, token, 'issues', 'opened', issue);
    return { status: 201, body: drawIssue(world, repository, issue) };
  }),

  operation('issues/list-for-repo', reads('issues', 'pull-requests'), (call) => {
    const { world, repository, query } = call;
    const labels = query.labels?.split(',').filter((name) => name !== '') ?? [];
    const since = query.since === undefined ? 0 : Date.parse(query.since);
    const issues = [...repository.issues.values()].filter(
      (issue) =>
        (query.state === 'all' || issue.state === (query.state ?? 'open')) &&
        labels.every((label) => issue.labels.includes(label)) &&
        (query.creator === undefined || query.creator === issue.user.login) &&
        issue.updatedAt.getTime() >= since,
    );
    const key = query.sort === 'updated' ? 'updatedAt' : 'createdAt';
    issues.sort((a, b) => b[key].getTime() - a[key].getTime() || b.number - a.number);
    if (query.direction === 'asc') issues.reverse();
    const { items, headers } = page(call, issues, (issue) => drawIssue(world, repository, issue));
    return { status: 200, body: items, headers };
  }),

  operation('issues/get', reads('issues', 'pull-requests'), (call) => ({
    status: 200,
    body: drawIssue(call.world, call.repository, issueOf(call)),
  })),

  operation('issues/update', contributes('issues', 'pull-requests'), async (call) => {
    const { world, repository, body } = call;
    const issue = issueOf(call);
    const token = caller(call);
    mayEdit(call, issue.user);
    tooLong(body.body);
    const before = { title: issue.title, body: issue.body };
    if (body.title !== undefined && body.title !== null) issue.title = String(body.title);
    if (body.body !== undefined) issue.body = body.body;
    if (body.labels !== undefined) issue.labels = labelNames(body.labels);
    if (body.assignees !== undefined) issue.assignees = users(world, body.assignees);
    issue.updatedAt = world.clock.now();
    if (before.title !== issue.title || before.body !== issue.body)
      await emitIssue(world, repository, token, 'issues', 'edited', issue);
    if (body.state !== undefined && body.state !== issue.state)
      await setState(call, issue, body.state, body.state_reason ?? null);
    return { status: 200, body: drawIssue(world, repository, issue) };
  }),
];

async function setState(
  call: CallContext,
  issue: Issue,
  state: 'open' | 'closed',
  reason: Issue['stateReason'],
): Promise<void> {
  const { world, repository } = call;
  const token = caller(call);
  if (isPull(issue))
    return state === 'closed'
      ? close(world, repository, issue, token)
      : reopen(world, repository, issue, token);
  const closed = state === 'closed';
  issue.state = state;
  issue.stateReason = closed ? (reason ?? 'completed') : 'reopened';
  issue.closedAt = closed ? world.clock.now() : null;
  issue.closedBy = closed ? token.user : null;
  await emitIssue(world, repository, token, 'issues', closed ? 'closed' : 'reopened', issue);
}

const commentOperations: readonly Operation[] = [
  operation('issues/create-comment', contributes('issues', 'pull-requests'), async (call) => {
    const { world, repository, body } = call;
    const issue = issueOf(call);
    const token = caller(call);
    tooLong(body.body);
    const now = world.clock.now();
    const comment: Comment = {
      id: world.id(),
      user: token.user,
      body: body.body,
      createdAt: now,
      updatedAt: now,
    };
    issue.comments.push(comment);
    issue.updatedAt = now;
    const drawn = drawComment(world, repository, issue, comment);
    await emitIssue(world, repository, token, 'issue_comment', 'created', issue, { comment: drawn });
    return { status: 201, body: drawn };
  }),

  operation('issues/list-comments', reads('issues', 'pull-requests'), (call) => {
    const issue = issueOf(call);
    const since = call.query.since === undefined ? 0 : Date.parse(call.query.since);
    const comments = issue.comments.filter((comment) => comment.updatedAt.getTime() >= since);
    const { items, headers } = page(call, comments, (comment) =>
      drawComment(call.world, call.repository, issue, comment),
    );
    return { status: 200, body: items, headers };
  }),

  operation('issues/get-comment', reads('issues', 'pull-requests'), (call) => {
    const { issue, comment } = commentOf(call);
    return { status: 200, body: drawComment(call.world, call.repository, issue, comment) };
  }),

  operation('issues/update-comment', contributes('issues', 'pull-requests'), async (call) => {
    const { world, repository } = call;
    const { issue, comment } = commentOf(call);
    mayEdit(call, comment.user);
    tooLong(call.body.body);
    comment.body = call.body.body;
    comment.updatedAt = world.clock.now();
    const drawn = drawComment(world, repository, issue, comment);
    await emitIssue(world, repository, caller(call), 'issue_comment', 'edited', issue, { comment: drawn });
    return { status: 200, body: drawn };
  }),

  operation('issues/delete-comment', contributes('issues', 'pull-requests'), (call) => {
    const { issue, comment } = commentOf(call);
    mayEdit(call, comment.user);
    issue.comments.splice(issue.comments.indexOf(comment), 1);
    return { status: 204 };
  }),
];

function drawLabels(call: CallContext, issue: Issue): Record<string, unknown>[] {
  return issue.labels.map((name) =>
    drawLabel(call.world, call.repository, labelOf(call.world, call.repository, name)),
  );
}

const labelOperations: readonly Operation[] = [
  operation('issues/list-labels-for-repo', reads('issues', 'pull-requests'), (call) => {
    const { items, headers } = page(call, [...call.repository.labels.values()], (label) =>
      drawLabel(call.world, call.repository, label),
    );
    return { status: 200, body: items, headers };
  }),

  operation('issues/create-label', writes('issues', 'pull-requests'), (call) => {
    const { world, repository, body } = call;
    if (repository.labels.has(body.name.toLowerCase()))
      throw new Refusal(422, 'Validation Failed', [
        { resource: 'Label', field: 'name', code: 'already_exists' },
      ]);
    const label = {
      id: world.id(),
      name: body.name,
      color: body.color ?? 'ededed',
      description: body.description ?? '',
    };
    repository.labels.set(body.name.toLowerCase(), label);
    return { status: 201, body: drawLabel(world, repository, label) };
  }),

  operation('issues/list-labels-on-issue', reads('issues', 'pull-requests'), (call) => ({
    status: 200,
    body: drawLabels(call, issueOf(call)),
  })),

  operation('issues/add-labels', writes('issues', 'pull-requests'), (call) => {
    const issue = issueOf(call);
    const body: unknown = call.body;
    const given = Array.isArray(body) ? body : ((body as { labels?: unknown[] }).labels ?? []);
    issue.labels = [...new Set([...issue.labels, ...labelNames(given as string[])])];
    return { status: 200, body: drawLabels(call, issue) };
  }),

  operation('issues/remove-label', writes('issues', 'pull-requests'), (call) => {
    const issue = issueOf(call);
    if (!issue.labels.includes(call.params.name ?? '')) throw new Refusal(404, 'Label does not exist');
    issue.labels = issue.labels.filter((name) => name !== call.params.name);
    return { status: 200, body: drawLabels(call, issue) };
  }),
];

export const issueRelatedOperations: readonly Operation[] = [
  ...issueOperations,
  ...commentOperations,
  ...labelOperations,
];
