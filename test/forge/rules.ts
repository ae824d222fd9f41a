import { CODEOWNERS_PATHS, ownersOf, parseCodeowners } from './codeowners.ts';
import { NO_SHA } from './git.ts';
import type {
  PullIssue,
  PullRequestRule,
  Repository,
  Review,
  Rule,
  Ruleset,
  StatusChecksRule,
  Token,
  User,
} from './state.ts';
import type { World } from './world.ts';

/** Rulesets: what may not happen to a ref, and what a pull request must have before it is merged. */

export interface RefChange {
  readonly ref: string;
  /** Zeros where it did not exist. */
  readonly before: string;
  /** Zeros where it is deleted. */
  readonly after: string;
}

/** Rules that bind this token on this ref. */
export function bindingRules(
  world: World,
  repository: Repository,
  ref: string,
  token: Token | null,
): readonly Rule[] {
  return repository.rulesets
    .filter(
      (set) =>
        set.enforcement === 'active' &&
        matches(repository, set, ref) &&
        !bypasses(world, repository, set, token),
    )
    .flatMap((set) => set.rules);
}

function matches(repository: Repository, set: Ruleset, ref: string): boolean {
  if (!ref.startsWith(set.target === 'branch' ? 'refs/heads/' : 'refs/tags/')) return false;
  const hit = (pattern: string): boolean => {
    if (pattern === '~ALL') return true;
    if (pattern === '~DEFAULT_BRANCH') return ref === `refs/heads/${repository.defaultBranch}`;
    const source = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*\*|\*|\?/g, (wild) => {
      if (wild === '**') return '.*';
      return wild === '*' ? '[^/]*' : '[^/]';
    });
    return new RegExp(`^${source}$`).test(ref);
  };
  return set.include.some(hit) && !set.exclude.some(hit);
}

/** GitHub's ids of repository roles that a bypass list names. */
const ROLES: Readonly<Record<number, 'write' | 'admin'>> = { 4: 'write', 5: 'admin' };

function bypasses(world: World, repository: Repository, set: Ruleset, token: Token | null): boolean {
  if (token === null || token.kind === 'job') return false;
  const right = world.right(repository, token.user);
  return set.bypassActors.some((actor) => {
    if (actor.bypass_mode !== undefined && actor.bypass_mode !== 'always') return false;
    if (actor.actor_type === 'Integration') return token.kind === 'app' && actor.actor_id === token.user.id;
    if (actor.actor_type !== 'RepositoryRole') return false;
    const role = ROLES[actor.actor_id ?? 0];
    return right === 'admin' ? role !== undefined : right === 'write' && role === 'write';
  });
}

/**
 * Why a ref may not be changed so, in words for the one who pushed; null where it may. All objects must be there. `merging` is for the
 * merge of a pull request, which has its own conditions.
 */
export async function refusalOf(
  world: World,
  repository: Repository,
  token: Token,
  change: RefChange,
  merging = false,
): Promise<string | null> {
  const rules = new Set(bindingRules(world, repository, change.ref, token).map((rule) => rule.type));
  const deletes = change.after === NO_SHA;
  const creates = change.before === NO_SHA;
  const tag = change.ref.startsWith('refs/tags/') ? change.ref.slice('refs/tags/'.length) : null;
  if (tag !== null && !creates && holdsTag(repository, tag))
    return `Cannot ${deletes ? 'delete' : 'update'} this tag: an immutable release uses it`;
  if (deletes && rules.has('deletion')) return 'Cannot delete this branch';
  if (creates && rules.has('creation')) return 'Cannot create ref due to creations being restricted';
  if (!creates && !deletes && rules.has('update') && !merging) return 'Cannot update this protected ref';
  if (!merging && !deletes && !creates && rules.has('pull_request'))
    return 'Changes must be made through a pull request';
  if (
    !creates &&
    !deletes &&
    rules.has('non_fast_forward') &&
    !(await repository.git.isAncestor(change.before, change.after))
  )
    return 'Cannot force-push to this branch';
  if (!deletes && token.kind !== 'person' && (await changesWorkflows(repository, change)))
    return 'refusing to allow a GitHub App to create or update workflow files without `workflows` permission';
  return null;
}

function holdsTag(repository: Repository, tag: string): boolean {
  return repository.releases.some((release) => release.immutable && release.tagName === tag);
}

/**
 * Whether a change brings workflow files that are not the default branch's: for a tag, by its tree; for a branch, by the commits that no ref
 * holds yet.
 */
async function changesWorkflows(repository: Repository, change: RefChange): Promise<boolean> {
  const { git } = repository;
  const folder = '.github/workflows';
  const after = await git.subtree(change.after, folder);
  const main = await git.resolve(`refs/heads/${repository.defaultBranch}`);
  if (after === null || (main !== null && (await git.subtree(main, folder)) === after)) return false;
  if (!change.ref.startsWith('refs/heads/')) return true;
  for (const commit of await git.log([change.after, '--not', '--all'])) {
    const before = commit.parents[0] === undefined ? null : await git.subtree(commit.parents[0], folder);
    if ((await git.subtree(commit.sha, folder)) !== before) return true;
  }
  return false;
}

