import { type NewRecord, rejected, rollbackTarget, type StoredRecord } from '../../core/ledger/ledger.ts';
import { failsAt } from '../../policies/statistics/e-process.ts';
import { type Shares, servedName } from './target.ts';
import {
  type Action,
  counters,
  type Decision,
  type Desired,
  defined,
  type Is,
  isBarred,
  isGiven,
  key,
  mend,
  serves,
  settled,
  short,
  todo,
  type View,
  viewOf,
  weight,
  withdrawals,
} from './view.ts';

/** The rate at which the canary test fails a candidate that is as good as what is live. */
export const ALPHA = 0.05;

/**
 * All the rules of a roll-out. Level-based: from what should be and what is, the next few actions and why; none when there is
 * nothing left to do. The caller acts in order, stops at the first failure and observes again.
 *
 * A weight carries the number of the ledger record that it belongs to. A step is recorded first and then given. Traffic goes back
 * first and is recorded then, under the number of the record to come: weights one ahead of the ledger are a fall-back that was
 * interrupted, and are recorded before anything else.
 */
export function decide(desired: Desired, is: Is, now: Date): Decision {
  if ('unreachable' in is.traffic)
    return settled('unknown', 'error', `paused, nothing is rejected: ${is.traffic.unreachable}`);
  const view = viewOf(desired, is, is.traffic, now);
  return (
    finishFallBack(view) ??
    stepBack(view) ??
    failCandidate(view) ??
    leaveCandidate(view) ??
    refuse(view) ??
    keep(view) ??
    start(view) ??
    goOn(view)
  );
}

/** A crash between "traffic back" and its record ends in the record, without one more request to what was left. */
function finishFallBack(view: View): Decision | undefined {
  const { traffic, n, live, previous, progress } = view;
  if (traffic.generation === undefined || traffic.generation <= n) return undefined;
  if (traffic.generation === n + 1) {
    const reason = 'the traffic had been taken back when the run before this one ended';
    if (progress !== undefined && live !== undefined && serves(view, { [live.digest]: 100 }))
      return reject(view, progress.started.digest, reason);
    if (
      progress === undefined &&
      live !== undefined &&
      previous !== undefined &&
      serves(view, { [previous.digest]: 100 })
    ) {
      return todo('pending', reason, [rollbackRecord(view, live.digest, previous, reason)]);
    }
  }
  return settled(
    'unknown',
    'error',
    `the server's weights belong to record ${traffic.generation}, the ledger ends at ${n}`,
  );
}

function stepBack(view: View): Decision | undefined {
  const { desired, is, n } = view;
  if (desired.rollback === undefined) return undefined;
  const { reason } = desired.rollback;
  if (is.records.some((record) => record.kind === 'rollback' && record.reason === reason)) return undefined;
  const target = rollbackTarget(is.records);
  if (target === undefined)
    return settled('pending', 'error', 'there is nothing to go back to: no other model was live here');
  const { left, restored } = target;
  const why = `one step back was asked for: ${short(left)} is left, ${short(restored.digest)} restored`;
  const readiness = is.ready.get(restored.digest);
  if (readiness === 'wrong-answers') {
    return settled(
      'pending',
      'error',
      `${why}; but the answers of ${short(restored.digest)} differ from those that its release lists`,
    );
  }
  if (readiness !== 'ready') return todo('pending', why, [{ do: 'place', digest: restored.digest }]);
  return todo('pending', why, [
    weight(n + 1, { [restored.digest]: 100 }),
    rollbackRecord(view, left, restored, reason),
  ]);
}

/** Judged before any weight is given: the test, and the answers to the release's own probe. */
function failCandidate(view: View): Decision | undefined {
  const { is, live, progress, declared } = view;
  const evidence = is.canary?.evidence ?? 1;
  if (progress !== undefined && live !== undefined && evidence >= failsAt(ALPHA)) {
    return reject(
      view,
      progress.started.digest,
      `it errs more often than what is live (evidence ${evidence.toPrecision(3)}, ${failsAt(ALPHA)} decides)`,
    );
  }
  const candidate = progress?.started.digest ?? declared;
  if (candidate === undefined || candidate === live?.digest || isBarred(view, candidate)) return undefined;
  if (is.ready.get(candidate) !== 'wrong-answers') return undefined;
  const reason = 'its answers differ from those that the release lists in probe.json';
  if (live === undefined && isGiven(view, candidate)) {
    return settled(
      'pending',
      'error',
      `${short(candidate)} serves, the first model here, and ${reason}: there is nothing to go back to`,
    );
  }
  return reject(view, candidate, reason);
}

