type Tree = Readonly<Record<string, unknown>>;

const NUMBERS = ['int2', 'int4', 'int8', 'float4', 'float8', 'numeric'];

/**
 * Whether a query's only figure is a count or made of counts and numbers of the contract alone: `count(…)`, `sum` or `avg` of a CASE
 * that gives 0 and 1, their sums, differences and ratios, and casts, `round`, `coalesce` and `nullif` by numbers around them. Such a
 * figure says how many rows there are, and is no cell of one.
 */
export function isPostgresCount(select: Tree): boolean {
  if (select['larg'] !== undefined) return false;
  const [target, ...more] = list(select['targetList']);
  return target !== undefined && more.length === 0 && isCounted(part(target, 'ResTarget')['val']);
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
