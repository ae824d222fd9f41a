import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { candidateOf, decide, ladder, type Rung } from '../../actions/open-deployment/decide.ts';
import type { Evaluated } from '../../actions/open-deployment/facts.ts';
import { type OfferFacts, offerReport } from '../../actions/open-deployment/report.ts';
import type { LedgerRecord } from '../../core/formats/record.ts';
import type { Waiver } from '../../core/formats/waiver.ts';
import { live, rejected, rolledBack, soakedSince } from '../../core/ledger/history.ts';
import { renderMarkdown } from '../../reports/markdown.ts';

const [A, B, C, D] = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(64)) as [
  string,
  string,
  string,
  string,
];
const HOUR = 3_600_000;
const START = Date.UTC(2001, 2, 1);

type Event = Pick<LedgerRecord, 'kind' | 'digest'> & Partial<LedgerRecord>;

/** One record an hour. */
function records(environment: string, events: readonly Event[]): LedgerRecord[] {
  return events.map((event, index) => ({
    schema: 'greenlight.record/v1',
    environment,
    model: 'toy',
    n: index + 1,
    previous: null,
    at: new Date(START + index * HOUR).toISOString().replace('.000Z', 'Z'),
    ...event,
  }));
}

const hoursIn = (hours: number): Date => new Date(START + hours * HOUR);
const rollout = (digest: string): Event => ({ kind: 'rollout', digest });
const rollback = (digest: string, restored: string): Event => ({ kind: 'rollback', digest, restored });

const production = (rung: Partial<Rung> & { staging?: readonly Event[]; here?: readonly Event[] }): Rung => ({
  environment: 'production',
  settings: { after: 'staging', soak: '24h' },
  records: records('production', rung.here ?? []),
  before: records('staging', rung.staging ?? []),
  released: undefined,
  declared: undefined,
  open: undefined,
  refused: [],
  ...rung,
});

describe('decide', () => {
  it('offers the first rung what is released, until it is live or declared there', () => {
    const rung = production({ settings: {}, released: A });
    expect(decide({ ...rung, released: undefined }, hoursIn(0))).toMatchObject({ kind: 'nothing' });
    expect(decide(rung, hoursIn(0))).toEqual({ kind: 'offer', digest: A });
    expect(decide({ ...rung, declared: A }, hoursIn(0))).toMatchObject({
      reason: expect.stringContaining('roll-out brings it'),
    });
    expect(decide({ ...rung, records: records('staging', [rollout(A)]) }, hoursIn(0))).toMatchObject({
      reason: expect.stringContaining('is live in'),
    });
  });

  it('offers a later rung what has soaked, to the second', () => {
    const rung = production({ staging: [rollout(A)] });
    expect(decide(rung, new Date(START + 24 * HOUR - 1))).toMatchObject({
      reason: 'aaaaaaaaaaaa soaks in staging for 1 minute more',
    });
    expect(decide(rung, hoursIn(24))).toEqual({ kind: 'offer', digest: A });
    expect(decide(production({}), hoursIn(24))).toMatchObject({ reason: 'nothing is live in staging' });
  });

  it('lets what a rollback restored soak anew', () => {
    const rung = production({ staging: [rollout(A), rollout(B), rollback(B, A)] });
    expect(decide(rung, hoursIn(25))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('soaks'),
    });
    expect(decide(rung, hoursIn(26))).toEqual({ kind: 'offer', digest: A });
  });

  it('closes what lost its standing, and lets stand what a newer one only soaks behind', () => {
    const open = { number: 7, digest: A };
    expect(decide(production({ staging: [rollout(A), rollout(B)], open }), hoursIn(2))).toMatchObject({
      kind: 'nothing',
    });
    expect(
      decide(production({ staging: [rollout(C), rollout(A), rollback(A, C)], open }), hoursIn(3)),
    ).toEqual({
      kind: 'close',
      number: 7,
      reason: 'aaaaaaaaaaaa was rejected or rolled back in staging',
    });
    const rejection: Event = { kind: 'rejected', digest: A };
    expect(decide(production({ staging: [rollout(A)], here: [rejection], open }), hoursIn(99))).toMatchObject(
      {
        kind: 'close',
        reason: 'aaaaaaaaaaaa was rejected or rolled back in production',
      },
    );
    expect(decide(production({ staging: [rollout(A)], declared: A, open }), hoursIn(99))).toMatchObject({
      kind: 'close',
    });
  });

  it('goes back with a new roll-out of the rung before, and never with a rollback of it', () => {
    const here = [rollout(B)];
    expect(
      decide(production({ staging: [rollout(A), rollout(B), rollback(B, A)], here }), hoursIn(99)),
    ).toMatchObject({ reason: expect.stringContaining('is older than bbbbbbbbbbbb') });
    expect(decide(production({ staging: [rollout(A), rollout(B), rollout(A)], here }), hoursIn(99))).toEqual({
      kind: 'offer',
      digest: A,
    });
  });

  it('leaves the branch to the revert while main names what may not serve', () => {
    const here = [rollout(A), rollback(B, A)];
    const open = { number: 7, digest: A };
    expect(decide(production({ staging: [rollout(C)], here, declared: B, open }), hoursIn(99))).toMatchObject(
      {
        kind: 'nothing',
        reason: expect.stringContaining('its revert comes first'),
      },
    );
  });

  it('does not offer what a person refused, and offers the next', () => {
    const refused = [{ number: 3, digest: A }];
    expect(decide(production({ staging: [rollout(A)], refused }), hoursIn(99))).toMatchObject({
      kind: 'nothing',
      reason: expect.stringContaining('a person closed #3'),
    });
    expect(decide(production({ staging: [rollout(A), rollout(B)], refused }), hoursIn(99))).toEqual({
      kind: 'offer',
      digest: B,
    });
  });
});

