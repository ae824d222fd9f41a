import { act1 } from './act-1.ts';
import { act2 } from './act-2.ts';
import { act3 } from './act-3.ts';
import { act4 } from './act-4.ts';
import { act5 } from './act-5.ts';
import { act6 } from './act-6.ts';
import { Narrator, Surprise } from './narrator.ts';
import { setStage } from './stage.ts';

const ACTS = [act1, act2, act3, act4, act5, act6];

/** The day of the story's first pull request: the flights of weeks 1 to 10 of 2001 are there. */
const START = new Date('2001-03-12T08:00:00Z');

const narrator = new Narrator();
console.log(
  'Setting the stage: a stand-in for GitHub on this computer, a model repository, two inference servers.',
);
const stage = await setStage(START, narrator);
let failed = 0;
try {
  for (const act of ACTS) await act(stage, narrator);
  narrator.end();
} catch (error) {
  failed = 1;
  console.error(
    `\n  ✗ ${error instanceof Surprise ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
}
if (process.argv.includes('--stay')) {
  console.log(`\nThe forge stays at ${stage.forge.serverUrl}/model-owner/flight-delay until Ctrl+C.`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
}
await stage.close();
console.log(`${narrator.checks} passed, ${failed} failed, 0 skipped`);
process.exit(failed);
