import type { Address } from '../domain/address.ts';
import type { JsonObject } from '../domain/json.ts';
import {
  type ActionId,
  actionId,
  type Operation,
  type PlannedChange,
  type PlannedCollisions,
  type PlannedVersion,
  type Reason,
  type TakenAlong,
} from '../domain/plan.ts';
import type { Loss, Resource } from '../domain/resource.ts';

/** An action before its dependencies and its place in the plan are known. */
export interface Draft {
  readonly op: Operation;
  readonly address: Address;
  readonly reason: Reason;
  readonly source: Resource | undefined;
  readonly destination: Resource | undefined;
  readonly before?: JsonObject;
  readonly after?: JsonObject;
  /** Older versions to write before `after`, oldest first. */
  readonly history?: readonly PlannedVersion[];
  readonly changes?: readonly PlannedChange[];
  /** Addresses whose blocked actions are the reason for this one. */
  readonly blockedBy?: readonly Address[];
  /** Actions that this one waits for: the update that gives up the name it takes, the copies of rows it must not act on. */
  readonly waitsFor?: readonly ActionId[];
  /** What must exist before the rows of a copy can be written. */
  readonly needs?: readonly Address[];
  /** Rules of the destination that the rows of a copy would set off. */
  readonly triggers?: readonly Address[];
  readonly collides?: PlannedCollisions;
  readonly takesAlong?: TakenAlong;
  /** What of the source is left behind by this action. */
  readonly losses: readonly Loss[];
}

export function draftId(draft: Draft): ActionId {
  return actionId(draft.op, draft.address);
}
