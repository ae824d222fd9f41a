import { MANIFEST_FILE, type NamedModel } from '../../core/formats/manifest.ts';
import { GreenlightError, throwIfAny } from '../../core/kernel/errors.ts';
import type { Place } from '../../core/kernel/place.ts';
import { readYaml } from '../../core/kernel/yaml.ts';
import { mayWrite } from '../../core/ledger/approvers.ts';
import type { Annotation } from '../../core/toolkit/action.ts';
import { readRepositoryFile } from '../../core/toolkit/files.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';

/** Who can decide on an environment's pull request, as logins. */
export interface Reviewers {
  readonly able: readonly string[];
  /** Named in the manifest, but unknown here or without the right to write: their approval would not count. */
  readonly unable: readonly string[];
}

/** The reviewers of every environment where a person merges, and what is to be mended about them. */
export interface AllReviewers {
  readonly by: ReadonlyMap<string, Reviewers>;
  readonly warnings: readonly Annotation[];
}

/**
 * Asks GitHub about everyone whom the manifest names, before anything is offered and anyone waits. Throws all at once
 * `deployment/team-reviewer`, `manifest/no-reviewers`, and `deployment/no-reviewer` where none of those named could approve.
 */
export async function readReviewers(
  github: Github,
  host: Host,
  { name, model }: NamedModel,
): Promise<AllReviewers> {
  const manifest = readYaml(
    await readRepositoryFile(host.root, MANIFEST_FILE, 'the manifest'),
    MANIFEST_FILE,
    'manifest',
  );
  const by = new Map<string, Reviewers>();
  const warnings: Annotation[] = [];
  const errors: GreenlightError[] = [];
  for (const [environment, settings] of Object.entries(model.environments ?? {})) {
    if (settings === undefined || settings.deploy === 'auto-merge') continue;
    const named: readonly string[] = settings.reviewers ?? [];
    const path = ['models', name, 'environments', environment];
    const place = (index: number): Place => manifest.placeOf([...path, 'reviewers', index]);
    const teams = named.flatMap((user, index) =>
      user.includes('/') ? [teamError(environment, user, place(index))] : [],
    );
    errors.push(...teams);
    if (named.length === 0) errors.push(nobodyError(environment, manifest.placeOf(path, 'key')));
    if (teams.length > 0 || named.length === 0) continue;
    const reviewers = await ask(github, named);
    by.set(environment, reviewers);
    if (reviewers.able.length === 0) {
      errors.push(unableError(environment, reviewers.unable, manifest.placeOf([...path, 'reviewers'])));
      continue;
    }
    for (const user of reviewers.unable) {
      const index = named.findIndex((each) => each.slice(1) === user);
      warnings.push({ level: 'warning', message: unableWarning(environment, user), place: place(index) });
    }
  }
  throwIfAny(errors);
  return { by, warnings };
}

async function ask(github: Github, named: readonly string[]): Promise<Reviewers> {
  const able: string[] = [];
  const unable: string[] = [];
  for (const user of named.map((each) => each.slice(1)))
    ((await mayWrite(github, user)) ? able : unable).push(user);
  return { able, unable };
}

function teamError(environment: string, team: string, place: Place): GreenlightError {
  return new GreenlightError({
    code: 'deployment/team-reviewer',
    message: `the team ${team} reviews ${environment}, and nobody's approval would count: a team's members are not read`,
    place,
    mend: 'name its people: `reviewers: ["@user", "@other-user"]`',
  });
}

function nobodyError(environment: string, place: Place): GreenlightError {
  return new GreenlightError({
    code: 'manifest/no-reviewers',
    message: `the environment ${environment} needs a person's approval and names no reviewers`,
    place,
    mend: 'add `reviewers: ["@user"]` to it, or `deploy: auto-merge`',
  });
}

function unableError(environment: string, users: readonly string[], place: Place): GreenlightError {
  const named = users.map((user) => `@${user}`).join(', ');
  return new GreenlightError({
    code: 'deployment/no-reviewer',
    message: `nobody could approve for ${environment}: ${named} ${users.length === 1 ? 'is' : 'are'} unknown to GitHub or may not write to this repository`,
    place,
    mend: 'mend the spelling, or give one of them the right to write: Settings → Collaborators and teams',
  });
}

function unableWarning(environment: string, user: string): string {
  return `@${user} reviews ${environment}, but is unknown to GitHub or may not write to this repository: that approval would not count. Mend the spelling, or give the right to write (Settings → Collaborators and teams).`;
}
