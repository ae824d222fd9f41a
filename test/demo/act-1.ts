import { type Act, proposeChange, reportOn, statusOn } from './acts.ts';
import { expectThat } from './narrator.ts';

/** Broken data is stopped before anything is trained on it. */
export const act1: Act = async (stage, narrator) => {
  narrator.act('Act 1: broken data is stopped');
  let number = 0;
  await narrator.step(
    'a data scientist counts hours from 1 and renames a column, and opens a pull request',
    async () => {
      number = await proposeChange(
        stage,
        'hours-from-one',
        'Count hours from 1',
        'Hours read better this way.',
        ['broken-data'],
      );
      const run = stage.latest('model-pull-request');
      expectThat(
        run?.conclusion === 'failure',
        `model-pull-request ended as ${run?.conclusion}, not as failure`,
      );
      return `pull request #${number}: its run ended as failure, in a job with a read-only token and no secrets`;
    },
  );
  await narrator.step('validate-data says what is wrong and where', async () => {
    const report = await reportOn(stage, number);
    for (const word of ['hour', 'delay', 'data/train.parquet', 'record']) {
      expectThat(report.includes(word), `the report does not name ${word}:\n${report}`);
    }
    const status = await statusOn(stage, number);
    expectThat(status === 'failure', `the commit status is ${status}, not failure`);
    return 'the comment names rule, file and records, and shows no value; the commit status is red';
  });
};
