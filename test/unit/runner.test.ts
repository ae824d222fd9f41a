import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseCommand, parseFileCommand } from '../forge/runner/commands.ts';
import { ConcurrencyGroups } from '../forge/runner/concurrency.ts';
import { lastFiring } from '../forge/runner/cron.ts';
import { evaluate, evaluateToken } from '../forge/runner/expressions.ts';
import { expandMatrix, legSuffix } from '../forge/runner/matrix.ts';
import { jobPermissions } from '../forge/runner/permissions.ts';
import { isTriggered, matchesPatterns } from '../forge/runner/triggers.ts';
import { readWorkflow, type Workflow } from '../forge/runner/workflow.ts';

function read(text: string): Promise<Workflow> {
  const origin = { repository: 'o/r', sha: '0', ref: 'refs/heads/main', path: '.github/workflows/w.yml' };
  return readWorkflow(origin, {
    text: async () => text,
    resolve: async (uses) => ({ ...origin, path: uses.slice(2) }),
  });
}

describe('cron', () => {
  const at = (text: string) => new Date(`${text}Z`);

  test.each([
    ['30 2 * * *', '2001-03-01T09:00', '2001-03-04T09:00', '2001-03-04T02:30'],
    ['30 2 * * *', '2001-03-04T02:30', '2001-03-05T02:29', undefined],
    ['*/15 8-10 * * mon-fri', '2001-03-02T12:00', '2001-03-05T08:20', '2001-03-05T08:15'],
    ['0 0 13 * 5', '2001-03-10T00:00', '2001-03-17T12:00', '2001-03-16T00:00'],
    ['0 6 1 jan,jun *', '2001-01-02T00:00', '2001-06-30T00:00', '2001-06-01T06:00'],
    ['0 0 * * 7', '2001-03-01T00:00', '2001-03-04T00:00', '2001-03-04T00:00'],
  ])('%s between %s and %s fires last at %s', (cron, after, until, last) => {
    expect(lastFiring(cron, at(after), at(until))?.toISOString()).toBe(last && at(last).toISOString());
  });

  test('agrees with trying every minute', () => {
    const start = Date.UTC(2001, 1, 27);
    fc.assert(
      fc.property(
        fc.nat(59),
        fc.nat(23),
        fc.nat(6),
        fc.nat(20_000),
        fc.nat(20_000),
        (m, h, d, from, length) => {
          const fires = (time: number): boolean => {
            const date = new Date(time);
            return date.getUTCMinutes() === m && date.getUTCHours() === h && date.getUTCDay() === d;
          };
          const after = start + from * 60_000;
          let expected: number | undefined;
          for (let t = after + 60_000; t <= after + length * 60_000; t += 60_000) if (fires(t)) expected = t;
          const found = lastFiring(`${m} ${h} * * ${d}`, new Date(after), new Date(after + length * 60_000));
          expect(found?.getTime()).toBe(expected);
        },
      ),
      { numRuns: 50 },
    );
  });

  test.each(['* * * *', '60 * * * *', '5-1 * * * *', '*/0 * * * *', 'x * * * *'])('%s is refused', (cron) => {
    expect(() => lastFiring(cron, new Date(0), new Date(1))).toThrow('not a cron line');
  });
});

