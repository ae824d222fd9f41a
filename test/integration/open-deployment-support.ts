import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import openDeployment from '../../actions/open-deployment/main.ts';
import { readDeployment } from '../../core/formats/deployment.ts';
import { type LockModel, writeLock } from '../../core/formats/lock.ts';
import { writeReleaseManifest } from '../../core/formats/release.ts';
import { PREDICATES, resource, statement, writeStatement } from '../../core/formats/statement.ts';
import { append, type NewRecord, readLedger } from '../../core/ledger/ledger.ts';
import { releaseTag } from '../../core/ledger/releases.ts';
import type { Outcome } from '../../core/toolkit/action.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { connectGithub, type Github } from '../../core/toolkit/github.ts';
import { type Host, makeHost } from '../../core/toolkit/host.ts';
import { renderMarkdown } from '../../reports/markdown.ts';
import {
  type Clone,
  octokit,
  REPOSITORY,
  startForge,
  startRepository,
  type World,
} from '../forge/fixture.ts';

export const MODEL = 'toy';
export const [owner, repo] = REPOSITORY.split('/') as [string, string];
const ROOT = path.resolve(import.meta.dirname, '../..');
const RIGHTS = {
  actions: 'write',
  contents: 'write',
  issues: 'write',
  'pull-requests': 'write',
} as const;

export interface ManifestOptions {
  readonly staging?: 'auto-merge' | 'review';
  readonly reviewers?: string;
}

/** Two rungs: staging, where the workflow merges, and production, where a person does after an hour's soak. */
export function manifest({
  staging = 'auto-merge',
  reviewers = 'reviewers: ["@risk-reviewer", "@ops-reviewer"]',
}: ManifestOptions = {}): string {
  return `models:
  ${MODEL}:
    data: { train: { path: data/train.csv }, test: { path: data/test.csv } }
    model: model.onnx
    environments:
      production:
        target: { open-inference: "http://127.0.0.1:2", models: /srv/production }
        after: staging
        soak: 1h
        canary: [5, 50, 100]
        min_requests: 200
        ${reviewers}
      staging:
        target: { open-inference: "http://127.0.0.1:1", models: /srv/staging }
        deploy: ${staging}
        reviewers: ["@risk-reviewer"]
`;
}

/** What a release is made of; two of the same text are of the same digest. */
export interface NewRelease {
  readonly model: string;
  readonly train?: string;
  readonly contract?: string;
  readonly auc?: number;
  /** Names of people and files that nobody expects. */
  readonly slice?: string;
  readonly gate?: string;
  readonly author?: string;
}

export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** A forge with a repository of two rungs, and an action that can be run on it in this process or as the bundle. */
export class Stage {
  readonly world: World;
  readonly clone: Clone;
  readonly token: string;
  readonly host: Host;
  readonly github: Github;
  readonly #env: NodeJS.ProcessEnv;

