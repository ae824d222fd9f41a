import { GreenlightError, throwIfAny } from '../kernel/errors.ts';
import { nearest } from '../kernel/schema.ts';
import { oneLine } from '../kernel/text.ts';
import type { Path } from '../kernel/yaml.ts';
import type { Contract, ContractServer } from './contract-model.ts';

export type ServerType = ContractServer['type'];

/** How the files of a server are written, as far as its entry says. */
export interface FileForm {
  readonly format: 'csv' | 'parquet' | 'json' | 'ndjson';
  /** One character. */
  readonly delimiter?: string;
  /** Whether the first record names the columns. */
  readonly header?: boolean;
  /** One character, or empty where nothing is quoted. */
  readonly quote?: string;
  readonly encoding?: string;
  /** Texts that stand for no value. */
  readonly nullValues?: readonly string[];
}

/** Where validate-data reads a contract's data. */
export type ServerSource =
  | {
      readonly kind: 'files';
      readonly server: string;
      /** A file, a folder or a glob, relative to the working folder or absolute; `{model}` stands for the table's name. */
      readonly path: string;
      readonly form: FileForm;
    }
  | {
      readonly kind: 'postgresql';
      readonly server: string;
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly schema: string;
    }
  | {
      readonly kind: 'trino';
      readonly server: string;
      readonly host: string;
      readonly port: number;
      readonly catalog: string;
      readonly schema: string;
    };

/** Which keys an entry of a type needs, and which others the standard knows (its JSON Schema 3.2.0, `ServerSource`). */
const KEYS: Readonly<Record<ServerType, readonly [needs: string, takes: string]>> = {
  api: ['location', ''],
  athena: ['schema', 'stagingDir catalog regionName workgroup'],
  azure: ['location format', 'encoding delimiter'],
  bigquery: ['project dataset', ''],
  clickhouse: ['host port database', ''],
  cloudsql: ['host port database schema', ''],
  custom: [
    '',
    'account catalog database dataset delimiter endpointUrl encoding format host location path port project region regionName schema serviceName stagingDir stream warehouse',
  ],
  databricks: ['catalog schema', 'host'],
  db2: ['host port database', 'schema'],
  denodo: ['host port', 'database'],
  dremio: ['host port', 'schema'],
  duckdb: ['database', 'schema'],
  exasol: ['host', 'port schema'],
  glue: ['account database', 'location format encoding'],
  hana: ['host', 'port database schema'],
  hive: ['host database', 'port'],
  iceberg: ['catalog catalogUrl', 'namespace warehouse'],
  impala: ['host database', 'port'],
  informix: ['host database', 'port'],
  kafka: ['host', 'format encoding'],
  kinesis: ['', 'region format encoding'],
  local: ['path format', 'encoding'],
  mysql: ['host port database', ''],
  oracle: ['host port serviceName', ''],
  postgres: ['host port database schema', ''],
  postgresql: ['host port database schema', ''],
  presto: ['host', 'catalog schema'],
  pubsub: ['project', ''],
  redshift: ['database schema', 'host region account'],
  s3: ['location', 'endpointUrl format encoding delimiter'],
  sftp: ['location', 'format encoding delimiter'],
  snowflake: ['account database schema', 'host port warehouse'],
  sqlserver: ['host database schema', 'port'],
  synapse: ['host port database', ''],
  teradata: ['host', 'port database'],
  trino: ['host port catalog schema', ''],
  vertica: ['host port database schema', ''],
  zen: ['host database', 'port'],
};

const COMMON = 'id server type description environment roles customProperties';
/** What we read on servers of files beside the standard's keys, on the entry or as customProperties. */
const FILE_OPTIONS = [
  'delimiter',
  'header',
  'quote',
  'encoding',
  'nullValues',
] as const satisfies (keyof ContractServer)[];
const FILE_TYPES: readonly ServerType[] = ['azure', 'custom', 'local', 's3', 'sftp'];

/** The keys that an entry of a type lacks. */
export function missingServerKeys(server: Partial<ContractServer>): readonly string[] {
  const type = server.type ?? 'custom';
  // The schema tells of a type that is none.
  return (Object.hasOwn(KEYS, type) ? words(KEYS[type][0]) : []).filter(
    (key) => server[key as keyof ContractServer] === undefined,
  );
}

/** The keys of an entry that its type does not have, each with the nearest that it has. */
export function unknownServerKeys(
  server: ContractServer,
): readonly { readonly key: string; readonly near: string | undefined }[] {
  const options = FILE_TYPES.includes(server.type) ? FILE_OPTIONS : [];
  const known: readonly string[] = [...words(COMMON), ...KEYS[server.type].flatMap(words), ...options];
  return Object.keys(server)
    .filter((key) => !known.includes(key))
    .map((key) => ({ key, near: nearest(key, known) }));
}

function words(text: string): readonly string[] {
  return text === '' ? [] : text.split(' ');
}

/**
 * Where the data of a contract lies: the server named, or the only one. Throws `contract/no-server`, `contract/several-servers`,
 * `contract/unknown-server`, `contract/unreadable-server` (its type is not read here) and `contract/bad-server` (what it says can't be).
 */
