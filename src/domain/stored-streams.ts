import type { QuarantineItem, QuarantineReason, StreamRange } from './stream-state.ts';

/** What a state holds of streams, as it is kept and exported; what the columns mean is said in `stream-state.ts`. */
export type StoredStreams = {
  readonly ranges: readonly StoredRange[];
  readonly progress: readonly StoredProgress[];
  readonly windows: readonly StoredWindow[];
  readonly written_xacts: readonly StoredXact[];
  readonly versions: readonly StoredVersion[];
  readonly blobs: readonly StoredBlob[];
  readonly quarantine: readonly StoredQuarantine[];
  /** Absent before format 1.2. */
  readonly intents?: readonly StoredIntent[];
  /** Absent before format 1.4. */
  readonly unresolved?: readonly StoredUnresolved[];
  /** Of unfinished runs. Absent before format 1.4. */
  readonly deleted?: readonly StoredDeleted[];
};

export type StoredRange = {
  readonly id: string;
  readonly run_id: string;
  readonly action_id: string;
  readonly stream: string;
  readonly container: string;
  readonly destination_container: string;
  readonly lo: string | null;
  readonly hi: string | null;
  readonly seq: number;
  readonly xact_after: string | null;
  readonly xact_up_to: string;
  readonly created_after: string | null;
  readonly created_before: string | null;
  readonly settled: string;
  readonly status: StreamRange['status'];
  readonly position: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly quarantined: number;
  readonly kept: number;
  /** Acknowledgements so far. */
  readonly batches: number;
  readonly newest_source_xact: string | null;
  readonly newest_destination_xact: string | null;
  readonly window_rows: number;
  readonly window_newest: string | null;
};

export type StoredProgress = {
  readonly stream: string;
  readonly container: string;
  readonly destination_container: string;
  readonly settled: string;
  readonly window_rows: number;
  readonly window_newest: string | null;
  readonly last_key: string | null;
  readonly window_digest: string;
  readonly rows: number;
  readonly bytes: number;
};

/** `rows` is base64: 16 bytes a row. */
export type StoredIntent = {
  readonly stream: string;
  readonly container: string;
  readonly range_id: string;
  readonly batch: number;
  readonly newer_than: string;
  readonly rows: string;
};

/** `hashes` is base64: 8 bytes a row. */
export type StoredWindow = {
  readonly stream: string;
  readonly container: string;
  readonly range_id: string;
  readonly batch: number;
  readonly hashes: string;
};

export type StoredXact = {
  readonly stream: string;
  readonly container: string;
  readonly xact: string;
  /** Rows written in it, and the sha256 over them as sent. */
  readonly rows: number;
  readonly digest: string | null;
};

export type StoredDeleted = {
  readonly run_id: string;
  readonly action_id: string;
  readonly rows: number;
  readonly kept: number;
  readonly returned: number;
};

export type StoredUnresolved = {
  readonly stream: string;
  readonly container: string;
  readonly type: string;
  /** Empty for those that were too many to be named. */
  readonly source_id: string;
  readonly rows: number;
  readonly first_xact: string;
  readonly last_xact: string;
};

export type StoredVersion = {
  readonly kind: string;
  readonly source_id: string;
  readonly source: string;
  readonly destination: string;
};

export type StoredBlob = {
  readonly source_key: string;
  readonly destination_key: string;
  readonly size: number;
};

export type StoredQuarantine = {
  readonly id: string;
  readonly run_id: string;
  readonly stream: string;
  readonly container: string;
  readonly destination_container: string;
  readonly row_id: string | null;
  readonly attachment_key: string | null;
  readonly size: number;
  readonly reason: QuarantineReason;
  readonly detail: string;
  readonly file: string | null;
  readonly status: QuarantineItem['status'];
};
