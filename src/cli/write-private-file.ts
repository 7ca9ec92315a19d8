import { chmod, writeFile } from 'node:fs/promises';
import { BtMigrateError } from '../domain/errors.ts';

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
