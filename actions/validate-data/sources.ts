import path from 'node:path';
import { CLASSIFICATION_FILE } from '../../core/formats/classification.ts';
import type { Contract } from '../../core/formats/contract.ts';
import { serverOf } from '../../core/formats/contract-servers.ts';
import { MANIFEST_FILE, type ManifestModel, readManifest } from '../../core/formats/manifest.ts';
import { WAIVERS_FILE } from '../../core/formats/waiver.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { inside, readRepositoryFile } from '../../core/toolkit/files.ts';
import type { Host } from '../../core/toolkit/host.ts';
import type { CsvOptions, DataFormat } from '../../core/toolkit/table/open.ts';
import { columnName } from './uses.ts';

/** Data and the contract that it is judged by. */
export interface Task {
  /** `train`, `test`, or empty for data named by inputs. */
  readonly dataset: string;
  /** The path of the contract that binds: on a pull request the base branch's word. */
  readonly contract: string;
  /** The path of the contract that binds after the merge. */
  readonly proposed: string;
  /** A path, or `table=path` for several; undefined where a server of the contract says where the data lies. */
  readonly data: string | undefined;
}

/** Where the data of one table lies. */
export interface TableSource {
  /** The table's place in the contract. */
  readonly index: number;
  /** As reports name it. */
  readonly name: string;
  /** An absolute path, folder or glob. */
  readonly path: string;
  readonly format?: DataFormat;
  readonly csv?: CsvOptions;
}

/** The text of a contract, from where the rules bind. */
export interface Rulebook {
  readonly file: string;
  readonly text: string;
  /**
   * How it stands to the checkout's own: `edited` is told, since the pull request is judged by the base's; `new` has nothing on the base to be
   * held against; `proposed` is the checkout's own beside a base's that it changes, and binds once it is merged.
   */
  readonly standing: 'same' | 'edited' | 'new' | 'proposed';
}

/**
 * The data sets of a model with their contracts. On a pull request which contract binds is the base branch's word; a model or data set that is
 * new there is judged by its own. Throws `manifest/no-contract`.
 */
export async function tasksOf(host: Host, name: string, model: ManifestModel): Promise<readonly Task[]> {
  const base = await baseModel(host, name);
  return (['train', 'test'] as const).map((dataset) => {
    const { path: data, contract: own } = model.data[dataset];
    const contract = base?.data[dataset].contract ?? own;
    if (contract === undefined) {
      throw new GreenlightError({
        code: 'manifest/no-contract',
        message: `the data set ${dataset} of ${name} names no contract: nothing would be judged`,
        place: { file: MANIFEST_FILE },
        mend: `write \`contract: contracts/….odcs.yaml\` beside its path`,
      });
    }
    return { dataset, data, contract, proposed: own ?? contract };
  });
}

async function baseModel(host: Host, name: string): Promise<ManifestModel | undefined> {
  if (host.rulesFrom === undefined) return undefined;
  const text = await host.git.show(host.rulesFrom, MANIFEST_FILE);
  return text === undefined ? undefined : readManifest(text).models[name];
}

/**
 * The contract that binds and, where a pull request changes it or names another one, the one that it proposes: data must keep both, or main would
 * break. Throws `file/not-found` where there is none any more.
 */
export async function readRulebooks(host: Host, task: Task): Promise<readonly Rulebook[]> {
  const own = await readRepositoryFile(host.root, task.proposed, 'the contract');
  if (host.rulesFrom === undefined) return [{ file: task.proposed, text: own, standing: 'same' }];
  const base = await host.git.show(host.rulesFrom, task.contract);
  if (base === undefined) return [{ file: task.proposed, text: own, standing: 'new' }];
  if (base === own) return [{ file: task.proposed, text: own, standing: 'same' }];
  return [
    { file: task.contract, text: base, standing: 'edited' },
    { file: task.proposed, text: own, standing: 'proposed' },
  ];
}

/** A file of the repository that greenlight.yaml may name, else one of a fixed name. */
interface NamedFile {
  readonly file: string;
  readonly text: string;
}

/** The waivers: the checkout's own, as a waiver is how a code owner accepts what its pull request breaks. */
export async function readWaiversFile(host: Host): Promise<NamedFile | undefined> {
  return named('waivers', WAIVERS_FILE, (file) => readOwn(host, file, 'the file'));
}

/** The team's words for classification: on a pull request the base branch's, as they decide what it is judged by. */
export async function readClassificationFile(host: Host): Promise<NamedFile | undefined> {
  const { rulesFrom } = host;
  return named('classification', CLASSIFICATION_FILE, (file) =>
    rulesFrom === undefined ? readOwn(host, file, 'the file') : host.git.show(rulesFrom, file),
  );
}

async function named(
  key: 'waivers' | 'classification',
  usual: string,
  read: (file: string) => Promise<string | undefined>,
): Promise<NamedFile | undefined> {
  const manifest = await read(MANIFEST_FILE);
  const chosen = manifest === undefined ? undefined : readManifest(manifest)[key];
  const file = chosen ?? usual;
  const text = await read(file);
  if (text !== undefined) return { file, text };
  if (chosen === undefined) return undefined;
  throw new GreenlightError({
    code: 'file/not-found',
    message: `${MANIFEST_FILE} names \`${file}\` as \`${key}\`, and there is no such file`,
    place: { file: MANIFEST_FILE },
  });
}

