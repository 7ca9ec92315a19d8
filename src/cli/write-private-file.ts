import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BtMigrateError } from '../domain/errors.ts';
import { replaceFile } from '../planner/replace-file.ts';
import { usageError } from './usage-error.ts';

/**
 * Makes sure that a file can be written before the work whose result it is to hold; leaves nothing behind.
 * @throws BTM_USAGE when it cannot.
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (found?.isDirectory() === true) throw new Error('it is a folder');
    await access(found === undefined || found.isFile() ? dirname(path) : path, constants.W_OK);
  } catch (error) {
    throw usageError(`${path} cannot be written: ${(error as Error).message}.`, 'Choose another file.');
  }
}

/**
 * Writes a file that only its owner may read, whole or not at all.
 * @throws BTM_FAILED when it cannot be written.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  try {
    await replaceFile(path, text);
  } catch (cause) {
    throw new BtMigrateError('BTM_FAILED', {
      detail: `${path} cannot be written: ${(cause as Error).message}.`,
      hint: 'Choose another file.',
      cause,
    });
  }
}