describe('what starts a workflow', () => {
  test.each([
    [['main'], 'main', true],
    [['release/*'], 'release/a/b', false],
    [['release/**'], 'release/a/b', true],
    [['**', '!docs/**'], 'docs/a.md', false],
    [['!docs/**'], 'src/a', false],
    [['**/*.yaml'], 'a.yaml', true],
    [['v[0-9]+.x'], 'v12.x', true],
    [['v1.0'], 'v1x0', false],
  ])('patterns %j and %s: %s', (patterns, name, expected) => {
    expect(matchesPatterns(patterns, name)).toBe(expected);
  });

  test.each([
    [{ push: { branches: ['main'] } }, { event: 'push', ref: 'refs/heads/main' }, true],
    [{ push: { branches: ['main'] } }, { event: 'push', ref: 'refs/tags/v1' }, false],
    [{ push: { tags: ['v*'] } }, { event: 'push', ref: 'refs/heads/main' }, false],
    [{ push: {} }, { event: 'push', ref: 'refs/tags/v1' }, true],
    [{ push: { paths: ['a/**'] } }, { event: 'push', ref: 'refs/heads/x', paths: ['b/c'] }, false],
    [
      { push: { 'paths-ignore': ['b/**'] } },
      { event: 'push', ref: 'refs/heads/x', paths: ['b/c', 'd'] },
      true,
    ],
    [{ pull_request: {} }, { event: 'pull_request', ref: '', action: 'synchronize', branch: 'main' }, true],
    [{ pull_request: {} }, { event: 'pull_request', ref: '', action: 'closed', branch: 'main' }, false],
    [{ pull_request: { types: ['closed'] } }, { event: 'pull_request', ref: '', action: 'closed' }, true],
    [
      { pull_request: { branches: ['main'] } },
      { event: 'pull_request', ref: '', action: 'opened', branch: 'x' },
      false,
    ],
    [
      { workflow_run: { workflows: ['a'], types: ['completed'] } },
      { event: 'workflow_run', ref: '', action: 'completed', workflow: 'b' },
      false,
    ],
    [{ push: {} }, { event: 'workflow_dispatch', ref: '' }, false],
  ])('%j and %j: %s', (on, trigger, expected) => {
    expect(isTriggered(on, trigger)).toBe(expected);
  });
});

describe('expressions', () => {
  test('see their contexts, and nothing that is not there', () => {
    const scope = { contexts: { github: { ref: 'refs/heads/main' }, inputs: { strict: true } } };
    expect(evaluate("format('{0} {1}', github.ref, inputs.strict)", scope)).toBe('refs/heads/main true');
    expect(() => evaluate('secrets.KEY', scope)).toThrow("can't evaluate");
    expect(() => evaluate("hashFiles('x')", scope)).toThrow("can't evaluate");
    expect(() => evaluate("'a''b''c'", scope)).toThrow("more than one ''");
  });

  test('in a script of several lines leave the rest of it as it is', async () => {
    const workflow = await read(`on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: |
          curl -w '%{code}' -d '{"a":"\${{ github.ref }}"}' <<X
            indented \${{ '}}' }}
          X
`);
    const [job] = workflow.jobs;
    const work = job?.kind === 'steps' ? job.steps[0]?.work : undefined;
    if (work?.kind !== 'run') throw new Error('no script');
    expect(evaluateToken(work.script, { contexts: { github: { ref: 'main' } } })).toBe(
      `curl -w '%{code}' -d '{"a":"main"}' <<X\n  indented }}\nX\n`,
    );
  });
});

describe('a workflow file', () => {
  const wrap = (job: string) =>
    `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n${job}    steps: [{ run: x }]\n`;

  test.each([
    ['container', '    container: node:24\n'],
    ['environment', '    environment: production\n'],
    ['max-parallel', '    strategy: { max-parallel: 1, matrix: { a: [1] } }\n'],
  ])("that wants '%s' is refused with its place", async (key, text) => {
    await expect(read(wrap(text))).rejects.toMatchObject({
      code: 'runner/unknown',
      message: expect.stringContaining(`'${key}'`),
    });
    await expect(read(wrap(text))).rejects.toMatchObject({ place: { line: 5 } });
  });

  test('that GitHub would refuse is refused', async () => {
    await expect(read(wrap('    needs: nobody\n'))).rejects.toMatchObject({ code: 'runner/workflow' });
    await expect(read(wrap('    if: github.nope(1)\n'))).rejects.toMatchObject({ code: 'runner/workflow' });
  });

  test('wraps conditions that name no status in success()', async () => {
    const { jobs } = await read(wrap("    if: github.ref == 'x'\n"));
    expect(jobs[0]?.condition).toBe("success() && (github.ref == 'x')");
  });
});