describe('the laws of decide', () => {
  const digest = fc.constantFrom(A, B, C, D);
  const event: fc.Arbitrary<Event> = fc.oneof(
    { weight: 4, arbitrary: digest.map(rollout) },
    {
      weight: 2,
      arbitrary: fc.tuple(digest, digest).map(([left, restored]) => rollback(left, restored)),
    },
    fc.record({
      kind: fc.constantFrom('rejected' as const, 'override' as const, 'started' as const, 'hold' as const),
      digest,
    }),
  );
  const events = fc.array(event, { maxLength: 7 });
  const maybe = fc.option(digest, { nil: undefined });
  const rungs: fc.Arbitrary<Rung> = fc.record({
    environment: fc.constant('production'),
    settings: fc.constantFrom<Rung['settings']>({ after: 'staging', soak: '3h' }, { after: 'staging' }, {}),
    records: events.map((all) => records('production', all)),
    before: events.map((all) => records('staging', all)),
    released: maybe,
    declared: maybe,
    open: fc.option(fc.record({ number: fc.constant(9), digest }), { nil: undefined }),
    refused: fc.array(fc.record({ number: fc.nat(8), digest }), { maxLength: 2 }),
  });
  const hours = fc.integer({ min: 7, max: 14 });
  const run = (law: (rung: Rung, hour: number) => void): void =>
    fc.assert(fc.property(rungs, hours, law), { numRuns: 3000 });

  it('never offers a digest that is barred here or before, is live or declared, or that a person refused', () => {
    let offers = 0;
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      if (decision.kind !== 'offer') return;
      offers += 1;
      const barred = [rung.records, ...(rung.settings.after === undefined ? [] : [rung.before])].flatMap(
        (all) => [...rejected(all), ...rolledBack(all)],
      );
      expect(barred).not.toContain(decision.digest);
      expect(live(rung.records)?.digest).not.toBe(decision.digest);
      expect(rung.declared).not.toBe(decision.digest);
      expect(rung.refused.map((each) => each.digest)).not.toContain(decision.digest);
      expect(decision.digest).toBe(candidateOf(rung));
    });
    expect(offers).toBeGreaterThan(100);
  });

  it('never offers before the soak is over, or what is not live on the rung before', () => {
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      if (decision.kind !== 'offer' || rung.settings.after === undefined) return;
      expect(live(rung.before)?.digest).toBe(decision.digest);
      const since = soakedSince(rung.before, decision.digest)?.getTime() ?? Number.POSITIVE_INFINITY;
      expect(hoursIn(hour).getTime() - since).toBeGreaterThanOrEqual(
        rung.settings.soak === undefined ? 0 : 3 * HOUR,
      );
    });
  });

  it('never offers what the rung before took earlier than what is live here', () => {
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      const serving = live(rung.records)?.digest;
      if (decision.kind !== 'offer' || serving === undefined || rung.settings.after === undefined) return;
      const order = rung.before.flatMap((each) => (each.kind === 'rollout' ? [each.digest] : []));
      expect(order.lastIndexOf(decision.digest)).toBeGreaterThan(order.lastIndexOf(serving));
    });
  });

  it('closes only what is open, and has nothing left to do when that is done', () => {
    let closed = 0;
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      if (decision.kind !== 'close') return;
      closed += 1;
      expect(decision.number).toBe(rung.open?.number);
      expect(decide({ ...rung, open: undefined }, hoursIn(hour)).kind).toBe('nothing');
    });
    expect(closed).toBeGreaterThan(100);
  });

  it('lets no barred or live digest stand open, unless the branch is the revert', () => {
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      const bars = new Set([...rejected(rung.records), ...rolledBack(rung.records)]);
      if (rung.open === undefined || (rung.declared !== undefined && bars.has(rung.declared))) return;
      const stale = bars.has(rung.open.digest) || live(rung.records)?.digest === rung.open.digest;
      if (stale) expect(decision.kind).not.toBe('nothing');
    });
  });

  it('is a function of its inputs alone, which it leaves as they are', () => {
    run((rung, hour) => {
      const before = JSON.stringify(rung);
      const first = decide(rung, hoursIn(hour));
      expect(decide(structuredClone(rung), hoursIn(hour))).toEqual(first);
      expect(JSON.stringify(rung)).toBe(before);
    });
  });

  it('goes on offering as time passes, and once the pull request is there', () => {
    run((rung, hour) => {
      const decision = decide(rung, hoursIn(hour));
      if (decision.kind !== 'offer') return;
      const open = { number: 9, digest: decision.digest };
      expect(decide({ ...rung, open }, hoursIn(hour + 1))).toEqual(decision);
    });
  });
});

