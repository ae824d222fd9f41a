import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, authorize, type Call, notFound, Refusal, Unsupported } from './call.ts';
import { githubDescription } from './openapi.ts';
import { OPERATIONS } from './rest/index.ts';
import { putAsset } from './rest/releases.ts';
import type { Token } from './state.ts';
import type { World } from './world.ts';

/** GitHub's REST API: finds the operation, checks the token, runs it, and holds both directions against GitHub's own description. */

export interface ApiRequest {
  readonly method: string;
  /** Without the base: `/repos/…`. */
  readonly pathname: string;
  readonly url: URL;
  readonly headers: IncomingHttpHeaders;
  readonly token: Token | null;
  readonly badToken: boolean;
  readonly body: Buffer;
  /** Whether it came to the uploads address. */
  readonly upload: boolean;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

export async function answerApi(
  world: World,
  request: ApiRequest,
  options: { starterAsset?: boolean } = {},
): Promise<Answer> {
  const description = githubDescription();
  const named = `${request.method} ${request.pathname}`;
  const match = description.find(request.method, request.pathname);
  if (match === null) return violation(world, `${named} is not in GitHub's description`);
  const operation = OPERATIONS.get(match.id);
  if (operation === undefined)
    return violation(world, `${named} (${match.id}) is not supported by the forge`);
  if (request.upload !== (match.id === 'repos/upload-release-asset'))
    return violation(world, `${named} was sent to the ${request.upload ? 'uploads' : 'API'} address`);
  const [query, oddQuery] = description.query(match.id, request.url.searchParams);
  if (oddQuery !== null) return violation(world, `${named}: ${oddQuery}`);
  if (request.badToken) return refuse(new Refusal(401, 'Bad credentials'));
  const body = request.upload || request.body.length === 0 ? undefined : parseJson(request.body);
  if (body instanceof SyntaxError) return refuse(new Refusal(400, 'Problems parsing JSON'));
  const odd = request.upload ? null : description.request(match.id, body);
  try {
    const repository =
      match.params.owner === undefined
        ? null
        : world.repositories.get(`${match.params.owner}/${match.params.repo}`.toLowerCase());
    if (repository === undefined) throw notFound();
    if (repository !== null) authorize(world, request.token, repository, operation.need);
    if (odd !== null) return violation(world, `${named}: ${odd}`);
    const call = {
      world,
      token: request.token,
      params: match.params,
      query,
      body: body ?? {},
      bytes: request.body,
      headers: request.headers,
      url: request.url,
      repository,
    } as unknown as Call<never>;
    if (options.starterAsset === true) {
      putAsset(call, 'starter');
      return { status: 502 };
    }
    return checked(world, match.id, named, await operation.handle(call));
  } catch (error) {
    if (error instanceof Refusal) return checked(world, match.id, named, refuse(error));
    if (error instanceof Unsupported) return violation(world, `${named}: ${error.message}`);
    return violation(world, `${named}: ${error instanceof Error ? error.stack : String(error)}`);
  }
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    return error;
  }
}

/** An answer of ours that GitHub would not give is a mistake of the forge: it must not pass unseen. */
function checked(world: World, id: string, named: string, answer: Answer): Answer {
  if (answer.bytes !== undefined || answer.status === 302) return answer;
  // What is not JSON-shaped here (a Date, undefined) is not what the client would see.
  const body = answer.body === undefined ? undefined : (JSON.parse(JSON.stringify(answer.body)) as unknown);
  const odd = githubDescription().response(id, answer.status, body, 'application/json');
  return odd === null ? answer : violation(world, `${named}: ${odd}`);
}

function refuse(refusal: Refusal): Answer {
  const body = {
    message: refusal.message,
    ...(refusal.errors.length > 0 ? { errors: refusal.errors } : {}),
    documentation_url: DOCUMENTATION,
    status: String(refusal.status),
  };
  return { status: refusal.status, body, headers: refusal.headers };
}

function violation(world: World, message: string): Answer {
  world.violate(message);
  return { status: 500, body: { message: `forge: ${message}`, documentation_url: DOCUMENTATION } };
}
