import { readFile } from 'node:fs/promises';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { RELEASE_MANIFEST, releaseTag } from '../../core/ledger/releases.ts';
import { type Github, statusOf } from '../../core/toolkit/github.ts';
import { decide, type PresentRelease, type Step } from './decide.ts';
import { assetsOf, type Candidate } from './evidence.ts';

/** How many rounds may fail before it ends, beside one an asset: two runs at once lose to each other at each upload. */
const ROUNDS = 12;

/** The published release of a candidate. `wrote` is false where it was there already. */
export interface Published {
  readonly url: string;
  readonly wrote: boolean;
}

/**
 * Observes, decides and acts until the release is published whole. Throws `release/conflict` where the tag is published with other
 * content, `release/not-settled` where the server keeps failing.
 */
export async function publish(github: Github, candidate: Candidate, notes: string): Promise<Published> {
  const tag = releaseTag(candidate.model, candidate.digest);
  const wanted = assetsOf(candidate);
  let failure: unknown;
  let wrote = false;
  const rounds = ROUNDS + wanted.length;
  for (let round = 0; round < rounds; round++) {
    const releases = await list(github, tag);
    const decision = decide(wanted, releases);
    if (decision.kind === 'done') {
      return { url: releases.find(({ id }) => id === decision.release)?.url ?? '', wrote };
    }
    if (decision.kind === 'conflict') throw conflict(tag, decision.names);
    wrote = true;
    try {
      for (const step of decision.steps) await act(github, step, releases, candidate, notes);
    } catch (error) {
      // A lost answer, a starter asset, another run at work: what is there now decides what comes next.
      const status = statusOf(error);
      if (status !== undefined && status < 500 && status !== 422 && status !== 404) throw error;
      failure = error;
    }
  }
  throw new GreenlightError({
    code: 'release/not-settled',
    message: `the release ${tag} could not be completed in ${rounds} rounds`,
    mend: 'run the job again: it goes on from the draft that is there',
    cause: failure,
  });
}

/** A release and its page. */
interface Listed extends PresentRelease {
  readonly url: string;
  /** Uploads go to a host of their own, which the release names: github.com's is not that of other servers. */
  readonly uploadUrl: string;
}

/** Every release of a tag, drafts too: a draft is found in the list alone, never by its tag. */
async function list(github: Github, tag: string): Promise<Listed[]> {
  const { owner, repo } = github;
  const releases = await github.attempt('list the releases', (octokit) =>
    octokit.paginate(octokit.rest.repos.listReleases, { owner, repo, per_page: 100 }),
  );
  return releases
    .filter((release) => release.tag_name === tag)
    .map((release) => ({
      id: release.id,
      draft: release.draft,
      url: release.html_url,
      uploadUrl: release.upload_url,
      assets: release.assets.map(({ id, name, state, digest }) => ({
        id,
        name,
        state,
        sha256: digest?.startsWith('sha256:') === true ? digest.slice('sha256:'.length) : undefined,
      })),
    }));
}

async function act(
  github: Github,
  step: Step,
  releases: readonly Listed[],
  candidate: Candidate,
  notes: string,
): Promise<void> {
  const { owner, repo } = github;
  switch (step.kind) {
    case 'create-draft':
      await github.attempt('create the release', (octokit) =>
        octokit.rest.repos.createRelease({
          owner,
          repo,
          tag_name: releaseTag(candidate.model, candidate.digest),
          target_commitish: candidate.commit,
          name: `${candidate.model} ${candidate.digest.slice(0, 12)}`,
          body: notes,
          draft: true,
        }),
      );
      return;
    case 'delete-draft':
      await github.attempt('delete a second draft', (octokit) =>
        octokit.rest.repos.deleteRelease({ owner, repo, release_id: step.release }),
      );
      return;
    case 'delete-asset':
      await github.attempt(`delete the broken asset ${step.asset.name}`, (octokit) =>
        octokit.rest.repos.deleteReleaseAsset({ owner, repo, asset_id: step.asset.id }),
      );
      return;
    case 'upload': {
      const piece = candidate.pieces.find(({ asset }) => asset === step.name);
      const bytes =
        step.name === RELEASE_MANIFEST ? Buffer.from(candidate.manifest) : await readFile(piece?.from ?? '');
      const to = releases
        .find(({ id }) => id === step.release)
        ?.uploadUrl.replace('{?name,label}', '?name={name}');
      await github.attempt(`upload ${step.name}`, (octokit) =>
        octokit.request(`POST ${to}`, {
          name: step.name,
          data: bytes,
          headers: { 'content-type': 'application/octet-stream' },
        }),
      );
      return;
    }
    case 'publish':
      await github.attempt('publish the release', (octokit) =>
        octokit.rest.repos.updateRelease({
          owner,
          repo,
          release_id: step.release,
          // A draft that an earlier run left names that run's commit.
          target_commitish: candidate.commit,
          body: notes,
          draft: false,
        }),
      );
  }
}

function conflict(tag: string, names: readonly string[]): GreenlightError {
  return new GreenlightError({
    code: 'release/conflict',
    message: `the release ${tag} is published with other content: ${names.join(', ')}`,
    mend: 'a published release is never changed; find out who published it, and delete it if it was not this workflow',
  });
}
