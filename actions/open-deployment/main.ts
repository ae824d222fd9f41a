import { LOCK_FILE, readLock } from '../../core/formats/lock.ts';
import type { NamedModel } from '../../core/formats/manifest.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { readLedger } from '../../core/ledger/ledger.ts';
import { findRelease } from '../../core/ledger/releases.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import type { Github } from '../../core/toolkit/github.ts';
import type { Host } from '../../core/toolkit/host.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { now } from '../../core/toolkit/time.ts';
import { type Candidate, decide, ladder } from './decide.ts';
import { declaredAt, offer, withdraw } from './offer.ts';
import { ladderReport } from './report.ts';

export default defineAction({
  name: 'open-deployment',
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    token: text('a token with `contents: write`, `pull-requests: write` and `actions: write`'),
  },
  async run(inputs, host): Promise<Outcome> {
    const model = await host.model(inputs.model);
    const { name } = model;
    const github = await host.github(inputs.token);
    const { owner, repo } = github;
    const { data } = await github.attempt('read the repository', (octokit) =>
      octokit.rest.repos.get({ owner, repo }),
    );
    const base = data.default_branch;
    const ledger = await readLedger(host.git, {
      fetch: true,
      ...(inputs.token === undefined ? {} : { token: inputs.token }),
    });
    const released = await releasedCandidate(github, host, name);
    const lines: { environment: string; sentence: string }[] = [];
    const numbers: Record<string, number> = {};
    const merged: string[] = [];
    for (const environment of rungsOf(model)) {
      const settings = model.model.environments?.[environment];
      if (settings === undefined) continue;
      const rung = {
        environment,
        settings,
        released,
        records: ledger.records(environment, name),
        before: settings.after === undefined ? [] : ledger.records(settings.after, name),
        declared: await declaredAt(github, base, environment, name),
      };
      const decision = decide(rung, now());
      if (decision.kind !== 'offer') {
        lines.push({ environment, sentence: decision.reason });
        if (decision.kind === 'nothing' && decision.barred !== undefined) {
          await withdraw(github, base, name, environment, decision.barred, decision.reason);
        }
        continue;
      }
      const offered = await offer(github, host, base, name, rung, decision.candidate);
      lines.push({ environment, sentence: offered.sentence });
      if (offered.number !== undefined) numbers[environment] = offered.number;
      if (offered.merged) merged.push(environment);
    }
    return {
      verdict: 'pass',
      model: name,
      subjects: released === undefined ? [] : [{ name, sha256: released.digest }],
      findings: lines.map((line) => ({ kind: 'rung', ...line })),
      report: ladderReport(name, lines),
      outputs: { 'pull-requests': JSON.stringify(numbers), merged: merged.join(',') },
    };
  },
});

/** What the lock of the checkout names, where it is published. */
async function releasedCandidate(github: Github, host: Host, model: string): Promise<Candidate | undefined> {
  const lock = await host.git.show('HEAD', LOCK_FILE);
  const digest = lock === undefined ? undefined : readLock(lock).models[model]?.model.sha256;
  const release = digest === undefined ? undefined : await findRelease(github, model, digest);
  return digest === undefined || release === undefined ? undefined : { digest, release: release.tag };
}

function rungsOf({ name, model }: NamedModel): string[] {
  const { rungs, left } = ladder((model.environments ?? {}) as Parameters<typeof ladder>[0]);
  if (left.length === 0) return rungs;
  throw new GreenlightError({
    code: 'manifest/no-ladder',
    message: `the environments ${left.join(', ')} of ${name} stand on no rung: \`after\` names one that is not there, or they go in a circle`,
    mend: 'let `after` name an environment of this model, and one environment have none',
  });
}
