import { isPostgresCount } from './counts.ts';
import { FUNCTIONS, OPERATORS, TYPES } from './functions.ts';

/** A part of a query as PostgreSQL's own parser (libpg_query) writes it. */
export type Tree = Readonly<Record<string, unknown>>;

/** Whether a query may run. */
export type Gated =
  | {
      readonly kind: 'passed';
      /** Without what follows the statement. */
      readonly query: string;
      /** Its figure is a count or made of counts, and may be shown. */
      readonly counts: boolean;
    }
  | {
      readonly kind: 'refused';
      /** Made of the query's own text alone. */
      readonly reason: string;
    };

class Refusal extends Error {}

function refuse(reason: string): never {
  throw new Refusal(reason);
}

/**
 * Judges a query by the tree that PostgreSQL's own parser makes of it: one SELECT of one column, whose every part is of a kind known here,
 * that reads the tables named and its own CTEs alone, and calls pure functions of standard SQL alone. What is not known is refused by name.
 */
export async function gatePostgresQuery(query: string, tables: readonly string[]): Promise<Gated> {
  const { loadModule, parseSync, SqlError } = await import('libpg-query');
  await loadModule();
  try {
    const { stmts = [] } = parseSync(query) as unknown as { readonly stmts?: readonly Tree[] };
    const [only] = stmts;
    if (only === undefined || stmts.length > 1)
      refuse(`it holds ${stmts.length} statements; a rule is one SELECT`);
    const [kind, select] = nodeOf(only['stmt']);
    if (kind !== 'SelectStmt') refuse('it is no SELECT; a rule is one SELECT');
    visit(select, 'SelectStmt', new Set(tables));
    mustGiveOne(select);
    const bytes = Buffer.from(query);
    const start = Number(only['stmt_location'] ?? 0);
    const length = Number(only['stmt_len'] ?? bytes.length - start);
    return {
      kind: 'passed',
      query: bytes.subarray(start, start + length).toString('utf8'),
      counts: isPostgresCount(select),
    };
  } catch (thrown) {
    if (thrown instanceof Refusal) return { kind: 'refused', reason: thrown.message };
    if (thrown instanceof RangeError) return { kind: 'refused', reason: 'it is nested too deeply' };
    if (thrown instanceof SqlError)
      return { kind: 'refused', reason: parseFault(query, thrown.sqlDetails?.cursorPosition) };
    throw thrown;
  }
}

function parseFault(query: string, position: number | undefined): string {
  const placeholder = /\$?\{\w+\}/.exec(query)?.[0];
  if (placeholder !== undefined)
    return `\`${placeholder}\` is replaced by nothing: there are \`{object}\`, and \`{property}\` in rules of a property`;
  const fault = 'it can’t be parsed as SQL of PostgreSQL';
  if (position === undefined || position < 0) return fault;
  const before = query.slice(0, position).split('\n');
  return `${fault}, from line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} of the query on`;
}

function mustGiveOne(select: Tree): void {
  // Of a UNION and the like, the first SELECT tells.
  let first = select;
  while (first['larg'] !== undefined) first = treeOf(first['larg']);
  const targets = listOf(first['targetList'] ?? []);
  const [, target] = targets.length === 1 ? nodeOf(targets[0]) : ['', undefined];
  const [, column] = target === undefined ? ['', undefined] : nodeOf(target['val']);
  const starred = listOf(column?.['fields'] ?? []).some((field) => 'A_Star' in (field as Tree));
  const count = targets.length > 1 ? targets.length : 'several';
  if (target === undefined || starred) refuse(`it gives ${count} columns; a rule’s query gives one`);
}

type Names = ReadonlySet<string>;
/** How what stands under a key of a part is visited. */
type Visit = (value: unknown, tables: Names) => void;

/** Says nothing about what is read or run. */
const plain: Visit = () => {};
const node: Visit = (value, tables) => {
  const [kind, part] = nodeOf(value);
  visit(part, kind, tables);
};
const nodes: Visit = (value, tables) => {
  for (const item of listOf(value)) node(item, tables);
};
/** A part whose kind its place tells. */
const part =
  (kind: string): Visit =>
  (value, tables) =>
    visit(treeOf(value), kind, tables);

const calls: Visit = (value) => {
  const names = namesOf(value);
  const name = names.at(-1) ?? '';
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog') || !FUNCTIONS.has(name))
    refuse(`it calls \`${names.join('.')}\`, which SQL rules may not`);
};
const operates: Visit = (value) => {
  const names = namesOf(value);
  // BETWEEN and the like are written so too.
  if (names.length !== 1 || !(OPERATORS.has(names[0] ?? '') || /^(NOT )?BETWEEN/.test(names[0] ?? '')))
    refuse(`it uses the operator \`${names.join('.')}\`, which SQL rules may not`);
};
const types: Visit = (value) => {
  const names = namesOf(value);
  const name = names.at(-1) ?? '';
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog') || !TYPES.has(name))
    refuse(`it casts to \`${names.join('.')}\`, which SQL rules may not`);
};

const LOCATED = { location: plain } as const;
const ALIAS: Readonly<Record<string, Visit>> = { aliasname: plain, colnames: plain };