  constructor(world: World, clone: Clone) {
    this.world = world;
    this.clone = clone;
    this.token = world.forge.jobToken(REPOSITORY, RIGHTS);
    this.#env = {
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_API_URL: world.forge.apiUrl,
      GITHUB_SERVER_URL: world.forge.serverUrl,
    };
    const quiet = { info: () => {}, warn: () => {} };
    const out = path.join(world.folder, 'out');
    this.host = {
      ...makeHost(this.#env, clone.dir, out, quiet, (report, limit) => renderMarkdown(report, { limit })),
      github: async (given) => connectGithub(this.#env, given, quiet),
    };
    this.github = connectGithub(this.#env, this.token, quiet);
  }

  static async start(options: ManifestOptions = {}): Promise<Stage> {
    const world = await startForge();
    const clone = await startRepository(
      world,
      {
        'greenlight.yaml': manifest(options),
        '.github/workflows/model-roll-out.yml': 'on: workflow_dispatch\njobs: {}\n',
      },
      { actionsMayCreatePullRequests: true },
    );
    return new Stage(world, clone);
  }

  /** The API as a person reaches it. */
  as(login: string) {
    return octokit(this.world.forge, this.world.forge.token(login)).rest;
  }

  /** What the action writes, told by method and path. */
  writes(since = 0): string[] {
    return this.world.forge
      .writes(since)
      .map(({ method, path: where }) => `${method} ${where.replace(/^\/api\/repos\/[^/]+\/[^/]+/, '')}`);
  }

  run(): Promise<Outcome> {
    return openDeployment.run({ model: undefined, token: this.token }, this.host);
  }

  /** What the run says of an environment. */
  async sentence(environment: string): Promise<string> {
    const outcome = await this.run();
    const findings = outcome.findings as unknown as { environment: string; sentence: string }[];
    return findings.find((finding) => finding.environment === environment)?.sentence ?? '';
  }

  /** The bundle as a workflow step runs it. */
  start(): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
    const child = spawn(process.execPath, [path.join(ROOT, 'dist/open-deployment.js')], {
      cwd: this.clone.dir,
      env: {
        PATH: process.env['PATH'],
        HOME: process.env['HOME'],
        GITHUB_ACTIONS: 'true',
        GITHUB_WORKSPACE: this.clone.dir,
        GITHUB_EVENT_NAME: 'workflow_dispatch',
        ...this.#env,
        INPUT_TOKEN: this.token,
      },
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code) => resolve({ code: code ?? 137, output })),
    );
    return { child, ended };
  }

  /** Commits the lock of a model to main and publishes its release. Gives the digest. */
  async release(made: NewRelease): Promise<string> {
    const digest = sha256(made.model);
    const data = [resource('data/train.csv', sha256(made.train ?? 'rows'))];
    const entry: LockModel = {
      model: { path: 'model.onnx', sha256: digest, size: made.model.length },
      data: { train: { path: 'data/train.csv', sha256: sha256(made.train ?? 'rows'), size: 1 } },
      stages: [],
      environment: {},
    };
    if (made.author !== undefined) {
      const { data: user } = await this.as(made.author).users.getByUsername({ username: made.author });
      await this.clone.git('config', 'user.email', `${user.id}+${made.author}@users.noreply.github.com`);
    }
    await this.update();
    const commit = await this.clone.commit(
      {
        'greenlight.lock': writeLock({ schema: 'greenlight.lock/v1', models: { [MODEL]: entry } }),
        'note.txt': made.model,
      },
      `train ${made.model}`,
    );
    await this.clone.push('main');
    const subject = [resource(MODEL, digest)];
    const auc = made.auc ?? 0.7;
    const gate = made.gate ?? 'auc at_least 0.6';
    const group = (estimate: number) => ({
      estimate,
      low: estimate - 0.01,
      high: estimate + 0.01,
      verdict: 'pass',
    });
    const slices = [
      { ...group(0.66), slice: made.slice ?? 'carrier=AA' },
      { ...group(0.64), slice: 'carrier=DL' },
    ];
    const files = {
      'model.onnx': ['model', made.model],
      'evaluate-model-statement.json': [
        'statement',
        writeStatement(
          statement(subject, PREDICATES.evaluation, {
            verdict: 'pass',
            policy: resource('policies/toy.yaml', sha256('policy')),
            data: [resource('data/test.csv', sha256('test'))],
            rows: 1000,
            units: 20,
            independentBy: 'day',
            confidence: 0.95,
            live: null,
            gates: [
              { gate, verdict: 'pass', reason: 'above', groups: [group(auc)] },
              { gate: 'auc at_least 0.5 by carrier', verdict: 'pass', reason: 'above', groups: slices },
            ],
          }),
        ),
      ],
      'validate-data-statement.json': [
        'statement',
        writeStatement(
          statement(data, PREDICATES.contract, {
            verdict: 'pass',
            data: [
              {
                dataset: 'train',
                data: data[0],
                contract: resource('contracts/toy.yaml', sha256(made.contract ?? 'contract')),
                rules: [],
              },
            ],
          }),
        ),
      ],
    } as const;
    await this.#publish(digest, commit, files);
    return digest;
  }

