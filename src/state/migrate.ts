import { readdirSync, readFileSync } from 'node:fs';
import type { Database } from 'better-sqlite3';

const FOLDER = new URL('./migrations/', import.meta.url);

/** Marks a SQLite file as one of ours ("btmg"). */
export const APPLICATION_ID = 0x62746d67;

/** The newest format this version knows: the number of migration files, which are numbered from 0001 without gaps. */
export function newestFormat(): number {
  return migrationFiles().length;
}

export function formatOf(db: Database): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Brings a database to a format, in one transaction: either all missing migrations happen or none. */
export function migrate(db: Database, format = newestFormat()): void {
  if (formatOf(db) >= format) return;
  db.transaction(() => {
    // Read again inside: another process may have migrated while this one waited for the write lock.
    const current = formatOf(db);
    if (current >= format) return;
    const files = migrationFiles().slice(current, format);
    for (const file of files) db.exec(readFileSync(new URL(file, FOLDER), 'utf8'));
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${format}`);
  }).immediate();
}

function migrationFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => /^\d{4}-.+\.sql$/.test(file))
    .sort();
}
