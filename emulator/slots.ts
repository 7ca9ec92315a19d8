/** What the rest of the emulator asks of the part that keeps rows. `objectType` is project_logs, experiment or dataset. */
export interface RowSlot {
  /** Live rows of one container. */
  count(objectType: string, objectId: string): number;
  /** Every row with its ids, versions and keys, as one JSON value of the dump format. */
  dump(): unknown;
  /** Replaces everything by a dump. */
  load(dump: unknown): void;
  close(): void;
}

/** What the rest of the emulator asks of the part that keeps blobs: attachments, overflow bodies, code bundles. */
export interface BlobSlot {
  /** A signed path (`/…?sig=…`) that takes one PUT of the bytes for `key`. */
  uploadPath(key: string): string;
  dump(): unknown;
  load(dump: unknown): void;
  close(): void;
}
