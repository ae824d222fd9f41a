import { GreenlightError } from '../../kernel/errors.ts';
import { damaged } from './data-files.ts';
import type { Engine, Rows } from './engine.ts';
import {
  type DataColumn,
  missingColumns,
  type PlainFile,
  partitionColumns,
  partitionValues,
  pathList,
  recordBase,
  type Source,
} from './source.ts';
import { identifier } from './sql.ts';

interface ParquetColumn {
  readonly name: string;
  readonly type: string;
  /** As DuckDB calls it: it renames one that differs from another in case alone. */
  readonly called: string;
}

/** Describes Parquet files as one relation: each file by itself, columns matched by name. */
export async function describeParquet(engine: Engine, files: readonly PlainFile[]): Promise<Source> {
  const described: (readonly ParquetColumn[])[] = [];
  for (const file of files) described.push(await columnsOf(engine, file));
  const names = [...new Set(described.flatMap((columns) => columns.map(({ name }) => name)))];
  const columns: DataColumn[] = names.map((name, index) => ({
    name,
    type: commonType(name, files, described),
    sql: `c${index}`,
  }));
  const together = described.every((own) => JSON.stringify(own) === JSON.stringify(described[0]));
  const cells = (own: readonly ParquetColumn[]): readonly string[] =>
    columns.map(({ name, type, sql }) => {
      const held = own.find((column) => column.name === name);
      if (held === undefined) return `CAST(NULL AS ${type}) AS ${sql}`;
      const cell = identifier(held.called);
      return `${held.type === type ? cell : `CAST(${cell} AS ${type})`} AS ${sql}`;
    });
  const select = (file: PlainFile, index: number, record: boolean): string => {
    const own = described[index] ?? [];
    // The virtual columns of DuckDB give way to columns of these names.
    const rowNumber = own.some(({ name }) => name.toLowerCase() === 'file_row_number')
      ? 'row_number() OVER ()'
      : 'file_row_number + 1';
    const numbered = record ? [`${recordBase(index)} + ${rowNumber} AS record`] : [];
    const list = [...numbered, ...cells(own), ...partitionValues(file, files)].join(', ');
    return `SELECT ${list} FROM ${readParquet([file])}`;
  };
  const partitioned = files.some(({ partitions }) => partitions.size > 0);
  const all = (record: boolean): string =>
    `(${files.map((file, index) => select(file, index, record)).join(' UNION ALL ')})`;
  return {
    columns: [...columns, ...partitionColumns(files, names)],
    columnsAtOnce: Number.POSITIVE_INFINITY,
    warnings: missingColumns(files, (index) => (described[index] ?? []).map(({ name }) => name), names),
    from: (record) =>
      record === undefined && together && !partitioned
        ? `(SELECT ${cells(described[0] ?? []).join(', ')} FROM ${readParquet(files)})`
        : all(record !== undefined),
    form: () => undefined,
    async explain(message) {
      const told = files.find(({ plain }) => message.includes(plain));
      if (told !== undefined) return damaged(told.name, 'Parquet');
      for (const file of files) {
        const own = (described[files.indexOf(file)] ?? []).map(
          ({ called }) => `max(hash(${identifier(called)}))`,
        );
        const whole = await engine.attempt(`SELECT ${own.join(', ')} FROM ${readParquet([file])}`).then(
          () => true,
          () => false,
        );
        if (!whole) return damaged(file.name, 'Parquet');
      }
      return undefined;
    },
  };
}

function readParquet(files: readonly PlainFile[]): string {
  return `read_parquet(${pathList(files)}, hive_partitioning = false)`;
}

async function columnsOf(engine: Engine, file: PlainFile): Promise<readonly ParquetColumn[]> {
  const attempt = (sql: string): Promise<Rows> =>
    engine.attempt(sql).catch(() => Promise.reject(damaged(file.name, 'Parquet')));
  const described = await attempt(`DESCRIBE SELECT * FROM ${readParquet([file])}`);
  const schema = await attempt(
    `SELECT name, coalesce(num_children, 0) FROM parquet_schema(${pathList([file])})`,
  );
  const names = namesIn(schema.map(([name, children]) => [String(name), Number(children)]));
  return described.map(([called, type], index) => ({
    name: names[index] ?? String(called),
    type: String(type),
    called: String(called),
  }));
}

/** The names of the columns in a Parquet schema, which is a tree in depth-first order, its root first. */
function namesIn(schema: readonly (readonly [name: string, children: number])[]): readonly string[] {
  const names: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = schema[at]?.[1] ?? 0;
    at += 1;
    for (let child = 0; child < children; child++) skip();
  };
  while (at < schema.length) {
    names.push(schema[at]?.[0] ?? '');
    skip();
  }
  return names;
}

/** The type that holds a column of all files without loss. Throws `data/types-differ`, naming two files. */
function commonType(
  name: string,
  files: readonly PlainFile[],
  described: readonly (readonly ParquetColumn[])[],
): string {
  let common: { readonly type: string; readonly file: string } | undefined;
  for (const [index, columns] of described.entries()) {
    const type = columns.find((column) => column.name === name)?.type;
    if (type === undefined) continue;
    const file = files[index]?.name ?? '';
    const wider = common === undefined ? type : widened(common.type, type);
    if (wider === undefined) {
      throw new GreenlightError({
        code: 'data/types-differ',
        message: `the column \`${name}\` is ${common?.type} in ${common?.file} and ${type} in ${file}`,
        place: { file, field: name },
        mend: 'write all files of a table with the same types',
      });
    }
    common = { type: wider, file: common === undefined || wider !== common.type ? file : common.file };
  }
  return common?.type ?? 'VARCHAR';
}

const SIGNED = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT'];
const UNSIGNED = ['UTINYINT', 'USMALLINT', 'UINTEGER', 'UBIGINT'];

/** The smallest type that holds every value of two types of the same kind; undefined where there is none. */
function widened(a: string, b: string): string | undefined {
  if (a === b) return a;
  if ([a, b].every((type) => SIGNED.includes(type) || UNSIGNED.includes(type))) return widerInteger(a, b);
  if ([a, b].every((type) => type === 'FLOAT' || type === 'DOUBLE')) return 'DOUBLE';
  if ([a, b].every((type) => type === 'VARCHAR' || type.startsWith('ENUM('))) return 'VARCHAR';
  const [first, second] = [a, b].map((type) => /^DECIMAL\((\d+),(\d+)\)$/.exec(type)?.slice(1).map(Number));
  if (first === undefined || second === undefined) return undefined;
  const [[widthA = 0, scaleA = 0], [widthB = 0, scaleB = 0]] = [first, second];
  const scale = Math.max(scaleA, scaleB);
  const width = Math.max(widthA - scaleA, widthB - scaleB) + scale;
  return width <= 38 ? `DECIMAL(${width},${scale})` : undefined;
}

function widerInteger(a: string, b: string): string | undefined {
  for (const kinds of [SIGNED, UNSIGNED]) {
    if (kinds.includes(a) && kinds.includes(b)) return kinds[Math.max(kinds.indexOf(a), kinds.indexOf(b))];
  }
  const [signed, unsigned] = SIGNED.includes(a) ? [a, b] : [b, a];
  // A signed type of the next size holds every value of an unsigned one.
  return SIGNED[Math.max(SIGNED.indexOf(signed), UNSIGNED.indexOf(unsigned) + 1)];
}
