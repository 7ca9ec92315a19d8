import { BtMigrateError } from '../../domain/errors.ts';
import type { Reporter } from '../../domain/event.ts';
import type { OrgWriter } from '../../domain/org.ts';
import type { Container, StagedBatch } from '../../domain/row-io.ts';
import { RowsRefused } from '../../domain/rows-refused.ts';
import type { QuarantinedRow } from '../../domain/stream-state.ts';
import type { LaneRange } from '../lane.ts';
import { lastMember, quoted, readMembers, textOf } from '../object-members.ts';
import { chooseFields, spillFields } from '../spill-fields.ts';
import type { QuarantineDesk } from './quarantine-desk.ts';
import type { ReadyPage } from './ready-page.ts';
import { bodyOf, describedRows, ENVELOPE_BYTES, halves, type RowRun, type RowSource, runOf } from './row-batch.ts';
import type { SpilledRow } from './write-intents.ts';
import { LARGEST_ROW, type WriteRoutes } from './write-routes.ts';

/** Times a batch is staged when the answer to its commit gets lost and the batch is gone. */
const MOST_STAGINGS = 3;
/** Rows refused one after another, and none ever taken, from which on the reason is not in the rows. */
const SUSPICIOUS_REFUSALS = 20;

const ID = quoted('id');

export interface SenderDeps {
  readonly writer: OrgWriter;
  readonly routes: WriteRoutes;
  readonly ranges: readonly LaneRange[];
  /** Destination containers of the lane. */
  readonly containers: readonly Container[];
  readonly quarantine: QuarantineDesk;
  readonly report: Reporter;
}

type Run = RowRun<ReadyPage>;

/** What became of the rows of a batch. */
export interface SentRows {
  /** Writes in their order. */
  readonly written: readonly { readonly run: Run; readonly xactId: string | null }[];
  readonly quarantined: readonly { readonly run: Run; readonly item: QuarantinedRow }[];
  /** Containers of rows that were written with a field as an attachment. */
  readonly spilled: readonly number[];
}

/** Hears of a row that is about to be sent in another form than its batch has it. */
export type OnSpill = (row: SpilledRow) => Promise<void>;

interface Sending {
  readonly onSpill: OnSpill;
  readonly written: SentRows['written'][number][];
  readonly spilled: number[];
  /** Rows that are set aside when the whole batch is done: until then it may turn out that no row is the reason. */
  readonly refused: { readonly run: Run; readonly reason: 'rejected' | 'too_large'; readonly detail: string }[];
}

/**
 * Writes batches, one at a time, whatever it takes. Rows keep their order.
 *
 * States of some rows: sent → written; sent → refused → their halves are sent, one after the other; a single row that is
 * refused: `too_large` → staged alone → without its largest fields → quarantined; `rejected` → quarantined.
 */
export class BatchSender {
  private readonly deps: SenderDeps;
  private everTaken = false;
  private refusals = 0;

  constructor(deps: SenderDeps) {
    this.deps = deps;
  }

  /** Uploads a batch, which may happen while others are written. Throws RowsRefused. */
  async stage(run: RowRun): Promise<StagedBatch> {
    const parts = describedRows(run, this.deps.containers);
    return this.deps.writer.stageRows({ body: bodyOf(run), rowCount: run.rows, parts });
  }

  /** `staged` is the upload of this batch, if it was begun. Throws what is not about single rows. */
  async send(run: Run, staged: Promise<StagedBatch> | null, onSpill: OnSpill): Promise<SentRows> {
    const sent: Sending = { onSpill, written: [], spilled: [], refused: [] };
    await this.write(run, staged, run, sent);
    const quarantined: SentRows['quarantined'][number][] = [];
    for (const { run: row, reason, detail } of sent.refused) {
      const { bytes: body, container } = rowOf(row);
      const item = await this.deps.quarantine.addRow({ container, rowId: idOf(body), body, reason, detail });
      quarantined.push({ run: row, item });
    }
    return { written: sent.written, spilled: sent.spilled, quarantined };
  }

  private async write(run: Run, staged: Promise<StagedBatch> | null, whole: Run, sent: Sending): Promise<void> {
    const { routes } = this.deps;
    const isSingle = run.rows === 1;
    if (isTooLarge(run)) {
      return this.spill(run, LARGEST_ROW, 'The row is larger than the platform takes.', sent);
    }
    const fitsDirectly = run.bytes <= routes.direct.bytes;
    const byStaging = staged !== null || (!fitsDirectly && routes.canStage);
    if (!byStaging && !fitsDirectly && !isSingle) return this.writeHalves(run, whole, sent);
    let refusal: RowsRefused;
    try {
      const xactId = byStaging ? await this.commit(run, staged) : await this.insert(run);
      sent.written.push({ run, xactId });
      this.everTaken = true;
      return;
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error;
      refusal = error;
    }
    if (refusal.reason === 'not_staged') {
      routes.stopStaging();
      return this.write(run, null, whole, sent);
    }
    if (!isSingle) {
      if (refusal.reason === 'too_large') routes.tooLarge(byStaging ? 'staged' : 'direct', run.bytes);
      return this.writeHalves(run, whole, sent);
    }
    if (refusal.reason === 'rejected') {
      await this.suspect(whole, refusal);
      this.refuse(run, refusal, sent);
      return;
    }
    const smaller = Math.min(routes.direct.bytes, run.bytes / 2) - ENVELOPE_BYTES;
    if (byStaging || !routes.canStage) return this.spill(run, smaller, refusal.serverText, sent);
    return this.write(run, this.stage(run), whole, sent);
  }