/** Main declares another digest than the one that is on its way: back to what is live, and start anew from there. */
function leaveCandidate(view: View): Decision | undefined {
  const { n, live, progress, declared, desired } = view;
  if (progress === undefined || progress.started.digest === declared) return undefined;
  const { digest } = progress.started;
  const reason =
    declared === undefined ? 'main declares nothing any more' : `main declares ${short(declared)} now`;
  const back =
    live === undefined || serves(view, { [live.digest]: 100 }) ? [] : [weight(n, { [live.digest]: 100 })];
  const hold: Action = { do: 'record', event: { ...key(desired), kind: 'hold', digest, reason } };
  return todo('pending', `${short(digest)} is left: ${reason}`, [...back, hold]);
}

/** Main names a digest that may not serve: traffic stays where it is and main is asked to follow. */
function refuse(view: View): Decision | undefined {
  const { is, live, declared, desired } = view;
  if (declared === undefined || !isBarred(view, declared)) return undefined;
  const word = rejected(is.records).has(declared) ? 'rejected' : 'left by a rollback';
  const reason = `main declares ${short(declared)}, which was ${word} here`;
  if (live === undefined)
    return settled('git-behind', 'fail', `${reason}; nothing else was live, so nothing serves`);
  const mending = mend(view, { [live.digest]: 100 });
  if (mending.length > 0)
    return todo('drifted', `${reason}; traffic goes back to ${short(live.digest)}`, mending);
  // A rollback that was asked for is done; anything else that main declares and that can't serve is a failure.
  const verdict = desired.rollback === undefined ? 'fail' : 'pass';
  const because = [reason, `${short(live.digest)} serves; the revert pull request brings main to it`];
  if (is.reverted)
    return { actions: withdrawals(view), state: 'git-behind', verdict, reasons: because, waits: false };
  const release = live.release ?? servedName(live.model, live.digest);
  const revert: Action = { do: 'revert', left: declared, live: live.digest, release };
  return { actions: [revert], state: 'git-behind', verdict, reasons: because, waits: false };
}

/** What is live is what is declared, or nothing is declared. */
function keep(view: View): Decision | undefined {
  const { live, declared } = view;
  if (declared !== undefined && declared !== live?.digest) return undefined;
  if (live === undefined) return settled('in-sync', 'pass', 'nothing is declared here and nothing is live');
  const mending = mend(view, { [live.digest]: 100 });
  if (mending.length > 0)
    return todo(
      'drifted',
      `${short(live.digest)} is live by the ledger and does not serve everything`,
      mending,
    );
  if (view.is.ready.get(live.digest) === 'wrong-answers') {
    return settled(
      'drifted',
      'fail',
      `${short(live.digest)} is live, and its answers differ from those that its release lists in probe.json`,
    );
  }
  if (declared === undefined)
    return settled(
      'git-behind',
      'error',
      `main has no deployment file any more, and ${short(live.digest)} goes on serving`,
    );
  return {
    actions: withdrawals(view),
    state: 'in-sync',
    verdict: 'pass',
    reasons: [`${short(declared)} is live`],
    waits: false,
  };
}

