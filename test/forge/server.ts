import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { answerApi } from './api.ts';
import { download, TWIRP } from './artifacts.ts';
import type { Answer } from './call.ts';
import { gitRequest, serveGit } from './git-http.ts';
import { answerPage } from './pages/index.ts';
import type { Token } from './state.ts';
import type { Fault } from './types.ts';
import { actorOf, type World } from './world.ts';

/** The one HTTP server: API, uploads, results service, Git and pages, told apart by path. */
export function createServer(world: World): http.Server {
  return http.createServer((request, response) => {
    // Answers carry the forge's time, not the machine's.
    response.sendDate = false;
    serve(world, request, response).catch((error: unknown) => {
      world.violate(
        `${request.method} ${request.url}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      if (!response.headersSent) response.writeHead(500);
      response.end();
    });
  });
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url ?? '/', world.origin);
  const method = request.method ?? 'GET';
  const path = url.pathname + url.search;
  const credential = credentialOf(request.headers.authorization);
  const token = credential === null ? null : (world.tokens.get(credential) ?? null);
  response.setHeader('Date', world.clock.now().toUTCString());
  const log = (status: number, write: boolean): void => {
    world.ledger.requests.push({
      method,
      path,
      actor: token === null ? null : actorOf(token),
      status,
      write,
    });
  };

  const fault = world.ledger.strike({ method, path, actor: token?.user.login ?? null });
  if (fault !== null && fault.after !== 'effect' && fault.starterAsset !== true) {
    log(fault.status ?? 0, isWrite(method, url));
    return faulty(request, response, fault);
  }
  const git = gitRequest(url);
  if (git !== null) {
    if (fault !== null) throw new Error('faults after the effect are for the API: Git answers as it goes');
    log(await serveGit(world, { request, response, url, git, token, body }), isWrite(method, url));
    return;
  }
  const answer = await route(world, {
    request,
    url,
    method,
    body,
    token,
    badToken: credential !== null && token === null,
    starterAsset: fault?.starterAsset === true,
  });
  log(fault?.status ?? answer.status, isWrite(method, url));
  if (fault !== null) return faulty(request, response, fault);
  send(response, answer, method);
}

function isWrite(method: string, url: URL): boolean {
  const api = url.pathname.startsWith('/api/') || url.pathname.startsWith('/uploads/repos/');
  return url.pathname.endsWith('/git-receive-pack') || (api && method !== 'GET' && method !== 'HEAD');
}

interface Routed {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly method: string;
  readonly body: Buffer;
  readonly token: Token | null;
  readonly badToken: boolean;
  readonly starterAsset: boolean;
}

async function route(world: World, routed: Routed): Promise<Answer> {
  const { request, url, method, body } = routed;
  const { pathname } = url;
  if (pathname.startsWith(TWIRP))
    return world.artifacts.call(pathname, request.headers.authorization ?? '', body);
  if (pathname === '/uploads/blob') return world.artifacts.upload(url.searchParams, body);
  if (pathname.startsWith('/downloads/'))
    return download(
      world,
      url.searchParams.get('sig') ?? '',
      request.headers.range ?? (request.headers['x-ms-range'] as string | undefined),
    );
  const base = pathname.startsWith('/api/') ? '/api' : pathname.startsWith('/uploads/') ? '/uploads' : null;
  if (base === null) return answerPage(world, method, url);
  const call = {
    method,
    pathname: pathname.slice(base.length),
    url,
    headers: request.headers,
    token: routed.token,
    badToken: routed.badToken,
    body,
    upload: base === '/uploads',
  };
  const work = (): Promise<Answer> => answerApi(world, call, { starterAsset: routed.starterAsset });
  const answer = method === 'GET' ? await work() : await world.exclusive(work);
  return { ...answer, headers: { ...rateLimit(world), ...answer.headers } };
}

function rateLimit(world: World): Record<string, string> {
  const reset = Math.ceil(world.clock.now().getTime() / 1000) + 3600;
  return {
    'x-github-request-id': String(world.ledger.requests.length),
    'x-github-media-type': 'github.v3; format=json',
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': String(reset),
  };
}

/** `token X`, `bearer X`, or Basic with the token as password, as git sends it. */
function credentialOf(header: string | undefined): string | null {
  const [scheme = '', value = ''] = (header ?? '').split(' ');
  if (value === '') return null;
  if (scheme.toLowerCase() !== 'basic') return value;
  const [user = '', ...password] = Buffer.from(value, 'base64').toString('utf8').split(':');
  return password.join(':') || user;
}

function faulty(request: IncomingMessage, response: ServerResponse, fault: Fault['answer']): void {
  if (fault.drop === true) {
    request.socket.resetAndDestroy();
    return;
  }
  const body = fault.body ?? {
    message: `fault ${fault.status}`,
    documentation_url: 'https://docs.github.com/rest',
  };
  send(response, { status: fault.status ?? 500, body, headers: fault.headers ?? {} }, 'GET');
}

function send(response: ServerResponse, answer: Answer, method: string): void {
  const bytes = answer.bytes ?? (answer.body === undefined ? null : Buffer.from(JSON.stringify(answer.body)));
  const type =
    answer.bytes === undefined && bytes !== null ? { 'content-type': 'application/json; charset=utf-8' } : {};
  response.writeHead(answer.status, {
    ...type,
    ...answer.headers,
    ...(bytes === null ? {} : { 'content-length': String(bytes.length) }),
  });
  response.end(method === 'HEAD' || bytes === null ? undefined : bytes);
}
