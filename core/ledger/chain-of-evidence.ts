import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { deploymentPath, readDeployment } from '../formats/deployment.ts';
import { MANIFEST_FILE, readManifest } from '../formats/manifest.ts';
import type { LedgerApproval } from '../formats/record.ts';
import type { GreenlightError } from '../kernel/errors.ts';
import type { Git } from '../toolkit/git.ts';
import { sameUser } from './approvers.ts';
import type { StoredRecord } from './chain.ts';
import type { Ledger } from './ledger.ts';
import { hasCommit, type Link, link, requireCommit, type Says, short, type Walked } from './links.ts';
import {
  checkRepositoryFiles,
  type HashedData,
  type ReleaseEvidence,
  readEvidence,
  statementLinks,
} from './release-links.ts';
import { readReleaseFolder } from './releases.ts';

export { firstBroken, type Link } from './links.ts';

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
  readonly data: HashedData;
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
      evidence = await readEvidence(sources.git, walked.model, manifest, ({ asset }) =>
        readFile(path.join(folder, asset), 'utf8'),
      );
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
    const { reviewed } = traffic;
    return statementLinks(sources.git, walked, evidence, { reviewed, data: sources.data });
  }
}

/** Whether a record gives a digest traffic. */
export function givesTraffic(record: StoredRecord, digest: string): boolean {
  if (record.kind === 'rollback') return record.restored === digest;
  return (record.kind === 'step' || record.kind === 'rollout') && record.digest === digest;
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
