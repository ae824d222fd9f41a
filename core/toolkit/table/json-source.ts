import { closeSync, openSync, readSync } from 'node:fs';
import { GreenlightError, messageOf } from '../../kernel/errors.ts';
import type { Place } from '../../kernel/place.ts';
import { recordTooLong } from './data-files.ts';
import type { Engine } from './engine.ts';
import { firstJsonFault } from './json-faults.ts';
import { linesOfRecords, type RecordForm, recordAt, scanRecords } from './records.ts';
import {
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

const COLUMNS_LIMIT = 10_000;
const KEYS_ONCE = 'give every key of an object once: readers differ in which one they take';

/** Describes NDJSON files, or JSON files that hold an array of objects each, as one relation of JSON objects. */
export async function describeJson(
  engine: Engine,
  files: readonly PlainFile[],
  format: 'ndjson' | 'json',
): Promise<Source> {
  const read = (some: readonly PlainFile[]): string => readJson(some, format);
  const keysOf: (readonly string[])[] = [];
  for (const file of files) keysOf.push(await keysIn(engine, file, format, read([file])));
  const names = [...new Set(keysOf.flat())].sort();
  if (names.length === 0) throw noKeys(files);
  if (names.length > COLUMNS_LIMIT) throw tooManyKeys(files, names.length);
  const columns = names.map((name, index) => ({ name, type: undefined, sql: `c${index}` }));
  const { values, cells } = extraction(names);
  const select = (file: PlainFile, index: number, record: boolean): string => {
    const own = [
      ...(record ? [`${recordBase(index)} + row_number() OVER () AS record`] : []),
      ...partitionValues(file, files),
    ];
    const inner = [...own, ...values].join(', ');
    return `SELECT * EXCLUDE (${values.map((_, part) => `j${part}`).join(', ')}), ${cells.join(', ')} FROM (SELECT ${inner} FROM ${read([file])})`;
  };
  const partitioned = files.some(({ partitions }) => partitions.size > 0);
  return {
    columns: [...columns, ...partitionColumns(files, names)],
    columnsAtOnce: KEYS_A_CALL,
    warnings: missingColumns(files, (index) => keysOf[index] ?? [], names),
    from: (record) =>
      record === undefined && !partitioned
        ? `(SELECT ${cells.join(', ')} FROM (SELECT ${values.join(', ')} FROM ${read(files)}))`
        : `(${files.map((file, index) => select(file, index, record !== undefined)).join(' UNION ALL ')})`,
    form: () => ({ format }),
    explain: async () => undefined,
  };
}

/** Keys that are read together: DuckDB reads those alone of which a statement asks for some, and each step holds thousands of rows of each. */
const KEYS_A_CALL = 250;

/**
 * The SQL of a record's cells, in two steps. One call for many keys reads an object once; one for each would look each key up from the
 * object's beginning. Fields are taken by their place, because their names are not told apart by case, as keys are.
 */
function extraction(names: readonly string[]): {
  readonly values: readonly string[];
  readonly cells: readonly string[];
} {
  const parts = Array.from({ length: Math.ceil(names.length / KEYS_A_CALL) }, (_, part) =>
    names.slice(part * KEYS_A_CALL, (part + 1) * KEYS_A_CALL),
  );
  return {
    values: parts.map((keys, part) => {
      // By hand: an object would put keys that look like numbers first.
      const fields = keys.map((key) => `${JSON.stringify(key)}:"JSON"`);
      return `from_json(json, ${literal(`{${fields.join(',')}}`)}) AS j${part}`;
    }),
    cells: names.map(
      (_, index) =>
        `struct_extract_at(j${Math.floor(index / KEYS_A_CALL)}, ${(index % KEYS_A_CALL) + 1}) AS c${index}`,
    ),
  };
}

function readJson(files: readonly PlainFile[], format: 'ndjson' | 'json'): string {
  const options = `maximum_object_size = ${RECORD_LIMIT}, hive_partitioning = false`;
  return format === 'ndjson'
    ? `read_ndjson_objects(${pathList(files)}, ignore_errors = true, ${options})`
    : `read_json_objects(${pathList(files)}, format = 'array', ${options})`;
}

/** The keys of a file's objects, sorted. Throws where the file is no JSON, or a record is no object or has a key twice. */
async function keysIn(
  engine: Engine,
  file: PlainFile,
  format: 'ndjson' | 'json',
  from: string,
): Promise<readonly string[]> {
  const keys = "CASE WHEN json_type(json) = 'OBJECT' THEN json_keys(json) END";
  const twice = 'len(keys) <> len(list_distinct(keys))';
  // Most files have few sets of keys: each is looked at once.
  const counted = `WITH k AS MATERIALIZED (SELECT ${keys} AS keys, count(*) AS n FROM ${from} GROUP BY ALL)
    SELECT (SELECT sum(n) FROM k WHERE keys IS NULL), (SELECT sum(n) FROM k WHERE ${twice}),
      (SELECT list(DISTINCT key ORDER BY key) FROM (SELECT unnest(keys) AS key FROM k))`;
  const [[bad, doubled, found] = []] = await engine
    .attempt(counted)
    .catch(async (thrown) => Promise.reject(await malformed(file, format, messageOf(thrown))));
  const first = async (condition: string): Promise<Place> => {
    const numbered = `SELECT row_number() OVER () AS record, ${keys} AS keys FROM ${from}`;
    const [[number] = []] = await engine.attempt(`SELECT min(record) FROM (${numbered}) WHERE ${condition}`);
    const record = Number(number);
    const line = (await linesOfRecords(file.plain, [record], { format })).get(record);
    return { file: file.name, record, ...(line === undefined ? {} : { line }) };
  };
  const what = format === 'ndjson' ? 'lines' : 'elements';
  if (Number(bad) > 0) {
    throw new GreenlightError({
      code: 'data/bad-json',
      message: `${file.name} has ${what} that are no JSON objects, ${bad} in all; the first is here`,
      place: await first('keys IS NULL'),
      mend: format === 'ndjson' ? 'write one JSON object a line' : 'write one array of JSON objects',
    });
  }
  if (Number(doubled) > 0) {
    throw new GreenlightError({
      code: 'data/duplicate-key',
      message: `${file.name} has objects with a key twice, ${doubled} in all; the first is here`,
      place: await first(twice),
      mend: KEYS_ONCE,
    });
  }
  await mustBeStrict(file, format);
  return Array.isArray(found) ? found.map(String) : [];
}

async function mustBeStrict(file: PlainFile, format: 'ndjson' | 'json'): Promise<void> {
  const found = await firstJsonFault(file.plain, format);
  if (found === undefined) return;
  const at = await recordAt(file.plain, found.offset, { format });
  const place = { file: file.name, ...(at === undefined ? {} : { line: at.line, record: at.record }) };
  throw found.fault === 'lenience'
    ? new GreenlightError({
        code: 'data/bad-json',
        message: `${file.name} is no well-formed JSON: it has NaN, an infinity or a comma before a closing bracket; the first is here`,
        place,
        mend: 'write null for a number that is none, and the file by a JSON library',
      })
    : new GreenlightError({
        code: 'data/duplicate-key',
        message: `${file.name} has a key twice in an object within a cell; the first is here`,
        place,
        mend: KEYS_ONCE,
      });
}

function tooManyKeys(files: readonly PlainFile[], keys: number): GreenlightError {
  return new GreenlightError({
    code: 'data/too-many-columns',
    message: `the objects have ${keys} keys in all, more than ${COLUMNS_LIMIT}`,
    place: { file: files[0]?.name ?? '' },
    mend: 'keys that are data, such as ids, belong into a value of their own',
  });
}

function noKeys(files: readonly PlainFile[]): GreenlightError {
  const name = files[0]?.name ?? '';
  return new GreenlightError({
    code: 'data/no-columns',
    message:
      files.length === 1
        ? `${name} has no object with a key`
        : `${name} and the other files have no object with a key`,
    place: { file: name },
    mend: 'an empty array and blank lines hold no rows to judge',
  });
}

/** The error of a file that DuckDB gave up. Its message holds the number of the element, about; the rest may be quoted from the file. */
async function malformed(file: PlainFile, format: 'ndjson' | 'json', message: string): Promise<Error> {
  if (/maximum_object_size/.test(message)) {
    return recordTooLong({ file: file.name });
  }
  if (format === 'json' && /Expected top-level JSON array/.test(message)) {
    return new GreenlightError({
      code: 'data/bad-json',
      message: `${file.name} is not one array of JSON objects`,
      place: { file: file.name, line: 1 },
      mend: 'write `[{…}, {…}]`; with one object a line, let the name end with .ndjson',
    });
  }
  const about = Number(/record\/value (\d+)/.exec(message)?.[1] ?? 1);
  const at = format === 'json' ? await firstMalformed(file.plain, about - 3) : undefined;
  return new GreenlightError({
    code: 'data/bad-json',
    message: `${file.name} is no well-formed JSON: it is cut short, or wrong here`,
    place: { file: file.name, ...at },
    mend: 'write the file again by a JSON library',
  });
}

/** The first element, from one on, that is no JSON by itself. */
async function firstMalformed(
  file: string,
  from: number,
): Promise<{ readonly record: number; readonly line: number } | undefined> {
  const form: RecordForm = { format: 'json' };
  const handle = openSync(file, 'r');
  let last: { readonly record: number; readonly line: number; readonly offset: number } | undefined;
  let bad = false;
  try {
    await scanRecords(file, form, (record, line, offset) => {
      if (last !== undefined && last.record >= from) {
        const bytes = Buffer.alloc(Math.min(offset - last.offset, RECORD_LIMIT));
        readSync(handle, bytes, 0, bytes.length, last.offset);
        bad = !isJson(bytes.toString('utf8').replace(/,\s*$/, ''));
        if (bad) return false;
      }
      last = { record, line, offset };
      return true;
    });
  } finally {
    closeSync(handle);
  }
  return last === undefined ? undefined : { record: last.record, line: last.line };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
