import Database from 'better-sqlite3';
import { APPLICATION_ID, formatOf, migrate, newestFormat } from './migrate.ts';
import { DamagedStateError, unreadable } from './state-error.ts';

/**
 * Makes sure that an open database is an undamaged state of a format this version reads.
 * @throws BTM_STATE_UNREADABLE, or what SQLite says about a file it cannot read.
 */
export function identify(db: Database.Database, path: string): void {
  const application = db.pragma('application_id', { simple: true });
  if (application !== APPLICATION_ID) {
    throw unreadable(
      path,
      'This is a database of another program, not a state file.',
      'Check --state; the file was left as it is.',
    );
  }
  const format = formatOf(db);
  if (format > newestFormat()) {
    throw unreadable(
      path,
      `It has format ${format}; this version of bt-migrate reads up to ${newestFormat()}.`,
      'Use the version of bt-migrate that wrote it, or a newer one.',
    );
  }
  const found = db.pragma('integrity_check(1)', { simple: true });
  if (found !== 'ok') throw new DamagedStateError(`The file is damaged: ${String(found)}`);
  if (schemaOf(db) !== schemaOfFormat(format)) {
    throw new DamagedStateError(`Its tables are not those of format ${format}.`);
  }
}

/** SQLite believes whatever the table definitions in the file say; a flipped bit in one would rename a column. */
function schemaOf(db: Database.Database): string {
  return JSON.stringify(db.prepare('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name').all());
}

function schemaOfFormat(format: number): string {
  const db = new Database(':memory:');
  try {
    migrate(db, format);
    return schemaOf(db);
  } finally {
    db.close();
  }
}
