import type { StreamKind } from '../domain/kind.ts';
import { type ColumnName, column } from './row-column.ts';

/** One container that rows are read from, and what its rows get in the destination. */
export interface SpliceContainer {
  /** The source id, as it stands between the quotes of a row. */
  readonly sourceId: Buffer;
  /** Members to add to each row, without a comma before or after. */
  readonly columns: Buffer;
}

/** What to do with the rows of one read: several containers when small ones are read by one query. */
export interface SpliceRule {
  /** Number of the column that names a row's container. */
  readonly column: number;
  /** At least one. */
  readonly containers: readonly SpliceContainer[];
  /** The most bytes that a row can gain. */
  readonly growth: number;
}

export interface ContainerPair {
  readonly sourceId: string;
  readonly destinationId: string;
}

const CONTAINER_COLUMN: Readonly<Record<StreamKind, ColumnName>> = {
  logs: 'project_id',
  experiment_rows: 'experiment_id',
  dataset_rows: 'dataset_id',
};

/** The members by which a row to be written says where it belongs (fact sheet 4.4). */
export function containerKeys(stream: StreamKind, id: string): Readonly<Record<string, string>> {
  return { [CONTAINER_COLUMN[stream]]: id, ...(stream === 'logs' ? { log_id: 'g' } : {}) };
}

/**
 * Makes the rule for rows of these containers. `skipAsyncScoring` adds
 * `_skip_async_scoring`, which asks the destination not to score these rows.
 */
export function spliceRule(
  stream: StreamKind,
  pairs: readonly ContainerPair[],
  options: { readonly skipAsyncScoring: boolean },
): SpliceRule {
  const name = CONTAINER_COLUMN[stream];
  const containers = pairs.map(({ sourceId, destinationId }) => {
    const members = containerKeys(stream, destinationId);
    const all = options.skipAsyncScoring ? { ...members, _skip_async_scoring: true } : members;
    return { sourceId: Buffer.from(sourceId), columns: Buffer.from(JSON.stringify(all).slice(1, -1)) };
  });
  const growth = Math.max(...containers.map(({ columns }) => columns.length)) + 1;
  return { column: column(name), containers, growth };
}
