import { isCount, type Tree } from './counts.ts';
import { CALLED_WITHOUT_PARENTHESES, FUNCTIONS, TYPES } from './functions.ts';
import type { ContractTable } from './protocol.ts';

/** Whether a query may run. */
export type Gated =
  | {
      readonly kind: 'passed';
      /** {@link isCount}: its figure may be shown. */
      readonly counts: boolean;
      /** Names that it uses for columns and that no table has nor the query gives, as it writes them. */
      readonly strangers: readonly string[];
    }
  | {
      readonly kind: 'refused';
      /** Made of the query's own text alone. */
      readonly reason: string;
    };

/**
 * Judges a query by the tree that DuckDB's own parser makes of it (`json_serialize_sql`): one SELECT, whose every part is of a kind
 * known here, that reads the tables of the contract and its own CTEs alone, and calls pure functions of standard SQL alone. What is not
 * known is refused by name.
 */
export function gateQuery(query: string, serialized: string, tables: readonly ContractTable[]): Gated {
  try {
    return { kind: 'passed', ...judge(query, serialized, tables) };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: 'refused', reason: thrown.message };
    // The walk follows the nesting of the query.
    if (thrown instanceof RangeError) return { kind: 'refused', reason: 'it is nested too deeply' };
    throw thrown;
  }
}

class Refusal extends Error {}

function refuse(reason: string): never {
  throw new Refusal(reason);
}

interface Walk {
  readonly tables: ReadonlyMap<string, readonly ContractTable[]>;
  /** The CTEs in scope. */
  readonly ctes: ReadonlySet<string>;
  readonly found: Found;
}

interface Found {
  /** The last parts of the columns that the query names. */
  readonly columns: Set<string>;
  /** The names that it gives: aliases of columns and tables. */
  readonly given: Set<string>;
  recursive: boolean;
}

function judge(query: string, serialized: string, tables: readonly ContractTable[]) {
  const parsed = treeOf(JSON.parse(serialized));
  if (parsed['error'] === true) refuse(parseFault(query, parsed));
  const statements = listOf(parsed['statements']);
  if (statements.length !== 1) refuse(`it holds ${statements.length} statements; a rule is one SELECT`);
  const found: Found = { columns: new Set(), given: new Set(), recursive: false };
  const all = Map.groupBy(tables, ({ name }) => fold(name));
  statement(statements[0], { tables: all, ctes: new Set(), found }, 'statement');

  const columns = new Set(tables.flatMap((table) => table.columns.map(({ name }) => fold(name))));
  const called = [...found.columns].find(
    (name) => CALLED_WITHOUT_PARENTHESES.has(fold(name)) && !columns.has(fold(name)),
  );
  if (called !== undefined) refuse(unknownFunction(called));
  const known = new Set([...columns, ...tables.map(({ name }) => fold(name)), ...found.given]);
  return {
    counts: !found.recursive && isCount(treeOf(treeOf(statements[0])['node'])),
    strangers: [...found.columns].filter((name) => !known.has(fold(name))),
  };
}

function parseFault(query: string, parsed: Tree): string {
  if (parsed['error_type'] !== 'parser') return 'it is no SELECT; a rule is one SELECT';
  const placeholder = /\$?\{\w+\}/.exec(query)?.[0];
  if (placeholder !== undefined) {
    return `\`${placeholder}\` is replaced by nothing: there are \`{object}\`, and \`{property}\` in rules of a property`;
  }
  const fault = 'it can’t be parsed as SQL of DuckDB';
  if (parsed['position'] === undefined) return fault;
  const before = Buffer.from(query).subarray(0, Number(parsed['position'])).toString('utf8').split('\n');
  return `${fault}, from line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} of the query on`;
}

// How a part of the tree is visited: `key` is what its parent calls it.
type Visit = (value: unknown, walk: Walk, key: string) => void;
type Shape = Readonly<Record<string, Visit>>;

/** Says nothing about what is read or run. */
const plain: Visit = () => {};

/** A feature that rules have no need of. */
const unused: Visit = (value, _walk, key) => {
  const empty =
    value === null || value === false || value === '' || (Array.isArray(value) && value.length === 0);
  if (!empty) refuse(`it uses ${words(key)}, which SQL rules may not`);
};

const optional =
  (visit: Visit): Visit =>
  (value, walk, key) => {
    if (value !== null) visit(value, walk, key);
  };

const every =
  (visit: Visit): Visit =>
  (value, walk, key) => {
    for (const item of listOf(value)) visit(item, walk, key);
  };

const record =
  (shape: Shape): Visit =>
  (value, walk) =>
    visitKeys(treeOf(value), shape, walk);

const given: Visit = (value, { found }) => {
  for (const name of [value].flat()) found.given.add(fold(String(name)));
};

const expression: Visit = (value, walk) => {
  const tree = treeOf(value);
  const kind = EXPRESSIONS[String(tree['class'])];
  if (kind === undefined || !kind.types.test(String(tree['type']))) refuse(unknownKind(tree));
  visitKeys(tree, { class: plain, type: plain, alias: given, query_location: plain, ...kind.shape }, walk);
};

