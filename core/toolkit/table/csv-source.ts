import { stat } from 'node:fs/promises';
import { GreenlightError } from '../../kernel/errors.ts';
import { type CsvHeader, type CsvOptions, readCsvHeader } from './csv.ts';
import { type CsvFault, csvFaults } from './csv-faults.ts';
import { damaged } from './data-files.ts';
import {
  type DataColumn,
  missingColumns,
  type PlainFile,
  partitionColumns,
  partitionValues,
  pathList,
  RECORD_LIMIT,
  recordBase,
  type Source,
} from './source.ts';
import { literal } from './sql.ts';

/** A CSV file with its header, its columns bound to those of the table. */
interface Part {
  readonly file: PlainFile;
  readonly header: CsvHeader;
  /** Whether one thread is to read it. */
  readonly sequential: boolean;
}

/** Describes CSV files as one relation; columns are matched by name. */
export async function describeCsv(files: readonly PlainFile[], options: CsvOptions): Promise<Source> {
  const parts: Part[] = [];
  for (const file of files) {
    const header = await readCsvHeader(file.plain, file.name, withEnding(options, file));
    parts.push({ file, header, sequential: await needsOneThread(file, header) });
  }
  const names = [...new Set(parts.flatMap(({ header }) => header.names))];
  // Our names are positions: DuckDB would bind the file's names by position all the same, and rename duplicates.
  const columns: DataColumn[] = names.map((name, index) => ({ name, type: undefined, sql: `c${index}` }));
  const nulls = ['', ...(options.nullValues ?? [])];
  const read = (group: readonly Part[]): string => readCsv(group, names, nulls);
  const select = (part: Part, index: number, record: boolean): string => {
    const numbered = record ? [`${recordBase(index)} + row_number() OVER () AS record`] : [];
    const cells = names.map((name, at) =>
      part.header.names.includes(name) ? `c${at}` : `CAST(NULL AS VARCHAR) AS c${at}`,
    );
    const list = [...numbered, ...cells, ...partitionValues(part.file, files)].join(', ');
    return `SELECT ${list} FROM ${read([part])}`;
  };
  const together = parts.every((part) => part.file.partitions.size === 0 && sameForm(part, parts[0]));
  const all = (record: boolean): string =>
    `(${parts.map((part, index) => select(part, index, record)).join(' UNION ALL ')})`;
  return {
    columns: [...columns, ...partitionColumns(files, names)],
    columnsAtOnce: Number.POSITIVE_INFINITY,
    warnings: missingColumns(files, (index) => parts[index]?.header.names ?? [], names),
    from: (record) => (record === undefined && together ? read(parts) : all(record !== undefined)),
    form: (file) => {
      const part = parts.find((candidate) => candidate.file === file);
      return part === undefined ? undefined : formOf(part.header);
    },
    async explain(message) {
      const told = parts.filter(({ file }) => message.includes(file.plain));
      for (const part of new Set([...told, ...parts])) {
        const error = await faultError(part.file, part.header);
        if (error !== undefined) return error;
      }
      return told[0] === undefined ? undefined : damaged(told[0].file.name, 'CSV');
    },
  };
}

/**
 * Where DuckDB divides a file within a quoted cell whose lines look like records, it gives the file up. One thread reads it, but
 * passes over a quote that is not closed: it is to read sound files alone.
 */
async function needsOneThread(file: PlainFile, header: CsvHeader): Promise<boolean> {
  const { size } = await stat(file.plain);
  if (size <= RECORD_LIMIT || file.seen?.folded !== true) return false;
  const error = await faultError(file, header);
  if (error !== undefined) throw error;
  return true;
}

function withEnding(options: CsvOptions, file: PlainFile): CsvOptions {
  return options.delimiter === undefined && /\.tsv(\.gz|\.zst)?$/i.test(file.path)
    ? { ...options, delimiter: '\t' }
    : options;
}

function sameForm(a: Part, b: Part | undefined): boolean {
  return a.sequential === b?.sequential && JSON.stringify(a.header) === JSON.stringify(b.header);
}

function formOf({ delimiter, quote, names, header }: CsvHeader) {
  return { format: 'csv' as const, delimiter, quote, columns: names.length, header };
}

/** Files of the same form through one call. */
function readCsv(parts: readonly Part[], names: readonly string[], nulls: readonly string[]): string {
  const [first] = parts;
  if (first === undefined) throw new Error('a CSV table without files');
  const { header, sequential } = first;
  const columns = header.names.map((name) => `'c${names.indexOf(name)}': 'VARCHAR'`).join(', ');
  const options = [
    `columns = {${columns}}`,
    `auto_detect = false, hive_partitioning = false, header = ${header.header}`,
    `delim = ${literal(header.delimiter)}, quote = ${literal(header.quote)}, escape = ${literal(header.quote)}`,
    // An empty cell is NULL; a quoted empty one is the empty text.
    `nullstr = [${nulls.map(literal).join(', ')}], allow_quoted_nulls = false`,
    // DuckDB's buffers would be sixteen times the longest record.
    `max_line_size = ${RECORD_LIMIT}, buffer_size = ${RECORD_LIMIT}`,
    `parallel = ${!sequential}`,
  ];
  return `read_csv(${pathList(parts.map(({ file }) => file))}, ${options.join(', ')})`;
}

interface FaultText {
  readonly code: string;
  readonly what: string;
  readonly mend: string;
}

const FAULTS: Readonly<Record<CsvFault, FaultText>> = {
  'few-cells': {
    code: 'ragged-rows',
    what: 'fewer cells than there are columns',
    mend: 'give every record as many cells as the header',
  },
  'many-cells': {
    code: 'ragged-rows',
    what: 'more cells than there are columns',
    mend: 'put cells that hold the delimiter in quotes',
  },
  quotes: {
    code: 'bad-quotes',
    what: 'a quote that is not closed or not doubled',
    mend: 'double the quotes within a quoted cell',
  },
  'line-end': {
    code: 'mixed-line-ends',
    what: 'another line end than the first has',
    mend: 'end every record alike, and put cells that hold line ends in quotes',
  },
  'too-long': {
    code: 'line-too-long',
    what: 'more than 16 MiB',
    mend: 'check for a quote that is not closed',
  },
};

async function faultError(file: PlainFile, header: CsvHeader): Promise<GreenlightError | undefined> {
  const [found] = await csvFaults(file.plain, formOf(header));
  if (found === undefined) return undefined;
  const { code, what, mend } = FAULTS[found.fault];
  const { record, line } = found.first;
  return new GreenlightError({
    code: `data/${code}`,
    message: `${file.name} has ${found.records === 1 ? 'one record' : `${found.records} records`} with ${what}; the first is here`,
    place: { file: file.name, line, record },
    mend,
  });
}
