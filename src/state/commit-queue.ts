import type { Database } from 'better-sqlite3';
import { explainFailure, isStoreFailure } from './state-error.ts';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** A job that is in the log, with its answer. */
interface Committed {
  readonly answer: () => void;
  readonly reject: (error: unknown) => void;
}

export interface CommitQueueParts {
  readonly db: Database;
  /** Where it is kept, for messages. */
  readonly path: string;
  /** Runs before each transaction and throws when the file is not the one that was opened. */
  readonly guard: () => void;
  /** Resolves when what was committed before the call is on the disk. */
  readonly flushLog: () => Promise<void>;
}

/**
 * Runs writes in transactions, and answers them when they are on the disk.
 *
 * States of a write: `waiting` → `committed` → `on_disk`.
 * - `waiting` → `committed`: all writes that wait at the same turn of the event loop, in one transaction. A write that is
 *   refused (lost lease) takes no other with it; a failure of the disk fails all that were in the transaction, none of which
 *   is kept.
 * - `committed` → `on_disk`: by a flush that begins afterwards. It runs beside the program, and all that is committed
 *   meanwhile shares the next one. Only now the promise resolves.
 * A flush that fails leaves open what is on the disk, and a later one that succeeds says nothing about it, nor about what was
 * committed behind it: from then on every write is refused.
 */
export class CommitQueue {
  private readonly parts: CommitQueueParts;
  private jobs: Job[] = [];
  private committed: Committed[] = [];
  private flushing: Promise<void> | null = null;
  private failure: { readonly error: unknown } | null = null;

  constructor(parts: CommitQueueParts) {
    this.parts = parts;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.jobs.length === 1) setImmediate(() => this.commit());
    });
  }

  /** Resolves when nothing waits any more. */
  async drain(): Promise<void> {
    this.commit();
    await this.flushing;
  }

  private commit(): void {
    const jobs = this.jobs;
    if (jobs.length === 0) return;
    this.jobs = [];
    const { db, path, guard } = this.parts;
    const committed: Committed[] = [];
    try {
      if (this.failure !== null) throw this.failure.error;
      guard();
      db.transaction(() => {
        for (const job of jobs) committed.push({ answer: this.attempt(job), reject: job.reject });
      }).immediate();
    } catch (cause) {
      const error = explainFailure(path, cause);
      for (const job of jobs) job.reject(error);
      return;
    }
    this.committed.push(...committed);
    this.flushing ??= this.flush();
  }

  private async flush(): Promise<void> {
    while (this.committed.length > 0) {
      const committed = this.committed;
      this.committed = [];
      try {
        if (this.failure !== null) throw this.failure.error;
        await this.parts.flushLog();
      } catch (cause) {
        this.failure ??= { error: explainFailure(this.parts.path, cause) };
        for (const { reject } of committed) reject(this.failure.error);
        continue;
      }
      for (const { answer } of committed) answer();
    }
    this.flushing = null;
  }

  private attempt(job: Job): () => void {
    try {
      // Nested in the transaction of all jobs, this one becomes a savepoint.
      const value = this.parts.db.transaction(job.work)();
      return () => job.resolve(value);
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      return () => job.reject(error);
    }
  }
}
