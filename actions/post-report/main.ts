import { readFile } from 'node:fs/promises';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { upsertComment } from '../../core/toolkit/comments.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { type EndedRun, readEndedRun } from './event.ts';
import { findReports } from './found.ts';
import { findAddressee, touchesNoModel, whyNobody } from './pull-request.ts';
import { type Summary, summarize } from './summary.ts';

const MARKER = '<!-- greenlight:report -->';
const CONTEXT = 'greenlight';

/** GitHub's limit of a comment is 65,536 characters, that of a status's description 140. */
const COMMENT_LIMIT = 60_000;
const DESCRIPTION_LIMIT = 140;

export default defineAction({
  name: 'post-report',
  inputs: {
    token: text('a token with `actions: read`, `pull-requests: write` and `statuses: write`'),
  },
  async run({ token }, host): Promise<Outcome> {
    const run = readEndedRun(await eventText());
    const github = await host.github(token);
    const found = await findReports(github, run.id);
    const addressee = (await orWarn(host, findAddressee(github, run))) ?? { kind: 'unknown' };
    const number = addressee.kind === 'pull-request' ? addressee.number : undefined;
    const noModel =
      number !== undefined &&
      found.length === 0 &&
      (await orWarn(host, touchesNoModel(github, number, run))) === true;
    const home = `${github.serverUrl}/${github.owner}/${github.repo}`;
    const summary = summarize(found, run.conclusion, home, noModel);
    const why = whyNobody(addressee, run);
    const told =
      number === undefined ? undefined : await orWarn(host, tell(github, number, run, summary, host));
    await setStatus(github, run, summary);
    return {
      // Telling went well, whatever there was to tell: the pull request's verdict is an output and its commit status.
      verdict: 'pass',
      model: '',
      subjects: [],
      findings: found.map(({ kind, artifact }) => ({ kind, artifact })),
      report: {
        ...summary.report,
        blocks: [
          ...(why === undefined ? [] : [{ kind: 'note' as const, tone: 'info' as const, text: why }]),
          ...summary.report.blocks,
        ],
      },
      outputs: {
        'reported-verdict': summary.verdict,
        comment: told ?? 'none',
        'pull-request': number === undefined ? '' : String(number),
      },
    };
  },
});

/** Undefined where there is no event, as on a laptop. */
async function eventText(): Promise<string | undefined> {
  return readFile(process.env['GITHUB_EVENT_PATH'] ?? '', 'utf8').catch(() => undefined);
}

/** Undefined and a warning where GitHub refuses: no trouble with the pull request costs the commit its status. */
async function orWarn<T>({ log }: Host, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof GreenlightError)) throw error;
    log.warn(`${error.message}${error.mend === undefined ? '' : `\n${error.mend}`}`);
    return undefined;
  }
}

function tell(
  github: Github,
  pull: number,
  run: EndedRun,
  summary: Summary,
  { render }: Host,
): Promise<string> {
  const footer = `\n\n<sub>From [this run](${run.url}) of ${run.headSha.slice(0, 12)}. It informs; what counts is judged again after the merge.</sub>\n`;
  return upsertComment(github, pull, MARKER, render(summary.report, COMMENT_LIMIT) + footer);
}

async function setStatus(github: Github, run: EndedRun, { state, sentence }: Summary): Promise<void> {
  const { owner, repo } = github;
  const wanted = {
    state,
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
