import {
  type Act,
  acceptChange,
  expectLive,
  expectRun,
  lockedDigest,
  openPullRequestOf,
  PRODUCTION_BRANCH,
  passHours,
  promote,
  proposeChange,
  startChecks,
  weights,
} from './acts.ts';
import { expectThat } from './narrator.ts';
import { REPOSITORY } from './stage.ts';
import { startTraffic } from './traffic.ts';

/** A good model that does not run well in production goes back by itself. */
export const act4: Act = async (stage, narrator) => {
  narrator.act('Act 4: a good candidate fails in its canary');
  const [live = ''] = Object.keys(await weights(stage, 'production'));
  let digest = '';
  await narrator.step(
    'the mistake mended, the candidate passes, is released, and is live in staging',
    async () => {
      const number = await proposeChange(
        stage,
        'finer-tables-mended',
        'Finer tables, LAS in minutes',
        'As before, without the mistake.',
        ['more-tables'],
      );
      expectRun(stage, 'model-pull-request', 'success');
      await acceptChange(stage, number);
      digest = await lockedDigest(stage);
      await expectLive(stage, 'staging', digest);
      await passHours(stage, 25);
      return `#${number}: no worse than live overall and for every origin; production is offered after the soak`;
    },
  );
  const traffic = await startTraffic(stage, 300);
  try {
    await narrator.step(
      'in production every request to it ends in 5xx: traffic goes back first',
      async () => {
        stage.serving.production.broken = `flight-delay-${digest.slice(0, 12)}`;
        await promote(stage);
        stage.serving.production.broken = undefined;
        const given = await weights(stage, 'production');
        expectThat(given[live] === 100, `traffic is ${JSON.stringify(given)}, not back at ${live}`);
        expectRun(stage, 'model-roll-out', 'failure');
        return `all traffic is back at ${live}; ${traffic.counts.failed} of ${traffic.counts.sent} requests failed`;
      },
    );
  } finally {
    await traffic.stop();
  }
  await narrator.step(
    'the ledger says rejected, the revert is proposed, and that digest is not offered again',
    async () => {
      await stage.people.owner.git('fetch', '--quiet', 'origin');
      const files = await stage.people.owner.git('ls-tree', '-r', '--name-only', 'origin/greenlight/ledger');
      expectThat(
        files.includes(`rejected-${digest.slice(0, 12)}.json`),
        `the ledger has no rejection:\n${files}`,
      );
      const revert = await openPullRequestOf(stage, PRODUCTION_BRANCH);
      await startChecks(stage);
      await stage.people.ops.approve(revert.number);
      await stage.people.ops.merge(revert.number);
      await stage.settle();
      await passHours(stage, 2);
      const { data: open } = await stage.people.owner.octokit.rest.pulls.list({
        ...REPOSITORY,
        state: 'open',
      });
      const offers = open.filter(({ head }) => head.ref.startsWith('greenlight/deploy/'));
      expectThat(offers.length === 0, `still offered: ${offers.map(({ title }) => title).join(', ')}`);
      return `#${revert.number} takes main back to ${live}; two hours later nothing is offered`;
    },
  );
};