/** The one blocker that pulls/update-branch removes. */
export const BEHIND = 'The head branch is not up to date with the base branch.';

/** Why a pull request may not be merged by this token: one sentence each. */
export async function mergeBlockers(
  world: World,
  repository: Repository,
  issue: PullIssue,
  token: Token | null,
): Promise<string[]> {
  const rules = bindingRules(world, repository, `refs/heads/${issue.pull.baseRef}`, token);
  const reasons: string[] = [];
  for (const rule of rules) {
    if (rule.type === 'pull_request') reasons.push(...(await reviewBlockers(world, repository, issue, rule)));
    if (rule.type === 'required_status_checks')
      reasons.push(...(await checkBlockers(world, repository, issue, rule)));
  }
  return [...new Set(reasons)];
}

/** Each user's review that counts: the latest that approved, asked for changes or was dismissed. The author can give neither. */
export function decidingReviews(issue: PullIssue): ReadonlyMap<User, Review> {
  const latest = new Map<User, Review>();
  for (const review of issue.pull.reviews) {
    if (review.state === 'COMMENTED' || review.state === 'PENDING') continue;
    latest.set(review.user, review);
  }
  return latest;
}

async function reviewBlockers(
  world: World,
  repository: Repository,
  issue: PullIssue,
  rule: PullRequestRule,
): Promise<string[]> {
  const { parameters } = rule;
  const reviews = [...decidingReviews(issue)].filter(([user]) => world.mayWrite(repository, user));
  const approvers = new Set(
    reviews.filter(([, review]) => review.state === 'APPROVED').map(([user]) => user),
  );
  const reasons: string[] = [];
  const count = parameters.required_approving_review_count;
  if (approvers.size < count)
    reasons.push(
      `At least ${count} approving review${count === 1 ? ' is' : 's are'} required by reviewers with write access.`,
    );
  const demanding = count > 0 || parameters.require_code_owner_review;
  if (demanding && reviews.some(([, review]) => review.state === 'CHANGES_REQUESTED'))
    reasons.push('Changes have been requested.');
  if (parameters.require_code_owner_review && !(await ownersApproved(world, repository, issue, approvers)))
    reasons.push('Waiting on code owner review.');
  if (parameters.require_last_push_approval && ![...approvers].some((user) => user !== issue.pull.lastPusher))
    reasons.push('New changes require approval from someone other than the last pusher.');
  return reasons;
}

async function ownersApproved(
  world: World,
  repository: Repository,
  issue: PullIssue,
  approvers: ReadonlySet<User>,
): Promise<boolean> {
  const { git } = repository;
  const base = await git.resolve(`refs/heads/${issue.pull.baseRef}`);
  if (base === null) return true;
  const texts = await Promise.all(CODEOWNERS_PATHS.map((file) => git.file(base, file)));
  const text = texts.find((each) => each !== null);
  if (text === undefined || text === null) return true;
  const lines = parseCodeowners(text.toString('utf8'));
  const mergeBase = (await git.mergeBase(base, issue.pull.headSha)) ?? base;
  for (const path of await git.changedPaths(mergeBase, issue.pull.headSha)) {
    const owners = ownersOf(lines, path)
      .map((login) => world.users.get(login))
      .filter((user) => user !== undefined && world.mayWrite(repository, user));
    if (owners.length > 0 && !owners.some((owner) => owner !== undefined && approvers.has(owner)))
      return false;
  }
  return true;
}

export type CheckState = 'success' | 'failure' | 'pending';

/** The state of each status context and check of a commit, by name. */
export function checkStates(
  world: World,
  repository: Repository,
  sha: string,
): ReadonlyMap<string, CheckState> {
  const states = new Map<string, CheckState>();
  for (const status of repository.statuses.filter((each) => each.sha === sha))
    states.set(status.context, status.state === 'error' ? 'failure' : status.state);
  for (const { job } of world.runs.checks(`${repository.owner.login}/${repository.name}`, sha)) {
    const good = job.conclusion === 'success' || job.conclusion === 'neutral' || job.conclusion === 'skipped';
    states.set(job.name, job.conclusion === null ? 'pending' : good ? 'success' : 'failure');
  }
  return states;
}

async function checkBlockers(
  world: World,
  repository: Repository,
  issue: PullIssue,
  rule: StatusChecksRule,
): Promise<string[]> {
  const states = checkStates(world, repository, issue.pull.headSha);
  const reasons: string[] = [];
  for (const { context } of rule.parameters.required_status_checks) {
    const state = states.get(context);
    if (state === undefined || state === 'pending')
      reasons.push(`Required status check "${context}" is ${state ?? 'expected'}.`);
    if (state === 'failure') reasons.push(`Required status check "${context}" is failing.`);
  }
  if (rule.parameters.strict_required_status_checks_policy) {
    const base = await repository.git.resolve(`refs/heads/${issue.pull.baseRef}`);
    if (base !== null && !(await repository.git.isAncestor(base, issue.pull.headSha))) reasons.push(BEHIND);
  }
  return reasons;
}
