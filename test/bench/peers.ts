import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BenchData } from './data.ts';
import type { Side } from './meter.ts';

/** Another tool, as its users would run it on the ten rules. */
export interface Peer {
  readonly name: string;
  /** What pip installs, pinned. */
  readonly requirements: readonly string[];
  /** Measured only where asked for. */
  readonly byFlag: boolean;
  /** The formats of the ten-rule lines, with the least factor that issue and docs promise; undefined: printed without a target. */
  readonly formats: Readonly<Partial<Record<'parquet' | 'csv', number | undefined>>>;
  /** Counted runs where one takes most of a minute. */
  readonly runs?: number;
  /** The command; `contract` is the ODCS contract that names `file` as its server's path. */
  command(bin: string, file: string, contract: string, data: BenchData): readonly [string, ...string[]];
}

const script = (name: string): string => path.join(import.meta.dirname, 'peers', name);

export const PEERS: readonly Peer[] = [
  {
    name: 'datacontract-cli',
    requirements: ['datacontract-cli[duckdb]==1.2.8'],
    byFlag: false,
    formats: { parquet: 8, csv: undefined },
    command: (bin, _file, contract) => [path.join(bin, 'datacontract'), 'test', contract],
  },
  {
    name: 'frictionless',
    requirements: ['frictionless==5.21.0'],
    byFlag: false,
    formats: { csv: 15 },
    runs: 1,
    command: (bin, file, _contract, data) => [
      path.join(bin, 'python'),
      script('frictionless_check.py'),
      file,
      path.join(data.folder, 'destinations.json'),
    ],
  },
  {
    name: 'great-expectations',
    requirements: ['great-expectations==1.24.1', 'pandas==3.1.1', 'pyarrow'],
    byFlag: true,
    formats: { parquet: undefined, csv: undefined },
    command: (bin, file, _contract, data) => [
      path.join(bin, 'python'),
      script('great_expectations_check.py'),
      file,
      path.join(data.folder, 'destinations.json'),
    ],
  },
  {
    name: 'soda',
    requirements: ['soda-core==4.28.0', 'soda-duckdb==4.28.0'],
    byFlag: true,
    formats: { parquet: undefined, csv: undefined },
    command: (bin, file, _contract, data) => {
      const { source, contract } = writeSoda(file, data);
      return [path.join(bin, 'soda'), 'contract', 'verify', '--data-source', source, '--contract', contract];
    },
  },
  {
    name: 'pandera',
    requirements: ['pandera[polars]==0.35.0'],
    byFlag: true,
    formats: { parquet: undefined, csv: undefined },
    command: (bin, file, _contract, data) => [
      path.join(bin, 'python'),
      script('pandera_check.py'),
      file,
      path.join(data.folder, 'destinations.json'),
    ],
  },
];

/** The folder of a peer's programs, in a virtual environment of its own, made where it is not there; or why there is none. */
export function install(peer: Peer, under: string): { readonly bin: string } | { readonly skipped: string } {
  const home = path.join(under, peer.name);
  const bin = path.join(home, process.platform === 'win32' ? 'Scripts' : 'bin');
  const done = path.join(home, 'installed.json');
  if (existsSync(done)) return { bin };
  rmSync(home, { recursive: true, force: true });
  console.log(`installing ${peer.requirements.join(' ')} …`);
  const venv = spawnSync('python3', ['-m', 'venv', home], { encoding: 'utf8' });
  if (venv.status !== 0) return { skipped: 'needs python3 with its module venv' };
  const pip = spawnSync(
    path.join(bin, 'python'),
    ['-m', 'pip', 'install', '-q', '--disable-pip-version-check', ...peer.requirements],
    { encoding: 'utf8' },
  );
  if (pip.status !== 0)
    return { skipped: `pip could not install it: ${pip.stderr.trim().split('\n').at(-1) ?? ''}` };
  writeFileSync(done, JSON.stringify(peer.requirements));
  return { bin };
}

/** One run of a peer on a data file of the ten rules. */
export function peerSide(peer: Peer, bin: string, file: string, contract: string, data: BenchData): Side {
  const [program, ...args] = peer.command(bin, file, contract, data);
  return { name: peer.name, command: [program, ...args], cwd: data.folder, exit: 0 };
}

/** Soda's own contract language, in JSON, which is YAML. */
function writeSoda(file: string, { destinations }: BenchData): { source: string; contract: string } {
  const source = `${file}.soda-source.yaml`;
  const contract = `${file}.soda.yaml`;
  const range = (least: number, most: number): object => ({
    greater_than_or_equal: least,
    less_than_or_equal: most,
  });
  const column = (name: string, type: string, ...checks: object[]): object => ({
    name,
    data_type: type,
    ...(checks.length === 0 ? {} : { checks }),
  });
  const missing = { missing: null };
  writeFileSync(
    source,
    JSON.stringify({ type: 'duckdb', name: 'bench', connection: { database: file, schema: 'main' } }),
  );
  writeFileSync(
    contract,
    JSON.stringify({
      dataset: `bench/main/${path.parse(file).name}`,
      checks: [
        { schema: null },
        { row_count: { threshold: { must_be_between: range(1000, 100_000_000) } } },
        { freshness: { column: 'date', threshold: { unit: 'day', must_be_less_than: 20_000 } } },
      ],
      columns: [
        column('date', 'timestamp'),
        column('delay', 'bigint', missing, { invalid: { valid_min: -1200, valid_max: 2000 } }),
        column('distance', 'bigint', { invalid: { valid_min: 0 } }),
        column('origin', 'varchar', missing, {
          invalid: { valid_format: { regex: '^[A-Z0-9]{3}$', name: 'code' } },
        }),
        column('destination', 'varchar', missing, { invalid: { valid_values: destinations } }),
      ],
    }),
  );
  return { source, contract };
}
