import Sqlite from 'better-sqlite3';

/**
 * The data file: objects are held in memory and written through, one row each, before the request is answered.
 * WAL with synchronous=NORMAL survives a killed process (not a power cut). `sqlite` is shared with the stores of rows and blobs.
 */
export class Database {
  readonly sqlite: Sqlite.Database;
  readonly #upsert: Sqlite.Statement<[string, string, string]>;
  readonly #remove: Sqlite.Statement<[string, string]>;

  constructor(file: string) {
    this.sqlite = new Sqlite(file);
    this.sqlite.pragma('journal_mode = WAL');
    this.sqlite.pragma('synchronous = NORMAL');
    this.sqlite.exec(
      'CREATE TABLE IF NOT EXISTS object (kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID',
    );
    this.#upsert = this.sqlite.prepare('INSERT OR REPLACE INTO object (kind, id, body) VALUES (?, ?, ?)');
    this.#remove = this.sqlite.prepare('DELETE FROM object WHERE kind = ? AND id = ?');
  }

  write(kind: string, id: string, body: unknown): void {
    this.#upsert.run(kind, id, JSON.stringify(body));
  }

  remove(kind: string, id: string): void {
    this.#remove.run(kind, id);
  }

  /** Everything stored under a kind, parsed, in order of id. */
  read(kind: string): unknown[] {
    const bodies = this.sqlite
      .prepare('SELECT body FROM object WHERE kind = ? ORDER BY id')
      .pluck()
      .all(kind) as string[];
    return bodies.map((body): unknown => JSON.parse(body));
  }

  /** Names of the kinds that hold something. */
  kinds(): string[] {
    return this.sqlite.prepare('SELECT DISTINCT kind FROM object').pluck().all() as string[];
  }

  clear(kind: string): void {
    this.sqlite.prepare('DELETE FROM object WHERE kind = ?').run(kind);
  }

  /** Runs the writes of `work` as one transaction. */
  transaction<T>(work: () => T): T {
    return this.sqlite.transaction(work)();
  }

  close(): void {
    this.sqlite.close();
  }
}
