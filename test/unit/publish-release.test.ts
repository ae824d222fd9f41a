import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  assetName,
  decide,
  distinct,
  type PresentAsset,
  type PresentRelease,
  type Step,
  type WantedAsset,
} from '../../actions/publish-release/decide.ts';

const WANTED: readonly WantedAsset[] = ['model.onnx', 'probe.json', 'release.json'].map((name, index) => ({
  name,
  sha256: String(index + 1).repeat(64),
}));
const right = (id: number, { name, sha256 }: WantedAsset): PresentAsset => ({
  id,
  name,
  state: 'uploaded',
  sha256,
});
const complete = WANTED.map((want, index) => right(index + 1, want));

/** A server in memory that does what a step says, as GitHub does: no two assets of a name, no change of what is published. */
class Server {
  readonly releases: PresentRelease[];
  writes = 0;
  #id = 1000;

  constructor(releases: readonly PresentRelease[]) {
    this.releases = [...releases];
  }

  act(step: Step): void {
    this.writes++;
    switch (step.kind) {
      case 'create-draft':
        this.releases.push({ id: this.#id++, draft: true, assets: [] });
        return;
      case 'delete-draft':
        this.releases.splice(this.#index(step.release, true), 1);
        return;
      case 'delete-asset':
        this.#replace(
          this.releases.findIndex(({ assets }) => assets.some(({ id }) => id === step.asset.id)),
          (assets) => assets.filter(({ id }) => id !== step.asset.id),
        );
        return;
      case 'upload': {
        const want = WANTED.find(({ name }) => name === step.name);
        if (want === undefined) throw new Error(`nobody wants ${step.name}`);
        this.#replace(this.#index(step.release, true), (assets) => {
          if (assets.some(({ name }) => name === step.name)) throw new Error('already_exists');
          return [...assets, right(this.#id++, want)];
        });
        return;
      }
      case 'publish': {
        const index = this.#index(step.release, true);
        this.releases.splice(index, 1, { ...this.#at(index), draft: false });
      }
    }
  }

  #index(id: number, draft: boolean): number {
    const index = this.releases.findIndex((release) => release.id === id && release.draft === draft);
    if (index < 0) throw new Error('not found');
    return index;
  }

  #at(index: number): PresentRelease {
    const release = this.releases[index];
    if (release === undefined) throw new Error('not found');
    return release;
  }

  #replace(index: number, change: (assets: readonly PresentAsset[]) => readonly PresentAsset[]): void {
    const release = this.#at(index);
    if (!release.draft) throw new Error('immutable');
    this.releases.splice(index, 1, { ...release, assets: change(release.assets) });
  }
}

/** Observes and acts until nothing is left; each round is cut off after so many steps as `cuts` says. */
function settle(server: Server, cuts: readonly number[] = []): void {
  for (let round = 0; round < 20; round++) {
    const decision = decide(WANTED, server.releases);
    if (decision.kind !== 'steps') return;
    for (const step of decision.steps.slice(0, cuts[round] ?? decision.steps.length)) server.act(step);
  }
  throw new Error('did not settle');
}

const asset = (id: number) =>
  fc.record({
    id: fc.constant(id),
    name: fc.constantFrom(...WANTED.map(({ name }) => name), 'left-over.txt'),
    state: fc.constantFrom('uploaded', 'starter', 'open'),
    sha256: fc.constantFrom(undefined, 'f'.repeat(64), ...WANTED.map(({ sha256 }) => sha256)),
  });
const draft = (id: number) =>
  fc.record({
    id: fc.constant(id),
    draft: fc.constant(true),
    assets: fc
      .tuple(...[1, 2, 3, 4].map((index) => asset(id * 10 + index)))
      .map((assets) =>
        assets.filter((one, index) => assets.findIndex(({ name }) => name === one.name) === index),
      ),
  });
const drafts = fc
  .integer({ min: 0, max: 3 })
  .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => draft(index + 1))));

describe('decide of publish-release', () => {
  it('ends in one published release of just the wanted assets, wherever it starts and however often it is cut off', () => {
    fc.assert(
      fc.property(drafts, fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }), (start, cuts) => {
        const server = new Server(start);
        settle(server, cuts);
        expect(server.releases).toHaveLength(1);
        const [release] = server.releases;
        expect(release?.draft).toBe(false);
        const has = release?.assets.map(({ name, sha256, state }) => ({ name, sha256, state }));
        expect(has?.sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
          WANTED.map((want) => ({ ...want, state: 'uploaded' })),
        );
        const { writes } = server;
        settle(server);
        expect(server.writes).toBe(writes);
      }),
    );
  });

  it('publishes only what the server itself calls right', () => {
    fc.assert(
      fc.property(drafts, (start) => {
        const decision = decide(WANTED, start);
        const publishes = decision.kind === 'steps' && decision.steps.some(({ kind }) => kind === 'publish');
        const oldest = [...start].sort((a, b) => a.id - b.id)[0];
        const whole =
          oldest?.assets.length === WANTED.length &&
          oldest.assets.every(
            (one) =>
              one.state === 'uploaded' && WANTED.some((w) => w.name === one.name && w.sha256 === one.sha256),
          );
        expect(publishes).toBe(whole);
      }),
    );
  });

  it('never touches what is published: the same is done, anything else a conflict', () => {
    expect(decide(WANTED, [{ id: 7, draft: false, assets: complete }])).toEqual({ kind: 'done', release: 7 });
    const [model, ...rest] = complete;
    const cases: [readonly PresentAsset[], string[]][] = [
      [rest, ['model.onnx']],
      [[{ ...right(1, { name: 'model.onnx', sha256: 'f'.repeat(64) }) }, ...rest], ['model.onnx']],
      [[...complete, right(9, { name: 'extra', sha256: 'e'.repeat(64) })], ['extra']],
    ];
    expect(model?.name).toBe('model.onnx');
    for (const [assets, names] of cases)
      expect(decide(WANTED, [{ id: 7, draft: false, assets }])).toEqual({ kind: 'conflict', names });
  });

  it('removes a starter asset before it uploads that name again', () => {
    const starter: PresentAsset = { id: 5, name: 'model.onnx', state: 'starter', sha256: undefined };
    const decision = decide(WANTED, [{ id: 1, draft: true, assets: [starter, ...complete.slice(1)] }]);
    expect(decision).toEqual({
      kind: 'steps',
      steps: [
        { kind: 'delete-asset', asset: starter },
        { kind: 'upload', release: 1, name: 'model.onnx' },
      ],
    });
  });

  it('names assets flat, in characters that GitHub keeps', () => {
    expect(assetName('', 'contracts/flights.odcs.yaml')).toBe('flights.odcs.yaml');
    expect(assetName('evaluate-model', 'out/evaluate-model/report.json')).toBe('evaluate-model-report.json');
    expect(assetName('', 'a b/ü c.yaml')).toBe('--c.yaml');
  });

  it('names files that would share an asset by their whole path', () => {
    const file = (path: string) => ({
      role: 'contract' as const,
      path,
      asset: assetName('', path),
      sha256: '0'.repeat(64),
      size: 1,
    });
    const files = ['contracts/toy.yaml', 'policies/toy.yaml', 'model/toy.onnx'].map(file);
    expect(distinct(files).map(({ asset }) => asset)).toEqual([
      'contracts-toy.yaml',
      'policies-toy.yaml',
      'toy.onnx',
    ]);
  });
});
