import type { Address } from '../domain/address.ts';
import type { ActionId } from '../domain/plan.ts';
import type { Lease } from '../domain/state.ts';
import type { MendRequest } from '../domain/stream-state.ts';
import type { MendedReference, StreamStore } from '../domain/stream-store.ts';
import { copyLane } from '../streams/copy-lane.ts';
import type { LaneDeps, LaneOutcome } from '../streams/lane.ts';
import { referenceName } from '../streams/reference-lookup.ts';

/** Rows of one container that are to be written again, because what they refer to is in the destination now. */
export interface Mending extends Omit<MendRequest, 'actionId'> {
  readonly address: Address;
  readonly references: readonly (MendedReference & { readonly sourceId: string })[];
}

export interface MendContext {
  readonly lane: LaneDeps;
  readonly store: Pick<StreamStore, 'openMending' | 'finishMending'>;
  readonly lease: Lease;
  /** False where the source's rows win over what people edited. */
  readonly keepsEdited: boolean;
  /** True where the same is tried again on demand, so that nothing is to be known of it once it is over. */
  readonly isRepeatable?: boolean;
  /** Those of the references that lead somewhere once their rows have been read; all when left out. */
  readonly mended?: (references: Mending['references']) => Promise<Mending['references']>;
}

/** The id under which the ranges of a mending are kept, beside those of the copy. */
export function mendingId(address: Address): ActionId {
  return `mend:${address}`;
}

/**
 * Reads the rows within the bounds once more and writes those again that hold one of these references; a row that somebody
 * edited in the destination stays. What was mended is forgotten, and how far the container was copied stays as it is.
 * Undefined when an earlier attempt of the same run has done it.
 * @throws what `copyLane` throws; the same call goes on where it was.
 */
export async function mendRows(mending: Mending, context: MendContext): Promise<LaneOutcome | undefined> {
  const { address, references, ...request } = mending;
  const { lane, store, lease, keepsEdited, mended = async (all) => all } = context;
  const range = await store.openMending(lease, { ...request, actionId: mendingId(address) });
  if (range.status === 'committed') return undefined;
  const collision = keepsEdited ? { upTo: null } : null;
  const outcome = await copyLane([{ range, address, expectedRows: null, lastKey: null, collision, isInDoubt: false }], {
    ...lane,
    sought: new Set(references.map(referenceName)),
  });
  await store.finishMending(lease, range.id, await mended(references), context.isRepeatable ?? false);
  return outcome;
}
