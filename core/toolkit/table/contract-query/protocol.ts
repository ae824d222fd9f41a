/** A table of a contract, as SQL of rules sees it. It may be given under several names. */
export interface ContractTable {
  readonly name: string;
  /** What follows FROM, in our SQL: `DataTable.from()`. */
  readonly from: string;
  /** The columns' names in the contract, each with the SQL of its values within `from`. A column may have several names. */
  readonly columns: readonly { readonly name: string; readonly sql: string }[];
  /** Every file that `from` reads: files, never folders; no other can be opened. */
  readonly files: readonly string[];
}

/** What became of a query. No reason holds a row's value or DuckDB's message. */
export type QueryOutcome =
  /** `counts`: the value is made of counts and numbers of the contract alone, so that it may be shown. */
  | { readonly kind: 'value'; readonly value: number | boolean; readonly counts: boolean }
  /** The query, or the form of its result, is not what a rule may ask. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** It ran into an error or a limit. */
  | { readonly kind: 'failed'; readonly reason: string };

/** What the parent asks of the process that runs queries. */
export type Request =
  | {
      readonly ask: 'open';
      readonly tables: readonly ContractTable[];
      /** The private folder for what DuckDB spills. */
      readonly folder: string;
      readonly mebibytes: number;
      /** Whether the process must watch its own memory, as its parent can't. */
      readonly watchItself: boolean;
    }
  | { readonly ask: 'query'; readonly query: string };

/** What the process says. */
export type Answer =
  | { readonly say: 'ready' }
  /** It holds more memory than it may. */
  | { readonly say: 'swollen' }
  /** `spent`: DuckDB can't be asked again. */
  | { readonly say: 'outcome'; readonly outcome: QueryOutcome; readonly spent?: boolean };

/** The reason of a query that was stopped for its memory. */
export function tooMuchMemory(mebibytes: number): string {
  return `it needs more than ${mebibytes} MiB of memory`;
}
