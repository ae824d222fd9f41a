import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readActionReport } from '../../core/formats/report.ts';
import { GreenlightError, messageOf, userErrors } from '../../core/kernel/errors.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { downloadArtifact } from '../../core/toolkit/artifacts.ts';
import { upsertComment } from '../../core/toolkit/comments.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { type EndedRun, readEndedRun } from './event.ts';
import { type Found, type Summary, summarize } from './summary.ts';

const MARKER = '<!-- greenlight:report -->';
const CONTEXT = 'greenlight';

/** GitHub's limit of a comment is 65,536 characters, that of a status's description 140. */
const COMMENT_LIMIT = 60_000;
const DESCRIPTION_LIMIT = 140;

/** A report is text; what is larger is not read. */
const ARTIFACT_LIMIT = 5 * 1024 * 1024;

const STATES = {
  pass: 'success',
  fail: 'failure',
  inconclusive: 'failure',
  error: 'error',
} as const satisfies Record<Verdict, string>;

export default defineAction({
  name: 'post-report',
  inputs: {
    token: text('a token with `actions: read`, `pull-requests: write` and `statuses: write`'),
  },
  async run({ token }, host): Promise<Outcome> {
    const github = await host.github(token);
    const run = readEndedRun(JSON.parse(await readFile(process.env['GITHUB_EVENT_PATH'] ?? '', 'utf8')));
    const found = await readReports(github, token ?? '', run, host);
    const summary = summarize(found, run.conclusion, `${github.serverUrl}/${github.owner}/${github.repo}`);
    const pull = await findPullRequest(github, run);
    const comment = pull === undefined ? 'none' : await tell(github, pull, run, summary, host);
    await setStatus(github, run, summary);
    return {
      // Telling went well, whatever there was to tell: the pull request's verdict is an output and its commit status.
      verdict: 'pass',
      model: '',
      subjects: [],
      findings: found.map(({ kind, artifact }) => ({ kind, artifact })),
      report: summary.report,
      outputs: {
        'reported-verdict': summary.verdict,
        comment,
        'pull-request': pull === undefined ? '' : String(pull),
      },
    };
  },
});

/** The reports among the run's artifacts. Only report.json is read of each; everything about it is untrusted. */
async function readReports(github: Github, token: string, run: EndedRun, host: Host): Promise<Found[]> {
  const { owner, repo } = github;
  const artifacts = await github.attempt('list the artifacts of the run', (octokit) =>
    octokit.paginate(octokit.rest.actions.listWorkflowRunArtifacts, {
      owner,
      repo,
      run_id: run.id,
      per_page: 100,
    }),
  );
  const found: Found[] = [];
  for (const { name, size_in_bytes: size } of artifacts) {
    if (!/^greenlight-[a-z0-9-]+$/.test(name)) continue;
    if (size > ARTIFACT_LIMIT && !name.endsWith('-reproduce-training')) {
      found.push({ kind: 'unreadable', artifact: name, why: `it has ${size} bytes` });
      continue;
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'report-'));
    try {
      await downloadArtifact(name, folder, { token, owner, repo, runId: run.id });
      found.push(await readReport(name, path.join(folder, 'report.json')));
    } catch (error) {
      host.log.warn(`the artifact ${name} could not be read: ${messageOf(error)}`);
      found.push({ kind: 'unreadable', artifact: name, why: 'it could not be downloaded and unpacked' });
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return found;
}

async function readReport(artifact: string, file: string): Promise<Found> {
  try {
    if ((await stat(file)).size > ARTIFACT_LIMIT)
      return { kind: 'unreadable', artifact, why: 'its report.json is too large' };
    return {
      kind: 'report',
      artifact,
      report: readActionReport(await readFile(file, 'utf8'), 'report.json'),
    };
  } catch (error) {
    const [first] = userErrors(error);
    return {
      kind: 'unreadable',
      artifact,
      why:
        first === undefined ? 'it has no report.json' : `its report.json breaks the schema (${first.code})`,
    };
  }
}

/** The open pull request whose head this very commit is, by repository and sha; never by a number that an artifact names. */
async function findPullRequest(github: Github, run: EndedRun): Promise<number | undefined> {
  const { owner, repo } = github;
  const { data } = await github.attempt('find the pull request', (octokit) =>
    octokit.rest.pulls.list({
      owner,
      repo,
      state: 'open',
      head: `${run.headOwner}:${run.headBranch}`,
      per_page: 100,
    }),
  );
  return data.find((pull) => pull.head.sha === run.headSha)?.number;
}

/** Trouble with telling never changes a verdict. */
async function tell(
  github: Github,
  pull: number,
  run: EndedRun,
  summary: Summary,
  host: Host,
): Promise<string> {
  try {
    const footer = `\n\n<sub>From [this run](${run.url}) of ${run.headSha.slice(0, 12)}. It informs; what counts is judged again after the merge.</sub>\n`;
    const body = host.render(summary.report, COMMENT_LIMIT) + footer;
    return await upsertComment(github, pull, MARKER, body);
  } catch (error) {
    if (!(error instanceof GreenlightError)) throw error;
    host.log.warn(`${error.message}${error.mend === undefined ? '' : `\n${error.mend}`}`);
    return 'none';
  }
}

async function setStatus(github: Github, run: EndedRun, { verdict, sentence }: Summary): Promise<void> {
  const { owner, repo } = github;
  const wanted = {
    state: STATES[verdict],
    context: CONTEXT,
    description:
      sentence.length > DESCRIPTION_LIMIT ? `${sentence.slice(0, DESCRIPTION_LIMIT - 1)}…` : sentence,
    target_url: run.url,
  };
  const { data } = await github.attempt('read the commit statuses', (octokit) =>
    octokit.rest.repos.listCommitStatusesForRef({ owner, repo, ref: run.headSha, per_page: 100 }),
  );
  const present = data.find((status) => status.context === CONTEXT);
  if (
    present?.state === wanted.state &&
    present.description === wanted.description &&
    present.target_url === wanted.target_url
  )
    return;
  await github.attempt('set the commit status', (octokit) =>
    octokit.rest.repos.createCommitStatus({ owner, repo, sha: run.headSha, ...wanted }),
  );
}
