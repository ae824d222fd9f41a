import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deploymentPath, readDeployment } from '../formats/deployment.ts';
import { LOCK_FILE, type LockFile, type LockModel, readLock } from '../formats/lock.ts';
import { MANIFEST_FILE, type ManifestModel, readManifest } from '../formats/manifest.ts';
import type { LedgerApproval } from '../formats/record.ts';
import type { ReleaseManifest } from '../formats/release.ts';
import { type ResourceDescriptor, readStatement, type Statement } from '../formats/statement.ts';
import { type GreenlightError, userErrors } from '../kernel/errors.ts';
import { digestFile, sha256 } from '../toolkit/digest.ts';
import { inside } from '../toolkit/files.ts';
import type { Git } from '../toolkit/git.ts';
import type { StoredRecord } from './chain.ts';
import { isAbout, ofType, passed } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { readReleaseFolder } from './releases.ts';

/** The links between traffic and data, in the order in which they are walked. */
export type LinkName = 'traffic' | 'approval' | 'release' | 'evaluation' | 'contract' | 'training' | 'data';

/** One link of the chain and what it rests on. */
export interface Link {
  readonly name: LinkName;
  /** Of `traffic` and `approval`. */
  readonly environment?: string;
  /** `unreached`: a link before it is broken and what this one would be held against is not there. */
  readonly state: 'holds' | 'broken' | 'unreached';
  /** What was held against what and fitted, each as a sentence. */
  readonly restsOn: readonly string[];
  /** What is missing or does not fit, each as a sentence. */
  readonly problems: readonly string[];
}

/** What a release says, as far as it could be read and its digests hold. */
export interface ReleaseEvidence {
  readonly manifest: ReleaseManifest;
  readonly statements: readonly Statement[];
  /** What the release's commit says of the model; undefined where the commit is not here or names it not. */
  readonly lock: LockModel | undefined;
  readonly model: ManifestModel | undefined;
}

/** A walk along the chain of one digest. */
export interface Walk {
  readonly links: readonly Link[];
  readonly evidence: ReleaseEvidence | undefined;
}

/** Where the links are. */
export interface Sources {
  readonly git: Git;
  /** The error is a ledger whose chain does not hold. */
  readonly ledger: Ledger | GreenlightError;
  /** A folder with the release's assets, or what brings them into one. */
  readonly release: string | ((folder: string) => Promise<void>);
  /** Whether data files are hashed: those that lie here, all of them, none. */
  readonly data: 'present' | 'all' | 'none';
}

/** What is walked: a model's file by its sha256. */
export interface Walked {
  readonly model: string;
  readonly digest: string;
}

/**
 * Walks the chain of evidence from traffic back to data. What is missing or does not fit breaks its link; what can't be asked
 * (GitHub away, no permission) is thrown, since it tells nothing about the chain.
 */
export async function walkChain(walked: Walked, sources: Sources): Promise<Walk> {
  const traffic = await trafficLinks(walked, sources);
  const folder =
    typeof sources.release === 'string'
      ? sources.release
      : await mkdtemp(path.join(tmpdir(), 'greenlight-release-'));
  try {
    let evidence: ReleaseEvidence | undefined;
    const release = await link('release', undefined, async (says) => {
      if (typeof sources.release !== 'string') await sources.release(folder);
      const manifest = await readReleaseFolder(folder, walked.model, walked.digest);
      says.holds(`release.json names ${walked.digest}`);
      says.holds(`${manifest.files.length} assets have the sha256 that release.json lists`);
      evidence = await readEvidence(sources.git, walked.model, manifest, folder);
      await checkRepositoryFiles(sources.git, manifest, says);
    });
    return { links: [...traffic.links, release, ...(await inner(evidence))], evidence };
  } finally {
    if (typeof sources.release !== 'string') await rm(folder, { recursive: true, force: true });
  }

  async function inner(evidence: ReleaseEvidence | undefined): Promise<readonly Link[]> {
    const names = ['evaluation', 'contract', 'training', 'data'] as const;
    if (evidence === undefined) {
      return names.map((name) => ({ name, state: 'unreached', restsOn: [], problems: [] }));
    }
    return [
      await link('evaluation', undefined, (says) =>
        checkEvaluation(sources.git, walked, evidence, traffic.reviewed, says),
      ),
      await link('contract', undefined, (says) =>
        checkContract(sources.git, evidence, traffic.reviewed, says),
      ),
      await link('training', undefined, (says) => checkTraining(sources.git, walked, evidence, says)),
      await link('data', undefined, (says) => checkData(sources, walked, evidence, says)),
    ];
  }
}

