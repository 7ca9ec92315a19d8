import type { DriftItem } from '../domain/drift.ts';
import type { Json } from '../domain/json.ts';
import type { UnknownList } from '../domain/resource.ts';
import type { CommandResult } from './define-command.ts';
import { renderItems } from './views/render-items.ts';

/** The result of `drift`: 6 or 8 when something could not be read, else 2 when something moved (contract section 2). */
export function driftResult(
  items: readonly DriftItem[],
  unknown: readonly UnknownList[],
  color: boolean,
): CommandResult {
  const moved = items.filter(({ status }) => status !== 'in_sync' && status !== 'unmanaged' && status !== 'unknown');
  const exitCode =
    unknown.length > 0 ? (unknown.some(({ code }) => code === 'permission_denied') ? 6 : 8) : moved.length > 0 ? 2 : 0;
  return {
    exitCode,
    summary: moved.length === 0 && exitCode === 0 ? 'No drift' : `${moved.length} of ${items.length} objects moved`,
    text: renderItems(items, { color }),
    document: { items: items as unknown as Json, unknown: unknown as unknown as Json },
  };
}