const table: Visit = (value, walk) => {
  const tree = treeOf(value);
  const shape = TABLES[String(tree['type'])];
  if (shape === undefined) refuse(unknownTable(tree));
  visitKeys(tree, { type: plain, alias: given, sample: unused, query_location: plain, ...shape }, walk);
  if (tree['type'] === 'BASE_TABLE') baseTable(tree, walk);
};

const node: Visit = (value, walk) => {
  const tree = treeOf(value);
  const shape = NODES[String(tree['type'])];
  if (shape === undefined) refuse(unknownKind(tree));
  const ctes = new Set(walk.ctes);
  for (const entry of listOf(treeOf(tree['cte_map'])['map'])) {
    // A CTE sees those before it, not itself: `WITH flights AS (SELECT … FROM flights)` reads the contract's table.
    record({ key: plain, value: record(CTE) })(entry, { ...walk, ctes }, 'cte');
    ctes.add(fold(String(treeOf(entry)['key'])));
  }
  if (tree['type'] === 'RECURSIVE_CTE_NODE') {
    walk.found.recursive = true;
    ctes.add(fold(String(tree['cte_name'])));
  }
  visitKeys(tree, { type: plain, modifiers: every(modifier), cte_map: plain, ...shape }, { ...walk, ctes });
};

const modifier: Visit = (value, walk) => {
  const tree = treeOf(value);
  const shape = MODIFIERS[String(tree['type'])];
  if (shape === undefined) refuse(unknownKind(tree));
  visitKeys(tree, { type: plain, ...shape }, walk);
};

const order: Visit = (value, walk) =>
  record({ type: plain, null_order: plain, expression })(value, walk, 'order');

const statement: Visit = (value, walk) => record({ node, named_param_map: unused })(value, walk, 'statement');

const functionName: Visit = (value) => {
  if (!FUNCTIONS.has(fold(String(value)))) refuse(unknownFunction(String(value)));
};

/** DuckDB's parser writes `main` where it makes a call of its own. */
const ownSchema: Visit = (value) => {
  if (value !== '' && value !== 'main')
    refuse(`it calls a function of \`${value}\`; SQL rules name functions alone`);
};

const castType: Visit = (value) => {
  const type = treeOf(value);
  const id = String(type['id']);
  const name = id === 'UNBOUND' ? String(treeOf(type['type_info'])['name']) : id;
  if (!TYPES.has(id)) refuse(`it casts to \`${name}\`, which SQL rules may not`);
};

const columnName: Visit = (value, { found }) => {
  found.columns.add(String(listOf(value).at(-1)));
};

/** A number: a limit that is read from rows could carry a value into a count. */
const number: Visit = (value, walk, key) => {
  const { class: kind, value: constant } = treeOf(value);
  if (kind !== 'CONSTANT' || typeof treeOf(constant)['value'] !== 'number') {
    refuse(`its ${key.toUpperCase()} is no number`);
  }
  expression(value, walk, key);
};

const joinForm: Visit = (value) => {
  if (!/^(REGULAR|CROSS|NATURAL|ASOF)$/.test(String(value)))
    refuse(`it holds a ${value} JOIN, which SQL rules may not`);
};

const COMPARISON = /^COMPARE_(EQUAL|NOTEQUAL|(NOT_)?DISTINCT_FROM|(LESS|GREATER)THAN(OREQUALTO)?)$/;

/** The kinds of expressions, by their class: which types of it, and its parts. */
const EXPRESSIONS: Readonly<Record<string, { readonly types: RegExp; readonly shape: Shape }>> = {
  CONSTANT: { types: /^VALUE_CONSTANT$/, shape: { value: plain } },
  COLUMN_REF: { types: /^COLUMN_REF$/, shape: { column_names: columnName } },
  CAST: { types: /^OPERATOR_CAST$/, shape: { child: expression, cast_type: castType, try_cast: plain } },
  COMPARISON: { types: COMPARISON, shape: { left: expression, right: expression } },
  CONJUNCTION: { types: /^CONJUNCTION_(AND|OR)$/, shape: { children: every(expression) } },
  BETWEEN: {
    types: /^COMPARE_(NOT_)?BETWEEN$/,
    shape: { input: expression, lower: expression, upper: expression },
  },
  OPERATOR: {
    types: /^(OPERATOR_(NOT|IS_NULL|IS_NOT_NULL|COALESCE)|COMPARE_(NOT_)?IN|GROUPING_FUNCTION)$/,
    shape: { children: every(expression) },
  },
  CASE: {
    types: /^CASE_EXPR$/,
    shape: {
      case_checks: every(record({ when_expr: expression, then_expr: expression })),
      else_expr: expression,
    },
  },
  SUBQUERY: {
    types: /^SUBQUERY$/,
    shape: { subquery_type: plain, subquery: statement, child: optional(expression), comparison_type: plain },
  },
  STAR: {
    types: /^STAR$/,
    shape: {
      relation_name: plain,
      exclude_list: plain,
      qualified_exclude_list: plain,
      replace_list: unused,
      rename_list: unused,
      columns: plain,
      expr: unused,
    },
  },
  FUNCTION: {
    types: /^FUNCTION$/,
    shape: {
      function_name: functionName,
      schema: ownSchema,
      catalog: unused,
      children: every(expression),
      filter: optional(expression),
      order_bys: modifier,
      distinct: plain,
      is_operator: plain,
      export_state: unused,
    },
  },
  WINDOW: {
    types:
      /^WINDOW_(AGGREGATE|ROW_NUMBER|RANK|RANK_DENSE|PERCENT_RANK|CUME_DIST|NTILE|LAG|LEAD|FIRST_VALUE|LAST_VALUE|NTH_VALUE)$/,
    shape: {
      function_name: functionName,
      schema: ownSchema,
      catalog: unused,
      children: every(expression),
      partitions: every(expression),
      orders: every(order),
      arg_orders: every(order),
      start: plain,
      end: plain,
      start_expr: optional(expression),
      end_expr: optional(expression),
      offset_expr: optional(expression),
      default_expr: optional(expression),
      filter_expr: optional(expression),
      exclude_clause: plain,
      ignore_nulls: plain,
      distinct: plain,
    },
  },
};

