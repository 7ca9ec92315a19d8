import type { ContainerRef } from '../rows/container-ref.ts';
import type { Expression } from './query.ts';

type Truth = boolean | Expression;

/**
 * What a filter asks of the rows of one container: comparisons of its id column with constants are decided, so that
 * `(dataset_id = 'a' and _xact_id > '7') or dataset_id = 'b'` is a range of transactions in one and everything in the other.
 * Null: nothing is asked.
 */
export function filterWithin(filter: Expression | null, ref: ContainerRef): Expression | null {
  if (filter === null) return null;
  const truth = decide(filter, ref);
  if (truth === true) return null;
  return truth === false ? NOTHING : truth;
}

/** Excludes every row, and the planner turns it into an empty range. */
const NOTHING: Expression = {
  op: 'lt',
  left: { op: 'ident', path: ['_xact_id'] },
  right: { op: 'literal', value: '0' },
};

function decide(item: Expression, ref: ContainerRef): Truth {
  switch (item.op) {
    case 'and':
    case 'or':
      return decideChain(item.op, item.items, ref);
    case 'eq':
    case 'ne': {
      const known = idOf(item.left, ref) ?? idOf(item.right, ref);
      const constant = textOf(item.left) ?? textOf(item.right);
      if (known === null || constant === null) return item;
      return (known === constant) === (item.op === 'eq');
    }
    case 'in': {
      const known = idOf(item.left, ref);
      const constants = item.values.map(textOf);
      return known === null || constants.includes(null) ? item : constants.includes(known);
    }
    default:
      return item;
  }
}

function decideChain(op: 'and' | 'or', items: readonly Expression[], ref: ContainerRef): Truth {
  const decisive = op === 'or';
  const open: Expression[] = [];
  for (const item of items) {
    const truth = decide(item, ref);
    if (truth === decisive) return decisive;
    if (typeof truth !== 'boolean') open.push(truth);
  }
  const [only] = open;
  if (only === undefined) return !decisive;
  return open.length === 1 ? only : { op, items: open };
}

/** The value that a column has in every row of the container; null for other columns. */
function idOf(expression: Expression, ref: ContainerRef): string | null {
  if (expression.op !== 'ident' || expression.path.length !== 1) return null;
  const [column] = expression.path;
  if (column === 'project_id') return ref.projectId;
  return column === `${ref.type}_id` ? ref.id : null;
}

function textOf(expression: Expression): string | null {
  return expression.op === 'literal' && typeof expression.value === 'string' ? expression.value : null;
}
