type Tree = Readonly<Record<string, unknown>>;

const NUMBERS = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'];

/**
 * Whether a query's only figure is a count or made of counts and numbers of the contract alone: `count(…)`, `sum` or `avg` of a CASE
 * that gives 0 and 1, their sums, differences and ratios, and casts, `round`, `coalesce` and `nullif` by numbers around them. Such a
 * figure says how many rows there are, and is no cell of one, unless rows are counted up to a cell ({@link countsUpToCells}).
 */
export function isPostgresCount(select: Tree): boolean {
  if (select['larg'] !== undefined) return false;
  const [target, ...more] = list(select['targetList']);
  if (target === undefined || more.length > 0 || !isCounted(part(target, 'ResTarget')['val'])) return false;
  // Without tables of its own, the counts in it were each judged for themselves.
  const alone = select['fromClause'] === undefined && select['withClause'] === undefined;
  return (alone && hasFixedLimits(select)) || !countsUpToCells(select);
}

/**
 * Whether a query may number rows and count them up to the value of a cell: it has a window, a table twice, a limit that is no number, a
 * subquery for a value that is no count, or rows of several tables that are held together by more than whether they are equal.
 */
function countsUpToCells(select: Tree): boolean {
  const parts = partsOf(select);
  const tables = parts.flatMap((one) => ('RangeVar' in one ? [part(one, 'RangeVar')['relname']] : []));
  if (new Set(tables).size < tables.length) return true;
  const several = parts.some(
    (one) => 'JoinExpr' in one || 'SubLink' in one || list(one['fromClause']).length > 1,
  );
  return parts.some(
    (one) =>
      'over' in one ||
      !hasFixedLimits(one) ||
      ('SubLink' in one && !isHarmless(part(one, 'SubLink'))) ||
      (several && mixes(one) && columnsOf(one).size > 1),
  );
}

function hasFixedLimits({ limitCount, limitOffset }: Tree): boolean {
  return [limitCount, limitOffset].every((limit) => limit === undefined || 'A_Const' in (limit as Tree));
}

/** EXISTS, IN and its like, and a value that is a count. */
function isHarmless({ subLinkType, operName, subselect }: Tree): boolean {
  switch (subLinkType) {
    case 'EXPR_SUBLINK':
      return isPostgresCount(part(subselect, 'SelectStmt'));
    case 'EXISTS_SUBLINK':
      return true;
    case 'ANY_SUBLINK':
      return operName === undefined || nameOf(operName) === '=';
    case 'ALL_SUBLINK':
      return nameOf(operName) === '<>';
    default:
      return false;
  }
}

/** Whether an expression does more with what is in it than to tell whether it is equal. */
function mixes(expression: Tree): boolean {
  const [kind = ''] = Object.keys(expression);
  switch (kind) {
    case 'A_Expr': {
      const { kind: form, name } = part(expression, kind);
      if (form === 'AEXPR_DISTINCT' || form === 'AEXPR_NOT_DISTINCT') return false;
      if (form === 'AEXPR_OP' && /^(=|<>|!=)$/.test(nameOf(name))) return false;
      return !isCounted(expression);
    }
    case 'FuncCall':
    case 'CoalesceExpr':
      return !isCounted(expression);
    case 'CaseExpr':
      return !isZeroOrOne(expression);
    case 'MinMaxExpr':
      return true;
    default:
      return false;
  }
}

function columnsOf(expression: Tree): ReadonlySet<string> {
  return new Set(
    partsOf(expression).flatMap((one) =>
      'ColumnRef' in one ? [JSON.stringify(part(one, 'ColumnRef')['fields'])] : [],
    ),
  );
}

/** A part of a query and all that is in it. */
function partsOf(whole: Tree): readonly Tree[] {
  const parts = [whole];
  for (const one of parts) {
    for (const value of Object.values(one)) {
      if (typeof value === 'object' && value !== null) parts.push(value as Tree);
    }
  }
  return parts;
}

function isCounted(expression: unknown): boolean {
  const [[kind, tree] = ['', {}]] = Object.entries((expression ?? {}) as Record<string, Tree>);
  switch (kind) {
    case 'TypeCast':
      return isNumeric(tree['typeName']) && isCounted(tree['arg']);
    case 'SubLink':
      return tree['subLinkType'] === 'EXPR_SUBLINK' && isPostgresCount(part(tree['subselect'], 'SelectStmt'));
    case 'CoalesceExpr': {
      const [first, ...others] = list(tree['args']);
      return isCounted(first) && others.every(isConstant);
    }
    case 'FuncCall': {
      if (tree['over'] !== undefined) return false;
      const [first, ...others] = list(tree['args']);
      const name = nameOf(tree['funcname']);
      if (name === 'count') return true;
      if (name === 'sum' || name === 'avg') return isZeroOrOne(first);
      return name === 'round' && isCounted(first) && others.every(isConstant);
    }
    case 'A_Expr': {
      const { kind: form, lexpr, rexpr } = tree;
      if (form === 'AEXPR_NULLIF') return isCounted(lexpr) && isConstant(rexpr);
      if (form !== 'AEXPR_OP' || !/^[-+*/]$/.test(nameOf(tree['name']))) return false;
      if (isConstant(lexpr)) return isCounted(rexpr);
      return isCounted(lexpr) && (isConstant(rexpr) || (nameOf(tree['name']) !== '*' && isCounted(rexpr)));
    }
    default:
      return false;
  }
}

/** `CASE WHEN … THEN 1 ELSE 0 END`, and the like, cast to a number or not. */
function isZeroOrOne(expression: unknown): boolean {
  const cast = part(expression, 'TypeCast');
  if (isNumeric(cast['typeName'])) return isZeroOrOne(cast['arg']);
  const { args, defresult } = part(expression, 'CaseExpr');
  const results = list(args).map((when) => part(when, 'CaseWhen')['result']);
  if (defresult !== undefined) results.push(defresult);
  return (
    results.length > 0 &&
    results.every((result) => {
      const { isnull, ival, fval } = part(result, 'A_Const');
      if (isnull === true) return true;
      // The parser leaves a zero out.
      if (ival !== undefined) return [0, 1].includes(Number((ival as Tree)['ival'] ?? 0));
      return fval !== undefined && [0, 1].includes(Number((fval as Tree)['fval']));
    })
  );
}

/** A number of the contract. */
function isConstant(expression: unknown): boolean {
  const { ival, fval } = part(expression, 'A_Const');
  if (ival !== undefined || fval !== undefined) return true;
  const cast = part(expression, 'TypeCast');
  if (isNumeric(cast['typeName'])) return isConstant(cast['arg']);
  const { lexpr, rexpr, name } = part(expression, 'A_Expr');
  return lexpr === undefined && rexpr !== undefined && nameOf(name) === '-' && isConstant(rexpr);
}

function isNumeric(typeName: unknown): boolean {
  return NUMBERS.includes(nameOf((typeName as Tree | undefined)?.['names']));
}

function nameOf(names: unknown): string {
  return String(part(list(names).at(-1), 'String')['sval'] ?? '');
}

function part(value: unknown, kind: string): Tree {
  return ((value as Tree | undefined)?.[kind] ?? {}) as Tree;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? [...value] : [];
}
