import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import type { CliIo } from './cli-io.ts';
import { usageError } from './usage-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The environment, completed by `.env` in the working directory: what is set for real wins.
 * @throws BTM_USAGE when there is a `.env` that cannot be read.
 */
export function readEnvironment({ env, cwd }: CliIo): Environment {
  try {
    return { ...parseEnv(readFileSync(join(cwd, '.env'), 'utf8')), ...env };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // A folder of that name is a virtual environment of Python, not ours.
    if (code === 'ENOENT' || code === 'EISDIR') return env;
    throw usageError(`.env cannot be read: ${message}.`, 'Make it readable, or move it away.');
  }
}
