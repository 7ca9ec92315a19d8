import { statSync } from 'node:fs';
import { unreadable } from './state-error.ts';

/**
 * Remembers which files are open and returns a check that they are still the ones under these names. SQLite goes on
 * writing into a deleted or replaced file without an error, and all of that would be lost.
 */
export function fileGuard(path: string): () => void {
  const names = [path, `${path}-wal`];
  const opened = names.map(identity);
  return () => {
    names.forEach((name, index) => {
      const now = identity(name);
      if (now === opened[index]) return;
      const what = now === undefined ? 'deleted' : 'replaced';
      throw unreadable(
        path,
        `${name} was ${what} while it was in use. Nothing was written to the state since.`,
        'Put the file back (or restore a copy) and run the same command again; do not touch it while a run is going on.',
      );
    });
  };
}

/** A file's device and inode; undefined when there is none. */
function identity(name: string): string | undefined {
  const stats = statSync(name, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}
