import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Act, lockedDigest } from './acts.ts';
import { findForgeries } from './forgeries.ts';
import { expectThat } from './narrator.ts';

/** What compliance reads, and the proof behind it. */
export const act6: Act = async (stage, narrator) => {
  narrator.act('Act 6: what was live when, who approved it, and the proof');
  const { owner } = stage.people;
  const digest = await lockedDigest(stage);
  await narrator.step('greenlight history prints what was live when and who approved it', async () => {
    await owner.startBranch('reading');
    const { code, output } = await owner.greenlight('history');
    expectThat(
      code === 0 && output.includes(digest.slice(0, 12)) && output.includes('risk-reviewer'),
      output,
    );
    return output.trim().split('\n').join('\n      ');
  });
  await narrator.step('greenlight verify walks from traffic back to data', async () => {
    const { code, output } = await owner.greenlight('verify', digest);
    expectThat(code === 0, output);
    return output.trim().split('\n').join('\n      ');
  });
  await narrator.step('one byte changed anywhere makes it fail, and name the broken link', async () => {
    const found = await findForgeries(stage, digest);
    return found.join('\n      ');
  });
  await narrator.step('compile-dossier writes what compliance reads', async () => {
    const { code, output } = await owner.greenlight('compile-dossier');
    expectThat(code === 0, output);
    const folder = path.join(owner.folder, '.greenlight', 'out', 'compile-dossier');
    const kept = path.resolve('.greenlight', 'dossier.html');
    await writeFile(kept, await readFile(path.join(folder, 'report.html')));
    return `${(await readdir(folder)).join(', ')}; a copy is kept at ${path.relative(process.cwd(), kept)}`;
  });
};
