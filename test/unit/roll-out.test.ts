import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Canary, look } from '../../actions/roll-out/canary.ts';
import { decide } from '../../actions/roll-out/decide.ts';
import { readCounts } from '../../actions/roll-out/open-inference.ts';
import { converge, type World } from '../../actions/roll-out/run.ts';
import { servedName } from '../../actions/roll-out/target.ts';
import { type Action, counters, type Decision, type Desired, type Is } from '../../actions/roll-out/view.ts';
import type { TrafficCount } from '../../core/formats/record.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { type NewRecord, nextRecord, type StoredRecord, verifyChains } from '../../core/ledger/chain.ts';
import { lastProgress, live, previousLive, rejected, rolledBack } from '../../core/ledger/history.ts';

const MODEL = 'flight-delay';
const DIGESTS = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
const [A = '', B = '', C = ''] = DIGESTS;
const served = (digest: string): string => servedName(MODEL, digest);

class Crash extends Error {}

/** A ledger, a server, a main branch and the requests of users, in memory; what breaks is up to the test. */
class Simulation {
  records: (StoredRecord & { text: string })[] = [];
  generation: number | undefined;
  weights = new Map<string, number>();
  placed = new Set<string>();
  counts = new Map<string, TrafficCount>();
  declared: string | undefined;
  canary: [number, ...number[]] = [5, 25, 50, 100];
  minRequests = 20;
  rollback: { reason: string } | undefined;
  unreachable = false;
  readonly noRelease = new Set<string>();
  readonly notApproved = new Set<string>();
  readonly wrongAnswers = new Set<string>();
  readonly errorPercent = new Map<string, number>();
  /** Digests that a fall-back took the traffic from. */
  readonly fellBack = new Set<string>();
  /** Requests to a digest that was rejected or fallen back from. */
  forbidden = 0;
  clock = Date.UTC(2001, 2, 1);
  #turn = 0;

  desired(): Desired {
    const { declared: digest } = this;
    const deployment =
      digest === undefined
        ? undefined
        : {
            schema: 'greenlight.deployment/v1' as const,
            model: MODEL,
            environment: 'production',
            digest: `sha256:${digest}`,
            release: served(digest),
            canary: this.canary,
            min_requests: this.minRequests,
          };
    return { environment: 'production', model: MODEL, deployment, soak: undefined, rollback: this.rollback };
  }

