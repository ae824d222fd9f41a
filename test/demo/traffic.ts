import path from 'node:path';
import { shell } from '../../core/toolkit/exec.ts';
import { readColumns } from '../../core/toolkit/table/read-columns.ts';
import { startClient } from '../../examples/serving/client.mjs';
import type { Stage } from './stage.ts';

const ROWS = 2000;

/** Real flights of the test window, sent to production without end. */
export async function startTraffic({ people: { owner }, serving }: Stage, perSecond: number) {
  await owner.startBranch('traffic');
  await shell('node scripts/setup.mjs', 'setup', { cwd: owner.folder });
  await shell('node scripts/fetch-data.mjs', 'data.fetch', { cwd: owner.folder });
  const file = path.join(owner.folder, 'data', 'test.parquet');
  const columns = await readColumns(file, ['hour', 'weekday', 'distance', 'origin', 'destination']);
  const rows = Array.from({ length: ROWS }, (_, row) =>
    ['hour', 'weekday', 'distance', 'origin', 'destination'].map((name) => {
      const column = columns.column(name);
      if (column.kind === 'number')
        return { name, datatype: 'INT64', shape: [1, 1], data: [column.values[row]] };
      if (column.kind === 'text')
        return { name, datatype: 'BYTES', shape: [1, 1], data: [column.dictionary[column.codes[row] ?? 0]] };
      throw new Error(`the column ${name} is of kind ${column.kind}`);
    }),
  );
  return startClient({ url: serving.production.url, router: 'flight-delay', rows, perSecond });
}
