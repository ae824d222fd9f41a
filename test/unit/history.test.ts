import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyText } from '../../cli/history.ts';
import type { LedgerRecord } from '../../core/formats/record.ts';
import { live, soakedSince } from '../../core/ledger/history.ts';
import { endingText, periods } from '../../core/ledger/periods.ts';

const [A, B, C] = ['a', 'b', 'c'].map((letter) => letter.repeat(64)) as [string, string, string];

type Event = Pick<LedgerRecord, 'kind' | 'digest'> & Partial<LedgerRecord>;

function records(events: readonly Event[]): LedgerRecord[] {
  return events.map((event, index) => ({
    schema: 'greenlight.record/v1',
    environment: 'production',
    model: 'toy',
    n: index + 1,
    previous: null,
    at: new Date(Date.UTC(2001, 2, 1, index)).toISOString().replace('.000Z', 'Z'),
    ...event,
  }));
}

const approval = (user: string) => ({
  pull_request: 3,
  merge_commit: 'd'.repeat(40),
  merged_by: 'ops-reviewer',
  authors: [],
  reviews: [{ id: 1, user, user_id: 2, commit: 'd'.repeat(40), at: '2001-03-01T00:00:00Z' }],
});

/** A roll-out that passed. */
const passed = (digest: string): Event[] => [
  { kind: 'started', digest, release: `toy-${digest.slice(0, 12)}`, approval: approval('risk-reviewer') },
  { kind: 'step', digest, weight: 100 },
  { kind: 'rollout', digest },
];

describe('periods', () => {
  it('tell what was live from when until when, and by whose decision', () => {
    const [first, second, ...more] = periods(records([...passed(A), ...passed(B)]));
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      digest: A,
      as: 'live',
      from: '2001-03-01T02:00:00Z',
      until: '2001-03-01T05:00:00Z',
      release: 'toy-aaaaaaaaaaaa',
      ending: { how: 'replaced', by: B },
      approval: { merged_by: 'ops-reviewer', reviews: [{ user: 'risk-reviewer' }] },
    });
    expect(second).toMatchObject({ digest: B, from: '2001-03-01T05:00:00Z', until: undefined });
  });

  it('keep a candidate that was rejected apart from what stayed live', () => {
    const all = periods(
      records([
        ...passed(A),
        { kind: 'started', digest: B },
        { kind: 'step', digest: B, weight: 5 },
        { kind: 'rejected', digest: B, reason: 'errors rose' },
      ]),
    );
    expect(all.map(({ digest, as, until }) => [digest, as, until])).toEqual([
      [A, 'live', undefined],
      [B, 'candidate', '2001-03-01T05:00:00Z'],
    ]);
    expect(all.map(endingText)).toEqual(['', 'rejected: errors rose']);
  });

  it('end at a rollback with its reason, and begin again for what was restored', () => {
    const all = periods(
      records([
        ...passed(A),
        ...passed(B),
        { kind: 'rollback', digest: B, restored: A, reason: 'asked for' },
      ]),
    );
    expect(all.map(({ digest }) => digest)).toEqual([A, B, A]);
    expect(all.map(endingText)).toEqual(['replaced by bbbbbbbbbbbb', 'rolled back: asked for', '']);
    expect(all[2]).toMatchObject({ from: '2001-03-01T06:00:00Z', approval: { pull_request: 3 } });
  });

  it('show a roll-out under way, and one that another replaced', () => {
    const all = periods(
      records([
        { kind: 'started', digest: A },
        { kind: 'started', digest: B },
      ]),
    );
    expect(all.map(endingText)).toEqual(['given up: bbbbbbbbbbbb was started', '']);
    expect(historyText('toy in production', all)).toContain('rolling out');
  });

  it('agree with what the ledger calls live, at every point of any history', () => {
    const event = fc.record({
      kind: fc.constantFrom<Event['kind']>('started', 'step', 'rollout', 'rejected', 'override', 'hold'),
      digest: fc.constantFrom(A, B, C),
    });
    const rollback = fc
      .tuple(fc.constantFrom(A, B, C), fc.constantFrom(A, B, C))
      .map(([digest, restored]): Event => ({ kind: 'rollback', digest, restored }));
    fc.assert(
      fc.property(fc.array(fc.oneof(event, rollback), { maxLength: 15 }), (events) => {
        const all = records(events);
        const open = periods(all).filter(({ as, until }) => as === 'live' && until === undefined);
        expect(open.map(({ digest }) => digest)).toEqual([live(all)?.digest].filter(Boolean));
        const [only] = open;
        if (only !== undefined) expect(new Date(only.from)).toEqual(soakedSince(all, only.digest));
        const lived = periods(all).filter(({ as }) => as === 'live');
        lived.slice(1).forEach((period, index) => {
          expect(period.from >= (lived[index]?.until ?? 'never')).toBe(true);
        });
      }),
    );
  });
});
