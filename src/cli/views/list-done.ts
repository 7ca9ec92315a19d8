import { kindOf } from '../../domain/address.ts';
import type { Operation } from '../../domain/plan.ts';
import type { ActionResult } from '../../domain/run-summary.ts';
import { deletesRows } from '../../domain/stream-plan.ts';
import { clipText } from './clip-text.ts';
import { formatCount } from './count-words.ts';

/** Most objects named of one kind that were created, and of all that were changed in one way. */
const MOST_CREATED = 5;
const MOST_CHANGED = 20;

interface Done {
  readonly title: string;
  readonly symbol: string;
  readonly matches: (action: ActionResult) => boolean;
}

const CHANGED: readonly Done[] = [
  // Rows are told with the other rows.
  { title: 'Deleted', symbol: '-', matches: (action) => doneAs('delete')(action) && !deletesRows(action) },
  { title: 'Updated', symbol: '~', matches: doneAs('update') },
  { title: 'Linked', symbol: '~', matches: doneAs('link') },
  { title: 'Adopted', symbol: '=', matches: ({ status }) => status === 'recorded' },
];

/**
 * Lines that name what a run did to objects: what it deleted, updated, linked and adopted by name, what it created by
 * kind. The report file names all of it.
 */
export function listDone(actions: readonly ActionResult[]): string[] {
  const changed = CHANGED.flatMap(({ title, symbol, matches }) => {
    const found = actions.filter(matches);
    const names = found.slice(0, MOST_CHANGED).map(({ address }) => ` ${symbol} ${clipText(address)}`);
    return section(title, found.length, [...names, ...more(found.length - names.length, '   ')]);
  });
  const created = actions.filter(doneAs('create'));
  const kinds = [...new Set(created.map(({ address }) => kindOf(address)))];
  const lines = kinds.flatMap((kind) => {
    const own = created.filter(({ address }) => kindOf(address) === kind);
    const names = own.slice(0, MOST_CREATED).map(({ address }) => `     ${clipText(address)}`);
    return [` + ${formatCount(own.length)} ${kind}`, ...names, ...more(own.length - names.length, '     ')];
  });
  return [...changed, ...section('Created', created.length, lines)];
}

function doneAs(op: Operation): (action: ActionResult) => boolean {
  return (action) => action.status === 'done' && action.op === op;
}

function section(title: string, count: number, lines: readonly string[]): string[] {
  return count === 0 ? [] : [`${title} (${formatCount(count)})`, ...lines, ''];
}

function more(count: number, indent: string): string[] {
  return count > 0 ? [`${indent}and ${formatCount(count)} more`] : [];
}
