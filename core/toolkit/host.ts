import { existsSync } from 'node:fs';
import path from 'node:path';
import { MANIFEST_FILE, type NamedModel, readManifest, selectModel } from '../formats/manifest.ts';
import type { Report } from '../kernel/blocks.ts';
import { GreenlightError } from '../kernel/errors.ts';
import { artifactName, downloadArtifact, uploadArtifact } from './artifacts.ts';
import { readRepositoryFile } from './files.ts';
import { Git } from './git.ts';
import type { Github } from './github.ts';
import type { Log } from './log.ts';

/** What an action's surroundings give it: the same on a runner and on a laptop. */
export interface Host {
  /** The absolute path of the repository's checkout. */
  readonly root: string;
  readonly log: Log;
  readonly git: Git;
  readonly onRunner: boolean;
  /** The folder that `action` writes its files to; it may not be there yet. */
  out(action: string): string;
  /**
   * The folder with the files of an earlier action of this run: where it lies already, else its artifact.
   * Throws `evidence/missing` where there is neither.
   */
  take(model: string, action: string): Promise<string>;
  /** Hands the folder of `action` to later jobs of this run; does nothing on a laptop, where they read the folder. */
  hand(model: string, action: string): Promise<void>;
  /** The model of greenlight.yaml. */
  model(name: string | undefined): Promise<NamedModel>;
  /** GitHub's API with the token of this step. Throws `github/no-token` or `github/no-repository`. */
  github(token: string | undefined): Promise<Github>;
  /** A report as GitHub Markdown of at most `limit` bytes, for bodies and comments. */
  readonly render: (report: Report, limit: number) => string;
  /**
   * The revision whose rules bind: the pull request's base, else undefined, where the checkout's own rules bind.
   */
  readonly rulesFrom: string | undefined;
}

/** Makes the host of a process from its environment. */
export function makeHost(
  env: NodeJS.ProcessEnv,
  root: string,
  out: string,
  log: Log,
  render: Host['render'],
): Host {
  const onRunner = env['GITHUB_ACTIONS'] === 'true';
  const folder = (action: string): string => path.resolve(root, out, action);
  return {
    root,
    log,
    render,
    onRunner,
    git: new Git(root),
    out: folder,
    rulesFrom: env['GITHUB_EVENT_NAME'] === 'pull_request' ? `origin/${env['GITHUB_BASE_REF']}` : undefined,
    async take(model, action) {
      const present = folder(action);
      if (existsSync(present)) return present;
      if (onRunner && (await downloadArtifact(artifactName(model, action), present))) return present;
      throw new GreenlightError({
        code: 'evidence/missing',
        message: `the files of ${action} for ${model} are not here`,
        mend: `run ${action} before this in the same run`,
      });
    },
    async hand(model, action) {
      if (onRunner && env['ACTIONS_RUNTIME_TOKEN'] !== undefined)
        await uploadArtifact(artifactName(model, action), folder(action));
    },
    async model(name) {
      return selectModel(readManifest(await readRepositoryFile(root, MANIFEST_FILE, 'the manifest')), name);
    },
    async github(token) {
      const { connectGithub } = await import('./github.ts');
      return connectGithub(env, token, log);
    },
  };
}
