import type { Contract } from '../../core/formats/contract.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { nearest } from '../../core/kernel/schema.ts';
import { posix } from '../../core/toolkit/files.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { FILE_STRIDE } from '../../core/toolkit/table/source.ts';
import type { RuleOutcome } from './judge.ts';
import { columnName } from './uses.ts';

/** Longer values are cut. */
const LONGEST = 60;

/**
 * The columns whose values a report may show, by the names of properties that were asked for. Throws `input/bad-value` for a property that no
 * table has, or that is classified, encrypted or masked.
 */
export function shownColumns(contract: Contract, names: readonly string[]): ReadonlySet<string> {
  const properties = (contract.document.schema ?? []).flatMap((table) => table.properties ?? []);
  const columns = new Set<string>();
  for (const name of names) {
    const found = properties.filter((property) => property.name === name);
    if (found.length === 0) {
      const near = nearest(
        name,
        properties.map((property) => property.name),
      );
      throw refused(`the contract has no property \`${name}\``, near && `did you mean \`${near}\`?`);
    }
    const hidden = found.find(
      ({ classification, encryptedName, customProperties }) =>
        classification !== undefined ||
        encryptedName !== undefined ||
        customProperties?.some(({ property }) => property === 'greenlight.masking') === true,
    );
    if (hidden !== undefined)
      throw refused(`the values of \`${name}\` can't be shown: it is classified, encrypted or masked`);
    for (const property of found) columns.add(columnName(property));
  }
  return columns;
}

function refused(message: string, mend?: string): GreenlightError {
  return new GreenlightError({
    code: 'input/bad-value',
    message: `the input \`show-values\`: ${message}`,
    mend,
  });
}

/** The outcomes with the values of the rows that they name, where the rule is about a column that may be shown. */
export async function withValues(
  table: DataTable,
  outcomes: readonly RuleOutcome[],
  shown: ReadonlySet<string>,
): Promise<readonly RuleOutcome[]> {
  const told: RuleOutcome[] = [];
  for (const outcome of outcomes) {
    const column = shown.has(outcome.rule.column ?? '')
      ? table.columns.find(({ name }) => name === outcome.rule.column)
      : undefined;
    if (column === undefined || outcome.places.length === 0) {
      told.push(outcome);
      continue;
    }
    const records = outcome.places.map(({ file, record = 0 }) => {
      const index = table.files.findIndex((path) => posix(path).endsWith(file));
      return BigInt(Math.max(0, index)) * BigInt(FILE_STRIDE) + BigInt(record);
    });
    const rows = await table.query(
      `SELECT record, CAST(${column.sql} AS VARCHAR) FROM ${table.from('record')} WHERE record IN (${records.join(', ')})`,
    );
    const values = new Map(rows.map(([record, value]) => [String(record), value]));
    told.push({ ...outcome, values: records.map((record) => cut(values.get(String(record)))) });
  }
  return told;
}

function cut(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
