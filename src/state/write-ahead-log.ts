import { close, fdatasync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const [flushFile, closeFile] = [promisify(fdatasync), promisify(close)];

/** What commits are written to before they are on the disk. */
export interface CommitLog {
  /** Resolves when all that was committed before the call is on the disk. Rejects with what the file system reports. */
  flush(): Promise<void>;
  /** Safe to call twice. */
  close(): Promise<void>;
}

/** Where nothing has to be flushed. */
export const NO_LOG: CommitLog = { flush: async () => {}, close: async () => {} };

/**
 * SQLite's write-ahead log of an open database, flushed beside the program instead of within each commit. Its file holds none
 * of SQLite's locks, so that opening and closing it once more takes none of them away.
 */
export class WriteAheadLog implements CommitLog {
  private readonly file: number;
  private closed: Promise<void> | undefined;

  /** @param path of the database, which must be open and in WAL mode. Throws what opening a file throws. */
  constructor(path: string) {
    this.file = openSync(`${path}-wal`, 'r+');
  }

  flush(): Promise<void> {
    return flushFile(this.file);
  }

  close(): Promise<void> {
    this.closed ??= closeFile(this.file);
    return this.closed;
  }
}
