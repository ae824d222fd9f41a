import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Line } from './compare.ts';
import {
  bookingsContract,
  flightsContract,
  unclassified,
  uniqueTextContract,
  wideContract,
} from './contracts.ts';
import { BAD_VALUES, type BenchData, WIDE_ROWS } from './data.ts';
import type { Side } from './meter.ts';
import { install, PEERS, peerSide } from './peers.ts';
import { makeRepository, PULL_REQUEST } from './repository.ts';

/** A line to measure, or one that can't be and why. */
export type Planned =
  | { readonly line: Line }
  | {
      readonly line: Pick<Line, 'id' | 'title' | 'bounds'>;
      readonly unmeasured: 'not there yet' | 'skipped';
      readonly why: string;
    };

/** What the lines are made of. */
export interface Bench {
  readonly root: string;
  /** The folder for virtual environments, contracts and runs; ignored by git. */
  readonly home: string;
  readonly data: BenchData;
  /** The peers to measure beside the usual two. */
  readonly peers: readonly string[];
  /** Whether a line is to be measured: a peer that no line needs is not installed. */
  wants(id: string): boolean;
}

/** The lines of validate-data: what is promised of its speed, memory and start. */
export async function validateLines(bench: Bench): Promise<Planned[]> {
  const repository = await makeRepository(bench.data);
  return [
    ...floorLines(bench),
    ...uniquenessLines(bench),
    ...otherLines(bench, repository),
    ...peerLines(bench),
  ];
}

function floorLines(bench: Bench): Planned[] {
  const { data } = bench;
  const parquet = ten(bench, 'flights.parquet');
  const csv = ten(bench, 'flights.csv');
  const badColumn = ten(bench, 'flights-bad-column.csv', { exit: 1 });
  return [
    {
      line: {
        id: 'parquet',
        title: `Parquet, ${million(data.rows)} rows, ten rules`,
        ours: parquet,
        other: floor(bench, 'flights.parquet', 'flights'),
        bounds: [{ of: 'cpu-ratio', most: 1.5 }],
      },
    },
    {
      line: {
        id: 'csv',
        title: `CSV, ${million(data.rows)} rows, ten rules`,
        ours: csv,
        other: floor(bench, 'flights.csv', 'flights'),
        bounds: [{ of: 'cpu-ratio', most: 1.5 }],
      },
    },
    {
      line: {
        id: 'csv-bad-column',
        title: 'the same, every cell of one column bad (floor: the clean file)',
        ours: badColumn,
        other: floor(bench, 'flights.csv', 'flights'),
        bounds: [
          { of: 'cpu-ratio', most: 2 },
          { of: 'peak-mib', most: 256 },
        ],
      },
    },
    ...(['parquet', 'csv'] as const).map((format) => ({
      line: {
        id: `bad-row-${format}`,
        title: `one bad row of ${million(data.rows)} (${format}), against our own clean run`,
        ours: ten(bench, `flights-bad-row.${format}`, { exit: 1, fault: badRowFault(data) }),
        other: { ...(format === 'csv' ? csv : parquet), name: 'clean run' },
        bounds: [{ of: 'cpu-ratio' as const, most: 1.25 }],
      },
    })),
  ];
}

function uniquenessLines(bench: Bench): Planned[] {
  const rows = million(bench.data.rows * 10);
  const memory = { of: 'peak-mib', most: 512 } as const;
  const text = uniqueTextContract('bookings.parquet', 'ignore');
  return [
    {
      line: {
        id: 'unique-integers',
        title: `Parquet, ${rows} rows, ten rules and a unique integer (floor: bitmap)`,
        ours: ours(bench, 'bookings.parquet', bookingsContract('bookings.parquet', bench.data.destinations)),
        other: floor(bench, 'bookings.parquet', 'ids'),
        bounds: [{ of: 'cpu-ratio', most: 1.5 }, memory],
      },
    },
    {
      line: {
        id: 'unique-texts',
        title: `Parquet, ${rows} rows, a unique text (other: count(DISTINCT))`,
        ours: ours(bench, 'bookings.parquet', text),
        other: floor(bench, 'bookings.parquet', 'distinct'),
        bounds: [{ of: 'cpu-ratio', most: 0.8 }, memory, { of: 'spill-mib', most: 2048 }],
      },
    },
    {
      line: {
        id: 'repeated-texts',
        title: `the same, every text twice`,
        ours: ours(bench, 'bookings-twice.parquet', text, { exit: 1 }),
        other: floor(bench, 'bookings-twice.parquet', 'distinct', 1),
        bounds: [
          { of: 'cpu-ratio', most: 10 },
          { of: 'peak-mib', most: 768 },
        ],
        runs: 1,
      },
    },
  ];
}

