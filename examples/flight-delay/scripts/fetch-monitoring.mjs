// monitoring.fetch of greenlight.yaml: brings the flights from the first watched week until before GREENLIGHT_AS_OF.
import { readParams } from './params.mjs';
import { connect, writeFlights } from './warehouse.mjs';
import { asOf, firstDay } from './weeks.mjs';

await writeFlights(await connect(), {
  from: firstDay(readParams().monitoring.from_week),
  until: asOf(),
  path: 'data/monitoring.parquet',
});
