import {
  type Act,
  acceptChange,
  expectLive,
  expectRun,
  lockedDigest,
  openPullRequestOf,
  passHours,
  promote,
  startChecks,
} from './acts.ts';
import { expectThat } from './narrator.ts';
import { REPOSITORY, type Stage } from './stage.ts';
import { startTraffic } from './traffic.ts';

const RETRAINING_BRANCH = 'greenlight/retrain/flight-delay';

/** Decay that is really in these data: seen, retrained by pull request, replaced. */
export const act5: Act = async (stage, narrator) => {
  narrator.act('Act 5: the live model decays, and is retrained and replaced');
  const { forge, people, settle } = stage;
  await narrator.step('on 7 May two weeks of the last five are off: not yet an alarm', async () => {
    await monitorOn('2001-05-07T06:00:00Z');
    expectThat((await driftIssues(stage)).length === 0, 'an issue was opened already');
    return 'calibration gap by week with its interval; an alarm takes 3 of 5';
  });
  let issue = 0;
  let number = 0;
  await narrator.step(
    'on 28 May three are: one issue, a retraining job, a retraining pull request',
    async () => {
      await monitorOn('2001-05-28T06:00:00Z');
      const issues = await driftIssues(stage);
      expectThat(issues.length === 1 && issues[0]?.state === 'open', `${issues.length} drift issues`);
      issue = issues[0].number;
      const pull = await openPullRequestOf(stage, RETRAINING_BRANCH);
      number = pull.number;
      return `issue #${issue} shows the weeks, and that the input columns do not move; #${number} has new parameters and a new lock from a job that could only read`;
    },
  );
  let digest = '';
  await narrator.step(
    'a person starts its checks, which pass on weeks it has not seen; it is released and soaks in staging',
    async () => {
      const started = await startChecks(stage);
      expectThat(started > 0, 'no checks were waiting for a person');
      expectRun(stage, 'model-pull-request', 'success');
      await acceptChange(stage, number);
      expectRun(stage, 'model-release', 'success');
      digest = await lockedDigest(stage);
      await expectLive(stage, 'staging', digest);
      await passHours(stage, 25);
      return `${digest.slice(0, 12)} is no worse than live on weeks 20 and 21`;
    },
  );
  const traffic = await startTraffic(stage, 300);
  try {
    await narrator.step('it goes through its canary to all traffic of production', async () => {
      const promoted = await promote(stage);
      expectRun(stage, 'model-roll-out', 'success');
      await expectLive(stage, 'production', digest);
      expectThat(traffic.counts.failed === 0, `${traffic.counts.failed} requests failed`);
      return `#${promoted}: 5, 25, 50, 100 %, each step judged on counts; ${traffic.counts.ok} requests, none failed`;
    });
  } finally {
    await traffic.stop();
  }
  await narrator.step('when its windows are quiet the issue is closed', async () => {
    await monitorOn('2001-06-25T06:00:00Z');
    const { data } = await people.owner.octokit.rest.issues.get({ ...REPOSITORY, issue_number: issue });
    expectThat(data.state === 'closed', `issue #${issue} is ${data.state}`);
    return `#${issue} is closed and does not claim that retraining did it`;
  });

  async function monitorOn(date: string): Promise<void> {
    forge.clock.set(new Date(date));
    await stage.runner.tick();
    await settle();
    expectRun(stage, 'model-monitor', 'success');
  }
};

async function driftIssues({ people: { owner } }: Stage) {
  const { data } = await owner.octokit.rest.issues.listForRepo({
    ...REPOSITORY,
    state: 'all',
    labels: 'greenlight-drift',
  });
  return data.filter((issue) => issue.pull_request === undefined);
}
