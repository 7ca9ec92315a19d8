import { BtMigrateError } from '../domain/errors.ts';
import type { Reporter, Side } from '../domain/event.ts';
import type { OrgReader } from '../domain/org.ts';
import type { CountOptions, CountRequest, RowCount } from '../domain/row-io.ts';
import { endsReading, unknownCode } from './list-failure.ts';
import { streamGroups } from './stream-groups.ts';

/** Containers of one query. */
export const CONTAINERS_PER_QUERY = 25;

/** The org whose rows are counted. */
export interface CountingSide {
  readonly side: Side;
  readonly reader: OrgReader;
  readonly report: Reporter;
}

/**
 * Counts rows in groups; what cannot be counted is undefined and reported, never 0. One container that the key may not
 * read does not hide the others of its group.
 * @throws errors after which nothing more can be read.
 */
export async function countStreams(
  requests: readonly CountRequest[],
  org: CountingSide,
  { together = CONTAINERS_PER_QUERY, unaccepted = false }: CountOptions = {},
): Promise<(RowCount | undefined)[]> {
  const groups = streamGroups(requests, ({ container }) => container, together);
  const counts = await Promise.all(groups.map((group) => countGroup(group, org, { together, unaccepted })));
  return counts.flat();
}

/** Queries that it takes to count so many containers of each kind. */
export function queriesFor(containers: Iterable<number>, together: number): number {
  let queries = 0;
  for (const number of containers) queries += Math.ceil(number / together);
  return queries;
}

async function countGroup(
  group: readonly CountRequest[],
  org: CountingSide,
  options: CountOptions,
): Promise<readonly (RowCount | undefined)[]> {
  try {
    return await org.reader.countRows(group, options);
  } catch (error) {
    if (!(error instanceof BtMigrateError) || endsReading(error)) throw error;
    if (error.code === 'BTM_PERMISSION_DENIED' && group.length > 1) {
      const counts = await Promise.all(group.map((request) => countGroup([request], org, options)));
      return counts.flat();
    }
    const kind = group[0]?.container.stream ?? '';
    org.report({ type: 'list_failed', side: org.side, kind, code: unknownCode(error), detail: error.detail });
    return group.map(() => undefined);
  }
}