/** The first link that is missing or does not match; undefined where the whole chain holds. */
export function firstBroken(links: readonly Link[]): Link | undefined {
  return links.find(({ state }) => state !== 'holds');
}

/** Whether a record gives a digest traffic. */
export function givesTraffic(record: StoredRecord, digest: string): boolean {
  if (record.kind === 'rollback') return record.restored === digest;
  return (record.kind === 'step' || record.kind === 'rollout') && record.digest === digest;
}

interface Says {
  holds(sentence: string): void;
  broken(sentence: string): void;
}

async function link(
  name: LinkName,
  environment: string | undefined,
  check: (says: Says) => Promise<void>,
): Promise<Link> {
  const restsOn: string[] = [];
  const problems: string[] = [];
  try {
    await check({
      holds: (sentence) => restsOn.push(sentence),
      broken: (sentence) => problems.push(sentence),
    });
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length === 0 || errors.some(({ code }) => code.startsWith('github/'))) throw thrown;
    problems.push(...errors.map(({ code, message }) => `${message} [${code}]`));
  }
  // A link that nothing holds is a missing one, whatever the reason.
  if (restsOn.length === 0 && problems.length === 0) problems.push('nothing was found that it rests on');
  const state = problems.length === 0 ? 'holds' : 'broken';
  return { name, ...(environment === undefined ? {} : { environment }), state, restsOn, problems };
}

async function trafficLinks(
  { model, digest }: Walked,
  { git, ledger }: Sources,
): Promise<{ links: readonly Link[]; reviewed: boolean }> {
  if (!('records' in ledger)) {
    const broken = await link('traffic', undefined, async () => {
      throw ledger;
    });
    return { links: [broken], reviewed: false };
  }
  const links: Link[] = [];
  let reviewed = false;
  for (const { environment } of ledger.keys().filter((key) => key.model === model)) {
    const records = ledger.records(environment, model);
    const giving = records.filter((record) => givesTraffic(record, digest));
    if (giving.length === 0) continue;
    const starts = records.filter((record) => record.kind === 'started' && record.digest === digest);
    reviewed ||= starts.some(({ approval }) => (approval?.reviews.length ?? 0) > 0);
    links.push(
      await link('traffic', environment, async (says) => {
        says.holds(`${records.length} records of ${environment} name each other by sha256`);
        for (const { file, at } of giving) says.holds(`${file} gave it traffic at ${at}`);
      }),
      await link('approval', environment, async (says) => {
        if (starts.length === 0) says.broken('no record says who decided: its roll-out has no start');
        for (const { approval, file } of starts)
          await checkApproval(git, { model, digest }, environment, approval, file, says);
      }),
    );
  }
  if (links.length > 0) return { links, reviewed };
  const none = await link('traffic', undefined, async (says) =>
    says.broken('no record of the ledger gives it traffic'),
  );
  return { links: [none], reviewed };
}

