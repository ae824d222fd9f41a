import { createHash, randomBytes } from 'node:crypto';
import type { Answer } from './call.ts';
import type { World } from './world.ts';

/** The Actions results service (Twirp, JSON) and its blob storage, as the real @actions/artifact speaks to them. */

export interface StoredArtifact {
  readonly id: number;
  readonly runId: number;
  readonly jobId: string;
  readonly name: string;
  readonly digest: string;
  readonly bytes: Buffer;
  readonly type: string;
  readonly createdAt: Date;
}

interface Upload {
  readonly runId: number;
  readonly jobId: string;
  readonly name: string;
  readonly type: string;
  readonly blocks: Map<string, Buffer>;
  bytes: Buffer | null;
}

export const TWIRP = '/twirp/github.actions.results.api.v1.';

/** ACTIONS_RUNTIME_TOKEN: a JWT whose scope names run and job. Nobody checks its signature here, but only minted ones count. */
export function mintRuntimeToken(runId: number, jobId: number): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const scp = `Actions.Results:${runId}:${jobId}`;
  return `${part({ alg: 'none', typ: 'JWT' })}.${part({ scp, orch_id: `${runId}.${jobId}` })}.${createHash('sha256').update(scp).digest('base64url')}`;
}

interface Wish {
  readonly name?: string;
  readonly hash?: string | { readonly value?: string };
  readonly mime_type?: string | { readonly value?: string };
  readonly name_filter?: string | { readonly value?: string };
  readonly id_filter?: string | { readonly value?: string };
  readonly workflow_run_backend_id?: string;
}

function plain(value: string | { readonly value?: string } | undefined): string | undefined {
  return typeof value === 'object' ? value.value : value;
}

export class ArtifactService {
  readonly #world: World;
  readonly #tokens = new Map<string, { runId: number; jobId: string }>();
  readonly #uploads = new Map<string, Upload>();
  readonly #stored: StoredArtifact[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  token(runId: number, jobId: number): string {
    const token = mintRuntimeToken(runId, jobId);
    this.#tokens.set(token, { runId, jobId: String(jobId) });
    return token;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  of(runId: number): readonly StoredArtifact[] {
    return this.#stored.filter((artifact) => artifact.runId === runId);
  }

  get(id: number): StoredArtifact | undefined {
    return this.#stored.find((artifact) => artifact.id === id);
  }

  remove(id: number): void {
    const index = this.#stored.findIndex((artifact) => artifact.id === id);
    if (index >= 0) this.#stored.splice(index, 1);
  }

