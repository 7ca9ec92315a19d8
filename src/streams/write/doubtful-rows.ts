import { NO_FILTER } from '../../domain/row-io.ts';
import { xactBelow, xactOfKey } from '../../domain/xact.ts';
import type { LaneDeps, LaneRange } from '../lane.ts';
import type { RowName } from '../read/read-names.ts';
import { rowText, type SplicedPage } from '../splice-page.ts';
import { readWritten } from './read-written.ts';
import { hashMeaning } from './row-meaning.ts';

/** A row of the destination in a transaction that the state does not know. */
export interface DoubtfulRow extends RowName {
  readonly xact: string;
}

/** What is known of one transaction by the rows of it that the source still has. */
interface Evidence {
  /** It inserted one of them, which only we do. */
  inserted: boolean;
  /** Rows that it wrote as we would. */
  readonly same: Set<string>;
}

/**
 * Rows of one destination container of which the state does not know who wrote them: an attempt that ended before it could
 * record them, or people since.
 *
 * A key tells which transaction inserted its row. One that carries the same still is as we wrote it: nobody else inserts
 * rows under ids of the source. One that carries another was written again, by us or by people, and is ours when it says
 * what we are about to write: what a pass reads is as it was when the pass began.
 */
export class DoubtfulRows {
  private readonly range: LaneRange['range'];
  private readonly rows: ReadonlyMap<string, DoubtfulRow>;
  private readonly deps: LaneDeps;
  private readonly evidence = new Map<string, Evidence>();
  private readonly meanings = new Map<string, Promise<ReadonlyMap<string, Buffer>>>();

  constructor(range: LaneRange['range'], rows: ReadonlyMap<string, DoubtfulRow>, deps: LaneDeps) {
    this.range = range;
    this.rows = rows;
    this.deps = deps;
  }

  has(id: string | null): boolean {
    return id !== null && this.rows.has(id);
  }

  /** Whether somebody edited a row of a page in the destination. Throws what reading it throws. */
  async isEdited(page: SplicedPage, n: number): Promise<boolean> {
    const row = this.rows.get(rowText(page, page.ids, n) ?? '');
    if (row === undefined) return false;
    const { id, xact } = row;
    const evidence = this.evidence.get(xact) ?? { inserted: false, same: new Set() };
    this.evidence.set(xact, evidence);
    if (isAsInserted(row)) {
      evidence.inserted = true;
      evidence.same.add(id);
      return false;
    }
    const found = (await this.meaningsOf(xact)).get(id);
    if (found?.equals(hashMeaning(page.bytes.subarray(page.starts[n], page.ends[n]))) !== true) return true;
    evidence.same.add(id);
    return false;
  }

  /**
   * Makes transactions ours that turned out to be. A row of them that the source has edited since was in no page: the next
   * pass must not take it for theirs. Called when all pages were looked at. Throws what the state throws.
   */
  async settle(): Promise<void> {
    const { store, lease } = this.deps;
    const { stream, container } = this.range;
    const ours = [...this.evidence]
      .filter(([xact, { inserted, same }]) => inserted || same.size === this.countOf(xact))
      .map(([xact]) => xact);
    if (ours.length > 0) await store.noteWritten(lease, { stream, id: container }, ours);
  }

  private countOf(xact: string): number {
    let count = 0;
    for (const row of this.rows.values()) if (row.xact === xact) count += 1;
    return count;
  }

  private meaningsOf(xact: string): Promise<ReadonlyMap<string, Buffer>> {
    const known = this.meanings.get(xact);
    if (known !== undefined) return known;
    const asked = this.readMeanings(xact);
    this.meanings.set(xact, asked);
    return asked;
  }

  private async readMeanings(xact: string): Promise<ReadonlyMap<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const filter = { ...NO_FILTER, xactAfter: xactBelow(xact), xactUpTo: xact };
    for await (const page of readWritten(this.range, filter, this.countOf(xact), this.deps)) {
      for (let n = 0; n < page.count; n++) {
        const id = rowText(page, page.ids, n);
        if (id !== null) found.set(id, hashMeaning(page.bytes.subarray(page.starts[n], page.ends[n])));
      }
    }
    return found;
  }
}

function isAsInserted({ xact, key }: DoubtfulRow): boolean {
  return key !== null && xactOfKey(key) === xact;
}