async function checkApproval(
  git: Git,
  { model, digest }: Walked,
  environment: string,
  approval: LedgerApproval | undefined,
  record: string,
  says: Says,
): Promise<void> {
  const commit = approval?.merge_commit;
  if (commit !== undefined && !(await requireCommit(git, commit, `the merge that ${record} names`, says)))
    return;
  const rules = await environmentAt(git, commit ?? 'HEAD', model, environment);
  const needed = rules?.deploy === 'auto-merge' ? undefined : (rules?.reviewers ?? []);
  if (approval === undefined) {
    if (needed === undefined) says.holds(`${environment} asks for no approval, and ${record} records none`);
    else says.broken(`${record} records no decision`);
    return;
  }
  const file = deploymentPath(environment, model);
  const named = await deployedAt(git, approval.merge_commit, file);
  const merge = `#${approval.pull_request}, merged by @${approval.merged_by} as ${short(approval.merge_commit)}`;
  if (named === digest) says.holds(`${file} of ${merge} names this digest`);
  else says.broken(`${file} of ${merge} names ${named === undefined ? 'no digest' : short(named)}`);
  if (needed === undefined) {
    says.holds(`${environment} asks for no approval (deploy: auto-merge)`);
    return;
  }
  if (approval.reviews.length === 0) says.broken(`${record} records no approving review`);
  for (const review of approval.reviews) {
    const who = `@${review.user} at ${review.at}`;
    if (!needed.some((user) => sameUser(user, review.user)))
      says.broken(`the approval by ${who} is not of a reviewer of ${environment}`);
    else if (approval.authors.some((author) => sameUser(author, review.user)))
      says.broken(`the approval by ${who} is of an author of what was released`);
    else {
      const reviewedCommit = await hasCommit(git, review.commit);
      const reviewed = reviewedCommit ? await deployedAt(git, review.commit, file) : digest;
      if (reviewed !== digest) says.broken(`the approval by ${who} is of another digest`);
      else {
        const where = reviewedCommit ? '' : `; commit ${short(review.commit)} is not in this clone`;
        says.holds(`approved by ${who} (review ${review.id}${where})`);
      }
    }
  }
}

async function environmentAt(git: Git, revision: string, model: string, environment: string) {
  const text = await git.show(revision, MANIFEST_FILE);
  return text === undefined ? undefined : readManifest(text).models[model]?.environments?.[environment];
}

async function deployedAt(git: Git, commit: string, file: string): Promise<string | undefined> {
  const text = await git.show(commit, file);
  return text === undefined ? undefined : readDeployment(text, file).digest.slice('sha256:'.length);
}

async function readEvidence(
  git: Git,
  model: string,
  manifest: ReleaseManifest,
  folder: string,
): Promise<ReleaseEvidence> {
  const statements = await Promise.all(
    manifest.files
      .filter(({ role }) => role === 'statement')
      .map(async ({ asset }) => readStatement(await readFile(path.join(folder, asset), 'utf8'), asset)),
  );
  const has = await hasCommit(git, manifest.commit);
  const lock = has ? await git.show(manifest.commit, LOCK_FILE) : undefined;
  const rules = has ? await git.show(manifest.commit, MANIFEST_FILE) : undefined;
  return {
    manifest,
    statements,
    lock: lock === undefined ? undefined : readLock(lock).models[model],
    model: rules === undefined ? undefined : readManifest(rules).models[model],
  };
}

/** The files that a release took from the repository are those of its commit. */
async function checkRepositoryFiles(git: Git, { commit, files }: ReleaseManifest, says: Says): Promise<void> {
  // The training link tells of a commit that is not here.
  if (!(await hasCommit(git, commit))) return;
  const taken = files.filter(({ role }) => ['manifest', 'lock', 'policy', 'contract'].includes(role));
  for (const file of taken) {
    const text = await git.show(commit, file.path);
    if (text === undefined || sha256(text) !== file.sha256)
      says.broken(`${file.asset} is not ${file.path} of commit ${short(commit)}`);
  }
  if (taken.length > 0)
    says.holds(`${taken.map(({ asset }) => asset).join(', ')} are those of commit ${short(commit)}`);
}

