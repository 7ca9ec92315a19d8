import type { OrgReader } from '../domain/org.ts';
import type { Container } from '../domain/row-io.ts';
import type { StreamStore } from '../domain/stream-store.ts';

/** A destination container and the source container that its rows came from. */
export interface CopiedContainer {
  readonly destination: Container;
  /** Id of the source container. */
  readonly sourceId: string;
}

/**
 * Counts the rows of a destination container that this state did not write, rows that somebody edited since included: the
 * state knows every transaction of its own.
 * @throws what counting throws.
 */
export async function countForeignRows(
  { destination, sourceId }: CopiedContainer,
  reader: OrgReader,
  store: Pick<StreamStore, 'writtenXacts'>,
): Promise<number> {
  const held = await reader.countByTransaction(destination);
  if (held.size === 0) return 0;
  const ours = await store.writtenXacts({ stream: destination.stream, id: sourceId });
  return [...held].reduce((sum, [xact, rows]) => (ours.has(xact) ? sum : sum + rows), 0);
}
