import { randomBytes } from 'node:crypto';
import { ArtifactService } from './artifacts.ts';
import { Ledger } from './requests.ts';
import { RunLog } from './runs.ts';
import type { Repository, Token, User } from './state.ts';
import type { Actor, Clock, ForgeEvent, Permissions, Right } from './types.ts';

/** Everything that one forge knows, shared by its parts. */
export class World {
  readonly clock: Clock;
  readonly root: string;
  readonly repositories = new Map<string, Repository>();
  readonly users = new Map<string, User>();
  readonly tokens = new Map<string, Token>();
  readonly runs: RunLog;
  readonly artifacts: ArtifactService;
  readonly ledger = new Ledger();
  readonly violations: string[] = [];
  /** Downloads behind signed addresses, by signature. */
  readonly downloads = new Map<string, { bytes: Buffer; type: string; name: string }>();
  readonly listeners: ((event: ForgeEvent) => void)[] = [];
  port = 0;
  #nextId = 1000;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(root: string, clock: Clock) {
    this.root = root;
    this.clock = clock;
    this.runs = new RunLog(clock, () => this.id());
    this.artifacts = new ArtifactService(this);
    this.addUser('github-actions[bot]', 'Bot', 'github-actions[bot]', 41898282);
    this.addUser('web-flow', 'User', 'GitHub', 19864447);
  }

  id(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  get serverUrl(): string {
    return `http://forge.localhost:${this.port}`;
  }

  /** Where Node reaches the server: it does not resolve *.localhost. */
  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get apiUrl(): string {
    return `${this.origin}/api`;
  }

  addUser(login: string, type: User['type'], name: string, id: number): User {
    if (this.users.has(login.toLowerCase())) throw new Error(`there is a user ${login} already`);
    const user: User = { id, login, name, type, createdAt: this.clock.now() };
    this.users.set(login.toLowerCase(), user);
    return user;
  }

  user(login: string): User {
    const user = this.users.get(login.toLowerCase());
    if (user === undefined) throw new Error(`there is no user ${login} on this forge`);
    return user;
  }

  get bot(): User {
    return this.user('github-actions[bot]');
  }

  repository(name: string): Repository {
    const repository = this.repositories.get(name.toLowerCase());
    if (repository === undefined) throw new Error(`there is no repository ${name} on this forge`);
    return repository;
  }

  mint(token: Omit<Token, 'value'>): string {
    const prefix = token.kind === 'person' ? 'ghp' : 'ghs';
    const value = `${prefix}_${randomBytes(18).toString('hex')}`;
    this.tokens.set(value, { ...token, value });
    return value;
  }

  /** What a user may do in a repository; null: nothing that the public may not. */
  right(repository: Repository, user: User): Right | null {
    if (user === repository.owner) return 'admin';
    return repository.rights.get(user.login.toLowerCase()) ?? null;
  }

  mayWrite(repository: Repository, user: User): boolean {
    const right = this.right(repository, user);
    return right === 'admin' || right === 'write';
  }

  /** An address that gives these bytes to whoever has it, as GitHub's storage does. */
  sign(bytes: Buffer, type: string, name: string): string {
    const signature = randomBytes(24).toString('hex');
    this.downloads.set(signature, { bytes, type, name });
    return `${this.origin}/downloads/${encodeURIComponent(name)}?sig=${signature}`;
  }

  emit(event: ForgeEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  /** Runs one write at a time, so that what it checked still holds when it acts. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => {});
    return result;
  }

  violate(message: string): void {
    this.violations.push(message);
  }
}

export function actorOf(token: Token): Actor {
  return { login: token.user.login, tokenKind: token.kind };
}

/** Permissions of a fork's pull-request run: nothing above read. */
export function readOnly(permissions: Permissions): Permissions {
  return Object.fromEntries(
    Object.entries(permissions).map(([scope, level]) => [scope, level === 'write' ? 'read' : level]),
  );
}
