import { deploymentPath, writeDeployment } from '../../core/formats/deployment.ts';
import { LOCK_FILE, type LockModel, writeLock } from '../../core/formats/lock.ts';
import { type ReleaseFile, writeReleaseManifest } from '../../core/formats/release.ts';
import { PREDICATES, resource, statement, writeStatement } from '../../core/formats/statement.ts';
import { append, type NewRecord, readLedger } from '../../core/ledger/ledger.ts';
import { releaseTag } from '../../core/ledger/releases.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import { Git } from '../../core/toolkit/git.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { type Clone, octokit, REPOSITORY, type World } from '../forge/fixture.ts';

const [owner, repo] = REPOSITORY.split('/') as [string, string];

export const MODEL = 'toy';

export const FILES = {
  'greenlight.yaml': `models:
  ${MODEL}:
    data:
      train: { path: data/train.csv, contract: contracts/toy.yaml }
      test: { path: data/test.csv, contract: contracts/toy.yaml }
    training: { pipeline: dvc.yaml, reproduce: bytes }
    model: model.onnx
    evaluation: { data: test, policy: policies/toy.yaml, label: y }
    environments:
      staging:
        target: { open-inference: "http://127.0.0.1:1", models: /srv/staging }
        deploy: auto-merge
      production:
        target: { open-inference: "http://127.0.0.1:2", models: /srv/production }
        after: staging
        reviewers: ["@risk-reviewer"]
`,
  'dvc.yaml': 'stages: {}\n',
  'contracts/toy.yaml': 'kind: DataContract\n',
  'policies/toy.yaml': 'kind: EvaluationPolicy\n',
  '.gitignore': 'data/\n',
};

export const DATA = { 'data/train.csv': 'x,y\n1,0\n', 'data/test.csv': 'x,y\n2,1\n' };

/** What the evidence of a model can be made wrong in. */
export interface Untrue {
  /** The digest that was evaluated. */
  readonly evaluated?: string;
  readonly verdict?: string;
  readonly humanReview?: boolean;
  /** The text of the policy and its path. */
  readonly policy?: string;
  readonly policyFile?: string;
  readonly evaluatedOn?: string;
  readonly contractVerdict?: string;
  /** The text of the contract and its path. */
  readonly contract?: string;
  readonly contractFile?: string;
  readonly contractOf?: string;
  readonly trainedOn?: string;
  readonly trainedFrom?: string;
}

/** What a release can be made wrong in. */
export interface Flaws extends Untrue {
  /** The digest that the commit's lock names. */
  readonly locked?: string;
  /** An asset whose bytes are other than release.json lists. */
  readonly corrupt?: string;
  readonly unlisted?: boolean;
}

/** The digest of a data file of {@link DATA}. */
export function dataDigest(file: keyof typeof DATA): string {
  return sha256(DATA[file]);
}

/** greenlight.lock with the digest of a model of `size` bytes. */
export function lockOf(digest: string, size: number): string {
  const file = (path: keyof typeof DATA) => ({ path, sha256: dataDigest(path), size: DATA[path].length });
  const locked: LockModel = {
    model: { path: 'model.onnx', sha256: digest, size },
    data: { train: file('data/train.csv'), test: file('data/test.csv') },
    stages: [],
    environment: {},
  };
  return writeLock({ schema: 'greenlight.lock/v1', models: { [MODEL]: locked } });
}

/** What the three jobs that judge say of a digest at a commit with this lock, by the job. */
export function statementsOf(
  { digest, commit, lock }: { readonly digest: string; readonly commit: string; readonly lock: string },
  untrue: Untrue = {},
): Readonly<Record<'validate-data' | 'evaluate-model' | 'reproduce-training', string>> {
  const train = resource('data/train.csv', untrue.contractOf ?? dataDigest('data/train.csv'));
  const test = resource('data/test.csv', dataDigest('data/test.csv'));
  const contract = resource(
    untrue.contractFile ?? 'contracts/toy.yaml',
    sha256(untrue.contract ?? FILES['contracts/toy.yaml']),
  );
  const trainedFrom = untrue.trainedFrom ?? commit;
  return {
    'validate-data': writeStatement(
      statement([train, test], PREDICATES.contract, {
        verdict: untrue.contractVerdict ?? 'pass',
        data: [
          { dataset: 'train', data: train, contract, rules: [] },
          { dataset: 'test', data: test, contract, rules: [] },
        ],
      }),
    ),
    'evaluate-model': writeStatement(
      statement([resource(MODEL, untrue.evaluated ?? digest)], PREDICATES.evaluation, {
        verdict: untrue.verdict ?? 'pass',
        humanReview: untrue.humanReview,
        policy: resource(
          untrue.policyFile ?? 'policies/toy.yaml',
          sha256(untrue.policy ?? FILES['policies/toy.yaml']),
        ),
        data: [resource('data/test.csv', untrue.evaluatedOn ?? dataDigest('data/test.csv'))],
        rows: 1,
        gates: [{ gate: 'auc at_least 0.7', verdict: 'pass', reason: 'above' }],
      }),
    ),
    'reproduce-training': writeStatement(
      statement([resource(MODEL, digest)], PREDICATES.training, {
        buildDefinition: {
          externalParameters: { commit: trainedFrom, model: MODEL, pipeline: 'dvc.yaml' },
          resolvedDependencies: [
            { name: 'commit', digest: { gitCommit: trainedFrom } },
            resource(LOCK_FILE, sha256(lock)),
            resource('dvc.yaml', sha256(FILES['dvc.yaml'])),
            resource('data/train.csv', untrue.trainedOn ?? dataDigest('data/train.csv')),
            test,
          ],
        },
      }),
    ),
  };
}

