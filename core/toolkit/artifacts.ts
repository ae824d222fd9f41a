import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DefaultArtifactClient, UploadArtifactOptions } from '@actions/artifact';
import { GreenlightError, messageOf } from '../kernel/errors.ts';
import type { Github } from './github.ts';

/**
 * The artifact that carries an action's files from job to job. What is no model's name (an input that is wrong, a report that lies) is never
 * part of an artifact's name.
 */
export function artifactName(model: string, action: string): string {
  return `greenlight-${/^[a-z0-9-]+$/.test(model) ? model : 'repository'}-${action}`;
}

/**
 * The artifact that is an action's report.json: that one file, in no archive. Who reads it in another run, where artifacts are untrusted,
 * need not bring the model that lies beside it, and unpacks nothing.
 */
export function reportArtifactName(model: string, action: string): string {
  return `${artifactName(model, action)}.json`;
}

/**
 * Uploads an action's folder as an artifact of this run, and its report.json by itself ({@link reportArtifactName}). A second upload
 * replaces the first (a job run again). Throws `artifact/not-uploaded`.
 */
export async function uploadArtifact(name: string, folder: string): Promise<void> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  // A file that is uploaded in no archive gives the artifact its name.
  const own = await mkdtemp(path.join(tmpdir(), 'report-'));
  const report = path.join(own, `${name}.json`);
  try {
    await copyFile(path.join(folder, 'report.json'), report);
    await replace(client, name, files.sort(), folder, { compressionLevel: 1 });
    await replace(client, path.basename(report), [report], own, { skipArchive: true });
  } catch (cause) {
    throw new GreenlightError({
      code: 'artifact/not-uploaded',
      message: `the artifact ${name} could not be uploaded: ${messageOf(cause)}`,
      mend: 'run the job again',
      cause,
    });
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}

async function replace(
  client: DefaultArtifactClient,
  name: string,
  files: string[],
  root: string,
  options: UploadArtifactOptions,
): Promise<void> {
  const { artifacts } = await client.listArtifacts({ latest: true });
  if (artifacts.some((artifact) => artifact.name === name)) await client.deleteArtifact(name);
  await client.uploadArtifact(name, files, root, options);
}

/** Brings an artifact of this run into a folder, its digest checked by the service's word. False where the run has none of that name. */
export async function downloadArtifact(name: string, folder: string): Promise<boolean> {
  const { DefaultArtifactClient } = await import('@actions/artifact');
  const client = new DefaultArtifactClient();
  const { artifacts } = await client.listArtifacts({ latest: true });
  const artifact = artifacts.find((candidate) => candidate.name === name);
  if (artifact === undefined) return false;
  const { digest } = artifact;
  const result = await client.downloadArtifact(artifact.id, {
    path: folder,
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

/** An artifact of any run of the repository, as GitHub lists it. */
export interface ListedArtifact {
  readonly id: number;
  readonly name: string;
  readonly expired: boolean;
}

/** The artifacts of a run: of each name the newest, for a job that ran again may have left several. */
export async function listArtifacts(github: Github, runId: number): Promise<readonly ListedArtifact[]> {
  const { owner, repo } = github;
  const all = await github.attempt('list the artifacts of the run', (octokit) =>
    octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, {
      owner,
      repo,
      run_id: runId,
      per_page: 100,
    }),
  );
  const newest = new Map<string, ListedArtifact>();
  for (const { id, name, expired } of all.sort((a, b) => a.id - b.id))
    newest.set(name, { id, name, expired });
  return [...newest.values()];
}

/**
 * An artifact's bytes as they were uploaded: what they are, and how many, is the word of whoever ran that run. `too-large` where there are more
 * than `limit`, of which no more was read; `gone` where the server has it no longer.
 */
export async function readArtifact(
  github: Github,
  { id, name, expired }: ListedArtifact,
  limit: number,
): Promise<Buffer | 'too-large' | 'gone'> {
  if (expired) return 'gone';
  const { owner, repo } = github;
  const { statusOf } = await import('./github.ts');
  try {
    return await github.attempt(`read the artifact ${name}`, async (octokit) => {
      const { data } = await octokit.rest.actions.downloadArtifact({
        owner,
        repo,
        artifact_id: id,
        archive_format: 'zip',
        request: { parseSuccessResponseBody: false },
      });
      // Unparsed, `data` is the body's stream, whatever the generated types say.
      return readAtMost(data as unknown as AsyncIterable<Uint8Array>, limit);
    });
  } catch (error) {
    // GitHub answers 404 for what was deleted, 410 for what has expired.
    const status = statusOf(error);
    if (status === 404 || status === 410) return 'gone';
    throw error;
  }
}

/** A stream's bytes; a stream of more than `limit` is left where that shows. */
async function readAtMost(stream: AsyncIterable<Uint8Array>, limit: number): Promise<Buffer | 'too-large'> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    if (size > limit) return 'too-large';
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
