// The stage `prepare`: counts flights and late flights of each combination of the model's inputs.
// The learner needs no more, so its time does not grow with the number of weeks.
import { connect, writeParquet } from './warehouse.mjs';

const LATE = 'late';

await writeParquet(
  await connect(),
  `SELECT hour, weekday, distance, origin, destination,
      count(*) AS flights, count(*) FILTER (${LATE}) AS late
    FROM 'data/train.parquet'
    GROUP BY ALL
    ORDER BY ALL`,
  'data/prepared.parquet',
);