  private async writeHalves(run: Run, whole: Run, sent: Sending): Promise<void> {
    for (const half of halves(run)) await this.write(half, null, whole, sent);
  }

  private async insert(run: RowRun): Promise<string | null> {
    const { xactId } = await this.deps.writer.insertRows({ body: bodyOf(run), rowCount: run.rows });
    return xactId;
  }

  /** A batch that is gone after a lost answer was written or was not; written once more, its rows replace themselves. */
  private async commit(run: RowRun, staged: Promise<StagedBatch> | null): Promise<string | null> {
    let upload = staged ?? this.stage(run);
    for (let stagings = 1; ; stagings++) {
      try {
        const { xactId } = await this.deps.writer.commitRows(await upload);
        return xactId;
      } catch (error) {
        const isGone = error instanceof BtMigrateError && error.code === 'BTM_OUTCOME_UNKNOWN';
        if (!isGone || stagings === MOST_STAGINGS) throw error;
      }
      upload = this.stage(run);
    }
  }

  /** Moves the largest fields of a row into attachments until it has at most `limit` bytes, and writes what is left. */
  private async spill(run: Run, limit: number, serverText: string, sent: Sending): Promise<void> {
    const { routes, writer, ranges, report } = this.deps;
    const row = rowOf(run);
    const fields = chooseFields(row.bytes, limit);
    if (fields.length === 0) {
      sent.refused.push({ run, reason: 'too_large', detail: serverText });
      return;
    }
    const keyed = [];
    for (const field of fields) {
      const key = await writer.putBlob({
        filename: `${field.field}.json`,
        contentType: 'application/json',
        size: field.content.length,
        open: async () => piecesOf(field.content),
      });
      keyed.push({ ...field, key });
    }
    const bytes = spillFields(row.bytes, keyed);
    const shorter = runOf([{ source: singleRow(bytes, row.container), from: 0, to: 1 }]);
    await sent.onSpill({ container: row.container, bytes });
    try {
      const direct = shorter.bytes <= routes.direct.bytes || !routes.canStage;
      const xactId = direct ? await this.insert(shorter) : await this.commit(shorter, null);
      sent.written.push({ run, xactId });
      sent.spilled.push(row.container);
      this.everTaken = true;
    } catch (error) {
      if (!(error instanceof RowsRefused)) throw error;
      this.refuse(run, error, sent);
      return;
    }
    const { address } = ranges[row.container] as LaneRange;
    report({ type: 'row_spilled', address, row_id: idOf(row.bytes) ?? '', fields: fields.map(({ field }) => field) });
  }

  private refuse(run: Run, { reason, serverText, detail }: RowsRefused, sent: Sending): void {
    sent.refused.push({ run, reason: reason === 'too_large' ? reason : 'rejected', detail: serverText || detail });
  }

  /**
   * When no row of this lane was ever taken and many were refused, the last row of the batch is tried before more are set
   * aside: if that is refused too, it is not about rows, and millions of them would end up in quarantine.
   */
  private async suspect(whole: Run, refusal: RowsRefused): Promise<void> {
    this.refusals += 1;
    if (this.everTaken || this.refusals !== SUSPICIOUS_REFUSALS) return;
    const { source, to } = whole.parts.at(-1) as Run['parts'][number];
    try {
      await this.insert(runOf([{ source, from: to - 1, to }]));
      this.everTaken = true;
    } catch (error) {
      if (!(error instanceof RowsRefused) || error.reason !== 'rejected') throw error;
      throw new BtMigrateError('BTM_REQUEST_REJECTED', {
        detail: `The destination refused ${SUSPICIOUS_REFUSALS} rows of ${this.deps.ranges.map(({ address }) => address).join(', ')} and took none, so the reason is not in single rows. It says: ${refusal.serverText}`,
        hint: 'Mend what the server complains about (with streams.skip_async_scoring that option may be it) and run the same command again.',
        cause: refusal,
      });
    }
  }
}

/** True for a row that is not sent as it is; it is always alone. */
export function isTooLarge({ rows, bytes }: RowRun): boolean {
  return rows === 1 && bytes - ENVELOPE_BYTES > LARGEST_ROW;
}

function rowOf({ parts }: RowRun): { readonly bytes: Buffer; readonly container: number } {
  const { source, from } = parts[0] as RowRun['parts'][number];
  return {
    bytes: source.bytes.subarray(source.starts[from], source.ends[from]),
    container: source.containers[from] as number,
  };
}

function idOf(row: Buffer): string | null {
  return textOf(row, lastMember(row, readMembers(row, 0), ID)?.value) ?? null;
}

function singleRow(bytes: Buffer, container: number): RowSource {
  return {
    bytes,
    starts: Uint32Array.of(0),
    ends: Uint32Array.of(bytes.length),
    containers: Uint16Array.of(container),
  };
}

async function* piecesOf(content: Buffer): AsyncGenerator<Buffer> {
  yield content;
}
