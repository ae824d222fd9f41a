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
  reportOn,
  statusOn,
} from './acts.ts';
import { expectThat } from './narrator.ts';
import { REPOSITORY } from './stage.ts';

/** The first model reaches production. */
export const act2: Act = async (stage, narrator) => {
  narrator.act('Act 2: the first model reaches production');
  let number = 0;
  let digest = '';
  await narrator.step(
    'a data scientist trains in a clean clone, locks the model by its digest and opens a pull request',
    async () => {
      number = await proposeChange(
        stage,
        'first-model',
        'The first model',
        'Weeks 1 to 8 of 2001, tested on weeks 9 and 10.',
        [],
      );
      expectRun(stage, 'model-pull-request', 'success');
      const report = await reportOn(stage, number);
      expectThat(
        report.includes('the same bytes'),
        `the report does not say that training was reproduced:\n${report}`,
      );
      expectThat((await statusOn(stage, number)) === 'success', 'the commit status is not green');
      return `#${number}: contract kept, training reproduced to the byte, gates passed with intervals; nothing is live, and the report says so`;
    },
  );
  await narrator.step(
    'the code owner merges; the merged tree is trained and judged again, published, and live in staging',
    async () => {
      await acceptChange(stage, number);
      expectRun(stage, 'model-release', 'success');
      expectRun(stage, 'model-roll-out', 'success');
      digest = await lockedDigest(stage);
      const { data: release } = await stage.people.owner.octokit.rest.repos.getReleaseByTag({
        ...REPOSITORY,
        tag: `flight-delay-${digest.slice(0, 12)}`,
      });
      expectThat(release.immutable === true, 'the release is not immutable');
      await expectLive(stage, 'staging', digest);
      return `release ${release.tag_name} with ${release.assets.length} assets; staging's pull request was opened and merged by the workflow, smoke inference passed, no canary`;
    },
  );
  await narrator.step(
    'after a day in staging, production is offered by a pull request that carries the evidence',
    async () => {
      await passHours(stage, 25);
      const pull = await openPullRequestOf(stage, PRODUCTION_BRANCH);
      for (const word of [digest.slice(0, 12), 'risk-reviewer', 'AUC']) {
        expectThat(
          pull.body?.includes(word) === true,
          `the pull request does not name ${word}:\n${pull.body}`,
        );
      }
      return `#${pull.number}: verdict, gates with intervals, canary plan, rollback target, and who may approve`;
    },
  );
  await narrator.step('a reviewer who wrote none of it approves and merges: live in production', async () => {
    const promoted = await promote(stage);
    expectRun(stage, 'model-roll-out', 'success');
    await expectLive(stage, 'production', digest);
    return `#${promoted} merged; all traffic of production goes to ${digest.slice(0, 12)}, whose bytes the server itself hashed`;
  });
};