const TABLES: Readonly<Record<string, Shape>> = {
  EMPTY: {},
  BASE_TABLE: {
    catalog_name: plain,
    schema_name: plain,
    table_name: plain,
    column_name_alias: given,
    at_clause: unused,
  },
  SUBQUERY: { subquery: statement, column_name_alias: given },
  EXPRESSION_LIST: { expected_names: given, expected_types: unused, values: every(every(expression)) },
  JOIN: {
    left: table,
    right: table,
    condition: optional(expression),
    join_type: plain,
    ref_type: joinForm,
    using_columns: plain,
    delim_flipped: unused,
    duplicate_eliminated_columns: unused,
  },
};

const NODES: Readonly<Record<string, Shape>> = {
  SELECT_NODE: {
    select_list: every(expression),
    from_table: table,
    where_clause: optional(expression),
    group_expressions: every(expression),
    group_sets: plain,
    aggregate_handling: plain,
    having: optional(expression),
    sample: unused,
    qualify: optional(expression),
  },
  SET_OPERATION_NODE: { setop_type: plain, setop_all: plain, left: node, right: node },
  RECURSIVE_CTE_NODE: {
    cte_name: plain,
    union_all: plain,
    left: node,
    right: node,
    aliases: given,
    key_targets: unused,
  },
};

const MODIFIERS: Readonly<Record<string, Shape>> = {
  ORDER_MODIFIER: { orders: every(order) },
  LIMIT_MODIFIER: { limit: optional(number), offset: optional(number) },
  DISTINCT_MODIFIER: { distinct_on_targets: every(expression) },
};

const CTE: Shape = { aliases: given, query: statement, materialized: plain, key_targets: unused };

function baseTable(tree: Tree, { tables, ctes }: Walk): void {
  const name = String(tree['table_name']);
  const path = [tree['catalog_name'], tree['schema_name'], name].filter((part) => part !== '').join('.');
  if (path !== name) refuse(`the table \`${path}\` is none of the contract’s; its tables are named alone`);
  if (ctes.has(fold(name))) return;
  const [known, ...others] = tables.get(fold(name)) ?? [];
  if (known === undefined) refuse(`the table \`${name}\` is none of the contract’s`);
  const other = others.find(({ from }) => from !== known.from);
  if (other !== undefined) refuse(alike(known.name, other.name, 'tables'));
  for (const [column, ...more] of Map.groupBy(known.columns, (one) => fold(one.name)).values()) {
    const another = more.find(({ sql }) => sql !== column?.sql);
    if (column !== undefined && another !== undefined) refuse(alike(column.name, another.name, 'columns'));
  }
}

function alike(one: string, other: string, what: string): string {
  return `the ${what} \`${one}\` and \`${other}\` differ in capitals alone, which SQL can’t tell apart`;
}

function unknownTable(tree: Tree): string {
  if (tree['type'] === 'TABLE_FUNCTION') {
    const name = treeOf(tree['function'])['function_name'];
    return `it reads from the function \`${name}\`; SQL rules read tables of the contract alone`;
  }
  if (tree['type'] === 'SHOW_REF') return 'it is a SHOW, DESCRIBE or SUMMARIZE; a rule is one SELECT';
  return unknownKind(tree);
}

function unknownFunction(name: string): string {
  return `it calls \`${name}\`, which is none of the functions that SQL rules may call`;
}

function unknownKind(tree: Tree): string {
  return `it holds ${words(String(tree['type']))}, which SQL rules may not`;
}

function visitKeys(tree: Tree, shape: Shape, walk: Walk): void {
  for (const [key, value] of Object.entries(tree)) (shape[key] ?? unused)(value, walk, key);
}

function treeOf(value: unknown): Tree {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return refuse('it has an unknown form');
  return value as Tree;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse('it has an unknown form');
}

/** SQL's names are the same in capitals and small letters. */
function fold(name: string): string {
  return name.toLowerCase();
}

function words(kind: string): string {
  return `\`${kind.toLowerCase().replaceAll('_', ' ')}\``;
}
