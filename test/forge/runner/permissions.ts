import { GreenlightError } from '../../../core/kernel/errors.ts';
import { type Permissions, SCOPES, type Scope } from '../types.ts';

const RANK = { none: 0, read: 1, write: 2 } as const;

/** `read-all` and `write-all`, spelled out. */
export function everything(level: 'read' | 'write'): Permissions {
  return Object.fromEntries(SCOPES.map((scope) => [scope, level]));
}

/** What GITHUB_TOKEN may do where neither workflow nor job says. */
export function defaultPermissions(setting: 'read' | 'write'): Permissions {
  return setting === 'write' ? everything('write') : { contents: 'read', packages: 'read' };
}

/**
 * The permissions of a job: its own, else its workflow's, else its caller's (or the repository's default). A called workflow can't
 * raise what its caller has: `runner/permissions`, as on GitHub.
 */
export function jobPermissions(
  job: Permissions | undefined,
  workflow: Permissions | undefined,
  granted: Permissions,
  calledAs: string | undefined,
): Permissions {
  const wanted = job ?? workflow;
  if (wanted === undefined) return granted;
  if (calledAs === undefined) return wanted;
  for (const [scope, level] of Object.entries(wanted) as [Scope, keyof typeof RANK][]) {
    const allowed = granted[scope] ?? 'none';
    if (RANK[level] > RANK[allowed]) {
      throw new GreenlightError({
        code: 'runner/permissions',
        message: `the nested job '${calledAs}' is requesting '${scope}: ${level}', but is only allowed '${scope}: ${allowed}'`,
        mend: 'give the calling job that permission, or ask for less',
      });
    }
  }
  return wanted;
}