describe('ladder', () => {
  it('puts each environment after the one that it names, and leaves a circle over', () => {
    expect(ladder({ c: { after: 'b' }, b: { after: 'a' }, a: {} })).toEqual({
      rungs: ['a', 'b', 'c'],
      left: [],
    });
    expect(ladder({ a: {}, b: { after: 'c' }, c: { after: 'b' }, d: { after: 'none' } })).toEqual({
      rungs: ['a'],
      left: ['b', 'c', 'd'],
    });
  });
});

describe('offerReport', () => {
  const facts: OfferFacts = {
    deployment: {
      schema: 'greenlight.deployment/v1',
      model: 'toy',
      environment: 'production',
      digest: `sha256:${A}`,
      release: 'toy-aaaaaaaaaaaa',
      canary: [5, 100],
      min_requests: 10,
    },
    candidate: {
      digest: A,
      tag: 'toy-aaaaaaaaaaaa',
      url: 'https://example.test/a',
      commit: 'c'.repeat(40),
      evaluation: {
        verdict: 'inconclusive',
        humanReview: true,
        gates: [{ gate: 'auc', verdict: 'inconclusive' }],
      },
      data: [{ dataset: 'train', contract: { name: 'contracts/toy.yaml', digest: { sha256: C } } }],
    },
    live: B,
    liveFacts: undefined,
    authors: Array.from({ length: 40 }, (_, index) => `author-${String(index).padStart(2, '0')}`),
    reviewers: { able: ['risk-reviewer'], unable: [] },
    waivers: { kind: 'known', waivers: [] },
  };
  const text = renderMarkdown(offerReport(facts), { limit: 60_000 });

  it('tells whose decision it is where the policy sends it to a person', () => {
    expect(text).toContain('Its policy sends this to a person');
  });

  it('claims no difference from a live release that is gone', () => {
    expect(text).toContain(`\`${B}\`, whose release is gone`);
    expect(text).toMatch(/Contract of train: contracts\/toy\.yaml \| `c{12}` \| – \| can't be told \|/);
  });

  it('names thirty authors and counts the others', () => {
    expect(text).toContain('author-29, 10 more');
    expect(text).not.toContain('author-30');
  });

  const told = (changed: Partial<OfferFacts>): string =>
    renderMarkdown(offerReport({ ...facts, ...changed }), { limit: 60_000 });

  it('says that nothing was compared, beside what is live', () => {
    const judged = (live: string | undefined, compared: NonNullable<Evaluated['live']> | null): string =>
      told({
        live,
        candidate: { ...facts.candidate, evaluation: { ...facts.candidate.evaluation, live: compared } },
      });
    expect(judged(B, null)).toContain('nothing: no gate compared it with what is live');
    expect(judged(B, null)).not.toContain('nothing was live');
    expect(judged(undefined, null)).toContain('**Compared with:** nothing was live');
    expect(judged(B, { name: 'toy', digest: { sha256: D } })).toContain(`**Compared with:** \`${D}\``);
  });

  it('puts the slices of the worst verdict first, and of one verdict the lowest', () => {
    const groups = (
      [
        ['low', 0.1, 'pass'],
        ['high', 0.9, 'fail'],
        ['higher', 0.95, 'fail'],
        ['unsure', 0.5, 'inconclusive'],
        ['unmeasured', undefined, 'error'],
        ['lower', 0.05, 'pass'],
      ] as const
    ).map(([slice, estimate, verdict]) => ({
      slice,
      verdict,
      ...(estimate === undefined ? {} : { estimate }),
    }));
    const text = told({
      candidate: {
        ...facts.candidate,
        evaluation: { verdict: 'fail', gates: [{ gate: 'gap by carrier', verdict: 'fail', groups }] },
      },
    });
    const order = text.split('\n').flatMap((line) => {
      const [, first = ''] = /^\| (\w+) \|/.exec(line) ?? [];
      return groups.some(({ slice }) => slice === first) ? [first] : [];
    });
    expect(order).toEqual(['unmeasured', 'high', 'higher', 'unsure', 'lower', 'low']);
    expect(text).toContain('the worst verdict first');
  });

  it('tells the waivers, that there are none, and that they could not be read', () => {
    const waiver: Waiver = {
      scope: 'flights.delay.*',
      change: 'maximum-raised',
      owner: '@risk-reviewer',
      reason: 'delays | over two days are real',
      expires: '2001-12-31',
      place: { file: 'greenlight.waivers.yaml' },
    };
    const text = told({ waivers: { kind: 'known', waivers: [waiver] } });
    expect(text).toContain('**Waivers in force:** 1, listed below');
    expect(text).toMatch(/flights\.delay\.\*.* maximum-raised \| any \| .*risk-reviewer.*2001-12-31 \|/);
    expect(told({})).toContain('**Waivers in force:** none');
    expect(told({ waivers: { kind: 'unknown', why: 'its commit has no w.yaml' } })).toContain(
      "**Waivers in force:** can't be told: its commit has no w.yaml",
    );
  });

  it('asks for nothing where the workflow merges', () => {
    const merged = renderMarkdown(offerReport({ ...facts, reviewers: undefined }), { limit: 60_000 });
    expect(merged).toContain('nothing: the workflow merges this');
    expect(merged).not.toContain('an approval by');
  });
});
