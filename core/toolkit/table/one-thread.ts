import type { DataTable } from './open.ts';

/**
 * Does work by one thread of the table's engine: records of a text are numbered one by one, where a second thread takes only time, up to as
 * much again; and a search with a LIMIT ends at the last record that is wanted.
 */
export async function inOneThread<Result>(
  table: Pick<DataTable, 'query'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const [[threads] = []] = await table.query("SELECT current_setting('threads')");
  await table.query('SET threads = 1');
  try {
    return await work();
  } finally {
    await table.query(`SET threads = ${Number(threads)}`);
  }
}
