import { GreenlightError } from '../../core/kernel/errors.ts';
import { decide } from './decide.ts';
import type { Action, Decision, Desired, Is } from './view.ts';

/** What a roll-out works on: the ledger, the server, GitHub and the clock. */
export interface World {
  observe(): Promise<Is>;
  act(action: Action): Promise<void>;
  now(): Date;
  /** Lets a little time pass for traffic; false when the run has waited long enough. */
  wait(): Promise<boolean>;
}

/** Where a run ended, and what it did on the way. */
export interface Run {
  readonly decision: Decision;
  readonly done: readonly Action[];
}

/** Errors that mean "somebody else was faster": what was planned is dropped and decided again. */
const OVERTAKEN = new Set(['ledger/conflict', 'target/stale']);

/** More turns than any plan has steps: a run that needs them does not converge. */
const MAX_TURNS = 200;

/**
 * Observes, decides and acts until nothing is left to do, traffic is missing for longer than the run waits, or something fails, which
 * is thrown. With `planOnly` nothing is done: the decision holds what would come first.
 */
export async function converge(desired: Desired, world: World, planOnly = false): Promise<Run> {
  const done: Action[] = [];
  for (let turns = 0; turns < MAX_TURNS; ) {
    const decision = decide(desired, await world.observe(), world.now());
    if (planOnly) return { decision, done };
    if (decision.actions.length === 0) {
      if (!decision.waits || !(await world.wait())) return { decision, done };
      continue;
    }
    turns++;
    for (const action of decision.actions) {
      try {
        await world.act(action);
      } catch (error) {
        if (error instanceof GreenlightError && OVERTAKEN.has(error.code)) break;
        throw error;
      }
      done.push(action);
    }
  }
  throw new GreenlightError({
    code: 'roll-out/no-end',
    message: `${desired.environment}/${desired.model} did not settle in ${MAX_TURNS} turns`,
    mend: 'look for another process that changes the same router',
  });
}
