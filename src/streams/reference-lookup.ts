/** What source ids have become; undefined when nothing in the destination answers to one. */
export interface ReferenceLookup {
  /**
   * `type` is an `object_type` as rows spell it, except that logs are asked for as their `project`; a user is `user`.
   * What is not a known type is asked for too.
   */
  objectId(type: string, sourceId: string): string | undefined;
  /** Null leaves every attachment key as it is. */
  readonly attachmentKey: ((sourceKey: string) => string | undefined) | null;
  /** Names of references (`referenceName`) whose rows are told apart from the others; null or absent for none. */
  readonly sought?: ReadonlySet<string> | null;
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

/** An id of the source that a row refers to by. */
export interface RowReference {
  /** As a lookup is asked; `attachment` of a key. */
  readonly type: string;
  readonly sourceId: string;
}

/** What one row refers to. */
export interface RowReferences {
  /** Left as they are, because the destination has nothing to point at. */
  readonly left: RowReference[];
  /** True when one that was sought was found. */
  found: boolean;
}

export function referenceName({ type, sourceId }: RowReference): string {
  return `${type} ${sourceId}`;
}

export function newReferenceTally(): ReferenceTally {
  return { remapped: 0, droppedPins: 0, unresolved: new Map() };
}

/** What a source id has become, counted and noted; undefined when it is left as it is. */
export function resolveReference(
  reference: RowReference,
  lookup: ReferenceLookup,
  tally: ReferenceTally,
  row: RowReferences,
): string | undefined {
  const { type, sourceId } = reference;
  const found = type === 'attachment' ? lookup.attachmentKey?.(sourceId) : lookup.objectId(type, sourceId);
  if (found === undefined) {
    tally.unresolved.set(type, (tally.unresolved.get(type) ?? 0) + 1);
    row.left.push(reference);
    return undefined;
  }
  tally.remapped++;
  if (lookup.sought?.has(referenceName(reference)) === true) row.found = true;
  return found;
}