  /** Users' requests, spread by the weights as the serving example spreads them. */
  traffic(requests: number): void {
    const shares = [...this.weights];
    for (let index = 0; index < requests && shares.length > 0; index++) {
      const point = (this.#turn++ * 37) % 100;
      const name = shares.length === 1 || point < (shares[0]?.[1] ?? 0) ? shares[0]?.[0] : shares[1]?.[0];
      const digest = DIGESTS.find((candidate) => served(candidate) === name) ?? '';
      if (rejected(this.records).has(digest) || this.fellBack.has(digest)) this.forbidden++;
      const before = this.counts.get(name ?? '') ?? { requests: 0, errors: 0 };
      const fails = (before.requests * 61) % 100 < (this.errorPercent.get(digest) ?? 0);
      this.counts.set(name ?? '', { requests: before.requests + 1, errors: before.errors + (fails ? 1 : 0) });
    }
  }

  /** One run's view; `before` and `after` are called around the n-th action of this run and may throw. */
  world(
    hooks: { before?: (n: number) => Promise<void> | void; after?: (n: number) => void; waits?: number } = {},
  ): World {
    let snapshot: readonly StoredRecord[] = this.records;
    let canary: Canary | undefined;
    let reverted = false;
    let acted = 0;
    let waits = hooks.waits ?? 60;
    return {
      now: () => new Date(this.clock),
      wait: async () => {
        this.clock += 1000;
        this.traffic(50);
        return waits-- > 0;
      },
      observe: async (): Promise<Is> => {
        snapshot = this.records;
        const traffic = {
          generation: this.generation,
          weights: new Map(this.weights),
          counts: new Map(this.counts),
          placed: [...this.placed].map(served),
        };
        const progress = lastProgress(snapshot);
        canary =
          progress === undefined || this.unreachable
            ? undefined
            : look(
                canary,
                progress.step ?? progress.started,
                counters(traffic, MODEL, progress.started.digest, live(snapshot)?.digest),
              );
        const digest = this.declared ?? '';
        return {
          records: snapshot,
          traffic: this.unreachable ? { unreachable: 'no answer' } : traffic,
          ready: new Map(
            DIGESTS.map((d) => [
              d,
              !this.placed.has(d) ? 'absent' : this.wrongAnswers.has(d) ? 'wrong-answers' : 'ready',
            ]),
          ),
          canary,
          evidence: this.noRelease.has(digest)
            ? { holds: false, verdict: 'error', reasons: ['no release'] }
            : { holds: true, of: { release: served(digest) } },
          approval: this.notApproved.has(digest)
            ? { holds: false, verdict: 'fail', reasons: ['not approved'] }
            : { holds: true, of: undefined },
          reverted,
        };
      },
      act: async (action) => {
        acted++;
        await hooks.before?.(acted);
        if (action.do === 'revert') reverted = true;
        else this.#apply(action, snapshot);
        if (action.do === 'record') snapshot = this.records;
        hooks.after?.(acted);
      },
    };
  }

  #apply(action: Exclude<Action, { do: 'revert' }>, snapshot: readonly StoredRecord[]): void {
    if (action.do === 'record') {
      if (snapshot !== this.records)
        throw new GreenlightError({ code: 'ledger/conflict', message: 'overtaken' });
      this.append(action.event);
      return;
    }
    if (this.unreachable) throw new GreenlightError({ code: 'target/unreachable', message: 'no answer' });
    if (action.do === 'place') {
      if (this.noRelease.has(action.digest))
        throw new GreenlightError({ code: 'release/missing', message: 'none' });
      this.placed.add(action.digest);
    } else if (action.do === 'withdraw') {
      for (const digest of DIGESTS) if (served(digest) === action.served) this.placed.delete(digest);
      expect(this.weights.has(action.served)).toBe(false);
    } else {
      if (action.generation < (this.generation ?? 0))
        throw new GreenlightError({ code: 'target/stale', message: 'older' });
      const shares = Object.entries(action.shares).filter(([, percent]) => percent > 0);
      expect(shares.reduce((sum, [, percent]) => sum + percent, 0)).toBe(100);
      for (const [digest] of shares) expect(this.placed.has(digest)).toBe(true);
      if (action.generation === this.records.length + 1) {
        for (const digest of DIGESTS)
          if (this.weights.has(served(digest)) && action.shares[digest] === undefined)
            this.fellBack.add(digest);
      }
      this.generation = action.generation;
      this.weights = new Map(shares.map(([digest, percent]) => [served(digest), percent]));
    }
  }

  append(event: NewRecord): void {
    const at = `${new Date(this.clock).toISOString().slice(0, 19)}Z`;
    this.records = [...this.records, nextRecord(this.records, event, at)];
  }

  async run(hooks: Parameters<Simulation['world']>[0] = {}): Promise<Decision & { done: readonly string[] }> {
    const { decision, done } = await converge(this.desired(), this.world(hooks));
    return {
      ...decision,
      done: done.map((action) => (action.do === 'record' ? action.event.kind : action.do)),
    };
  }
}

async function serving(digest: string): Promise<Simulation> {
  const simulation = new Simulation();
  simulation.declared = digest;
  await simulation.run();
  return simulation;
}

