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
  let first = 0;
  while (dropped.has(first)) first += 1;
  // Nearly always these are the rows of a key that the page before ended with, which stand in front.
  if (first === dropped.size) return partOfPage(page, first, page.count);
  const count = page.count - dropped.size;
  const starts = new Uint32Array(count);
  const ends = new Uint32Array(count);
  const attachments = page.attachments === null ? null : new Uint8Array(count);
  for (let n = 0, kept = 0; n < page.count; n++) {
    if (dropped.has(n)) continue;
    starts[kept] = page.starts[n] as number;
    ends[kept] = page.ends[n] as number;
    if (attachments !== null) attachments[kept] = page.attachments?.[n] as number;
    kept += 1;
  }
  return { ...page, count, starts, ends, attachments };
}
