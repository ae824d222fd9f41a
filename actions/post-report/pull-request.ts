import type { Inline } from '../../core/kernel/blocks.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { EndedRun } from './event.ts';

/** Whom a run's report is for. */
export type Addressee =
  | { readonly kind: 'pull-request'; readonly number: number }
  /** Its head is another commit by now, which a run of its own tells of. */
  | { readonly kind: 'moved-on'; readonly number: number; readonly head: string }
  | { readonly kind: 'nobody' }
  /** GitHub would not say: the token may not read pull requests, say. */
  | { readonly kind: 'unknown' };

/** The open pull request whose head this very commit is, by repository and sha; never by a number that an artifact names. */
export async function findAddressee(github: Github, run: EndedRun): Promise<Addressee> {
  const { owner, repo } = github;
  const { headRepository, headBranch, headSha } = run;
  if (headRepository === undefined) return { kind: 'nobody' };
  const open = await github.attempt('find the pull request', (octokit) =>
    octokit.paginate(octokit.rest.pulls.list, {
      owner,
      repo,
      state: 'open',
      head: `${headRepository.split('/')[0]}:${headBranch}`,
      per_page: 100,
    }),
  );
  const own = open.filter(({ head }) => head.repo?.full_name === headRepository);
  const current = own.find(({ head }) => head.sha === headSha);
  if (current !== undefined) return { kind: 'pull-request', number: current.number };
  const [moved] = own;
  return moved === undefined
    ? { kind: 'nobody' }
    : { kind: 'moved-on', number: moved.number, head: moved.head.sha };
}

/** GitHub lists no more files of a pull request than these. */
const MOST_FILES = 3000;

/**
 * Whether a pull request changes deployments and documentation alone, which no job judges: told by GitHub's list of its files, not by the
 * run, whose workflow its author may have changed. A file that was renamed is both its names.
 */
export async function touchesNoModel(
  github: Github,
  number: number,
  { headSha }: EndedRun,
): Promise<boolean> {
  const { owner, repo } = github;
  const files = await github.attempt(`read what #${number} changes`, (octokit) =>
    octokit.paginate(octokit.rest.pulls.listFiles, { owner, repo, pull_number: number, per_page: 100 }),
  );
  const { data: pull } = await github.attempt(`read pull request #${number}`, (octokit) =>
    octokit.rest.pulls.get({ owner, repo, pull_number: number }),
  );
  // The list is of the head that the pull request has by now.
  if (pull.head.sha !== headSha || files.length >= MOST_FILES) return false;
  const paths = files.flatMap(({ filename, previous_filename: previous }) =>
    previous === undefined ? [filename] : [filename, previous],
  );
  return paths.every((path) => path.startsWith('deploy/') || path.endsWith('.md'));
}

/** Why no pull request was told; undefined where one is to be told. */
export function whyNobody(addressee: Addressee, { headSha }: EndedRun): Inline | undefined {
  const commit = { code: headSha.slice(0, 12) };
  switch (addressee.kind) {
    case 'pull-request':
      return undefined;
    case 'moved-on':
      return [
        `pull request #${addressee.number} has moved on from `,
        commit,
        ' to ',
        { code: addressee.head.slice(0, 12) },
        ': its comment is left to the run of that commit',
      ];
    case 'nobody':
      return [
        'no open pull request has the commit ',
        commit,
        ' as its head: only the commit status tells of this run',
      ];
    case 'unknown':
      return [
        'the pull request of the commit ',
        commit,
        ' could not be looked up (see the log of this step): only the commit status tells of this run',
      ];
  }
}
