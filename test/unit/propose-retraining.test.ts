import { describe, expect, it } from 'vitest';
import { makeProposal } from '../../actions/propose-retraining/proposal.ts';
import { type Lock, type LockModel, readLock, writeLock } from '../../core/formats/lock.ts';
import { readBudget, spending } from '../../core/toolkit/retraining.ts';

const entry = (digit: string, path = 'model.onnx'): LockModel => ({
  model: { path, sha256: digit.repeat(64), size: 1 },
  data: {},
  stages: [],
  environment: {},
});
const lock = (models: Lock['models']): string => writeLock({ schema: 'greenlight.lock/v1', models });

describe('a proposal', () => {
  const base = lock({ toy: entry('a'), other: entry('b') });

  it('takes this model alone from the job that ran the team’s code', () => {
    const lied = lock({ toy: entry('c'), other: entry('d'), third: entry('e') });
    const proposal = makeProposal('toy', 'model.onnx', { lock: lied, params: 'weeks: 2\n' }, base);
    expect(readLock(proposal?.files['greenlight.lock'] ?? '').models).toEqual({
      toy: entry('c'),
      other: entry('b'),
    });
    expect(proposal?.files['params.yaml']).toBe('weeks: 2\n');
    expect(proposal?.before).toEqual(entry('a'));
  });

  it('is none where the base names the model already', () => {
    const same = { lock: lock({ toy: entry('a') }), params: 'weeks: 2\n' };
    expect(makeProposal('toy', 'model.onnx', same, base)).toBeUndefined();
  });

  it('may be the first', () => {
    const first = { lock: lock({ toy: entry('a') }), params: undefined };
    expect(Object.keys(makeProposal('toy', 'model.onnx', first, undefined)?.files ?? {})).toEqual([
      'greenlight.lock',
    ]);
  });

  it('refuses a lock of another model or path, and what is no lock or no YAML', () => {
    const make = (text: string, params?: string) => () =>
      makeProposal('toy', 'model.onnx', { lock: text, params }, base);
    expect(make(lock({ other: entry('c') }))).toThrow(/no entry of toy/);
    expect(make(lock({ toy: entry('c', '.github/workflows/x.yml') }))).toThrow(/no entry of toy/);
    expect(make('{"schema":"greenlight.lock/v1"}')).toThrow();
    expect(make(lock({ toy: entry('c') }), 'a: [1')).toThrow();
    expect(make(lock({ toy: entry('c') }), `a: ${'x'.repeat(300_000)}`)).toThrow(/more than 256 KiB/);
  });
});

describe('the budget', () => {
  const pull = (created_at: string, state = 'closed', number = 1) => ({ number, state, created_at });
  const at = new Date('2001-05-28T08:00:00Z');

  it('counts what was opened within the period, whatever became of it', () => {
    const week = readBudget('1 per week');
    expect(spending([], week, at)).toEqual({ recent: 0, exhausted: false, open: undefined });
    expect(spending([pull('2001-05-21T08:00:01Z')], week, at)).toMatchObject({ recent: 1, exhausted: true });
    expect(spending([pull('2001-05-21T08:00:00Z')], week, at)).toMatchObject({ recent: 0, exhausted: false });
    expect(spending([pull('2001-05-01T08:00:00Z', 'open', 7)], week, at)).toEqual({
      recent: 0,
      exhausted: false,
      open: 7,
    });
    expect(spending([pull('2001-05-27T08:00:00Z')], readBudget('2 per month'), at).exhausted).toBe(false);
  });

  it('is written one way', () => {
    expect(readBudget('2 per day')).toEqual({ most: 2, period: 'day' });
    expect(() => readBudget('often')).toThrow(/can't be `often`/);
  });
});
