import { type Address, kindOf } from '../domain/address.ts';
import type { StreamKind } from '../domain/kind.ts';
import type { ActionId, PlannedAction } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import type { PlannedCopy } from '../domain/stream-plan.ts';
import type { Inventories } from '../inventory/read-inventories.ts';
import { ownersOf } from '../providers/owners-of.ts';

/** A planned copy and the container it reads. */
export interface CopyTask {
  readonly id: ActionId;
  readonly address: Address;
  readonly stream: StreamKind;
  readonly planned: PlannedCopy;
  readonly containerAddress: Address;
  readonly source: Resource;
}

/** Undefined when the source does not list the container. */
export function copyTask({ id, address, after }: PlannedAction, { source }: Inventories): CopyTask | undefined {
  const containerAddress = ownersOf(address)[0] ?? address;
  const container = source.resources.get(containerAddress);
  if (container === undefined) return undefined;
  const stream = kindOf(address) as StreamKind;
  return { id, address, stream, planned: after as PlannedCopy, containerAddress, source: container };
}