  /** One Twirp call; `path` is `/twirp/…v1.Service/Method`. */
  call(path: string, authorization: string, body: Buffer): Answer {
    const holder = this.#tokens.get(authorization.replace(/^bearer /i, ''));
    if (holder === undefined)
      return refuse(401, 'unauthenticated', 'the runtime token is unknown or was revoked');
    const wish = JSON.parse(body.toString('utf8')) as Wish;
    const method = path.slice(TWIRP.length);
    if (method === 'ArtifactService/CreateArtifact') return this.#create(holder, wish);
    if (method === 'ArtifactService/FinalizeArtifact') return this.#finalize(holder, wish);
    if (method === 'ArtifactService/ListArtifacts') return this.#list(wish);
    const run = Number(wish.workflow_run_backend_id ?? holder.runId);
    const found = this.of(run).find((artifact) => artifact.name === wish.name);
    if (method === 'ArtifactService/GetSignedArtifactURL') {
      if (found === undefined) return refuse(404, 'not_found', 'artifact not found');
      return {
        status: 200,
        body: { signed_url: this.#world.sign(found.bytes, found.type, `${found.name}.zip`) },
      };
    }
    if (method === 'ArtifactService/DeleteArtifact') {
      if (found === undefined) return refuse(404, 'not_found', 'artifact not found');
      this.remove(found.id);
      return { status: 200, body: { ok: true, artifact_id: String(found.id) } };
    }
    this.#world.violate(`${method} of the results service is not served by the forge`);
    return refuse(404, 'bad_route', `${method} is not served`);
  }

  #create(holder: { runId: number; jobId: string }, wish: Wish): Answer {
    const name = wish.name ?? '';
    if (this.of(holder.runId).some((artifact) => artifact.name === name))
      return refuse(409, 'already_exists', 'an artifact with this name already exists on the workflow run');
    const signature = randomBytes(24).toString('hex');
    this.#uploads.set(signature, {
      ...holder,
      name,
      type: plain(wish.mime_type) ?? 'application/zip',
      blocks: new Map(),
      bytes: null,
    });
    return {
      status: 200,
      body: { ok: true, signed_upload_url: `${this.#world.origin}/uploads/blob?sig=${signature}` },
    };
  }

  #finalize(holder: { runId: number }, wish: Wish): Answer {
    const upload = [...this.#uploads.values()].findLast(
      (each) => each.runId === holder.runId && each.name === wish.name,
    );
    if (upload === undefined || upload.bytes === null)
      return refuse(404, 'not_found', 'nothing was uploaded');
    const digest = `sha256:${createHash('sha256').update(upload.bytes).digest('hex')}`;
    if (plain(wish.hash) !== undefined && plain(wish.hash) !== digest)
      return refuse(400, 'invalid_argument', 'the hash does not match');
    const { runId, jobId, name, type, bytes } = upload;
    const artifact = {
      id: this.#world.id(),
      runId,
      jobId,
      name,
      digest,
      bytes,
      type,
      createdAt: this.#world.clock.now(),
    };
    this.#stored.push(artifact);
    return { status: 200, body: { ok: true, artifact_id: String(artifact.id) } };
  }

  #list(wish: Wish): Answer {
    const name = plain(wish.name_filter);
    const id = plain(wish.id_filter);
    const found = this.of(Number(wish.workflow_run_backend_id)).filter(
      (artifact) =>
        (name === undefined || artifact.name === name) && (id === undefined || String(artifact.id) === id),
    );
    const artifacts = found.map((artifact) => ({
      workflow_run_backend_id: String(artifact.runId),
      workflow_job_run_backend_id: artifact.jobId,
      database_id: String(artifact.id),
      name: artifact.name,
      size: String(artifact.bytes.length),
      created_at: artifact.createdAt.toISOString(),
      digest: artifact.digest,
    }));
    return { status: 200, body: { artifacts } };
  }

  /** Azure block blobs: blocks, then their list; or the whole at once. */
  upload(search: URLSearchParams, body: Buffer): Answer {
    const upload = this.#uploads.get(search.get('sig') ?? '');
    if (upload === undefined) return { status: 403 };
    if (search.get('comp') === 'block') upload.blocks.set(search.get('blockid') ?? '', body);
    else if (search.get('comp') === 'blocklist') {
      const ids = [...body.toString('utf8').matchAll(/<(?:Latest|Uncommitted|Committed)>([^<]+)</g)].map(
        (found) => found[1] ?? '',
      );
      upload.bytes = Buffer.concat(ids.map((id) => upload.blocks.get(id) ?? Buffer.alloc(0)));
    } else upload.bytes = body;
    return {
      status: 201,
      headers: { etag: '"forge"', 'last-modified': this.#world.clock.now().toUTCString() },
    };
  }
}

function refuse(status: number, code: string, msg: string): Answer {
  return { status, body: { code, msg } };
}

/** What a signed address gives, in whole or the range asked for. */
export function download(world: World, signature: string, range: string | undefined): Answer {
  const found = world.downloads.get(signature);
  if (found === undefined) return { status: 403, body: { message: 'the signature is not known' } };
  const headers = {
    'content-type': found.type,
    'content-disposition': `attachment; filename="${encodeURIComponent(found.name)}"`,
    'accept-ranges': 'bytes',
  };
  const asked = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (asked === null) return { status: 200, bytes: found.bytes, headers };
  const from = Number(asked[1]);
  const to = asked[2] === '' ? found.bytes.length - 1 : Math.min(Number(asked[2]), found.bytes.length - 1);
  return {
    status: 206,
    bytes: found.bytes.subarray(from, to + 1),
    headers: { ...headers, 'content-range': `bytes ${from}-${to}/${found.bytes.length}` },
  };
}
