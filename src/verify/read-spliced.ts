import type { Container, RowFilter } from '../domain/row-io.ts';
import type { ReadPage, ReadRequest } from '../streams/read/read-request.ts';
import { readRows } from '../streams/read/read-rows.ts';
import type { ReferenceLookup } from '../streams/reference-lookup.ts';
import { type SplicedPage, splicePage } from '../streams/splice-page.ts';
import { type ContainerPair, spliceRule } from '../streams/splice-rule.ts';
import type { VerifyContext } from './verify-context.ts';

export interface SplicedRead {
  readonly read: ReadPage;
  readonly page: SplicedPage;
}

/**
 * Reads the rows of a container in the order of their keys, in the form in which they are written to the destination: rows
 * of both sides that are the same have the same bytes. `lookupOf` is asked once a page.
 */
export async function* readSpliced(
  side: 'source' | 'destination',
  pair: ContainerPair & { readonly stream: Container['stream'] },
  filter: RowFilter,
  context: VerifyContext,
  lookupOf: (read: ReadPage) => Promise<ReferenceLookup>,
): AsyncGenerator<SplicedRead> {
  const { signal, now, window, conditions } = context;
  const id = side === 'source' ? pair.sourceId : pair.destinationId;
  const rule = spliceRule(pair.stream, [{ sourceId: id, destinationId: pair.destinationId }], {
    skipAsyncScoring: context.spec.streams.skipAsyncScoring,
  });
  const containers = [{ stream: pair.stream, id }] as const;
  const request: ReadRequest = {
    containers,
    filter,
    expected: null,
    lastKey: null,
    // Of a row that the source does not give it can still be told whether it is missing.
    ...(side === 'source' ? { unserved: 'named' } : {}),
  };
  const deps = { reader: context[side], window, conditions: conditions[side], signal, now };
  for await (const read of readRows(request, deps)) {
    try {
      yield { read, page: splicePage(read.page, rule, await lookupOf(read)) };
    } finally {
      read.release();
    }
  }
}
