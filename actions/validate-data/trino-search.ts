import { identifier } from '../../core/toolkit/table/sql.ts';
import { isTrinoText, partsOf } from '../../core/toolkit/table/trino/cells.ts';
import type { Trino } from '../../core/toolkit/table/trino/client.ts';
import type { TrinoColumn, TrinoTable } from '../../core/toolkit/table/trino/describe.ts';
import { LONGEST, LONGEST_NESTED, SEED, type Searched, type SearchedColumn } from './privacy/searched.ts';
import { sampleServer } from './privacy/server-sample.ts';

/** Types whose texts could be numbers of cards and the like, or addresses. */
const PLAIN: readonly string[] = ['tinyint', 'smallint', 'integer', 'bigint', 'decimal', 'ipaddress'];
/** Types whose texts tell rows apart beside those. */
const TELLING: readonly string[] = ['double', 'real', 'date', 'timestamp', 'uuid'];

/** A table in Trino as personal data are sought in it. Rows have no place there: one is hashed by the texts of its columns. */
export function searchedTrino(trino: Trino, table: TrinoTable): Searched {
  const telling = table.columns.filter(
    ({ type }) => isTrinoText(type) || [...PLAIN, ...TELLING].includes(partsOf(type).base),
  );
  const texts = [`'${SEED}'`, ...telling.map(({ name }) => `CAST(${identifier(name)} AS varchar)`)];
  const sampled = {
    query: (sql: string) => trino.query(sql),
    from: table.from,
    hash: `from_big_endian_64(xxhash64(to_utf8(concat_ws(',', ARRAY[${texts.join(', ')}]))))`,
    texts: new Map(table.columns.map((column) => [column.name, textOf(column)])),
  };
  return {
    columns: table.columns.map(({ name, type }) => ({ name, holds: whatHolds(type) })),
    sample: (columns, rows) => sampleServer(sampled, columns, rows),
  };
}

function whatHolds(type: string): SearchedColumn['holds'] {
  if (type === 'json') return 'parts';
  return /^(array|map|row)\b/.test(type) ? 'unread' : 'values';
}

function textOf({ name, type }: TrinoColumn): string {
  const sql = identifier(name);
  if (type === 'json') return `substr(json_format(${sql}), 1, ${LONGEST_NESTED})`;
  if (isTrinoText(type)) return `substr(CAST(${sql} AS varchar), 1, ${LONGEST})`;
  if (PLAIN.includes(partsOf(type).base)) return `CAST(${sql} AS varchar)`;
  return `CASE WHEN ${sql} IS NOT NULL THEN '' END`;
}
