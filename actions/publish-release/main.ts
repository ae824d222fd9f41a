import { rm } from 'node:fs/promises';
import { LOCK_FILE, lockedDigest } from '../../core/formats/lock.ts';
import { releaseTag } from '../../core/ledger/releases.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import type { Github } from '../../core/toolkit/github.ts';
import { flag, text } from '../../core/toolkit/inputs.ts';
import { gather } from './evidence.ts';
import { publish } from './publish.ts';
import { planReport, releaseNotes, releaseReport } from './report.ts';

const NAME = 'publish-release';

/** GitHub's limit of a release's body is 125,000 characters. */
const NOTES_LIMIT = 100_000;

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    plan: flag('only say whether there is something to release'),
    token: text('a token with `contents: write`; `contents: read` is enough for `plan`'),
  },
  async run(inputs, host): Promise<Outcome> {
    await rm(host.out(NAME), { recursive: true, force: true });
    const model = await host.model(inputs.model);
    const { name } = model;
    const digest = lockedDigest(await host.git.show('HEAD', LOCK_FILE), name);
    if (digest === undefined) return nothing(name, undefined, `${LOCK_FILE} names no model yet`);
    const github = await host.github(inputs.token);
    const tag = releaseTag(name, digest);
    if (inputs.plan) {
      const url = await publishedUrl(github, tag);
      if (url !== undefined) return nothing(name, digest, `${tag} is published already`);
      return {
        ...outcome(
          name,
          digest,
          planReport(name, `${tag} is not published yet: it is to be trained, judged and released`),
        ),
        outputs: { needed: 'true', digest, tag },
      };
    }
    const candidate = await gather(model, digest, host);
    const { url, wrote } = await publish(
      github,
      candidate,
      host.render(releaseNotes(candidate), NOTES_LIMIT),
    );
    return {
      ...outcome(name, digest, releaseReport(candidate, url, wrote)),
      outputs: { needed: 'false', digest, tag, 'release-url': url },
    };
  },
});

function nothing(model: string, digest: string | undefined, why: string): Outcome {
  return {
    ...outcome(model, digest, planReport(model, `${why}: nothing is to be released`)),
    outputs: { needed: 'false', ...(digest === undefined ? {} : { digest, tag: releaseTag(model, digest) }) },
  };
}

function outcome(model: string, digest: string | undefined, report: Outcome['report']): Outcome {
  const subjects = digest === undefined ? [] : [{ name: model, sha256: digest }];
  return { verdict: 'pass', model, subjects, findings: [], report };
}

async function publishedUrl(github: Github, tag: string): Promise<string | undefined> {
  const { owner, repo } = github;
  const found = await github.find(`read the release ${tag}`, (octokit) =>
    octokit.rest.repos.getReleaseByTag({ owner, repo, tag }),
  );
  return found === undefined || found.data.draft ? undefined : found.data.html_url;
}
