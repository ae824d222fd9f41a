import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');

/** What each room may import, itself aside (docs/architecture.md). */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  'core/kernel': [],
  'core/formats': ['core/kernel'],
  policies: ['core/kernel'],
  'core/toolkit': ['core/kernel', 'core/formats'],
  'core/ledger': ['core/kernel', 'core/formats', 'core/toolkit', 'policies'],
  reports: ['core/kernel'],
  actions: ['core/kernel', 'core/formats', 'core/toolkit', 'core/ledger', 'policies'],
  cli: ['core/kernel', 'core/formats', 'core/toolkit', 'core/ledger', 'policies', 'reports', 'actions'],
};

/** Packages that touch the world: only the hands may use them. */
const HANDS =
  /^(@actions\/|@octokit\/|@duckdb\/|onnxruntime-node$|pg$|node:(child_process|fs|fs\/promises|http|https|net)$)/;

interface Import {
  readonly file: string;
  readonly target: string;
}

function sources(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8');
  const found = text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g);
  return [...found].map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.') ? path.posix.join(path.posix.dirname(file), specifier) : specifier,
  }));
}

function roomOf(file: string): string | undefined {
  return Object.keys(ARROWS).find((room) => file.startsWith(`${room}/`));
}

/** Every source that a file can load, lazily or not. */
function reachable(start: string): string[] {
  const seen = new Set([start]);
  for (const file of seen) {
    for (const { target } of importsOf(file)) if (target.endsWith('.ts')) seen.add(target);
  }
  return [...seen];
}

const imports = Object.keys(ARROWS).flatMap((room) => sources(room).flatMap(importsOf));

describe('the house', () => {
  it('is read at all', () => {
    expect(imports.length).toBeGreaterThan(50);
  });

  it('has arrows that point down only', () => {
    const wrong = imports.filter(({ file, target }) => {
      const from = roomOf(file);
      const to = roomOf(target);
      return from !== undefined && to !== undefined && from !== to && !ARROWS[from]?.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('keeps actions apart', () => {
    const wrong = imports.filter(({ file, target }) => {
      const [, own] = file.split('/');
      return file.startsWith('actions/') && target.startsWith('actions/') && target.split('/')[1] !== own;
    });
    expect(wrong).toEqual([]);
  });

  it('lets only the hands touch the world', () => {
    const pure = ['core/kernel', 'core/formats', 'policies', 'reports'];
    const wrong = imports.filter(
      ({ file, target }) => pure.includes(roomOf(file) ?? '') && HANDS.test(target),
    );
    expect(wrong).toEqual([]);
  });

  it.each([
    'publish-release',
    'open-deployment',
    'roll-out',
    'post-report',
    'propose-retraining',
    'compile-dossier',
  ])('keeps native packages from %s, which holds a write token', (action) => {
    expect(reachable(`actions/${action}/main.ts`)).not.toContain('core/toolkit/natives.ts');
  });

  it('imports nothing from tests or scripts', () => {
    expect(imports.filter(({ target }) => /^(test|scripts|examples)\//.test(target))).toEqual([]);
  });

  it('runs its tests on the Node.js that actions run on', () => {
    expect(process.version).toMatch(/^v24\./);
  });
});
