import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../domain/json.ts';
import type { RowFilter } from '../domain/row-io.ts';
import type { FirstDifference } from '../domain/verification.ts';
import { attachmentsOf } from '../streams/attachments-of-page.ts';
import { firstDifferentPath, normalRow, sameMeaning } from '../streams/normal-row.ts';
import type { ReadPage } from '../streams/read/read-request.ts';
import type { ReferenceLookup } from '../streams/reference-lookup.ts';
import { findSpilled } from '../streams/spill-fields.ts';
import { rowText } from '../streams/splice-page.ts';
import type { ContainerCheck } from './container-check.ts';
import { readSpliced, type SplicedRead } from './read-spliced.ts';
import { restoreSpilled } from './restore-spilled.ts';
import type { ContainerPairOf } from './selected-pair.ts';
import type { VerifyContext } from './verify-context.ts';

export interface RowComparison {
  readonly sourceRows: number;
  readonly destinationRows: number;
  readonly normalized: number;
  readonly missing: number;
  readonly surplus: number;
  readonly changed: number;
  readonly first: FirstDifference | undefined;
}

/** Bytes of rows that wait for their counterpart; beyond, only digests of them are kept. */
const MOST_WAITING = 32 * 1024 * 1024;

/** A row that its counterpart was not met for yet: its bytes, or what is left of them. */
type Waiting = Buffer | { readonly exact: string; readonly meaning: string };

/** A row that the source does not give: it equals nothing. */
const UNREAD: Waiting = { exact: '', meaning: '' };

/**
 * Compares the rows of a container of both sides by id. Both are read in the order of their keys, which is the same order
 * where all is well, so that hardly any row has to wait for its counterpart.
 */
export async function compareRows(
  pair: ContainerPairOf,
  filter: RowFilter,
  context: VerifyContext,
  check: ContainerCheck,
): Promise<RowComparison> {
  const pass = new Comparison((row, source) => restoreSpilled(row, source, context.destination));
  const source = readSpliced('source', pair, filter, context, (read) => sourceLookup(read, context));
  const destination = readSpliced('destination', pair, filter, context, async () => check.references);
  const pull = async (side: Side, rows: AsyncGenerator<SplicedRead>): Promise<boolean> => {
    const { value, done } = await rows.next();
    if (done === true) return false;
    if (side === 'destination') await check.lookAtDestination(value);
    else await check.lookAtSource(value);
    await pass.add(side, value);
    return true;
  };
  try {
    let [sourceGoesOn, destinationGoesOn] = [true, true];
    while (sourceGoesOn || destinationGoesOn) {
      const isSourceNext = sourceGoesOn && (!destinationGoesOn || pass.rows.source <= pass.rows.destination);
      if (isSourceNext) sourceGoesOn = await pull('source', source);
      else destinationGoesOn = await pull('destination', destination);
    }
  } finally {
    await Promise.all([source.return(undefined), destination.return(undefined)]);
  }
  return pass.finish();
}

/** Attachments have the keys that copying gave them; what was not copied kept its own. */
async function sourceLookup({ page }: ReadPage, context: VerifyContext): Promise<ReferenceLookup> {
  const { lookup, streams, spec } = context;
  if (page.attachments === null || spec.streams.attachments !== 'copy') return lookup;
  const known = await streams.findBlobs([...attachmentsOf(page).keys()]);
  return {
    objectId: (type, id) => lookup.objectId(type, id),
    attachmentKey: (key) => known.get(key)?.destinationKey,
  };
}

/** Gives a row of the destination with the fields that were moved into attachments; undefined when it lacks none. */
type Restore = (row: Buffer, source: Buffer | undefined) => Promise<Buffer | undefined>;

type Side = 'source' | 'destination';
const OTHER = { source: 'destination', destination: 'source' } as const;

class Comparison {
  readonly rows = { source: 0, destination: 0 };
  private readonly waiting = { source: new Map<string, Waiting>(), destination: new Map<string, Waiting>() };
  private waitingBytes = 0;
  private normalized = 0;
  private changed = 0;
  private damaged = 0;
  private first: FirstDifference | undefined;
  private readonly restore: Restore;

