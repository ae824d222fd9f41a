import { existsSync } from 'node:fs';
import { LOCK_FILE, type LockFile, type LockModel, readLock } from '../formats/lock.ts';
import { MANIFEST_FILE, type ManifestModel, readManifest } from '../formats/manifest.ts';
import type { ReleaseFile, ReleaseManifest } from '../formats/release.ts';
import { type ResourceDescriptor, readStatement, type Statement } from '../formats/statement.ts';
import { digestFile, sha256 } from '../toolkit/digest.ts';
import { inside } from '../toolkit/files.ts';
import type { Git } from '../toolkit/git.ts';
import { isAbout, ofType, passed } from './evidence.ts';
import { hasCommit, type Link, link, requireCommit, type Says, short, type Walked } from './links.ts';

/** What a release says, as far as it could be read and its digests hold. */
export interface ReleaseEvidence {
  readonly manifest: ReleaseManifest;
  readonly statements: readonly Statement[];
  /** What the release's commit says of the model; undefined where the commit is not here or names it not. */
  readonly lock: LockModel | undefined;
  readonly model: ManifestModel | undefined;
}

/** Which data files are hashed: those that lie here, all of them, none. */
export type HashedData = 'present' | 'all' | 'none';

/** What the files of a release say, with what its commit says of the model. `read` is the text of one of them. */
export async function readEvidence(
  git: Git,
  model: string,
  manifest: ReleaseManifest,
  read: (file: ReleaseFile) => Promise<string>,
): Promise<ReleaseEvidence> {
  const statements = await Promise.all(
    manifest.files
      .filter(({ role }) => role === 'statement')
      .map(async (file) => readStatement(await read(file), file.asset)),
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

/**
 * What a release's statements rest on, from the evaluation back to the data. publish-release asks this before it publishes, roll-out
 * before it gives traffic and `greenlight verify` ever after.
 */
export async function statementLinks(
  git: Git,
  walked: Walked,
  evidence: ReleaseEvidence,
  { reviewed, data }: { readonly reviewed: boolean; readonly data: HashedData },
): Promise<readonly Link[]> {
  return [
    await link('evaluation', undefined, (says) => checkEvaluation(git, walked, evidence, reviewed, says)),
    await link('contract', undefined, (says) => checkContract(git, evidence, reviewed, says)),
    await link('training', undefined, (says) => checkTraining(git, walked, evidence, says)),
    await link('data', undefined, (says) => checkData(git, data, walked, evidence, says)),
  ];
}

/** The files that a release took from the repository are those of its commit. */
export async function checkRepositoryFiles(
  git: Git,
  { commit, files }: ReleaseManifest,
  says: Says,
): Promise<void> {
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

/** The evaluation is of this digest, passed, by the commit's policy, on the lock's data. */
async function checkEvaluation(
  git: Git,
  { digest }: Walked,
  { statements, manifest, lock, model }: ReleaseEvidence,
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
  const ruled = model?.evaluation?.policy;
  if (ruled !== undefined && policy !== undefined && policy.name !== ruled)
    says.broken(`it was judged by ${policy.name}, ${MANIFEST_FILE} names ${ruled}`);
  const dataset = model?.evaluation?.data ?? 'test';
  const locked = lock?.data[dataset];
  if (data === undefined || data.length === 0) says.broken('it names no data');
  for (const one of data ?? []) {
    if (one.digest.sha256 === locked?.sha256) says.holds(`on ${described(one)}, as ${LOCK_FILE} says`);
    else says.broken(`it was made on ${described(one)}, which is not ${dataset} of ${LOCK_FILE}`);
  }
}

/** The contract passed, is the commit's, and was held against the lock's data. */
async function checkContract(
  git: Git,
  { statements, manifest, lock, model }: ReleaseEvidence,
  reviewed: boolean,
  says: Says,
): Promise<void> {
  const contracts = ofType(statements, 'contract');
  if (contracts.length === 0) return says.broken('the release carries no data contract that was judged');
  for (const statement of contracts) {
    const { verdict, data } = statement.predicate as ContractPredicate;
    if (passed(statement, reviewed)) says.holds(`the data were held against their contract: ${verdict}`);
    else says.broken(`the data were held against their contract: ${verdict ?? 'nothing'}`);
    const rules = new Map(
      data?.map(({ contract }) => [`${contract?.name} ${contract?.digest.sha256}`, contract]),
    );
    for (const contract of rules.values())
      await checkBlob(git, manifest.commit, contract, 'the contract', says);
    if (rules.size === 0) says.broken('it names no contract');
  }
  const judged = contracts.flatMap(({ predicate }) => (predicate as ContractPredicate).data ?? []);
  for (const [dataset, file] of dataOf(lock)) {
    const ruled = dataset === 'train' || dataset === 'test' ? model?.data[dataset].contract : undefined;
    const name = `${file.path} ${short(file.sha256)}`;
    const by = judged.find((one) => one.dataset === dataset && one.data?.digest.sha256 === file.sha256);
    if (by === undefined || !contracts.some((statement) => isAbout(statement, file.sha256))) {
      if (ruled !== undefined) says.broken(`${name} of ${LOCK_FILE} was not held against its contract`);
    } else if (ruled !== undefined && by.contract?.name !== ruled) {
      says.broken(`${name} was held against ${by.contract?.name}, ${MANIFEST_FILE} names ${ruled}`);
    } else says.holds(`${name} was judged, as ${LOCK_FILE} says`);
  }
}

interface ContractPredicate {
  readonly verdict?: string;
  readonly data?: readonly {
    readonly dataset?: string;
    readonly data?: ResourceDescriptor;
    readonly contract?: ResourceDescriptor;
  }[];
}

/** The training is of this digest and commit, whose lock names it; what it read of the repository is the commit's. */
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

/** Training read the lock's data; files that lie here have its sha256. */
async function checkData(
  git: Git,
  data: HashedData,
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

function described({ name, digest }: ResourceDescriptor): string {
  return digest.sha256 === undefined ? name : `${name} ${short(digest.sha256)}`;
}