async function checkEvaluation(
  git: Git,
  { digest }: Walked,
  { statements, manifest, lock }: ReleaseEvidence,
  reviewed: boolean,
  says: Says,
): Promise<void> {
  const found = ofType(statements, 'evaluation').find((statement) => isAbout(statement, digest));
  if (found === undefined) return says.broken('the release carries no evaluation of this digest');
  const { verdict, policy, data } = found.predicate as {
    verdict?: string;
    policy?: ResourceDescriptor;
    data?: readonly ResourceDescriptor[];
  };
  if (passed(found, reviewed)) says.holds(`the evaluation of this digest ended in ${verdict}`);
  else says.broken(`the evaluation of this digest ended in ${verdict ?? 'nothing'}`);
  await checkBlob(git, manifest.commit, policy, 'the policy', says);
  const locked = Object.values(lock?.data ?? {}).map((file) => file?.sha256);
  if (data === undefined || data.length === 0) says.broken('it names no data');
  for (const one of data ?? []) {
    if (locked.includes(one.digest.sha256)) says.holds(`on ${described(one)}, as ${LOCK_FILE} says`);
    else says.broken(`it was made on ${described(one)}, which ${LOCK_FILE} does not name`);
  }
}

async function checkContract(
  git: Git,
  { statements, manifest, lock, model }: ReleaseEvidence,
  reviewed: boolean,
  says: Says,
): Promise<void> {
  const contracts = ofType(statements, 'contract');
  if (contracts.length === 0) return says.broken('the release carries no data contract that was judged');
  for (const statement of contracts) {
    const { verdict, data } = statement.predicate as {
      verdict?: string;
      data?: readonly { contract?: ResourceDescriptor }[];
    };
    if (passed(statement, reviewed)) says.holds(`the data were held against their contract: ${verdict}`);
    else says.broken(`the data were held against their contract: ${verdict ?? 'nothing'}`);
    const rules = new Map(data?.map(({ contract }) => [contract?.digest.sha256, contract]));
    for (const contract of rules.values())
      await checkBlob(git, manifest.commit, contract, 'the contract', says);
    if (rules.size === 0) says.broken('it names no contract');
  }
  for (const [dataset, file] of dataOf(lock)) {
    const ruled = dataset === 'train' || dataset === 'test' ? model?.data[dataset].contract : undefined;
    if (contracts.some((statement) => isAbout(statement, file.sha256)))
      says.holds(`${file.path} ${short(file.sha256)} was judged, as ${LOCK_FILE} says`);
    else if (ruled !== undefined)
      says.broken(`${file.path} ${short(file.sha256)} of ${LOCK_FILE} was not held against its contract`);
  }
}

async function checkTraining(
  git: Git,
  { model, digest }: Walked,
  { statements, manifest, lock }: ReleaseEvidence,
  says: Says,
): Promise<void> {
  const found = ofType(statements, 'training').find((statement) => isAbout(statement, digest));
  if (found === undefined)
    return says.broken('the release carries no statement of how this digest was trained');
  says.holds('its SLSA provenance names this digest');
  const build = (found.predicate as { buildDefinition?: BuildDefinition }).buildDefinition;
  const commit = build?.externalParameters?.commit;
  if (commit !== manifest.commit)
    says.broken(`it was trained from ${commit ?? 'no commit'}, released from ${manifest.commit}`);
  if (!(await requireCommit(git, manifest.commit, 'the commit of the release', says))) return;
  if (lock?.model.sha256 === digest)
    says.holds(`${LOCK_FILE} of commit ${short(manifest.commit)} names this digest`);
  else {
    const named = lock === undefined ? `no ${model}` : short(lock.model.sha256);
    says.broken(`${LOCK_FILE} of commit ${short(manifest.commit)} names ${named}`);
  }
  const dependencies = build?.resolvedDependencies ?? [];
  const byName = (name: string | undefined): ResourceDescriptor | undefined =>
    dependencies.find((dependency) => dependency.name === name);
  if (byName('commit')?.digest.gitCommit !== manifest.commit)
    says.broken('its dependencies name another commit');
  await checkBlob(git, manifest.commit, byName(LOCK_FILE), 'the lock', says);
  const pipeline = build?.externalParameters?.pipeline;
  await checkBlob(git, manifest.commit, byName(pipeline), 'the pipeline', says);
}

