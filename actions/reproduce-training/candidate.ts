import { MANIFEST_FILE, type NamedModel, readManifest, selectModel } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import type { Git } from '../../core/toolkit/git.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { uncommittedFiles } from './clone.ts';

/** What is rebuilt: a commit, with the working tree's changes laid over it where the lock is to be written. */
export interface Candidate {
  readonly commit: string;
  readonly model: NamedModel;
  /** Files of the working tree that the commit does not have so; empty where another commit was asked for. */
  readonly uncommitted: readonly string[];
  readonly writeLock: boolean;
}

/** What the inputs ask for. Throws `input/bad-value`, `git/…` and `manifest/…`. */
export async function readCandidate(
  name: string | undefined,
  revision: string | undefined,
  writeLock: boolean,
  host: Host,
): Promise<Candidate> {
  if (writeLock && revision !== undefined) {
    throw new GreenlightError({
      code: 'input/bad-value',
      message: 'the input `commit` does not go with `write-lock`, which trains from the working tree',
      mend: `check out ${revision} and leave \`commit\` out`,
    });
  }
  if ((await host.git.run('rev-parse', '--show-prefix')) !== '') {
    throw new GreenlightError({
      code: 'git/not-at-root',
      message: 'this folder is not the root of its Git repository',
      mend: 'run where greenlight.yaml and .git are',
    });
  }
  const commit = await findCommit(host.git, revision);
  const uncommitted = revision === undefined ? await uncommittedFiles(host.git) : [];
  if (uncommitted.length > 0) {
    host.log.warn(
      `uncommitted changes are ${writeLock ? 'taken along' : 'left out'}: ${uncommitted.join(', ')}`,
    );
  }
  const model = writeLock ? await host.model(name) : await committedModel(host.git, commit, name);
  return { commit, model, uncommitted, writeLock };
}

async function findCommit(git: Git, revision: string | undefined): Promise<string> {
  try {
    return await git.commit(revision ?? 'HEAD');
  } catch (cause) {
    throw new GreenlightError({
      code: 'git/unknown-commit',
      message:
        revision === undefined ? 'the repository has no commit yet' : `there is no commit ${revision} here`,
      mend:
        revision === undefined
          ? 'commit the files that training needs'
          : 'fetch it first (actions/checkout: `fetch-depth: 0`)',
      cause,
    });
  }
}

async function committedModel(git: Git, commit: string, name: string | undefined): Promise<NamedModel> {
  const manifest = await git.show(commit, MANIFEST_FILE);
  if (manifest === undefined) {
    throw new GreenlightError({
      code: 'file/not-found',
      message: `the commit ${commit.slice(0, 12)} has no ${MANIFEST_FILE}`,
      mend: `commit ${MANIFEST_FILE}`,
    });
  }
  return selectModel(readManifest(manifest), name);
}