describe('a roll-out', () => {
  it('of the first model: smoke inference, no canary, said so; the second time nothing', async () => {
    const simulation = new Simulation();
    simulation.declared = A;
    expect(await simulation.run()).toMatchObject({
      state: 'in-sync',
      verdict: 'pass',
      done: ['place', 'started', 'step', 'weight', 'rollout'],
    });
    expect(simulation.records[0]).toMatchObject({
      canary: [100],
      reason: expect.stringContaining('no canary'),
    });
    expect(await simulation.run()).toMatchObject({ state: 'in-sync', done: [] });
  });

  it('of the next one: step by step, each after enough requests', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    expect(await simulation.run()).toMatchObject({ state: 'in-sync', verdict: 'pass' });
    const steps = simulation.records.filter((record) => record.kind === 'step' && record.digest === B);
    expect(steps.map((record) => record.weight)).toEqual([5, 25, 50, 100]);
    expect(steps[1]?.counts?.candidate.requests).toBeGreaterThanOrEqual(20);
    expect([...simulation.placed]).toEqual([A, B]);
  });

  it('waits where too few requests come, and goes on from there', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    expect(await simulation.run({ waits: 2 })).toMatchObject({ state: 'pending', verdict: 'inconclusive' });
    const before = simulation.records.length;
    expect(await simulation.run()).toMatchObject({ state: 'in-sync' });
    expect(
      simulation.records.filter((record) => record.kind === 'started' && record.digest === B),
    ).toHaveLength(1);
    expect(simulation.records.length).toBeGreaterThan(before);
  });

  it('of a broken one: traffic back, rejected, revert; then never again', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    simulation.errorPercent.set(B, 100);
    const { done, ...decision } = await simulation.run();
    expect(decision).toMatchObject({ state: 'git-behind', verdict: 'fail' });
    expect(done.slice(done.indexOf('rejected') - 1)).toEqual(['weight', 'rejected', 'revert', 'withdraw']);
    expect(await simulation.run()).toMatchObject({ state: 'git-behind', verdict: 'fail', done: ['revert'] });
    simulation.declared = A;
    expect(await simulation.run()).toMatchObject({ state: 'in-sync', done: [] });
    simulation.traffic(500);
    expect(simulation.forbidden).toBe(0);
  });

  it('does not reject for a server that does not answer', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    await simulation.run({ waits: 2 });
    simulation.unreachable = true;
    expect(await simulation.run()).toMatchObject({ state: 'unknown', verdict: 'error', done: [] });
    simulation.unreachable = false;
    expect(await simulation.run()).toMatchObject({ state: 'in-sync', verdict: 'pass' });
  });

  it('starts nothing without evidence, approval or the right answers', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    simulation.noRelease.add(B);
    expect(await simulation.run()).toMatchObject({ verdict: 'error', done: [] });
    simulation.noRelease.clear();
    simulation.notApproved.add(B);
    expect(await simulation.run()).toMatchObject({ verdict: 'fail', state: 'pending', done: [] });
    simulation.notApproved.clear();
    simulation.wrongAnswers.add(B);
    expect(await simulation.run()).toMatchObject({
      verdict: 'fail',
      done: ['place', 'rejected', 'revert', 'withdraw'],
    });
    expect(simulation.counts.has(served(B))).toBe(false);
  });

  it('mends weights that the ledger does not know', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    await simulation.run();
    simulation.weights = new Map([
      [served(A), 30],
      [served(B), 70],
    ]);
    expect(await simulation.run()).toMatchObject({ state: 'in-sync', done: ['weight'] });
    expect([...simulation.weights]).toEqual([[served(B), 100]]);
  });

  it('finishes a rejection and a rollback that were cut off after the traffic went back', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    simulation.errorPercent.set(B, 100);
    let cut = false;
    const crash = (): void => {
      if (!cut && simulation.fellBack.has(B)) {
        cut = true;
        throw new Crash();
      }
    };
    await expect(simulation.run({ after: crash })).rejects.toThrow(Crash);
    expect(simulation.records.at(-1)?.kind).toBe('step');
    expect((await simulation.run()).done).toEqual(['rejected', 'revert', 'withdraw']);

    const back = await serving(A);
    back.declared = B;
    await back.run();
    back.rollback = { reason: 'asked for' };
    await expect(
      back.run({
        after: () => {
          throw new Crash();
        },
      }),
    ).rejects.toThrow(Crash);
    back.rollback = undefined;
    expect((await back.run()).done).toEqual(['rollback', 'revert', 'withdraw']);
    expect(live(back.records)?.digest).toBe(A);
    expect([...simulation.weights]).toEqual([[served(A), 100]]);
  });

  it('steps back once for one request, and needs an override to start again', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    await simulation.run();
    simulation.rollback = { reason: 'asked for in run 7' };
    expect(await simulation.run()).toMatchObject({
      state: 'git-behind',
      verdict: 'pass',
      done: ['weight', 'rollback', 'revert', 'withdraw'],
    });
    expect((await simulation.run()).done).toEqual(['revert']);
    simulation.rollback = undefined;
    expect(await simulation.run()).toMatchObject({ state: 'git-behind', verdict: 'fail' });
    simulation.fellBack.clear();
    simulation.append({ environment: 'production', model: MODEL, kind: 'override', digest: B });
    expect(await simulation.run()).toMatchObject({ state: 'in-sync' });
    expect(live(simulation.records)?.digest).toBe(B);
  });

  it('leaves a candidate that main does not declare any more', async () => {
    const simulation = await serving(A);
    simulation.declared = B;
    await simulation.run({ waits: 2 });
    simulation.declared = C;
    expect(await simulation.run()).toMatchObject({ state: 'in-sync' });
    expect(simulation.records.map((record) => record.kind)).toContain('hold');
    expect(live(simulation.records)?.digest).toBe(C);
  });

  it('withdraws the one before once the live one has soaked', () => {
    const simulation = new Simulation();
    simulation.append({ environment: 'production', model: MODEL, kind: 'rollout', digest: A });
    simulation.append({ environment: 'production', model: MODEL, kind: 'rollout', digest: B });
    simulation.declared = B;
    const is: Is = {
      records: simulation.records,
      traffic: {
        generation: 2,
        weights: new Map([[served(B), 100]]),
        counts: new Map(),
        placed: [served(A), served(B)],
      },
      ready: new Map([
        [A, 'ready'],
        [B, 'ready'],
      ]),
      canary: undefined,
      evidence: undefined,
      approval: undefined,
      reverted: false,
    };
    const actionsAfter = (seconds: number): readonly Action[] =>
      decide({ ...simulation.desired(), soak: 60_000 }, is, new Date(simulation.clock + seconds * 1000))
        .actions;
    expect(actionsAfter(59)).toEqual([]);
    expect(actionsAfter(60)).toEqual([{ do: 'withdraw', served: served(A) }]);
  });
});

