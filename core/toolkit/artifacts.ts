import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { GreenlightError } from '../kernel/errors.ts';

/** The artifact that carries an action's files from job to job. */
export function artifactName(model: string, action: string): string {
  return `greenlight-${model === '' ? 'repository' : model}-${action}`;
}

/** Uploads a folder's files as an artifact of this run. A second upload of the same name replaces the first (a job run again). */
export async function uploadArtifact(name: string, folder: string): Promise<void> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const known = await client.listArtifacts({ latest: true });
  if (known.artifacts.some((artifact) => artifact.name === name)) await client.deleteArtifact(name);
  await client.uploadArtifact(name, files.sort(), folder, { compressionLevel: 1 });
}

/** Which other run an artifact is taken from. */
export interface OtherRun {
  readonly token: string;
  readonly owner: string;
  readonly repo: string;
  readonly runId: number;
}

/** Brings an artifact into a folder, its digest checked by the service's word. False where the run has none of that name. */
export async function downloadArtifact(name: string, folder: string, from?: OtherRun): Promise<boolean> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const findBy =
    from === undefined
      ? {}
      : {
          findBy: {
            token: from.token,
            workflowRunId: from.runId,
            repositoryOwner: from.owner,
            repositoryName: from.repo,
          },
        };
  const { artifacts } = await client.listArtifacts({ latest: true, ...findBy });
  const artifact = artifacts.find((candidate) => candidate.name === name);
  if (artifact === undefined) return false;
  const { digest } = artifact;
  const result = await client.downloadArtifact(artifact.id, {
    path: folder,
    ...findBy,
    ...(digest === undefined ? {} : { expectedHash: digest }),
  });
  if (result.digestMismatch === true) {
    throw new GreenlightError({
      code: 'evidence/digest-mismatch',
      message: `the artifact ${name} arrived with other bytes than were uploaded`,
      mend: 'run the job again',
    });
  }
  return true;
}
