import type { IncomingHttpHeaders } from 'node:http';
import type { operations } from '@octokit/openapi-types';
import { fullName, type Repository, type Token, type User } from './state.ts';
import type { Right, Scope } from './types.ts';
import type { World } from './world.ts';

/** What GitHub answers: `body` is sent as JSON, `bytes` as they are. */
export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly bytes?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal, in GitHub's words. */
export class Refusal extends Error {
  readonly status: number;
  readonly errors: readonly (FieldError | string)[];
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    errors: readonly (FieldError | string)[] = [],
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

export interface FieldError {
  readonly resource: string;
  readonly field?: string;
  readonly code: 'missing' | 'missing_field' | 'invalid' | 'already_exists' | 'unprocessable' | 'custom';
  readonly message?: string;
  readonly value?: string;
}

/** Something that GitHub would do and the forge does not: the test must stop. */
export class Unsupported extends Error {}

export function notFound(): Refusal {
  return new Refusal(404, 'Not Found');
}

export function invalid(...errors: FieldError[]): Refusal {
  return new Refusal(422, 'Validation Failed', errors);
}

type Id = keyof operations;
type JsonBody<T> = T extends { requestBody?: { content: { 'application/json': infer B } } }
  ? NonNullable<B>
  : Record<string, never>;
type Query<T> = T extends { parameters: { query?: infer Q } } ? NonNullable<Q> : Record<string, never>;

/** What a call is, whichever operation it is of. */
export interface CallContext {
  readonly world: World;
  readonly token: Token | null;
  readonly params: Readonly<Record<string, string>>;
  readonly url: URL;
  readonly bytes: Buffer;
  readonly headers: IncomingHttpHeaders;
  readonly repository: Repository;
}

/** One call of one operation, its parameters already held against GitHub's description. */
export interface Call<K extends Id = Id> extends CallContext {
  readonly query: Query<operations[K]>;
  readonly body: JsonBody<operations[K]>;
}

/** What a token must hold (none: to see the repository; what is public, every token may read): one of these scopes at this level. `right` is what a person must hold where it is not the level's own. */
export interface Need {
  readonly level: 'read' | 'write';
  readonly scopes: readonly Scope[];
  readonly right?: Right;
}

export interface Operation {
  readonly id: Id;
  readonly need: Need;
  readonly handle: (call: Call<never>) => Answer | Promise<Answer>;
}

export function operation<K extends Id>(
  id: K,
  need: Need,
  handle: (call: Call<K>) => Answer | Promise<Answer>,
): Operation {
  return { id, need, handle: handle as Operation['handle'] };
}

export function reads(...scopes: Scope[]): Need {
  return { level: 'read', scopes };
}

export function writes(...scopes: Scope[]): Need {
  return { level: 'write', scopes };
}

/** Writes that everyone who may read does: opening pull requests and issues, commenting, reviewing. */
export function contributes(...scopes: Scope[]): Need {
  return { level: 'write', scopes, right: 'read' };
}

export const METADATA: Need = { level: 'read', scopes: [] };
export const ADMIN: Need = { level: 'write', scopes: [], right: 'admin' };

const RANK = { read: 1, write: 2, admin: 3 } as const;

/** Throws the refusal that GitHub gives to a token that may not. */
export function authorize(world: World, token: Token | null, repository: Repository, need: Need): void {
  if (token === null) {
    if (repository.private) throw notFound();
    if (need.level === 'write') throw new Refusal(401, 'Requires authentication');
    if (need.right !== undefined) throw new Refusal(401, 'Requires authentication');
    return;
  }
  if (token.kind === 'person') {
    authorizePerson(world, token.user, repository, need);
    return;
  }
  const own = token.repository === fullName(repository);
  if (!own && repository.private) throw notFound();
  // What the public may read, any token may.
  const open =
    need.level === 'read' && need.right === undefined && (!repository.private || need.scopes.length === 0);
  if (open || (own && need.scopes.some((scope) => holds(token.permissions?.[scope], need.level)))) return;
  const accepted = need.scopes.map((scope) => `${scope.replaceAll('-', '_')}=${need.level}`).join('; ');
  throw new Refusal(403, 'Resource not accessible by integration', [], {
    'x-accepted-github-permissions': accepted === '' ? `administration=${need.level}` : accepted,
  });
}

function holds(held: 'none' | 'read' | 'write' | undefined, needed: 'read' | 'write'): boolean {
  return held === 'write' || held === needed;
}

function authorizePerson(world: World, user: User, repository: Repository, need: Need): void {
  const right = world.right(repository, user) ?? (repository.private ? null : 'read');
  if (right === null) throw notFound();
  if (RANK[right] >= RANK[need.right ?? need.level]) return;
  throw new Refusal(
    need.right === 'admin' ? 404 : 403,
    need.right === 'admin' ? 'Not Found' : 'Must have push access to repository.',
  );
}

/** Who calls; a handler asks only where its operation has refused anonymous callers. */
export function caller(call: { readonly token: Token | null }): Token {
  if (call.token === null) throw new Refusal(401, 'Requires authentication');
  return call.token;
}

/** A page of a list, with GitHub's Link header. */
export function page<T, U>(
  call: CallContext,
  items: readonly T[],
  draw: (item: T) => U,
): { items: U[]; headers: Record<string, string> } {
  const { searchParams } = call.url;
  const size = Math.min(Number(searchParams.get('per_page') ?? 30), 100);
  const number = Number(searchParams.get('page') ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (to: number, rel: string): string => {
    const url = new URL(call.url);
    url.searchParams.set('page', String(to));
    return `<${url.href}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ];
  return {
    items: items.slice((number - 1) * size, number * size).map(draw),
    headers: links.length > 0 ? { link: links.join(', ') } : {},
  };
}

/** Like page, for what must be read from Git to be drawn. */
export async function pageAsync<T, U>(
  call: CallContext,
  items: readonly T[],
  draw: (item: T) => Promise<U>,
): Promise<{ items: U[]; headers: Record<string, string> }> {
  const drawn = page(call, items, draw);
  return { items: await Promise.all(drawn.items), headers: drawn.headers };
}
