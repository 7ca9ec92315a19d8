import type { Address } from '../domain/address.ts';
import type { Reporter } from '../domain/event.ts';
import type { OrgReader, OrgWriter } from '../domain/org.ts';
import type { QuarantineFolder } from '../domain/quarantine-folder.ts';
import type { Lease } from '../domain/state.ts';
import type { StreamRange } from '../domain/stream-state.ts';
import type { StreamStore } from '../domain/stream-store.ts';
import type { ByteWindow } from './byte-window.ts';
import type { ReadConditions } from './read/read-conditions.ts';
import type { ReferenceLookup } from './reference-lookup.ts';
import type { RowTally } from './row-tally.ts';
import type { SharedWriting } from './share-writing.ts';

/** One range to copy, and what the plan knows of it. */
export interface LaneRange {
  readonly range: StreamRange;
  readonly address: Address;
  /** Rows of the whole range, what was done before included; null when not counted. */
  readonly expectedRows: number | null;
  /** Greatest key that was counted; null when not counted. */
  readonly lastKey: string | null;
  /**
   * Rows with a key up to `upTo` (null: all) may be in the destination already: what was edited there is kept. Null when
   * no row can be, and when the source's rows win.
   */
  readonly collision: { readonly upTo: string | null } | null;
  /**
   * An attempt that ended early may have written rows of this range that the state does not know, and people may have
   * edited them since: those are kept. False where the source's rows win, and where all rows may collide anyway.
   */
  readonly isInDoubt: boolean;
}

export interface LaneOptions {
  readonly skipAsyncScoring: boolean;
  /**
   * `copy`: bytes are copied, rows get the new keys. `keep`: rows keep their keys, which mean the same in the destination.
   * `skip`: the same, and the references that lead nowhere now are counted as unresolved.
   */
  readonly attachments: 'copy' | 'keep' | 'skip';
  /** `relaxed` writes several batches at once: the destination's order is then not the source's. */
  readonly order: 'exact' | 'relaxed';
}

/** What of the state a lane works with. */
export type LaneStore = Pick<
  StreamStore,
  | 'ackBatch'
  | 'findBlobs'
  | 'intend'
  | 'intents'
  | 'noteWritten'
  | 'recordBlobs'
  | 'settleIntents'
  | 'windowHashes'
  | 'writtenXacts'
>;

/** All that a lane needs; nothing else is touched. */
export interface LaneDeps {
  readonly reader: OrgReader;
  readonly writer: OrgWriter;
  readonly store: LaneStore;
  readonly lease: Lease;
  /** Its `attachmentKey` is not asked: `options.attachments` decides. */
  readonly lookup: ReferenceLookup;
  readonly quarantine: QuarantineFolder;
  /** What the lanes of a run share. */
  readonly shared: SharedWriting;
  readonly conditions: ReadConditions;
  readonly window: ByteWindow;
  readonly options: LaneOptions;
  /**
   * Names of references. When there are some, rows that were copied before are read and those written again that hold one of
   * them, and nothing else is done; null for a copy.
   */
  readonly sought: ReadonlySet<string> | null;
  readonly signal: AbortSignal;
  readonly report: Reporter;
  /** Milliseconds, of a clock that only goes forward. */
  readonly now: () => number;
  /** Milliseconds that this process has been idle so far. */
  readonly idle: () => number;
}

/** What became of the rows of one range in this run. */
export interface RangeOutcome {
  readonly range: StreamRange;
  readonly address: Address;
  /** Written. */
  readonly rows: number;
  readonly bytes: number;
  /** Rows and attachments. */
  readonly quarantined: number;
  /** Left as they are, because they were edited in the destination. */
  readonly kept: number;
  /** Read again and known to be written by the pass before. */
  readonly known: number;
  /** Rows of which a field became an attachment, because the platform takes no row so large. */
  readonly spilled: number;
  /** Newest transaction that was read, and the newest that was written in the destination; null for none. */
  readonly newestXact: string | null;
  readonly destinationXact: string | null;
  /** What rows lost or changed on their way. */
  readonly tally: RowTally;
}

/** In the order of the ranges that were given. */
export interface LaneOutcome {
  readonly ranges: readonly RangeOutcome[];
}
