import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readContract } from '../../core/formats/contract.ts';
import { readManifest, selectModel } from '../../core/formats/manifest.ts';
import { readPipeline } from '../../core/formats/pipeline.ts';
import { readPolicy } from '../../policies/read.ts';

const execute = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');
const EXAMPLE = path.join(ROOT, 'examples/flight-delay');
const STORY = path.join(ROOT, 'examples/flight-delay-story');

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'flight-delay-'));
  await cp(EXAMPLE, folder, { recursive: true });
  await symlink(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
  await setWindows('[1, 1]', '[2, 2]');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function setWindows(train: string, test: string): Promise<string> {
  const text = (await readFile(path.join(EXAMPLE, 'params.yaml'), 'utf8'))
    .replace('train_weeks: [1, 8]', `train_weeks: ${train}`)
    .replace('test_weeks: [9, 10]', `test_weeks: ${test}`);
  await writeFile(path.join(folder, 'params.yaml'), text);
  return text;
}

async function script(name: string, asOf?: string): Promise<void> {
  const env = { ...process.env, ...(asOf === undefined ? {} : { GREENLIGHT_AS_OF: asOf }) };
  await execute(process.execPath, [`scripts/${name}`], { cwd: folder, env });
}

async function digest(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path.join(folder, file)))
    .digest('hex');
}

async function ask(sql: string): Promise<unknown[]> {
  const connection = await (await DuckDBInstance.create(':memory:')).connect();
  const reader = await connection.runAndReadAll(sql);
  return reader.getRowObjectsJson();
}

describe('the flight-delay example', () => {
  test('fetches, prepares and trains to the same bytes each time', { timeout: 60_000 }, async () => {
    const files = [
      'data/train.parquet',
      'data/test.parquet',
      'data/prepared.parquet',
      'model/flight-delay.onnx',
    ];
    const build = async (): Promise<string[]> => {
      for (const name of ['fetch-data.mjs', 'prepare.mjs', 'train.mjs']) await script(name);
      return Promise.all(files.map(digest));
    };
    const first = await build();
    for (const file of files) await rm(path.join(folder, file));
    expect(await build()).toEqual(first);
  });

  test('fetches whole weeks, with every column that the model and the judge need', async () => {
    await script('fetch-data.mjs');
    const rows = await ask(
      `SELECT count(*)::INT AS flights, min(day)::VARCHAR AS first, max(day)::VARCHAR AS last,
        bool_and(late = (delay > 15)) AS labelled, bool_and(hour = hour(date) AND weekday = isodow(day)) AS derived
      FROM '${path.join(folder, 'data/test.parquet')}'`,
    );
    expect(rows).toEqual([
      { flights: 115245, first: '2001-01-08', last: '2001-01-14', labelled: true, derived: true },
    ]);
  });

  test('brings to monitoring what was before the date, from the first watched week on', async () => {
    await script('fetch-monitoring.mjs', '2001-03-21');
    const rows = await ask(
      `SELECT min(day)::VARCHAR AS first, max(day)::VARCHAR AS last FROM '${path.join(folder, 'data/monitoring.parquet')}'`,
    );
    expect(rows).toEqual([{ first: '2001-03-12', last: '2001-03-20' }]);
  });

  test('moves its windows and nothing else', async () => {
    await setWindows('[1, 8]  # weeks', '[9, 10]');
    await script('move-window.mjs', '2001-05-30');
    const moved = await readFile(path.join(folder, 'params.yaml'), 'utf8');
    expect(moved).toBe(await setWindows('[1, 19]  # weeks', '[20, 21]'));
  });

  test('moves no window without a date, or before a week is left to train on', async () => {
    const text = await setWindows('[1, 8]', '[9, 10]');
    await expect(script('move-window.mjs', '')).rejects.toThrow(/GREENLIGHT_AS_OF/);
    await expect(script('move-window.mjs', '2001-01-15')).rejects.toThrow(/no week is left/);
    expect(await readFile(path.join(folder, 'params.yaml'), 'utf8')).toBe(text);
  });

  test('has files that Greenlight reads', async () => {
    const read = (file: string) => readFile(path.join(EXAMPLE, file), 'utf8');
    const { model } = selectModel(readManifest(await read('greenlight.yaml')), undefined);
    const { pipeline = '' } = model.training ?? {};
    const outs = readPipeline(await read(pipeline), pipeline).stages.flatMap((stage) =>
      stage.outs.map((out) => out.path),
    );
    expect(outs).toContain(model.model);
    for (const data of [model.data.train, model.data.test, model.monitoring?.data]) {
      const contract = data?.contract ?? '';
      expect(readContract(await read(contract), contract).document.schema).toHaveLength(1);
    }
    const policy = model.evaluation?.policy ?? '';
    expect(readPolicy(await read(policy), policy).independentBy).toBe('day');
  });

  test('takes each patch of the story', async () => {
    const patches = (await readdir(STORY)).filter((name) => name.endsWith('.patch'));
    expect(patches).toHaveLength(3);
    await execute('git', ['init', '--quiet', folder]);
    await cp(EXAMPLE, folder, { recursive: true });
    for (const patch of patches) {
      await execute('git', ['apply', '--check', path.join(STORY, patch)], { cwd: folder });
    }
  });
});
