import type { RowFilter } from '../domain/row-io.ts';
import type { WrittenWindow } from '../domain/stream-state.ts';
import { RowDigest } from '../streams/row-digest.ts';
import { rowText, type SplicedPage } from '../streams/splice-page.ts';
import type { ContainerCheck } from './container-check.ts';
import { readSpliced } from './read-spliced.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import type { VerifyContext } from './verify-context.ts';

export interface WindowVerdict {
  /** Rows that were read in the destination. */
  readonly rows: number;
  /** True when every row belongs to one of our transactions and each of these has the digest that was recorded. */
  readonly isIntact: boolean;
}

interface OpenWindow {
  rows: number;
  readonly digest: RowDigest;
}

/**
 * Reads a destination container and compares it with the digests that were taken while copying: every row carries the
 * transaction that wrote it last, and the rows of one transaction, in the order of their keys, are what one write sent.
 */
export async function checkWindows(
  pair: ContainerPairOf,
  recorded: readonly WrittenWindow[],
  filter: RowFilter,
  context: VerifyContext,
  check: ContainerCheck,
): Promise<WindowVerdict> {
  const found = new Map<string, OpenWindow>();
  let rows = 0;
  let damaged = 0;
  for await (const one of readSpliced('destination', pair, filter, context, async () => check.references)) {
    const { page } = one;
    rows += page.count;
    damaged += page.unreadable.length;
    addPage(page, found);
    await check.lookAtDestination(one);
  }
  const isIntact =
    damaged === 0 &&
    recorded.length === found.size &&
    recorded.every(({ xact, rows: count, digest }) => {
      const seen = found.get(xact);
      return seen !== undefined && digest !== null && seen.rows === count && seen.digest.finish() === digest;
    });
  return { rows, isIntact };
}

/** Rows of one write stand side by side, so that they are added as one piece. */
function addPage(page: SplicedPage, found: Map<string, OpenWindow>): void {
  let first = 0;
  let xact = page.count === 0 ? null : rowText(page, page.xactIds, 0);
  for (let n = 1; n <= page.count; n++) {
    const next = n === page.count ? undefined : rowText(page, page.xactIds, n);
    if (next === xact) continue;
    const name = xact ?? '';
    let open = found.get(name);
    if (open === undefined) {
      open = { rows: 0, digest: new RowDigest() };
      found.set(name, open);
    }
    open.rows += n - first;
    open.digest.add(page.bytes, page.starts[first] as number, page.ends[n - 1] as number);
    first = n;
    xact = next ?? null;
  }
}
