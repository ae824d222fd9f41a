import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { authorize, Refusal, reads, writes } from './call.ts';
import { GIT_ENVIRONMENT } from './git.ts';
import { refMoved } from './refs.ts';
import { type RefChange, refusalOf } from './rules.ts';
import { fullName, type Repository, type Token } from './state.ts';
import type { World } from './world.ts';

/** Git's smart HTTP over git's own http-backend; a push is held against permissions and rules before Git sees it. */

export interface GitRequest {
  readonly repository: string;
  /** `/info/refs`, `/git-upload-pack`, `/git-receive-pack`. */
  readonly service: string;
  readonly push: boolean;
}

export function gitRequest(url: URL): GitRequest | null {
  const found = /^\/([^/]+\/[^/]+?)(?:\.git)?(\/info\/refs|\/git-upload-pack|\/git-receive-pack)$/.exec(
    url.pathname,
  );
  if (found === null) return null;
  const [, repository = '', service = ''] = found;
  return {
    repository,
    service,
    push: service === '/git-receive-pack' || url.searchParams.get('service') === 'git-receive-pack',
  };
}

/** Serves one request; returns its status. */
export async function serveGit(
  world: World,
  call: {
    request: IncomingMessage;
    response: ServerResponse;
    url: URL;
    git: GitRequest;
    token: Token | null;
    body: Buffer;
  },
): Promise<number> {
  const { request, response, git, token } = call;
  const repository = world.repositories.get(git.repository.toLowerCase());
  if (repository === undefined) return plain(response, token === null ? 401 : 404, 'Repository not found.');
  try {
    authorize(world, token, repository, git.push ? writes('contents') : reads('contents'));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (token === null) return plain(response, 401, 'Authentication required.');
    const status = error.status === 404 ? 404 : 403;
    return plain(
      response,
      status,
      status === 404
        ? 'Repository not found.'
        : `Permission to ${fullName(repository)}.git denied to ${token.user.login}.`,
    );
  }
  const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(call.body) : call.body;
  if (git.service !== '/git-receive-pack' || token === null) return backend(repository, call, body, response);
  return world.exclusive(() => receive(world, repository, token, call, body, response));
}

async function receive(
  world: World,
  repository: Repository,
  token: Token,
  call: { request: IncomingMessage; url: URL; git: GitRequest },
  body: Buffer,
  response: ServerResponse,
): Promise<number> {
  const { changes, capabilities, pack } = readCommands(body);
  if (pack.length > 0) await repository.git.try(['unpack-objects', '-q'], { input: pack });
  const refusals = await Promise.all(changes.map((change) => refusalOf(world, repository, token, change)));
  const reason = refusals.find((refusal) => refusal !== null);
  if (reason !== undefined) return decline(response, changes, capabilities, reason ?? '');
  const chunks: Buffer[] = [];
  const status = await backend(repository, call, body, response, (chunk) => chunks.push(chunk));
  const report = Buffer.concat(chunks).toString('latin1');
  for (const change of changes)
    if (report.includes(`ok ${change.ref}\n`)) await refMoved(world, repository, token, change);
  response.end();
  return status;
}

/** The commands of a receive-pack request: pkt-lines `old new ref`, a flush, then the pack. */
function readCommands(body: Buffer): { changes: RefChange[]; capabilities: string; pack: Buffer } {
  const changes: RefChange[] = [];
  let capabilities = '';
  let at = 0;
  while (at + 4 <= body.length) {
    const length = Number.parseInt(body.toString('latin1', at, at + 4), 16);
    if (length < 4) {
      at += 4;
      break;
    }
    const [line = '', asked] = body.toString('utf8', at + 4, at + length).split('\0');
    if (asked !== undefined) capabilities = asked;
    const [before = '', after = '', ref = ''] = line.trimEnd().split(' ');
    if (/^[0-9a-f]{40}$/.test(before)) changes.push({ before, after, ref });
    at += length;
  }
  return { changes, capabilities, pack: body.subarray(at) };
}

function pktLine(content: Buffer): Buffer {
  return Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content]);
}

const FLUSH = Buffer.from('0000');

/** Refuses all of a push, in words that git prints for its user. */
function decline(
  response: ServerResponse,
  changes: readonly RefChange[],
  capabilities: string,
  reason: string,
): number {
  const lines = changes.map((change) =>
    pktLine(Buffer.from(`ng ${change.ref} push declined due to repository rule violations\n`)),
  );
  const report = Buffer.concat([pktLine(Buffer.from('unpack ok\n')), ...lines, FLUSH]);
  const band = (number: number, content: Buffer): Buffer =>
    pktLine(Buffer.concat([Buffer.from([number]), content]));
  const told = Buffer.from(
    `error: GH013: Repository rule violations found for ${changes[0]?.ref}.\n- ${reason}\n`,
  );
  const body = capabilities.includes('side-band-64k')
    ? Buffer.concat([band(2, told), band(1, report), FLUSH])
    : report;
  response.writeHead(200, {
    'content-type': 'application/x-git-receive-pack-result',
    'cache-control': 'no-cache',
  });
  response.end(body);
  return 403;
}

/** Runs git-http-backend. With `onChunk`, the caller ends the answer, so that what follows from a push is done when the client has it. */
function backend(
  repository: Repository,
  call: { request: IncomingMessage; url: URL; git: GitRequest },
  body: Buffer,
  response: ServerResponse,
  onChunk?: (chunk: Buffer) => void,
): Promise<number> {
  const { request, url, git } = call;
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['http-backend'], {
      env: {
        ...GIT_ENVIRONMENT,
        GIT_PROJECT_ROOT: repository.git.dir,
        GIT_HTTP_EXPORT_ALL: '1',
        PATH_INFO: git.service,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method,
        CONTENT_TYPE: request.headers['content-type'] ?? '',
        CONTENT_LENGTH: String(body.length),
        GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
        REMOTE_USER: 'forge',
        REMOTE_ADDR: '127.0.0.1',
      },
    });
    let head: Buffer | null = Buffer.alloc(0);
    let status = 200;
    const pass = (chunk: Buffer): void => {
      onChunk?.(chunk);
      response.write(chunk);
    };
    child.stdout.on('data', (chunk: Buffer) => {
      if (head === null) return pass(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      for (const line of head.toString('latin1', 0, end).split('\r\n')) {
        const [name = '', value = ''] = line.split(/: (.*)/);
        if (name === 'Status') status = Number.parseInt(value, 10);
        else response.setHeader(name, value);
      }
      response.writeHead(status);
      const rest = head.subarray(end + 4);
      head = null;
      if (rest.length > 0) pass(rest);
    });
    child.on('error', reject);
    child.stdin.on('error', () => {});
    child.on('close', () => {
      if (head !== null) status = plain(response, 500, 'git-http-backend gave no answer');
      else if (onChunk === undefined) response.end();
      resolve(status);
    });
    child.stdin.end(body);
  });
}

function plain(response: ServerResponse, status: number, text: string): number {
  response.writeHead(status, {
    'content-type': 'text/plain',
    ...(status === 401 ? { 'www-authenticate': 'Basic realm="forge"' } : {}),
  });
  response.end(`${text}\n`);
  return status;
}
