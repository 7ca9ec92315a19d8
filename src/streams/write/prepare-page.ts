import type { BlobFate } from '../attachments.ts';
import type { ReadPage, UnservedRow } from '../read/read-request.ts';
import type { ReferenceLookup } from '../reference-lookup.ts';
import { addTally, type RowTally } from '../row-tally.ts';
import { rowText, type SplicedPage, splicePage } from '../splice-page.ts';
import type { SpliceRule } from '../splice-rule.ts';
import type { KeyOf } from './batch-cutter.ts';
import type { BufferPool } from './buffer-pool.ts';
import { type LaneContainer, leaveOut, lookAtRows, type PageLook } from './look-at-rows.ts';
import { noteUnresolved } from './note-unresolved.ts';
import type { QuarantineDesk } from './quarantine-desk.ts';
import type { PageNews, ReadyPage } from './ready-page.ts';
import type { BatchPart } from './row-batch.ts';

export interface PagePreparation {
  readonly containers: readonly LaneContainer[];
  readonly rule: SpliceRule;
  readonly lookup: ReferenceLookup;
  /** Of rows that may be in the destination, given by their indexes: those that are to be kept there. */
  readonly findKept: (page: SplicedPage, rows: readonly number[]) => Promise<readonly number[]>;
  readonly quarantine: QuarantineDesk;
  readonly buffers: BufferPool;
  /** Attachments of the page that were just tried, with the index of the row in the page that was read. */
  readonly blobs: readonly { readonly row: number; readonly sourceKey: string; readonly fate: BlobFate }[];
  readonly onBlob: (container: number, bytes: number) => void;
  /** True of a type of references that are written again once they lead somewhere. */
  readonly remembers: (type: string) => boolean;
}

export interface PreparedPage {
  readonly page: ReadyPage;
  /** Null when keys of the page do not ascend. */
  readonly keyOf: KeyOf | null;
}

/** Splices a page and finds out which of its rows are to be written. Attachments must have been copied before. */
export async function preparePage(
  { page, completeUpTo, unserved, release }: ReadPage,
  preparation: PagePreparation,
): Promise<PreparedPage> {
  const { containers, rule, lookup, buffers } = preparation;
  let buffer: Buffer | undefined;
  const allocate = (size: number): Buffer => {
    buffer = buffers.take(size);
    return buffer;
  };
  const spliced = splicePage(page, rule, lookup, allocate);
  for (const [n, { tally }] of containers.entries()) addTally(tally, spliced.tallies[n] as RowTally);
  const look = lookAtRows(spliced, containers);
  if (spliced.found === null) await setAside(spliced, look, preparation);
  else keepFound(spliced, look, spliced.found);
  noteBlobs(spliced, look, preparation);
  const kept = look.colliding.length === 0 ? [] : await preparation.findKept(spliced, look.colliding);
  for (const n of [...kept, ...(await findEdited(spliced, look.doubtful, containers))]) {
    (look.news[spliced.containers[n] as number] as PageNews).kept += 1;
    leaveOut(spliced, look, n);
  }
  if (unserved !== null) missRows(spliced, look, unserved, preparation);
  const unresolved = noteUnresolved(spliced, look.leftOut, preparation.remembers);
  for (const [n, news] of look.news.entries()) news.unresolved = unresolved[n] ?? [];
  const keyOf = look.ascending ? (n: number) => rowText(spliced, spliced.paginationKeys, n) : null;
  const parts: BatchPart<ReadyPage>[] = [];
  const ready: ReadyPage = {
    bytes: spliced.bytes,
    starts: spliced.starts,
    ends: spliced.ends,
    containers: spliced.containers,
    parts,
    late: look.late,
    colliding: flagsOf(look.colliding, spliced.count),
    news: look.news,
    completeUpTo,
    lastKey: spliced.count === 0 ? null : (keyOf?.(spliced.count - 1) ?? null),
    rowsLeft: 0,
    release: () => {
      release();
      if (buffer !== undefined) buffers.give(buffer);
    },
  };
  for (let from = 0, n = 0; n <= spliced.count; n++) {
    if (n < spliced.count && look.leftOut?.[n] !== 1) continue;
    if (n > from) parts.push({ source: ready, from, to: n });
    ready.rowsLeft += n - from;
    from = n + 1;
  }
  return { page: ready, keyOf };
}

async function findEdited(
  page: SplicedPage,
  rows: readonly number[],
  containers: readonly LaneContainer[],
): Promise<readonly number[]> {
  const edited: number[] = [];
  for (const n of rows) if (await containers[page.containers[n] as number]?.doubtful?.isEdited(page, n)) edited.push(n);
  return edited;
}

/** Of rows that were written before, only those with a reference that is sought are of interest. */
function keepFound(page: SplicedPage, look: PageLook, found: Uint8Array): void {
  for (const n of look.withoutId) leaveOut(page, look, n);
  for (let n = 0; n < page.count; n++) if (found[n] !== 1) leaveOut(page, look, n);
  look.colliding = look.colliding.filter((n) => found[n] === 1);
}

function flagsOf(rows: readonly number[], count: number): Uint8Array | null {
  if (rows.length === 0) return null;
  const flags = new Uint8Array(count);
  for (const n of rows) flags[n] = 1;
  return flags;
}

/** Sends rows that cannot be written to quarantine. */
async function setAside(page: SplicedPage, look: PageLook, preparation: PagePreparation): Promise<void> {
  const { quarantine } = preparation;
  const { source } = page;
  const bodyOf = (row: number): Buffer => source.bytes.subarray(source.starts[row], source.ends[row]);
  const refuse = async (container: number, row: number, detail: string): Promise<void> => {
    const item = await quarantine.addRow({ container, rowId: null, body: bodyOf(row), reason: 'unreadable', detail });
    look.news[container]?.quarantined.push(item);
  };
  for (const { row, container, error } of page.unreadable) await refuse(container, row, error.detail);
  for (const n of look.withoutId) {
    leaveOut(page, look, n);
    await refuse(page.containers[n] as number, page.rows[n] as number, NO_ID);
  }
}

/** What was not left out yet and is known by its names only goes to quarantine without a body. */
function missRows(
  page: SplicedPage,
  look: PageLook,
  { why, bytes }: UnservedRow,
  { quarantine }: PagePreparation,
): void {
  for (let n = 0; n < page.count; n++) {
    const rowId = rowText(page, page.ids, n);
    if (rowId === null || look.leftOut?.[n] === 1) continue;
    const container = page.containers[n] as number;
    look.news[container]?.quarantined.push(quarantine.addMissed({ container, rowId, why, bytes }));
    leaveOut(page, look, n);
  }
}

/** Tells of attachments that were copied, and sends the others to quarantine. */
function noteBlobs(page: SplicedPage, look: PageLook, { quarantine, blobs, onBlob }: PagePreparation): void {
  for (const { row, sourceKey: key, fate } of blobs) {
    const n = page.rows.subarray(0, page.count).indexOf(row);
    const container = n < 0 ? 0 : (page.containers[n] as number);
    if (fate.status === 'copied') onBlob(container, fate.bytes);
    else {
      const rowId = n < 0 ? null : rowText(page, page.ids, n);
      const { reason, detail } = fate;
      look.news[container]?.quarantined.push(quarantine.addBlob({ container, rowId, key, reason, detail }));
    }
  }
}

const NO_ID = 'The row has no id. Written again after an interruption it would be there twice.';