function otherLines(bench: Bench, repository: string): Planned[] {
  const few = ten(bench, 'few.csv');
  return [
    {
      line: {
        id: 'wide',
        title: `200 rules on 50 columns, ${million(Math.min(bench.data.rows, WIDE_ROWS))} rows, against one SELECT by hand`,
        ours: ours(bench, 'wide.parquet', wideContract('wide.parquet')),
        other: floor(bench, 'wide.parquet', 'wide'),
        bounds: [{ of: 'cpu-ratio', most: 1.2 }],
      },
    },
    {
      line: {
        id: 'start',
        title: 'start to all checks done, 1,000 rows',
        ours: few,
        other: floor(bench, 'few.csv', 'start'),
        bounds: [{ of: 'wall-seconds', most: 0.4 }],
      },
    },
    {
      line: {
        id: 'nothing-changed',
        title: 'a pull request that changes neither data nor contract',
        ours: {
          name: 'greenlight',
          command: [process.execPath, cli(bench), 'validate-data'],
          cwd: repository,
          env: PULL_REQUEST,
          exit: 0,
          fault: (printed) =>
            printed.includes('neither contracts nor data') ? undefined : 'it judged what had not changed',
        },
        bounds: [{ of: 'wall-seconds', most: 1 }],
      },
    },
    ...(['parquet', 'csv'] as const).map((format) => ({
      line: {
        id: `profile-${format}`,
        title: `profile.json and pictures alone (${format}), by the flag`,
        ours: withFlag(ten(bench, `flights.${format}`), '--profile'),
        other: { ...ten(bench, `flights.${format}`), name: 'without' },
        floor: floor(bench, `flights.${format}`, 'flights'),
        bounds: [{ of: 'extra-cpu' as const, most: 1 }],
      },
    })),
    ...(['parquet', 'csv'] as const).map((format) => ({
      line: {
        id: `personal-data-${format}`,
        title: `the search for personal data alone (${format}), in columns that say nothing`,
        ours: ours(
          bench,
          `flights.${format}`,
          unclassified(
            flightsContract(path.join(bench.data.folder, `flights.${format}`), bench.data.destinations),
          ),
        ),
        other: { ...ten(bench, `flights.${format}`), name: 'without' },
        floor: floor(bench, `flights.${format}`, 'flights'),
        bounds: [{ of: 'extra-cpu' as const, most: 1 }],
      },
    })),
  ];
}

function peerLines(bench: Bench): Planned[] {
  return PEERS.filter(({ name, byFlag }) => !byFlag || bench.peers.includes(name)).flatMap((peer) =>
    Object.entries(peer.formats).map(([format, least]): Planned => {
      const line = {
        id: `${format}-${peer.name}`,
        title: `${format === 'csv' ? 'CSV' : 'Parquet'}, ten rules, against ${peer.name}`,
        bounds: [{ of: 'times-less-cpu' as const, least: least ?? 1 }],
        ...(peer.runs === undefined ? {} : { runs: peer.runs }),
      };
      if (!bench.wants(line.id)) return { line, unmeasured: 'skipped', why: 'it is not asked for' };
      const installed = install(peer, path.join(bench.home, 'venvs'));
      if ('skipped' in installed) return { line, unmeasured: 'skipped', why: installed.skipped };
      const file = path.join(bench.data.folder, `flights.${format}`);
      const contract = contractFile(
        bench,
        `flights.${format}`,
        flightsContract(file, bench.data.destinations),
      );
      const other = peerSide(peer, installed.bin, file, contract, bench.data);
      return { line: { ...line, ours: ten(bench, `flights.${format}`), other } };
    }),
  );
}

function withFlag(side: Side, flag: string): Side {
  return { ...side, command: [...side.command, flag] };
}

function cli({ root }: Bench): string {
  return path.join(root, 'dist', 'cli.js');
}

type Expected = Partial<Pick<Side, 'exit' | 'fault'>>;

/** Our command on the ten rules. */
function ten(bench: Bench, file: string, expected: Expected = {}): Side {
  const contract = flightsContract(path.join(bench.data.folder, file), bench.data.destinations);
  return ours(bench, file, contract, expected);
}

/** Our command as a person types it, with all that it writes by default. */
function ours(bench: Bench, file: string, contract: object, expected: Expected = {}): Side {
  const rulebook = path.relative(bench.data.folder, contractFile(bench, file, contract));
  return {
    name: 'greenlight',
    command: [
      process.execPath,
      cli(bench),
      'validate-data',
      '--contract',
      rulebook,
      '--data',
      file,
      '--report-json',
      'report.json',
    ],
    cwd: bench.data.folder,
    exit: 0,
    ...expected,
  };
}

/** Contracts of one data file that differ have files of their own. */
function contractFile(bench: Bench, file: string, contract: object): string {
  const folder = path.join(bench.data.folder, 'contracts');
  mkdirSync(folder, { recursive: true });
  const text = JSON.stringify(contract, null, 2);
  for (let at = 0; ; at++) {
    const name = path.join(folder, `${file}-${at}.odcs.yaml`);
    if (written.get(name) === undefined) {
      written.set(name, text);
      writeFileSync(name, text);
    }
    if (written.get(name) === text) return name;
  }
}

const written = new Map<string, string>();

function floor(bench: Bench, file: string, rules: string, exit = 0): Side {
  const program = path.join(import.meta.dirname, 'floor.mjs');
  const { folder } = bench.data;
  return {
    name: 'floor',
    command: [
      process.execPath,
      program,
      path.join(folder, file),
      path.join(folder, 'destinations.json'),
      rules,
    ],
    cwd: folder,
    exit,
  };
}

/** The bad row must be named by its record, and neither of its values shown. */
function badRowFault({ badRecord }: BenchData): (printed: string) => string | undefined {
  return (printed) => {
    if (!printed.replaceAll(/(?<=\d)[,  ](?=\d{3})/g, '').includes(String(badRecord)))
      return `the bad row ${badRecord} is not named`;
    const shown = Object.entries(BAD_VALUES).find(([, value]) => printed.includes(String(value)));
    return shown === undefined ? undefined : `the value of ${shown[0]} in the bad row is shown`;
  };
}

function million(rows: number): string {
  return rows >= 1_000_000 ? `${rows / 1_000_000} M` : rows.toLocaleString('en');
}