/** What must hold before a new digest starts, checked in every run that moves it. */
function start(view: View): Decision | undefined {
  const { desired, is, live, progress, declared } = view;
  const { deployment } = desired;
  if (declared === undefined || deployment === undefined) return undefined;
  for (const check of [is.evidence, is.approval]) {
    if (check === undefined)
      return settled('unknown', 'error', `the evidence of ${short(declared)} was not read`);
    if (!check.holds) return settled('pending', check.verdict, ...check.reasons);
  }
  if (!isReady(view, declared))
    return todo('pending', `${short(declared)} is not on the server`, [{ do: 'place', digest: declared }]);
  if (progress !== undefined) return undefined;
  const isFirst = live === undefined;
  const event: NewRecord = {
    ...key(desired),
    kind: 'started',
    digest: declared,
    release: deployment.release,
    canary: isFirst ? [100] : deployment.canary,
    baseline: counters(view.traffic, desired.model, declared, live?.digest),
    ...(isFirst ? { reason: 'the first model here: smoke inference, no canary' } : {}),
    ...approvalOf(view),
  };
  return todo(
    'pending',
    `${short(declared)} starts${isFirst ? ', the first model here: smoke inference, no canary' : ''}`,
    [{ do: 'record', event }],
  );
}

/** From one step to the next, to the end. */
function goOn(view: View): Decision {
  const { desired, is, traffic, n, live, progress } = view;
  if (progress === undefined) return settled('unknown', 'error', 'no rule fits what was observed');
  const { started, step } = progress;
  const { digest } = started;
  const plan = started.canary ?? [100];
  const given = step?.weight ?? 0;
  if (step !== undefined || live !== undefined) {
    const mending = mend(view, shares(digest, given, live?.digest));
    const isDrift = traffic.generation === n;
    if (mending.length > 0)
      return todo(isDrift ? 'drifted' : 'pending', `${short(digest)} gets ${given} %`, mending);
  }
  const measured = { counts: is.canary?.counts, evidence: is.canary?.evidence };
  if (given === 100) {
    const { approval } = started;
    const event = defined({
      ...key(desired),
      kind: 'rollout',
      digest,
      release: started.release,
      approval,
      ...measured,
    });
    return todo('pending', `${short(digest)} takes everything`, [{ do: 'record', event }]);
  }
  const needed = desired.deployment?.min_requests ?? 0;
  const answered = is.canary?.sinceStep.candidate.requests ?? 0;
  if (step !== undefined && answered < needed) {
    const reason = `${short(digest)} has answered ${answered} of the ${needed} requests that the step of ${given} % needs`;
    return { actions: [], state: 'pending', verdict: 'inconclusive', reasons: [reason], waits: true };
  }
  const next = plan.find((percent) => percent > given) ?? 100;
  const baseline = is.canary?.seen;
  const event = defined({ ...key(desired), kind: 'step', digest, weight: next, baseline, ...measured });
  return todo('pending', `${short(digest)} goes from ${given} to ${next} %`, [{ do: 'record', event }]);
}

/** Traffic back first, then the record; the revert pull request follows from that. */
function reject(view: View, digest: string, reason: string): Decision {
  const { desired, is, n, live } = view;
  const back = live !== undefined && isGiven(view, digest) ? [weight(n + 1, { [live.digest]: 100 })] : [];
  const event = defined({
    ...key(desired),
    kind: 'rejected',
    digest,
    release: view.progress?.started.release,
    counts: is.canary?.counts,
    evidence: is.canary?.evidence,
    reason,
  });
  return {
    ...todo('git-behind', `${short(digest)} is rejected: ${reason}`, [...back, { do: 'record', event }]),
    verdict: 'fail',
  };
}

function shares(candidate: string, percent: number, liveDigest: string | undefined): Shares {
  return liveDigest === undefined
    ? { [candidate]: 100 }
    : { [candidate]: percent, [liveDigest]: 100 - percent };
}

function isReady({ is }: View, digest: string): boolean {
  return is.ready.get(digest) === 'ready';
}

function approvalOf({ is }: View): Pick<NewRecord, 'approval'> {
  const approval = is.approval?.holds === true ? is.approval.of : undefined;
  return approval === undefined ? {} : { approval };
}

function rollbackRecord({ desired }: View, left: string, restored: StoredRecord, reason: string): Action {
  const event = {
    ...key(desired),
    kind: 'rollback' as const,
    digest: left,
    restored: restored.digest,
    release: restored.release,
    reason,
  };
  return { do: 'record', event: defined(event) };
}
