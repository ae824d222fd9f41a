import { userErrors } from '../../core/kernel/errors.ts';
import { link, type Walked } from '../../core/ledger/links.ts';
import { checkRepositoryFiles, readEvidence, statementLinks } from '../../core/ledger/release-links.ts';
import { assetText, type ModelRelease, requireRelease } from '../../core/ledger/releases.ts';
import type { Git } from '../../core/toolkit/git.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Check } from './view.ts';

/**
 * Walks the chain behind a digest as publish-release and `greenlight verify` do: its release, whose commit is on the default branch, and
 * in it a passed evaluation and a training of this very digest and a passed contract, by that commit's rules and on its data.
 * What is missing or does not fit is a reason; what can't be read is one too, and nothing starts either way.
 */
export async function checkEvidence(
  github: Github,
  git: Git,
  walked: Walked,
  reviewed: boolean,
): Promise<Check<ModelRelease>> {
  try {
    const release = await requireRelease(github, walked.model, walked.digest);
    const { manifest } = release;
    const evidence = await readEvidence(git, walked.model, manifest, ({ asset }) =>
      assetText(github, release, asset),
    );
    const links = [
      await link('release', undefined, async (says) => {
        says.holds(`release.json names ${walked.digest}`);
        await checkRepositoryFiles(git, manifest, says);
      }),
      ...(await statementLinks(git, walked, evidence, { reviewed, data: 'none' })),
    ];
    const reasons = links.flatMap(({ name, problems }) => problems.map((problem) => `${name}: ${problem}`));
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
