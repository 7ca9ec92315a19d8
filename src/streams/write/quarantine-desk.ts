import { createHash } from 'node:crypto';
import type { Reporter } from '../../domain/event.ts';
import type { QuarantineFolder } from '../../domain/quarantine-folder.ts';
import type { QuarantinedRow, QuarantineReason } from '../../domain/stream-state.ts';
import type { LaneRange } from '../lane.ts';

/** Characters of the server's words that are kept. */
const LONGEST_DETAIL = 500;

/** A row that the destination did not take, or that cannot be sent. */
export interface RefusedRow {
  /** Index into the lane. */
  readonly container: number;
  readonly rowId: string | null;
  readonly body: Buffer;
  readonly reason: QuarantineReason;
  readonly detail: string;
}

/** A row that the source did not give: nothing is known of it but its names. */
export interface MissedRow {
  /** Index into the lane. */
  readonly container: number;
  readonly rowId: string;
  readonly why: string;
  /** As far as they are known; else 0. */
  readonly bytes: number;
}

/** An attachment that could not be copied; its row goes on with the key it has. */
export interface RefusedBlob {
  readonly container: number;
  /** The first row that refers to it. */
  readonly rowId: string | null;
  readonly key: string;
  readonly reason: QuarantineReason;
  readonly detail: string;
}

/** Sets rows and attachments of a lane aside: bodies go into files at once, the items into the state with their batch. */
export class QuarantineDesk {
  private readonly ranges: readonly LaneRange[];
  private readonly folder: QuarantineFolder;
  private readonly report: Reporter;

  constructor(ranges: readonly LaneRange[], folder: QuarantineFolder, report: Reporter) {
    this.ranges = ranges;
    this.folder = folder;
    this.report = report;
  }

  /** Throws what the folder throws. */
  async addRow({ container, rowId, body, reason, detail }: RefusedRow): Promise<QuarantinedRow> {
    const { range, address } = this.ranges[container] as LaneRange;
    const { stream, container: sourceId } = range;
    const id = itemId([stream, sourceId, 'row', rowId ?? body]);
    const file = `${id}.json`;
    await this.folder.write(file, body);
    const clipped = clip(detail);
    const size = body.length;
    this.report({ type: 'row_quarantined', address, row_id: rowId, reason, detail: clipped, bytes: size, file });
    return { id, stream, container: sourceId, rowId, attachmentKey: null, size, reason, detail: clipped, file };
  }

  addMissed({ container, rowId, why, bytes }: MissedRow): QuarantinedRow {
    const { range, address } = this.ranges[container] as LaneRange;
    const { stream, container: sourceId } = range;
    const id = itemId([stream, sourceId, 'row', rowId]);
    const [reason, detail] = ['unreadable' as const, clip(why)];
    this.report({ type: 'row_quarantined', address, row_id: rowId, reason, detail, bytes, file: null });
    return { id, stream, container: sourceId, rowId, attachmentKey: null, size: bytes, reason, detail, file: null };
  }

  addBlob({ container, rowId, key, reason, detail }: RefusedBlob): QuarantinedRow {
    const { range, address } = this.ranges[container] as LaneRange;
    const { stream, container: sourceId } = range;
    const id = itemId([stream, sourceId, 'attachment', key]);
    const clipped = clip(detail);
    this.report({ type: 'attachment_failed', address, key, row_id: rowId, reason, detail: clipped });
    return { id, stream, container: sourceId, rowId, attachmentKey: key, size: 0, reason, detail: clipped, file: null };
  }
}

/** The same for the same thing, so that what is met twice is one item. */
function itemId(parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 32);
}

function clip(text: string): string {
  return text.length <= LONGEST_DETAIL ? text : `${text.slice(0, LONGEST_DETAIL - 1)}…`;
}
