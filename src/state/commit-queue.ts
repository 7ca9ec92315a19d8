import type { Database } from 'better-sqlite3';
import { explainFailure, isStoreFailure } from './state-error.ts';

interface Job {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Runs writes in transactions, and all writes that wait at the same turn of the event loop in one: a flush to disk
 * costs the same for one as for thirty. A promise resolves only after the flush. A write that is refused (lost lease)
 * takes no other with it; a failure of the disk fails all that were in the transaction, none of which is kept.
 */
export class CommitQueue {
  private readonly db: Database;
  private readonly path: string;
  private readonly guard: () => void;
  private jobs: Job[] = [];

  /** `guard` runs before each transaction and throws when the file is not the one that was opened. */
  constructor(db: Database, path: string, guard: () => void) {
    this.db = db;
    this.path = path;
    this.guard = guard;
  }

  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.jobs.push({ work, resolve: resolve as (value: unknown) => void, reject });
      if (this.jobs.length === 1) setImmediate(() => this.flush());
    });
  }

  flush(): void {
    const jobs = this.jobs;
    if (jobs.length === 0) return;
    this.jobs = [];
    const settle: (() => void)[] = [];
    try {
      this.guard();
      this.db
        .transaction(() => {
          for (const job of jobs) settle.push(this.attempt(job));
        })
        .immediate();
    } catch (cause) {
      const error = explainFailure(this.path, cause);
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const done of settle) done();
  }

  private attempt(job: Job): () => void {
    try {
      // Nested in the transaction of all jobs, this one becomes a savepoint.
      const value = this.db.transaction(job.work)();
      return () => job.resolve(value);
    } catch (error) {
      if (isStoreFailure(error)) throw error;
      return () => job.reject(error);
    }
  }
}
