import { readStatement } from '../../core/formats/statement.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { missingLinks } from '../../core/ledger/evidence.ts';
import { assetText, filesOf, type ModelRelease, requireRelease } from '../../core/ledger/releases.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Check } from './view.ts';

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
