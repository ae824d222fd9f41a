import { rm } from 'node:fs/promises';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { firstBroken } from '../../core/ledger/chain-of-evidence.ts';
import { readLedger } from '../../core/ledger/ledger.ts';
import { defineAction, type Outcome } from '../../core/toolkit/action.ts';
import { text } from '../../core/toolkit/inputs.ts';
import { brokenLive, type Dossier, readDossier } from './dossier.ts';
import { dossierReport } from './report.ts';

const NAME = 'compile-dossier';

export default defineAction({
  name: NAME,
  inputs: {
    model: text('the model of greenlight.yaml; may be left out when there is one'),
    token: text('a token with `contents: read`, `issues: read` and `pull-requests: read`'),
  },
  async run(inputs, host): Promise<Outcome> {
    await rm(host.out(NAME), { recursive: true, force: true });
    const { name } = await host.model(inputs.model);
    const github = await host.github(inputs.token);
    const ledger = await readLedger(host.git, { fetch: true, token: inputs.token });
    const dossier = await readDossier(name, host.git, github, ledger);
    const [broken] = brokenLive(dossier);
    const verdict = verdictOf(dossier);
    const isLive = dossier.environments.flatMap(({ environment, live }) =>
      live === undefined ? [] : [[environment, live] as const],
    );
    const link = broken === undefined ? undefined : firstBroken(broken.links);
    return {
      verdict,
      model: name,
      subjects: [...new Set(isLive.map(([, sha256]) => sha256))].map((sha256) => ({ name, sha256 })),
      findings: dossier.traced.map(({ digest, environments, links }) => ({
        kind: 'chain',
        digest,
        live: environments,
        links,
      })),
      report: dossierReport(dossier, verdict),
      outputs: {
        live: JSON.stringify(Object.fromEntries(isLive)),
        broken: link === undefined ? '' : `${link.name} of ${broken?.digest.slice(0, 12)}`,
      },
    };
  },
});

/** Nothing live is nothing verified: neither a pass nor a fail. */
function verdictOf(dossier: Dossier): Verdict {
  if (brokenLive(dossier).length > 0) return 'fail';
  return dossier.environments.some(({ live }) => live !== undefined) ? 'pass' : 'inconclusive';
}
