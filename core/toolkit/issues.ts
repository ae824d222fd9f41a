import type { Github } from './github.ts';
import { firstOwn } from './own.ts';

/** The one issue of a matter and what it should say. */
export interface WantedIssue {
  /** A hidden line of its own, `<!-- greenlight:… -->`, that opens the body: the key. Which issues are ours, {@link firstOwn} says. */
  readonly marker: string;
  /** Narrows the search, and lets people filter; GitHub makes a label that is not there. */
  readonly label: string;
  readonly title: string;
  readonly body: string;
}

/** What became of a {@link WantedIssue}. */
export interface IssueResult {
  readonly operation: 'created' | 'updated' | 'reopened' | 'unchanged';
  readonly number: number;
  readonly url: string;
}

/** An issue of ours as it is. */
export interface OwnIssue {
  readonly number: number;
  readonly url: string;
  readonly open: boolean;
  readonly title: string;
  readonly body: string;
}

/** The newest issue with a marker, whatever its state; undefined where there never was one. */
export async function findIssue(
  github: Github,
  { marker, label }: Pick<WantedIssue, 'marker' | 'label'>,
): Promise<OwnIssue | undefined> {
  const { owner, repo } = github;
  const issues = await github.attempt(`read the issues labelled ${label}`, (octokit) =>
    octokit.paginate(octokit.rest.issues.listForRepo, {
      owner,
      repo,
      labels: label,
      state: 'all',
      sort: 'created',
      direction: 'desc',
      per_page: 100,
    }),
  );
  const found = await firstOwn(
    github,
    issues.filter(
      ({ body, pull_request: pull }) => pull === undefined && body?.startsWith(`${marker}\n`) === true,
    ),
  );
  if (found === undefined) return undefined;
  return {
    number: found.number,
    url: found.html_url,
    open: found.state === 'open',
    title: found.title,
    body: found.body ?? '',
  };
}

/** Brings the one issue to the wanted text and opens it, in one write; none where nothing differs. */
export async function upsertIssue(github: Github, wanted: WantedIssue): Promise<IssueResult> {
  const { owner, repo } = github;
  const { title, label } = wanted;
  const body = `${wanted.marker}\n${wanted.body}`;
  const present = await findIssue(github, wanted);
  if (present === undefined) {
    const { data } = await github.attempt('open an issue', (octokit) =>
      octokit.rest.issues.create({ owner, repo, title, body, labels: [label] }),
    );
    return { operation: 'created', number: data.number, url: data.html_url };
  }
  const { number, url, open } = present;
  if (open && present.title === title && present.body === body)
    return { operation: 'unchanged', number, url };
  await github.attempt(`update issue #${number}`, (octokit) =>
    octokit.rest.issues.update({ owner, repo, issue_number: number, title, body, state: 'open' }),
  );
  return { operation: open ? 'updated' : 'reopened', number, url };
}

/** Closes an issue with a reason that its readers see. A comment that was made before the closing failed may be made again. */
export async function closeIssue(github: Github, number: number, reason: string): Promise<void> {
  const { owner, repo } = github;
  await github.attempt(`comment on #${number}`, (octokit) =>
    octokit.rest.issues.createComment({ owner, repo, issue_number: number, body: reason }),
  );
  await github.attempt(`close issue #${number}`, (octokit) =>
    octokit.rest.issues.update({ owner, repo, issue_number: number, state: 'closed' }),
  );
}