describe('commands', () => {
  test('are read with their properties, and unescaped', () => {
    expect(parseCommand('::error file=a%2Cb.ts,line=3,title=T::50%25%0Adone')).toEqual({
      name: 'error',
      properties: { file: 'a,b.ts', line: '3', title: 'T' },
      value: '50%\ndone',
    });
    expect(parseCommand('::group::a::b')).toEqual({ name: 'group', properties: {}, value: 'a::b' });
    expect(parseCommand('std::vector::x')).toBeUndefined();
  });

  test('in files: pairs and documents; anything else is refused', () => {
    const text = 'a=1=2\nb<<END\nx\n\ny=z\nEND\n';
    expect([...parseFileCommand(text, 'GITHUB_OUTPUT')]).toEqual([
      ['a', '1=2'],
      ['b', 'x\n\ny=z'],
    ]);
    expect(() => parseFileCommand('b<<END\nx\n', 'GITHUB_OUTPUT')).toThrow('does not come again');
    expect(() => parseFileCommand('nonsense\n', 'GITHUB_OUTPUT')).toThrow('line 1');
  });
});

describe('a matrix', () => {
  test('follows the example in the documentation of include', () => {
    const legs = expandMatrix({
      fruit: ['apple', 'pear'],
      animal: ['cat', 'dog'],
      include: [
        { color: 'green' },
        { color: 'pink', animal: 'cat' },
        { fruit: 'apple', shape: 'circle' },
        { fruit: 'banana' },
        { fruit: 'banana', animal: 'cat' },
      ],
    });
    expect(legs).toEqual([
      { fruit: 'apple', animal: 'cat', color: 'pink', shape: 'circle' },
      { fruit: 'apple', animal: 'dog', color: 'green', shape: 'circle' },
      { fruit: 'pear', animal: 'cat', color: 'pink' },
      { fruit: 'pear', animal: 'dog', color: 'green' },
      { fruit: 'banana' },
      { fruit: 'banana', animal: 'cat' },
    ]);
    expect(legSuffix(legs[2] ?? {})).toBe(' (pear, cat, pink)');
  });

  test('leaves out what exclude names, and is never empty', () => {
    expect(expandMatrix({ a: [1, 2], b: [1, 2], exclude: [{ a: 1 }] })).toEqual([
      { a: 2, b: 1 },
      { a: 2, b: 2 },
    ]);
    expect(() => expandMatrix({ a: [] })).toThrow('no values');
    expect(() => expandMatrix({ a: [1], exclude: [{ a: 1 }] })).toThrow('no combinations');
  });
});

test('permissions: the nearest wins whole, and a called workflow cannot raise them', () => {
  const read = { contents: 'read' } as const;
  expect(jobPermissions({ issues: 'write' }, read, read, undefined)).toEqual({ issues: 'write' });
  expect(jobPermissions(undefined, undefined, read, 'a / b')).toBe(read);
  expect(jobPermissions({}, read, read, 'a / b')).toEqual({});
  expect(() => jobPermissions(undefined, { contents: 'write' }, read, 'a / b')).toThrow("nested job 'a / b'");
});

test('a concurrency group: one runs, the newest waits, order is kept with queue: max', async () => {
  const groups = new ConcurrencyGroups();
  const cancelled: string[] = [];
  const holder = (name: string) => ({ cancel: () => cancelled.push(name) });
  const [a, b, c, d] = [holder('a'), holder('b'), holder('c'), holder('d')];
  const single = { cancelInProgress: false, queue: 'single' } as const;
  expect(await groups.enter('g', a, single)).toBe(true);
  const second = groups.enter('g', b, single);
  const third = groups.enter('g', c, { cancelInProgress: true, queue: 'single' });
  expect(await second).toBe(false);
  expect(cancelled).toEqual(['a']);
  const fourth = groups.enter('g', d, { cancelInProgress: false, queue: 'max' });
  groups.leave('g', a);
  expect(await third).toBe(true);
  groups.leave('g', d);
  expect(await fourth).toBe(false);
  groups.leave('g', c);
  expect(groups.running('g')).toBeUndefined();
});