/** The text of a file of the checkout; undefined where there is none. */
export async function readOwn(host: Host, file: string, what: string): Promise<string | undefined> {
  try {
    return await readRepositoryFile(host.root, file, what);
  } catch (thrown) {
    if (thrown instanceof GreenlightError && thrown.code === 'file/not-found') return undefined;
    throw thrown;
  }
}

/**
 * Where the data of a contract's tables lies: what the task names, else what a server of type `local` says. `wanted` is the table meant, where
 * one is. Throws `contract/no-table` and what {@link serverOf} throws.
 */
export function tableSources(
  root: string,
  contract: Contract,
  { data }: Task,
  wanted: string | undefined,
  server: string | undefined,
): readonly TableSource[] {
  if (data !== undefined) {
    const named = namedTables(contract, data);
    const pairs = named.length > 0 ? named : [[tableIndex(contract, wanted), data] as const];
    const csv = namedForm(contract, server);
    return pairs.map(([index, name]) => ({
      index,
      name,
      path: inside(root, name, 'the data'),
      csv: { ...csv, ...namesOf(contract, index, csv) },
    }));
  }
  const source = serverOf(contract, server);
  if (source.kind !== 'files') {
    throw new GreenlightError({
      code: 'contract/unreadable-server',
      message: `the server \`${source.server}\` of type ${source.kind} is not read yet`,
      place: contract.placeOf(['servers'], 'key'),
      mend: 'fetch the data as CSV, Parquet or JSON and name it: `--data PATH`',
    });
  }
  const { format, ...csv } = source.form;
  const each = source.path.includes('{model}') && wanted === undefined;
  const indices = each
    ? (contract.document.schema ?? []).map((_, index) => index)
    : [tableIndex(contract, wanted)];
  return indices.map((index) => {
    const table = contract.document.schema?.[index];
    const file = source.path.replaceAll('{model}', table?.physicalName ?? table?.name ?? '');
    const names = namesOf(contract, index, csv);
    return { index, name: file, path: inside(root, file, 'the data'), format, csv: { ...csv, ...names } };
  });
}

/** How text files are written, by the server that is named or the only one of files: data that are named elsewhere are written alike. */
function namedForm(contract: Contract, server: string | undefined): CsvOptions {
  const local = (contract.document.servers ?? []).filter(({ type }) => type === 'local');
  const [only] = local;
  const name = server ?? (local.length === 1 ? only?.server : undefined);
  if (name === undefined) return {};
  const source = serverOf(contract, name);
  if (source.kind !== 'files') return {};
  const { format: _, ...csv } = source.form;
  return csv;
}

/** The names of columns that a file without a header has: those of the contract, in its order. */
function namesOf(contract: Contract, index: number, { header }: CsvOptions): CsvOptions {
  if (header !== false) return {};
  const properties = contract.document.schema?.[index]?.properties ?? [];
  return { names: properties.filter(({ semanticType }) => semanticType !== 'measure').map(columnName) };
}

/** `orders=data/orders.csv, customers=data/customers.csv`, where what stands before the sign is a table of the contract. */
function namedTables(contract: Contract, data: string): readonly (readonly [index: number, file: string])[] {
  const parts = data.split(/[\n,]/).map((part) => part.trim());
  const pairs = parts
    .filter((part) => part !== '')
    .map((part): readonly [number, string] => {
      const [table = '', ...rest] = part.split('=');
      return [findTable(contract, table.trim()), rest.join('=').trim()];
    });
  if (!pairs.every(([index, file]) => index !== -1 && file !== '')) return [];
  const twice = pairs.find(([index], at) => pairs.findIndex(([other]) => other === index) !== at);
  if (twice === undefined) return pairs;
  throw new GreenlightError({
    code: 'input/bad-value',
    message: `the input \`data\` names the table ${contract.document.schema?.[twice[0]]?.name} twice`,
    mend: 'name each table once; a folder or a glob stands for several files of one',
  });
}

function findTable(contract: Contract, wanted: string): number {
  const tables = contract.document.schema ?? [];
  return tables.findIndex(({ name, physicalName }) => name === wanted || physicalName === wanted);
}

/** The place of the table that is meant. Throws `contract/no-table`. */
export function tableIndex(contract: Contract, wanted: string | undefined): number {
  const tables = contract.document.schema ?? [];
  const index = wanted !== undefined ? findTable(contract, wanted) : tables.length === 1 ? 0 : -1;
  if (index !== -1) return index;
  const names = tables.map(({ name }) => name).join(', ');
  throw new GreenlightError({
    code: 'contract/no-table',
    message:
      wanted === undefined
        ? `the contract has ${tables.length} tables`
        : `the contract has no table \`${wanted}\``,
    place: contract.placeOf(['schema'], 'key'),
    mend:
      tables.length === 0
        ? 'declare the table under `schema`'
        : `set the input \`table\` to one of: ${names}; or name the data of several: \`data: ${tables[0]?.name}=PATH, …\``,
  });
}

/** The path of a file below the root, as reports and evidence name it. */
export function shownPath(root: string, file: string): string {
  return path.relative(root, file).split(path.sep).join('/');
}
