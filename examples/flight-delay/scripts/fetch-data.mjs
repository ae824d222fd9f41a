// data.fetch of greenlight.yaml: brings the weeks that params.yaml names.
import { readParams } from './params.mjs';
import { connect, writeFlights } from './warehouse.mjs';
import { firstDay } from './weeks.mjs';

const { train_weeks, test_weeks } = readParams().data;
const connection = await connect();
for (const [[first, last], path] of [
  [train_weeks, 'data/train.parquet'],
  [test_weeks, 'data/test.parquet'],
]) {
  await writeFlights(connection, { from: firstDay(first), until: firstDay(last + 1), path });
}
