/**
 * What a judgement ends in.
 * `pass` and `fail` rest on evidence; `inconclusive` means the evidence decides neither;
 * `error` means that something declared could not be measured. Only `pass` opens a gate.
 */
export type Verdict = 'pass' | 'fail' | 'inconclusive' | 'error';

export const VERDICTS: readonly Verdict[] = ['pass', 'inconclusive', 'fail', 'error'];

/**
 * The verdict of a whole from its parts: `error` over `fail` over `inconclusive` over `pass`.
 * Nothing judged at all is an `error`: what was not measured is never a pass.
 */
export function worst(verdicts: Iterable<Verdict>): Verdict {
  let rank = -1;
  for (const verdict of verdicts) rank = Math.max(rank, VERDICTS.indexOf(verdict));
  return VERDICTS[rank] ?? 'error';
}

/** Exit codes of every verb; 70 is EX_SOFTWARE of sysexits.h. */
export const EXIT_CODES: Readonly<Record<Verdict | 'bug', number>> = {
  pass: 0,
  fail: 1,
  inconclusive: 2,
  error: 3,
  bug: 70,
};
