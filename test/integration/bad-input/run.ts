import { spawn } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

const CLI = path.resolve(import.meta.dirname, '../../../dist/cli.js');
const OUT = '.greenlight/out/validate-data';
/** No run may take longer; what hangs is killed and fails. */
const SECONDS = 100;

/** What stands in cells and must never come out. */
export const MARKER = 'MARKER4711';

/** A folder with contract and data, thrown away after the test. */
export interface Workspace {
  readonly folder: string;
  put(name: string, content: string | Uint8Array): void;
}

/** What came out of one run of the command. */
export interface Run {
  readonly code: number | null;
  /**
   * One line a finding of the report, else an error or warning of standard error: `data/ragged-rows d.csv:2#1` (line 2, record 1),
   * `t.a.maximum fail 1/2 d.csv:3#2` (of how many rows, and where), `t.b.pattern error: …`.
   */
  readonly findings: readonly string[];
  readonly verdict: string | undefined;
  /** All that came out: both streams and every file left in the workspace's out folder. */
  readonly everything: string;
  readonly stdout: string;
  readonly stderr: string;
}

export function workspace(): Workspace {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'bad-input-')));
  return {
    folder,
    put(name, content) {
      const file = path.join(folder, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
    },
  };
}

/** Runs the bundle as a shell would. */
export async function greenlight(folder: string, args: readonly string[]): Promise<Run> {
  const { code, stdout, stderr } = await command(folder, args);
  const files = filesBelow(path.join(folder, OUT)).map((file) => readFileSync(file, 'utf8'));
  const report = readReport(path.join(folder, OUT, 'report.json'));
  return {
    code,
    findings: report === undefined ? saidErrors(stderr) : report.findings.map(lineOf),
    verdict: report?.verdict,
    everything: [stdout, stderr, ...files].join('\n'),
    stdout,
    stderr,
  };
}

function command(
  cwd: string,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const { GITHUB_ACTIONS: _, ...env } = process.env;
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd,
      env: { ...env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: SECONDS * 1000,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  readonly record?: number;
}

interface Finding {
  readonly kind: string;
  readonly code?: string;
  readonly place?: Place;
  readonly rule?: string;
  readonly level?: string;
  readonly count?: number;
  readonly rows?: number;
  readonly reason?: string;
  readonly places?: readonly Place[];
}

interface ReportFile {
  readonly verdict: string;
  readonly findings: readonly Finding[];
}

function readReport(file: string): ReportFile | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ReportFile;
  } catch (thrown) {
    if (
      (thrown as NodeJS.ErrnoException).code === 'ENOENT' ||
      (thrown as NodeJS.ErrnoException).code === 'ENOTDIR'
    )
      return undefined;
    throw thrown;
  }
}

function lineOf({ kind, code, place, rule, level, count, rows, reason, places = [] }: Finding): string {
  if (kind === 'error') return [code, ...(place === undefined ? [] : [shown(place)])].join(' ');
  if (kind === 'files-differ') return `${code} warn ${place === undefined ? '' : shown(place)}`;
  if (kind === 'rule-not-judged') return `${rule} error: ${reason}`;
  if (kind !== 'rule-broken') return kind;
  const what = count === undefined ? `: ${reason}` : ` ${count}/${rows}`;
  return [`${rule} ${level}${what}`, ...places.map(shown)].join(' ');
}

function shown({ file, line, column, record }: Place): string {
  return `${file}${line === undefined ? '' : `:${line}`}${column === undefined ? '' : `:${column}`}${record === undefined ? '' : `#${record}`}`;
}

/** `error: c.yaml:3:1: what is wrong [area/code]` as `area/code c.yaml:3:1`. */
function saidErrors(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^(?:error|warning): (?:(\S+?(?::\d+:\d+)?): )?.* \[(\S+)\]$/gm)].map(
    ([, place, code = '']) => (place === undefined ? code : `${code} ${place}`),
  );
}

function filesBelow(folder: string): readonly string[] {
  try {
    // What another run is just writing has a name of its own until it is whole.
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => !name.endsWith('.partial'))
      .map((name) => path.join(folder, name))
      .filter((file) => statSync(file).isFile());
  } catch {
    return [];
  }
}

/** Lines that only an exception of JavaScript leaves. */
export const STACK_TRACE =
  /^\s+at (async )?\S.*[:(]\d+|node:internal|file:\/\/\/|bug of Greenlight|UnhandledPromise/m;

/** A Parquet file of a SELECT of DuckDB, or what another `options` of COPY writes. */
export async function written(select: string, options = 'FORMAT parquet'): Promise<Uint8Array> {
  const { folder } = workspace();
  const file = path.join(folder, 'written');
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  await connection.run(`COPY (${select}) TO '${file}' (${options})`);
  connection.closeSync();
  instance.closeSync();
  const bytes = readFileSync(file);
  rmSync(folder, { recursive: true, force: true });
  return bytes;
}

/** A contract of one table `t`; `properties` and `table` in YAML, unindented. */
export function contract(properties: string, table = ''): string {
  const indented = (text: string, by: number): string =>
    text.trimEnd().replaceAll(/^(?=.)/gm, ' '.repeat(by));
  return `apiVersion: v3.1.0
kind: DataContract
id: t
version: 1.0.0
status: active
schema:
  - name: t
${table === '' ? '' : `${indented(table, 4)}\n`}    properties:
${indented(properties, 6)}
`;
}