export function serverOf(contract: Contract, name?: string): ServerSource {
  const { entry, at } = chosen(contract, name);
  const { server, host = '', database = '', catalog = '', schema = '' } = entry;
  switch (entry.type) {
    case 'local':
      return filesOf(contract, entry, at);
    case 'postgres':
    case 'postgresql':
      return { kind: 'postgresql', server, host, port: portOf(contract, entry, at), database, schema };
    case 'trino':
      return { kind: 'trino', server, host, port: portOf(contract, entry, at), catalog, schema };
    default:
      throw fault(
        contract,
        'unreadable-server',
        `the server \`${server}\` is of type ${entry.type}, which is not read here`,
        [...at, 'type'],
        'judge the data all the same: fetch it as CSV, Parquet or JSON and give `--data PATH`, or judge it where it lies through a server of type postgresql or trino',
      );
  }
}

function chosen(
  contract: Contract,
  name: string | undefined,
): { readonly entry: ContractServer; readonly at: Path } {
  const servers = contract.document.servers ?? [];
  const listed = servers.map(({ server, type }) => `${server} (${type})`).join(', ');
  if (servers.length === 0) {
    throw fault(
      contract,
      'no-server',
      'the contract declares no server: nothing says where its data lies',
      [],
      'name the data: `--data PATH`; or declare a server of type local with `path` and `format`',
    );
  }
  if (name === undefined && servers.length > 1) {
    throw fault(
      contract,
      'several-servers',
      `the contract has ${servers.length} servers: ${listed}`,
      ['servers'],
      'say which: `--server NAME`; or name the data: `--data PATH`',
    );
  }
  const index = servers.findIndex(({ server }) => name === undefined || server === name);
  const entry = servers[index];
  if (entry !== undefined) return { entry, at: ['servers', index] };
  const near = nearest(
    name ?? '',
    servers.map(({ server }) => server),
  );
  throw fault(
    contract,
    'unknown-server',
    `the contract has no server \`${name}\``,
    ['servers'],
    near === undefined ? `there are: ${listed}` : `did you mean \`${near}\`?`,
  );
}

const FORMATS: Readonly<Record<string, FileForm['format']>> = {
  csv: 'csv',
  parquet: 'parquet',
  json: 'json',
  jsonl: 'ndjson',
  ndjson: 'ndjson',
};

/** What an option of files may be, and what to write instead. */
const OPTIONS: Readonly<
  Record<(typeof FILE_OPTIONS)[number], readonly [fits: (value: unknown) => boolean, mend: string]>
> = {
  delimiter: [
    (value) => isText(value) && value.length === 1,
    'one character; a tab is "\\t", in double quotes',
  ],
  header: [(value) => typeof value === 'boolean', 'true or false, without quotes'],
  quote: [(value) => isText(value) && value.length <= 1, 'one character, or "" where nothing is quoted'],
  encoding: [(value) => isText(value) && value !== '', 'a name such as UTF-8'],
  nullValues: [(value) => [value].flat().every(isText), 'a list of texts, each in quotes: ["NA", "-9"]'],
};

function filesOf(contract: Contract, entry: ContractServer, at: Path): ServerSource {
  const errors: GreenlightError[] = [];
  const refuse = (key: string, message: string, mend: string): void => {
    errors.push(fault(contract, 'bad-server', message, [...at, key], mend));
  };
  const { path = '', format: written = '' } = entry;
  const format = Object.hasOwn(FORMATS, written.toLowerCase()) ? FORMATS[written.toLowerCase()] : undefined;
  if (format === undefined) {
    const known = Object.keys(FORMATS).join(', ');
    refuse('format', `files of the format \`${written}\` are not read here`, `write one of: ${known}`);
  }
  if (path.includes('${'))
    refuse('path', 'variables (`${…}`) are not resolved', 'write the path out, or give `--data PATH`');
  const given: Record<string, unknown> = {};
  for (const key of FILE_OPTIONS) {
    const value = entry[key] ?? entry.customProperties?.find(({ property }) => property === key)?.value;
    const [fits, mend] = OPTIONS[key];
    if (value === undefined) continue;
    // In JSON the standard's `delimiter` says how documents follow one another.
    if (key === 'delimiter' && format !== 'csv') continue;
    if (!fits(value)) refuse(key, `\`${key}\` of a server of files can't be that`, mend);
    given[key] = key === 'nullValues' ? [value].flat() : value;
  }
  throwIfAny(errors);
  const lines = format === 'json' && entry.delimiter === 'new_line';
  const form = { ...given, format: lines ? 'ndjson' : format } as FileForm;
  return { kind: 'files', server: entry.server, path, form };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function portOf(contract: Contract, entry: ContractServer, at: Path): number {
  const port = Number(entry.port);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw fault(
    contract,
    'bad-server',
    `the port of the server \`${entry.server}\` is no number from 1 to 65535`,
    [...at, 'port'],
    'write the number: variables (`${…}`) are not resolved',
  );
}

function fault(contract: Contract, code: string, message: string, at: Path, mend: string): GreenlightError {
  const place = contract.placeOf(at);
  return new GreenlightError({
    code: `contract/${code}`,
    message: oneLine(message),
    place,
    mend: oneLine(mend),
  });
}
