import type { NotedReference } from '../../domain/stream-state.ts';
import { compareXacts } from '../../domain/xact.ts';
import { referenceName } from '../reference-lookup.ts';
import { rowText, type SplicedPage } from '../splice-page.ts';

const DECIMAL = /^\d+$/;

/**
 * Sums up which references the rows of a page that are written keep as they are, by container of the lane, and in which
 * transactions of the source those rows are. A row without a transaction cannot be asked for again, and is left out.
 */
export function noteUnresolved(
  page: SplicedPage,
  leftOut: Uint8Array | null,
  remembers: (type: string) => boolean,
): readonly (readonly NotedReference[])[] {
  const noted = page.tallies.map(() => new Map<string, NotedReference>());
  for (const { row, ...reference } of page.left) {
    if (leftOut?.[row] === 1 || !remembers(reference.type)) continue;
    const xact = rowText(page, page.xactIds, row);
    const known = noted[page.containers[row] as number];
    if (xact === null || !DECIMAL.test(xact) || known === undefined) continue;
    const name = referenceName(reference);
    const before = known.get(name) ?? { ...reference, rows: 0, firstXact: xact, lastXact: xact };
    known.set(name, {
      ...before,
      rows: before.rows + 1,
      firstXact: compareXacts(xact, before.firstXact) < 0 ? xact : before.firstXact,
      lastXact: compareXacts(xact, before.lastXact) > 0 ? xact : before.lastXact,
    });
  }
  return noted.map((one) => [...one.values()]);
}
