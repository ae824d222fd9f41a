import type { BareRepository } from './git.ts';
import type { Permissions, Right, TokenKind } from './types.ts';

/** The forge's memory: what GitHub keeps beside Git. Handlers change it, shapes.ts draws it. */

export interface User {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly type: 'User' | 'Organization' | 'Bot';
  readonly createdAt: Date;
}

export interface Token {
  readonly value: string;
  readonly kind: TokenKind;
  readonly user: User;
  /** The one repository of a job's or an App's token. */
  readonly repository?: string;
  readonly permissions?: Permissions;
}

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface Repository {
  readonly id: number;
  readonly owner: User;
  readonly name: string;
  readonly git: BareRepository;
  readonly forkOf: Repository | null;
  readonly rights: Map<string, Right>;
  private: boolean;
  description: string | null;
  defaultBranch: string;
  actionsMayCreatePullRequests: boolean;
  deleteBranchOnMerge: boolean;
  mergeMethods: readonly MergeMethod[];
  immutableReleases: boolean;
  defaultWorkflowPermissions: 'read' | 'write';
  secrets: Readonly<Record<string, string>>;
  variables: Readonly<Record<string, string>>;
  readonly createdAt: Date;
  pushedAt: Date;
  nextNumber: number;
  /** Issues and pull requests share their numbers. */
  readonly issues: Map<number, Issue>;
  readonly labels: Map<string, Label>;
  readonly statuses: CommitStatus[];
  readonly deployments: Deployment[];
  readonly releases: Release[];
  /** Tags of immutable releases, which no other release may take, even after a deletion. */
  readonly immutableTags: Set<string>;
  readonly rulesets: Ruleset[];
  /** Commits that GitHub signed: made by a bot through the API, or by a merge. */
  readonly verified: Map<string, Date>;
}

export function fullName(repository: Repository): string {
  return `${repository.owner.login}/${repository.name}`;
}

export interface Label {
  readonly id: number;
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

export interface Comment {
  readonly id: number;
  readonly user: User;
  body: string;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface Issue {
  readonly id: number;
  readonly number: number;
  title: string;
  body: string | null;
  state: 'open' | 'closed';
  stateReason: 'completed' | 'not_planned' | 'reopened' | 'duplicate' | null;
  readonly user: User;
  labels: string[];
  assignees: User[];
  readonly comments: Comment[];
  readonly createdAt: Date;
  updatedAt: Date;
  closedAt: Date | null;
  closedBy: User | null;
  readonly pull: PullRequest | null;
}

export interface PullRequest {
  readonly headRepository: Repository;
  readonly headRef: string;
  headSha: string;
  /** The base branch's name. */
  baseRef: string;
  /** The base branch's tip when last looked at; at the merge once merged. */
  baseSha: string;
  draft: boolean;
  readonly maintainerCanModify: boolean;
  mergedAt: Date | null;
  mergedBy: User | null;
  /** The commit of refs/pull/N/merge while open (null where it conflicts), what landed once merged. */
  mergeCommit: string | null;
  lastPusher: User;
  requestedReviewers: User[];
  readonly reviews: Review[];
}

export interface PullIssue extends Issue {
  readonly pull: PullRequest;
}

export function isPull(issue: Issue): issue is PullIssue {
  return issue.pull !== null;
}

export type ReviewState = 'PENDING' | 'APPROVED' | 'CHANGES_REQUESTED' | 'COMMENTED' | 'DISMISSED';

export interface Review {
  readonly id: number;
  readonly user: User;
  body: string;
  state: ReviewState;
  readonly commit: string;
  submittedAt: Date;
}

export interface CommitStatus {
  readonly id: number;
  readonly sha: string;
  readonly state: 'error' | 'failure' | 'pending' | 'success';
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: User;
  readonly createdAt: Date;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly payload: Record<string, unknown> | string;
  readonly environment: string;
  readonly description: string | null;
  readonly creator: User;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: Date;
  updatedAt: Date;
  readonly statuses: DeploymentStatus[];
}

export type DeploymentState =
  | 'error'
  | 'failure'
  | 'inactive'
  | 'pending'
  | 'success'
  | 'queued'
  | 'in_progress';

export interface DeploymentStatus {
  readonly id: number;
  readonly state: DeploymentState;
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: User;
  readonly createdAt: Date;
}

export interface Release {
  readonly id: number;
  tagName: string;
  target: string;
  name: string | null;
  body: string | null;
  draft: boolean;
  prerelease: boolean;
  immutable: boolean;
  readonly author: User;
  readonly createdAt: Date;
  updatedAt: Date;
  publishedAt: Date | null;
  readonly assets: Asset[];
}

export interface Asset {
  readonly id: number;
  name: string;
  label: string | null;
  state: 'uploaded' | 'starter';
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly digest: string | null;
  downloads: number;
  readonly uploader: User;
  readonly createdAt: Date;
  updatedAt: Date;
}

export interface PullRequestRule {
  readonly type: 'pull_request';
  readonly parameters: {
    readonly required_approving_review_count: number;
    readonly require_code_owner_review: boolean;
    readonly dismiss_stale_reviews_on_push: boolean;
    readonly require_last_push_approval: boolean;
    readonly allowed_merge_methods?: readonly string[];
  };
}

export interface StatusChecksRule {
  readonly type: 'required_status_checks';
  readonly parameters: {
    readonly required_status_checks: readonly { readonly context: string }[];
    readonly strict_required_status_checks_policy: boolean;
  };
}

export interface RefRule {
  readonly type: 'non_fast_forward' | 'deletion' | 'creation' | 'update';
}

export type Rule = PullRequestRule | StatusChecksRule | RefRule;

export interface BypassActor {
  readonly actor_id?: number | null;
  readonly actor_type: string;
  readonly bypass_mode?: string;
}

export interface Ruleset {
  readonly id: number;
  name: string;
  target: 'branch' | 'tag';
  enforcement: 'active' | 'disabled' | 'evaluate';
  include: readonly string[];
  exclude: readonly string[];
  rules: readonly Rule[];
  bypassActors: readonly BypassActor[];
  readonly createdAt: Date;
  updatedAt: Date;
}