/** The kinds of parts that rules may be made of, by the parser's names, with the keys that each may have. */
const PARTS: Readonly<Record<string, Readonly<Record<string, Visit>>>> = {
  SelectStmt: {
    distinctClause: (value, tables) =>
      nodes(
        listOf(value).filter((item) => Object.keys(treeOf(item)).length > 0),
        tables,
      ),
    targetList: nodes,
    fromClause: nodes,
    whereClause: node,
    groupClause: nodes,
    groupDistinct: plain,
    havingClause: node,
    windowClause: nodes,
    valuesLists: nodes,
    sortClause: nodes,
    limitOffset: node,
    limitCount: node,
    limitOption: plain,
    op: plain,
    all: plain,
    larg: part('SelectStmt'),
    rarg: part('SelectStmt'),
  },
  CommonTableExpr: {
    ctename: plain,
    aliascolnames: plain,
    ctematerialized: plain,
    ctequery: node,
    ...LOCATED,
  },
  ResTarget: { name: plain, val: node, ...LOCATED },
  ColumnRef: { fields: plain, ...LOCATED },
  A_Const: { isnull: plain, ival: plain, fval: plain, boolval: plain, sval: plain, ...LOCATED },
  A_Expr: {
    kind: plain,
    name: operates,
    lexpr: node,
    rexpr: node,
    rexpr_list_start: plain,
    rexpr_list_end: plain,
    ...LOCATED,
  },
  BoolExpr: { boolop: plain, args: nodes, ...LOCATED },
  NullTest: { arg: node, nulltesttype: plain, argisrow: plain, ...LOCATED },
  BooleanTest: { arg: node, booltesttype: plain, ...LOCATED },
  CaseExpr: { arg: node, args: nodes, defresult: node, ...LOCATED },
  CaseWhen: { expr: node, result: node, ...LOCATED },
  CoalesceExpr: { args: nodes, ...LOCATED },
  MinMaxExpr: { op: plain, args: nodes, ...LOCATED },
  FuncCall: {
    funcname: calls,
    args: nodes,
    agg_order: nodes,
    agg_filter: node,
    over: part('WindowDef'),
    agg_within_group: plain,
    agg_star: plain,
    agg_distinct: plain,
    funcformat: plain,
    ...LOCATED,
  },
  WindowDef: {
    name: plain,
    refname: plain,
    partitionClause: nodes,
    orderClause: nodes,
    frameOptions: plain,
    startOffset: node,
    endOffset: node,
    ...LOCATED,
  },
  SortBy: { node, sortby_dir: plain, sortby_nulls: plain, ...LOCATED },
  TypeCast: { arg: node, typeName: part('TypeName'), ...LOCATED },
  TypeName: { names: types, typmods: nodes, typemod: plain, ...LOCATED },
  SubLink: { subLinkType: plain, testexpr: node, operName: operates, subselect: node, ...LOCATED },
  List: { items: nodes },
  A_ArrayExpr: { elements: nodes, list_start: plain, list_end: plain, ...LOCATED },
  RowExpr: { args: nodes, row_format: plain, ...LOCATED },
  GroupingSet: { kind: plain, content: nodes, ...LOCATED },
  RangeVar: {
    relname(value, tables) {
      if (!tables.has(String(value))) refuse(`the table \`${value}\` is none of the contract’s`);
    },
    inh: plain,
    relpersistence: plain,
    alias: part('Alias'),
    ...LOCATED,
  },
  JoinExpr: {
    jointype: plain,
    isNatural: plain,
    larg: node,
    rarg: node,
    usingClause: plain,
    join_using_alias: part('Alias'),
    quals: node,
    alias: part('Alias'),
    rtindex: plain,
  },
  RangeSubselect: { lateral: plain, subquery: node, alias: part('Alias') },
  Alias: ALIAS,
};

function visit(tree: Tree, kind: string, tables: Names): void {
  const shape = PARTS[kind];
  if (shape === undefined) refuse(`it holds a ${kind}, which SQL rules may not`);
  const inScope = kind === 'SelectStmt' ? withCtes(tree, tables) : tables;
  for (const [key, value] of Object.entries(tree)) {
    if (kind === 'SelectStmt' && key === 'withClause') continue;
    const visitor = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (visitor === undefined) {
      if (key === 'schemaname')
        refuse(
          `the table \`${String(value)}.${String(tree['relname'])}\` is named with its schema; a contract’s tables are named alone`,
        );
      refuse(`it uses ${key} of a ${kind}, which SQL rules may not`);
    }
    visitor(value, inScope);
  }
}

/** The tables that a SELECT sees: its own CTEs too, each from the next one on. */
function withCtes(select: Tree, tables: Names): Names {
  if (select['withClause'] === undefined) return tables;
  const { ctes, recursive, location: _, ...more } = treeOf(select['withClause']);
  if (recursive === true) refuse('it uses WITH RECURSIVE, which SQL rules may not');
  if (Object.keys(more).length > 0) refuse('it has an unknown form');
  const names = new Set(tables);
  for (const item of listOf(ctes)) {
    const [kind, cte] = nodeOf(item);
    visit(cte, kind, names);
    names.add(String(cte['ctename']));
  }
  return names;
}

/** A part with its kind: `{ ColumnRef: {…} }`. */
export function nodeOf(value: unknown): readonly [kind: string, part: Tree] {
  const [entry, ...more] = Object.entries(treeOf(value));
  if (entry === undefined || more.length > 0) return refuse('it has an unknown form');
  return [entry[0], treeOf(entry[1])];
}

function namesOf(value: unknown): readonly string[] {
  return listOf(value).map((item) => {
    const [kind, { sval }] = nodeOf(item);
    return kind === 'String' && typeof sval === 'string' ? sval : refuse('it has an unknown form');
  });
}

function treeOf(value: unknown): Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Tree)
    : refuse('it has an unknown form');
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : refuse('it has an unknown form');
}
