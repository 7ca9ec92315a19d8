import type { RowPage } from '../../domain/stream.ts';

/** The rows `from` (inclusive) to `to` (exclusive) of a page, as a page over the same bytes. */
export function partOfPage(page: RowPage, from: number, to: number): RowPage {
  if (from === 0 && to === page.count) return page;
  return {
    ...page,
    count: to - from,
    starts: page.starts.subarray(from, to),
    ends: page.ends.subarray(from, to),
    attachments: page.attachments?.subarray(from, to) ?? null,
  };
}

/** A page without the rows that `dropped` names by their index. */
export function withoutRows(page: RowPage, dropped: ReadonlySet<number>): RowPage {
  if (dropped.size === 0) return page;
  const kept = Array.from({ length: page.count }, (_, n) => n).filter((n) => !dropped.has(n));
  return {
    ...page,
    count: kept.length,
    starts: Uint32Array.from(kept, (n) => page.starts[n] as number),
    ends: Uint32Array.from(kept, (n) => page.ends[n] as number),
    attachments: page.attachments === null ? null : Uint8Array.from(kept, (n) => page.attachments?.[n] ?? 0),
  };
}
