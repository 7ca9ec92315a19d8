import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import type { QuarantineFolder } from '../domain/quarantine-folder.ts';

/** Where the quarantined bodies of a state are kept. */
export function quarantinePath(statePath: string): string {
  return `${statePath}.quarantine`;
}

/** The folder beside a state file; it is made with the first body. Folder 0700, files 0600. */
export function quarantineFolder(statePath: string): QuarantineFolder {
  const folder = quarantinePath(statePath);
  return {
    write: async (name, bytes) => {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writePrivate(join(folder, name), bytes);
      } catch (cause) {
        throw failed(
          `${join(folder, name)} could not be written: ${(cause as Error).message}.`,
          'Make room or give this user write access to that folder, and run the same command again.',
          cause,
        );
      }
    },
    read: async (name) => {
      try {
        return readFileSync(join(folder, name));
      } catch (cause) {
        throw failed(
          `${join(folder, name)} could not be read: ${(cause as Error).message}.`,
          'Restore the folder, or look the row up in the source.',
          cause,
        );
      }
    },
  };
}

/** Whole or not at all, and on the disk before the state says that it is there. */
function writePrivate(path: string, bytes: Buffer): void {
  const draft = `${path}.draft`;
  const file = openSync(draft, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
  renameSync(draft, path);
}

function failed(detail: string, hint: string, cause: unknown): BtMigrateError {
  return new BtMigrateError('BTM_FAILED', { detail, hint, cause });
}
