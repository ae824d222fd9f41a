import type { Host } from '../core/toolkit/host.ts';

/** A verb that no workflow step has: its own arguments, its own printing, the common exit codes. */
export type Verb = (args: readonly string[], host: Host) => Promise<number>;

interface VerbEntry {
  readonly summary: string;
  load(): Promise<{ readonly default: Verb }>;
}

/** The verbs beside the actions, by name. */
export const VERBS: Readonly<Record<string, VerbEntry>> = {
  contract: {
    summary: 'check, infer and compare data contracts',
    load: () => import('./contract/main.ts'),
  },
  history: {
    summary: 'what was live when, who approved it and how it ended',
    load: () => import('./history.ts'),
  },
  verify: {
    summary: 'the chain of evidence of a digest, from traffic back to data',
    load: () => import('./verify.ts'),
  },
};
