import type { DriftItem } from '../domain/drift.ts';
import { BtMigrateError } from '../domain/errors.ts';
import type { Side } from '../domain/event.ts';
import type { Json } from '../domain/json.ts';
import { mostPressing } from '../domain/precedence.ts';
import type { Inventory, UnknownList } from '../domain/resource.ts';
import type { Spec } from '../domain/spec.ts';
import { listErrorCode } from '../inventory/list-error-code.ts';
import type { CommandResult } from './define-command.ts';
import { renderItems } from './views/render-items.ts';

/** What a comparison was made from. */
export interface Compared {
  readonly spec: Spec;
  readonly source: Inventory;
  readonly destination: Inventory;
}

/** The result of `drift`: 6 or 8 when something could not be read, else 2 when something moved (contract section 2). */
export function driftResult(items: readonly DriftItem[], compared: Compared, color: boolean): CommandResult {
  const moved = items.filter(({ status }) => status !== 'in_sync' && status !== 'unmanaged' && status !== 'unknown');
  const lost = unreadLists(items, compared);
  const error = unreadError(items, compared);
  return {
    exitCode: error?.exitCode ?? (moved.length > 0 ? 2 : 0),
    summary:
      moved.length === 0 && error === undefined ? 'No drift' : `${moved.length} of ${items.length} objects moved`,
    text: renderItems(items, { color }),
    document: { items: items as unknown as Json, unknown: lost as unknown as Json },
    ...(error === undefined ? {} : { error }),
  };
}

/** What kept something from being compared; undefined when everything could be read. */
export function unreadError(items: readonly DriftItem[], compared: Compared): BtMigrateError | undefined {
  const error = mostPressing(unreadLists(items, compared).map(errorOf));
  const unknown = items.filter(({ status }) => status === 'unknown');
  const [first] = unknown;
  if (error !== undefined || first === undefined) return error;
  return new BtMigrateError('BTM_SERVER_FAILED', {
    detail: `${unknown.length === 1 ? first.address : `${first.address} and ${unknown.length - 1} more`} could not be read. ${first.detail ?? ''}`,
    hint: 'Run again; until then nothing is said about what stands as unknown.',
  });
}

type UnreadList = UnknownList & { readonly side: Side };

/** The lists that failed and that something said here depends on. */
function unreadLists(items: readonly DriftItem[], { spec, source, destination }: Compared): UnreadList[] {
  const isAnythingUnknown = items.some(({ status }) => status === 'unknown');
  return (
    [
      ['source', source],
      ['destination', destination],
    ] as const
  ).flatMap(([side, { unknown }]) =>
    unknown
      .filter(({ kind, code }) => code !== 'not_supported' && (isAnythingUnknown || spec.kinds.has(kind)))
      .map((list) => ({ side, ...list })),
  );
}

function errorOf(list: UnreadList): BtMigrateError {
  return new BtMigrateError(listErrorCode(list), {
    detail: `The ${list.side} could not be asked for its objects of kind ${list.kind}. ${list.detail}`,
    hint: 'Make the list readable and run again; until then nothing is said about what stands as unknown.',
  });
}