/** Something that happens to the world between and within runs. */
type Happening =
  | { what: 'run'; crashAt: number; when: 'before' | 'after' | 'never' }
  | { what: 'traffic'; requests: number }
  | { what: 'declare'; digest: string | undefined }
  | { what: 'errors'; digest: string; percent: number }
  | { what: 'release'; digest: string; there: boolean }
  | { what: 'answers'; digest: string; right: boolean }
  | { what: 'outage'; on: boolean }
  | { what: 'restart' }
  | { what: 'router lost' }
  | { what: 'by hand'; percent: number }
  | { what: 'rollback'; id: number };

const digest = fc.constantFrom(...DIGESTS);
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      what: fc.constant('run'),
      crashAt: fc.integer({ min: 1, max: 9 }),
      when: fc.constantFrom('before', 'after', 'never'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('traffic'), requests: fc.integer({ min: 1, max: 300 }) }),
  },
  { weight: 3, arbitrary: fc.record({ what: fc.constant('declare'), digest }) },
  {
    weight: 2,
    arbitrary: fc.record({ what: fc.constant('errors'), digest, percent: fc.constantFrom(0, 0, 30, 100) }),
  },
  fc.record({ what: fc.constant('release'), digest, there: fc.boolean() }),
  fc.record({ what: fc.constant('answers'), digest, right: fc.boolean() }),
  fc.record({ what: fc.constant('outage'), on: fc.boolean() }),
  fc.record({ what: fc.constant('restart') }),
  fc.record({ what: fc.constant('router lost') }),
  fc.record({ what: fc.constant('by hand'), percent: fc.integer({ min: 1, max: 99 }) }),
  fc.record({ what: fc.constant('rollback'), id: fc.nat() }),
) as fc.Arbitrary<Happening>;

