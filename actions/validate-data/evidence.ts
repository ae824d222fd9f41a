import { PREDICATES, resource, statement, writeStatement } from '../../core/formats/statement.ts';
import type { Verdict } from '../../core/kernel/verdict.ts';
import type { JudgedData } from './findings.ts';

/** The bytes of statement.json: the data files by digest, and what became of every rule of their contracts. */
export function evidenceOf(verdict: Verdict, judged: readonly JudgedData[]): string {
  const subjects = judged.map((one) => resource(one.data, one.dataSha256));
  return writeStatement(
    statement(subjects, PREDICATES.contract, {
      verdict,
      data: judged.map((one) => ({
        dataset: one.dataset,
        data: resource(one.data, one.dataSha256),
        // Without it the digest is that of the bytes.
        described: one.described,
        contract: resource(one.contract, one.contractSha256),
        table: one.table,
        rows: one.rows,
        rules: one.outcomes.map(({ rule, status, count, reason }) => ({
          rule: rule.id,
          status,
          count,
          reason,
        })),
      })),
    }),
  );
}
