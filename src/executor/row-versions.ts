import { formatAddress, kindOf, parseAddress } from '../domain/address.ts';
import { BtMigrateError } from '../domain/errors.ts';
import { markerText } from '../domain/marker.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { StateStore } from '../domain/state.ts';
import { sameVersion } from '../domain/version.ts';
import type { RunContext } from './run-action.ts';

/**
 * Looks up where the copies ended that an action points at (`{"$version": "dataset_rows…"}`), just before it is carried
 * out: the state has paired the transactions of both organizations when a copy left nothing out.
 * @throws BTM_FAILED when what was copied is not what the source's version means.
 */
export async function learnRowVersions(action: PlannedAction, store: StateStore, context: RunContext): Promise<void> {
  const rows = Object.values(action.after ?? {}).flatMap((value) => {
    const text = markerText(value, '$version');
    return text !== undefined && kindOf(text) === 'dataset_rows' ? [text] : [];
  });
  if (rows.length === 0) return;
  const { versions } = await store.snapshot();
  const { source } = context.inventories;
  const pins = source.resources.get(action.address)?.pins ?? [];
  for (const stream of rows) {
    const dataset = formatAddress('dataset', parseAddress(stream).path);
    const pin = pins.find(({ target }) => target === dataset);
    const pair = versions.find(
      ({ kind, sourceId, source: version }) =>
        kind === 'dataset_rows' &&
        sourceId === source.resources.get(dataset)?.id &&
        pin !== undefined &&
        sameVersion(version, pin.version),
    );
    if (pair === undefined) throw notExact(action, stream);
    context.book.learnVersion(stream, pair.destination);
  }
}

function notExact({ address }: PlannedAction, stream: string): BtMigrateError {
  return new BtMigrateError('BTM_FAILED', {
    detail: `${address} points at a version of ${stream} that the copy did not reproduce: rows were edited meanwhile, left out, or kept as they were.`,
    hint: 'See the report for rows that were left out, and plan again; an older version than the newest cannot be made.',
  });
}
