import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { writeLock } from '../../core/formats/lock.ts';
import { digestFile } from '../../core/toolkit/digest.ts';
import { flightsContract } from './contracts.ts';
import type { BenchData } from './data.ts';

const CONTRACT = 'contracts/flights.odcs.yaml';

const MANIFEST = `models:
  flight-delay:
    owners: ["@model-owner"]
    data:
      train: { path: data/flights.parquet, contract: ${CONTRACT} }
      test: { path: data/flights.csv, contract: ${CONTRACT} }
    training: { pipeline: dvc.yaml, reproduce: bytes }
    model: model/flight-delay.onnx
`;

/** The variables of a pull request's step, for a repository of {@link makeRepository}. */
export const PULL_REQUEST = { GITHUB_EVENT_NAME: 'pull_request', GITHUB_BASE_REF: 'main' };

/** A model's repository with a branch that changes nothing but its README since origin/main. */
export async function makeRepository(data: BenchData): Promise<string> {
  const folder = path.join(data.folder, 'repository');
  if (existsSync(path.join(folder, '.git', 'refs', 'remotes', 'origin', 'main'))) return folder;
  mkdirSync(path.join(folder, 'contracts'), { recursive: true });
  mkdirSync(path.join(folder, 'data'), { recursive: true });
  const write = (file: string, text: string): void => writeFileSync(path.join(folder, file), text);
  const file = async (name: string) => {
    const source = path.join(data.folder, name);
    const link = path.join(folder, 'data', name);
    if (!existsSync(link)) linkSync(source, link);
    return { path: `data/${name}`, ...(await digestFile(source)) };
  };
  write('greenlight.yaml', MANIFEST);
  write(CONTRACT, JSON.stringify(flightsContract('data/flights.parquet', data.destinations)));
  write('.gitignore', 'data/\n');
  write('README.md', 'Before\n');
  const model = { path: 'model/flight-delay.onnx', sha256: '0'.repeat(64), size: 1 };
  const [train, test] = [await file('flights.parquet'), await file('flights.csv')];
  const entry = { model, inputs: [], data: { train, test }, stages: [], environment: {} };
  write('greenlight.lock', writeLock({ schema: 'greenlight.lock/v1', models: { 'flight-delay': entry } }));
  const git = (...args: string[]): void => {
    const who = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost', '-c', 'commit.gpgsign=false'];
    const { status, stderr } = spawnSync('git', [...who, ...args], { cwd: folder, encoding: 'utf8' });
    if (status !== 0) throw new Error(`git ${args[0]}: ${stderr}`);
  };
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'The model');
  write('README.md', 'After\n');
  git('commit', '-q', '-a', '-m', 'A word in the README');
  git('update-ref', 'refs/remotes/origin/main', 'HEAD~1');
  return folder;
}
