import { rowText, type SplicedPage } from './splice-page.ts';

/** What one request body may hold: `bytes` counts the whole body. */
export interface BatchLimits {
  readonly bytes: number;
  readonly rows: number;
}

export interface BatchedRow {
  readonly page: SplicedPage;
  /** Index into the page. */
  readonly row: number;
}

/** One request body, in pieces that together are `{"rows":[…],"api_version":2}` (fact sheet 4.4). Rows are not copied. */
export interface RowBatch {
  readonly rows: readonly BatchedRow[];
  readonly body: readonly Buffer[];
  readonly bytes: number;
}

export interface BatchedRows {
  /** In the order of the rows. */
  readonly batches: readonly RowBatch[];
  /** Rows that no body within the limits can hold. */
  readonly oversize: readonly BatchedRow[];
  /** Earlier or older copies of rows that are in a batch. */
  readonly superseded: readonly BatchedRow[];
}

const HEAD = Buffer.from('{"rows":[');
const TAIL = Buffer.from('],"api_version":2}');
const SEPARATOR = Buffer.from(',');
/** Bytes of a body besides its rows and the commas between them. */
const ENVELOPE = HEAD.length + TAIL.length;

/**
 * Cuts rows into request bodies, in their order, never splitting a row.
 *
 * A row that occurs twice (a page edge is read twice; a row may be edited between two pages) is written once. All rows are
 * full replacements, so merging two of them would invent a third: the copy with the greater `_xact_id` is the newer one
 * and stays where it stands; of equals, the one read last stays. A row without an id is never taken for another one.
 */
export function batchRows(pages: readonly SplicedPage[], limits: BatchLimits): BatchedRows {
  const superseded: BatchedRow[] = [];
  const oversize: BatchedRow[] = [];
  const batches: RowBatch[] = [];
  let rows: BatchedRow[] = [];
  let bytes = ENVELOPE;
  const cut = (): void => {
    if (rows.length > 0) batches.push({ rows, body: bodyOf(rows), bytes });
    rows = [];
    bytes = ENVELOPE;
  };
  for (const row of withoutCopies(pages, superseded)) {
    const size = sizeOf(row);
    if (ENVELOPE + size > limits.bytes) {
      oversize.push(row);
      continue;
    }
    const comma = rows.length === 0 ? 0 : 1;
    if (rows.length >= limits.rows || bytes + comma + size > limits.bytes) cut();
    bytes += size + (rows.length === 0 ? 0 : 1);
    rows.push(row);
  }
  cut();
  return { batches, oversize, superseded };
}

function sizeOf({ page, row }: BatchedRow): number {
  return (page.ends[row] as number) - (page.starts[row] as number);
}

function withoutCopies(pages: readonly SplicedPage[], superseded: BatchedRow[]): BatchedRow[] {
  const rows: (BatchedRow | undefined)[] = [];
  const places = new Map<string, number>();
  for (const page of pages) {
    for (let n = 0; n < page.count; n++) {
      const row = { page, row: n };
      const id = rowText(page, page.ids, n);
      if (id !== null) {
        // The number has no space in it, so that two containers cannot share a name.
        const name = `${page.containers[n]} ${id}`;
        const place = places.get(name);
        const before = place === undefined ? undefined : rows[place];
        if (place !== undefined && before !== undefined) {
          if (isNewer(before, row)) {
            superseded.push(row);
            continue;
          }
          superseded.push(before);
          rows[place] = undefined;
        }
        places.set(name, rows.length);
      }
      rows.push(row);
    }
  }
  return rows.filter((row) => row !== undefined);
}

/** Transaction ids are numbers too large for a double, without leading zeros; a row without one is older than any. */
function isNewer(a: BatchedRow, b: BatchedRow): boolean {
  const [ours, other] = [xactOf(a), xactOf(b)];
  return ours.length === other.length ? ours > other : ours.length > other.length;
}

function xactOf({ page, row }: BatchedRow): string {
  return rowText(page, page.xactIds, row) ?? '';
}

/** Neighbours in a page already have the comma between them, so that a run of rows is one piece. */
function bodyOf(rows: readonly BatchedRow[]): Buffer[] {
  const body: Buffer[] = [HEAD];
  let first = 0;
  for (let n = 1; n <= rows.length; n++) {
    const [before, after] = [rows[n - 1], rows[n]];
    if (after !== undefined && after.page === before?.page && after.row === before.row + 1) continue;
    const { page, row } = rows[first] as BatchedRow;
    if (first > 0) body.push(SEPARATOR);
    body.push(page.bytes.subarray(page.starts[row], page.ends[before?.row as number]));
    first = n;
  }
  body.push(TAIL);
  return body;
}
