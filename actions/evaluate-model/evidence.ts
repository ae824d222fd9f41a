import { PREDICATES, resource, type Statement, statement } from '../../core/formats/statement.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import { sha256 } from '../../core/toolkit/digest.ts';
import type { GateResult, GroupResult } from '../../policies/judge.ts';
import { gateWords } from '../../policies/policy.ts';
import type { Evaluation } from './evaluation.ts';

/** evaluation/v1: what was judged on what by which rules, all by digest, and every number that decided. */
export function evaluationStatement(evaluation: Evaluation): Statement {
  const { task, candidate, data, baseline, measured, results, verdict } = evaluation;
  const predicate = {
    verdict: verdict satisfies Verdict,
    humanReview: evaluation.humanReview,
    policy: resource(task.policyFile, sha256(task.policyText)),
    data: [resource(data.name, data.sha256)],
    rows: measured.labels.length,
    positives: measured.labels.reduce((sum, label) => sum + label, 0),
    label: task.label,
    output: evaluation.output,
    independentBy: task.policy.independentBy ?? 'row',
    units: measured.clusters?.count ?? measured.labels.length,
    confidence: task.policy.confidence,
    live:
      baseline === undefined || baseline.kind === 'nothing'
        ? null
        : {
            ...resource(task.name, baseline.sha256),
            environment: baseline.kind === 'environment' ? baseline.environment : undefined,
          },
    gates: results.map(gateEvidence),
  };
  return statement([resource(task.name, candidate.sha256)], PREDICATES.evaluation, predicate);
}

/** What one gate found: the same in the statement and in report.json. */
export function gateEvidence(result: GateResult): object {
  return {
    gate: gateWords(result.gate),
    metric: result.gate.metric,
    bound: result.edge,
    verdict: result.verdict,
    reason: result.reason,
    small: result.gate.by === undefined ? undefined : result.small,
    groups: result.groups.map(groupEvidence),
  };
}

function groupEvidence(group: GroupResult): object {
  return {
    slice: group.slice,
    rows: group.rows,
    positives: group.positives,
    units: group.units,
    candidate: decimal(group.candidate),
    live: decimal(group.live),
    estimate: decimal(group.interval?.estimate),
    low: decimal(group.interval?.low),
    high: decimal(group.interval?.high),
    verdict: group.verdict,
    reason: group.reason,
  };
}

/** Nine significant digits: more than any sample knows, fewer than arithmetic may differ in. */
function decimal(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Number(value.toPrecision(9));
}