async function happen(simulation: Simulation, event: Happening): Promise<void> {
  switch (event.what) {
    case 'run':
      return tryRun(simulation, {
        [event.when]: (n: number) => {
          if (n === event.crashAt) throw new Crash();
        },
        waits: 5,
      });
    case 'traffic':
      return simulation.traffic(event.requests);
    case 'declare':
      simulation.declared = event.digest;
      return;
    case 'errors':
      simulation.errorPercent.set(event.digest, event.percent);
      return;
    case 'release':
      simulation.noRelease[event.there ? 'delete' : 'add'](event.digest);
      return;
    case 'answers':
      simulation.wrongAnswers[event.right ? 'delete' : 'add'](event.digest);
      return;
    case 'outage':
      simulation.unreachable = event.on;
      return;
    case 'restart':
      simulation.counts.clear();
      return;
    case 'router lost': {
      // Not after an interrupted fall-back: that only the router knows of.
      if ((simulation.generation ?? 0) > simulation.records.length) return;
      simulation.generation = undefined;
      simulation.weights.clear();
      return;
    }
    case 'by hand': {
      // A person plays with what may serve, under the generation that is there.
      const [now, before] = [live(simulation.records)?.digest, previousLive(simulation.records)?.digest];
      if (
        now === undefined ||
        before === undefined ||
        !simulation.placed.has(before) ||
        simulation.fellBack.has(before)
      )
        return;
      if ((simulation.generation ?? 0) > simulation.records.length) return;
      simulation.weights = new Map([
        [served(now), event.percent],
        [served(before), 100 - event.percent],
      ]);
      return;
    }
    case 'rollback':
      simulation.rollback = { reason: `request ${event.id}` };
      await tryRun(simulation, { waits: 0 });
      simulation.rollback = undefined;
  }
}

async function tryRun(simulation: Simulation, hooks: Parameters<Simulation['world']>[0]): Promise<void> {
  try {
    await simulation.run(hooks);
  } catch (error) {
    if (!(error instanceof Crash || error instanceof GreenlightError)) throw error;
    if (error instanceof GreenlightError) expect(error.code).not.toBe('roll-out/no-end');
  }
}

/** What must hold at any time. */
function holds(simulation: Simulation): void {
  verifyChains(simulation.records.map(({ file, text }) => ({ file, text })));
  expect(simulation.forbidden).toBe(0);
}

/** When nothing breaks any more, a run ends with nothing left to do, what is live serves, and the next run finds nothing. */
async function settles(simulation: Simulation): Promise<void> {
  simulation.unreachable = false;
  simulation.noRelease.clear();
  simulation.wrongAnswers.clear();
  const first = await simulation.run();
  expect(first.waits).toBe(false);
  const barred = new Set([...rejected(simulation.records), ...rolledBack(simulation.records)]);
  const now = live(simulation.records)?.digest;
  if (simulation.declared !== undefined && !barred.has(simulation.declared)) {
    expect(first).toMatchObject({ state: 'in-sync', verdict: 'pass' });
    expect(now).toBe(simulation.declared);
  }
  if (now !== undefined) expect([...simulation.weights]).toEqual([[served(now), 100]]);
  const again = await simulation.run();
  expect(again.done.filter((action) => action !== 'revert')).toEqual([]);
}

describe('whatever happens', () => {
  it('no rejected digest gets a request, and it settles', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(happening, { maxLength: 25 }), async (events) => {
        const simulation = new Simulation();
        simulation.declared = A;
        for (const event of events) {
          await happen(simulation, event);
          holds(simulation);
        }
        await settles(simulation);
        simulation.traffic(200);
        holds(simulation);
      }),
      { numRuns: 1500 },
    );
  });

  it('two runs at once end in one ledger and the same traffic', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(happening, { maxLength: 8 }),
        fc.integer({ min: 1, max: 10 }),
        fc.constantFrom(0, 30, 100),
        async (events, at, percent) => {
          const simulation = new Simulation();
          simulation.declared = A;
          for (const event of events) await happen(simulation, event);
          simulation.unreachable = false;
          simulation.declared = B;
          simulation.errorPercent.set(B, percent);
          await tryRun(simulation, {
            before: async (n) => {
              if (n === at) await tryRun(simulation, {});
            },
          });
          verifyChains(simulation.records.map(({ file, text }) => ({ file, text })));
          simulation.fellBack.clear();
          simulation.forbidden = 0;
          await settles(simulation);
          simulation.traffic(200);
          holds(simulation);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the counts of the metrics', () => {
  it('are those of the one router, by served model', () => {
    const text = [
      '# TYPE requests_total counter',
      'requests_total{router="m",model="m-1"} 95',
      'requests_total{router="other",model="m-1"} 7',
      'requests_total{router="",model="m-1"} 3',
      'errors_total{model="m-1",router="m"} 2',
      'request_duration_seconds_sum{router="m",model="m-1"} 0.5',
    ].join('\n');
    expect([...readCounts(text, 'm')]).toEqual([['m-1', { requests: 95, errors: 2 }]]);
  });
});
