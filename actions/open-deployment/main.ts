import type { NamedModel } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { readLedger } from '../../core/ledger/ledger.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { closePullRequest } from '../../core/toolkit/pull-request.ts';
import { defaultBranch } from '../../core/toolkit/retraining.ts';
import { now } from '../../core/toolkit/time.ts';
import { type Decision, decide, ladder, type Rung } from './decide.ts';
import { observe, releasedDigest } from './observe.ts';
import { type Done, type Offering, offer } from './offer.ts';
import { ladderReport } from './report.ts';
import { readReviewers } from './reviewers.ts';

export default defineAction({
  name: 'open-deployment',
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    token: text('a token with `contents: write`, `pull-requests: write` and `actions: write`'),
  },
  async run(inputs, host): Promise<Outcome> {
    const model = await host.model(inputs.model);
    const { name } = model;
    const rungs = rungsOf(model);
    const github = await host.github(inputs.token);
    const reviewers = await readReviewers(github, host, model);
    const base = await defaultBranch(github);
    const ledger = await readLedger(host.git, { fetch: true, token: inputs.token });
    const released = await releasedDigest(github, base, name);
    const done: (Done & { readonly environment: string })[] = [];
    for (const environment of rungs) {
      const settings = model.model.environments?.[environment];
      if (settings === undefined) continue;
      const rung = await observe(github, base, model, environment, settings, ledger, released);
      const by = { base, model: name, settings, reviewers: reviewers.by.get(environment) };
      done.push({ environment, ...(await act(github, host, rung, decide(rung, now()), by)) });
    }
    const numbers = done.flatMap(({ environment, number }) =>
      number === undefined ? [] : [[environment, number] as const],
    );
    const merged = done.filter((each) => each.merged).map(({ environment }) => environment);
    return {
      verdict: 'pass',
      model: name,
      subjects: released === undefined ? [] : [{ name, sha256: released }],
      findings: done.map(({ environment, sentence }) => ({ kind: 'rung', environment, sentence })),
      report: ladderReport(name, done, reviewers.warnings),
      annotations: reviewers.warnings,
      outputs: { 'pull-requests': JSON.stringify(Object.fromEntries(numbers)), merged: merged.join(',') },
    };
  },
});

async function act(
  github: Github,
  host: Host,
  rung: Rung,
  decision: Decision,
  by: Omit<Offering, 'rung' | 'digest'>,
): Promise<Done> {
  switch (decision.kind) {
    case 'offer':
      return offer(github, host, { ...by, rung, digest: decision.digest });
    case 'close':
      await closePullRequest(github, decision.number, `Closed: ${decision.reason}.`);
      return {
        sentence: `#${decision.number} was closed: ${decision.reason}`,
        number: undefined,
        merged: false,
      };
    case 'nothing':
      return { sentence: decision.reason, number: rung.open?.number, merged: false };
  }
}

function rungsOf({ name, model }: NamedModel): string[] {
  const { rungs, left } = ladder(model.environments ?? {});
  if (left.length === 0) return rungs;
  throw new GreenlightError({
    code: 'manifest/no-ladder',
    message: `the environments ${left.join(', ')} of ${name} stand on no rung: \`after\` names one that is not there, or they go in a circle`,
    mend: 'let `after` name an environment of this model, and one environment have none',
  });
}
