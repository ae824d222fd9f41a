/** What a text of a contract is, as far as its words tell. */
export type Gated =
  /** `counts`: its value is a number of rows, which may be told. */
  | { readonly kind: 'query'; readonly counts: boolean }
  | { readonly kind: 'refused'; readonly reason: string };

/** A table by its full name, in lower case as Trino has it. */
export interface PlannedTable {
  readonly catalog: string;
  readonly schema: string;
  readonly table: string;
}

/** Comments, texts and names in quotes, which may hold anything. */
const QUOTED = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;

/**
 * Judges the text of a query that is put into brackets as part of a larger one: it must stay within them, and use no table functions, which reach
 * what no plan shows. Which tables it reads is for Trino to say ({@link plannedTables}).
 */
export function gateTrinoQuery(query: string): Gated {
  const refused = (reason: string): Gated => ({ kind: 'refused', reason });
  const words = query.replaceAll(QUOTED, (quoted) =>
    quoted.startsWith("'") ? "''" : quoted.startsWith('"') ? '"x"' : ' ',
  );
  if (/['"`]|\/\*/.test(words.replaceAll(/''|"x"/g, '')))
    return refused('it has a quote or a comment that is not closed');
  if (words.includes(';')) return refused('it holds a semicolon; a rule’s query is one statement without');
  if (!/^\s*(?:SELECT|WITH)\b/i.test(words)) return refused('it is no SELECT');
  let depth = 0;
  for (const [bracket] of words.matchAll(/[()]/g)) {
    depth += bracket === '(' ? 1 : -1;
    if (depth < 0) break;
  }
  if (depth !== 0) return refused('its brackets do not match');
  if (/\bTABLE\s*\(/i.test(words)) return refused('it uses a table function');
  // Only a count of one table's rows: with another SELECT, a join or a window, a count can be made to tell a value.
  const plain = /^\s*SELECT\b[^;]*?\bFROM\s+(?:\w+|"x")(?:\s+(?:AS\s+)?\w+)?\s*(?:\bWHERE\b|$)/i.test(words);
  const counts =
    plain &&
    (words.match(/\bSELECT\b/gi) ?? []).length === 1 &&
    !/\bOVER\b/i.test(words) &&
    /^\s*SELECT\s+count\s*\(\s*(?:\*|(?:DISTINCT\s+)?(?:\w+|"x"))\s*\)\s+(?:AS\s+\w+\s+)?FROM\b/i.test(
      words,
    ) &&
    !/\b(?:UNION|INTERSECT|EXCEPT)\b/i.test(words);
  return { kind: 'query', counts };
}

/**
 * The tables that a statement reads, by what Trino gives for `EXPLAIN (TYPE IO, FORMAT JSON)` of it; undefined where that is no plan, or one that
 * writes.
 */
export function plannedTables(plan: unknown): readonly PlannedTable[] | undefined {
  let read: unknown;
  try {
    read = JSON.parse(String(plan));
  } catch {
    return undefined;
  }
  const { inputTableColumnInfos: inputs, outputTable } = (read ?? {}) as Plan;
  if (!Array.isArray(inputs) || outputTable !== undefined) return undefined;
  return inputs.map(({ table: { catalog, schemaTable } }) => ({ catalog, ...schemaTable }));
}

interface Plan {
  readonly inputTableColumnInfos?: readonly {
    readonly table: {
      readonly catalog: string;
      readonly schemaTable: { readonly schema: string; readonly table: string };
    };
  }[];
  readonly outputTable?: unknown;
}
