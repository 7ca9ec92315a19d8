import { rmSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isBusy } from './state-error.ts';

/**
 * Whether the file system beside this path gives locks. SQLite says of one that refuses them that the file is locked; a
 * file that nobody else knows cannot be. Throws what SQLite or the file system reports of anything else.
 */
export function canLock(path: string, uuid: string): boolean {
  const probe = `${path}.${uuid}`;
  writeFileSync(probe, '', { flag: 'wx', mode: 0o600 });
  try {
    const db = new Database(probe, { fileMustExist: true, timeout: 0 });
    try {
      db.exec('BEGIN EXCLUSIVE');
      return true;
    } finally {
      db.close();
    }
  } catch (error) {
    if (isBusy(error)) return false;
    throw error;
  } finally {
    for (const suffix of ['', '-journal']) rmSync(`${probe}${suffix}`, { force: true });
  }
}
