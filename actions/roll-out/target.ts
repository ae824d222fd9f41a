import type { TrafficCount } from '../../core/formats/record.ts';

/** One digest is one served model of this name, and one folder of it. */
export function servedName(model: string, digest: string): string {
  return `${model}-${digest.slice(0, 12)}`;
}

/** What a release gives to be served. */
export interface Placeable {
  /** Brings the model's bytes into a file, whole and verified. */
  bring(toFile: string): Promise<void>;
  /** The release's probe.json. */
  readonly probe: string;
}

/** What a server says of a digest: not there, there but its answers are not those of the release, or ready to serve. */
export type Readiness = 'absent' | 'wrong-answers' | 'ready';

/** Percentages of traffic by digest; they add up to 100. */
export type Shares = Readonly<Record<string, number>>;

/** What serves now. Models go by their served names. */
export interface Traffic {
  /** The number of the ledger record that the weights belong to; undefined where there are none yet. */
  readonly generation: number | undefined;
  /** Percentages by served name, those above 0. */
  readonly weights: ReadonlyMap<string, number>;
  /** Requests and errors of the router since the server started, by served name. */
  readonly counts: ReadonlyMap<string, TrafficCount>;
  /** The served names of this model that the server has. */
  readonly placed: readonly string[];
}

/**
 * Where one model is served: five verbs. Each can be done again without harm and ends within a deadline. `target/unreachable` where
 * there is no answer, `target/refused` where the answer is no, `target/stale` where the weights are of a later generation.
 */
export interface Target {
  place(digest: string, release: Placeable): Promise<void>;
  ready(digest: string): Promise<Readiness>;
  weight(generation: number, shares: Shares): Promise<void>;
  observe(): Promise<Traffic>;
  withdraw(served: string): Promise<void>;
}
