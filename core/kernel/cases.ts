import type { Place } from './place.ts';

/** One thing that was judged, as tools that count tests see it. */
export interface Case {
  /** What was judged: a data set, a model. */
  readonly suite: string;
  readonly name: string;
  /** A warning is a pass with a message. */
  readonly outcome: 'pass' | 'fail' | 'error' | 'skipped';
  readonly message?: string;
  /** Where it was declared. */
  readonly place?: Place;
}
