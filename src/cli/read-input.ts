import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import type { CliIo } from './cli-io.ts';
import { usageError } from './usage-error.ts';

/**
 * Reads a file, or what is piped in when none is named (or `-`).
 * @throws BTM_USAGE when it cannot be read, or when nothing is piped in.
 */
export async function readInput({ cwd, stdin }: CliIo, file = '-'): Promise<string> {
  if (file === '-') {
    if (stdin.isTTY === true) throw usageError('Neither a file is named nor anything piped in.', 'Name the file.');
    return text(stdin);
  }
  try {
    return await readFile(resolve(cwd, file), 'utf8');
  } catch (error) {
    throw usageError(`${file} cannot be read: ${(error as Error).message}.`, 'Check the path.');
  }
}
