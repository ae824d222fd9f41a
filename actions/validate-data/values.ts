import type { Contract, ContractProperty } from '../../core/formats/contract.ts';
import { GreenlightError } from '../../core/kernel/errors.ts';
import { nearest } from '../../core/kernel/schema.ts';
import type { DataTable } from '../../core/toolkit/table/open.ts';
import { FILE_STRIDE } from '../../core/toolkit/table/source.ts';
import type { RuleOutcome } from './judge.ts';
import { columnName } from './uses.ts';

/** Longer values are cut. */
const LONGEST = 60;

/** A contract's tables by name, each with the columns whose values may be shown. */
type Shown = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * The columns whose values a report may show, by the names of properties that were asked for. Throws `input/bad-value` for a property that no
 * table has, or that is classified, encrypted or masked, within it or as another table declares its column.
 */
export function shownColumns(contract: Contract, names: readonly string[]): Shown {
  const properties = (contract.document.schema ?? []).flatMap((table) =>
    (table.properties ?? []).map((property) => ({
      table: table.name,
      column: columnName(property),
      property,
    })),
  );
  const columns = new Map<string, Set<string>>();
  for (const name of names) {
    const found = properties.filter(({ property }) => property.name === name);
    if (found.length === 0) {
      const near = nearest(
        name,
        properties.map(({ property }) => property.name),
      );
      throw refused(`the contract has no property \`${name}\``, near && `did you mean \`${near}\`?`);
    }
    // Two tables may be about one file.
    const same = properties.filter(({ column }) => found.some((one) => one.column === column));
    if (same.some(({ property }) => isHidden(property)))
      throw refused(`the values of \`${name}\` can't be shown: it is classified, encrypted or masked`);
    for (const { table, column } of found) columns.set(table, (columns.get(table) ?? new Set()).add(column));
  }
  return columns;
}

/** Whether a property, or one within its cells, is classified, encrypted or masked. */
function isHidden(property: Partial<ContractProperty>): boolean {
  const { classification, encryptedName, customProperties, properties = [], items, map } = property;
  if (classification !== undefined || encryptedName !== undefined) return true;
  if (customProperties?.some(({ property: own }) => own === 'greenlight.masking') === true) return true;
  return [...properties, items, map?.key, map?.value].some((inner) => inner !== undefined && isHidden(inner));
}

function refused(message: string, mend?: string): GreenlightError {
  return new GreenlightError({
    code: 'input/bad-value',
    message: `the input \`show-values\`: ${message}`,
    mend,
  });
}

/** The outcomes with the values of the rows that they name, where the rule is about one of the columns `shown` of its table. */
export async function withValues(
  table: DataTable,
  outcomes: readonly RuleOutcome[],
  shown: ReadonlySet<string>,
): Promise<readonly RuleOutcome[]> {
  const asked = (outcome: RuleOutcome): boolean =>
    outcome.places.length > 0 && shown.has(outcome.rule.column ?? '');
  if (!outcomes.some(asked)) return outcomes;
  const files = await filesByName(table);
  const told: RuleOutcome[] = [];
  for (const outcome of outcomes) {
    const column = table.columns.find(({ name }) => name === outcome.rule.column);
    if (column === undefined || !asked(outcome)) {
      told.push(outcome);
      continue;
    }
    const records = outcome.places.map(({ file, record = 0 }) => {
      const index = files.get(file);
      if (index === undefined) throw new Error('a place in a file that the table has not');
      return BigInt(index) * BigInt(FILE_STRIDE) + BigInt(record);
    });
    const rows = await table.query(
      `SELECT record, CAST(${column.sql} AS VARCHAR) FROM ${table.from('record')} WHERE record IN (${records.join(', ')})`,
    );
    const values = new Map(rows.map(([record, value]) => [String(record), value]));
    told.push({ ...outcome, values: records.map((record) => cut(values.get(String(record)))) });
  }
  return told;
}

/** The numbers of a table's files by the names that places give them. */
async function filesByName(table: DataTable): Promise<ReadonlyMap<string, number>> {
  const firsts = table.files.map((_, index) => index * FILE_STRIDE + 1);
  const places = await table.places(firsts);
  return new Map(firsts.map((first, index) => [places.get(first)?.file ?? '', index]));
}

function cut(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}
