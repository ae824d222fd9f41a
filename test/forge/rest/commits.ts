import {
  type CallContext,
  caller,
  invalid,
  notFound,
  type Operation,
  operation,
  page,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { timestamp } from '../clock.ts';
import type { TreeEntry } from '../git.ts';
import { moveRef } from '../refs.ts';
import { drawRepository, drawUser, nodeId, pageUrl, repositoryUrl, type Shape } from '../shapes/basic.ts';
import { drawCommit, drawGitCommit, signatureOf } from '../shapes/commits.ts';
import { drawPullSimple } from '../shapes/issues.ts';
import { type CommitStatus, fullName, isPull, type Repository } from '../state.ts';
import { actorOf, type World } from '../world.ts';

async function resolved(call: CallContext, name: string | undefined): Promise<string> {
  const sha = await call.repository.git.resolve(name ?? call.repository.defaultBranch);
  if (sha === null)
    throw new Refusal(
      name === undefined ? 409 : 404,
      name === undefined ? 'Git Repository is empty.' : `No commit found for the ref ${name}`,
    );
  return sha;
}

const commitOperations: readonly Operation[] = [
  operation('repos/get-commit', reads('contents'), async (call) => {
    const { world, repository } = call;
    const sha = await repository.git.resolve(call.params.ref ?? '');
    if (sha === null) throw new Refusal(422, `No commit found for SHA: ${call.params.ref}`);
    if (String(call.headers.accept).includes('.sha'))
      return {
        status: 200,
        bytes: Buffer.from(sha),
        headers: { 'content-type': 'application/vnd.github.sha' },
      };
    const commit = await repository.git.commit(sha);
    const files = commit.parents[0] === undefined ? [] : await repository.git.diff(commit.parents[0], sha);
    return { status: 200, body: drawCommit(world, repository, commit, files) };
  }),

  operation('repos/list-commits', reads('contents'), async (call) => {
    const { world, repository, query } = call;
    const start = await resolved(call, query.sha);
    const commits = await repository.git.log([start], query.path === undefined ? {} : { path: query.path });
    const { items, headers } = page(call, commits, (commit) => drawCommit(world, repository, commit));
    return { status: 200, body: items, headers };
  }),

  operation('repos/list-pull-requests-associated-with-commit', reads('pull-requests'), async (call) => {
    const { world, repository } = call;
    const sha = call.params.commit_sha ?? '';
    const pulls = [];
    for (const issue of [...repository.issues.values()].filter(isPull)) {
      const { pull } = issue;
      const landed = pull.mergedAt !== null && pull.mergeCommit === sha;
      const carried =
        pull.headSha === sha ||
        (landed
          ? true
          : (await repository.git.isAncestor(sha, pull.headSha)) &&
            !(await repository.git.isAncestor(sha, pull.baseSha)));
      if (landed || carried) pulls.push(drawPullSimple(world, repository, issue));
    }
    return { status: 200, body: pulls.reverse() };
  }),

  operation('repos/compare-commits-with-basehead', reads('contents'), async (call) => {
    const { world, repository } = call;
    const [baseName, headName] = (call.params.basehead ?? '').split('...');
    const base = await resolved(call, baseName);
    const head = await resolved(call, headName);
    const common = await repository.git.mergeBase(base, head);
    if (common === null) throw notFound();
    const ahead = (await repository.git.log([head, `^${base}`])).reverse();
    const behind = await repository.git.log([base, `^${head}`]);
    const draw = async (sha: string): Promise<Shape> =>
      drawCommit(world, repository, await repository.git.commit(sha));
    const url = `${repositoryUrl(world, repository)}/compare/${base}...${head}`;
    const html = `${pageUrl(world, repository)}/compare/${base}...${head}`;
    const files = drawCommit(
      world,
      repository,
      await repository.git.commit(head),
      await repository.git.diff(common, head),
    ).files;
    const { items, headers } = page(call, ahead, (commit) => drawCommit(world, repository, commit));
    const status =
      ahead.length > 0
        ? behind.length > 0
          ? 'diverged'
          : 'ahead'
        : behind.length > 0
          ? 'behind'
          : 'identical';
    return {
      status: 200,
      headers,
      body: {
        url,
        html_url: html,
        permalink_url: html,
        diff_url: `${html}.diff`,
        patch_url: `${html}.patch`,
        base_commit: await draw(base),
        merge_base_commit: await draw(common),
        status,
        ahead_by: ahead.length,
        behind_by: behind.length,
        total_commits: ahead.length,
        commits: items,
        files,
      },
    };
  }),
];

const contentOperations: readonly Operation[] = [
  operation('repos/get-content', reads('contents'), async (call) => {
    const { repository } = call;
    const { git } = repository;
    const path = (call.params.path ?? '').replace(/\/$/, '');
    const sha = await resolved(call, call.query.ref);
    const entries = path === '' ? [] : await git.tree(sha, { recursive: false, path });
    const entry = entries[0];
    if (path !== '' && entry === undefined) throw notFound();
    if (entry === undefined || entry.type === 'tree') {
      const children = await git.tree(entry?.sha ?? sha, { recursive: false });
      const prefix = path === '' ? '' : `${path}/`;
      return {
        status: 200,
        body: children.map((child) => drawContent(call, sha, { ...child, path: prefix + child.path })),
      };
    }
    const content = await git.blob(entry.sha);
    if (String(call.headers.accept).includes('raw'))
      return { status: 200, bytes: content, headers: { 'content-type': 'application/vnd.github.raw+json' } };
    const text = content.toString('base64').replace(/(.{60})/g, '$1\n');
    // Above one megabyte GitHub keeps the content to itself.
    const told =
      content.length > 1024 * 1024
        ? { encoding: 'none', content: '' }
        : { encoding: 'base64', content: text };
    return { status: 200, body: { ...drawContent(call, sha, entry), ...told } };
  }),

  operation('repos/create-or-update-file-contents', writes('contents'), async (call) => {
    const { world, repository, body } = call;
    const { git } = repository;
    const path = call.params.path ?? '';
    const branch = body.branch ?? repository.defaultBranch;
    const before = await git.resolve(`refs/heads/${branch}`);
    if (before === null) throw new Refusal(404, `Branch ${branch} not found`);
    const [entry] = await git.tree(before, { recursive: false, path });
    if (entry !== undefined && body.sha === undefined)
      throw new Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
    if (entry?.sha !== body.sha) throw new Refusal(409, `${path} does not match ${body.sha}`);
    const { user } = caller(call);
    const now = world.clock.now();
    const blob = await git.writeBlob(Buffer.from(body.content, 'base64'));
    const tree = await git.createTree((await git.commit(before)).tree, [{ path, mode: '100644', sha: blob }]);
    const signature = signatureOf(user, now);
    const after = await git.createCommit({
      tree,
      parents: [before],
      message: body.message,
      author: signature,
      committer: signatureOf(world.user('web-flow'), now),
    });
    repository.verified.set(after, now);
    await moveRef(world, repository, caller(call), { ref: `refs/heads/${branch}`, before, after });
    const [written] = await git.tree(after, { recursive: false, path });
    const content = written === undefined ? null : drawContent(call, after, written);
    return {
      status: entry === undefined ? 201 : 200,
      body: { content, commit: drawGitCommit(world, repository, await git.commit(after)) },
    };
  }),
];

function drawContent(call: CallContext, commit: string, entry: TreeEntry): Shape {
  const { world, repository } = call;
  const path = entry.path.split('/').map(encodeURIComponent).join('/');
  const type = entry.type === 'tree' ? 'dir' : entry.type === 'commit' ? 'submodule' : 'file';
  const url = `${repositoryUrl(world, repository)}/contents/${path}?ref=${commit}`;
  const git = `${repositoryUrl(world, repository)}/git/${entry.type}s/${entry.sha}`;
  const html = `${pageUrl(world, repository)}/${type === 'dir' ? 'tree' : 'blob'}/${commit}/${path}`;
  return {
    type,
    name: entry.path.split('/').at(-1),
    path: entry.path,
    sha: entry.sha,
    size: entry.size ?? 0,
    url,
    git_url: git,
    html_url: html,
    download_url: type === 'file' ? `${pageUrl(world, repository)}/raw/${commit}/${path}` : null,
    _links: { self: url, git, html },
  };
}

function drawStatus(world: World, repository: Repository, status: CommitStatus): Shape {
  return {
    id: status.id,
    node_id: nodeId('Status', status.id),
    url: `${repositoryUrl(world, repository)}/statuses/${status.sha}`,
    avatar_url: `${world.serverUrl}/avatars/${status.creator.id}`,
    state: status.state,
    description: status.description,
    target_url: status.targetUrl,
    context: status.context,
    created_at: timestamp(status.createdAt),
    updated_at: timestamp(status.createdAt),
  };
}

const statusOperations: readonly Operation[] = [
  operation('repos/create-commit-status', writes('statuses'), async (call) => {
    const { world, repository, body } = call;
    const sha = call.params.sha ?? '';
    const token = caller(call);
    if (!(await repository.git.isObject(sha, 'commit')))
      throw new Refusal(422, `No commit found for SHA: ${sha}`);
    if ((body.description ?? '').length > 140)
      throw invalid({
        resource: 'Status',
        field: 'description',
        code: 'custom',
        message: 'description is too long (maximum is 140 characters)',
      });
    const status: CommitStatus = {
      id: world.id(),
      sha,
      state: body.state,
      context: body.context ?? 'default',
      description: body.description ?? null,
      targetUrl: body.target_url ?? null,
      creator: token.user,
      createdAt: world.clock.now(),
    };
    repository.statuses.push(status);
    const drawn = { ...drawStatus(world, repository, status), creator: drawUser(world, token.user) };
    const payload = {
      sha,
      state: status.state,
      context: status.context,
      description: status.description,
      target_url: status.targetUrl,
      repository: drawRepository(world, repository),
      sender: drawUser(world, token.user),
    };
    world.emit({
      name: 'status',
      repository: fullName(repository),
      actor: actorOf(token),
      ref: `refs/heads/${repository.defaultBranch}`,
      sha,
      paths: [],
      payload,
    });
    return { status: 201, body: drawn };
  }),

  operation('repos/list-commit-statuses-for-ref', reads('statuses'), async (call) => {
    const { world, repository } = call;
    const sha = await resolved(call, call.params.ref);
    const statuses = repository.statuses.filter((status) => status.sha === sha).reverse();
    const { items, headers } = page(call, statuses, (status) => ({
      ...drawStatus(world, repository, status),
      creator: drawUser(world, status.creator),
    }));
    return { status: 200, body: items, headers };
  }),

  operation('repos/get-combined-status-for-ref', reads('statuses'), async (call) => {
    const { world, repository } = call;
    const sha = await resolved(call, call.params.ref);
    const latest = new Map(
      repository.statuses.filter((status) => status.sha === sha).map((status) => [status.context, status]),
    );
    const states = [...latest.values()].map((status) => status.state);
    const failed = states.some((state) => state === 'failure' || state === 'error');
    const url = `${repositoryUrl(world, repository)}/commits/${sha}`;
    const { items, headers } = page(call, [...latest.values()], (status) =>
      drawStatus(world, repository, status),
    );
    return {
      status: 200,
      headers,
      body: {
        state: failed
          ? 'failure'
          : states.length > 0 && states.every((state) => state === 'success')
            ? 'success'
            : 'pending',
        statuses: items,
        sha,
        total_count: latest.size,
        repository: drawRepository(world, repository),
        commit_url: url,
        url: `${url}/status`,
      },
    };
  }),
];

export const commitRelatedOperations: readonly Operation[] = [
  ...commitOperations,
  ...contentOperations,
  ...statusOperations,
];
