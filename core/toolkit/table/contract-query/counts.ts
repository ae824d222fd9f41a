/** A part of a query as DuckDB's `json_serialize_sql` writes it. */
export type Tree = Readonly<Record<string, unknown>>;

const NUMBERS = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)$/;

/**
 * Whether a query's only figure is a count or made of counts and numbers of the contract alone: `count(…)`, `sum` or `avg` of a CASE
 * that gives 0 and 1, their sums, differences and ratios, and casts, `round`, `coalesce` and `nullif` by numbers around them. Such a
 * figure says how many rows there are, and is no cell of one, unless rows are counted up to a cell ({@link countsUpToCells}).
 */
export function isCount(node: Tree): boolean {
  const figures = node['type'] === 'SELECT_NODE' ? trees(node['select_list']) : [];
  const [figure] = figures;
  if (figure === undefined || figures.length !== 1 || !isCounted(figure)) return false;
  // Without tables of its own, the counts in it were each judged for themselves.
  const alone =
    tree(node['from_table'])['type'] === 'EMPTY' && trees(tree(node['cte_map'])['map']).length === 0;
  return alone || !countsUpToCells(node);
}

/**
 * Whether a query may number rows and count them up to the value of a cell: it has a window, a table twice, a subquery for a value that
 * is no count, or rows of several tables that are held together by more than whether they are equal. LIMIT takes numbers alone: the
 * gate sees to it.
 */
function countsUpToCells(node: Tree): boolean {
  const parts = partsOf(node);
  const tables = parts
    .filter(({ type }) => type === 'BASE_TABLE')
    .map(({ table_name: name }) => String(name).toLowerCase());
  if (new Set(tables).size < tables.length) return true;
  const several = parts.some(({ type, class: kind }) => type === 'JOIN' || kind === 'SUBQUERY');
  return parts.some(
    (part) =>
      part['class'] === 'WINDOW' ||
      (part['class'] === 'SUBQUERY' && !isHarmless(part)) ||
      (several && mixes(part) && columnsOf(part).size > 1),
  );
}

/** EXISTS, IN and its like, and a value that is a count. */
function isHarmless({ subquery_type: type, comparison_type: comparison, subquery }: Tree): boolean {
  if (type === 'SCALAR') return isCount(tree(tree(subquery)['node']));
  return /^(NOT_)?EXISTS$/.test(String(type)) || (type === 'ANY' && comparison === 'COMPARE_EQUAL');
}

/** Whether an expression does more with what is in it than to tell whether it is equal. */
function mixes(expression: Tree): boolean {
  switch (expression['class']) {
    case 'COMPARISON':
      return !/^COMPARE_(NOT)?EQUAL$|DISTINCT_FROM$/.test(String(expression['type']));
    case 'BETWEEN':
      return true;
    case 'OPERATOR':
      return !/^OPERATOR_(NOT|IS_NULL|IS_NOT_NULL)$/.test(String(expression['type']));
    case 'FUNCTION':
      return !isCounted(expression);
    case 'CASE':
      return !isZeroOrOne(expression);
    default:
      return false;
  }
}

function columnsOf(expression: Tree): ReadonlySet<string> {
  return new Set(
    partsOf(expression)
      .filter(({ class: kind }) => kind === 'COLUMN_REF')
      .map(({ column_names: names }) => JSON.stringify(names).toLowerCase()),
  );
}

/** A part of a query and all that is in it. */
function partsOf(part: Tree): readonly Tree[] {
  const parts = [part];
  for (const one of parts) {
    for (const value of Object.values(one)) {
      if (typeof value === 'object' && value !== null) parts.push(value as Tree);
    }
  }
  return parts;
}

function isCounted(expression: Tree): boolean {
  const [first, ...others] = trees(expression['children']);
  switch (expression['class']) {
    case 'CAST':
      return isNumber(expression['cast_type']) && isCounted(tree(expression['child']));
    case 'SUBQUERY':
      return expression['subquery_type'] === 'SCALAR' && isCount(tree(tree(expression['subquery'])['node']));
    case 'OPERATOR':
      return (
        expression['type'] === 'OPERATOR_COALESCE' &&
        first !== undefined &&
        isCounted(first) &&
        others.every(isConstant)
      );
    case 'FUNCTION':
      return isCountedBy(String(expression['function_name']).toLowerCase(), first, others);
    default:
      return false;
  }
}

function isCountedBy(name: string, first: Tree | undefined, others: readonly Tree[]): boolean {
  if (/^(count|count_star|count_if|countif)$/.test(name)) return true;
  if (first === undefined) return false;
  const [second] = others;
  switch (name) {
    case 'sum':
    case 'avg':
    case 'mean':
      return isZeroOrOne(first);
    case 'round':
    case 'nullif':
      return isCounted(first) && others.every(isConstant);
    case '*':
      return (
        second !== undefined &&
        ((isCounted(first) && isConstant(second)) || (isConstant(first) && isCounted(second)))
      );
    case '+':
    case '-':
    case '/':
      return (
        (isCounted(first) && others.every((other) => isCounted(other) || isConstant(other))) ||
        (isConstant(first) && second !== undefined && isCounted(second))
      );
    default:
      return false;
  }
}

/** `CASE WHEN … THEN 1 ELSE 0 END`, and the like. */
function isZeroOrOne(expression: Tree): boolean {
  if (expression['class'] !== 'CASE') return false;
  const results = [
    ...trees(expression['case_checks']).map((check) => check['then_expr']),
    expression['else_expr'],
  ];
  return results.every((result) => {
    const { class: kind, value } = tree(result);
    const constant = tree(value);
    return kind === 'CONSTANT' && (constant['is_null'] === true || /^[01]$/.test(String(numberOf(constant))));
  });
}

/** A DECIMAL's value stands without its point: 1.0 as 10. */
function numberOf({ type, value }: Tree): unknown {
  const { id, type_info: info } = tree(type);
  if (id !== 'DECIMAL') return isNumber(type) ? value : undefined;
  return Number(value) / 10 ** Number(tree(info)['scale']);
}

/** A number of the contract. */
function isConstant(expression: Tree): boolean {
  switch (expression['class']) {
    case 'CONSTANT':
      return isNumber(tree(expression['value'])['type']);
    case 'CAST':
      return isNumber(expression['cast_type']) && isConstant(tree(expression['child']));
    case 'FUNCTION':
      return expression['function_name'] === '-' && trees(expression['children']).every(isConstant);
    default:
      return false;
  }
}

function isNumber(type: unknown): boolean {
  return NUMBERS.test(String(tree(type)['id']));
}

function tree(value: unknown): Tree {
  return typeof value === 'object' && value !== null ? (value as Tree) : {};
}

function trees(value: unknown): readonly Tree[] {
  return Array.isArray(value) ? value.map(tree) : [];
}
