import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import diff from '../../cli/contract/diff.ts';
import { userErrors } from '../../core/kernel/errors.ts';
import { makeHost } from '../../core/toolkit/host.ts';
import { streamLog } from '../../core/toolkit/log.ts';

const FLIGHTS = path.resolve(import.meta.dirname, '../../examples/flight-delay/contracts/flights.odcs.yaml');
const FILE = 'contracts/flights.odcs.yaml';
const BEFORE = readFileSync(FLIGHTS, 'utf8');

let root: string;

function git(...args: string[]): void {
  execFileSync('git', ['-C', root, '-c', 'user.name=ops', '-c', 'user.email=ops@example.org', ...args], {
    stdio: 'pipe',
  });
}

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

/** The contract with some of its text replaced; a test whose text is not there would test nothing. */
function edited(...edits: [string, string][]): string {
  return edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the contract lacks ${from}`);
    return text.replace(from, to);
  }, BEFORE);
}

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'greenlight-diff-'));
  write(FILE, BEFORE);
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message=contract');
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function run(...args: string[]): Promise<{ code: number; output: string }> {
  let output = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => {
    output += String(chunk);
    return true;
  });
  try {
    const host = makeHost({}, root, '.out', streamLog(process.stderr, false), () => '');
    return { code: await diff(args, host), output };
  } catch (thrown) {
    const [error] = userErrors(thrown);
    if (error === undefined) throw thrown;
    return { code: 3, output: `${error.code}: ${error.message}` };
  } finally {
    spy.mockRestore();
  }
}

const RAISED: [string, string] = ['maximum: 2880', 'maximum: 9999'];
const MAJOR: [string, string] = ['version: 1.0.0', 'version: 2.0.0'];
const WAIVER = [
  'waivers:',
  '  - scope: flights.delay.*',
  '    change: maximum-raised',
  '    owner: "@risk-reviewer"',
  '    reason: delays over two days are real',
  '    expires: 2999-12-31',
].join('\n');

describe('greenlight contract diff', () => {
  it('passes a contract that did not change', async () => {
    const { code, output } = await run('main:contracts/flights.odcs.yaml', FILE);
    expect(output).toContain('No change.');
    expect(code).toBe(0);
  });

  it('names what breaks with its place, and fails', async () => {
    write(FILE, edited(RAISED, MAJOR));
    const { code, output } = await run('git:main', FILE);
    expect(output).toMatch(
      /flights\.delay\.maximum +maximum raised from 2880 to 9999 +consumer +maximum-raised +contracts\/flights\.odcs\.yaml:\d+/,
    );
    expect(output).toContain('1 change breaks (producer 0, consumer 1).');
    expect(code).toBe(1);
  });

  it('passes what a waiver accepts, from the repository’s file or a named one', async () => {
    write(FILE, edited(RAISED, MAJOR));
    write('mine.yaml', WAIVER);
    expect((await run('git:main', FILE)).code).toBe(1);
    expect((await run('git:main', FILE, '--waivers', 'mine.yaml')).code).toBe(0);
    write('greenlight.waivers.yaml', WAIVER);
    const { code, output } = await run('git:main', FILE);
    expect(output).toContain('1 accepted by a waiver');
    expect(code).toBe(0);
  });

  it('fails what a waiver accepts if the version did not say so', async () => {
    write(FILE, edited(RAISED));
    write('greenlight.waivers.yaml', WAIVER);
    const { code, output } = await run('git:main', FILE);
    expect(output).toContain(
      'the version is still 1.0.0, but the changes ask for a major version: write 2.0.0',
    );
    expect(code).toBe(1);
  });

  it('passes an addition with a minor version, without asking anybody', async () => {
    const column = '      - name: tail_number\n        logicalType: string\n      - name: origin';
    write(FILE, edited(['      - name: origin', column], ['version: 1.0.0', 'version: 1.1.0']));
    expect(await run('git:main', FILE)).toMatchObject({ code: 0 });
  });

  it.each(['HEAD:contracts/flights.odcs.yaml', 'HEAD:./contracts/flights.odcs.yaml'])(
    'finds at another revision what the new one, %s, names',
    async (next) => {
      write(FILE, edited(RAISED, MAJOR));
      git('checkout', '--quiet', '-b', 'next');
      git('commit', '--quiet', '--all', '--message=raised');
      const { code, output } = await run('git:main', next);
      expect(output).toContain('Changes of HEAD:contracts/flights.odcs.yaml against main:contracts/');
      expect(output).toContain('maximum raised from 2880 to 9999');
      expect(code).toBe(1);
    },
  );

  it('finds it from within a folder, where git names it from the root', async () => {
    const top = root;
    root = path.join(top, 'contracts');
    const { code } = await run('git:main', 'HEAD:contracts/flights.odcs.yaml');
    root = top;
    expect(code).toBe(0);
  });

  it('compares two files of the working folder', async () => {
    write('old.yaml', BEFORE);
    expect((await run('old.yaml', path.join(root, FILE))).output).toContain(
      `Changes of ${FILE} against old.yaml`,
    );
  });

  it('works from within a folder of the repository', async () => {
    write(FILE, edited(RAISED, MAJOR));
    const top = root;
    root = path.join(top, 'contracts');
    const { code } = await run('git:main', 'flights.odcs.yaml');
    root = top;
    expect(code).toBe(1);
  });

  it.each([
    [
      'a revision that is not there',
      ['git:nowhere', FILE],
      'contract/unknown-revision: git knows no revision nowhere here',
    ],
    [
      'a file that this revision lacks',
      ['main:other.yaml', FILE],
      'file/not-found: the contract main:other.yaml does not exist',
    ],
    [
      'a file that is not there',
      ['git:main', 'other.yaml'],
      'file/not-found: the contract other.yaml does not exist',
    ],
    [
      'a file of waivers that is not there',
      ['git:main', FILE, '--waivers', 'w.yaml'],
      'file/not-found: the file of waivers w.yaml does not exist',
    ],
    ['one contract', [FILE], 'cli/bad-flag: it takes two contracts'],
  ])('refuses %s', async (_, args, error) => {
    expect(await run(...args)).toEqual({ code: 3, output: error });
  });

  it('refuses what is no contract, at either end', async () => {
    write('bad.yaml', edited(['kind: DataContract', 'knid: DataContract']));
    expect((await run('bad.yaml', FILE)).code).toBe(3);
    expect((await run(FILE, 'bad.yaml')).code).toBe(3);
  });
});
