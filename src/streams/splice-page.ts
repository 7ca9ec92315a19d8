import type { BtMigrateError } from '../domain/errors.ts';
import type { RowPage } from '../domain/stream.ts';
import { applyEdits, type ByteEdit, editGrowth, textEdit } from './byte-edit.ts';
import { forEachAttachment } from './for-each-attachment.ts';
import { COMMA, decodeText, MalformedJsonError } from './json-bytes.ts';
import {
  type ReferenceLookup,
  type ReferenceTally,
  type RowReference,
  type RowReferences,
  resolveReference,
} from './reference-lookup.ts';
import { remapMetadata } from './remap-metadata.ts';
import { remapOrigin } from './remap-origin.ts';
import { newRowTally, type RowTally } from './row-tally.ts';
import { ForeignRowError, spliceRow } from './splice-row.ts';
import type { SpliceRule } from './splice-rule.ts';
import { LOST_COLUMNS, newSplicedRow, type SplicedRow } from './spliced-row.ts';

/** Texts of a row that are kept as offsets into the page it was read from; -1 for a row without one. */
export interface TextColumn {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Rows ready to be written. Row `n` is `bytes[starts[n]..ends[n])`; between two rows stands one comma. */
export interface SplicedPage {
  readonly bytes: Buffer;
  readonly count: number;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Each row's index in the page it was read from, which also holds the texts below. */
  readonly rows: Uint32Array;
  readonly source: RowPage;
  /** Index into the rule's containers. */
  readonly containers: Uint16Array;
  readonly ids: TextColumn;
  readonly paginationKeys: TextColumn;
  readonly xactIds: TextColumn;
  readonly created: TextColumn;
  /** Rows that are damaged or not asked for. */
  readonly unreadable: readonly UnreadableRow[];
  /** References that were left as they are, with the index of their row. */
  readonly left: readonly (RowReference & { readonly row: number })[];
  /** One entry a row: 1 when it holds a reference that the lookup seeks. Null when it seeks none. */
  readonly found: Uint8Array | null;
  /** One for each of the rule's containers. */
  readonly tallies: readonly RowTally[];
}

export interface UnreadableRow {
  /** Index into the page that was read. */
  readonly row: number;
  /** Index into the rule's containers; 0 when the row does not say. */
  readonly container: number;
  readonly error: BtMigrateError;
}

/** The text of row `n` in one of the page's columns, or null. Throws MalformedJsonError. */
export function rowText(page: SplicedPage, column: TextColumn, n: number): string | null {
  const start = column.starts[n] as number;
  return start < 0 ? null : decodeText(page.source.bytes, start, column.ends[n] as number);
}

/*
 * The whole page is copied to the end of the target at once, as far to the right as its rows may grow together; row after
 * row then moves to the left and is closed there. So what is written never reaches what is not yet read, and a row costs no
 * copy of its own.
 */

/**
 * Turns a page of rows as they were read into rows to be written, in the same order, references included. Attachments must
 * have been copied before, because their new keys are looked up here. A row that cannot be read costs itself only. The
 * rows are written to a buffer from `allocate`, or to a larger one when references need more room.
 */
export function splicePage(
  page: RowPage,
  rule: SpliceRule,
  lookup: ReferenceLookup,
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): SplicedPage {
  const out = openPage(page, rule, allocate, lookup.sought != null);
  const row = newSplicedRow();
  const references: RowReferences = { left: [], found: false };
  let at = 0;
  for (let n = 0; n < page.count; n++) {
    const start = page.starts[n] as number;
    const end = page.ends[n] as number;
    const from = out.count === 0 ? at : at + 1;
    let to: number;
    references.found = false;
    references.left.length = 0;
    try {
      to = spliceRow(page.bytes, start, end, out.bytes, start + out.ahead, from, rule, row);
      if (to > from) to = remap(out, n, from, to, row, lookup, references);
    } catch (error) {
      if (!(error instanceof MalformedJsonError || error instanceof ForeignRowError)) throw error;
      out.unreadable.push({ row: n, container: Math.max(0, row.container), error });
      continue;
    }
    if (row.tombstone) {
      tallyOf(out, row).tombstones++;
      continue;
    }
    if (from > at) out.bytes[at] = COMMA;
    at = to;
    for (const one of references.left) out.left.push({ ...one, row: out.count });
    if (references.found && out.found !== null) out.found[out.count] = 1;
    addRow(out, n, from, to, row);
  }
  return { ...out, bytes: out.bytes.subarray(0, at) };
}

type Writable<T> = { -readonly [name in keyof T]: T[name] };
type OpenPage = Omit<Writable<SplicedPage>, 'unreadable' | 'left'> & {
  /** Bytes that a row may grow by, a comma included. */
  readonly rowGrowth: number;
  /** How far behind its place in the source each row lies that is still to be spliced. */
  ahead: number;
  readonly unreadable: UnreadableRow[];
  readonly left: SplicedPage['left'][number][];
};

function openPage(page: RowPage, rule: SpliceRule, allocate: (size: number) => Buffer, seeks: boolean): OpenPage {
  const { count } = page;
  const texts = (): TextColumn => ({ starts: new Int32Array(count), ends: new Int32Array(count) });
  const rowGrowth = rule.growth + 1;
  const ahead = count * rowGrowth;
  const bytes = allocate(page.bytes.length + ahead);
  // Of a page that was thinned out only what lies between its rows.
  const [first, last] = count === 0 ? [0, 0] : [page.starts[0] as number, page.ends[count - 1] as number];
  bytes.set(page.bytes.subarray(first, last), first + ahead);
  return {
    bytes,
    rowGrowth,
    ahead,
    count: 0,
    starts: new Uint32Array(count),
    ends: new Uint32Array(count),
    rows: new Uint32Array(count),
    source: page,
    containers: new Uint16Array(count),
    ids: texts(),
    paginationKeys: texts(),
    xactIds: texts(),
    created: texts(),
    unreadable: [],
    left: [],
    found: seeks ? new Uint8Array(count) : null,
    tallies: rule.containers.map(newRowTally),
  };
}

function tallyOf(out: OpenPage, { container }: SplicedRow): RowTally {
  return out.tallies[Math.max(0, container)] as RowTally;
}

/**
 * Makes room for `growth` more bytes behind `used`, where row `n` ends: rows behind it may have to move. Only references can
 * grow so much.
 */
function makeRoom(out: OpenPage, n: number, used: number, growth: number): void {
  const { source, rowGrowth } = out;
  const next = n + 1 < source.count ? (source.starts[n + 1] as number) : source.bytes.length;
  const needed = used + growth + (source.count - n - 1) * rowGrowth;
  if (next + out.ahead >= needed) return;
  // As much again, because the rows behind may grow like this one.
  const ahead = needed - next + Math.ceil(source.bytes.length / 2);
  const larger = Buffer.allocUnsafeSlow(source.bytes.length + ahead);
  larger.set(out.bytes.subarray(0, used));
  larger.set(source.bytes.subarray(next), next + ahead);
  out.bytes = larger;
  out.ahead = ahead;
}

/** Opens only what the splice has pointed out; answers the row's new end. */
function remap(
  out: OpenPage,
  n: number,
  start: number,
  end: number,
  row: SplicedRow,
  lookup: ReferenceLookup,
  references: RowReferences,
): number {
  const { bytes } = out;
  const tally: ReferenceTally = tallyOf(out, row).references;
  const edits: ByteEdit[] = [];
  if (row.originStart >= 0) edits.push(...remapOrigin(bytes, row.originStart, lookup, tally, references));
  if (row.metadataStart >= 0) edits.push(...remapMetadata(bytes, row.metadataStart, lookup, tally, references));
  if (out.source.attachments?.[n] === 1 && lookup.attachmentKey !== null) {
    const before = [...edits];
    forEachAttachment(bytes, start, end, ({ key, keyStart, keyEnd }) => {
      // What is taken out anyway may hold one.
      if (before.some((edit) => edit.start <= keyStart && keyStart < edit.end)) return;
      const found = resolveReference({ type: 'attachment', sourceId: key }, lookup, tally, references);
      if (found !== undefined) edits.push(textEdit(keyStart, keyEnd, found));
    });
  }
  if (edits.length === 0) return end;
  makeRoom(out, n, end, editGrowth(edits));
  return applyEdits(out.bytes, start, end, edits);
}

function addRow(out: OpenPage, source: number, start: number, end: number, row: SplicedRow): void {
  const n = out.count++;
  out.starts[n] = start;
  out.ends[n] = end;
  out.rows[n] = source;
  out.containers[n] = row.container;
  out.ids.starts[n] = row.idStart;
  out.ids.ends[n] = row.idEnd;
  out.paginationKeys.starts[n] = row.keyStart;
  out.paginationKeys.ends[n] = row.keyEnd;
  out.xactIds.starts[n] = row.xactStart;
  out.xactIds.ends[n] = row.xactEnd;
  out.created.starts[n] = row.createdStart;
  out.created.ends[n] = row.createdEnd;
  if (row.hasDatasetRecordId) tallyOf(out, row).datasetRecordIds++;
  if (row.lost === 0) return;
  const { lost } = tallyOf(out, row);
  // By index: nearly every row has lost something, and an iterator for each is garbage.
  for (let bit = 0; bit < LOST_COLUMNS.length; bit++)
    if (row.lost & (1 << bit)) lost[LOST_COLUMNS[bit] as (typeof LOST_COLUMNS)[number]]++;
}