  constructor(restore: Restore) {
    this.restore = restore;
  }

  async add(side: Side, { page, read }: SplicedRead): Promise<void> {
    this.rows[side] += page.count + page.unreadable.length;
    if (page.unreadable.length > 0) {
      this.damaged += page.unreadable.length;
      this.first ??= { row: null, path: null, what: 'changed' };
    }
    const [own, other] = [this.waiting[side], this.waiting[OTHER[side]]];
    for (let n = 0; n < page.count; n++) {
      const id = rowText(page, page.ids, n) ?? '';
      const row = read.unserved === null ? page.bytes.subarray(page.starts[n], page.ends[n]) : UNREAD;
      const counterpart = other.get(id);
      if (counterpart === undefined) {
        // A copy: a page's memory must not live as long as one row that waits.
        own.set(id, Buffer.isBuffer(row) ? Buffer.from(row) : row);
        this.waitingBytes += Buffer.isBuffer(row) ? row.length : 0;
      } else {
        other.delete(id);
        if (Buffer.isBuffer(counterpart)) this.waitingBytes -= counterpart.length;
        await this.compare(id, side === 'source' ? row : counterpart, side === 'source' ? counterpart : row);
      }
    }
    if (this.waitingBytes > MOST_WAITING) this.shrink();
  }

  finish(): RowComparison {
    const { source, destination } = this.waiting;
    const [missing] = source.keys();
    const [surplus] = destination.keys();
    if (missing !== undefined) this.first ??= { row: missing, path: null, what: 'missing' };
    if (surplus !== undefined) this.first ??= { row: surplus, path: null, what: 'surplus' };
    return {
      sourceRows: this.rows.source,
      destinationRows: this.rows.destination,
      normalized: this.normalized,
      missing: source.size,
      surplus: destination.size,
      changed: this.changed + this.damaged,
      first: this.first,
    };
  }

  private async compare(id: string, source: Waiting, destination: Waiting): Promise<void> {
    if (isExactly(source, destination)) return;
    const known = Buffer.isBuffer(source) ? source : undefined;
    const whole = Buffer.isBuffer(destination) ? await this.restore(destination, known) : undefined;
    if (whole !== undefined && isExactly(source, whole)) return;
    this.compareMeaning(id, source, whole ?? destination);
  }

  private compareMeaning(id: string, source: Waiting, destination: Waiting): void {
    if (Buffer.isBuffer(source) && Buffer.isBuffer(destination)) {
      const [wanted, found] = [normalRow(source.toString('utf8')), normalRow(destination.toString('utf8'))];
      if (sameMeaning(wanted, found)) this.normalized += 1;
      else this.note(id, wanted, found);
      return;
    }
    if (digestsOf(source).meaning === digestsOf(destination).meaning) this.normalized += 1;
    else {
      this.changed += 1;
      this.first ??= { row: id, path: null, what: 'changed' };
    }
  }

  private note(id: string, wanted: JsonObject, found: JsonObject): void {
    this.changed += 1;
    this.first ??= { row: id, path: firstDifferentPath(wanted, found) ?? null, what: 'changed' };
  }

  /** A row that lacks fields is only known by them, and without them it is small. */
  private shrink(): void {
    this.waitingBytes = 0;
    for (const [id, row] of this.waiting.source) this.waiting.source.set(id, digestsOf(row));
    for (const [id, row] of this.waiting.destination) {
      if (!Buffer.isBuffer(row) || findSpilled(row).length === 0) this.waiting.destination.set(id, digestsOf(row));
      else this.waitingBytes += row.length;
    }
  }
}

function isExactly(source: Waiting, destination: Waiting): boolean {
  if (Buffer.isBuffer(source) && Buffer.isBuffer(destination)) return source.equals(destination);
  return exactOf(source) === exactOf(destination);
}

function digestsOf(row: Waiting): Exclude<Waiting, Buffer> {
  if (!Buffer.isBuffer(row)) return row;
  return { exact: exactOf(row), meaning: digest(canonicalJson(normalRow(row.toString('utf8')))) };
}

function exactOf(row: Waiting): string {
  return Buffer.isBuffer(row) ? digest(row) : row.exact;
}

function digest(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('base64');
}
