import type { ResourceKind } from '../domain/kind.ts';
import type { StateSnapshot } from '../domain/state.ts';

/** Says what the source calls a version of a destination object, as far as the state knows; else the version itself. */
export function versionNames({
  mappings,
  versions,
}: Pick<StateSnapshot, 'mappings' | 'versions'>): (kind: ResourceKind, id: string, version: string) => string {
  const pairs = new Map<string, StateSnapshot['versions'][number][]>();
  for (const pair of versions) {
    const key = `${pair.kind} ${pair.sourceId}`;
    pairs.set(key, [...(pairs.get(key) ?? []), pair]);
  }
  const names = new Map(
    mappings.flatMap(({ kind, sourceId, destinationId }) =>
      (pairs.get(`${kind} ${sourceId}`) ?? []).map((pair) => [
        `${kind} ${destinationId} ${pair.destination}`,
        pair.source,
      ]),
    ),
  );
  return (kind, id, version) => names.get(`${kind} ${id} ${version}`) ?? version;
}
