import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CliIo } from './cli-io.ts';
import { usageError } from './usage-error.ts';

/**
 * Reads a file, or stdin for `-`.
 * @throws BTM_USAGE when it cannot be read.
 */
export async function readInput(io: CliIo, file: string): Promise<string> {
  if (file === '-') return text(io.stdin);
  try {
    return await readFile(resolve(io.cwd, file), 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}.`, 'Check the path.');
  }
}
