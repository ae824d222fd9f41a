import type { ReportSubject } from '../formats/report.ts';
import type { Report } from '../kernel/blocks.ts';
import type { Case } from '../kernel/cases.ts';
import type { Place } from '../kernel/place.ts';
import type { Verdict } from '../kernel/verdict.ts';
import type { Host } from './host.ts';
import type { InputSpecs } from './inputs.ts';

/** A finding as report.json carries it: each action has its own union, told apart by `kind`. */
export interface FindingLike {
  readonly kind: string;
}

/** A line that a reviewer sees beside the code. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly place?: Place;
}

/** What an action found, before anybody rendered it. */
export interface Outcome {
  readonly verdict: Verdict;
  /** The model's name; empty for what concerns the whole repository. */
  readonly model: string;
  /** What was judged, by digest. */
  readonly subjects: readonly ReportSubject[];
  readonly findings: readonly FindingLike[];
  readonly report: Report;
  readonly annotations?: readonly Annotation[];
  /** What was judged one by one: written as junit.xml for tools that count tests. */
  readonly cases?: readonly Case[];
  /** The outputs of action.yml besides `verdict`: digests, ids and paths, never contents. */
  readonly outputs?: Readonly<Record<string, string>>;
  /** True where the policy sends this inconclusive verdict to human review: the step passes and the verdict stays. */
  readonly humanReview?: boolean;
}

/** An action and its verb: the same name, inputs, outputs and report. */
export interface ActionDefinition<I> {
  readonly name: string;
  readonly inputs: InputSpecs<I>;
  run(inputs: I, host: Host): Promise<Outcome>;
}

/** Ties an action's inputs to what it does. */
export function defineAction<I>(definition: ActionDefinition<I>): ActionDefinition<I> {
  return definition;
}
