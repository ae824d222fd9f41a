/** Answered requests and how many of them were errors. */
export interface ErrorCount {
  readonly requests: number;
  readonly errors: number;
}

/** What two models answered in the same stretch of time. */
export interface CanaryBlock {
  readonly candidate: ErrorCount;
  readonly live: ErrorCount;
}

/** The odds ratios that the test bets on, in equal parts: a little worse, worse, broken. */
const ODDS_RATIOS = [2, 5, 20];

/** Evidence is kept within what a JSON number holds. */
const LARGEST = 1e300;

/** The evidence at which a candidate fails: by Ville's inequality a good one gets there with probability at most `alpha`. */
export function failsAt(alpha: number): number {
  return 1 / alpha;
}

/**
 * The e-value after one more block, from 1 at the start: how much better "the candidate errs more often" tells what was counted than
 * "both err alike". It may be looked at after every block, as often as one likes.
 *
 * Under the null hypothesis, given a block's numbers of requests and its total of errors, the candidate's errors are hypergeometric
 * whatever the common error rate is; under an odds ratio ω they are Fisher's noncentral hypergeometric. Their ratio, averaged over a
 * few ω, has mean 1 under the null hypothesis given everything before, so the product over blocks is a test martingale (Turner, Ly,
 * Grünwald: Generic E-variables for exact sequential k-sample tests, 2024; Fisher 1935, The logic of inductive inference). The rate
 * may differ from block to block. Unlike with estimates plugged in from earlier blocks, the first block counts, and so does a single
 * large one after an interruption. A block where only one of the two was asked says nothing.
 */
export function nextEvidence(evidence: number, block: CanaryBlock): number {
  const ratios = ODDS_RATIOS.map((odds) => Math.exp(logLikelihoodRatio(block, odds)));
  const ratio = ratios.reduce((sum, value) => sum + value, 0) / ratios.length;
  return Math.min(LARGEST, Math.max(1 / LARGEST, evidence * ratio));
}

/** ln( ω^k / E[ω^J] ), J the candidate's errors under the null hypothesis, k those that were counted. */
function logLikelihoodRatio({ candidate, live }: CanaryBlock, odds: number): number {
  const errors = candidate.errors + live.errors;
  const least = Math.max(0, errors - live.requests);
  const most = Math.min(candidate.requests, errors);
  const logOdds = Math.log(odds);
  // Σ h(j) and Σ h(j) ω^j with h up to a constant, from h(j+1)/h(j); in logarithms, since both range over hundreds of powers of ten.
  let logWeight = 0;
  let plain = Number.NEGATIVE_INFINITY;
  let tilted = Number.NEGATIVE_INFINITY;
  for (let j = least; j <= most; j++) {
    plain = logAdd(plain, logWeight);
    tilted = logAdd(tilted, logWeight + j * logOdds);
    logWeight += Math.log(
      ((candidate.requests - j) * (errors - j)) / ((j + 1) * (live.requests - errors + j + 1)),
    );
  }
  return candidate.errors * logOdds - (tilted - plain);
}

/** ln(e^a + e^b). */
function logAdd(a: number, b: number): number {
  const larger = Math.max(a, b);
  return larger === Number.NEGATIVE_INFINITY
    ? larger
    : larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}
