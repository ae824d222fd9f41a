import {
  type CallContext,
  caller,
  invalid,
  notFound,
  type Operation,
  operation,
  Refusal,
  reads,
  writes,
} from '../call.ts';
import { GitError, NO_SHA } from '../git.ts';
import { moveRef } from '../refs.ts';
import { nodeId, repositoryUrl } from '../shapes/basic.ts';
import { drawGitCommit, drawRef, signatureOf } from '../shapes/commits.ts';
import type { World } from '../world.ts';

async function existingRef(call: CallContext): Promise<{ ref: string; sha: string; type: string }> {
  const found = await call.repository.git.ref(`refs/${call.params.ref}`);
  if (found === null) throw notFound();
  return found;
}

async function commitAt(call: CallContext, sha: string): Promise<string> {
  if (!/^[0-9a-f]{40}$/.test(sha) || !(await call.repository.git.isObject(sha, 'commit')))
    throw new Refusal(422, 'Object does not exist');
  return sha;
}

const refOperations: readonly Operation[] = [
  operation('git/get-ref', reads('contents'), async (call) => ({
    status: 200,
    body: drawRef(call.world, call.repository, await existingRef(call)),
  })),

  operation('git/list-matching-refs', reads('contents'), async (call) => {
    const refs = await call.repository.git.refs(`refs/${call.params.ref}`);
    return { status: 200, body: refs.map((ref) => drawRef(call.world, call.repository, ref)) };
  }),

  operation('git/create-ref', writes('contents'), async (call) => {
    const { ref, sha } = call.body;
    if (!/^refs\/[^/]+\/.+/.test(ref))
      throw new Refusal(422, 'Reference name must start with "refs" and have at least two slashes.');
    const after = await commitAt(call, sha);
    if ((await call.repository.git.ref(ref)) !== null) throw new Refusal(422, 'Reference already exists');
    await moveRef(call.world, call.repository, caller(call), { ref, before: NO_SHA, after });
    return { status: 201, body: drawRef(call.world, call.repository, { ref, sha: after, type: 'commit' }) };
  }),

  operation('git/update-ref', writes('contents'), async (call) => {
    const found = await call.repository.git.ref(`refs/${call.params.ref}`);
    if (found === null) throw new Refusal(422, 'Reference does not exist');
    const after = await commitAt(call, call.body.sha);
    if (call.body.force !== true && !(await call.repository.git.isAncestor(found.sha, after)))
      throw new Refusal(422, 'Update is not a fast forward');
    await moveRef(call.world, call.repository, caller(call), { ref: found.ref, before: found.sha, after });
    return { status: 200, body: drawRef(call.world, call.repository, { ...found, sha: after }) };
  }),

  operation('git/delete-ref', writes('contents'), async (call) => {
    const found = await call.repository.git.ref(`refs/${call.params.ref}`);
    if (found === null) throw new Refusal(422, 'Reference does not exist');
    await moveRef(call.world, call.repository, caller(call), {
      ref: found.ref,
      before: found.sha,
      after: NO_SHA,
    });
    return { status: 204 };
  }),
];

