import { timestamp } from '../clock.ts';
import { fullName, type Label, type Repository, type User } from '../state.ts';
import type { World } from '../world.ts';

/** GitHub's objects for users, repositories and labels. */

export type Shape = Record<string, unknown>;

export function nodeId(kind: string, id: number | string): string {
  return Buffer.from(`${kind}:${id}`).toString('base64');
}

export function drawUser(world: World, user: User): Shape {
  const url = `${world.apiUrl}/users/${encodeURIComponent(user.login)}`;
  return {
    login: user.login,
    id: user.id,
    node_id: nodeId('User', user.id),
    avatar_url: `${world.serverUrl}/avatars/${user.id}`,
    gravatar_id: '',
    url,
    html_url: `${world.serverUrl}/${encodeURIComponent(user.login)}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: user.type,
    site_admin: false,
  };
}

export function drawUserOrNull(world: World, user: User | null): Shape | null {
  return user === null ? null : drawUser(world, user);
}

export function drawFullUser(world: World, user: User): Shape {
  return {
    ...drawUser(world, user),
    name: user.name,
    company: null,
    blog: '',
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: 0,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: timestamp(user.createdAt),
    updated_at: timestamp(user.createdAt),
  };
}

const REPOSITORY_URLS: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

export function repositoryUrl(world: World, repository: Repository): string {
  return `${world.apiUrl}/repos/${fullName(repository)}`;
}

export function pageUrl(world: World, repository: Repository): string {
  return `${world.serverUrl}/${fullName(repository)}`;
}

/** `repository` and `full-repository` at once: what events carry and the API answers. */
export function drawRepository(world: World, repository: Repository): Shape {
  const url = repositoryUrl(world, repository);
  const html = pageUrl(world, repository);
  const open = [...repository.issues.values()].filter((issue) => issue.state === 'open').length;
  const forks = [...world.repositories.values()].filter((other) => other.forkOf === repository).length;
  return {
    id: repository.id,
    node_id: nodeId('Repository', repository.id),
    name: repository.name,
    full_name: fullName(repository),
    owner: drawUser(world, repository.owner),
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    html_url: html,
    description: repository.description,
    fork: repository.forkOf !== null,
    url,
    ...Object.fromEntries(Object.entries(REPOSITORY_URLS).map(([name, suffix]) => [name, url + suffix])),
    git_url: `git:${html.slice('http:'.length)}.git`,
    ssh_url: `git@forge.localhost:${fullName(repository)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    language: null,
    forks,
    forks_count: forks,
    stargazers_count: 0,
    watchers: 0,
    watchers_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues: open,
    open_issues_count: open,
    is_template: false,
    topics: [],
    has_issues: true,
    has_projects: false,
    has_wiki: false,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: false,
    disabled: false,
    license: null,
    allow_merge_commit: repository.mergeMethods.includes('merge'),
    allow_squash_merge: repository.mergeMethods.includes('squash'),
    allow_rebase_merge: repository.mergeMethods.includes('rebase'),
    allow_auto_merge: false,
    delete_branch_on_merge: repository.deleteBranchOnMerge,
    pushed_at: timestamp(repository.pushedAt),
    created_at: timestamp(repository.createdAt),
    updated_at: timestamp(repository.pushedAt),
  };
}

export function drawLabel(world: World, repository: Repository, label: Label): Shape {
  return {
    id: label.id,
    node_id: nodeId('Label', label.id),
    url: `${repositoryUrl(world, repository)}/labels/${encodeURIComponent(label.name)}`,
    name: label.name,
    color: label.color,
    default: false,
    description: label.description,
  };
}

/** A label by name; GitHub makes one where an issue is given a name that is not there yet. */
export function labelOf(world: World, repository: Repository, name: string): Label {
  const known = repository.labels.get(name.toLowerCase());
  if (known !== undefined) return known;
  const label: Label = { id: world.id(), name, color: 'ededed', description: '' };
  repository.labels.set(name.toLowerCase(), label);
  return label;
}

export function association(world: World, repository: Repository, user: User): string {
  if (user === repository.owner) return 'OWNER';
  return world.right(repository, user) === null ? 'NONE' : 'COLLABORATOR';
}
