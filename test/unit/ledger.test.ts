import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NewRecord, nextRecord, type StoredRecord, verifyChains } from '../../core/ledger/chain.ts';
import {
  lastProgress,
  live,
  previousLive,
  rejected,
  rollbackTarget,
  rolledBack,
  soakedSince,
} from '../../core/ledger/history.ts';

const digest = (letter: string): string => letter.repeat(64);
const [A, B, C] = [digest('a'), digest('b'), digest('c')];

type Event = Pick<NewRecord, 'kind' | 'digest'> & Partial<NewRecord>;

interface Written extends StoredRecord {
  readonly text: string;
}

function chain(events: readonly Event[], environment = 'production'): Written[] {
  const records: Written[] = [];
  for (const event of events) {
    const at = `2001-03-0${1 + Math.floor(records.length / 24)}T${String(records.length % 24).padStart(2, '0')}:00:00Z`;
    records.push(nextRecord(records, { environment, model: 'flight-delay', ...event }, at));
  }
  return records;
}

function files(records: readonly Written[]): { file: string; text: string }[] {
  return records.map(({ file, text }) => ({ file, text }));
}

/** Any sequence of events that roll-out could write: rollbacks restore what was live. */
const events: fc.Arbitrary<Event[]> = fc
  .array(
    fc.record({
      kind: fc.constantFrom<Event['kind']>(
        'started',
        'step',
        'rollout',
        'rejected',
        'rollback',
        'override',
        'hold',
      ),
      digest: fc.constantFrom(A, B, C),
      weight: fc.integer({ min: 0, max: 100 }),
    }),
    { maxLength: 20 },
  )
  .map((drafts) => {
    const kept: Event[] = [];
    for (const { weight, ...draft } of drafts) {
      if (draft.kind === 'rollback') {
        const restored = kept.findLast(
          (event) => event.kind === 'rollout' && event.digest !== draft.digest,
        )?.digest;
        if (restored !== undefined) kept.push({ ...draft, restored });
      } else kept.push(draft.kind === 'step' ? { ...draft, weight } : draft);
    }
    return kept;
  });

describe('the chain', () => {
  it('reads back what was written, in any order of the files', () => {
    fc.assert(
      fc.property(events, fc.integer(), (list, seed) => {
        const records = chain(list);
        const shuffled = [...files(records)].sort(
          (a, b) => ((a.text.length * seed) % 7) - ((b.text.length * seed) % 7),
        );
        const read = verifyChains(shuffled)[0] ?? [];
        expect(read.map((record) => record.sha256)).toEqual(records.map((record) => record.sha256));
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the chains of two environments apart', () => {
    const one = chain([{ kind: 'rollout', digest: A }], 'staging');
    const two = chain([{ kind: 'rollout', digest: B }], 'production');
    expect(verifyChains([...files(one), ...files(two)]).map((records) => records.length)).toEqual([1, 1]);
  });

  it('names the file when a record is removed, changed or moved', () => {
    const records = chain([
      { kind: 'started', digest: A },
      { kind: 'step', digest: A, weight: 5 },
      { kind: 'step', digest: A, weight: 25 },
      { kind: 'rollout', digest: A },
    ]);
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 }),
        fc.constantFrom('remove', 'change', 'move', 'reformat'),
        (index, how) => {
          const list = files(records);
          const victim = list[index] ?? { file: '', text: '' };
          const changed = {
            remove: [],
            change: [{ ...victim, text: victim.text.replace('T0', 'T1') }],
            move: [{ ...victim, file: victim.file.replace('production', 'staging') }],
            reformat: [{ ...victim, text: `${victim.text}\n` }],
          }[how];
          list.splice(index, 1, ...changed);
          expect(() => verifyChains(list)).toThrow(expect.objectContaining({ code: 'ledger/broken-chain' }));
        },
      ),
    );
  });

  it('refuses a rollback to what was never live', () => {
    const records = chain([
      { kind: 'rollout', digest: A },
      { kind: 'rollback', digest: A, restored: B },
    ]);
    expect(() => verifyChains(files(records))).toThrow(/never live/);
  });
});

