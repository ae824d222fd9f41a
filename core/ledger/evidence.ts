import { PREDICATES, type Statement } from '../formats/statement.ts';

/** The statements of a kind, see {@link PREDICATES}. */
export function ofType(
  statements: readonly Statement[],
  type: keyof typeof PREDICATES,
): readonly Statement[] {
  return statements.filter(({ predicateType }) => predicateType === PREDICATES[type]);
}

/** Whether a statement is about the file with this sha256. */
export function isAbout({ subject }: Statement, digest: string): boolean {
  return subject.some((one) => one.digest.sha256 === digest);
}

/**
 * Whether a judgement passed. One that its policy sends to human review counts where a person's approval is needed (`reviewed`).
 */
export function passed({ predicate }: Statement, reviewed: boolean): boolean {
  const { verdict, humanReview } = predicate as { verdict?: unknown; humanReview?: unknown };
  return verdict === 'pass' || (verdict === 'inconclusive' && humanReview === true && reviewed);
}

/** The links that a release's statements must carry for its digest and do not, each as a sentence. */
export function missingLinks(statements: readonly Statement[], digest: string, reviewed: boolean): string[] {
  const reasons: string[] = [];
  if (!ofType(statements, 'training').some((statement) => isAbout(statement, digest)))
    reasons.push('the release carries no statement of how this digest was trained');
  if (
    !ofType(statements, 'evaluation').some(
      (statement) => isAbout(statement, digest) && passed(statement, reviewed),
    )
  ) {
    reasons.push('the release carries no evaluation of this digest that passed');
  }
  const contracts = ofType(statements, 'contract');
  if (contracts.length === 0 || !contracts.every((statement) => passed(statement, reviewed)))
    reasons.push('the release carries no data contract that passed');
  return reasons;
}