interface BuildDefinition {
  readonly externalParameters?: { readonly commit?: string; readonly pipeline?: string };
  readonly resolvedDependencies?: readonly ResourceDescriptor[];
}

async function checkData(
  { git, data }: Sources,
  { model }: Walked,
  { statements, lock }: ReleaseEvidence,
  says: Says,
): Promise<void> {
  const read = ofType(statements, 'training').flatMap(
    ({ predicate }) =>
      (predicate as { buildDefinition?: BuildDefinition }).buildDefinition?.resolvedDependencies ?? [],
  );
  const here = await git.show('HEAD', LOCK_FILE);
  const checkedOut = dataOf(here === undefined ? undefined : readLock(here).models[model]);
  if (dataOf(lock).length === 0) says.broken(`${LOCK_FILE} names no data`);
  for (const [, file] of dataOf(lock)) {
    const name = `${file.path} ${short(file.sha256)}`;
    if (read.some((one) => one.name === file.path && one.digest.sha256 === file.sha256))
      says.holds(`training read ${name}, as ${LOCK_FILE} says`);
    else says.broken(`training did not read ${name} of ${LOCK_FILE}`);
    if (data === 'none') continue;
    const absolute = inside(git.root, file.path, 'the data file');
    if (!existsSync(absolute)) {
      if (data === 'all') says.broken(`${file.path} is not here`);
      else says.holds(`${file.path} is not here and was not hashed`);
      continue;
    }
    const found = (await digestFile(absolute)).sha256;
    const moved = checkedOut.some(([, one]) => one.path === file.path && one.sha256 !== file.sha256);
    if (found === file.sha256) says.holds(`${file.path} lies here with this sha256`);
    else if (data === 'present' && moved)
      says.holds(`${file.path} here is of the checkout's own lock, and was not compared`);
    else says.broken(`${file.path} here is ${short(found)}, not ${short(file.sha256)}`);
  }
}

function dataOf(lock: LockModel | undefined): readonly (readonly [string, LockFile])[] {
  return Object.entries(lock?.data ?? {}).flatMap(([name, file]) =>
    file === undefined ? [] : [[name, file] as const],
  );
}

/** A file that a statement names by path and digest is the commit's. */
async function checkBlob(
  git: Git,
  commit: string,
  named: ResourceDescriptor | undefined,
  what: string,
  says: Says,
): Promise<void> {
  if (named === undefined) return says.broken(`it does not name ${what}`);
  if (!(await hasCommit(git, commit))) return;
  const text = await git.show(commit, named.name);
  if (text !== undefined && sha256(text) === named.digest.sha256)
    says.holds(`${what} ${described(named)} is that of commit ${short(commit)}`);
  else says.broken(`${what} ${described(named)} is not that of commit ${short(commit)}`);
}

async function requireCommit(git: Git, commit: string, what: string, says: Says): Promise<boolean> {
  if (await hasCommit(git, commit)) return true;
  says.broken(`${what}, ${commit}, is not in this clone (git fetch origin; --unshallow in a shallow one)`);
  return false;
}

async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return /^[0-9a-f]{40}$/.test(commit) && (await git.try('cat-file', '-e', `${commit}^{commit}`)).code === 0;
}

function described({ name, digest }: ResourceDescriptor): string {
  return digest.sha256 === undefined ? name : `${name} ${short(digest.sha256)}`;
}

function short(digest: string): string {
  return digest.slice(0, 12);
}

function sameUser(a: string, b: string): boolean {
  return a.replace(/^@/, '').toLowerCase() === b.replace(/^@/, '').toLowerCase();
}