  async #publish(
    digest: string,
    commit: string,
    files: Readonly<Record<string, readonly ['model' | 'statement', string]>>,
  ): Promise<void> {
    const listed = Object.entries(files).map(([asset, [role, text]]) => ({
      role,
      path: asset,
      asset,
      sha256: sha256(text),
      size: text.length,
    }));
    const api = octokit(this.world.forge, this.token);
    const { data: draft } = await api.rest.repos.createRelease({
      owner,
      repo,
      tag_name: releaseTag(MODEL, digest),
      target_commitish: commit,
      draft: true,
    });
    const description = writeReleaseManifest({
      schema: 'greenlight.release/v1',
      model: MODEL,
      digest,
      commit,
      files: listed as [(typeof listed)[0]],
    });
    const uploads = [
      ...Object.entries(files).map(([asset, [, text]]) => [asset, text] as const),
      ['release.json', description] as const,
    ];
    for (const [name, text] of uploads) {
      await api.request(`POST ${draft.upload_url.replace('{?name,label}', '?name={name}')}`, {
        name,
        data: Buffer.from(text),
        headers: { 'content-type': 'application/octet-stream' },
      });
    }
    await api.rest.repos.updateRelease({ owner, repo, release_id: draft.id, draft: false });
  }

  /** Adds a record to the ledger, as roll-out does. */
  async record(
    environment: string,
    event: Pick<NewRecord, 'kind' | 'digest'> & Partial<NewRecord>,
  ): Promise<void> {
    const ledger = await readLedger(this.host.git, { fetch: true });
    await append(this.github, ledger, { environment, model: MODEL, ...event });
  }

  /** A model that is live in an environment, which main declares. */
  async live(environment: string, digest: string): Promise<void> {
    await this.record(environment, { kind: 'rollout', digest, release: releaseTag(MODEL, digest) });
  }

  /** Time that passes, in hours. */
  pass(hours: number): void {
    this.world.forge.clock.advance(hours * 3_600_000);
  }

  /** The clone as a run that starts now checks it out. */
  async update(): Promise<void> {
    await this.clone.git('fetch', '-q', 'origin');
    await this.clone.git('checkout', '-q', '-B', 'main', 'origin/main');
  }

  async pulls(environment?: string) {
    const { data } = await this.as('model-owner').pulls.list({
      owner,
      repo,
      state: 'all',
      sort: 'created',
      direction: 'asc',
      ...(environment === undefined ? {} : { head: `${owner}:${branchOf(environment)}` }),
    });
    return data;
  }

  /** The digest that a revision declares for an environment. */
  async declared(environment: string, ref = 'main'): Promise<string | undefined> {
    const file = `deploy/${environment}/${MODEL}.yaml`;
    try {
      const { data } = await this.as('model-owner').repos.getContent({ owner, repo, path: file, ref });
      const text = Buffer.from('content' in data ? data.content : '', 'base64').toString('utf8');
      return readDeployment(text, file).digest.slice('sha256:'.length);
    } catch (error) {
      if ((error as { status?: number }).status === 404) return undefined;
      throw error;
    }
  }

  async comments(number: number): Promise<string[]> {
    const { data } = await this.as('model-owner').issues.listComments({ owner, repo, issue_number: number });
    return data.map(({ body }) => body ?? '');
  }

  /** A person's commit on top of a branch. */
  async personCommits(branch: string): Promise<string> {
    await this.clone.git('fetch', '-q', 'origin');
    await this.clone.git('checkout', '-q', '-B', 'mine', `origin/${branch}`);
    const sha = await this.clone.commit({ 'mine.txt': 'mine' }, 'mine');
    await this.clone.push(branch);
    await this.update();
    return sha;
  }

  async head(branch: string): Promise<string> {
    const { data } = await this.as('model-owner').repos.getBranch({ owner, repo, branch });
    return data.commit.sha;
  }
}

export function branchOf(environment: string): string {
  return `greenlight/deploy/${environment}/${MODEL}`;
}
