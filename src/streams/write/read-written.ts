import type { RowFilter } from '../../domain/row-io.ts';
import type { StreamRange } from '../../domain/stream-state.ts';
import type { LaneDeps } from '../lane.ts';
import { newReadConditions } from '../read/read-conditions.ts';
import { readRows } from '../read/read-rows.ts';
import { AS_IT_IS } from '../reference-lookup.ts';
import { type SplicedPage, splicePage } from '../splice-page.ts';
import { spliceRule } from '../splice-rule.ts';

/**
 * Reads rows of a destination container in the form in which they were sent. A page is gone when the next is asked for.
 * @param expected how many were counted; null when nobody counted
 * @throws what `readRows` throws.
 */
export async function* readWritten(
  { stream, destinationContainer: id }: StreamRange,
  filter: RowFilter,
  expected: number | null,
  { writer: reader, window, signal, now }: LaneDeps,
): AsyncGenerator<SplicedPage> {
  const rule = spliceRule(stream, [{ sourceId: id, destinationId: id }], { skipAsyncScoring: false });
  const request = { containers: [{ stream, id }], filter, expected, lastKey: null } as const;
  for await (const read of readRows(request, { reader, window, conditions: newReadConditions(), signal, now })) {
    try {
      yield splicePage(read.page, rule, AS_IT_IS);
    } finally {
      read.release();
    }
  }
}
