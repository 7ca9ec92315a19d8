import { NO_FILTER } from '../../domain/row-io.ts';
import type { StreamRange, WriteIntent } from '../../domain/stream-state.ts';
import { compareXacts } from '../../domain/xact.ts';
import type { LaneDeps } from '../lane.ts';
import { newReadConditions } from '../read/read-conditions.ts';
import { readRows } from '../read/read-rows.ts';
import { AS_IT_IS } from '../reference-lookup.ts';
import { rowText, type SplicedPage, splicePage } from '../splice-page.ts';
import { spliceRule } from '../splice-rule.ts';
import { hashMeaning, MEANING_BYTES } from './write-intents.ts';

/**
 * Finds out what became of batches that a killed run had sent and not recorded: reads what was written in the destination
 * since, and makes those transactions ours that wrote nothing but rows of such batches, each as it was to be written. A row
 * that somebody edited afterwards has another transaction, and so it stays theirs: the ids of such rows are returned, because
 * one that was new cannot be told by its key.
 * @throws what reading the destination and the state throw.
 */
export async function settleIntents(
  { stream, container, destinationContainer }: StreamRange,
  deps: LaneDeps,
): Promise<ReadonlySet<string>> {
  const { store, lease } = deps;
  const source = { stream, id: container };
  const intents = await store.intents(source);
  const [first, ...rest] = intents;
  if (first === undefined) return new Set();
  const newerThan = rest.reduce((oldest, one) => older(oldest, one.newerThan), first.newerThan);
  const intended = new Set(intents.flatMap(hashesOf));
  const ours = await store.writtenXacts(source);
  const rule = spliceRule(stream, [{ sourceId: destinationContainer, destinationId: destinationContainer }], {
    skipAsyncScoring: false,
  });
  const onlyIntended = new Map<string, boolean>();
  const idsOf = new Map<string, string[]>();
  const note = (page: SplicedPage): void => {
    for (let n = 0; n < page.count; n++) {
      const xact = rowText(page, page.xactIds, n) ?? '';
      if (ours.has(xact)) continue;
      const id = rowText(page, page.ids, n);
      if (id !== null) idsOf.set(xact, [...(idsOf.get(xact) ?? []), id]);
      if (onlyIntended.get(xact) === false) continue;
      const row = page.bytes.subarray(page.starts[n], page.ends[n]);
      onlyIntended.set(xact, intended.has(hashMeaning(row).toString('hex')));
    }
  };
  const request = {
    containers: [{ stream, id: destinationContainer }],
    filter: { ...NO_FILTER, xactAfter: newerThan },
    expected: null,
    lastKey: null,
  } as const;
  const { writer: reader, window, signal, now } = deps;
  for await (const read of readRows(request, { reader, window, conditions: newReadConditions(), signal, now })) {
    try {
      note(splicePage(read.page, rule, AS_IT_IS));
    } finally {
      read.release();
    }
  }
  const becameOurs = new Set([...onlyIntended].filter(([, isOurs]) => isOurs).map(([xact]) => xact));
  await store.settleIntents(lease, source, [...becameOurs]);
  return new Set([...idsOf].flatMap(([xact, ids]) => (becameOurs.has(xact) ? [] : ids)));
}

function older(a: string, b: string): string {
  return compareXacts(a, b) < 0 ? a : b;
}

function hashesOf({ rows }: WriteIntent): string[] {
  const hashes: string[] = [];
  for (let at = 0; at < rows.length; at += MEANING_BYTES) hashes.push(rows.toString('hex', at, at + MEANING_BYTES));
  return hashes;
}
