import { firstBroken, type Walk, walkChain } from '../../core/ledger/chain-of-evidence.ts';
import { type Ledger, live, type StoredRecord } from '../../core/ledger/ledger.ts';
import { type Period, periods } from '../../core/ledger/periods.ts';
import { downloadRelease } from '../../core/ledger/releases.ts';
import type { Git } from '../../core/toolkit/git.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { findIssue, type OwnIssue } from '../../core/toolkit/issues.ts';
import { listPullRequests } from '../../core/toolkit/pull-request.ts';
import { defaultBranch, driftIssueKey, retrainingBranch } from '../../core/toolkit/retraining.ts';

/** One environment's past. */
export interface EnvironmentHistory {
  readonly environment: string;
  readonly live: string | undefined;
  readonly records: readonly StoredRecord[];
  readonly periods: readonly Period[];
}

/** A digest that the ledger or a release names, and its chain. */
export interface Traced extends Walk {
  readonly digest: string;
  /** Where it is live now. */
  readonly environments: readonly string[];
}

/** A pull request of the retraining branch. */
export interface Retraining {
  readonly number: number;
  readonly url: string;
  readonly title: string;
  readonly opened: string;
  readonly state: 'open' | 'merged' | 'closed';
}

/** Everything that a dossier tells of, as it is now. */
export interface Dossier {
  readonly model: string;
  readonly environments: readonly EnvironmentHistory[];
  /** In the order in which the ledger first names them, those that were only released last. */
  readonly traced: readonly Traced[];
  readonly drift: OwnIssue | undefined;
  readonly retrainings: readonly Retraining[];
}

/** Reads everything and walks the chain of every digest. Data files are not hashed: a dossier is made where they need not be. */
export async function readDossier(model: string, git: Git, github: Github, ledger: Ledger): Promise<Dossier> {
  const environments = ledger
    .keys()
    .filter((key) => key.model === model)
    .map(({ environment }): EnvironmentHistory => {
      const records = ledger.records(environment, model);
      return { environment, live: live(records)?.digest, records, periods: periods(records) };
    });
  const digests = new Set([
    ...environments.flatMap(({ records }) => records.map(({ digest }) => digest)),
    ...(await releasedDigests(github, model)),
  ]);
  const traced: Traced[] = [];
  for (const digest of digests) {
    const walk = await walkChain(
      { model, digest },
      { git, ledger, release: (folder) => downloadRelease(github, model, digest, folder), data: 'none' },
    );
    const where = environments.filter((each) => each.live === digest);
    traced.push({ digest, environments: where.map(({ environment }) => environment), ...walk });
  }
  return {
    model,
    environments,
    traced,
    drift: await findIssue(github, driftIssueKey(model)),
    retrainings: await readRetrainings(github, model),
  };
}

/** What is live and does not hold. */
export function brokenLive({ traced }: Dossier): readonly Traced[] {
  return traced.filter(
    ({ environments, links }) => environments.length > 0 && firstBroken(links) !== undefined,
  );
}

/** The digests of the model's published releases, oldest first, by the tag's digits and the model asset's own digest. */
async function releasedDigests(github: Github, model: string): Promise<readonly string[]> {
  const { owner, repo } = github;
  const releases = await github.attempt('list the releases', (octokit) =>
    octokit.paginate(octokit.rest.repos.listReleases, { owner, repo, per_page: 100 }),
  );
  return releases
    .filter(({ draft }) => !draft)
    .sort((a, b) => a.id - b.id)
    .flatMap(({ tag_name: tag, assets }) => {
      const first = tag.startsWith(`${model}-`) ? tag.slice(model.length + 1) : '';
      if (!/^[0-9a-f]{12}$/.test(first)) return [];
      const named = assets.map(({ digest }) => digest?.replace(/^sha256:/, ''));
      return named.find((digest) => digest?.startsWith(first)) ?? [];
    });
}

async function readRetrainings(github: Github, model: string): Promise<readonly Retraining[]> {
  const pulls = await listPullRequests(github, {
    branch: retrainingBranch(model),
    base: await defaultBranch(github),
  });
  return pulls.map((pull) => ({
    number: pull.number,
    url: pull.html_url,
    title: pull.title,
    opened: pull.created_at,
    state: pull.state === 'open' ? 'open' : pull.merged_at === null ? 'closed' : 'merged',
  }));
}
