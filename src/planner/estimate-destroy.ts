import type { Address } from '../domain/address.ts';
import { RESOURCE_KINDS, type ResourceKind, STREAM_OF, type StreamKind } from '../domain/kind.ts';
import type { PlannedAction } from '../domain/plan.ts';
import type { Inventory } from '../domain/resource.ts';
import { CONTAINERS_PER_QUERY, queriesFor } from '../inventory/count-streams.ts';
import type { HeldRows } from '../inventory/held-rows.ts';
import { isListedByOwner } from '../inventory/owners-of-work.ts';
import { PROVIDERS, providerOf } from '../providers/registry.ts';

/** Objects of a page of a list (fact sheet 2.1). */
const PAGE = 1000;

interface Requests {
  readonly source: number;
  readonly destination: number;
}

/**
 * Requests that apply takes besides the deletions themselves: both organizations are asked who they are, the whole
 * destination is listed again, rows are counted in groups and once more before each container goes, and what a project
 * holds is listed before it goes. A server that cuts pages short takes more.
 */
export function estimateDestroy(
  destination: Inventory,
  actions: readonly PlannedAction[],
  rows: ReadonlyMap<Address, HeldRows>,
): Requests {
  const deletions = actions.filter(({ op, reason }) => op === 'delete' && reason !== 'already_gone');
  if (deletions.length === 0) return { source: 0, destination: 0 };
  const kinds = deletions.map(({ address }) => providerOf(address).kind);
  const containers = deletions.flatMap(({ address }) => {
    const stream = STREAM_OF[providerOf(address).kind];
    return stream === undefined ? [] : [{ stream, isOccupied: (rows.get(address)?.rows ?? 0) > 0 }];
  });
  const occupied = containers.filter(({ isOccupied }) => isOccupied);
  const groups = [containers, occupied].map((list) =>
    queriesFor(perStream(list.map(({ stream }) => stream)), CONTAINERS_PER_QUERY),
  );
  const listed = lists(destination);
  const looks = containers.length + occupied.length + kinds.filter((kind) => kind === 'project').length * lastLook();
  return { source: 1, destination: 1 + listed + (groups[0] ?? 0) + (groups[1] ?? 0) + looks };
}

function perStream(streams: readonly StreamKind[]): number[] {
  const counts = new Map<StreamKind, number>();
  for (const stream of streams) counts.set(stream, (counts.get(stream) ?? 0) + 1);
  return [...counts.values()];
}

function lists({ resources, fanOutRequests }: Inventory): number {
  const counts = new Map<ResourceKind, number>();
  for (const { kind } of resources.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const direct = RESOURCE_KINDS.filter((kind) => !isListedByOwner(kind)).flatMap((kind) => {
    const { list, sharesTableWith = kind } = PROVIDERS[kind];
    if (list?.paging === 'whole' || list?.paging === 'limit_only') return [1];
    const rows = [...new Set([kind, sharesTableWith])].reduce((sum, one) => sum + (counts.get(one) ?? 0), 0);
    return [Math.ceil(rows / PAGE) + 1];
  });
  return direct.reduce((sum, one) => sum + one, 0) + 2 * fanOutRequests;
}

/** Lists of an empty project. */
function lastLook(): number {
  return RESOURCE_KINDS.filter((kind) => {
    const { owner } = PROVIDERS[kind];
    return owner.in === 'object' || (owner.in === 'container' && owner.kind === 'project');
  }).length;
}
