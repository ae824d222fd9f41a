import { type ResourceDescriptor, readStatement, type Statement } from '../../core/formats/statement.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { isAbout, ofType } from '../../core/ledger/evidence.ts';
import { assetText, filesOf, type ModelRelease } from '../../core/ledger/releases.ts';
import type { Github } from '../../core/toolkit/github.ts';

/** A gate's number for one slice, or for all rows. */
export interface EvaluatedGroup {
  readonly slice?: string;
  readonly estimate?: number;
  readonly low?: number;
  readonly high?: number;
  readonly verdict: Verdict;
}

export interface EvaluatedGate {
  readonly gate: string;
  readonly verdict: Verdict;
  readonly reason?: string;
  readonly groups?: readonly EvaluatedGroup[];
}

/** What a release's evaluation says (evaluation/v1), as far as a reviewer is told. Only what decides is always there. */
export interface Evaluated {
  readonly verdict: Verdict;
  /** True where the policy sends an inconclusive verdict to a person. */
  readonly humanReview?: boolean;
  readonly gates: readonly EvaluatedGate[];
  readonly rows?: number;
  readonly units?: number;
  readonly independentBy?: string;
  /** Of the intervals, between 0 and 1. */
  readonly confidence?: number;
  /** What the candidate was compared with; null where no gate compared it with anything. */
  readonly live?: ResourceDescriptor | null;
  readonly data?: readonly ResourceDescriptor[];
  readonly policy?: ResourceDescriptor;
}

/** A data set of a release and the contract that it was held against. */
export interface JudgedData {
  readonly dataset: string;
  readonly data?: ResourceDescriptor;
  readonly contract?: ResourceDescriptor;
}

/** What a release says of itself, every byte of it verified by digest. */
export interface ReleaseFacts {
  readonly digest: string;
  readonly tag: string;
  readonly url: string;
  readonly commit: string;
  readonly evaluation: Evaluated;
  readonly data: readonly JudgedData[];
}

/** Reads a release's statements. Throws `evidence/missing` where it was not evaluated, and what {@link assetText} throws. */
export async function readFacts(github: Github, release: ModelRelease): Promise<ReleaseFacts> {
  const { digest, commit } = release.manifest;
  const statements: Statement[] = [];
  for (const { asset } of filesOf(release, 'statement'))
    statements.push(readStatement(await assetText(github, release, asset), asset));
  const evaluation = ofType(statements, 'evaluation').find((statement) => isAbout(statement, digest));
  if (evaluation === undefined) {
    throw new GreenlightError({
      code: 'evidence/missing',
      message: `the release ${release.tag} carries no evaluation of ${digest}`,
      mend: 'delete the release and run the release workflow again',
    });
  }
  const contracts = ofType(statements, 'contract').flatMap(
    ({ predicate }) => (predicate as { data?: readonly JudgedData[] }).data ?? [],
  );
  const predicate = evaluation.predicate as unknown as Evaluated;
  return {
    digest,
    tag: release.tag,
    url: release.url,
    commit,
    evaluation: { ...predicate, gates: predicate.gates ?? [] },
    data: contracts,
  };
}
