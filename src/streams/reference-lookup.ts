/** What source ids have become; undefined when nothing in the destination answers to one. */
export interface ReferenceLookup {
  /**
   * `type` is an `object_type` as rows spell it, except that logs are asked for as their `project`; a user is `user`.
   * What is not a known type is asked for too.
   */
  objectId(type: string, sourceId: string): string | undefined;
  /** Null leaves every attachment key as it is. */
  readonly attachmentKey: ((sourceKey: string) => string | undefined) | null;
  /** True for rows of the destination: what they pin is a matter of the same organization. */
  readonly keepsPins?: boolean;
}

/** Leaves every reference as it is: what is read from the destination already has its ids. */
export const AS_IT_IS: ReferenceLookup = { objectId: () => undefined, attachmentKey: null, keepsPins: true };

/** What happened to the references of many rows; added to, never reset. */
export interface ReferenceTally {
  remapped: number;
  /** Transaction ids of the source, which mean nothing elsewhere (fact sheet 3.2). */
  droppedPins: number;
  /** References that were left as they are, because the destination has nothing to point at, by type. */
  readonly unresolved: Map<string, number>;
}

export function newReferenceTally(): ReferenceTally {
  return { remapped: 0, droppedPins: 0, unresolved: new Map() };
}

export function countUnresolved(tally: ReferenceTally, type: string): void {
  tally.unresolved.set(type, (tally.unresolved.get(type) ?? 0) + 1);
}