describe('what is live', () => {
  it('is the last roll-out that nothing ended', () => {
    expect(live(chain([]))).toBeUndefined();
    expect(live(chain([{ kind: 'started', digest: A }]))).toBeUndefined();
    const first = chain([{ kind: 'rollout', digest: A }]);
    expect(live(first)?.digest).toBe(A);
    const canary = chain([
      { kind: 'rollout', digest: A },
      { kind: 'started', digest: B },
      { kind: 'step', digest: B, weight: 5 },
      { kind: 'rejected', digest: B },
    ]);
    expect(live(canary)?.digest).toBe(A);
    expect(rejected(canary)).toEqual(new Set([B]));
  });

  it('is the restored digest after a rollback, and one step back goes on from there', () => {
    const records = chain([
      { kind: 'rollout', digest: A },
      { kind: 'rollout', digest: B },
      { kind: 'rollout', digest: C },
      { kind: 'rollback', digest: C, restored: B },
    ]);
    expect(live(records)).toMatchObject({ kind: 'rollout', digest: B, n: 2 });
    expect(previousLive(records)?.digest).toBe(A);
    expect(rollbackTarget(records)).toMatchObject({ left: B, restored: { digest: A } });
    expect(rolledBack(records)).toEqual(new Set([C]));
  });

  it('a rollback during a canary leaves the candidate', () => {
    const records = chain([
      { kind: 'rollout', digest: A },
      { kind: 'started', digest: B },
      { kind: 'step', digest: B, weight: 25 },
    ]);
    expect(rollbackTarget(records)).toMatchObject({ left: B, restored: { digest: A } });
  });

  it('soaks from when it went live, and again after a break', () => {
    const list: Event[] = [
      { kind: 'rollout', digest: A },
      { kind: 'started', digest: B },
      { kind: 'rejected', digest: B },
    ];
    expect(soakedSince(chain(list), A)?.toISOString()).toBe('2001-03-01T00:00:00.000Z');
    const broken: Event[] = [
      ...list,
      { kind: 'rollout', digest: C },
      { kind: 'rollback', digest: C, restored: A },
    ];
    expect(soakedSince(chain(broken), A)?.toISOString()).toBe('2001-03-01T04:00:00.000Z');
    expect(soakedSince(chain(broken), C)).toBeUndefined();
  });

  it('holds its laws for any history', () => {
    fc.assert(
      fc.property(events, (list) => {
        const records = chain(list);
        const now = live(records);
        // What is live was rolled out, was not rejected since, and has been live since a known time.
        if (now !== undefined) {
          expect(now.kind).toBe('rollout');
          expect(soakedSince(records, now.digest)).toBeInstanceOf(Date);
          expect(previousLive(records)?.digest).not.toBe(now.digest);
        }
        // Progress, holds and overrides never change what is live.
        for (const kind of ['started', 'step', 'hold', 'override'] as const) {
          expect(live(chain([...list, { kind, digest: C }]))?.digest).toBe(now?.digest);
        }
        // A roll-out makes it live, a rejection ends it, a start is unfinished until it ends.
        expect(live(chain([...list, { kind: 'rollout', digest: C }]))?.digest).toBe(C);
        expect(live(chain([...list, { kind: 'rejected', digest: C }]))?.digest).not.toBe(C);
        expect(lastProgress(chain([...list, { kind: 'started', digest: C }]))?.started.digest).toBe(C);
        expect(
          lastProgress(chain([...list, { kind: 'started', digest: C }, { kind: 'rejected', digest: C }])),
        ).toBeUndefined();
        // One step back is one step: after it the restored digest is live.
        const back = rollbackTarget(records);
        if (back !== undefined) {
          const after = chain([
            ...list,
            { kind: 'rollback', digest: back.left, restored: back.restored.digest },
          ]);
          expect(live(after)?.digest).toBe(back.restored.digest);
        }
      }),
      { numRuns: 300 },
    );
  });
});
