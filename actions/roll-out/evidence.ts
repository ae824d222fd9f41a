import { PREDICATES, readStatement, type Statement } from '../../core/formats/statement.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { assetText, filesOf, type ModelRelease, requireRelease } from '../../core/ledger/releases.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Check } from './decide.ts';

/**
 * Walks the chain behind a digest: its release, and in it a training and a passed evaluation of this very digest and a passed contract.
 * What is missing or does not fit is a reason; what can't be read is one too, and nothing starts either way.
 */
export async function checkEvidence(
  github: Github,
  model: string,
  digest: string,
  reviewed: boolean,
): Promise<Check<ModelRelease>> {
  try {
    const release = await requireRelease(github, model, digest);
    const statements = await Promise.all(
      filesOf(release, 'statement').map(async ({ asset }) =>
        readStatement(await assetText(github, release, asset), asset),
      ),
    );
    const reasons = missingLinks(statements, digest, reviewed);
    return reasons.length === 0 ? { holds: true, of: release } : { holds: false, verdict: 'fail', reasons };
  } catch (thrown) {
    const errors = userErrors(thrown);
    if (errors.length === 0) throw thrown;
    return {
      holds: false,
      verdict: 'error',
      reasons: errors.map(({ code, message }) => `${message} [${code}]`),
    };
  }
}

/**
 * The links of the chain that are not there, each as a sentence. An evaluation that its policy sends to human review counts where a
 * person's approval is needed.
 */
export function missingLinks(statements: readonly Statement[], digest: string, reviewed: boolean): string[] {
  const of = (type: string): readonly Statement[] =>
    statements.filter(({ predicateType }) => predicateType === type);
  const about = (statement: Statement): boolean =>
    statement.subject.some((subject) => subject.digest.sha256 === digest);
  const passed = ({ predicate }: Statement): boolean => {
    const { verdict, humanReview } = predicate as { verdict?: unknown; humanReview?: unknown };
    return verdict === 'pass' || (verdict === 'inconclusive' && humanReview === true && reviewed);
  };
  const reasons: string[] = [];
  if (!of(PREDICATES.training).some(about))
    reasons.push('the release carries no statement of how this digest was trained');
  if (!of(PREDICATES.evaluation).some((statement) => about(statement) && passed(statement))) {
    reasons.push('the release carries no evaluation of this digest that passed');
  }
  const contracts = of(PREDICATES.contract);
  if (contracts.length === 0 || !contracts.every(passed))
    reasons.push('the release carries no data contract that passed');
  return reasons;
}
