import { type Act, proposeChange, reportOn, statusOn } from './acts.ts';
import { expectThat } from './narrator.ts';

/** Better overall is not good enough when one airport pays for it. */
export const act3: Act = async (stage, narrator) => {
  narrator.act('Act 3: better overall, worse for one airport');
  await narrator.step(
    'a candidate with finer tables and a mistake about LAS is stopped by the gate per origin',
    async () => {
      const number = await proposeChange(stage, 'finer-tables', 'Finer tables', 'AUC goes up a lot.', [
        'more-tables',
        'las-in-hours',
      ]);
      const report = await reportOn(stage, number);
      expectThat((await statusOn(stage, number)) === 'failure', `the commit status is not red:\n${report}`);
      expectThat(report.includes('LAS'), `the report does not name LAS:\n${report}`);
      await stage.people.scientist.octokit.rest.pulls.update({
        owner: 'model-owner',
        repo: 'flight-delay',
        pull_number: number,
        state: 'closed',
      });
      await stage.settle();
      return `#${number}: AUC is better overall against what is live, and worse for LAS by more than the margin: fail`;
    },
  );
};
