import { appendFile, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exec } from '../../core/toolkit/exec.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

interface Pinned {
  readonly name: string;
  readonly version: string;
}

let folder: string;

// The bundle, away from every node_modules, with the tool cache as an earlier job left it.
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'natives-'));
  await cp(path.join(ROOT, 'dist'), path.join(folder, 'dist'), { recursive: true });
  const pins = JSON.parse(await readFile(path.join(folder, 'dist', 'natives.json'), 'utf8')) as Record<
    string,
    Pinned[]
  >;
  const packages = pins['@duckdb/node-bindings'] ?? [];
  for (const { name } of packages) {
    await cp(path.join(ROOT, 'node_modules', name), path.join(cache(packages), name), {
      recursive: true,
    }).catch(() => {});
  }
  await mkdir(path.join(folder, 'work'));
  await writeFile(path.join(folder, 'work', 'flights.csv'), 'origin\nLAS\n');
  await writeFile(
    path.join(folder, 'work', 'contract.yaml'),
    `apiVersion: v3.1.0
kind: DataContract
id: flights
version: 1.0.0
status: active
schema:
  - name: flights
    properties:
      - name: origin
        logicalType: string
        required: true
`,
  );
});

afterEach(() => rm(folder, { recursive: true, force: true }));

function cache(packages: readonly Pinned[]): string {
  const platform = `${process.platform}-${process.arch}`;
  const version = packages[0]?.version ?? '';
  return path.join(
    folder,
    'tools',
    'greenlight-natives',
    '_duckdb_node-bindings',
    version,
    platform,
    'node_modules',
  );
}

async function validate(): Promise<{ code: number; output: string }> {
  const args = ['validate-data', '--contract', 'contract.yaml', '--data', 'flights.csv'];
  const env = { ...process.env, RUNNER_TOOL_CACHE: path.join(folder, 'tools') };
  const result = await exec(process.execPath, [path.join(folder, 'dist', 'cli.js'), ...args], {
    cwd: path.join(folder, 'work'),
    env,
  });
  return { code: result.code, output: result.stdout.toString('utf8') + result.stderr };
}

describe('native packages', () => {
  it('come from the tool cache where there is no node_modules', async () => {
    const { code, output } = await validate();
    expect(output).toContain('PASS');
    expect(code).toBe(0);
  });

  it('are refused when a byte of them is other than pinned', async () => {
    const pins = JSON.parse(await readFile(path.join(folder, 'dist', 'natives.json'), 'utf8')) as Record<
      string,
      Pinned[]
    >;
    const packages = pins['@duckdb/node-bindings'] ?? [];
    const binding = `@duckdb/node-bindings-${process.platform}-${process.arch}`;
    await appendFile(path.join(cache(packages), binding, 'duckdb.node'), 'x');
    const { code, output } = await validate();
    expect(output).toContain('natives/unavailable');
    expect(code).toBe(3);
  });
});