export interface Made {
  readonly digest: string;
  readonly commit: string;
  /** The assets by name. */
  readonly assets: Readonly<Record<string, string>>;
}

/** Commits a lock and publishes the release of it, by the same formats as publish-release. */
export async function release(
  world: World,
  clone: Clone,
  token: string,
  bytes: string,
  flaws: Flaws = {},
): Promise<Made> {
  const digest = sha256(bytes);
  const lock = lockOf(flaws.locked ?? digest, bytes.length);
  const commit = await clone.commit({ [LOCK_FILE]: lock, 'note.txt': bytes }, `train ${digest}`);
  await clone.push('main');

  const statements = statementsOf({ digest, commit, lock }, flaws);
  const assets: Record<string, string> = {
    'model.onnx': bytes,
    [LOCK_FILE]: lock,
    'toy.yaml': FILES['policies/toy.yaml'],
    ...Object.fromEntries(
      Object.entries(statements).map(([action, text]) => [`${action}-statement.json`, text]),
    ),
  };
  const roles: Record<string, ReleaseFile['role']> = {
    'model.onnx': 'model',
    [LOCK_FILE]: 'lock',
    'toy.yaml': 'policy',
  };
  const files = Object.entries(assets).map(
    ([asset, text]): ReleaseFile => ({
      role: roles[asset] ?? 'statement',
      path: asset === 'toy.yaml' ? 'policies/toy.yaml' : asset,
      asset,
      sha256: sha256(text),
      size: text.length,
    }),
  ) as [ReleaseFile, ...ReleaseFile[]];
  assets['release.json'] = writeReleaseManifest({
    schema: 'greenlight.release/v1',
    model: MODEL,
    digest,
    commit,
    files,
  });
  if (flaws.corrupt !== undefined) assets[flaws.corrupt] = flipped(assets[flaws.corrupt] ?? '');
  if (flaws.unlisted === true) assets['more.txt'] = 'more';
  await publish(world, token, releaseTag(MODEL, digest), commit, assets);
  return { digest, commit, assets };
}

/** The text with its last character another one. */
export function flipped(text: string): string {
  return `${text.slice(0, -1)}${text.endsWith('x') ? 'y' : 'x'}`;
}

async function publish(
  world: World,
  token: string,
  tag: string,
  commit: string,
  assets: Readonly<Record<string, string>>,
): Promise<void> {
  const client = octokit(world.forge, token);
  const { data: draft } = await client.rest.repos.createRelease({
    owner,
    repo,
    tag_name: tag,
    target_commitish: commit,
    draft: true,
  });
  const url = draft.upload_url.replace('{?name,label}', '?name={name}');
  for (const [name, text] of Object.entries(assets)) {
    await client.request(`POST ${url}`, {
      name,
      data: Buffer.from(text),
      headers: { 'content-type': 'application/octet-stream' },
    });
  }
  await client.rest.repos.updateRelease({ owner, repo, release_id: draft.id, draft: false });
}

/** A deployment file that names a digest, on main. */
export async function declare(clone: Clone, environment: string, digest: string): Promise<string> {
  const text = writeDeployment({
    schema: 'greenlight.deployment/v1',
    model: MODEL,
    environment,
    digest: `sha256:${digest}`,
    release: releaseTag(MODEL, digest),
    canary: [100],
    min_requests: 1,
  });
  const commit = await clone.commit(
    { [deploymentPath(environment, MODEL)]: text },
    `deploy ${digest} to ${environment}`,
  );
  await clone.push('main');
  return commit;
}

type Event = Pick<NewRecord, 'kind' | 'digest'> & Partial<NewRecord>;

/** Adds records to the ledger through the API, as roll-out does. */
export async function record(
  github: Github,
  clone: Clone,
  environment: string,
  events: readonly Event[],
): Promise<void> {
  let ledger = await readLedger(new Git(clone.dir), { fetch: true });
  for (const event of events) ledger = await append(github, ledger, { environment, model: MODEL, ...event });
}

/** The records of a roll-out that people decided and that passed. */
export function rolledOut(digest: string, mergeCommit: string, reviewers: readonly string[]): Event[] {
  const approval = {
    pull_request: 7,
    merge_commit: mergeCommit,
    merged_by: 'ops-reviewer',
    authors: ['data-scientist'],
    reviews: reviewers.map((user, index) => ({
      id: index + 1,
      user,
      user_id: index + 10,
      commit: mergeCommit,
      at: '2001-03-01T08:00:00Z',
    })),
  };
  const of = { digest, release: releaseTag(MODEL, digest) };
  return [
    { kind: 'started', ...of, canary: [100], approval },
    { kind: 'step', ...of, weight: 100 },
    { kind: 'rollout', ...of },
  ];
}