const objectOperations: readonly Operation[] = [
  operation('git/get-commit', reads('contents'), async (call) => {
    const sha = call.params.commit_sha ?? '';
    if (!(await call.repository.git.isObject(sha, 'commit'))) throw notFound();
    return {
      status: 200,
      body: drawGitCommit(call.world, call.repository, await call.repository.git.commit(sha)),
    };
  }),

  operation('git/create-commit', writes('contents'), async (call) => {
    const { world, repository, body } = call;
    const { git } = repository;
    if (!(await git.isObject(body.tree, 'tree'))) throw new Refusal(422, 'Tree SHA does not exist');
    for (const parent of body.parents ?? [])
      if (!(await git.isObject(parent, 'commit')))
        throw new Refusal(422, 'Parent SHA does not exist or is not a commit object');
    const { user } = caller(call);
    const now = world.clock.now();
    const given = (signature: { name?: string; email?: string; date?: string } | undefined) => ({
      name: signature?.name ?? user.name,
      email: signature?.email ?? '',
      date: signature?.date === undefined ? now : new Date(signature.date),
    });
    // GitHub signs what a bot makes in its own name; it does not where the call names an author.
    const signs = user.type === 'Bot' && body.author === undefined && body.committer === undefined;
    const own = signatureOf(user, now);
    const author = body.author === undefined ? own : given(body.author);
    const committer = signs
      ? signatureOf(world.user('web-flow'), now)
      : body.committer === undefined
        ? author
        : given(body.committer);
    const sha = await git.createCommit({
      tree: body.tree,
      parents: body.parents ?? [],
      message: body.message,
      author,
      committer,
    });
    if (signs) repository.verified.set(sha, now);
    return { status: 201, body: drawGitCommit(world, repository, await git.commit(sha)) };
  }),

  operation('git/get-tree', reads('contents'), async (call) => {
    const { git } = call.repository;
    const name = call.params.tree_sha ?? '';
    const treeish = (await git.isObject(name, 'tree')) ? name : await git.resolve(name);
    if (treeish === null) throw notFound();
    return { status: 200, body: await drawTree(call, treeish, call.query.recursive !== undefined) };
  }),

  operation('git/create-tree', writes('contents'), async (call) => {
    const { git } = call.repository;
    const base = call.body.base_tree ?? null;
    if (base !== null && !(await git.isObject(base, 'tree')) && !(await git.isObject(base, 'commit')))
      throw new Refusal(422, 'base_tree is not a valid tree oid');
    const entries = await Promise.all(
      call.body.tree.map(async (entry) => {
        if (entry.path === undefined || entry.mode === undefined)
          throw invalid({ resource: 'Tree', field: 'tree', code: 'missing_field' });
        if (entry.sha !== undefined && entry.content !== undefined)
          throw new Refusal(422, 'Must supply either tree.sha or tree.content, not both');
        const sha =
          entry.content === undefined ? (entry.sha ?? null) : await git.writeBlob(Buffer.from(entry.content));
        if (sha !== null && !(await git.isObject(sha, entry.mode === '040000' ? 'tree' : 'blob')))
          throw new Refusal(
            422,
            `tree.sha ${sha} is not a valid ${entry.mode === '040000' ? 'tree' : 'blob'}`,
          );
        return { path: entry.path, mode: entry.mode, sha };
      }),
    );
    try {
      return { status: 201, body: await drawTree(call, await git.createTree(base, entries), false) };
    } catch (error) {
      if (error instanceof GitError) throw new Refusal(422, error.message);
      throw error;
    }
  }),

  operation('git/get-blob', reads('contents'), async (call) => {
    const { world, repository } = call;
    const sha = call.params.file_sha ?? '';
    if (!(await repository.git.isObject(sha, 'blob'))) throw notFound();
    const content = await repository.git.blob(sha);
    if (String(call.headers.accept).includes('raw'))
      return { status: 200, bytes: content, headers: { 'content-type': 'application/vnd.github.raw' } };
    return {
      status: 200,
      body: {
        sha,
        node_id: nodeId('Blob', sha),
        url: blobUrl(world, call, sha),
        content: content.toString('base64').replace(/(.{60})/g, '$1\n'),
        encoding: 'base64',
        size: content.length,
      },
    };
  }),

  operation('git/create-blob', writes('contents'), async (call) => {
    const sha = await call.repository.git.writeBlob(
      Buffer.from(call.body.content, call.body.encoding === 'base64' ? 'base64' : 'utf8'),
    );
    return { status: 201, body: { sha, url: blobUrl(call.world, call, sha) } };
  }),
];

function blobUrl(world: World, call: CallContext, sha: string): string {
  return `${repositoryUrl(world, call.repository)}/git/blobs/${sha}`;
}

async function drawTree(
  call: CallContext,
  treeish: string,
  recursive: boolean,
): Promise<Record<string, unknown>> {
  const { git } = call.repository;
  const sha = await git.run(['rev-parse', `${treeish}^{tree}`]);
  const url = repositoryUrl(call.world, call.repository);
  const entries = await git.tree(sha, { recursive });
  return {
    sha,
    url: `${url}/git/trees/${sha}`,
    truncated: false,
    tree: entries.map((entry) => ({ ...entry, url: `${url}/git/${entry.type}s/${entry.sha}` })),
  };
}

export const gitOperations: readonly Operation[] = [...refOperations, ...objectOperations];
