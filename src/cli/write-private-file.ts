import { chmod, open, writeFile } from 'node:fs/promises';
import { BtMigrateError } from '../domain/errors.ts';
import { usageError } from './usage-error.ts';

/**
 * Makes sure that a file can be written before the work whose result it is to hold.
 * @throws BTM_USAGE when it cannot.
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    await (await open(path, 'a', 0o600)).close();
  } catch (error) {
    throw usageError(`${path} cannot be written: ${(error as Error).message}.`, 'Choose another file.');
  }
}

/**
 * Writes a file that only its owner may read.
 * @throws BTM_FAILED when it cannot be written.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
    await chmod(path, 0o600);
  } catch (cause) {
    throw new BtMigrateError('BTM_FAILED', {
      detail: `${path} cannot be written: ${(cause as Error).message}.`,
      hint: 'Choose another file.',
      cause,
    });
  }
}
