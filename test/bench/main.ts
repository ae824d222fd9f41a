import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Bound, measureLine, type Result, unmeasured } from './compare.ts';
import { makeData } from './data.ts';
import { findMeter, type Usage } from './meter.ts';
import { PEERS } from './peers.ts';
import { validateLines } from './validate.ts';

const USAGE = `npm run bench -- validate [--peers all | NAME,…] [--rows 3000000] [--runs 3] [--lines ID,…] [--list]
  --peers  measured beside datacontract-cli and frictionless: ${PEERS.filter(({ byFlag }) => byFlag)
    .map(({ name }) => name)
    .join(', ')}
  --rows   of the flights, at most 3000000; uniqueness is measured on ten times as many
  --runs   counted pairs of runs of a line, after one that warms up
  --lines  only these
  --list   only name the lines`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    peers: { type: 'string', default: '' },
    rows: { type: 'string', default: '3000000' },
    runs: { type: 'string', default: '3' },
    lines: { type: 'string' },
    list: { type: 'boolean', default: false },
  },
});
process.exitCode = await main();

async function main(): Promise<number> {
  const [rows, runs] = [Number(values.rows), Number(values.runs)];
  if (positionals.join() !== 'validate' || !(rows >= 1000 && rows <= 3_000_000) || !(runs >= 1)) {
    console.error(USAGE);
    return 3;
  }
  const meter = findMeter();
  if (meter === undefined) {
    console.error('skipped: measuring whole processes needs GNU time (/usr/bin/time) or python3');
    return 0;
  }
  const root = path.resolve(import.meta.dirname, '../..');
  const home = path.join(root, 'build', 'bench');
  const work = path.join(home, 'work');
  mkdirSync(work, { recursive: true });
  const data = await makeData(home, rows);
  const peers = values.peers === 'all' ? PEERS.map(({ name }) => name) : values.peers.split(',');
  const only = values.lines?.split(',');
  const asked = (id: string): boolean => only?.includes(id) ?? true;
  const wants = (id: string): boolean => !values.list && asked(id);
  const planned = (await validateLines({ root, home, data, peers, wants })).filter(({ line }) =>
    asked(line.id),
  );
  if (values.list) {
    for (const { line } of planned) console.log(`${line.id.padEnd(28)} ${line.title}`);
    return 0;
  }
  const results: Result[] = [];
  for (const plan of planned) {
    const result =
      'unmeasured' in plan
        ? unmeasured(plan.line, plan.unmeasured, plan.why)
        : await measureLine(plan.line, { meter, work, runs });
    results.push(result);
    print(result);
  }
  writeResults(path.join(home, 'results'), rows, results);
  const verdicts = Map.groupBy(
    results.flatMap(({ bounds }) => bounds),
    ({ verdict }) => verdict,
  );
  console.log([...verdicts].map(([verdict, bounds]) => `${bounds.length} ${verdict}`).join(', '));
  return verdicts.has('missed') ? 1 : 0;
}

function print({ title, runs, ours, other, bounds, faults }: Result): void {
  console.log(title);
  for (const { bound, measured, verdict } of bounds) {
    const figures =
      measured === undefined
        ? ''
        : `${show(measured.median)} (${show(measured.least)}–${show(measured.most)} of ${runs})`;
    console.log(`  ${verdict.padEnd(13)}  ${target(bound).padEnd(30)}  ${figures}`);
  }
  for (const [name, usage] of [
    ['greenlight', ours],
    [other?.name ?? '', other],
  ] as const)
    if (usage !== undefined) console.log(`  ${name.padEnd(18)} ${usageOf(usage)}`);
  for (const fault of faults) console.log(`  ! ${fault}`);
}

function target(bound: Bound): string {
  switch (bound.of) {
    case 'cpu-ratio':
      return `CPU at most ×${bound.most}`;
    case 'extra-cpu':
      return `extra CPU at most ${bound.most} floors`;
    case 'times-less-cpu':
      return `CPU at least ÷${bound.least}`;
    case 'peak-mib':
      return `peak at most ${bound.most} MiB`;
    case 'spill-mib':
      return `spill at most ${bound.most} MiB`;
    case 'wall-seconds':
      return `at most ${bound.most} s`;
  }
}

function usageOf({ cpu, wall, peak, spill }: Usage): string {
  const spilt = spill < 1 ? '' : `, spill ${Math.round(spill)} MiB`;
  return `${cpu.toFixed(2)} s CPU, ${wall.toFixed(2)} s, peak ${Math.round(peak)} MiB${spilt}`;
}

function show(value: number): string {
  return value >= 100 ? String(Math.round(value)) : value.toFixed(2);
}

/** A file for each day and size, so that a change of the figures can be looked up; lines that were not measured now stay as they were. */
function writeResults(folder: string, rows: number, results: readonly Result[]): void {
  mkdirSync(folder, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  const { version } = JSON.parse(
    readFileSync(new URL('../../node_modules/@duckdb/node-api/package.json', import.meta.url), 'utf8'),
  ) as { version: string };
  const machine = {
    platform: `${process.platform}-${process.arch}`,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model,
    node: process.version,
    duckdb: version,
  };
  const file = path.join(folder, `validate-${day}-${rows}.json`);
  const earlier = existsSync(file)
    ? (JSON.parse(readFileSync(file, 'utf8')) as { results: readonly Result[] }).results
    : [];
  const kept = earlier.filter(({ id }) => results.every((result) => result.id !== id));
  const all = { day, rows, machine, results: [...kept, ...results] };
  writeFileSync(file, `${JSON.stringify(all, null, 2)}\n`);
  console.log(`written: ${path.relative(process.cwd(), file)}`);
}
